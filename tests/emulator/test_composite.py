"""Many operations in one call: `/composite`, `/composite/batch`, `/composite/sobjects`."""

from __future__ import annotations

from typing import Any

import pytest

from sfassign.emulator import LocalOrg

from .conftest import Client, Clock, Company, new_lead

V = "/services/data/v62.0"
PAST = "Wed, 10 Jun 2026 11:00:00 GMT"


def patch(lead: str, name: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    sent = {key.replace("_", "-"): value for key, value in headers.items()}
    return {
        "method": "PATCH",
        "url": f"{V}/sobjects/Lead/{lead}",
        "referenceId": name,
        "httpHeaders": sent,
        "body": body,
    }


def statuses(answer: Any) -> list[int]:
    return [one["httpStatusCode"] for one in answer.body["compositeResponse"]]


def test_each_subrequest_has_its_own_guard_and_fails_alone(org: LocalOrg, company: Company, client: Client) -> None:
    first, second = new_lead(org), new_lead(org)
    answer = client.composite(
        patch(first, "a", {"OwnerId": company.ann}, If_Unmodified_Since=PAST),
        patch(second, "b", {"OwnerId": company.ann}),
        patch(second, "c", {"OwnerId": company.gone}),
    )
    assert answer.status == 200
    assert statuses(answer) == [412, 204, 400]
    assert [one["referenceId"] for one in answer.body["compositeResponse"]] == ["a", "b", "c"]
    assert answer.body["compositeResponse"][1]["body"] is None
    assert answer.body["compositeResponse"][2]["body"][0]["errorCode"] == "INACTIVE_OWNER_OR_USER"
    assert org.get("Lead", first)["OwnerId"] == org.admin_id
    assert org.get("Lead", second)["OwnerId"] == company.ann


@pytest.mark.parametrize(("outer", "inherits", "inner", "owner"), [
    ("FALSE", False, None, "bob"),
    ("FALSE", False, "FALSE", "ann"),
    ("FALSE", True, None, "ann"),
    ("TRUE", False, "FALSE", "ann"),
])  # fmt: skip
def test_subrequest_does_not_inherit_auto_assign(
    org: LocalOrg, company: Company, client: Client, outer: str, inherits: bool, inner: str | None, owner: str
) -> None:
    org.settings.composite_inherits_auto_assign = inherits
    org.set_assignment_rule("Lead", company.bob)
    lead = new_lead(org)
    headers = {"Sforce_Auto_Assign": inner} if inner else {}
    sub = patch(lead, "a", {"OwnerId": company.ann}, **headers)
    client("POST", "composite", {"compositeRequest": [sub]}, Sforce_Auto_Assign=outer)
    assert org.get("Lead", lead)["OwnerId"] == getattr(company, owner)


def test_one_composite_counts_once_and_is_logged_with_its_subrequests(org: LocalOrg, client: Client) -> None:
    before = org.calls
    client.composite(*(patch(new_lead(org), f"r{n}", {"Rating": "Hot"}) for n in range(25)))
    assert org.calls == before + 1
    assert [(one.method, one.status) for one in org.log[-1].subrequests] == [("PATCH", 204)] * 25


def test_later_subrequest_refers_to_an_earlier_one(org: LocalOrg, client: Client) -> None:
    new_lead(org, LastName="Roe")
    answer = client.composite(
        {"method": "POST", "url": f"{V}/sobjects/Account", "referenceId": "acc", "body": {"Name": "Acme"}},
        {
            "method": "POST",
            "url": f"{V}/sobjects/Contact",
            "referenceId": "con",
            "body": {"LastName": "X", "AccountId": "@{acc.id}"},
        },
        {"method": "GET", "url": f"{V}/query?q=SELECT+Id+FROM+Lead", "referenceId": "leads"},
        {"method": "GET", "url": f"{V}/sobjects/Lead/@{{leads.records[0].Id}}?fields=LastName", "referenceId": "lead"},
        {"method": "GET", "url": f"{V}/sobjects/Lead/@{{leads.records[9].Id}}", "referenceId": "none"},
        {"method": "GET", "url": f"{V}/sobjects/Lead/@{{none.Id}}", "referenceId": "nothing"},
    )
    bodies = {one["referenceId"]: one["body"] for one in answer.body["compositeResponse"]}
    assert org.get("Contact", bodies["con"]["id"])["AccountId"] == bodies["acc"]["id"]
    assert bodies["lead"]["LastName"] == "Roe"
    assert bodies["none"][0]["errorCode"] == bodies["nothing"][0]["errorCode"] == "PROCESSING_HALTED"


def test_all_or_none_undoes_everything_and_says_so(org: LocalOrg, client: Client) -> None:
    lead, other = new_lead(org), new_lead(org)
    answer = client.composite(
        patch(lead, "a", {"Rating": "Hot"}),
        patch(other, "b", {"Nope": 1}),
        patch(other, "c", {"Rating": "Hot"}),
        allOrNone=True,
    )
    assert [one["body"][0]["errorCode"] for one in answer.body["compositeResponse"]] == [
        "PROCESSING_HALTED",
        "INVALID_FIELD",
        "PROCESSING_HALTED",
    ]
    assert org.count("Lead", "Rating = 'Hot'") == 0
    assert org.count("LeadHistory", "Field != 'created'") == 0


@pytest.mark.parametrize("inner", [True, False])
def test_all_or_none_outside_wins_over_that_of_a_collection(org: LocalOrg, client: Client, inner: bool) -> None:
    """Rows that were undone still show `success: true` where the collection itself would have kept them."""
    lead, other = new_lead(org), new_lead(org)
    rows = [record(lead, Rating="Hot"), record(other, Nope=1)]
    many = {"method": "PATCH", "url": f"{V}/composite/sobjects", "referenceId": "b"}
    answer = client.composite(
        patch(other, "a", {"Rating": "Hot"}),
        many | {"body": {"allOrNone": inner, "records": rows}},
        patch(other, "c", {"Rating": "Hot"}),
        allOrNone=True,
    )
    assert statuses(answer) == [400, 200, 400]
    first, second, third = (one["body"] for one in answer.body["compositeResponse"])
    assert [one[0]["errorCode"] for one in (first, third)] == ["PROCESSING_HALTED"] * 2
    assert [row["success"] for row in second] == [not inner, False]
    assert org.count("Lead", "Rating = 'Hot'") == 0
    assert org.count("LeadHistory", "Field != 'created'") == 0


def test_a_collection_inside_keeps_its_good_rows_where_nothing_outside_forbids_it(
    org: LocalOrg, client: Client
) -> None:
    lead, other = new_lead(org), new_lead(org)
    rows = [record(lead, Rating="Hot"), record(other, Nope=1)]
    client.composite(
        {"method": "PATCH", "url": f"{V}/composite/sobjects", "referenceId": "a", "body": {"records": rows}}
    )
    assert org.count("Lead", "Rating = 'Hot'") == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"referenceId": "-x"}, 400, "JSON_PARSER_ERROR"),
        ({"referenceId": None}, 400, "JSON_PARSER_ERROR"),
        ({"httpHeaders": {"Authorization": "x"}}, 400, "INVALID_HTTP_HEADER"),
        ({"httpHeaders": {"content-type": "x"}}, 400, "INVALID_HTTP_HEADER"),
    ],
)
def test_malformed_subrequest_spoils_the_whole_request(
    org: LocalOrg, client: Client, change: dict[str, Any], status: int, code: str
) -> None:
    lead = new_lead(org)
    answer = client.composite(patch(lead, "ok", {"Rating": "Hot"}), patch(lead, "b", {"Rating": "Hot"}) | change)
    assert (answer.status, answer.code) == (status, code)
    assert org.get("Lead", lead)["Rating"] is None


