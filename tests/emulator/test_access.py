"""Who sees and changes which record: rights of the object, sharing of the record, on every way into the org."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from sfassign.emulator import LocalOrg

from .conftest import NOON, Answer, Client, Company, new_lead

Write = Callable[[Client, str], Answer]
KEEP = {"Sforce_Auto_Assign": "FALSE"}


def _patch(client: Client, lead: str) -> Answer:
    return client("PATCH", f"sobjects/Lead/{lead}", {"Rating": "Hot"}, **KEEP)


def _upsert(client: Client, lead: str) -> Answer:
    return client("PATCH", f"sobjects/Lead/Id/{lead}", {"Rating": "Hot"}, **KEEP)


def _collection(client: Client, lead: str) -> Answer:
    record = {"attributes": {"type": "Lead"}, "id": lead, "Rating": "Hot"}
    return client("PATCH", "composite/sobjects", {"records": [record]}, **KEEP)


def _delete(client: Client, lead: str) -> Answer:
    return client("DELETE", f"sobjects/Lead/{lead}")


def _delete_many(client: Client, lead: str) -> Answer:
    return client("DELETE", f"composite/sobjects?ids={lead}")


def code(answer: Answer) -> str:
    """The refusal of one record, by whichever way it was written."""
    row = answer.body[0]
    return str(row["errors"][0]["statusCode"] if "errors" in row else row["errorCode"])


UPDATES = [_patch, _upsert, _collection]
WRITES = [*UPDATES, _delete, _delete_many]


@pytest.mark.parametrize("write", UPDATES)
def test_no_way_in_changes_records_of_an_object_without_edit(org: LocalOrg, client: Client, write: Write) -> None:
    lead = new_lead(org)
    org.thing("Lead").make_read_only()
    assert code(write(client, lead)) == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert org.get("Lead", lead)["Rating"] is None


@pytest.mark.parametrize("write", [_delete, _delete_many])
def test_no_way_in_deletes_records_of_an_object_without_delete(org: LocalOrg, client: Client, write: Write) -> None:
    lead = new_lead(org)
    org.thing("Lead").deletable = False
    assert code(write(client, lead)) == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert org.get("Lead", lead)["IsDeleted"] is False


def test_no_way_in_creates_records_of_an_object_without_create(org: LocalOrg, client: Client) -> None:
    org.thing("Account").createable = False
    record = {"attributes": {"type": "Account"}, "Name": "Acme"}
    for answer in (
        client("POST", "sobjects/Account", {"Name": "Acme"}),
        client("POST", "composite/sobjects", {"records": [record]}),
    ):
        assert code(answer) == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert org.count("Account") == 0


@pytest.fixture
def private(org: LocalOrg, company: Company) -> tuple[Client, str, str]:
    """Ann's client in an org with private leads, Bob's lead and her own."""
    theirs, own = (new_lead(org, OwnerId=owner) for owner in (company.bob, company.ann))
    org.settings.private_objects = frozenset({"Lead"})
    return Client(org, org.issue_token(company.ann)), theirs, own


@pytest.mark.parametrize("write", WRITES)
def test_a_lead_of_somebody_else_is_not_there_to_be_written_where_leads_are_private(
    org: LocalOrg, private: tuple[Client, str, str], write: Write
) -> None:
    client, theirs, _ = private
    before = org.get("Lead", theirs)
    assert code(write(client, theirs)) == "INVALID_CROSS_REFERENCE_KEY"
    assert org.get("Lead", theirs) == before


@pytest.mark.parametrize("write", WRITES)
def test_an_own_lead_is_written_where_leads_are_private(
    org: LocalOrg, private: tuple[Client, str, str], write: Write
) -> None:
    client, _, own = private
    before = org.get("Lead", own)
    write(client, own)
    assert org.get("Lead", own) != before


def test_a_private_lead_cannot_be_read_by_any_way(org: LocalOrg, private: tuple[Client, str, str]) -> None:
    client, theirs, own = private
    org.update("Lead", theirs, {"Status": "Working - Contacted"})
    answer = client("GET", f"sobjects/Lead/{theirs}")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")
    read = client("POST", "composite/sobjects/Lead", {"ids": [theirs, own], "fields": ["Id"]}).body
    assert [row and row["Id"] for row in read] == [None, own]
    ends = {"start": NOON - dt.timedelta(hours=1), "end": NOON + dt.timedelta(hours=1)}
    span = "&".join(f"{name}={at:%Y-%m-%dT%H:%M:%SZ}" for name, at in ends.items())
    assert client("GET", f"sobjects/Lead/updated?{span}").body["ids"] == [own]
    org.delete("Lead", theirs)
    assert client("GET", f"sobjects/Lead/deleted?{span}").body["deletedRecords"] == []
    for soql in ("SELECT LeadId FROM LeadHistory", "SELECT Id, (SELECT Id FROM Histories) FROM Lead"):
        assert theirs not in str(client.query(soql).body)
    assert own in str(client.query("SELECT LeadId FROM LeadHistory").body)


def test_nothing_can_refer_to_a_private_lead(org: LocalOrg, private: tuple[Client, str, str]) -> None:
    client, theirs, own = private
    refused = client("POST", "sobjects/Task", {"Subject": "Call", "WhoId": theirs})
    assert (refused.status, refused.code) == (400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY")
    assert client("POST", "sobjects/Task", {"Subject": "Call", "WhoId": own}).status == 201
    post = {
        "feedElementType": "FeedItem",
        "subjectId": theirs,
        "body": {"messageSegments": [{"type": "Text", "text": "x"}]},
    }
    assert client("POST", "chatter/feed-elements", post).status == 404


def test_comments_are_private_with_their_case(org: LocalOrg, company: Company) -> None:
    cases = [org.insert("Case", {"Subject": "Down", "OwnerId": owner}) for owner in (company.bob, company.ann)]
    for case in cases:
        org.insert("CaseComment", {"ParentId": case, "CommentBody": "so"})
    org.settings.private_objects = frozenset({"Case"})
    client = Client(org, org.issue_token(company.ann))
    seen = client.query("SELECT ParentId FROM CaseComment").body["records"]
    assert [row["ParentId"] for row in seen] == [cases[1]]


def test_the_administrator_sees_what_is_private(
    org: LocalOrg, client: Client, private: tuple[Client, str, str]
) -> None:
    assert client("GET", f"sobjects/Lead/{private[1]}").status == 200
    assert client.query("SELECT LeadId FROM LeadHistory").body["totalSize"] == 2


@pytest.mark.parametrize("switch", ["object", "record"])
@pytest.mark.parametrize("write", WRITES)
def test_a_record_may_be_seen_and_not_changed(org: LocalOrg, company: Company, write: Write, switch: str) -> None:
    lead = new_lead(org, OwnerId=company.bob)
    if switch == "object":
        org.settings.read_only_objects = frozenset({"Lead"})
    else:
        org.settings.read_only_records = frozenset({(lead, company.ann)})
    ann, bob = (Client(org, org.issue_token(user)) for user in (company.ann, company.bob))
    assert ann("GET", f"sobjects/Lead/{lead}").status == 200
    refused = write(ann, lead)
    assert (refused.status, code(refused)) == (
        200 if "statusCode" in str(refused.body) else 403,
        "INSUFFICIENT_ACCESS_OR_READONLY",
    )
    assert write(bob, lead).status in {200, 204}
    assert org.get("Lead", lead)["Rating"] == "Hot" or org.get("Lead", lead)["IsDeleted"]


@pytest.mark.parametrize("write", UPDATES)
def test_who_cannot_read_leads_cannot_be_given_one(
    org: LocalOrg, company: Company, client: Client, write: Write
) -> None:
    lead = new_lead(org)
    org.settings.no_read = frozenset({(company.ann, "Lead")})
    refused = client("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": company.ann}, **KEEP)
    assert (refused.status, refused.code) == (400, "TRANSFER_REQUIRES_READ")
    assert client("POST", "sobjects/Case", {"OwnerId": company.ann}, **KEEP).status == 201


def test_a_key_that_belongs_to_a_private_record_is_free_for_others(
    org: LocalOrg, private: tuple[Client, str, str]
) -> None:
    client, theirs, _ = private
    org.add_field("Lead", "Key__c", "string", length=20, external_id=True)
    org.update("Lead", theirs, {"Key__c": "K1"})
    assert client("GET", "sobjects/Lead/Key__c/K1").status == 404
    body: dict[str, Any] = {"LastName": "Doe", "Company": "Acme"}
    assert client("PATCH", "sobjects/Lead/Key__c/K1", body).status == 201
