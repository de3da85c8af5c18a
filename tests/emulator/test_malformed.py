"""Requests of any shape: an org answers them in JSON, and only a fault of its own is a 500."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from sfassign.emulator import LocalOrg

from .conftest import Client, Company, new_lead

V = "/services/data/v62.0"
LEAD = "00Q010000000001EAA"
RECORD = {"attributes": {"type": "Lead"}, "id": LEAD, "Rating": "Hot", "NumberOfEmployees": 5}
LIMITS = {"method": "GET", "url": "/services/data/v62.0/limits"}
NOTICE = {"customNotifTypeId": "0ML000000000001", "recipientIds": ["005000000000001"], "title": "t", "body": "b"}
BODIES: dict[str, tuple[str, str, Any]] = {
    "lead": (
        "POST",
        "sobjects/Lead",
        {"LastName": "Doe", "Company": "Acme", "NumberOfEmployees": 5, "IsConverted": False},
    ),
    "change": ("PATCH", f"sobjects/Lead/{LEAD}", {"OwnerId": "005000000000001", "AnnualRevenue": 1.5}),
    "update many": ("PATCH", "composite/sobjects", {"allOrNone": False, "records": [RECORD, RECORD]}),
    "create many": ("POST", "composite/sobjects", {"records": [{"attributes": {"type": "Account"}, "Name": "Acme"}]}),
    "read many": ("POST", "composite/sobjects/Lead", {"ids": [LEAD], "fields": ["LastName"]}),
    "composite": (
        "POST",
        "composite",
        {
            "allOrNone": True,
            "compositeRequest": [
                {
                    "method": "PATCH",
                    "url": f"{V}/sobjects/Lead/{LEAD}",
                    "referenceId": "a",
                    "httpHeaders": {"Sforce-Auto-Assign": "FALSE"},
                    "body": {"Rating": "Hot"},
                }
            ],
        },
    ),
    "batch": (
        "POST",
        "composite/batch",
        {"haltOnError": True, "batchRequests": [{"method": "GET", "url": "v62.0/limits"}]},
    ),
    "notification": ("POST", "actions/standard/customNotificationAction", {"inputs": [NOTICE]}),
    "mail": (
        "POST",
        "actions/standard/emailSimple",
        {"inputs": [{"emailAddresses": "a@b.example", "emailSubject": "s", "emailBody": "b"}]},
    ),
    "post": (
        "POST",
        "chatter/feed-elements",
        {
            "feedElementType": "FeedItem",
            "subjectId": LEAD,
            "body": {"messageSegments": [{"type": "Text", "text": "x"}, {"type": "Mention", "id": "005000000000001"}]},
        },
    ),
    "bulk query": ("POST", "jobs/query", {"operation": "query", "query": "SELECT Id FROM Lead", "contentType": "CSV"}),
}
WRONG: list[Any] = [None, "x", "", 5, -1.5, 1e400, True, [], ["x"], [None], {}, {"x": 1}, "inf", "\ud800", "@{a.b}"]


def places(value: Any) -> Iterator[list[str | int]]:
    """The way to every value inside, and to the whole."""
    yield []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from ([key, *rest] for rest in places(one))


def spoilt(body: Any, place: list[str | int], wrong: Any) -> Any:
    if not place:
        return wrong
    made = copy.deepcopy(body)
    holder = made
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = wrong
    return made


@pytest.mark.parametrize("name", BODIES)
def test_a_body_of_any_shape_gets_an_answer_in_json(org: LocalOrg, client: Client, name: str) -> None:
    assert new_lead(org) == LEAD
    method, path, body = BODIES[name]
    for place in places(body):
        for wrong in WRONG:
            answer = client(method, path, spoilt(body, place, wrong), Sforce_Auto_Assign="FALSE")
            assert answer.status < 500, (place, wrong, answer.body)
            assert isinstance(answer.body, dict | list) or answer.status == 204, (place, wrong)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "composite/sobjects", {"records": [{"attributes": None, "id": LEAD}]}),
        ("PATCH", "composite/sobjects", {"records": [{"attributes": "Lead", "id": LEAD}]}),
        ("POST", "composite/sobjects/Lead", {"ids": [5], "fields": ["Id"]}),
        ("POST", "composite/sobjects/Lead", {"ids": [LEAD], "fields": [5]}),
        (
            "POST",
            "composite",
            {"compositeRequest": [{"method": "GET", "url": "u", "referenceId": "a", "httpHeaders": "x"}]},
        ),
        ("POST", "composite/batch", {"batchRequests": ["x"]}),
        ("POST", "actions/standard/emailSimple", {"inputs": ["x"]}),
        ("POST", "chatter/feed-elements", {"body": {"messageSegments": ["x"]}}),
        ("POST", "sobjects/Lead", {"LastName": "\ud800", "Company": "Acme"}),
        ("POST", "sobjects/Lead", b'{"AnnualRevenue": NaN}'),
        ("POST", "sobjects/Lead", {"NumberOfEmployees": "inf"}),
        ("PATCH", "sobjects/Lead/Num__c/abc", {"LastName": "Doe"}),
        ("PATCH", "sobjects/Lead/Num__c/nan", {"LastName": "Doe"}),
        ("POST", "sobjects/Lead", b"[" * 100_000),
    ],
)
def test_json_of_the_wrong_shape_is_named_as_such(
    org: LocalOrg, client: Client, method: str, path: str, body: Any
) -> None:
    org.add_field("Lead", "Num__c", "double", external_id=True)
    answer = client(method, path, body)
    assert (answer.status, answer.code) == (400, "JSON_PARSER_ERROR")


@pytest.mark.parametrize("number", ["99999999999999999999999999", "-" + "9" * 400])
@pytest.mark.parametrize("field", ["NumberOfEmployees", "AnnualRevenue"])
def test_a_number_larger_than_any_is_no_filter(client: Client, field: str, number: str) -> None:
    answer = client.query(f"SELECT Id FROM Lead WHERE {field} = {number}")
    assert (answer.status, answer.code) == (400, "INVALID_FIELD")


@pytest.mark.parametrize("key", ["B/2", "C D%+é", "//", "?q=1#x"])
def test_a_record_is_found_by_a_key_of_any_characters(org: LocalOrg, client: Client, key: str) -> None:
    org.add_field("Account", "Key__c", "string", length=40, external_id=True)
    path = f"sobjects/Account/Key__c/{quote(key, safe='')}"
    new = client("PATCH", path, {"Name": "Acme"})
    assert new.status == 201
    assert org.get("Account", new.body["id"])["Key__c"] == key
    assert client("GET", path).body["Id"] == new.body["id"]
    sub = {"method": "GET", "url": f"{V}/{path}", "referenceId": "a"}
    assert client.composite(sub).body["compositeResponse"][0]["body"]["Id"] == new.body["id"]


def test_a_fault_of_the_org_itself_is_a_500_in_json_and_loud_in_the_log(
    org: LocalOrg, company: Company, client: Client, org_faults: list[str]
) -> None:
    org.on_write(lambda _change: json.loads("no JSON"))
    answer = client("POST", "sobjects/Lead", {"LastName": "Doe", "Company": "Acme"})
    assert (answer.status, answer.code) == (500, "UNKNOWN_EXCEPTION")
    assert "ErrorId" in answer.body[0]["message"]
    assert org.log[-1].status == 500
    (text,) = org_faults
    assert "JSONDecodeError" in text
    assert "POST /services/data/v62.0/sobjects/Lead" in text
    org_faults.clear()