def test_too_many_subrequests_or_queries_are_refused(org: LocalOrg, client: Client) -> None:
    lead = new_lead(org)
    many = client.composite(*(patch(lead, f"r{n}", {"Rating": "Hot"}) for n in range(26)))
    query = {"method": "GET", "url": f"{V}/query?q=SELECT+Id+FROM+Lead"}
    five = client.composite(*(query | {"referenceId": f"q{n}"} for n in range(5)))
    six = client.composite(*(query | {"referenceId": f"q{n}"} for n in range(6)))
    assert many.body["compositeResponse"][0]["body"][0]["errorCode"] == "LIMIT_EXCEEDED"
    assert statuses(five) == [200] * 5
    assert statuses(six) == [400]
    assert org.get("Lead", lead)["Rating"] is None


def test_batch_counts_every_request_and_can_halt(org: LocalOrg, client: Client) -> None:
    lead = new_lead(org)
    before = org.calls
    requests = [
        {"method": "PATCH", "url": f"v62.0/sobjects/lead/{lead}", "richInput": {"Rating": "Hot"}},
        {"method": "GET", "url": "v62.0/sobjects/Lead/00Q000000000001EAA"},
        {"method": "GET", "url": f"v62.0/sobjects/Lead/{lead}?fields=Rating"},
    ]
    body = client("POST", "composite/batch", {"batchRequests": requests}).body
    assert (body["hasErrors"], [one["statusCode"] for one in body["results"]]) == (True, [204, 404, 200])
    assert body["results"][2]["result"]["Rating"] == "Hot"
    assert org.calls == before + 3
    halted = client("POST", "composite/batch", {"batchRequests": requests, "haltOnError": True}).body["results"]
    assert [one["statusCode"] for one in halted] == [204, 404, 412]
    assert halted[2]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"


