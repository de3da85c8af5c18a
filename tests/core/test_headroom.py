"""Headroom: who is nearer to their threshold gets a smaller share of the rotation."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sfassign.core.availability import member_lines
from sfassign.core.decision import Assign, Plan
from sfassign.core.engine import decide
from sfassign.core.policy import ListedMember, Members, Method, Person, Policy, WeightRules
from tests.core.world import group, lead, listed, load, member, policy, snapshot, soql, user_id, winners

TEAM = [member("alice"), member("bob")]


def headroom(members: Members | None = None, **said: Any) -> Policy:
    fields: dict[str, Any] = {"method": Method.WEIGHTED_ROUND_ROBIN, "weight": WeightRules(headroom=True)}
    people = said.pop("people", ())
    return policy(group(members=members or listed("alice", "bob"), **(fields | said)), people=people)


def run(under: Policy, count: int, **said: Any) -> Plan:
    return decide(snapshot([lead(number) for number in range(count)], TEAM, under, **said), under)


def weights(plan: Plan, at: int) -> dict[str, Any]:
    decision = plan.decisions[at]
    assert isinstance(decision, Assign)
    return {one.username[0]: one.key["weight"] for one in decision.diagnosis.verdicts() if not one.rejection}


def test_the_weight_is_what_is_left_of_the_threshold_and_falls_with_every_item_of_the_cycle() -> None:
    plan = run(headroom(threshold=10), 3, load={user_id("bob"): load(5)})
    assert winners(plan) == ["alice", "bob", "alice"]
    assert [weights(plan, at) for at in range(3)] == [{"a": 1.0, "b": 0.5}, {"a": 0.9, "b": 0.5}, {"a": 0.9, "b": 0.4}]


def test_it_multiplies_the_members_own_weight() -> None:
    own = Members(listed=(ListedMember("alice@acme.example", weight=2), ListedMember("bob@acme.example")))
    plan = run(headroom(own, threshold=8), 1, load={user_id("alice"): load(6)})
    assert weights(plan, 0) == {"a": 0.5, "b": 1.0}
    assert winners(plan) == ["bob"]


def test_without_a_threshold_headroom_is_1() -> None:
    people = (Person("alice@acme.example", None, threshold=4),)
    assert weights(run(headroom(people=people), 1, load={user_id("alice"): load(1)}), 0) == {"a": 0.75, "b": 1.0}


def test_work_given_by_another_group_in_the_same_cycle_counts_at_once() -> None:
    other = group("Cases", object="Case", source=soql("IsClosed = false"), members=listed("alice"), priority=9)
    under = headroom(threshold=4)
    both = policy(other, *under.groups)
    plan = decide(snapshot([lead(1, object="Case"), lead(2)], TEAM, both), both)
    assert weights(plan, 1) == {"a": 0.75, "b": 1.0}


def test_credit_moves_by_the_weights_of_that_moment() -> None:
    plan = run(headroom(threshold=10), 2, load={user_id("bob"): load(5)})
    moves = [dict(one.credit_moves) for one in plan.decisions if isinstance(one, Assign)]
    alice, bob = user_id("alice"), user_id("bob")
    assert moves == [{alice: 1_000_000 - 1_500_000, bob: 500_000}, {alice: 900_000, bob: 500_000 - 1_400_000}]


def test_over_a_day_everyone_fills_up_evenly_whatever_they_began_with() -> None:
    plan = run(headroom(threshold=20), 25, load={user_id("alice"): load(15)})
    assert Counter(winners(plan)) == {"bob": 20, "alice": 5}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"threshold": 8}, "highest credit, 0.75 at weight 0.75 (1 × headroom, 1 − 2 ÷ 8)"),
        ({}, "highest credit, 1 at weight 1 (1 × headroom, 1 without a threshold)"),
    ],
)
def test_formula_data_and_result_are_in_the_sentence(said: dict[str, Any], expected: str) -> None:
    plan = run(headroom(listed("alice"), **said), 1, load={user_id("alice"): load(2)})
    decision = plan.decisions[0]
    assert isinstance(decision, Assign)
    assert expected in decision.sentence


def test_formula_data_and_result_are_in_the_explanation_and_on_the_members_screen() -> None:
    under = headroom(threshold=8)
    plan = run(under, 2, load={user_id("alice"): load(2)})
    first = plan.decisions[0]
    assert isinstance(first, Assign)
    assert [dict(one.key) for one in first.diagnosis.verdicts()] == [
        {"credit": 1.0, "weight": 1.0, "own_weight": 1.0, "load": 0.0, "threshold": 8.0},
        {"credit": 0.75, "weight": 0.75, "own_weight": 1.0, "load": 2.0, "threshold": 8.0},
    ]
    lines = member_lines(snapshot([], TEAM, under, load={user_id("alice"): load(2)}), under)
    assert [(line.weight, line.weight_told) for line in lines] == [
        (0.75, "0.75 (1 × headroom, 1 − 2 ÷ 8)"),
        (1.0, "1 (1 × headroom, 1 − 0 ÷ 8)"),
    ]
