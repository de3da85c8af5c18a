"""The API budget: the daemon slows down in time, never drops a write for it, and no 24 hours see more than it."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfassign.budget import Budget, calls_per_day
from tests.cycle.test_daemon import Watched
from tests.cycle.world import World

NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
POLL = dt.timedelta(seconds=15)
DAY = dt.timedelta(hours=24)


class Memory(dict[str, str]):
    """The facts of a store."""

    def fact(self, key: str) -> str | None:
        return self.get(key)

    def keep_fact(self, key: str, value: str) -> None:
        self[key] = value


@pytest.fixture
def store() -> Memory:
    return Memory()


@pytest.mark.parametrize(
    ("setting", "allowed", "calls"), [("20%", 100_000, 20_000), ("15000", 100_000, 15_000), ("1%", 15, 1)]
)
def test_the_budget_is_a_share_of_what_the_org_allows_or_a_number(setting: str, allowed: int, calls: int) -> None:
    assert calls_per_day(setting, allowed) == calls


def spend(store: Memory, setting: str, costs: list[int], allowed: int = 100_000) -> list[tuple[dt.datetime, int]]:
    """Turn after turn as the budget lets them come, for three days or while there are costs."""
    budget, now, spent = Budget(store, setting, POLL), NOW, []
    turn = 0
    while now < NOW + 3 * DAY:
        cost = costs[turn % len(costs)]
        spent.append((now, cost))
        now += budget.after_turn(cost, (0, allowed), now)
        turn += 1
    return spent


def most_in_a_day(spent: list[tuple[dt.datetime, int]]) -> int:
    most = total = first = 0
    for at, cost in spent:
        total += cost
        while spent[first][0] <= at - DAY:
            total -= spent[first][1]
            first += 1
        most = max(most, total)
    return most


def test_a_day_that_fits_is_never_slowed_down(store: Memory) -> None:
    spent = spend(store, "6500", [1])
    assert {later - earlier for (earlier, _), (later, _) in itertools.pairwise(spent)} == {POLL}
    assert most_in_a_day(spent) == DAY / POLL


@settings(max_examples=25, deadline=None)
@given(st.integers(1_000, 5_000), st.lists(st.integers(1, 8), min_size=1, max_size=6))
def test_no_24_hours_see_more_calls_than_the_budget(calls: int, costs: list[int]) -> None:
    assert most_in_a_day(spend(Memory(), str(calls), costs)) <= calls


def test_it_is_spread_over_the_day_and_not_spent_by_noon(store: Memory) -> None:
    spent = spend(store, "2000", [1])
    hours = [sum(cost for at, cost in spent if NOW + h * DAY / 24 <= at < NOW + (h + 1) * DAY / 24) for h in range(72)]
    assert min(hours[24:]) >= 0.9 * 2000 * 0.9 / 24


def test_a_restart_does_not_fill_the_bucket_again(store: Memory) -> None:
    first = Budget(store, "2000", POLL)
    for turn in range(480):
        first.after_turn(1, (0, 100_000), NOW + turn * POLL)
    slowed = first.after_turn(1, (0, 100_000), NOW + 480 * POLL)
    assert slowed > POLL
    assert Budget(store, "2000", POLL).after_turn(1, (0, 100_000), NOW + 480 * POLL) >= slowed


def test_a_number_of_calls_is_kept_to_also_where_nobody_tells_the_orgs_usage(store: Memory) -> None:
    budget, now, spent = Budget(store, "1000", POLL), NOW, []
    while now < NOW + 3 * DAY:
        spent.append((now, 2))
        now += budget.after_turn(2, None, now)
    assert 900 <= most_in_a_day(spent) <= 1_000
    assert budget.said is not None
    assert "SFASSIGN_API_BUDGET: 1000 is 1,000 calls in 24 hours" in budget.said


def test_a_share_of_an_unknown_limit_slows_nobody_down(store: Memory) -> None:
    budget = Budget(store, "20%", POLL)
    assert {budget.after_turn(1_000, None, NOW + turn * POLL) for turn in range(50)} == {POLL}
    assert budget.said is None


def test_while_the_orgs_own_limit_is_nearly_used_up_by_others_it_looks_every_five_minutes(store: Memory) -> None:
    budget = Budget(store, "20%", POLL)
    assert budget.after_turn(1, (94_000, 100_000), NOW) == POLL
    assert budget.after_turn(1, (95_000, 100_000), NOW) == dt.timedelta(minutes=5)
    said = "a cycle every 5m instead of every 15s: the org has used 95,000 of its 100,000 API calls"
    assert budget.said == f"{said} of the last 24 hours"


def test_the_daemon_slows_down_says_so_and_still_writes_what_it_decided(world: World) -> None:
    watched = Watched(world, api_budget="40")
    for _ in range(40):
        watched.turn()
    polled = watched.cycles()
    assert polled < 30
    world.add_leads(12)
    for _ in range(80):
        watched.turn()
    assert sum(len(report.assigned) for report in watched.reports) == 12
    assert "to stay inside SFASSIGN_API_BUDGET: 40 is 40 calls in 24 hours" in watched.reports[-1].notices[-1]
    assert watched.reports[-1].exit_code == 0
