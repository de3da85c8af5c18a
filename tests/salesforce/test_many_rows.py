"""Very many rows: a job of the org brings the very rows that pages bring, and pages take over where it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sfassign.ports import CountRead, ObjectRead, PollRequest, Row, Unreadable
from sfassign.salesforce import many_rows, owner_counts
from sfassign.soql import parse_condition
from tests.salesforce.acme import Acme

FIELDS = (
    *("FirstName", "LastName", "Company", "Description", "Rating", "AnnualRevenue", "NumberOfEmployees", "IsConverted"),
    *("Score__c", "Share__c", "Due__c", "Met__c", "Vip__c", "Owner.Name", "ConvertedAccount.Name"),
    *("ConvertedAccount.Owner.Name", "ConvertedAccount.Industry"),
)
TYPES = {
    **dict.fromkeys((field.lower() for field in FIELDS), "string"),
    **{"annualrevenue": "currency", "numberofemployees": "int", "isconverted": "boolean", "score__c": "double"},
    **{"share__c": "percent", "due__c": "date", "met__c": "datetime", "vip__c": "boolean"},
}
LEADS = ObjectRead("Lead", FIELDS, where=parse_condition("IsConverted IN (true, false)"))


def fill(acme: Acme) -> None:
    for name, kind in (
        ("Score", "double"),
        ("Share", "percent"),
        ("Due", "date"),
        ("Met", "datetime"),
        ("Vip", "boolean"),
    ):
        acme.local.add_field("Lead", f"{name}__c", kind)
    rows: list[dict[str, Any]] = [
        {
            "LastName": 'O"Neil, "Q"',
            "Description": 'two\nlines, a "quote"\r\nand, commas',
            "AnnualRevenue": 5_000_000.5,
        },
        {"LastName": "Ünïcode 中文", "NumberOfEmployees": 12, "Score__c": 0.25, "Share__c": 100, "Vip__c": True},
        {"LastName": "true", "FirstName": "12", "Due__c": "2026-12-01", "Met__c": "2026-11-01T10:20:30.000Z"},
        {"LastName": "bare"},
    ]
    for row in rows:
        acme.local.insert("Lead", {"Company": "C", "OwnerId": acme.queue, **row})
    account = acme.local.insert("Account", {"Name": "Bought", "OwnerId": acme.alice})
    acme.local.bulk_insert("Lead", [{"LastName": "Sold", "Company": "C", "ConvertedAccountId": account}])
    acme.clock.pass_by(60)


def all_rows(acme: Acme, read: ObjectRead = LEADS) -> tuple[list[Row], Unreadable | None]:
    portions = acme.connect().portions(read, TYPES)
    return sorted((row for rows in portions.rows for row in rows), key=lambda row: row.id), portions.unfit


def by_pages(acme: Acme) -> list[Row]:
    return sorted(acme.connect().poll(PollRequest((LEADS,))).rows[0], key=lambda row: row.id)


def test_a_job_brings_the_same_records_as_pages_field_by_field(acme: Acme) -> None:
    fill(acme)
    found, unfit = all_rows(acme)
    assert unfit is None
    expected = by_pages(acme)
    assert len(found) == 5
    for one, other in zip(found, expected, strict=True):
        for key in {*one.values, *other.values}:
            assert (one.values.get(key, "missing"), type(one.values.get(key))) == (
                other.values.get(key, "missing"),
                type(other.values.get(key)),
            ), key
    assert found == expected


def test_a_job_is_asked_for_with_growing_pauses_and_deleted_at_the_end(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many_rows, "ROWS_PER_PAGE", 2)
    acme.local.settings.bulk_seconds = 100
    acme.leads(5)
    org = acme.connect()
    rows = [row for some in org.portions(LEADS_BARE, {}).rows for row in some]
    assert len(rows) == 5
    assert acme.clock.slept == [2, 4, 8, 16, 32, 60]
    assert org.calls == acme.local.calls == 1 + 6 + 3 + 1
    assert acme.local.jobs == {}


LEADS_BARE = ObjectRead("Lead", (), where=parse_condition("IsConverted = false"))


def refuse_jobs(acme: Acme) -> None:
    acme.local.faults.fail(path="jobs/query$", status=403, code="API_DISABLED_FOR_ORG", times=-1)


def no_answer_to_jobs(acme: Acme) -> None:
    acme.local.faults.fail(path="jobs/query", status=500, html="<html>maintenance</html>", times=-1)


def fail_jobs(acme: Acme) -> None:
    acme.local.settings.bulk_failure = "Internal error"


def delay_jobs(acme: Acme) -> None:
    acme.local.settings.bulk_seconds = 3_600


def abort_jobs(acme: Acme) -> None:
    def abort() -> None:
        for job in acme.local.jobs.values():
            job.state = "Aborted"

    acme.local.faults.between(abort, method="GET", path="jobs/query/750")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (refuse_jobs, "API_DISABLED_FOR_ORG"),
        (no_answer_to_jobs, "NO_ANSWER"),
        (fail_jobs, "JOB_FAILED"),
        (abort_jobs, "JOB_ABORTED"),
        (delay_jobs, "JOB_TOO_SLOW"),
    ],
)
def test_without_a_job_the_same_rows_come_page_by_page_and_the_reason_is_told(
    acme: Acme, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Acme], None], code: str
) -> None:
    monkeypatch.setattr(many_rows, "ROWS_PER_KEYSET_PAGE", 2)
    fill(acme)
    expected = by_pages(acme)
    spoil(acme)
    found, unfit = all_rows(acme)
    assert found == expected
    assert unfit is not None
    assert unfit.code == code
    assert acme.local.jobs == {}


def test_a_field_of_unknown_type_is_not_guessed(acme: Acme) -> None:
    fill(acme)
    portions = acme.connect().portions(LEADS, {})
    assert portions.unfit == Unreadable("UNKNOWN_TYPE", "describe does not tell the type of Lead.FirstName")
    assert len([row for rows in portions.rows for row in rows]) == 5
    assert acme.asked("jobs/query") == 0


def test_results_that_end_half_way_are_made_up_by_pages(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_rows, "ROWS_PER_PAGE", 2)
    fill(acme)
    acme.local.faults.fail(path="results.*locator=4", status=400, code="INVALID_QUERY_LOCATOR")
    found, _ = all_rows(acme)
    assert {row.id for row in found} == {row.id for row in by_pages(acme)}
    assert acme.local.jobs == {}


def test_more_rows_than_wanted_are_counted_and_left_alone_in_one_call(acme: Acme) -> None:
    acme.local.settings.page_size = 200
    acme.leads(500)
    org = acme.connect()
    read = ObjectRead("Lead", (), where=parse_condition("IsConverted = false"), most=499)
    polled = org.poll(PollRequest((read,)))
    assert (polled.rows, polled.withheld, org.calls) == (((),), frozenset({0}), 1)
    enough = ObjectRead("Lead", (), where=parse_condition("IsConverted = false"), most=500)
    polled = org.poll(PollRequest((enough,)))
    assert (len(polled.rows[0]), polled.withheld, org.calls) == (500, frozenset(), 1 + 3)


def test_every_owner_is_counted_however_many_there_are(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner_counts, "MOST_GROUPS", 2)
    acme.leads(3)
    owners = [acme.local.add_user(f"u{number}@acme.example", "U") for number in range(4)]
    for owner in owners:
        acme.local.bulk_insert("Lead", [{"LastName": "L", "Company": "C", "OwnerId": owner, "Rating": "Hot"}])
    org = acme.connect()
    everybody, hot, some, wrong = org.count_by_owner(
        [
            CountRead("Lead", parse_condition("IsConverted = false")),
            CountRead("Lead", parse_condition("IsConverted = false AND Rating = 'Hot'")),
            CountRead("Lead", parse_condition("IsConverted = false"), (owners[0], acme.queue)),
            CountRead("Lead", parse_condition("Nope__c = 1")),
        ]
    )
    assert everybody == {acme.queue: 3, **dict.fromkeys(owners, 1)}
    assert hot == dict.fromkeys(owners, 1)
    assert some == {owners[0]: 1, acme.queue: 3}
    assert isinstance(wrong, Unreadable)
    assert wrong.code == "INVALID_FIELD"
    assert org.calls == 3


def test_two_thousand_owners_are_one_answer_and_the_next_one_goes_on(acme: Acme) -> None:
    owners = acme.local.bulk_insert("User", ({"Username": f"u{n}@x.example", "LastName": "U"} for n in range(2_001)))
    acme.local.bulk_insert("Lead", ({"LastName": "L", "Company": "C", "OwnerId": one} for one in owners))
    org = acme.connect()
    [found] = org.count_by_owner([CountRead("Lead", parse_condition("IsConverted = false"))])
    assert found == dict.fromkeys(owners, 1)
    assert org.calls == 2


def test_values_keep_their_json(acme: Acme) -> None:
    """What is stored of a row is the same text whichever way it came."""
    fill(acme)
    found, _ = all_rows(acme)
    stored = [{json.dumps(row.values, sort_keys=True) for row in rows} for rows in (found, by_pages(acme))]
    assert stored[0] == stored[1]
