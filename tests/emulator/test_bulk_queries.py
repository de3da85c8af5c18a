"""Bulk API 2.0 query jobs: made, polled, read in parts, aborted; and what they cannot ask."""

from __future__ import annotations

import pytest

from sfassign.emulator import LocalOrg

from .conftest import Client, Clock, Company, new_lead


def make(client: Client, soql: str, **more: str) -> str:
    answer = client("POST", "jobs/query", {"operation": "query", "query": soql} | more)
    assert answer.status == 200, answer.body
    assert (answer.body["state"], answer.body["object"]) == ("UploadComplete", "Lead")
    return str(answer.body["id"])


def test_job_is_complete_after_its_time_and_shows_the_rows_of_that_moment(
    org: LocalOrg, client: Client, clock: Clock
) -> None:
    org.settings.bulk_seconds = 60
    new_lead(org, LastName="First")
    job = make(client, "SELECT LastName FROM Lead ORDER BY LastName")
    assert client("GET", f"jobs/query/{job}").body["state"] == "InProgress"
    assert client("GET", f"jobs/query/{job}/results").code == "INVALIDJOBSTATE"
    new_lead(org, LastName="Second")
    clock.advance(seconds=60)
    done = client("GET", f"jobs/query/{job}").body
    assert (done["state"], done["numberRecordsProcessed"]) == ("JobComplete", 2)
    new_lead(org, LastName="Third")
    results = client("GET", f"jobs/query/{job}/results")
    assert results.body == '"LastName"\n"First"\n"Second"\n'
    assert (results.headers["Sforce-NumberOfRecords"], results.headers["Sforce-Locator"]) == ("2", "null")


def test_results_come_in_parts_with_a_locator_until_it_is_null(org: LocalOrg, client: Client) -> None:
    org.bulk_insert("Lead", ({"LastName": f"{n}", "Company": "A"} for n in range(5)))
    job = make(client, "SELECT LastName FROM Lead ORDER BY LastName")
    rows, locator = [], ""
    while locator != "null":
        part = client("GET", f"jobs/query/{job}/results?maxRecords=2" + (f"&locator={locator}" if locator else ""))
        rows += part.body.splitlines()[1:]
        locator = part.headers["Sforce-Locator"]
    assert rows == ['"0"', '"1"', '"2"', '"3"', '"4"']


def test_parts_of_any_size_make_up_a_long_result(org: LocalOrg, client: Client) -> None:
    org.bulk_insert("Lead", ({"LastName": f"{n:05}", "Company": "A"} for n in range(4_500)))
    job = make(client, "SELECT LastName FROM Lead ORDER BY LastName")
    assert client("GET", f"jobs/query/{job}").body["numberRecordsProcessed"] == 4_500
    rows = []
    for locator in (0, 1_700, 3_400):
        part = client("GET", f"jobs/query/{job}/results?maxRecords=1700&locator={locator}")
        rows += part.body.splitlines()[1:]
    assert part.headers["Sforce-Locator"] == "null"
    assert rows == [f'"{n:05}"' for n in range(4_500)]


def test_a_job_that_fails_says_why(org: LocalOrg, client: Client) -> None:
    org.settings.bulk_failure = "Internal error"
    job = make(client, "SELECT Id FROM Lead")
    shown = client("GET", f"jobs/query/{job}").body
    assert (shown["state"], shown["errorMessage"]) == ("Failed", "Internal error")
    assert client("GET", f"jobs/query/{job}/results").code == "INVALIDJOBSTATE"


def test_values_are_quoted_null_is_empty_and_a_missing_parent_too(
    org: LocalOrg, company: Company, client: Client
) -> None:
    new_lead(org, LastName='O"Neil', OwnerId=company.queue)
    query = "SELECT LastName, City, IsConverted, CreatedDate, Owner.Name, ConvertedAccount.Name FROM Lead"
    job = make(client, query, columnDelimiter="PIPE", lineEnding="CRLF")
    header, row, rest = client("GET", f"jobs/query/{job}/results").body.split("\r\n")
    assert header == '"LastName"|"City"|"IsConverted"|"CreatedDate"|"Owner.Name"|"ConvertedAccount.Name"'
    assert row == '"O""Neil"|""|"false"|"2026-06-10T12:00:00.000Z"|"Web Leads"|""'
    assert rest == ""


def test_query_all_brings_deleted_records_too(org: LocalOrg, client: Client) -> None:
    org.delete("Lead", new_lead(org))
    job = make(client, "SELECT IsDeleted FROM Lead", operation="queryAll")
    assert client("GET", f"jobs/query/{job}/results").body.splitlines()[1:] == ['"true"']


def test_job_can_be_aborted_listed_and_deleted_by_who_made_it(org: LocalOrg, company: Company, client: Client) -> None:
    org.settings.bulk_seconds = 60
    job = make(client, "SELECT Id FROM Lead")
    assert [one["id"] for one in client("GET", "jobs/query").body["records"]] == [job]
    assert client("PATCH", f"jobs/query/{job}", {"state": "Aborted"}).body["state"] == "Aborted"
    assert Client(org, org.issue_token(company.ann))("GET", f"jobs/query/{job}").status == 404
    assert client("DELETE", f"jobs/query/{job}").status == 204
    assert client("GET", f"jobs/query/{job}").status == 404


def test_results_are_read_with_the_version_the_job_was_made_with(org: LocalOrg, client: Client) -> None:
    job = make(client, "SELECT Id FROM Lead")
    client.version = "v60.0"
    assert client("GET", f"jobs/query/{job}/results").status == 409


@pytest.mark.parametrize(
    ("soql", "code", "what"),
    [
        ("SELECT COUNT(Id) FROM Lead", "FEATURENOTENABLED", "GROUP BY"),
        ("SELECT Status FROM Lead GROUP BY Status", "FEATURENOTENABLED", "GROUP BY"),
        ("SELECT Id FROM Lead LIMIT 5 OFFSET 5", "FEATURENOTENABLED", "OFFSET"),
        ("SELECT TYPEOF Owner WHEN User THEN Id END FROM Lead", "FEATURENOTENABLED", "TYPEOF"),
        ("SELECT Id, (SELECT Id FROM Tasks) FROM Lead", "FEATURENOTENABLED", "parent-to-child"),
        ("SELECT Address FROM Lead", "FEATURENOTENABLED", "compound"),
        ("SELECT ConvertedAccount.BillingAddress FROM Lead", "FEATURENOTENABLED", "compound"),
        ("SELECT Id FORM Lead", "MALFORMED_QUERY", "FORM"),
        ("SELECT Nope FROM Lead", "INVALID_FIELD", "Nope"),
    ],
)
def test_what_the_bulk_api_cannot_ask_is_refused_at_once(client: Client, soql: str, code: str, what: str) -> None:
    answer = client("POST", "jobs/query", {"operation": "query", "query": soql})
    assert (answer.status, answer.code) == (400, code)
    assert what in answer.body[0]["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"operation": "insert", "query": "SELECT Id FROM Lead"},
        {"operation": "query"},
        {"operation": "query", "query": "SELECT Id FROM Lead", "columnDelimiter": "SPACE"},
        {"operation": "query", "query": "SELECT Id FROM Lead", "lineEnding": "CR"},
    ],
)
def test_a_job_says_what_it_wants_in_the_documented_words(client: Client, body: dict[str, str]) -> None:
    assert client("POST", "jobs/query", body).code == "INVALIDJOB"
