"""The demonstration's policy fits the floor it is for."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from sfassign.emulator.floor import floor_policy
from sfassign.policy import lint, read_policy

from .world import World

POLICY: dict[str, Any] = yaml.safe_load(floor_policy())
GROUPS = {group["name"]: group for group in POLICY["groups"]}


def test_the_product_takes_it_without_error_or_warning() -> None:
    assert lint(floor_policy(), "policy.yaml") == ()
    assert len(read_policy(floor_policy(), "policy.yaml").enabled_groups) == len(GROUPS)


def test_it_shows_five_groups_and_three_methods() -> None:
    assert len(GROUPS) >= 5
    assert {group["method"] for group in GROUPS.values()} >= {"round_robin", "weighted_round_robin", "least_loaded"}


@pytest.mark.parametrize("name", GROUPS)
def test_every_group_has_members_at_work_and_items_waiting(fresh: World, name: str) -> None:
    group = GROUPS[name]
    items = fresh.org.query(f"SELECT Id FROM {group['object']} WHERE {group['source']}")
    assert items
    members = fresh.org.query(f"SELECT Id FROM User WHERE IsActive = true AND {group['members']}")
    assert sum(fresh.doing(row["Id"], fresh.now).value == "working" for row in members) >= 3


@pytest.mark.parametrize("condition", [one["user"] for one in POLICY["people"]])
def test_what_is_said_about_people_is_about_someone(fresh: World, condition: str) -> None:
    assert fresh.org.query(f"SELECT Id FROM User WHERE {condition}")


def test_omni_groups_name_statuses_of_the_floor(fresh: World) -> None:
    labels = {row["MasterLabel"] for row in fresh.rows("ServicePresenceStatus")}
    named = {status for group in GROUPS.values() for status in group["available"].get("omni", ())}
    assert named
    assert named <= labels


@pytest.mark.parametrize("name", POLICY["objects"])
def test_every_rule_is_one_the_org_understands(fresh: World, name: str) -> None:
    rules = POLICY["objects"][name]
    parts = [*rules.get("load", {}).get("rules", ()), *rules.get("score", {}).get("rules", ())]
    conditions = [rules["active"], *(part["when"] for part in parts)]
    conditions += [rules[key] for key in ("success", "closed") if key in rules]
    for condition in conditions:
        assert fresh.org.query(f"SELECT Id FROM {name} WHERE {condition}")
