"""Queries that are well-formed and still refused: out of bounds, or about what is not there."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from sfassign.emulator import LocalOrg

from .conftest import Client, new_lead

LONG = "x" * 4_001


@pytest.mark.parametrize(
    ("soql", "code", "said"),
    [
        ("SELECT Id FROM Lead LIMIT -1", "MALFORMED_QUERY", "unexpected token: '-1'"),
        ("SELECT Id FROM Lead LIMIT 1 OFFSET -5", "MALFORMED_QUERY", "unexpected token: '-5'"),
        ("SELECT Id, (SELECT Id FROM Contacts LIMIT -1) FROM Account", "MALFORMED_QUERY", "unexpected token: '-1'"),
        ("SELECT Id FROM Lead, Nope__c", "INVALID_TYPE", "driving object is Lead"),
        ("SELECT Id FROM Lead, Contact", "INVALID_TYPE", "driving object is Lead"),
        ("SELECT Id FROM Contact c, c.Nope a", "INVALID_FIELD", "Didn't understand relationship 'Nope'"),
        ("SELECT Rating FROM Lead GROUP BY Rating HAVING City = 'Wien'", "MALFORMED_QUERY", "grouped or aggregated"),
        (
            "SELECT Rating, COUNT(Id) FROM Lead GROUP BY Rating HAVING CALENDAR_YEAR(CreatedDate) = 2026",
            "MALFORMED_QUERY",
            "grouped or aggregated",
        ),
        ("SELECT Id FROM Opportunity WHERE CloseDate > 1699-12-31", "INVALID_QUERY_FILTER_OPERATOR", "1700-01-01"),
        ("SELECT Id FROM Lead WHERE CreatedDate < 4001-01-01T00:00:00Z", "INVALID_QUERY_FILTER_OPERATOR", "4000-12-31"),
        ("SELECT Id FROM Lead WHERE toLabel(City) = 'Wien'", "INVALID_FIELD", "toLabel"),
        ("SELECT Id FROM Lead ORDER BY toLabel(Rating)", "MALFORMED_QUERY", "toLabel"),
        ("SELECT Id FROM ActivityHistory", "INVALID_TYPE", "ActivityHistory"),
    ],
)
def test_what_is_out_of_bounds_is_refused(client: Client, soql: str, code: str, said: str) -> None:
    answer = client.query(soql)
    assert (answer.status, answer.code) == (400, code)
    assert said in answer.body[0]["message"]


@pytest.mark.parametrize(
    "where",
    [
        f"LastName = '{LONG}'",
        f"Rating = 'Hot' AND (LastName IN ('a', '{LONG}') OR City = 'x')",
        f"OwnerId IN (SELECT Id FROM User WHERE LastName = '{LONG}')",
    ],
)
def test_a_text_of_more_than_4000_characters_is_refused_wherever_it_stands(client: Client, where: str) -> None:
    assert client.query(f"SELECT Id FROM Lead WHERE {where}").code == "MALFORMED_QUERY"
    assert client.query(f"SELECT Id FROM Lead WHERE {where}".replace(LONG, LONG[1:])).status == 200


def test_a_query_of_more_than_100000_characters_is_refused(client: Client) -> None:
    listed = ", ".join(f"'{n:03}{'x' * 3_000}'" for n in range(34))
    url = f"/services/data/v62.0/query?q={quote(f'SELECT Id FROM Lead WHERE City IN ({listed})')}"
    answer = client.composite({"method": "GET", "url": url, "referenceId": "a"})
    (part,) = answer.body["compositeResponse"]
    assert (part["httpStatusCode"], part["body"][0]["errorCode"]) == (400, "MALFORMED_QUERY")
    assert "100,000" in part["body"][0]["message"]


@pytest.mark.parametrize("day", ["1700-01-01", "4000-12-31"])
def test_the_first_and_the_last_day_of_salesforce_are_dates(client: Client, day: str) -> None:
    assert client.query(f"SELECT Id FROM Opportunity WHERE CloseDate != {day}").status == 200
    assert client.query(f"SELECT Id FROM Lead WHERE CreatedDate != {day}T00:00:00Z").status == 200


def test_further_objects_of_from_are_parents_by_their_alias(org: LocalOrg, client: Client) -> None:
    account = org.insert("Account", {"Name": "Acme"})
    contact = org.insert("Contact", {"LastName": "Roe", "AccountId": account})
    org.insert("Contact", {"LastName": "Solo"})
    soql = "SELECT c.Id, a.Name FROM Contact c, c.Account a, a.Owner o WHERE a.Name = 'Acme' AND o.IsActive = true"
    (row,) = client.query(soql).body["records"]
    assert (row["Id"], row["Account"]["Name"]) == (contact, "Acme")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [("= 'Hot'", {"Hot"}), ("!= 'Hot'", {"Warm"}), ("IN ('Hot', 'Cold')", {"Hot"}), ("LIKE 'W%'", {"Warm"})],
)
def test_records_are_found_by_the_label_of_a_value(
    org: LocalOrg, client: Client, condition: str, expected: set[str]
) -> None:
    for rating in ("Hot", "Warm"):
        new_lead(org, Rating=rating)
    found = client.query(f"SELECT toLabel(Rating) FROM Lead WHERE toLabel(Rating) {condition}").body["records"]
    assert {row["Rating"] for row in found} == expected


def test_groups_are_chosen_by_what_they_are_grouped_by(org: LocalOrg, client: Client) -> None:
    for city in ("Wien", "Wien", "Graz"):
        new_lead(org, City=city)
    soql = "SELECT City, COUNT(Id) n FROM Lead GROUP BY City HAVING City LIKE 'W%' AND COUNT(Id) > 1"
    assert [(row["City"], row["n"]) for row in client.query(soql).body["records"]] == [("Wien", 2)]