def test_a_batch_stops_where_the_days_requests_are_used_up(org: LocalOrg, client: Client) -> None:
    org.settings.daily_limit = 3
    listed = [{"method": "POST", "url": "v62.0/sobjects/Account", "richInput": {"Name": f"A{n}"}} for n in range(10)]
    results = client("POST", "composite/batch", {"batchRequests": listed}).body["results"]
    assert [one["statusCode"] for one in results] == [201] * 3 + [403] * 7
    assert results[3]["result"][0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    assert (org.count("Account"), org.calls) == (3, 3)


def record(lead: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Lead"}, "id": lead} | fields


def test_collection_answers_each_record_in_order_and_200_even_for_failures(
    org: LocalOrg, company: Company, client: Client
) -> None:
    good, bad = new_lead(org), new_lead(org)
    answer = client(
        "PATCH",
        "composite/sobjects",
        {"records": [record(bad, OwnerId=company.gone), record(good, OwnerId=company.ann), record("0015")]},
        Sforce_Auto_Assign="FALSE",
    )
    assert answer.status == 200
    assert [one["success"] for one in answer.body] == [False, True, False]
    assert answer.body[0]["errors"][0]["statusCode"] == "INACTIVE_OWNER_OR_USER"
    assert answer.body[1] == {"id": good, "success": True, "errors": []}
    assert answer.body[2]["errors"][0] == {
        "statusCode": "MALFORMED_ID",
        "message": "Lead ID: id value of incorrect type: 0015",
        "fields": ["Id"],
    }
    assert org.get("Lead", good)["OwnerId"] == company.ann


def test_collection_with_all_or_none_rolls_back_the_good_ones(org: LocalOrg, client: Client) -> None:
    good, bad = new_lead(org), new_lead(org)
    records = [record(good, Rating="Hot"), record(bad, Nope=1)]
    answer = client("PATCH", "composite/sobjects", {"allOrNone": True, "records": records})
    assert answer.body[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert org.get("Lead", good)["Rating"] is None


def test_collection_creates_deletes_and_reads_many(org: LocalOrg, client: Client) -> None:
    records = [{"attributes": {"type": "Lead"}, "LastName": f"L{n}", "Company": "A"} for n in range(3)]
    ids = [one["id"] for one in client("POST", "composite/sobjects", {"records": records}).body]
    gone = client("DELETE", f"composite/sobjects?ids={ids[0]},{ids[1]}&allOrNone=true")
    assert [one["success"] for one in gone.body] == [True, True]
    read = client("POST", "composite/sobjects/Lead", {"ids": [ids[2], ids[0], "nonsense"], "fields": ["LastName"]}).body
    assert (read[0]["LastName"], read[1], read[2]) == ("L2", None, None)
    assert client("GET", f"composite/sobjects/Lead?ids={ids[2]}&fields=Id,LastName").body[0]["Id"] == ids[2]


@pytest.mark.parametrize(("count", "mixed"), [(201, False), (22, True)])
def test_collection_has_its_limits(client: Client, count: int, mixed: bool) -> None:
    kinds = ["Lead", "Case"] if mixed else ["Lead"]
    records = [{"attributes": {"type": kinds[n % len(kinds)]}} for n in range(count)]
    assert client("POST", "composite/sobjects", {"records": records}).status == 400


def test_hook_between_read_and_write_makes_the_guard_fail(
    org: LocalOrg, company: Company, client: Client, clock: Clock
) -> None:
    lead = new_lead(org)

    def somebody_else() -> None:
        clock.advance(seconds=2)
        org.update("Lead", lead, {"OwnerId": company.bob}, by=company.bob)

    org.faults.between(somebody_else, method="PATCH", path=lead)
    since = "Wed, 10 Jun 2026 12:00:00 GMT"
    answer = client.composite(patch(lead, "a", {"OwnerId": company.ann}, If_Unmodified_Since=since))
    assert statuses(answer) == [412]
    assert org.get("Lead", lead)["OwnerId"] == company.bob
