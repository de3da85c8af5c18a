"""SOSL: which words find which records, in which fields, and what a search that is none is told."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from sfassign.emulator import LocalOrg

from .conftest import Answer, Client, new_lead


def search(client: Client, sosl: str) -> Answer:
    return client("GET", f"search?q={quote(sosl)}")


@pytest.fixture
def lead(org: LocalOrg) -> str:
    new_lead(org, LastName="Nobody", City="Lovelace")
    return new_lead(org, LastName="Lovelace", Company="Engines", Phone="+43 660 1234", Email="ada.l@x.example")


@pytest.mark.parametrize(
    ("sosl", "names"),
    [
        ("FIND {lovelace} RETURNING Lead(LastName ORDER BY LastName)", ["Lovelace", "Nobody"]),
        ("FIND {lovelace} IN NAME FIELDS RETURNING Lead(LastName)", ["Lovelace"]),
        ("find {engines} in name fields returning lead(lastname)", ["Lovelace"]),
        ("FIND {660 1234} IN PHONE FIELDS RETURNING Lead(LastName)", ["Lovelace"]),
        ("FIND {ada\\.l@x.example} IN EMAIL FIELDS RETURNING Lead(LastName)", ["Lovelace"]),
        ("FIND {lovelace} IN EMAIL FIELDS RETURNING Lead(LastName)", []),
        ("FIND {lovelace} RETURNING Lead(LastName WHERE City = null)", ["Lovelace"]),
        ("FIND {lovelace} RETURNING Lead(LastName ORDER BY LastName DESC LIMIT 1)", ["Nobody"]),
        ("FIND {lovelace} RETURNING Lead(LastName ORDER BY LastName), Contact(LastName) LIMIT 1", ["Lovelace"]),
        ("FIND {love} RETURNING Lead(LastName)", []),
        ("FIND {love*} IN NAME FIELDS RETURNING Lead(LastName)", ["Lovelace"]),
    ],
)
def test_words_are_found_in_the_fields_asked_for(client: Client, lead: str, sosl: str, names: list[str]) -> None:
    answer = search(client, sosl)
    assert answer.status == 200, answer.body
    assert [row["LastName"] for row in answer.body["searchRecords"]] == names


def test_without_fields_the_ids_come_and_deleted_records_never(org: LocalOrg, client: Client, lead: str) -> None:
    found = search(client, "FIND {engines} RETURNING Lead").body["searchRecords"]
    assert found == [{"attributes": {"type": "Lead", "url": f"/services/data/v62.0/sobjects/Lead/{lead}"}, "Id": lead}]
    assert [row["Id"] for row in search(client, "FIND {engines}").body["searchRecords"]] == [lead]
    org.delete("Lead", lead)
    assert search(client, "FIND {engines}").body["searchRecords"] == []


@pytest.mark.parametrize(
    ("sosl", "code"),
    [
        ("FIND Lovelace", "MALFORMED_SEARCH"),
        ("FIND {x}", "MALFORMED_SEARCH"),
        ("FIND {}", "MALFORMED_SEARCH"),
        ('FIND {"open}', "MALFORMED_SEARCH"),
        ("FIND {(open OR closed}", "MALFORMED_SEARCH"),
        ("FIND {one OR}", "MALFORMED_SEARCH"),
        ("FIND {one} IN Accounts", "MALFORMED_SEARCH"),
        ("FIND {one} RETURNING Lead(Id", "MALFORMED_SEARCH"),
        ("FIND {one} RETURNING Lead(Id WHERE)", "MALFORMED_SEARCH"),
        ("FIND {one} RETURNING Nope__c(Id)", "INVALID_TYPE"),
        ("FIND {engines} RETURNING Lead(Nope)", "INVALID_FIELD"),
        ("FIND {notthere} RETURNING Lead(Nope)", "INVALID_FIELD"),
    ],
)
def test_a_search_that_is_none_is_refused(client: Client, lead: str, sosl: str, code: str) -> None:
    answer = search(client, sosl)
    assert (answer.status, answer.code) == (400, code)
