"""Records made as trees and graphs, upserted many at once; and what may be part of a composite request."""

from __future__ import annotations

from typing import Any

import pytest

from sfassign.emulator import LocalOrg

from .conftest import Client, Company, new_lead

V = "/services/data/v62.0"


def record(sobject: str, reference: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": sobject, "referenceId": reference}, **fields}


def node(reference: str, path: str, body: Any = None, method: str = "POST") -> dict[str, Any]:
    return {"method": method, "url": f"{V}/{path}", "referenceId": reference, "body": body}


def contacts(*references: str, **fields: Any) -> dict[str, Any]:
    return {"records": [record("Contact", one, LastName=one, **fields) for one in references]}


def count(org: LocalOrg, *sobjects: str) -> list[int]:
    return [org.count(one) for one in sobjects]


def test_a_tree_is_made_level_by_level_in_one_call(org: LocalOrg, client: Client) -> None:
    roots = [
        record("Account", "acme", Name="Acme", Contacts=contacts("ann", "bob")),
        record("Account", "globex", Name="Globex"),
    ]
    before = org.calls
    answer = client("POST", "composite/tree/Account", {"records": roots})
    assert (answer.status, answer.body["hasErrors"], org.calls - before) == (201, False, 1)
    assert [one["referenceId"] for one in answer.body["results"]] == ["acme", "globex", "ann", "bob"]
    made = {one["referenceId"]: one["id"] for one in answer.body["results"]}
    found = org.query("SELECT Id, AccountId FROM Contact ORDER BY LastName")
    assert [(one["Id"], one["AccountId"]) for one in found] == [
        (made["ann"], made["acme"]),
        (made["bob"], made["acme"]),
    ]


def test_one_wrong_record_of_a_tree_is_named_and_nothing_is_made(org: LocalOrg, client: Client) -> None:
    roots = [record("Account", "acme", Name="Acme", Contacts=contacts("ann", Email="123"))]
    answer = client("POST", "composite/tree/Account", {"records": roots})
    assert (answer.status, answer.body["hasErrors"]) == (400, True)
    ((failed),) = answer.body["results"]
    assert (failed["referenceId"], failed["errors"][0]["statusCode"]) == ("ann", "INVALID_EMAIL_ADDRESS")
    assert count(org, "Account", "Contact") == [0, 0]


@pytest.mark.parametrize(
    "records",
    [
        [record("Account", f"r{n}", Name="x") for n in range(201)],
        [record("Contact", "r", LastName="x")],
        [{"attributes": {"type": "Account"}, "Name": "x"}],
        [record("Account", "r", Name="x", Nonsense=contacts("a"))],
        [record("Account", "r", Name="x"), record("Account", "r", Name="y")],
    ],
)
def test_a_tree_out_of_bounds_is_refused_as_a_whole(
    org: LocalOrg, client: Client, records: list[dict[str, Any]]
) -> None:
    assert client("POST", "composite/tree/Account", {"records": records}).status == 400
    assert count(org, "Account", "Contact") == [0, 0]


def test_a_graph_is_done_wholly_or_not_at_all_and_leaves_the_others_alone(org: LocalOrg, client: Client) -> None:
    def graph(name: str, last_name: str) -> dict[str, Any]:
        nodes = [
            node("a", "sobjects/Account", {"Name": name}),
            node("c", "sobjects/Contact", {"LastName": last_name, "AccountId": "@{a.id}"}),
        ]
        return {"graphId": name, "compositeRequest": nodes}

    before = org.calls
    answer = client("POST", "composite/graph", {"graphs": [graph("good", "Roe"), graph("bad", "")]})
    assert (answer.status, org.calls - before) == (200, 1)
    good, bad = answer.body["graphs"]
    assert (good["graphId"], good["isSuccessful"]) == ("good", True)
    assert [one["httpStatusCode"] for one in good["graphResponse"]["compositeResponse"]] == [201, 201]
    assert (bad["graphId"], bad["isSuccessful"]) == ("bad", False)
    codes = [one["body"][0]["errorCode"] for one in bad["graphResponse"]["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert count(org, "Account", "Contact") == [1, 1]
    assert org.query("SELECT Account.Name FROM Contact")[0]["Account"]["Name"] == "good"


@pytest.mark.parametrize(
    "graphs",
    [
        [{"graphId": f"g{n}", "compositeRequest": []} for n in range(76)],
        [{"graphId": "g", "compositeRequest": [node(f"n{n}", "sobjects/Account", {}) for n in range(501)]}],
        [{"graphId": "g", "compositeRequest": [node("q", "query?q=SELECT+Id+FROM+Lead", method="GET")]}],
        [{"graphId": "g", "compositeRequest": []}] * 2,
        [{"graphId": "a.b", "compositeRequest": []}],
    ],
)
def test_graphs_out_of_bounds_are_refused(client: Client, graphs: list[dict[str, Any]]) -> None:
    assert client("POST", "composite/graph", {"graphs": graphs}).status == 400


def test_graphs_are_halted_after_too_many_failures(org: LocalOrg, client: Client) -> None:
    graphs = [
        {"graphId": f"g{n}", "compositeRequest": [node("a", "sobjects/Account", {"Name": "x" if n > 14 else ""})]}
        for n in range(20)
    ]
    found = client("POST", "composite/graph", {"graphs": graphs}).body["graphs"]
    parts = [part for one in found for part in one["graphResponse"]["compositeResponse"]]
    codes = [part["body"][0]["errorCode"] for part in parts]
    assert codes == ["REQUIRED_FIELD_MISSING"] * 15 + ["PROCESSING_HALTED"] * 5
    assert count(org, "Account") == [0]


def test_many_records_are_upserted_by_their_external_id(org: LocalOrg, client: Client) -> None:
    org.add_field("Account", "Key__c", "string", length=20, external_id=True)
    known = org.insert("Account", {"Name": "Old", "Key__c": "a"})
    for _ in range(2):
        org.insert("Account", {"Name": "Twin", "Key__c": "t"})
    typed = {"attributes": {"type": "Account"}}
    records = [
        typed | {"Key__c": "a", "Name": "New"},
        typed | {"Key__c": "b", "Name": "Made"},
        typed | {"Key__c": "t", "Name": "Which"},
        typed | {"Name": "Without"},
        {"attributes": {"type": "Contact"}, "Key__c": "a"},
    ]
    answer = client("PATCH", "composite/sobjects/Account/Key__c", {"records": records})
    assert answer.status == 200
    updated, made, *failed = answer.body
    assert (updated["id"], updated["success"], updated["created"]) == (known, True, False)
    assert (made["success"], made["created"]) == (True, True)
    codes = [one["errors"][0]["statusCode"] for one in failed]
    assert codes == ["DUPLICATE_EXTERNAL_ID", "MISSING_ARGUMENT", "INVALID_TYPE"]
    assert org.get("Account", known)["Name"] == "New"
    assert org.get("Account", made["id"])["Key__c"] == "b"


def test_an_upsert_of_all_or_none_leaves_nothing_behind(org: LocalOrg, client: Client) -> None:
    org.add_field("Account", "Key__c", "string", length=20, external_id=True)
    typed = {"attributes": {"type": "Account"}}
    records = [typed | {"Key__c": "b", "Name": "Made"}, typed | {"Key__c": "c", "Name": ""}]
    answer = client("PATCH", "composite/sobjects/Account/Key__c", {"records": records, "allOrNone": True})
    assert answer.body[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert count(org, "Account") == [0]
    assert client("PATCH", "composite/sobjects/Account/Name", {"records": records}).status == 404


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("/services/data/v99.0/sobjects/Lead/{lead}", "NOT_FOUND"),
        ("/services/data/v30.0/sobjects/Lead/{lead}", "UNSUPPORTED_API_VERSION"),
        ("/services/data/v62.5/sobjects/Lead/{lead}", "NOT_FOUND"),
        (f"{V}/composite", "INVALID_INPUT"),
        (f"{V}/composite/batch", "INVALID_INPUT"),
        (f"{V}/composite/graph", "INVALID_INPUT"),
        (f"{V}/composite/tree/Account", "INVALID_INPUT"),
    ],
)
def test_a_part_of_a_composite_speaks_a_version_of_today_and_is_no_composite(
    org: LocalOrg, client: Client, url: str, code: str
) -> None:
    lead = new_lead(org)
    part = {"method": "PATCH" if "{lead}" in url else "POST", "url": url.format(lead=lead), "referenceId": "a"}
    answer = client.composite(part | {"body": {"Rating": "Hot", "compositeRequest": [], "batchRequests": []}})
    assert [one["body"][0]["errorCode"] for one in answer.body["compositeResponse"]] == [code]
    assert org.get("Lead", lead)["Rating"] is None


@pytest.mark.parametrize(("url", "status"), [("v62.0/composite", 400), ("v30.0/limits", 410), ("v62.0/limits", 200)])
def test_a_part_of_a_batch_is_held_to_the_same(client: Client, url: str, status: int) -> None:
    body = {"batchRequests": [{"method": "GET", "url": url}]}
    assert [one["statusCode"] for one in client("POST", "composite/batch", body).body["results"]] == [status]


def test_the_way_to_the_records_is_explained_the_cheapest_first(
    org: LocalOrg, client: Client, company: Company
) -> None:
    for owner in (company.ann, company.bob, company.bob):
        new_lead(org, OwnerId=owner)
    soql = f"SELECT Id FROM Lead WHERE OwnerId = '{company.ann}' AND City = 'Wien'"
    index, scan = client("GET", f"query?explain={soql}".replace(" ", "+")).body["plans"]
    assert (index["leadingOperationType"], index["fields"], index["cardinality"]) == ("Index", ["OwnerId"], 1)
    assert (scan["leadingOperationType"], scan["cardinality"]) == ("TableScan", 3)
    assert (scan["sobjectType"], scan["sobjectCardinality"]) == ("Lead", 3)
    assert index["relativeCost"] < scan["relativeCost"]
    assert [note["fields"] for note in index["notes"]] == [["City"]]
    assert client("GET", "query?explain=SELECT+Nope+FROM+Lead").code == "INVALID_FIELD"


def test_what_a_user_looked_at_is_recent_for_that_user(org: LocalOrg, client: Client, company: Company) -> None:
    first, second = (new_lead(org, LastName=name) for name in ("First", "Second"))
    gone = new_lead(org, LastName="Gone")
    for one in (first, gone, second):
        client.query(f"SELECT Id FROM Lead WHERE Id = '{one}' FOR VIEW")
    client.query("SELECT Id FROM Lead")
    org.delete("Lead", gone)
    found = client("GET", "recent").body
    assert [(one["Id"], one["Name"], one["attributes"]["type"]) for one in found] == [
        (second, "Second", "Lead"),
        (first, "First", "Lead"),
    ]
    assert [one["Id"] for one in client("GET", "recent?limit=1").body] == [second]
    assert [one["Id"] for one in client("GET", "sobjects/Lead").body["recentItems"]] == [second, first]
    assert Client(org, org.issue_token(company.ann))("GET", "recent").body == []


def test_ingest_jobs_are_refused_in_plain_words(client: Client) -> None:
    answer = client("POST", "jobs/ingest", {"object": "Lead", "operation": "insert"})
    assert (answer.status, answer.code) == (400, "FEATURENOTENABLED")
    assert "ingest" in answer.body[0]["message"]


@pytest.mark.parametrize("status", [400, 403])
def test_a_lookup_to_a_record_the_writer_may_not_see_is_refused(org: LocalOrg, company: Company, status: int) -> None:
    org.settings.cross_reference_status = status
    account = org.insert("Account", {"Name": "Secret", "OwnerId": company.bob})
    contact = org.insert("Contact", {"LastName": "Roe", "OwnerId": company.ann})
    org.settings.private_objects = frozenset({"Account"})
    agent = Client(org, org.issue_token(company.ann))
    answer = agent("PATCH", f"sobjects/Contact/{contact}", {"AccountId": account})
    assert (answer.status, answer.code) == (status, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY")
