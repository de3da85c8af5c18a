"""The example policy against the shape of a real org, where its describe is at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfassign.policy import against_org, read_policy
from sfassign.policy.org import Describe
from sfassign.ports import FieldShape, ObjectShape

FACTS = Path(__file__).parents[2] / "../shared/data/salesforce_schema/schema_facts.json"
EXAMPLE = (Path(__file__).parents[2] / "config/policy.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def describe() -> Describe:
    if not FACTS.exists():
        pytest.skip("the facts of a real org's schema are not at hand")
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    shapes = {name.lower(): _shape(name, each["fields"]) for name, each in facts.items()}
    return lambda name: shapes.get(name.lower())


def _shape(name: str, fields: list[dict[str, Any]]) -> ObjectShape:
    return ObjectShape(name, {each["name"].lower(): _field(each) for each in fields})


def _field(facts: dict[str, Any]) -> FieldShape:
    return FieldShape(
        name=facts["name"],
        type=facts["type"],
        filterable="F" not in facts["not"],
        updateable=bool(facts["updateable"]),
        calculated=False,
        relationship=facts["relationshipName"],
        references=tuple(facts["referenceTo"]),
    )


def test_the_example_names_only_what_every_org_has(describe: Describe) -> None:
    assert against_org(read_policy(EXAMPLE, "policy.yaml"), describe, "policy.yaml", EXAMPLE) == ()


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        ("Rating = 'Hot'", "Ratting = 'Hot'", "Lead has no field 'Ratting', or this login may not see it"),
        ("Rating = 'Hot'", "Description = 'Hot'", "the org cannot filter by 'Description' of Lead (textarea)"),
        ("Owner.Name = 'Web Leads'", "Owner.Department = 'x'", "'Owner.Department' cannot be asked"),
        ("IsEscalated = true", "Account.Industri = 'x'", "Account has no field 'Industri', or this login may not"),
        ("UserRole.Name = 'SDR'", "UserRole.Nam = 'SDR'", "UserRole has no field 'Nam', or this login may not see it"),
    ],
)
def test_a_slip_in_the_example_is_found(describe: Describe, written: str, instead: str, message: str) -> None:
    text = EXAMPLE.replace(written, instead)
    (finding,) = against_org(read_policy(text, "policy.yaml"), describe, "policy.yaml", text)
    at = text.index(instead)
    field = text[: at + len(instead.split(" ", maxsplit=1)[0])].splitlines()
    assert finding.message.startswith(message)
    assert (finding.line, finding.column) == (len(field), text[:at].rfind("\n") * -1 + at)
