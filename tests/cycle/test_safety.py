"""Nothing is lost, nothing is written twice, nobody's work is overwritten: whatever happens around a write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from sfassign.answers import HONOURED
from sfassign.core.journal import OPEN, State
from sfassign.errors import ApiLimitReached, OrgUnreachable
from sfassign.storage import Views
from tests.cycle.world import POLICY, World


def at_the_write(world: World, happens: Callable[[], None], *, after: bool = False, times: int = 1) -> None:
    """Something happens right before (or after) our change of an owner takes effect."""
    world.org.faults.between(happens, method="PATCH", path="sobjects/Lead", after=after, times=times)


def after_the_poll(world: World, happens: Callable[[], None]) -> None:
    """Something happens between the cycle's reading and its writing."""
    world.org.faults.between(happens, method="POST", path="composite", after=True)


def lose_the_write(world: World, *, after: bool) -> None:
    """The connection breaks before the org hears of the write, or after it carried it out."""
    world.org.faults.fail(method="POST", path="composite", drop=True, after=after)


def states(world: World) -> list[State]:
    return [row.entry.state for row in Views(world.apps[-1].store).history()]


def test_somebody_else_takes_the_lead_first_and_keeps_it(world: World) -> None:
    (lead,) = world.add_leads(1)
    manager = world.org.admin_id

    def take() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"OwnerId": manager})

    at_the_write(world, take)
    report = world.cycle(world.app())
    assert report.assigned == ()
    assert [(line.id, line.owner_now) for line in report.lost_race] == [(lead, manager)]
    assert world.owner(lead) == manager
    assert states(world) == [State.SUPERSEDED]


def test_a_lost_race_moves_nobodys_turn(world: World) -> None:
    (lead,) = world.add_leads(1)
    app = world.app()
    first = world.people["ann"]
    at_the_write(world, lambda: _edit(world, lead, OwnerId=world.org.admin_id))
    world.cycle(app)
    world.add_leads(1)
    assert world.cycle(app).assigned[0].owner == first


def test_an_edit_between_reading_and_writing_is_written_once_more_with_the_new_date(world: World) -> None:
    (lead,) = world.add_leads(1)
    at_the_write(world, lambda: _edit(world, lead, Title="Boss"))
    report = world.cycle(world.app())
    assert [line.id for line in report.assigned] == [lead]
    assert world.org.get("Lead", lead)["Title"] == "Boss"


def test_a_record_that_keeps_being_edited_fails_and_is_tried_again(world: World) -> None:
    (lead,) = world.add_leads(1)
    app = world.app()
    at_the_write(world, lambda: _edit(world, lead, Title="Boss"), times=2)
    report = world.cycle(app)
    assert [(line.id, line.retry) for line in report.failed] == [(lead, True)]
    assert report.exit_code == 3
    assert [line.id for line in world.cycle(app).assigned] == [lead]


def test_a_lead_that_left_its_source_meanwhile_is_reported_with_the_lost_races(world: World) -> None:
    world.write_policy(POLICY.replace("Owner.Name = 'Web Leads'", "Owner.Name = 'Web Leads' AND Rating = 'Hot'"))
    (lead,) = world.add_leads(1, Rating="Hot")
    at_the_write(world, lambda: _edit(world, lead, Rating="Cold"))
    report = world.cycle(world.app())
    assert [line.id for line in report.lost_race] == [lead]
    assert world.owner(lead) == world.queue


def test_an_automation_that_takes_the_lead_after_us_is_named(world: World) -> None:
    (lead,) = world.add_leads(1)
    at_the_write(world, lambda: _edit(world, lead, OwnerId=world.org.admin_id), after=True)
    report = world.cycle(world.met(world.app()))
    assert report.assigned == ()
    assert "overridden" in report.lost_race[0].why
    assert world.org.admin_id in report.lost_race[0].why


def test_a_deleted_lead_is_lost_once_and_then_forgotten(world: World) -> None:
    app = world.app()
    world.cycle(app)
    gone, kept = world.add_leads(2)
    after_the_poll(world, lambda: world.org.delete("Lead", gone))
    report = world.cycle(app)
    assert [line.id for line in report.assigned] == [kept]
    assert [(line.id, line.owner_now) for line in report.lost_race] == [(gone, None)]
    assert world.cycle(app).lost_race == ()
    assert sum(items for items, _ in Views(app.store).loads("Lead").values()) == 1


def test_a_lead_that_was_merged_into_another_is_dropped_and_the_other_one_is_given_out(world: World) -> None:
    app = world.app()
    world.cycle(app)
    loser, master = world.add_leads(2)
    after_the_poll(world, lambda: world.org.merge("Lead", master, loser))
    reports = [world.cycle(app), world.cycle(app)]
    assert [line.id for report in reports for line in report.assigned] == [master]
    assert [line.id for report in reports for line in report.lost_race] == [loser]
    assert world.org.get("Lead", loser)["OwnerId"] == world.queue
    assert world.cycle(app).waiting == ()


def test_one_refused_record_fails_alone(world: World) -> None:
    leads = world.add_leads(3)
    world.org.faults.refuse(leads[1], "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Region is missing")
    app = world.app()
    report = world.cycle(app)
    assert {line.id for line in report.assigned} == {leads[0], leads[2]}
    (failed,) = report.failed
    assert (failed.id, failed.code, failed.message, failed.retry) == (
        leads[1],
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "Region is missing",
        False,
    )
    assert report.exit_code == 3
    assert world.cycle(app).failed == ()


