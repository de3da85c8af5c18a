"""Performance: who wins more of what they close gets a greater share, and nobody is left without chances."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfassign.core.availability import member_lines
from sfassign.core.counterfactual import why_not_now
from sfassign.core.decision import Assign, Plan
from sfassign.core.engine import decide
from sfassign.core.fairness import promises
from sfassign.core.performance import HUNDRED, Prior, factor_of, percent, prior_of, wilson_interval
from sfassign.core.policy import ListedMember, LoadMeasure, Members, Method, Policy, WeightRules, WorkObject
from sfassign.core.records import OrgRecords, ResultsRecord
from sfassign.solver import solve
from tests.core.world import group, lead, listed, load, member, policy, snapshot, soql, user_id, winners

TEAM = [member("alice"), member("bob"), member("carol")]
LEAD = WorkObject(
    "Lead", soql("IsConverted = false"), success=soql("IsConverted = true"), closed=soql("Status = 'Closed'")
)
BASIS = "Lead 90d: (IsConverted = TRUE) of (Status = 'Closed')"
DAYS_90 = dt.timedelta(days=90)
UNEQUAL = {"alice": (30, 40), "bob": (8, 40), "carol": (2, 40)}
"""Together 40 of 120 won."""


def performing(members: Members | None = None, **said: Any) -> Policy:
    fields: dict[str, Any] = {"method": Method.WEIGHTED_ROUND_ROBIN, "weight": WeightRules(performance=DAYS_90)}
    made = group(members=members or listed("alice", "bob", "carol"), **(fields | said))
    return policy(made, objects=[LEAD])


def counted(results: dict[str, tuple[int, int]] | None = None) -> OrgRecords:
    rows = UNEQUAL if results is None else results
    return OrgRecords(results=(ResultsRecord(BASIS, tuple((user_id(n), *pair) for n, pair in rows.items())),))


def run(under: Policy, count: int = 1, records: OrgRecords | None = None, **said: Any) -> Plan:
    found = counted() if records is None else records
    return decide(snapshot([lead(n) for n in range(count)], TEAM, under, records=found, **said), under, solve)


def told(plan: Plan) -> Assign:
    first = plan.decisions[0]
    assert isinstance(first, Assign)
    return first


def keys(plan: Plan) -> dict[str, dict[str, Any]]:
    return {one.username.split("@")[0]: dict(one.key) for one in told(plan).diagnosis.verdicts()}


# the estimate


@pytest.mark.parametrize(
    ("pairs", "mean", "strength"),
    [
        pytest.param([(30, 40), (8, 40), (2, 40)], Fraction(1, 3), 2, id="far apart: little is imagined"),
        pytest.param([(20, 40), (10, 40), (15, 40)], Fraction(3, 8), 22, id="somewhat apart"),
        pytest.param([(10, 40), (10, 40), (10, 40)], Fraction(1, 4), 1000, id="no more apart than chance explains"),
        pytest.param([(40, 40), (0, 40)], Fraction(1, 2), 2, id="as far apart as can be"),
        pytest.param([(3, 9)], Fraction(1, 3), 1000, id="one member says nothing of how members differ"),
        pytest.param([(1, 1), (0, 1), (1, 1)], Fraction(2, 3), 1000, id="single records say nothing of it either"),
        pytest.param([(0, 5), (0, 7)], Fraction(0), 1000, id="nobody won anything"),
        pytest.param([(5, 5), (7, 7)], Fraction(1), 1000, id="everything was won"),
    ],
)
def test_the_prior_is_the_groups_rate_as_strong_as_members_are_alike(
    pairs: list[tuple[int, int]], mean: Fraction, strength: int
) -> None:
    found = prior_of(pairs)
    assert found is not None
    assert found.mean == mean
    assert found.strength == strength


@pytest.mark.parametrize("pairs", [[], [(0, 0)], [(0, 0), (0, 0)]])
def test_where_nothing_was_closed_there_is_no_prior_and_everybody_counts_1(pairs: list[tuple[int, int]]) -> None:
    assert prior_of(pairs) is None
    assert factor_of((0, 0), None) == HUNDRED


@pytest.mark.parametrize(
    ("pair", "factor"),
    [
        pytest.param((0, 0), 100, id="nothing closed: the group's rate"),
        pytest.param((4, 12), 100, id="the group's own rate"),
        pytest.param((12, 12), 200, id="(12 + 4) of 24 is twice the group's third"),
        pytest.param((8, 12), 150, id="(8 + 4) of 24 is half as much again"),
        pytest.param((18, 40), 127, id="(18 + 4) of 52"),
        pytest.param((0, 12), 50, id="(0 + 4) of 24 is half"),
        pytest.param((0, 500), 50, id="never less than half"),
        pytest.param((500, 500), 200, id="never more than twice"),
    ],
)
def test_the_rate_is_shrunk_towards_the_groups_and_divided_by_it(pair: tuple[int, int], factor: int) -> None:
    assert factor_of(pair, Prior(Fraction(1, 3), 12)) == factor


PAIRS = st.integers(0, 5_000).flatmap(lambda closed: st.tuples(st.integers(0, closed), st.just(closed)))


@given(st.lists(PAIRS, max_size=12))
def test_every_factor_lies_between_a_half_and_two_and_every_strength_is_bounded(pairs: list[tuple[int, int]]) -> None:
    found = prior_of(pairs)
    assert all(50 <= factor_of(pair, found) <= 200 for pair in pairs)
    assert found is None or (0 <= found.mean <= 1 and 2 <= found.strength <= 1_000)


@given(PAIRS, st.integers(2, 40), st.fractions(0, 1, max_denominator=500), st.integers(2, 1_000))
def test_more_data_with_the_same_rate_never_comes_nearer_to_the_group(
    pair: tuple[int, int], times: int, mean: Fraction, strength: int
) -> None:
    prior = Prior(mean, strength)
    little, much = factor_of(pair, prior), factor_of((pair[0] * times, pair[1] * times), prior)
    assert abs(much - HUNDRED) >= abs(little - HUNDRED)
    assert (much - HUNDRED) * (little - HUNDRED) >= 0


@given(st.lists(PAIRS, min_size=2, max_size=8), st.randoms())
def test_the_order_of_the_members_changes_nothing(pairs: list[tuple[int, int]], dice: Any) -> None:
    shuffled = list(pairs)
    dice.shuffle(shuffled)
    assert prior_of(shuffled) == prior_of(pairs)


# in the plan


@given(
    st.lists(st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=3, max_size=3),
    st.integers(1, 60),
)
def test_over_any_stretch_everyone_gets_their_weights_share_within_two_items(
    pairs: list[tuple[int, int]], count: int
) -> None:
    results = dict(zip(("alice", "bob", "carol"), pairs, strict=True))
    under = performing()
    got = Counter(winners(run(under, count, counted(results))))
    weights = {line.username.split("@")[0]: line.weight for line in lines(under, counted(results))}
    for name, weight in weights.items():
        assert abs(got[name] - count * weight / sum(weights.values())) <= 2


def lines(under: Policy, records: OrgRecords) -> Any:
    return member_lines(snapshot([], TEAM, under, records=records), under)


def test_the_one_who_wins_more_gets_more_and_the_one_who_wins_least_still_gets_half() -> None:
    weights = {line.username.split("@")[0]: line.weight for line in lines(performing(), counted())}
    assert weights["carol"] == 0.5
    assert weights["alice"] == 2.0
    assert Counter(winners(run(performing(), 31))) == {"alice": 20, "bob": 6, "carol": 5}


def test_it_multiplies_the_own_weight_and_headroom() -> None:
    own = Members(listed=(ListedMember("alice@acme.example", weight=2), ListedMember("bob@acme.example")))
    under = performing(own, weight=WeightRules(performance=DAYS_90, headroom=True), threshold=8)
    results = {"alice": (20, 40), "bob": (10, 40)}
    found = keys(run(under, records=counted(results), load={user_id("alice"): load(2)}))
    assert found["alice"]["own_weight"] == 2.0
    assert found["alice"]["performance"] == 1.28
    assert found["alice"]["weight"] == pytest.approx(2 * 1.28 * 0.75)
    assert found["bob"]["weight"] == found["bob"]["performance"] == 0.72


@pytest.mark.parametrize(
    ("said", "first"),
    [
        pytest.param({"method": Method.LEAST_LOADED}, "alice", id="by points: 4 over twice the weight"),
        pytest.param({"method": Method.LEAST_LOADED, "least_loaded": LoadMeasure.COUNT}, "alice", id="by count"),
        pytest.param({"method": Method.BEST_MATCH}, "alice", id="between equal matches"),
        pytest.param({"method": Method.OPTIMAL}, "alice", id="between equally good plans"),
        pytest.param(
            {"method": Method.LEAST_LOADED, "least_loaded": LoadMeasure.SPARE, "threshold": 20}, "bob", id="not by room"
        ),
        pytest.param({"weight": WeightRules(), "method": Method.LEAST_LOADED}, "bob", id="not where it is not asked"),
    ],
)
def test_load_is_measured_by_it_wherever_weights_count(said: dict[str, Any], first: str) -> None:
    plan = run(performing(**said), load={user_id("alice"): load(4, 4), user_id("bob"): load(3, 3)} | _busy("carol"))
    assert winners(plan) == [first]


def _busy(name: str) -> dict[str, Any]:
    return {user_id(name): load(9, 9)}


@pytest.mark.parametrize(
    ("records", "words"),
    [
        (OrgRecords(), "1 (1 × performance 1: won and closed records are not read yet)"),
        (counted({"bob": (1, 9)}), "1 (1 × performance 1: won and closed records are not read yet)"),
        (counted({"alice": (0, 0), "bob": (0, 0)}), "1 (1 × performance 1: 0 of 0 won, nothing closed in the group)"),
        (counted({"alice": (0, 6), "bob": (0, 0)}), "1 (1 × performance 1: 0 of 6 won, group 0 %, prior 1000)"),
        (counted(), "2 (1 × performance 2: 30 of 40 won, group 33.3 %, prior 2)"),
    ],
)
def test_formula_data_and_result_are_in_every_sentence_and_on_the_members_screen(
    records: OrgRecords, words: str
) -> None:
    under = performing(listed("alice", "bob", "carol") if records == counted() else listed("alice", "bob"))
    assert f"at weight {words}" in told(run(under, records=records)).sentence
    by_load = performing(under.groups[0].members, method=Method.LEAST_LOADED)
    assert f"÷ weight {words}" in told(run(by_load, records=records)).sentence
    assert lines(under, records)[0].weight_told == words
    assert lines(by_load, records)[0].weight_told == words


def test_both_factors_are_told_one_after_the_other() -> None:
    under = performing(weight=WeightRules(performance=DAYS_90, headroom=True), threshold=8)
    said = "2 (1 × performance 2: 30 of 40 won, group 33.3 %, prior 2; × headroom, 1 − 0 ÷ 8)"
    assert said in told(run(under)).sentence


@pytest.mark.parametrize("method", [*Method][1:])
def test_the_rank_key_of_everybody_has_the_figures(method: Method) -> None:
    found = keys(run(performing(method=method)))
    figures = {"own_weight": 1.0, "performance": 2.0, "won": 30, "closed": 40, "group_rate": 0.333333, "prior": 2}
    assert figures.items() <= found["alice"].items()
    assert {name: key["weight"] for name, key in found.items()} == {"alice": 2.0, "bob": 0.62, "carol": 0.5}


def test_why_not_somebody_else_goes_by_the_weight_that_performance_made() -> None:
    under = performing(method=Method.LEAST_LOADED)
    loads = {user_id(name): load(4) for name in ("alice", "bob", "carol")}
    found = why_not_now(
        snapshot([lead(1)], TEAM, under, records=counted(), load=loads), under, lead(1).id, "bob@acme.example"
    )
    assert found is not None
    assert (found.outcome, found.winner) == ("outranked", "alice@acme.example")
    assert found.figures == "bob@acme.example has 4 points at weight 0.62, alice@acme.example has 4 points at weight 2"


def test_results_over_another_period_or_other_conditions_do_not_count() -> None:
    other = OrgRecords(results=(ResultsRecord(BASIS.replace("90d", "30d"), ((user_id("alice"), 40, 40),)),))
    assert lines(performing(), other)[0].weight == 1.0


def test_the_report_promises_parts_by_the_weights_that_count() -> None:
    under = performing()
    promised = promises(snapshot([], TEAM, under, records=counted()), under)["Web leads"]
    shares = {one.username.split("@")[0]: one.share for one in promised.members}
    assert shares == pytest.approx({"alice": 2 / 3.12, "bob": 0.62 / 3.12, "carol": 0.5 / 3.12})


# the report's interval


@pytest.mark.parametrize(
    ("won", "closed", "low", "high"),
    [
        pytest.param(0, 10, 0.0, 0.2775, id="none of ten"),
        pytest.param(10, 10, 0.7225, 1.0, id="all of ten"),
        pytest.param(15, 148, 0.0624, 0.1605, id="R. Newcombe's example of 1998, method 3"),
        pytest.param(81, 263, 0.2553, 0.3662, id="his other one"),
    ],
)
def test_the_interval_is_wilsons(won: int, closed: int, low: float, high: float) -> None:
    found = wilson_interval(won, closed)
    assert found is not None
    assert found == pytest.approx((low, high), abs=5e-5)


def test_without_closed_records_there_is_no_interval() -> None:
    assert wilson_interval(0, 0) is None
    assert percent(Fraction(1, 3)) == "33.3 %"
