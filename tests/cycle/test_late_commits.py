"""Records that the org commits long after it stamped them: they are found, whoever wrote them and however slowly."""

from __future__ import annotations

import datetime as dt

import pytest

from sfassign.bootstrap import App
from tests.cycle.world import POLICY, World

HOT = POLICY.replace("'Web Leads'", "'Web Leads' AND Rating = 'Hot'")
WITHIN_A_RESWEEP = 21
"""Cycles: five minutes of them, and the one that is due."""


def after(world: World, app: App, seconds: int) -> dt.datetime:
    """Cycles go on for so long while a transaction is open; when it began."""
    began = world.org.clock()
    for _ in range(seconds // 15):
        world.cycle(app)
    return began


def assigned_in(world: World, app: App, cycles: int) -> list[str]:
    return [line.id for _ in range(cycles) for line in world.cycle(app).assigned]


@pytest.mark.parametrize("seconds", [90, 150, 300, 540])
def test_a_lead_that_is_committed_late_is_given_out_within_a_resweep(world: World, seconds: int) -> None:
    app = world.app()
    assigned_in(world, app, 3)
    began = after(world, app, seconds)
    lead = world.org.insert("Lead", {"LastName": "Doe", "Company": "Doe Ltd", "OwnerId": world.queue}, at=began)
    assert assigned_in(world, app, WITHIN_A_RESWEEP) == [lead]


def test_a_change_committed_late_that_lets_a_lead_into_a_source_is_seen(world: World) -> None:
    world.write_policy(HOT)
    lead = world.add_lead()
    app = world.app()
    assert assigned_in(world, app, 3) == []
    began = after(world, app, 300)
    world.org.update("Lead", lead, {"Rating": "Hot"}, at=began)
    assert assigned_in(world, app, WITHIN_A_RESWEEP) == [lead]


def test_looking_back_is_no_call_of_its_own(world: World) -> None:
    app = world.app()
    assigned_in(world, app, 8)
    before = world.org.calls
    assigned_in(world, app, 60)
    assert world.org.calls == before + 60


def test_between_two_looks_back_only_the_last_minutes_are_read(world: World) -> None:
    app = world.app()
    assigned_in(world, app, 8)
    world.add_leads(3, OwnerId=world.people["ann"])
    for _ in range(8):
        world.cycle(app)
    turns, now = app.ports.gatherer._turns, world.org.clock()
    assert turns.differences_since("Lead", now, now) == now - dt.timedelta(minutes=2)


@pytest.mark.parametrize(("rows", "minutes"), [(0, 5), (2_000, 5), (2_001, 10), (6_000, 15), (60_000, 60)])
def test_looking_back_over_several_pages_comes_as_many_times_more_seldom(world: World, rows: int, minutes: int) -> None:
    turns, now = world.app().ports.gatherer._turns, world.org.clock()
    turns.read_since("Lead", now - dt.timedelta(minutes=15), now, rows)
    later = now + dt.timedelta(minutes=minutes)
    reach = now - dt.timedelta(minutes=10)
    assert turns.differences_since("Lead", later, later) == min(reach, later - dt.timedelta(minutes=2))
    sooner = later - dt.timedelta(seconds=1)
    assert turns.differences_since("Lead", sooner, sooner) == sooner - dt.timedelta(minutes=2)


def test_after_a_time_without_cycles_what_was_committed_late_before_it_is_seen_at_once(world: World) -> None:
    app = world.app()
    assigned_in(world, app, 8)
    stamped = world.org.clock() - dt.timedelta(minutes=8)
    world.clock.pass_by(minutes=1)
    lead = world.org.insert("Lead", {"LastName": "Doe", "Company": "Doe Ltd", "OwnerId": world.queue}, at=stamped)
    world.clock.pass_by(minutes=30)
    assert assigned_in(world, app, 1) == [lead]


def test_a_milestone_committed_late_is_seen_with_the_next_ones(world: World) -> None:
    """Its Case is within two hours of its deadline then, and no longer for the calm group."""
    world.write_policy(
        "version: 1\ntimezone: Europe/London\n"
        "objects: {Case: {score: {deadline: {field: milestone, within: 2h, add: 100}, tiers: {urgent: 50}}}}\n"
        "groups:\n"
        "  - {name: Urgent, object: Case, source: \"Owner.Name = 'Web Leads'\", tiers: [urgent],\n"
        "     members: \"UserRole.Name = 'SDR'\"}\n"
    )
    case = world.org.insert("Case", {"Subject": "Help", "OwnerId": world.queue})
    app = world.app()
    assert assigned_in(world, app, 3) == []
    began = after(world, app, 300)
    due = world.clock.now() + dt.timedelta(hours=1)
    world.org.insert("CaseMilestone", {"CaseId": case, "TargetDate": due}, at=began)
    assert assigned_in(world, app, WITHIN_A_RESWEEP) == [case]
