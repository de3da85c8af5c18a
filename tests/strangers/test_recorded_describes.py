"""The local org's describes held against describes recorded from real orgs (API 48 to 59).

Every object and every field has the keys the recording has, with the same JSON types; the standard fields have the
same facts. `EXCEPTIONS` are the facts that differ for a reason.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfassign.emulator import LocalOrg
from tests.emulator.conftest import Client, Clock

RECORDED = Path(__file__).parents[2] / "../shared/data/salesforce_describe"
OBJECTS = ("Lead", "Case", "Opportunity", "Account", "Contact")
FACTS = (
    *("type", "length", "byteLength", "digits", "precision", "scale", "nillable", "createable", "updateable"),
    *("filterable", "groupable", "sortable", "aggregatable", "referenceTo", "relationshipName", "namePointing"),
    *("polymorphicForeignKey", "restrictedPicklist", "nameField", "idLookup", "unique", "externalId", "custom"),
    *("autoNumber", "calculated", "caseSensitive", "dependentPicklist", "htmlFormatted", "encrypted", "soapType"),
    *("compoundFieldName", "extraTypeInfo", "queryByDistance", "searchPrefilterable", "defaultValue", "label"),
    *("defaultedOnCreate", "cascadeDelete", "restrictedDelete", "writeRequiresMasterRead", "inlineHelpText"),
)
_LENGTHENED = "picklists were 40 characters long in API 48; orgs of today say 255"
_PERSON = "recorded in an org with person accounts"
EXCEPTIONS: dict[tuple[str, str, str], str] = {
    **{
        (thing, name, fact): _LENGTHENED
        for thing, names in {
            "Case": ("Type", "Status", "Reason", "Origin", "Priority"),
            "Account": ("Type", "Industry", "Ownership", "Rating", "AccountSource"),
        }.items()
        for name in names
        for fact in ("length", "byteLength")
    },
    ("Case", "Comments", "byteLength"): "a field that stores nothing of its own: one byte a character there",
    ("Opportunity", "Fiscal", "byteLength"): "computed from two numbers: one byte a character there",
    ("Opportunity", "ContactId", "searchPrefilterable"): "given only while a record is made, stored elsewhere",
    ("Account", "Name", "compoundFieldName"): _PERSON,
    ("Account", "Name", "extraTypeInfo"): _PERSON,
}
ABSENT = {("Account", "RecordTypeId"): "an org has the field once it has record types; this one has none"}


def recorded(name: str) -> dict[str, Any]:
    file = RECORDED / f"{name}_describe.json"
    if not file.exists():
        pytest.skip(f"the recorded describes are not here ({file.name})")
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def client() -> Client:
    org = LocalOrg(Clock())
    return Client(org, org.issue_token(), version="v59.0")


def fields(describe: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in describe["fields"]}


def differing_types(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """Keys that are missing here, or hold another JSON type; null stands for a value that may be absent."""
    return [
        key
        for key, value in theirs.items()
        if key not in ours or (None not in (value, ours[key]) and type(value) is not type(ours[key]))
    ]


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_described_with_the_same_keys_and_types(client: Client, name: str) -> None:
    theirs, ours = recorded(name), client("GET", f"sobjects/{name}/describe").body
    assert not differing_types(ours, theirs)
    for part in ("childRelationships", "recordTypeInfos", "supportedScopes"):
        assert not differing_types(ours[part][0], theirs[part][0]), part
    assert set(ours["urls"]) <= set(theirs["urls"])


@pytest.mark.parametrize("name", OBJECTS)
def test_every_field_is_described_with_the_same_keys_and_types(client: Client, name: str) -> None:
    theirs, ours = fields(recorded(name)), fields(client("GET", f"sobjects/{name}/describe").body)
    shared = theirs.keys() & ours.keys()
    wrong = {field: differing_types(ours[field], theirs[field]) for field in shared}
    assert not {field: keys for field, keys in wrong.items() if keys}
    assert all(set(ours[field]) == set(theirs[field]) for field in shared)
    values = [one for field in shared for one in ours[field]["picklistValues"]]
    assert all(set(one) == {"active", "defaultValue", "label", "validFor", "value"} for one in values)


@pytest.mark.parametrize("name", OBJECTS)
def test_every_standard_field_has_the_facts_of_a_real_org(client: Client, name: str) -> None:
    theirs, ours = fields(recorded(name)), fields(client("GET", f"sobjects/{name}/describe").body)
    standard = {field: facts for field, facts in theirs.items() if not field.endswith("__c")}
    assert {field for field in standard if field not in ours} == {field for thing, field in ABSENT if thing == name}
    differences = {
        (name, field, fact): (facts[fact], ours[field][fact])
        for field, facts in standard.items()
        if field in ours
        for fact in FACTS
        if facts[fact] != ours[field][fact]
    }
    assert {where: pair for where, pair in differences.items() if where not in EXCEPTIONS} == {}
    assert {where for where in EXCEPTIONS if where[0] == name} == differences.keys(), "an exception is none any more"


def test_the_list_of_objects_has_the_same_shape(client: Client) -> None:
    theirs, ours = recorded("Global"), client("GET", "sobjects").body
    assert set(ours) == set(theirs)
    assert (ours["encoding"], ours["maxBatchSize"]) == (theirs["encoding"], theirs["maxBatchSize"])
    shared = {one["name"]: one for one in theirs["sobjects"]}
    compared = [one for one in ours["sobjects"] if one["name"] in shared]
    assert len(compared) >= 10
    for one in compared:
        assert not differing_types(one, shared[one["name"]]), one["name"]
        assert set(one["urls"]) <= set(shared[one["name"]]["urls"]), one["name"]


@pytest.mark.parametrize("fact", ["createable", "deletable", "updateable", "queryable", "keyPrefix", "custom"])
def test_what_may_be_done_with_an_object_is_as_in_a_real_org(client: Client, fact: str) -> None:
    theirs = {one["name"]: one[fact] for one in recorded("Global")["sobjects"]}
    ours = {one["name"]: one[fact] for one in client("GET", "sobjects").body["sobjects"]}
    hidden = {"Lead", "Event"} if fact == "keyPrefix" else set()  # the recording leaves their prefix out
    both = (theirs.keys() & ours.keys()) - hidden
    assert {name: ours[name] for name in both} == {name: theirs[name] for name in both}