def test_a_refused_record_is_tried_again_when_it_changes_or_after_an_hour(world: World) -> None:
    (lead,) = world.add_leads(1)
    world.org.faults.refuse(lead, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    app = world.app()
    world.cycle(app)
    world.org.update("Lead", lead, {"Title": "mended"})
    world.clock.pass_by(seconds=5)
    assert len(world.cycle(app).failed) == 1
    world.clock.pass_by(minutes=30)
    assert world.cycle(app).failed == ()
    world.clock.pass_by(minutes=31)
    world.org.faults.allow(lead)
    assert [line.id for line in world.cycle(app).assigned] == [lead]


def test_an_owner_the_org_refuses_backs_off_and_the_next_one_gets_it(world: World) -> None:
    (lead,) = world.add_leads(1)
    app = world.app()
    at_the_write(world, lambda: world.org.update("User", world.people["ann"], {"IsActive": False}))
    report = world.cycle(app)
    assert [(line.owner, line.code, line.retry) for line in report.failed] == [
        (world.people["ann"], "INACTIVE_OWNER_OR_USER", True)
    ]
    world.org.update("User", world.people["ann"], {"IsActive": True})
    assert [line.owner for line in world.cycle(app).assigned] == [world.people["bob"]]
    assert world.owner(lead) == world.people["bob"]


def test_a_write_whose_answer_was_lost_is_found_to_have_landed(world: World) -> None:
    app = world.app()
    world.cycle(app)
    leads = world.add_leads(2)
    after_the_poll(world, lambda: lose_the_write(world, after=True))
    report = world.cycle(app)
    assert report.assigned == ()
    assert set(states(world)) >= {State.SENT}
    owners = {lead: world.owner(lead) for lead in leads}
    assert world.queue not in owners.values()
    report = world.cycle(app)
    assert {line.id for line in report.assigned} == {*leads}
    assert {lead: world.owner(lead) for lead in leads} == owners
    assert not OPEN & {*states(world)}


@pytest.mark.parametrize("honoured", [True, False])
def test_a_write_that_never_arrived_is_decided_afresh_once_it_cannot_land_any_more(
    world: World, honoured: bool
) -> None:
    app = world.app()
    world.cycle(app)
    if honoured:
        app.store.keep_fact(f"{HONOURED}:Lead", world.clock.now().isoformat())
    (lead,) = world.add_leads(1)
    after_the_poll(world, lambda: lose_the_write(world, after=False))
    assert world.cycle(app).assigned == ()
    assert world.owner(lead) == world.queue
    report = world.cycle(app)
    if not honoured:
        assert report.assigned == ()
        assert "a write is under way" in report.waiting[0].why
        world.clock.pass_by(minutes=10)
        report = world.cycle(app)
    assert [line.id for line in report.assigned] == [lead]


def test_the_daily_limit_stops_the_cycle_and_nothing_stays_open(world: World) -> None:
    app = world.app()
    world.cycle(app)
    (lead,) = world.add_leads(1)
    after_the_poll(world, lambda: setattr(world.org.settings, "daily_limit", 0))
    with pytest.raises(ApiLimitReached):
        world.cycle(app)
    assert not OPEN & {*states(world)}
    world.org.settings.daily_limit = 100_000
    assert [line.id for line in world.cycle(app).assigned] == [lead]


class Unplugged(BaseException):
    """The plug is pulled: nothing of ours runs after it."""


EFFECTS = ["plan", "sent", "write", "settle", "note", "absorb", "end_cycle"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", EFFECTS)
def test_the_plug_pulled_around_any_effect_loses_no_lead_and_writes_none_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, effect: str, when: str
) -> None:
    leads = world.add_leads(5)
    app = world.app()
    app.store.keep_fact(f"{HONOURED}:Lead", world.clock.now().isoformat())
    target = app.org if effect == "write" else app.store
    _pull_the_plug(monkeypatch, target, effect, when)
    with pytest.raises(Unplugged):
        world.cycle(app)
    monkeypatch.undo()
    world.clock.pass_by(seconds=15)
    again = world.app()
    world.cycle(again)
    world.cycle(again)
    assert all(world.owner(lead) in world.people.values() for lead in leads)
    for lead in leads:
        changes = world.org.query(f"SELECT Id FROM LeadHistory WHERE LeadId = '{lead}' AND Field = 'Owner'")
        assert len(changes) == 2, "an owner change writes two history rows, and there was one change"
    assert not OPEN & {*states(world)}
    landed = [row.entry.item for row in Views(again.store).history() if row.entry.state is State.CONFIRMED]
    assert sorted(landed) == sorted(leads)
    counts = sorted(items for items, _ in Views(again.store).loads("Lead").values())
    assert counts == [1, 2, 2]


def _pull_the_plug(monkeypatch: pytest.MonkeyPatch, target: object, effect: str, when: str) -> None:
    whole: Callable[..., object] = getattr(target, effect)

    def unplugged(*args: object, **named: object) -> object:
        if when == "after":
            whole(*args, **named)
        raise Unplugged

    monkeypatch.setattr(target, effect, unplugged)


def _edit(world: World, lead: str, **fields: object) -> None:
    world.clock.pass_by(seconds=1)
    world.org.update("Lead", lead, fields)
    world.clock.pass_by(seconds=dt.timedelta(seconds=0.1).total_seconds())


def test_reads_are_repeated_through_a_short_outage(world: World) -> None:
    (lead,) = world.add_leads(1)
    app = world.app()
    world.org.faults.fail(status=503, times=2)
    assert [line.id for line in world.cycle(app).assigned] == [lead]


def test_a_long_outage_is_reported_as_unreachable(world: World) -> None:
    world.add_leads(1)
    world.org.faults.fail(status=503, html="<html>maintenance</html>", times=-1)
    with pytest.raises(OrgUnreachable):
        world.cycle(world.app())
