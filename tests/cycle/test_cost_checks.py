"""The figures that `check` prints for API calls are what the org counts."""

from __future__ import annotations

import pytest

from sfassign.bootstrap import App
from sfassign.cost_checks import busy_day, cost_finding
from sfassign.finding import Check
from tests.cycle.world import POLICY, World

POLLS_A_DAY = 5_760
NEGLECT = "    neglect: {untouched_for: 2h}\n"
EVERYTHING = NEGLECT + "    notify: [task, chatter]\n    prefer: [previous_owner, same_email]\n"


def printed_idle(app: App) -> int:
    return int(told(app).said.split(" ")[0].replace(",", ""))


def told(app: App) -> Check:
    return cost_finding(app.settings, app.ports.gatherer.reading(), app.org, by_reference=False)


@pytest.mark.parametrize("more", ["", "    available: {logged_in: true, omni: [Available]}\n", EVERYTHING])
def test_an_idle_day_costs_what_is_printed(world: World, more: str) -> None:
    world.write_policy(POLICY + more)
    app = world.app()
    world.cycle(app)
    before, cycles = world.org.calls, 120
    for _ in range(cycles):
        world.cycle(app)
    measured = (world.org.calls - before) / cycles * POLLS_A_DAY
    assert measured == pytest.approx(printed_idle(app), rel=0.06)


@pytest.mark.parametrize("more", ["", EVERYTHING])
def test_assignments_cost_no_more_than_is_printed(world: World, more: str) -> None:
    """Each in a cycle of its own; what neglect reads comes hours later and is in the figure."""
    world.write_policy(POLICY + "    ramp: off\n" + more)
    app = world.app()
    world.cycle(app)
    before, count = world.org.calls, 10
    for _ in range(count):
        world.add_leads(1, Email="ann@customer.example")
        assert len(world.cycle(app).assigned) == 1
    extra = world.org.calls - before - count
    _, singly = busy_day(app.settings, app.ports.gatherer.reading(), count)
    assert count <= extra <= singly


def test_the_parts_that_a_busy_day_pays_for_are_named(world: World) -> None:
    world.write_policy(POLICY + EVERYTHING)
    app = world.app()
    said = told(app).said
    assert said.endswith("(writes, messages, preferences, neglect)")
    world.write_policy(POLICY)
    assert told(world.app()).said.endswith("(writes)")


def test_a_budget_that_an_idle_day_exceeds_is_a_warning(world: World) -> None:
    app = world.app(api_budget="5%")
    app.ports.gatherer.reading()
    finding = told(app)
    assert (finding.level, "SFASSIGN_API_BUDGET 5% is 5,000" in finding.said) == ("warning", True)


def test_writes_that_need_a_query_each_cost_six_times_as_many_calls(world: World) -> None:
    app = world.app()
    world.cycle(app)
    reading = app.ports.gatherer.reading()
    together, _ = busy_day(app.settings, reading, 1_000)
    by_query, _ = busy_day(app.settings, reading, 1_000, at_once=4)
    assert (together, by_query) == (42, 251), "with one look back for them all"
