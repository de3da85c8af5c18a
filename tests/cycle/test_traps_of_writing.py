"""What the org does to writes now and then, and how the next cycles go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sfassign.bootstrap import App
from sfassign.cycle import run_cycle
from sfassign.errors import ApiLimitReached
from tests.cycle.world import POLICY, World

MAINTENANCE = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"


def test_a_read_only_org_is_read_on_and_written_to_when_it_is_over(world: World) -> None:
    leads = world.add_leads(2)
    app = world.app()
    for lead in leads:
        world.org.faults.refuse(lead, MAINTENANCE, "read only during maintenance", 503)
    for _ in range(3):
        report = world.cycle(app)
        assert report.assigned == ()
        assert {line.code for line in report.failed} <= {MAINTENANCE}
    assert [world.owner(lead) for lead in leads] == [world.queue] * 2
    for lead in leads:
        world.org.faults.allow(lead)
    again = [line.id for _ in range(4) for line in world.cycle(app).assigned]
    assert sorted(again) == sorted(leads)


# --- what a slow call left --------------------------------------------------------------------------------------------

VALUES = POLICY + '    ramp: off\n    on_assigned: {set: {Title: "Ours", Email: "no address"}}\n'


def slow(world: World, policy: str) -> App:
    """An org that takes a second for every write, so that twenty are too many for one call."""
    world.write_policy(policy)
    app = world.met(world.app())
    app.check_policy()
    world.cycle(app)
    world.org.faults.between(lambda: world.clock.sleep(1), method="PATCH", path="sobjects/Lead", times=-1)
    return app


def written(world: World) -> list[int]:
    """How many records each call wrote to."""
    calls = (sum(part.method == "PATCH" for part in entry.subrequests) for entry in world.org.log)
    return [count for count in calls if count]


def test_owners_refused_for_their_values_are_sent_again_in_calls_the_org_can_take(world: World) -> None:
    app = slow(world, VALUES)
    leads = world.add_leads(20)
    report = world.cycle(app)
    assert {line.id for line in report.assigned} == {*leads}
    assert written(world) == [20, 10, 10]


def test_edited_leads_are_written_once_more_in_calls_the_org_can_take(world: World) -> None:
    app = slow(world, POLICY + "    ramp: off\n")
    leads = world.add_leads(20)

    def edit() -> None:
        world.clock.pass_by(seconds=1)
        for lead in leads:
            world.org.update("Lead", lead, {"Title": "Boss"})

    world.org.faults.between(edit, method="POST", path="composite$", after=True)
    report = world.cycle(app)
    assert {line.id for line in report.assigned} == {*leads}
    assert written(world) == [20, 10, 10]


def test_a_limit_reached_between_two_of_them_leaves_nothing_open(world: World) -> None:
    app = slow(world, VALUES)
    leads = world.add_leads(20)
    world.org.faults.between(
        lambda: setattr(world.org.settings, "daily_limit", 0) if len(written(world)) == 1 else None,
        method="PATCH",
        path="sobjects/Lead",
        times=-1,
    )
    with pytest.raises(ApiLimitReached):
        world.cycle(app)
    assert app.store.open_entries() == ()
    assert sum(world.owner(lead) != world.queue for lead in leads) == 10
    world.org.settings.daily_limit = 100_000
    assert len(world.cycle(app).assigned) == 10


def test_a_stop_between_two_of_them_begins_no_further_call(world: World) -> None:
    app = slow(world, VALUES)
    world.add_leads(20)
    courier_stops = replace(app.ports, stopping=lambda: len(written(world)) == 2)
    assert len(run_cycle(courier_stops, app.policy).assigned) == 10
    assert written(world) == [20, 10]
    assert app.store.open_entries() == ()
