"""jsforce, a client of Salesforce for JavaScript, works with the local org: what it asks, and what it makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from . import node
from .conftest import LEADS, Served

pytestmark = pytest.mark.timeout(400)


def test_jsforce_reads_writes_and_describes(served: Served) -> None:
    said = node.answer("jsforce_calls.js", served.url, served.token, timeout_seconds=120)
    _check_writing(said, served)
    _check_reading(said)
    _check_asking_about_the_org(said, served)
    _check_composite(said)
    assert {"LastName", "Owner.Name", "Id"} == set(said["exported"][0])
    assert [one["LastName"] for one in said["exported"]] == ["Composed", "Lovelace", "Second"]


def _check_writing(said: dict[str, Any], served: Served) -> None:
    key = said["created"]["id"]
    assert said["created"] == {"id": key, "success": True, "errors": []}
    assert said["updated"]["success"] is True
    assert (said["retrieved"]["Rating"], said["retrieved"]["attributes"]["type"]) == ("Cold", "Lead")
    assert [one["success"] for one in said["many"]] == [True, True, False]
    assert said["many"][2]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert [one["LastName"] for one in said["retrievedMany"]] == ["First", "Second"]
    assert all(one["success"] for one in said["updatedMany"])
    assert (said["upserted"]["created"], said["upsertedAgain"]["created"]) == (True, False)
    assert said["upserted"]["id"] == said["upsertedAgain"]["id"]
    assert [one["Name"] for one in said["retrievedByKey"]["records"]] == ["Renamed"]
    assert said["destroyed"]["success"] is True
    assert said["refused"]["code"] == "ENTITY_IS_DELETED"
    assert served.org.get("Lead", key)["LastModifiedById"] == served.ann


def _check_reading(said: dict[str, Any]) -> None:
    page, following = said["page"], said["nextPage"]
    assert (page["totalSize"], page["done"], len(page["records"])) == (LEADS, False, 200)
    assert following["records"][0]["LastName"] == "Contact 0200"
    assert said["autoFetched"] == LEADS
    assert [(one["LastName"], one["Owner"]["Name"]) for one in said["found"]] == [
        ("Lovelace", "Ann Abel"),
        ("Second", "Ann Abel"),
    ]
    assert (said["counted"]["totalSize"], said["counted"]["records"]) == (2, [])
    assert [(one["Rating"], one["n"]) for one in said["grouped"]["records"]] == [("Warm", 1), ("Cold", 1)]
    assert (said["malformed"]["name"], said["malformed"]["code"]) == ("MALFORMED_QUERY", "MALFORMED_QUERY")
    assert [one["LastName"] for one in said["searched"]["searchRecords"]] == ["Lovelace"]


def _check_asking_about_the_org(said: dict[str, Any], served: Served) -> None:
    fields = {one["name"]: one for one in said["describe"]["fields"]}
    assert fields["OwnerId"]["referenceTo"] == ["Group", "User"]
    assert said["describe"]["keyPrefix"] == "00Q"
    assert {"Lead", "Case", "Opportunity"} <= {one["name"] for one in said["describeGlobal"]["sobjects"]}
    assert said["limits"]["DailyApiRequests"]["Max"] == served.org.settings.daily_limit
    assert said["limitInfo"]["apiUsage"]["limit"] == served.org.settings.daily_limit
    assert (said["identity"]["user_id"], said["identity"]["username"]) == (served.ann, "ann@acme.example")
    assert said["created"]["id"] in said["changed"]["ids"]
    assert [one["id"] for one in said["deleted"]["deletedRecords"]] == [said["many"][0]["id"]]


def _check_composite(said: dict[str, Any]) -> None:
    made, seen, lost = said["composite"]["compositeResponse"]
    assert (made["httpStatusCode"], seen["httpStatusCode"], lost["httpStatusCode"]) == (201, 200, 404)
    assert seen["body"]["LastName"] == "Composed"
    assert made["httpHeaders"]["Location"].endswith(made["body"]["id"])
    assert lost["body"][0]["errorCode"] == "INVALID_CROSS_REFERENCE_KEY"
