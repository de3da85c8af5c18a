"""The same condition, answered by SQL over the tables and by the SOQL library over the record: always the same."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sfassign.emulator import LocalOrg
from sfassign.soql import compile_condition, flatten, literal, parse_condition
from sfassign.soql.tree import Condition

from .conftest import NOON

ZONE = "America/Los_Angeles"
TEXTS = ("Wien", "wien", "WIEN 2", "Ärger", "ärger", "a_b", "a%b", "axb", "O'Neil", "back\\slash", "New\nLine", "zz")
FIELDS = ", ".join(
    (
        "Id, City, Rating, NumberOfEmployees, AnnualRevenue, IsConverted, IsUnreadByOwner, ConvertedDate, CreatedDate",
        "Tags__c, Due__c, Owner.Name, Owner.Type, Owner.IsActive, Owner.Email",
        "ConvertedAccount.Name, ConvertedAccount.Owner.Name",
    )
)


@lru_cache(maxsize=1)
def _org() -> tuple[LocalOrg, list[tuple[str, dict[str, Any]]]]:
    """Fifty leads with every kind of value and of nothing; and the flat records."""
    org = LocalOrg(lambda: NOON)
    org.update("User", org.admin_id, {"TimeZoneSidKey": ZONE})
    org.add_field("Lead", name="Tags__c", type="multipicklist")
    org.add_field("Lead", name="Due__c", type="datetime")
    people = [org.add_user("wien@acme.example", "Wien"), org.add_user("zz@acme.example", "Ärger", "zz")]
    owners = [*people, org.add_queue("Wien", ["Lead"])]
    accounts = [org.insert("Account", {"Name": name, "OwnerId": people[0]}) for name in ("Wien", "a_b")]
    for place in range(50):
        org.bulk_insert("Lead", [_lead(place, owners, accounts)])
    records = org.query(f"SELECT {FIELDS} FROM Lead")
    return org, [(str(record["Id"]), flatten(record)) for record in records]


def _lead(place: int, owners: list[str], accounts: list[str]) -> dict[str, Any]:
    days = (0, 1, -1, 7, -7, 30, -31, 90, 365, -400)[place % 10]
    moment = NOON + dt.timedelta(days=days, hours=place % 24 - 12, seconds=place % 3 - 1)
    sometimes = place % 4
    return {
        "LastName": "Doe",
        "Company": "Acme",
        "OwnerId": owners[place % 3],
        "City": None if sometimes == 0 else TEXTS[place % len(TEXTS)],
        "Rating": ("Hot", "Warm", "Cold", None)[sometimes],
        "NumberOfEmployees": None if place % 5 == 0 else place - 10,
        "AnnualRevenue": None if place % 7 == 0 else place * 10,
        "IsConverted": place % 2 == 0,
        "ConvertedDate": None if sometimes == 1 else moment.date(),
        "ConvertedAccountId": (None, *accounts)[place % 3],
        "CreatedDate": moment,
        "Due__c": None if sometimes == 2 else moment,
        "Tags__c": (None, "A", "B", "A;B", "C;A")[place % 5],
    }


LITERALS = st.sampled_from(
    (
        *("YESTERDAY", "TODAY", "TOMORROW", "LAST_WEEK", "THIS_WEEK", "NEXT_WEEK", "LAST_MONTH", "THIS_MONTH"),
        *("NEXT_MONTH", "LAST_90_DAYS", "NEXT_90_DAYS", "THIS_QUARTER", "LAST_QUARTER", "NEXT_QUARTER", "THIS_YEAR"),
        *("LAST_YEAR", "NEXT_YEAR", "THIS_FISCAL_QUARTER", "LAST_N_DAYS:7", "NEXT_N_DAYS:3", "N_DAYS_AGO:1"),
        *("LAST_N_WEEKS:2", "N_WEEKS_AGO:1", "LAST_N_MONTHS:3", "NEXT_N_QUARTERS:1", "LAST_N_YEARS:1"),
    )
)
ORDER = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
texts = st.sampled_from(TEXTS).map(literal)
text_fields = st.sampled_from(
    ["City", "Rating", "Owner.Name", "Owner.Email", "ConvertedAccount.Name", "ConvertedAccount.Owner.Name"]
)
numbers = st.sampled_from(["NumberOfEmployees", "AnnualRevenue"])
booleans = st.sampled_from(["IsConverted", "IsUnreadByOwner", "Owner.IsActive"])
moments = st.integers(-500, 500).map(lambda hours: literal(NOON + dt.timedelta(hours=hours)))
days = st.integers(-400, 400).map(lambda count: literal(NOON.date() + dt.timedelta(days=count)))
PATTERNS = st.sampled_from(["W%", "%2", "_ien", "a\\_b", "a\\%b", "%ä%", "%", "w_en%", "%\\\\%"])
any_field = st.one_of(text_fields, numbers, booleans, st.sampled_from(["ConvertedDate", "Due__c", "Tags__c"]))


def _lists(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values | st.just("null"), min_size=1, max_size=4).map(lambda many: f"({', '.join(many)})")


leaves = st.one_of(
    st.builds("{} {} {}".format, text_fields, ORDER, texts),
    st.builds("{} LIKE '{}'".format, text_fields, PATTERNS),
    st.builds("{} {} {}".format, text_fields, st.sampled_from(["IN", "NOT IN"]), _lists(texts)),
    st.builds("{} {} {}".format, numbers, ORDER, st.integers(-12, 400).map(str) | st.just("12.5")),
    st.builds("{} {} {}".format, numbers, st.sampled_from(["IN", "NOT IN"]), _lists(st.integers(-12, 40).map(str))),
    st.builds("{} {} {}".format, booleans, st.sampled_from(["=", "!="]), st.sampled_from(["true", "false", "null"])),
    st.builds("ConvertedDate {} {}".format, ORDER, days | LITERALS),
    st.builds("ConvertedDate {} {}".format, st.sampled_from(["IN", "NOT IN"]), _lists(days | LITERALS)),
    st.builds("{} {} {}".format, st.sampled_from(["CreatedDate", "Due__c"]), ORDER, moments | LITERALS),
    st.builds("{} {} null".format, any_field, st.sampled_from(["=", "!="])),
    st.builds("Tags__c {} '{}'".format, st.sampled_from(["=", "!="]), st.sampled_from(["A", "a;b", "B;A", "X"])),
    st.builds(
        "Tags__c {} ('{}', '{}')".format,
        st.sampled_from(["INCLUDES", "EXCLUDES"]),
        st.sampled_from(["A;B", "C", "a"]),
        st.sampled_from(["B", "X"]),
    ),
    st.builds("Owner.Type {} '{}'".format, st.sampled_from(["=", "!="]), st.sampled_from(["Queue", "user"])),
    st.builds(
        "{}({}) {} {}".format,
        st.sampled_from(["CALENDAR_MONTH", "DAY_IN_WEEK", "HOUR_IN_DAY", "WEEK_IN_YEAR"]),
        st.sampled_from(["Due__c", "convertTimezone(CreatedDate)"]),
        ORDER,
        st.integers(0, 30),
    ),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(
            lambda parts: "(" + " AND ".join(f"({one})" for one in parts) + ")"
        ),
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: "(" + " OR ".join(f"({one})" for one in parts) + ")"),
        inner.map(lambda one: f"(NOT ({one}))"),
    ),
    max_leaves=6,
)


@settings(max_examples=250, deadline=None)
@given(conditions)
@example("CreatedDate <= TODAY")  # one record lies on midnight
@example("CreatedDate > TODAY")
@example("CreatedDate < TOMORROW")
@example("CreatedDate >= TOMORROW")
@example("ConvertedDate <= TODAY")
def test_tables_and_library_answer_every_condition_alike(text: str) -> None:
    org, records = _org()
    condition: Condition = parse_condition(text)
    holds = compile_condition(condition, ZoneInfo(ZONE))
    expected = {key for key, record in records if holds(record, NOON)}
    found = {str(row["Id"]) for row in org.query(f"SELECT Id FROM Lead WHERE {text}")}
    assert found == expected
