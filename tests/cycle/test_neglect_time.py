"""When a neglect clock runs: in its hours, not while we are down or blind; and a reminder always comes first."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sfassign.storage import Views
from tests.cycle.neglected import MINUTES, changed_hands, given, later, neglect
from tests.cycle.test_daemon import Watched
from tests.cycle.world import HandClock, World

OFFICE = "hours: {office: {days: {mon-fri: '09:00-12:30, 13:30-17:30'}}}\n"
DAYS = dt.timedelta(days=1)


@pytest.fixture
def world_at(tmp_path: Path) -> Iterator[Callable[[str], World]]:
    """A world whose clock stands at this moment when its leads come in."""
    made: list[World] = []

    def make(text: str) -> World:
        world = World(tmp_path, HandClock(dt.datetime.fromisoformat(text) - dt.timedelta(minutes=10)))
        made.append(world)
        return world

    yield make
    for world in made:
        for app in world.apps:
            app.close()
        world.org.close()


def move_to(world: World, text: str) -> None:
    world.clock.sleep((dt.datetime.fromisoformat(text) - world.clock.now()).total_seconds())


@pytest.mark.parametrize(
    ("what", "given_at", "not_yet", "neglected_at"),
    [
        ("lunch", "2026-11-23T12:10:00+00:00", "2026-11-23T13:39:00+00:00", "2026-11-23T13:41:00+00:00"),
        ("the night", "2026-11-23T17:10:00+00:00", "2026-11-24T09:09:00+00:00", "2026-11-24T09:11:00+00:00"),
        ("summer time begins", "2026-03-27T17:10:00+00:00", "2026-03-30T08:09:00+00:00", "2026-03-30T08:11:00+00:00"),
        ("summer time ends", "2026-10-23T16:10:00+00:00", "2026-10-26T09:09:00+00:00", "2026-10-26T09:11:00+00:00"),
    ],
)
def test_only_office_time_counts(
    world_at: Callable[[str], World], what: str, given_at: str, not_yet: str, neglected_at: str
) -> None:
    world = world_at(given_at)
    app, (lead,) = given(world, neglect(hours="office") + OFFICE, poll=DAYS)
    first = world.owner(lead)
    for moment in (not_yet, neglected_at):
        assert world.owner(lead) == first
        move_to(world, moment)
        world.cycle(app)
    assert world.owner(lead) != first


def test_the_clock_of_a_person_runs_in_the_hours_of_that_person(world_at: Callable[[str], World]) -> None:
    world = world_at("2026-11-23T17:20:00+00:00")
    people = "people: [{user: ann@acme.example, hours: office}]\n"
    app, leads = given(world, neglect(hours="member") + OFFICE + people, 2)
    owners = {world.name_of(world.owner(lead)): lead for lead in leads}
    later(world, app, 36)
    assert world.name_of(world.owner(owners["ann"])) == "ann", "her day is over"
    assert world.name_of(world.owner(owners["bob"])) != "bob"


def test_the_hours_of_availability_hold_where_neglect_names_none(world_at: Callable[[str], World]) -> None:
    world = world_at("2026-11-23T17:20:00+00:00")
    app, _ = given(world, neglect() + "    available: {hours: office}\n" + OFFICE)
    assert later(world, app, 60).reassigned == ()


def test_no_clock_runs_while_we_are_down(world: World) -> None:
    app, (lead,) = given(world, neglect())
    later(world, app, 20)
    world.clock.pass_by(hours=5)
    world.cycle(app)
    assert changed_hands(later(world, app, 9)) == []
    assert changed_hands(later(world, app, 2)) == [(lead, "neglected")]


def test_a_slow_poll_is_no_downtime(world: World) -> None:
    app, (lead,) = given(world, neglect(), poll=dt.timedelta(minutes=5))
    world.clock.pass_by(minutes=49)
    assert changed_hands(world.cycle(app)) == [(lead, "neglected")]


def test_cycles_that_fail_are_downtime_too(world: World) -> None:
    app, (lead,) = given(world, neglect())
    later(world, app, 20)
    for _ in range(10):
        world.clock.pass_by(minutes=5)
        app.store.begin_cycle(world.clock.now())
    world.cycle(app)
    assert changed_hands(later(world, app, 9)) == []
    assert changed_hands(later(world, app, 2)) == [(lead, "neglected")]


def test_cycles_put_off_for_the_api_budget_are_no_downtime(world: World) -> None:
    world.org.settings.session_seconds = 30 * 86_400
    world.write_policy(neglect())
    (lead,) = world.add_leads(1)
    watched = Watched(world, api_budget="100")
    watched.turn()
    for _ in range(180):
        watched.turn(seconds=60)
    gaps = [later.started_at - one.started_at for one, later in itertools.pairwise(watched.reports)]
    assert max(gaps) > dt.timedelta(minutes=5), "twenty polls and more"
    assert changed_hands(next(report for report in watched.reports if report.reassigned)) == [(lead, "neglected")]


def test_no_clock_runs_while_nobody_knows_who_is_there(world: World) -> None:
    for user in world.people.values():
        session = {"UsersId": user, "SessionType": "UI", "LoginType": "Application", "NumSecondsValid": 86_000}
        world.org.insert("AuthSession", session)
    app, (lead,) = given(world, neglect() + "    available: {logged_in: true}\n")
    later(world, app, 20)
    world.org.faults.fail(path="AuthSession", status=400, code="INSUFFICIENT_ACCESS", times=-1)
    assert changed_hands(later(world, app, 60)) == []
    world.org.faults.clear()
    assert changed_hands(later(world, app, 5)) == []
    assert changed_hands(later(world, app, 10)) == [(lead, "neglected")]


def test_a_reminder_comes_five_minutes_before(world: World) -> None:
    app, (lead,) = given(world, neglect(remind_before="5m"))
    owner = world.owner(lead)
    assert later(world, app, 24).reminded == ()
    report = later(world, app, 2)
    assert [(line.id, line.owner, line.action) for line in report.reminded] == [(lead, owner, "reassign")]
    assert "is reminded of Lead" in report.reminded[0].why
    assert (later(world, app, 3).reassigned, later(world, app, 1).reminded) == ((), ())
    assert changed_hands(later(world, app, 2)) == [(lead, "neglected")]


def test_after_a_gap_the_reminder_still_comes_first(world: World) -> None:
    app, (lead,) = given(world, neglect(remind_before="5m"), poll=DAYS)
    world.clock.pass_by(hours=3)
    report = world.cycle(app)
    assert ([line.id for line in report.reminded], report.reassigned) == ([lead], ())
    world.clock.pass_by(minutes=4)
    assert world.cycle(app).reassigned == ()
    world.clock.pass_by(minutes=1)
    assert changed_hands(world.cycle(app)) == [(lead, "neglected")]


def test_who_touches_it_after_the_reminder_keeps_it(world: World) -> None:
    app, (lead,) = given(world, neglect(remind_before="5m"))
    owner = world.owner(lead)
    assert len(later(world, app, 26).reminded) == 1
    world.org.insert("Task", {"Subject": "Calling now", "WhoId": lead, "OwnerId": owner}, by=owner)
    later(world, app, 60)
    assert world.owner(lead) == owner


@pytest.mark.parametrize("after", [neglect().replace("30m", "4h"), neglect("report"), None])
def test_another_policy_holds_for_what_is_given_from_then_on(world: World, after: str | None) -> None:
    app, (lead,) = given(world, neglect())
    world.write_policy(after or neglect().split("    neglect:")[0])
    app = world.app(poll=MINUTES)
    assert changed_hands(later(world, app, 31)) == [(lead, "neglected")]
    second = world.owner(lead)
    later(world, app, 45)
    assert world.owner(lead) == second, "the new rules hold for the second one"


def test_explain_says_what_the_clock_shows(world: World) -> None:
    app, (lead,) = given(world, neglect(remind_before="5m", hours="office") + OFFICE)
    shown = Views(app.store).clock(lead[:15], world.clock.now())
    assert (
        shown == "untouched since 10:10 Europe/London, neglected at 10:40 Europe/London ('office' time), then reassign"
    )
    world.org.update("Lead", lead, {"Title": "Boss"}, by=world.owner(lead))
    later(world, app, 1)
    assert Views(app.store).clock(lead, world.clock.now()) == "touched"
    assert Views(app.store).clock(world.add_lead(), world.clock.now()) is None
