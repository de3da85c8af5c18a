"""What the SOQL and SOSL Reference says of queries, sentence by sentence, asked of the local org over REST."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from sfassign.emulator import LocalOrg

from .conftest import NOON, Client, Clock


@pytest.fixture(scope="module")
def org() -> Iterator[LocalOrg]:
    """Four leads, two accounts with what belongs to them, two people and a queue; the clock stands at noon UTC."""
    org = LocalOrg(Clock())
    ann, bob = org.add_user("ann@acme.example", "Abel", "Ann"), org.add_user("bob@acme.example", "Bond", "Bob")
    org.add_queue("Web", ["Lead", "Case"], [ann])
    queue = org.query("SELECT Id FROM Group WHERE Name = 'Web'")[0]["Id"]
    org.update("User", org.admin_id, {"TimeZoneSidKey": "America/New_York", "LocaleSidKey": "en_US"})
    org.add_field("Lead", name="Tags__c", type="multipicklist", values=["A", "B", "C"])
    _leads(org, ann, queue)
    _business(org, ann, bob)
    yield org
    org.close()


def _leads(org: LocalOrg, ann: str, queue: str) -> None:
    rows: list[dict[str, Any]] = [
        {
            "LastName": "Adler",
            "Latitude": 48.2082,
            "Longitude": 16.3738,
            "City": "Wien",
            "Rating": "Hot",
            "NumberOfEmployees": 10,
            "Tags__c": "A;B",
        },
        {
            "LastName": "berg",
            "Latitude": 48.1486,
            "Longitude": 17.1077,
            "City": "WIEN",
            "Rating": "Warm",
            "NumberOfEmployees": 20,
            "Tags__c": "B",
        },
        {"LastName": "Chan", "Latitude": 48.2, "City": "100% sure", "LeadSource": "Web", "IsUnreadByOwner": False},
        {"LastName": "Dorn", "City": None, "Rating": "Cold", "LeadSource": "Web", "Tags__c": "A;B;C"},
    ]
    days = (0, 1, 7, 40)
    owners = (ann, ann, queue, queue)
    for row, age, owner in zip(rows, days, owners, strict=True):
        created = NOON - dt.timedelta(days=age)
        org.bulk_insert("Lead", [{"Company": "Acme", "OwnerId": owner, "CreatedDate": created} | row])


def _business(org: LocalOrg, ann: str, bob: str) -> None:
    acme = org.insert("Account", {"Name": "Acme", "OwnerId": ann, "Phone": "+43 1", "Industry": "Energy"})
    globex = org.insert("Account", {"Name": "Globex", "OwnerId": bob})
    roe = org.insert("Contact", {"LastName": "Roe", "AccountId": acme})
    org.insert("Contact", {"LastName": "Solo"})
    deals = [
        (acme, "Prospecting", 1000, "Web"),
        (acme, "Qualification", 500, "Web"),
        (globex, "Prospecting", None, None),
    ]
    for place, (account, stage, amount, source) in enumerate(deals):
        day = f"2026-07-{place + 1:02d}"
        deal = {"Name": f"Deal {place}", "StageName": stage, "CloseDate": day, "AccountId": account}
        org.insert("Opportunity", deal | {"Amount": amount, "LeadSource": source, "OwnerId": ann})
    case = org.insert("Case", {"Subject": "Help", "ContactId": roe, "OwnerId": bob})
    for about, person, subject in ((acme, roe, "a"), (case, None, "b"), (None, None, "c")):
        org.insert("Task", {"WhatId": about, "WhoId": person, "Subject": subject, "OwnerId": ann})


@pytest.fixture
def client(org: LocalOrg) -> Client:
    return Client(org, org.issue_token(), version="v60.0")


def plain(value: Any) -> Any:
    """A record as the list of its values, without attributes; parents and children likewise."""
    if isinstance(value, dict) and "records" in value:
        return [plain(one) for one in value["records"]]
    if isinstance(value, dict):
        values = [plain(inner) for name, inner in value.items() if name != "attributes"]
        return values[0] if len(values) == 1 else values
    return value


ANSWERED: list[tuple[str, str, list[Any]]] = [
    ("nulls are sorted first", "SELECT LastName FROM Lead ORDER BY NumberOfEmployees, LastName", ["Chan", "Dorn", "Adler", "berg"]),
    ("nulls are sorted first downwards too", "SELECT LastName FROM Lead ORDER BY NumberOfEmployees DESC, LastName", ["Chan", "Dorn", "berg", "Adler"]),
    ("NULLS LAST puts them behind", "SELECT LastName FROM Lead ORDER BY NumberOfEmployees NULLS LAST, LastName", ["Adler", "berg", "Chan", "Dorn"]),
    ("NULLS LAST is not supported for a lookup", "SELECT LastName FROM Contact ORDER BY AccountId NULLS LAST", ["Solo", "Roe"]),
    ("text is sorted without regard to capitals", "SELECT LastName FROM Lead ORDER BY LastName", ["Adler", "berg", "Chan", "Dorn"]),
    ("a picklist is sorted as it was set up", "SELECT Rating FROM Lead WHERE Rating != null ORDER BY Rating", ["Hot", "Warm", "Cold"]),
    ("rows without the parent stay when sorted by it", "SELECT LastName FROM Contact ORDER BY Account.Name", ["Solo", "Roe"]),
    ("text is compared without regard to capitals", "SELECT LastName FROM Lead WHERE City = 'wien' ORDER BY LastName", ["Adler", "berg"]),
    ("keywords, objects and fields too", "select LASTNAME from LEAD where city in ('wIeN') order by lastname desc", ["berg", "Adler"]),
    ("% stands for any run", "SELECT LastName FROM Lead WHERE City LIKE 'w%' ORDER BY LastName", ["Adler", "berg"]),
    ("_ stands for one character", "SELECT LastName FROM Lead WHERE City LIKE '_ien' ORDER BY LastName", ["Adler", "berg"]),
    ("an escaped % is a percent sign", r"SELECT LastName FROM Lead WHERE City LIKE '100\%%'", ["Chan"]),
    ("an escaped _ is an underscore", r"SELECT LastName FROM Lead WHERE City LIKE '\_ien'", []),
    ("= null finds what is empty", "SELECT LastName FROM Lead WHERE City = null", ["Dorn"]),
    ("an empty string is null", "SELECT LastName FROM Lead WHERE City = ''", ["Dorn"]),
    ("no comparison by size finds null", "SELECT LastName FROM Lead WHERE NumberOfEmployees < 15 OR NumberOfEmployees >= 15", ["Adler", "berg"]),
    ("= null on a boolean means false", "SELECT LastName FROM Lead WHERE IsUnreadByOwner = null", ["Chan"]),
    ("a path over a missing parent is null", "SELECT LastName FROM Contact WHERE Account.Name = null", ["Solo"]),
    ("a boolean of a missing parent is false", "SELECT LastName FROM Contact WHERE Account.IsDeleted = false ORDER BY LastName", ["Roe", "Solo"]),
    ("INCLUDES: ; means and, the comma means or", "SELECT LastName FROM Lead WHERE Tags__c INCLUDES ('A;C', 'B') ORDER BY LastName", ["Adler", "berg", "Dorn"]),
    ("EXCLUDES", "SELECT LastName FROM Lead WHERE Tags__c EXCLUDES ('A') ORDER BY LastName", ["berg", "Chan"]),
    ("= on a multi-select picklist is the exact set", "SELECT LastName FROM Lead WHERE Tags__c = 'B;A'", ["Adler"]),
    ("TODAY is a day, not a moment", "SELECT LastName FROM Lead WHERE CreatedDate = TODAY", ["Adler"]),
    ("LAST_N_DAYS:n includes today", "SELECT LastName FROM Lead WHERE CreatedDate = LAST_N_DAYS:7 ORDER BY LastName", ["Adler", "berg", "Chan"]),
    ("N_DAYS_AGO:n is that one day", "SELECT LastName FROM Lead WHERE CreatedDate = N_DAYS_AGO:7", ["Chan"]),
    ("LAST_N_MONTHS:n leaves this month out", "SELECT LastName FROM Lead WHERE CreatedDate = LAST_N_MONTHS:2", ["Dorn"]),
    ("< a date literal is before its start", "SELECT LastName FROM Lead WHERE CreatedDate < LAST_WEEK", ["Dorn"]),
    ("a datetime has a zone", "SELECT LastName FROM Lead WHERE CreatedDate > 2026-06-10T07:59:59-04:00", ["Adler"]),
    ("COUNT(field) leaves nulls out", "SELECT COUNT(Id), COUNT(LeadSource) FROM Lead", [[4, 2]]),
    ("COUNT_DISTINCT, SUM, AVG, MIN, MAX leave nulls out", "SELECT COUNT_DISTINCT(LeadSource), SUM(Amount), AVG(Amount), MIN(Amount), MAX(CloseDate) FROM Opportunity", [[1, 1500.0, 750.0, 500.0, "2026-07-03"]]),
    ("null is a group of its own", "SELECT LeadSource, COUNT(Id) n FROM Lead GROUP BY LeadSource ORDER BY LeadSource", [[None, 2], ["Web", 2]]),
    ("HAVING filters groups", "SELECT City FROM Lead GROUP BY City HAVING COUNT(Id) > 1", ["Wien"]),
    ("a grouped field may be sorted by without being selected", "SELECT COUNT(Id) FROM Lead GROUP BY Rating ORDER BY Rating NULLS LAST", [1, 1, 1, 1]),
    ("date functions count in UTC", "SELECT HOUR_IN_DAY(CreatedDate) h, COUNT(Id) n FROM Lead GROUP BY HOUR_IN_DAY(CreatedDate)", [[12, 4]]),
    ("convertTimezone makes it the user's zone", "SELECT HOUR_IN_DAY(convertTimezone(CreatedDate)) h FROM Lead GROUP BY HOUR_IN_DAY(convertTimezone(CreatedDate))", [8]),
    ("OFFSET skips rows", "SELECT LastName FROM Lead ORDER BY LastName LIMIT 2 OFFSET 1", ["berg", "Chan"]),
    ("a semi-join asks another object", "SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Opportunity WHERE Amount > 600)", ["Acme"]),
    ("an anti-join asks who is not there", "SELECT Name FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact)", ["Globex"]),
    ("a semi-join may stand behind an alias", "SELECT a.Name FROM Account a WHERE a.Id IN (SELECT AccountId FROM Contact)", ["Acme"]),
    ("children are a list in their parent, none is null", "SELECT Name, (SELECT LastName FROM Contacts) FROM Account ORDER BY Name", [["Acme", ["Roe"]], ["Globex", None]]),
    ("children may have children", "SELECT Name, (SELECT LastName, (SELECT Subject FROM Cases) FROM Contacts) FROM Account WHERE Name = 'Acme'", [["Acme", [["Roe", ["Help"]]]]]),
    ("aliases of FROM are short for the object and its parents", "SELECT c.LastName, a.Name FROM Contact c, c.Account a WHERE a.Name = 'acme'", [["Roe", "Acme"]]),
    ("TYPEOF shows fields of the type that is there", "SELECT Subject, TYPEOF What WHEN Account THEN Phone, Industry WHEN Case THEN Subject, Owner.Name END FROM Task ORDER BY Subject", [["a", ["+43 1", "Energy"]], ["b", ["Help", "Bob Bond"]], ["c", None]]),
    ("without ELSE a type not named is null", "SELECT TYPEOF What WHEN Account THEN Phone END FROM Task WHERE Subject = 'b'", [None]),
    ("ELSE shows fields of Name", "SELECT TYPEOF What WHEN Account THEN Phone ELSE Type, Id END FROM Task WHERE Subject = 'a'", ["+43 1"]),
    ("FORMAT writes money as the user's locale does", "SELECT FORMAT(Amount) f FROM Opportunity ORDER BY Name", ["$1,000.00", "$500.00", None]),
    ("FORMAT writes days as the user's locale does", "SELECT CloseDate, FORMAT(CloseDate) f FROM Opportunity WHERE Amount = 500", [["2026-07-02", "7/2/2026"]]),
    ("FORMAT writes moments in the user's zone", "SELECT FORMAT(CreatedDate) f FROM Lead WHERE LastName = 'Adler'", ["6/10/2026, 8:00 AM"]),
    ("FORMAT goes around an aggregate", "SELECT FORMAT(SUM(Amount)) f, FORMAT(MIN(CloseDate)) d FROM Opportunity", [["$1,500.00", "7/1/2026"]]),
    ("ROLLUP adds a subtotal behind each group and a total", "SELECT StageName, LeadSource, COUNT(Id) n FROM Opportunity GROUP BY ROLLUP(StageName, LeadSource)", [["Prospecting", None, 1], ["Prospecting", "Web", 1], ["Prospecting", None, 2], ["Qualification", "Web", 1], ["Qualification", None, 1], [None, None, 3]]),
    ("GROUPING tells a subtotal from an empty field", "SELECT LeadSource, GROUPING(LeadSource) g, COUNT(Id) n FROM Opportunity GROUP BY ROLLUP(LeadSource)", [[None, 0, 1], ["Web", 0, 2], [None, 1, 3]]),
    ("CUBE adds every combination", "SELECT StageName, LeadSource, COUNT(Id) n FROM Opportunity GROUP BY CUBE(StageName, LeadSource) HAVING GROUPING(StageName) = 1 ORDER BY GROUPING(LeadSource), LeadSource", [[None, None, 1], [None, "Web", 2], [None, None, 3]]),
    ("totals can be kept alone and sorted", "SELECT StageName, SUM(Amount) s FROM Opportunity GROUP BY ROLLUP(StageName) ORDER BY SUM(Amount) DESC LIMIT 2", [[None, 1500.0], ["Prospecting", 1000.0]]),
    ("the security mode changes nothing for fields one may see", "SELECT Name FROM Account WITH SECURITY_ENFORCED ORDER BY Name", ["Acme", "Globex"]),
    ("DISTANCE < finds what is near", "SELECT LastName FROM Lead WHERE DISTANCE(Address, GEOLOCATION(48.21, 16.37), 'km') < 60", ["Adler", "berg"]),
    ("DISTANCE > what is far, an address with one coordinate is nowhere", "SELECT LastName FROM Lead WHERE DISTANCE(Address, GEOLOCATION(48.21, 16.37), 'mi') > 30", ["berg"]),
    ("ORDER BY DISTANCE puts the nearest first", "SELECT LastName FROM Lead WHERE Latitude != null AND Longitude != null ORDER BY DISTANCE(Address, GEOLOCATION(48.15, 17.11), 'km')", ["berg", "Adler"]),
    ("USING SCOPE mine leaves others' records out", "SELECT Name FROM Account USING SCOPE mine", []),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "soql", "expected"), ANSWERED, ids=[row[0] for row in ANSWERED])
def test_documented_behaviour(client: Client, sentence: str, soql: str, expected: list[Any]) -> None:
    answer = client.query(soql)
    assert answer.status == 200, answer.body
    assert [plain(record) for record in answer.body["records"]] == expected


REFUSED: list[tuple[str, str, str, str]] = [
    ("a datetime field wants a datetime", "SELECT Id FROM Lead WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
    ("a date field wants a date", "SELECT Id FROM Opportunity WHERE CloseDate > 2026-01-01T00:00:00Z", "INVALID_FIELD", "must be of type date"),
    ("a date is not enclosed in quotes", "SELECT Id FROM Opportunity WHERE CloseDate > '2026-01-01'", "INVALID_FIELD", "should not be enclosed in quotes"),
    ("text is enclosed in quotes", "SELECT Id FROM Lead WHERE City = 5", "INVALID_FIELD", "should be enclosed in quotes"),
    ("a boolean wants true or false", "SELECT Id FROM Lead WHERE IsConverted = 'true'", "INVALID_FIELD", "must be of type boolean"),
    ("LIKE is for text", "SELECT Id FROM Lead WHERE NumberOfEmployees LIKE '1%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
    ("INCLUDES is for multi-select picklists", "SELECT Id FROM Lead WHERE Rating INCLUDES ('Hot')", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
    ("a backslash escapes known characters only", r"SELECT Id FROM Lead WHERE City = 'a\qb'", "MALFORMED_QUERY", ""),
    ("AND and OR need parentheses between them", "SELECT Id FROM Lead WHERE City = 'a' AND City = 'b' OR City = 'c'", "MALFORMED_QUERY", ""),
    ("OFFSET goes to 2,000", "SELECT Id FROM Lead LIMIT 1 OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
    ("OFFSET stands behind LIMIT", "SELECT Id FROM Lead OFFSET 1 LIMIT 1", "MALFORMED_QUERY", ""),
    ("COUNT() stands alone", "SELECT COUNT(), Id FROM Lead", "MALFORMED_QUERY", ""),
    ("COUNT() cannot be sorted", "SELECT COUNT() FROM Lead ORDER BY Id", "MALFORMED_QUERY", ""),
    ("an aggregate with LIMIT needs GROUP BY", "SELECT MAX(CreatedDate) FROM Lead LIMIT 1", "MALFORMED_QUERY", "LIMIT"),
    ("what is selected is grouped or aggregated", "SELECT City, COUNT(Id) FROM Lead GROUP BY Rating", "MALFORMED_QUERY", "must be grouped or aggregated"),
    ("a datetime cannot be grouped", "SELECT CreatedDate FROM Lead GROUP BY CreatedDate", "MALFORMED_QUERY", "can not be grouped"),
    ("children do not go with GROUP BY", "SELECT Name, (SELECT Id FROM Contacts) FROM Account GROUP BY Name", "MALFORMED_QUERY", "child"),
    ("a multi-select picklist cannot be sorted by", "SELECT Id FROM Lead ORDER BY Tags__c", "MALFORMED_QUERY", "can not be sorted"),
    ("a long text cannot be filtered", "SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"),
    ("only what is computed has an alias", "SELECT LastName n FROM Lead", "MALFORMED_QUERY", "only aggregate expressions use field aliasing"),
    ("a distance is never equal", "SELECT Id FROM Lead WHERE DISTANCE(Address, GEOLOCATION(48.2, 16.4), 'km') = 20", "INVALID_QUERY_FILTER_OPERATOR", "distance"),
    ("a distance is in km or mi", "SELECT Id FROM Lead WHERE DISTANCE(Address, GEOLOCATION(48.2, 16.4), 'm') < 20", "MALFORMED_QUERY", "DISTANCE"),
    ("a distance starts at an address", "SELECT Id FROM Lead WHERE DISTANCE(City, GEOLOCATION(48.2, 16.4), 'km') < 20", "MALFORMED_QUERY", "location"),
    ("a field is selected once", "SELECT Id, id FROM Lead", "INVALID_FIELD", "duplicate field selected"),
    ("no more than two semi-joins", "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Opportunity) AND OwnerId IN (SELECT Id FROM User)", "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", "2"),
    ("a semi-join does not go with OR", "SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Contact)", "MALFORMED_QUERY", "not allowed with the 'OR' operator"),
    ("nor behind NOT", "SELECT Id FROM Account WHERE NOT (Id IN (SELECT AccountId FROM Contact))", "MALFORMED_QUERY", "not allowed with the 'NOT' operator"),
    ("it asks another object", "SELECT Id FROM Account WHERE Id IN (SELECT ParentId FROM Account)", "MALFORMED_QUERY", "same object type"),
    ("its left side has no dots", "SELECT Id FROM Contact WHERE Account.Id IN (SELECT AccountId FROM Opportunity)", "MALFORMED_QUERY", "without dots"),
    ("both sides point to the same object", "SELECT Id FROM Account WHERE Id IN (SELECT OwnerId FROM Opportunity)", "MALFORMED_QUERY", "should point to the same object type"),
    ("it does not ask tasks", "SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task)", "MALFORMED_QUERY", "not supported"),
    ("semi-joins are not nested", "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE OwnerId IN (SELECT Id FROM User))", "MALFORMED_QUERY", "semi-join"),
    ("paths go five levels up", "SELECT Owner.Manager.Manager.Manager.Manager.Manager.Name FROM Account", "INVALID_FIELD", "depth"),
    ("FIELDS(ALL) needs LIMIT 200 or less", "SELECT FIELDS(ALL) FROM Lead LIMIT 201", "MALFORMED_QUERY", "LIMIT"),
    ("TYPEOF is for relationships of several types", "SELECT TYPEOF Owner WHEN User THEN Name END FROM Account", "MALFORMED_QUERY", "TYPEOF"),
    ("TYPEOF does not go with GROUP BY", "SELECT TYPEOF What WHEN Case THEN Id END, COUNT(Id) FROM Task GROUP BY What.Type", "MALFORMED_QUERY", ""),
    ("TYPEOF names a type the relationship may have", "SELECT TYPEOF Who WHEN Account THEN Id END FROM Task", "MALFORMED_QUERY", "Account"),
    ("TYPEOF and a path cannot share a relationship", "SELECT What.Name, TYPEOF What WHEN Case THEN Id END FROM Task", "INVALID_FIELD", "duplicate field selected"),
    ("ELSE has fields of Name only", "SELECT TYPEOF What WHEN Case THEN Id ELSE Industry END FROM Task", "INVALID_FIELD", "entity 'Name'"),
    ("TYPEOF does not go with functions", "SELECT FORMAT(CreatedDate), TYPEOF What WHEN Case THEN Id END FROM Task", "MALFORMED_QUERY", "functions"),
    ("ROLLUP takes three fields", "SELECT COUNT(Id) FROM Lead GROUP BY ROLLUP(Rating, City, Status, LeadSource)", "MALFORMED_QUERY", "3 fields"),
    ("GROUPING needs ROLLUP or CUBE", "SELECT Rating, GROUPING(Rating) FROM Lead GROUP BY Rating", "MALFORMED_QUERY", "ROLLUP"),
    ("convertTimezone stands in a date function only", "SELECT convertTimezone(CreatedDate) FROM Lead", "MALFORMED_QUERY", "convertTimezone"),
    ("a formatted field beside the plain one needs an alias", "SELECT Amount, FORMAT(Amount) FROM Opportunity", "INVALID_FIELD", "duplicate field selected"),
    ("COUNT() of groups is not offered, and not the total", "SELECT COUNT() FROM Lead GROUP BY Rating", "MALFORMED_QUERY", "GROUP BY"),
    ("data categories are not ignored", "SELECT Id FROM Lead WITH DATA CATEGORY a AT b", "MALFORMED_QUERY", "DATA CATEGORY"),
    ("a scope the org does not have is not ignored", "SELECT Id FROM Lead USING SCOPE team", "MALFORMED_QUERY", "USING SCOPE team"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "soql", "code", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_documented_refusal(client: Client, sentence: str, soql: str, code: str, message: str) -> None:
    answer = client.query(soql)
    assert (answer.status, answer.body[0]["errorCode"]) == (400, code)
    assert message in answer.body[0]["message"]


@pytest.mark.parametrize(
    ("condition", "with_nulls", "without"),
    [
        ("City != 'Wien'", ["Chan", "Dorn"], ["Chan"]),
        ("City NOT IN ('Wien')", ["Chan", "Dorn"], ["Chan"]),
        ("City NOT IN ('Wien', null)", ["Chan"], ["Chan"]),
        ("Tags__c EXCLUDES ('B')", ["Chan"], []),
    ],
)
def test_whether_unequal_finds_nothing_is_a_switch(
    org: LocalOrg, condition: str, with_nulls: list[str], without: list[str]
) -> None:
    found = []
    for switch in (True, False):
        org.settings.unequal_finds_null = switch
        rows = org.query(f"SELECT LastName FROM Lead WHERE {condition} ORDER BY LastName")
        found.append([row["LastName"] for row in rows])
    org.settings.unequal_finds_null = True
    assert found == [with_nulls, without]


def test_where_nulls_stand_downwards_is_a_switch(org: LocalOrg) -> None:
    query = "SELECT LastName FROM Lead WHERE Rating IN (null, 'Hot') ORDER BY Rating DESC"
    assert [row["LastName"] for row in org.query(query)] == ["Chan", "Adler"]
    org.settings.nulls_first_descending = False
    assert [row["LastName"] for row in org.query(query)] == ["Adler", "Chan"]
    org.settings.nulls_first_descending = True


def test_how_money_and_moments_are_written_is_a_switch(org: LocalOrg) -> None:
    org.settings.icu_formats, org.settings.currency_symbol = False, "USD "
    query = "SELECT FORMAT(CreatedDate) t, FORMAT(AnnualRevenue) m FROM Lead WHERE LastName = 'Adler'"
    org.update("Lead", org.query("SELECT Id FROM Lead WHERE LastName = 'Adler'")[0]["Id"], {"AnnualRevenue": -1234})
    assert plain(org.query(query)[0]) == ["6/10/2026 8:00 AM", "-USD 1,234"]
    org.settings.icu_formats, org.settings.currency_symbol = True, "$"


@pytest.mark.parametrize(
    ("locale", "written"),
    [("en_GB", ["02/07/2026", "$500.00"]), ("de_DE", ["02.07.2026", "500,00 $"])],
)
def test_format_follows_the_askers_locale(org: LocalOrg, locale: str, written: list[str]) -> None:
    user = org.add_user(f"{locale}@acme.example", "Local", LocaleSidKey=locale)
    query = "SELECT FORMAT(CloseDate) d, FORMAT(Amount) a FROM Opportunity WHERE Amount = 500"
    assert plain(org.query(query, by=user)[0]) == written


def test_distance_is_the_great_circle(org: LocalOrg) -> None:
    """Vienna to Bratislava, some 55 km or 34 miles as the crow flies."""
    place = "Address, GEOLOCATION(48.1486, 17.1077)"
    query = f"SELECT DISTANCE({place}, 'km') km, DISTANCE({place}, 'mi') FROM Lead WHERE LastName = 'Adler'"
    [row] = org.query(query)
    assert row["km"] == pytest.approx(54.8, abs=0.5)
    assert row["expr0"] == pytest.approx(row["km"] / 1.609344)


def test_type_of_the_record_is_shown_by_typeof(client: Client) -> None:
    query = "SELECT TYPEOF Owner WHEN User THEN Username WHEN Group THEN DeveloperName END FROM Lead ORDER BY LastName"
    owners = [record["Owner"] for record in client.query(query).body["records"]]
    assert [owner["attributes"]["type"] for owner in owners] == ["User", "User", "Group", "Group"]
    assert [plain(owner) for owner in owners] == ["ann@acme.example", "ann@acme.example", "Web", "Web"]
    assert "/sobjects/Group/00G" in owners[2]["attributes"]["url"]
