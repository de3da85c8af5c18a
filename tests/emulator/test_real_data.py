"""Salesforce's own sample records and recorded describe results of a real org, where they are at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfassign.emulator import ApiError, LocalOrg, load_tree

from .conftest import Client

DATA = Path(__file__).parents[2] / "../shared/data"
SAMPLES = DATA / "salesforce_de_sample"
DESCRIBES = DATA / "salesforce_describe"


def test_tree_resolves_references_and_makes_the_custom_fields_it_meets(org: LocalOrg, tmp_path: Path) -> None:
    accounts, contacts = tmp_path / "Account.json", tmp_path / "Contact.json"
    accounts.write_text(
        json.dumps(
            {"records": [{"attributes": {"type": "Account", "referenceId": "A1"}, "Name": "Acme", "Sites__c": 3}]}
        )
    )
    contacts.write_text(
        json.dumps({"records": [{"attributes": {"type": "Contact"}, "LastName": "Roe", "AccountId": "@A1"}]})
    )
    ids = load_tree(org, accounts, contacts)
    assert org.query("SELECT Account.Sites__c FROM Contact")[0]["Account"]["Sites__c"] == 3.0
    assert org.query("SELECT Id FROM Account")[0]["Id"] == ids["A1"]
    assert org.schema.object("Account").fields["sites__c"].type == "double"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="Salesforce's sample records are not at hand")
def test_salesforces_own_sample_records_load(org: LocalOrg) -> None:
    load_tree(org, *(SAMPLES / f"{name}.json" for name in ("Account", "Contact", "Lead", "Opportunity", "Case")))
    assert (org.count("Lead"), org.count("Case"), org.count("Opportunity")) == (22, 26, 31)
    assert org.count("Case", "IsClosed = true AND Status != 'Closed'") == 0
    assert org.count("Opportunity", "IsWon = true AND StageName != 'Closed Won'") == 0


@pytest.mark.skipif(not DESCRIBES.is_dir(), reason="recorded describe results are not at hand")
@pytest.mark.parametrize("name", ["Lead", "Case", "Opportunity", "Account", "Contact", "Event"])
def test_describe_agrees_with_the_one_of_a_real_org(client: Client, name: str) -> None:
    real = json.loads((DESCRIBES / f"{name}_describe.json").read_text())
    mine = client("GET", f"sobjects/{name}/describe").body
    fields: dict[str, Any] = {one["name"]: one for one in mine["fields"]}
    for key in ("name", "keyPrefix", "createable", "updateable", "deletable", "queryable", "label"):
        assert mine[key] == real[key]
    checked = 0
    for theirs in real["fields"]:
        ours = fields.get(theirs["name"])
        if ours is None:
            continue
        checked += 1
        for key in ("type", "nillable", "createable", "updateable", "filterable", "sortable", "relationshipName"):
            assert (theirs["name"], key, ours[key]) == (theirs["name"], key, theirs[key])
    assert checked > 30


@pytest.mark.skipif(not (DATA / "soql_corpus").is_dir(), reason="the corpus of real queries is not at hand")
def test_every_real_query_is_answered_or_refused_in_salesforces_words(org: LocalOrg) -> None:
    queries = [one["soql"] for one in json.loads((DATA / "soql_corpus/queries.json").read_text())]
    outcomes = [_outcome(org, soql) for soql in queries]
    assert outcomes.count("answered") > 50
    assert set(outcomes) <= {"answered", "INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY", *RARER}


RARER = ("INVALID_QUERY_FILTER_OPERATOR", "NUMBER_OUTSIDE_VALID_RANGE", "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS")


def _outcome(org: LocalOrg, soql: str) -> str:
    try:
        org.query(soql)
    except ApiError as refusal:
        return refusal.code
    return "answered"
