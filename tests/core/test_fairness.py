"""How evenly work was shared out: what the two figures say, and what each method promises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfassign.core.fairness import amounts, gini_coefficient, jain_index, promises
from sfassign.core.policy import ListedMember, LoadMeasure, Members, Method
from tests.core.world import group, lead, member, policy, snapshot, user_id

got = st.lists(st.integers(0, 50).map(float), min_size=1, max_size=8).filter(any)


@pytest.mark.parametrize(
    ("shared", "jain", "gini"),
    [
        ([7, 7, 7, 7], 1, 0),
        ([10, 0, 0, 0], 0.25, 0.75),
        ([1, 3], 0.8, 0.25),
        ([0, 0], None, None),
        ([], None, None),
    ],
)
def test_even_shares_give_one_and_zero_and_one_person_with_everything_the_worst(
    shared: list[float], jain: float | None, gini: float | None
) -> None:
    assert (jain_index(shared), gini_coefficient(shared)) == (jain, gini)


@given(got)
def test_the_gini_coefficient_is_the_mean_difference_of_all_pairs_by_twice_the_mean(shared: list[float]) -> None:
    pairs = sum(abs(one - other) for one in shared for other in shared)
    assert gini_coefficient(shared) == pytest.approx(pairs / (2 * len(shared) * sum(shared)))


@given(got, st.integers(1, 9))
def test_neither_figure_depends_on_the_unit_or_the_order(shared: list[float], unit: int) -> None:
    scaled = [amount * unit for amount in reversed(shared)]
    jain, gini = jain_index(shared), gini_coefficient(shared)
    assert jain == pytest.approx(jain_index(scaled))
    assert gini == pytest.approx(gini_coefficient(scaled))
    assert jain is not None
    assert 1 / len(shared) - 1e-9 <= jain <= 1 + 1e-9


TEAM = Members(
    listed=(
        ListedMember("alice@acme.example", weight=3),
        ListedMember("bob@acme.example"),
        ListedMember("carol@acme.example", enabled=False),
        ListedMember("dave@acme.example"),
        ListedMember("nobody@acme.example"),
    )
)


def promised(method: Method, measure: LoadMeasure = LoadMeasure.POINTS) -> dict[str, tuple[float, float | None]]:
    under = policy(group(members=TEAM, method=method, least_loaded=measure))
    people = [*map(member, ("alice", "bob", "carol")), member("dave", is_active=False)]
    (found,) = promises(snapshot([lead(1)], people, under), under).values()
    return {one.username.split("@")[0]: (one.weight, one.share) for one in found.members}


def test_round_robin_promises_equal_shares_to_everybody_who_is_switched_on_and_active() -> None:
    assert promised(Method.ROUND_ROBIN) == {
        "alice": (1, 0.5),
        "bob": (1, 0.5),
        "carol": (0, 0),
        "dave": (0, 0),
    }


def test_weighted_round_robin_promises_shares_by_weight() -> None:
    assert promised(Method.WEIGHTED_ROUND_ROBIN)["alice"] == (3, 0.75)
    assert promised(Method.WEIGHTED_ROUND_ROBIN)["bob"] == (1, 0.25)


def test_least_loaded_promises_no_share_of_the_assignments() -> None:
    assert {share for _, share in promised(Method.LEAST_LOADED).values()} == {None}
    assert promised(Method.LEAST_LOADED)["alice"] == (3, None)
    assert promised(Method.LEAST_LOADED, LoadMeasure.SHARE)["alice"][1] is None


def test_three_times_the_work_is_even_at_three_times_the_weight() -> None:
    under = policy(group(members=TEAM, method=Method.WEIGHTED_ROUND_ROBIN))
    people = [*map(member, ("alice", "bob", "carol"))]
    (found,) = promises(snapshot([lead(1)], people, under), under).values()
    shared = amounts(found, {user_id("alice"): 9, user_id("bob"): 3, user_id("carol"): 1})
    assert shared == [3, 3]
    assert jain_index(shared) == 1
