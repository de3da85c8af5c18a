"""The match score and `best_match`: who fits an item best, and who of these is free-est."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sfassign.core.decision import Assign, Plan
from sfassign.core.engine import decide
from sfassign.core.model import Load
from sfassign.core.policy import FieldLimit, ListedMember, MatchPair, MatchTest, Members, Method, Person
from tests.core.world import group, lead, listed, load, member, policy, rejected, snapshot, turns, user_id, winners

LANGUAGE = MatchPair("Language__c", "Languages__c", weight=3)
TERRITORY = MatchPair("Country", "Territory__c")
DEAL = MatchPair("AnnualRevenue", "Max_Deal__c", MatchTest.AT_MOST, weight=1)
SKILL = MatchPair("Product__c", "skills", required=True)
GERMAN = {"language__c": "German", "country": "UK", "annualrevenue": 500}

TEAM = [
    member("alice", values={"languages__c": "German", "territory__c": "France", "max_deal__c": 100}),
    member("bob", values={"languages__c": "English", "territory__c": "uk", "max_deal__c": 900}),
    member("carol", values={"languages__c": "German;English", "territory__c": None, "max_deal__c": 500}),
]


def run(values: dict[str, Any], *pairs: MatchPair, count: int = 1, **said: Any) -> Plan:
    fields = {"method": Method.BEST_MATCH, "match": pairs} | said.pop("of_group", {})
    under = policy(group(**fields), people=said.pop("people", ()))
    items = [lead(number, values=values) for number in range(count)]
    return decide(snapshot(items, said.pop("members", TEAM), under, **said), under)


def scores(plan: Plan) -> dict[str, float]:
    """The match score of everyone who could take the last item."""
    decision = plan.decisions[-1]
    assert isinstance(decision, Assign)
    return {one.username[0]: one.key["match"] for one in decision.diagnosis.verdicts() if not one.rejection}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("values", "pairs", "expected"),
    [
        pytest.param(GERMAN, (LANGUAGE, TERRITORY), {"a": 0.75, "b": 0.25, "c": 0.75}, id="weights that hold ÷ all"),
        pytest.param(GERMAN, (LANGUAGE, TERRITORY, DEAL), {"a": 0.6, "b": 0.4, "c": 0.8}, id="numbers count alike"),
        pytest.param({"country": "UK"}, (LANGUAGE, TERRITORY), {"a": 0, "b": 1, "c": 0}, id="an empty item attribute"),
        pytest.param({}, (LANGUAGE, TERRITORY), {"a": 1, "b": 1, "c": 1}, id="no pair left is a whole match"),
        pytest.param({"country": "Peru"}, (TERRITORY,), {"a": 0, "b": 0, "c": 0}, id="unknown to everyone"),
        pytest.param(GERMAN, (MatchPair("Country", "Territory__c", weight=0), LANGUAGE),
                     {"a": 1, "b": 0, "c": 1}, id="weight 0 does not count"),
        pytest.param(GERMAN, (MatchPair("Language__c", "Languages__c", required=True), TERRITORY),
                     {"a": 0, "c": 0}, id="required without a weight only keeps out"),
        pytest.param(GERMAN, (MatchPair("Language__c", "Languages__c", required=True, weight=3), TERRITORY),
                     {"a": 0.75, "c": 0.75}, id="required with a weight counts too"),
        pytest.param({"country": "UK"}, (MatchPair("Language__c", "Languages__c", required=True, weight=3), TERRITORY),
                     {"a": 0, "b": 1, "c": 0}, id="required and empty at the item: left out"),
    ],
)  # fmt: skip
def test_the_match_score(values: dict[str, Any], pairs: tuple[MatchPair, ...], expected: dict[str, float]) -> None:
    assert scores(run(values, *pairs)) == pytest.approx(expected)


@pytest.mark.parametrize("method", [one for one in Method if one is not Method.OPTIMAL])
def test_the_match_score_is_shown_whatever_the_method(method: Method) -> None:
    shown = scores(run(GERMAN, LANGUAGE, TERRITORY, of_group={"method": method}))
    assert shown == {"a": 0.75, "b": 0.25, "c": 0.75}


def test_a_relaxed_pair_no_longer_keeps_anyone_out_but_its_weight_still_prefers_who_has_it() -> None:
    pair = MatchPair("Language__c", "Languages__c", required=True, relax_after=dt.timedelta(minutes=30), weight=1)
    under = policy(group(method=Method.BEST_MATCH, match=(pair,), members=listed("bob", "alice")))
    young, old = lead(1, minutes_old=29, values=GERMAN), lead(2, minutes_old=30, values=GERMAN)
    plan = decide(snapshot([old, young], TEAM, under), under)
    assert winners(plan) == ["alice", "alice"]
    assert rejected(plan.decisions[0]) == {}, "waited 30 minutes"
    assert rejected(plan.decisions[1])["bob"][0] == "mismatch"


def test_the_best_match_is_first_however_busy() -> None:
    busy = {user_id("bob"): load(50)}
    assert winners(run({"country": "UK"}, TERRITORY, count=3, load=busy)) == ["bob"] * 3


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({}, ["carol", "alice", "carol"], id="lowest load points"),
        pytest.param({"of_group": {"threshold": 10}}, ["carol", "alice", "carol"], id="lowest share of the threshold"),
        pytest.param({"people": (Person("alice@acme.example", None, threshold=40),), "of_group": {"threshold": 41}},
                     ["carol", "alice", "carol"], id="shares of different thresholds"),
        pytest.param({"of_group": {"members": Members(listed=(
            ListedMember("alice@acme.example", weight=4), ListedMember("carol@acme.example", weight=1)))}},
            ["alice", "carol", "alice"], id="points by weight: 1/4, then 2/4 against 0.5/1, then 2/4 against 1.5/1"),
    ],
)  # fmt: skip
def test_equal_matches_go_to_who_has_least(said: dict[str, Any], expected: list[str]) -> None:
    work = {user_id("alice"): load(1), user_id("carol"): load(0.5)}
    assert winners(run(GERMAN, LANGUAGE, count=3, load=work, **said)) == expected


def test_a_share_counts_the_threshold_and_points_count_where_somebody_has_none() -> None:
    work: dict[str, Load] = {user_id("alice"): load(4), user_id("carol"): load(3)}
    own = (Person("alice@acme.example", None, threshold=20), Person("carol@acme.example", None, threshold=10))
    everyone = (*own, Person("bob@acme.example", None, threshold=5))
    assert winners(run(GERMAN, LANGUAGE, load=work, people=everyone)) == ["alice"], "4 of 20 before 3 of 10"
    plan = run(GERMAN, LANGUAGE, load=work, people=own)
    assert winners(plan) == ["carol"], "bob has no threshold: 3 points before 4"
    assert "by points since not every member has a threshold" in last(plan)


def test_equal_load_goes_to_who_waited_longest_then_by_the_list() -> None:
    rotation = turns("Web leads", "carol", "alice")
    assert winners(run(GERMAN, LANGUAGE, count=4, rotation=rotation)) == ["carol", "alice", "carol", "alice"]
    assert winners(run(GERMAN, LANGUAGE, count=1)) == ["alice"]


def test_when_the_best_are_full_the_next_best_follow() -> None:
    pairs = (LANGUAGE, TERRITORY, DEAL)
    assert winners(run(GERMAN, *pairs, count=6, of_group={"quota": 2})) == ["carol"] * 2 + ["alice"] * 2 + ["bob"] * 2
    assert winners(run(GERMAN, *pairs, count=7, of_group={"quota": 2}))[-1] == "-"


def test_weight_0_gets_nothing_where_load_is_divided_by_weight() -> None:
    values = [member(one.name.lower(), values={**one.values, "weight__c": 0}) for one in TEAM]
    people = (Person("alice@acme.example", None, weight=FieldLimit("Weight__c")),)
    assert winners(run(GERMAN, LANGUAGE, members=values, people=people)) == ["carol"]


def last(plan: Plan) -> str:
    decision = plan.decisions[-1]
    assert isinstance(decision, Assign)
    return decision.sentence


def test_the_sentence_says_match_and_load() -> None:
    plan = run(GERMAN, LANGUAGE, TERRITORY, load={user_id("alice"): load(1), user_id("carol"): load(0.5)})
    assert last(plan) == (
        "Web leads → carol@acme.example by best_match: match 0.75, lowest load, 0.5 points (3 of 3 could take it)"
    )
