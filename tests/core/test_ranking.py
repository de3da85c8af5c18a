"""Who is first among those who could take it, method by method."""

from __future__ import annotations

from typing import Any

import pytest

from sfassign.core.decision import Assign, Plan
from sfassign.core.engine import decide
from sfassign.core.model import Load, Member, Turn
from sfassign.core.policy import FieldLimit, ListedMember, LoadMeasure, MatchPair, Members, Method, Person
from tests.core.world import flight, group, lead, listed, load, member, policy, snapshot, turns, user_id, winners

TEAM = [member("alice"), member("bob"), member("carol")]
WRR: dict[str, Any] = {"method": Method.WEIGHTED_ROUND_ROBIN}


def run(count: int, of_group: dict[str, Any], members: list[Member] = TEAM, **said: Any) -> Plan:
    under = policy(group(**of_group), people=said.pop("people", ()))
    return decide(snapshot([lead(number) for number in range(count)], members, under, **said), under)


def weighted(*weights: Any) -> Members:
    names = ("alice", "bob", "carol")
    return Members(
        listed=tuple(ListedMember(f"{n}@acme.example", weight=w) for n, w in zip(names, weights, strict=False))
    )


def loads(**points: float) -> dict[str, Load]:
    return {user_id(name): load(value, count=int(value)) for name, value in points.items()}


def last(plan: Plan) -> Assign:
    decision = plan.decisions[-1]
    assert isinstance(decision, Assign)
    return decision


def test_who_waited_longest_since_their_last_turn_is_next() -> None:
    assert winners(run(4, {}, rotation=turns("Web leads", "bob", "carol", "alice"))) == ["bob", "carol", "alice", "bob"]


def test_an_absent_member_keeps_their_place_and_gets_one_turn_on_return() -> None:
    away = [member("alice"), member("bob", is_frozen=True), member("carol")]
    rotation = turns("Web leads", "alice", "bob", "carol")
    plan = run(4, {}, away, rotation=rotation)
    assert winners(plan) == ["alice", "carol", "alice", "carol"]
    after = {(one.group, one.to.id): Turn(one.turn) for one in plan.decisions if isinstance(one, Assign)}
    assert winners(run(4, {}, rotation={**rotation, **after}, last_turn=1004)) == ["bob", "alice", "carol", "bob"]


@pytest.mark.parametrize("known", [True, False])
def test_somebody_new_joins_at_the_back(known: bool) -> None:
    rotation = dict(turns("Web leads", "carol", "bob"))
    if known:
        rotation["Web leads", user_id("alice")] = Turn(2, joined=True)
    assert winners(run(4, {}, rotation=rotation, last_turn=2)) == ["carol", "bob", "alice", "carol"]


def test_equal_turns_go_to_who_waited_longest_in_any_group_then_by_list() -> None:
    back = {("Web leads", user_id(name)): Turn(5, joined=True) for name in ("alice", "bob", "carol")}
    elsewhere = {("Other", user_id("alice")): Turn(9), ("Other", user_id("bob")): Turn(8)}
    assert winners(run(3, {}, rotation={**back, **elsewhere})) == ["carol", "bob", "alice"]


def test_a_turn_in_flight_counts_provisionally() -> None:
    rotation = turns("Web leads", "alice", "bob", "carol")
    assert winners(run(1, {}, rotation=rotation, in_flight=(flight("alice"),))) == ["bob"]


def test_five_one_one_is_spread_smoothly() -> None:
    plan = run(7, {"members": weighted(5, 1, 1)} | WRR)
    assert winners(plan) == ["alice", "alice", "bob", "alice", "carol", "alice", "alice"]


def test_credit_moves_by_the_weights_and_the_winner_pays_for_all() -> None:
    decision = last(run(1, {"members": weighted(5, 1, 0.5)} | WRR))
    assert dict(decision.credit_moves) == {
        user_id("alice"): -1_500_000,
        user_id("bob"): 1_000_000,
        user_id("carol"): 500_000,
    }


def test_the_credit_of_who_is_gated_out_is_frozen() -> None:
    away = [member("alice"), member("bob", is_frozen=True), member("carol")]
    assert user_id("bob") not in last(run(1, {"members": weighted(1, 9, 1)} | WRR, away)).credit_moves


def test_equal_credit_goes_by_the_list_alone() -> None:
    rotation = turns("Web leads", "carol", "bob", "alice")
    assert winners(run(3, {"members": weighted(1, 1, 1)} | WRR, rotation=rotation)) == ["alice", "bob", "carol"]


def test_stored_credit_and_credit_in_flight_decide() -> None:
    rotation = {("Web leads", user_id("carol")): Turn(1, credit=1_000_000)}
    assert winners(run(1, {"members": weighted(1, 1, 1)} | WRR, rotation=rotation)) == ["carol"]
    moving = (flight("bob", credit_moves={user_id("bob"): 2_000_000}),)
    assert winners(run(1, {"members": weighted(1, 1, 1)} | WRR, rotation=rotation, in_flight=moving)) == ["bob"]


def test_the_lists_weight_holds_over_the_persons_and_an_empty_field_weighs_one() -> None:
    people = (Person("alice@acme.example", None, weight=9), Person("bob@acme.example", None, weight=3))
    team = [member("alice"), member("bob"), member("carol", values={"weight__c": None})]
    decision = last(run(1, {"members": weighted(2, None, FieldLimit("Weight__c"))} | WRR, team, people=people))
    shown = {one.username[0]: one.key["weight"] for one in decision.diagnosis.verdicts()}
    assert shown == {"a": 2.0, "b": 3.0, "c": 1.0}


@pytest.mark.parametrize(
    ("measure", "team", "first"),
    [
        pytest.param("points", loads(alice=4, bob=3, carol=5), "bob", id="lowest load"),
        pytest.param("count", {user_id("alice"): load(9, 1), user_id("bob"): load(1, 9), user_id("carol"): load(2, 2)},
                     "alice", id="fewest items"),
        pytest.param("share", loads(alice=4, bob=3, carol=5), "carol", id="lowest share: 4/10, 3/6, 5/20"),
        pytest.param("spare", loads(alice=1, bob=0, carol=12), "alice", id="most room: 9, 6, 8"),
    ],
)  # fmt: skip
def test_the_least_loaded_is_first_by_the_groups_measure(measure: str, team: dict[str, Load], first: str) -> None:
    thresholds = tuple(
        Person(f"{n}@acme.example", None, threshold=t) for n, t in (("alice", 10), ("bob", 6), ("carol", 20))
    )
    of_group = {"method": Method.LEAST_LOADED, "least_loaded": LoadMeasure(measure)}
    assert winners(run(1, of_group, load=team, people=thresholds)) == [first]


def test_load_is_divided_by_weight_exactly() -> None:
    of_group = {"method": Method.LEAST_LOADED, "members": weighted(3, 2, 1)}
    assert winners(run(1, of_group, load=loads(alice=7, bob=4, carol=3))) == ["bob"]
    assert winners(run(1, of_group, load=loads(alice=6, bob=4, carol=2))) == ["alice"], "2 each: list order"


def test_every_assignment_of_the_cycle_counts_at_once() -> None:
    plan = run(6, {"method": Method.LEAST_LOADED}, load=loads(alice=2, bob=0, carol=1))
    assert winners(plan) == ["bob", "carol", "bob", "alice", "carol", "bob"]


def test_without_a_threshold_for_everyone_share_falls_back_to_points_and_says_so() -> None:
    people = (Person("alice@acme.example", None, threshold=100),)
    of_group = {"method": Method.LEAST_LOADED, "least_loaded": LoadMeasure.SHARE}
    plan = run(1, of_group, load=loads(alice=5, bob=3, carol=4), people=people)
    assert winners(plan) == ["bob"]
    assert "by points since not every member has a threshold" in last(plan).sentence


@pytest.mark.parametrize(
    ("of_group", "said"),
    [
        ({}, "round_robin: longest since their last turn"),
        ({"members": weighted(2, 1)} | WRR, "weighted_round_robin: highest credit, 2 at weight 2"),
        ({"method": Method.LEAST_LOADED}, "least_loaded: lowest load, 0.5 points"),
        ({"method": Method.LEAST_LOADED, "members": weighted(2, 1)},
         "least_loaded: lowest load, 0.5 points ÷ weight 2"),
        ({"method": Method.LEAST_LOADED, "least_loaded": LoadMeasure.COUNT}, "least_loaded: fewest active items, 1"),
        ({"method": Method.LEAST_LOADED, "least_loaded": LoadMeasure.SHARE, "threshold": 8},
         "least_loaded: lowest share of their threshold, 0.5 of 8 points"),
        ({"method": Method.LEAST_LOADED, "least_loaded": LoadMeasure.SPARE, "threshold": 8},
         "least_loaded: most room under their threshold, 7.5 points"),
    ],
)  # fmt: skip
def test_the_sentence_says_who_and_why(of_group: dict[str, Any], said: str) -> None:
    team = [member("alice"), member("bob", is_active=False)]
    plan = run(1, {"members": listed("alice", "bob")} | of_group, team, load={user_id("alice"): load(0.5)})
    assert last(plan).sentence == f"Web leads → alice@acme.example by {said} (1 of 2 could take it: 1 inactive)"


@pytest.mark.parametrize(
    ("of_group", "said"),
    [
        ({}, "lowest load, 1 point ("),
        ({"least_loaded": LoadMeasure.SPARE, "threshold": 2}, "most room under their threshold, 1 point ("),
        ({"least_loaded": LoadMeasure.SPARE, "threshold": 3}, "most room under their threshold, 2 points ("),
    ],
)
def test_one_point_is_said_in_the_singular(of_group: dict[str, Any], said: str) -> None:
    plan = run(1, {"method": Method.LEAST_LOADED} | of_group, [member("alice")], load={user_id("alice"): load(1)})
    assert said in last(plan).sentence


def test_the_explanation_shows_what_the_decision_saw_and_not_what_came_after() -> None:
    plan = run(3, {"method": Method.LEAST_LOADED}, load=loads(alice=2, bob=0, carol=1))
    shown = [
        [(verdict.username[0], verdict.rank, verdict.key["load"]) for verdict in decision.diagnosis.verdicts()]
        for decision in plan.decisions
        if isinstance(decision, Assign)
    ]
    assert shown == [
        [("b", 1, 0.0), ("c", 2, 1.0), ("a", 3, 2.0)],
        [("c", 1, 1.0), ("b", 2, 1.0), ("a", 3, 2.0)],
        [("b", 1, 1.0), ("a", 2, 2.0), ("c", 3, 2.0)],
    ]


def test_turns_are_numbered_on_from_the_last_one() -> None:
    plan = run(3, {}, last_turn=41)
    assert [one.turn for one in plan.decisions if isinstance(one, Assign)] == [42, 43, 44]


def test_skills_decide_who_is_asked_and_rotation_among_them() -> None:
    pair = MatchPair("Language__c", "skills", required=True)
    people = (
        Person("bob@acme.example", None, skills=("Welsh",)),
        Person("carol@acme.example", None, skills=("welsh",)),
    )
    under = policy(group(match=(pair,)), people=people)
    items = [lead(number, values={"language__c": "Welsh" if number % 2 else None}) for number in range(4)]
    assert winners(decide(snapshot(items, TEAM, under), under)) == ["alice", "bob", "carol", "bob"]
