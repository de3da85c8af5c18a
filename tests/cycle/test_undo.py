"""Decisions are taken back: by number, by time, by policy; and nobody's work is overwritten by that."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sfassign.answers import HONOURED
from sfassign.bootstrap import App
from sfassign.by_hand import Handed
from sfassign.core.journal import OPEN, UNDO, State
from sfassign.core.model import Why
from sfassign.errors import WrongOrg, WrongUsage
from sfassign.orders import carry_out
from sfassign.storage import Past, Views
from sfassign.undo import undo
from tests.cycle.test_children import add_task
from tests.cycle.test_daemon import Watched
from tests.cycle.test_reassign import _PAUSE, ROOMY, by_hand, given, reasons, roomy, unanswered_writes
from tests.cycle.test_safety import EFFECTS, Unplugged, _pull_the_plug, at_the_write
from tests.cycle.world import POLICY, World

__all__ = ["roomy"]


def take_back(world: World, app: App, *decisions: int, since: dt.timedelta | None = None, **order: Any) -> Handed:
    """One order, and then a few seconds pass."""
    seconds = {} if since is None else {"since_seconds": since.total_seconds()}
    handed = undo(app, {"decisions": list(decisions), **seconds, **order})
    world.clock.pass_by(seconds=5)
    return handed


def last_decision(app: App) -> int:
    return Views(app.store).history()[0].entry.id


TEN_MINUTES = dt.timedelta(minutes=10)


# --- what is taken back -----------------------------------------------------------------------------------------------


def test_everything_of_the_last_ten_minutes_goes_back_to_the_queue(roomy: World) -> None:
    world, app = roomy, roomy.app()
    old = world.add_leads(2)
    world.cycle(app)
    kept = {lead: world.owner(lead) for lead in old}
    world.clock.pass_by(minutes=20)
    leads = world.add_leads(3)
    world.cycle(app)
    handed = take_back(world, app, since=TEN_MINUTES)
    assert {line.id for line in handed.reassigned} == {*leads}
    assert {world.owner(lead) for lead in leads} == {world.queue}
    assert {lead: world.owner(lead) for lead in old} == kept
    assert (handed.refused, handed.exit_code, handed.waits_again) == ([], 0, {"Web leads": 3})
    line = handed.reassigned[0]
    assert (line.why, line.owner, line.owner_username) == ("by_hand", world.queue, None)
    assert "back to queue 'Web Leads', decision" in line.sentence
    entry = Views(app.store).history()[0].entry
    assert (entry.method, entry.why, entry.state) == (UNDO, Why.BY_HAND, State.CONFIRMED)
    assert world.queue in Views(app.store).loads("Lead")


def test_a_second_undo_does_nothing(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    number = last_decision(app)
    take_back(world, app, since=TEN_MINUTES)
    again = take_back(world, app, since=TEN_MINUTES)
    assert (again.reassigned, again.refused, again.exit_code) == ([], [], 0)
    named = take_back(world, app, number)
    assert (named.reassigned, reasons(named), named.exit_code) == ([], ["it was taken back before"], 3)
    assert world.owner(lead) == world.queue


def test_what_was_given_out_again_after_an_undo_can_be_taken_back_again(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    take_back(world, app, since=TEN_MINUTES)
    assert [line.id for line in world.cycle(app).assigned] == [lead]
    handed = take_back(world, app, since=TEN_MINUTES)
    assert ([line.id for line in handed.reassigned], world.owner(lead)) == ([lead], world.queue)


def test_one_decision_is_taken_back_by_its_number(roomy: World) -> None:
    world, app = roomy, roomy.app()
    first, second = given(world, app, 2, "ann")
    numbers = {row.entry.item: row.entry.id for row in Views(app.store).history()}
    take_back(world, app, numbers[first])
    assert (world.owner(first), world.owner(second)) == (world.queue, world.people["ann"])


def test_everything_a_wrong_policy_decided_is_taken_back_by_the_beginning_of_its_hash(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (right,) = given(world, app, 1, "ann")
    world.write_policy(ROOMY + "    priority: 3\n")
    app = world.app()
    (wrong,) = given(world, app, 1, "bob")
    digits = app.policy.hash.removeprefix("sha256:")
    handed = take_back(world, app, policy=f"sha256:{digits[:8]}")
    assert [line.id for line in handed.reassigned] == [wrong]
    assert (world.owner(wrong), world.owner(right)) == (world.queue, world.people["ann"])
    assert take_back(world, app, policy=digits).refused == []


def test_several_decisions_of_one_lead_are_taken_back_in_one_write_to_the_oldest_asked(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    for name in ("bob", "cyd"):
        by_hand(world, app, lead, to=f"{name}@acme.example")
    first, second, third = (row.entry.id for row in reversed(Views(app.store).history()))
    assert "name that one too" in reasons(take_back(world, app, second))[0]
    handed = take_back(world, app, second, third)
    assert ([line.owner_username for line in handed.reassigned], handed.exit_code) == (["ann@acme.example"], 0)
    assert world.owner(lead) == world.people["ann"]
    assert Past(app.store).changes_of([lead])[lead][-1].undoes == second
    assert handed.waits_again == {}, "we had given it to ann before: it does not wait"
    assert world.cycle(app).assigned == ()
    assert world.owner(lead) == world.people["ann"]
    take_back(world, app, first)
    assert world.owner(lead) == world.queue


def test_the_load_follows_and_caps_stay_as_they_were(world: World) -> None:
    world.write_policy(ROOMY + "    caps: {day: 1}\n")
    app = world.app()
    (lead,) = given(world, app, 1, "ann")
    take_back(world, app, since=TEN_MINUTES)
    assert Views(app.store).loads("Lead") == {world.queue: (1, 1.0)}
    handed = by_hand(world, app, lead, to="ann@acme.example")
    assert reasons(handed)[0].startswith("ann@acme.example: cap_reached 1 of 1 today")


def test_open_tasks_go_back_with_their_lead(world: World) -> None:
    world.org.insert("QueueSobject", {"QueueId": world.queue, "SobjectType": "Task"})
    world.write_policy(ROOMY + "    on_assigned: {children: [Task]}\n")
    app = world.app()
    (lead,) = world.add_leads(1)
    task = add_task(world, lead, world.queue)
    world.clock.pass_by(seconds=5)
    world.cycle(app)
    assert world.owner(task, "Task") == world.owner(lead) != world.queue
    handed = take_back(world, app, since=TEN_MINUTES)
    assert (handed.children_moved, handed.warnings) == (1, [])
    assert (world.owner(task, "Task"), world.owner(lead)) == (world.queue, world.queue)


def test_values_set_on_assignment_stay(world: World) -> None:
    world.write_policy(ROOMY + "    on_assigned: {set: {Title: given}}\n")
    app = world.app()
    (lead,) = given(world, app, 1, "ann")
    take_back(world, app, since=TEN_MINUTES)
    assert (world.owner(lead), world.org.get("Lead", lead)["Title"]) == (world.queue, "given")


def test_what_was_sent_on_by_overflow_comes_back(world: World) -> None:
    second = world.org.add_queue("Second Line", ["Lead"])
    world.write_policy(ROOMY + "    overflow: {after: 10m, to: {queue: Second Line}}\n")
    app = world.app()
    for user in world.people.values():
        app.store.pause("user", user, _PAUSE)
    (lead,) = world.add_leads(1)
    world.cycle(app)
    world.clock.pass_by(minutes=11)
    world.cycle(app)
    assert world.owner(lead) == second
    handed = take_back(world, app, since=TEN_MINUTES)
    assert ([line.owner for line in handed.reassigned], world.owner(lead)) == ([world.queue], world.queue)


# --- what is left alone -----------------------------------------------------------------------------------------------


def test_a_lead_that_somebody_edited_is_left_alone(roomy: World) -> None:
    world, app = roomy, roomy.app()
    edited, untouched = given(world, app, 2, "ann")
    world.org.update("Lead", edited, {"Status": "Working - Contacted"}, by=world.people["ann"])
    world.clock.pass_by(seconds=5)
    handed = take_back(world, app, since=TEN_MINUTES)
    assert [line.id for line in handed.reassigned] == [untouched]
    (refused,) = handed.refused
    assert refused.id == edited
    assert f"after our write, by {world.people['ann']}" in refused.reason
    assert (world.owner(edited), handed.exit_code) == (world.people["ann"], 3)


def test_a_lead_with_another_owner_by_now_is_left_alone(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    world.org.update("Lead", lead, {"OwnerId": world.people["cyd"]})
    world.clock.pass_by(seconds=5)
    assert reasons(take_back(world, app, since=TEN_MINUTES)) == [f"it has another owner by now: {world.people['cyd']}"]


@pytest.mark.parametrize("kind", ["Task", "Event"])
def test_a_lead_that_its_owner_logged_an_activity_on_is_left_alone(roomy: World, kind: str) -> None:
    world, app = roomy, roomy.app()
    called, other = given(world, app, 2, "ann")
    about = {"Subject": "Call", "OwnerId": world.people["ann"]}
    times = {"StartDateTime": "2026-11-24T09:00:00Z", "EndDateTime": "2026-11-24T10:00:00Z"} if kind == "Event" else {}
    world.org.insert(kind, about | times | {"WhoId": called}, by=world.people["ann"])
    world.org.insert(kind, about | times | {"WhoId": other})
    world.clock.pass_by(seconds=5)
    handed = take_back(world, app, since=TEN_MINUTES)
    assert [line.id for line in handed.reassigned] == [other], "what others put there is no work of its owner"
    assert f"its owner ann@acme.example created {kind}" in reasons(handed)[0]


def test_a_task_that_its_owner_completed_counts_as_touched(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = world.add_leads(1)
    task = add_task(world, lead, world.people["ann"])
    world.cycle(app)
    owner = world.owner(lead)
    world.clock.pass_by(seconds=5)
    world.org.update("Task", task, {"Status": "Completed"}, by=owner)
    world.clock.pass_by(seconds=5)
    assert "changed Task" in reasons(take_back(world, app, since=TEN_MINUTES))[0]


def test_a_deleted_lead_and_numbers_that_mean_nothing_have_a_line_each(roomy: World) -> None:
    world, app = roomy, roomy.app()
    leads = given(world, app, 2, "ann")
    numbers = {row.entry.item: row.entry.id for row in Views(app.store).history()}
    world.org.delete("Lead", leads[0])
    by_hand(world, app, leads[1], to="bob@acme.example", dry_run=True)
    dry = last_decision(app)
    world.clock.pass_by(seconds=5)
    handed = take_back(world, app, numbers[leads[0]], 999, dry)
    told = {line.decision: line.reason for line in handed.refused}
    assert "the record is gone" in told[numbers[leads[0]]]
    assert "there is no decision 999" in told[999]
    assert told[dry] == "it was a dry run and changed nothing"
    take_back(world, app, numbers[leads[1]])
    assert "an undo itself" in reasons(take_back(world, app, last_decision(app)))[0]


def test_a_refused_write_changed_nothing_and_is_no_decision_to_take_back(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = world.add_leads(1)
    world.org.faults.refuse(lead, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    world.cycle(app)
    assert take_back(world, app, since=TEN_MINUTES).refused == []
    assert reasons(take_back(world, app, last_decision(app))) == ["it changed nothing, it is refused"]


def test_an_edit_at_the_very_moment_wins_over_the_undo(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")

    def edit() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"Title": "edited"})

    at_the_write(world, edit)
    handed = take_back(world, app, since=TEN_MINUTES)
    assert [line.id for line in handed.lost_race] == [lead]
    assert (world.owner(lead), handed.exit_code) == (world.people["ann"], 3)


def test_work_between_two_decisions_stops_at_the_later_one(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    world.org.update("Lead", lead, {"Title": "called"}, by=world.people["ann"])
    world.clock.pass_by(seconds=5)
    by_hand(world, app, lead, to="bob@acme.example")
    handed = take_back(world, app, since=TEN_MINUTES)
    assert world.owner(lead) == world.people["ann"]
    assert (len(handed.reassigned), "worked on before decision" in reasons(handed)[0]) == (1, True)


@pytest.mark.parametrize("ours", [True, False])
def test_a_write_confirmed_late_is_taken_back_only_where_our_own_user_changed_it_last(roomy: World, ours: bool) -> None:
    world, app = roomy, roomy.app()
    world.cycle(app)
    (lead,) = world.add_leads(1)
    with unanswered_writes(world, app):
        world.cycle(app)
    if not ours:
        world.org.update("Lead", lead, {"Title": "called"}, by=world.people["ann"])
        world.clock.pass_by(seconds=5)
    world.cycle(app)
    handed = take_back(world, app, since=TEN_MINUTES)
    assert (world.owner(lead) == world.queue) is ours
    assert handed.exit_code == (0 if ours else 3)


# --- how it is asked for ----------------------------------------------------------------------------------------------


def test_items_that_would_be_assigned_again_stay_with_the_group_paused_first(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    handed = take_back(world, app, since=TEN_MINUTES, pause=True)
    assert (handed.paused, handed.waits_again) == (("Web leads",), {"Web leads": 1})
    report = world.cycle(app)
    assert ([line.why for line in report.waiting], world.owner(lead)) == (
        ["the group is paused: paused by undo"],
        world.queue,
    )
    app.store.pause("group", "Web leads", None)
    assert [line.id for line in world.cycle(app).assigned] == [lead]


def test_a_dry_run_of_an_undo_changes_nothing(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    handed = take_back(world, app, since=TEN_MINUTES, pause=True, dry_run=True)
    assert [(line.id, line.owner) for line in handed.reassigned] == [(lead, world.queue)]
    assert (world.owner(lead), handed.paused) == (world.people["ann"], ())
    assert handed.waits_again == {"Web leads": 1}
    take_back(world, app, since=TEN_MINUTES)
    assert world.owner(lead) == world.queue


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({}, "name exactly one"),
        ({"decisions": [1], "policy": "sha256:00000000"}, "name exactly one"),
        ({"policy": "sha256:12ab"}, "at least its first 8 digits"),
        ({"policy": "sha256:00000000"}, "no decision was made by"),
    ],
)
def test_an_undo_that_cannot_be_meant_says_what_to_write(world: World, order: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongUsage, match=message):
        undo(world.app(), order)


def test_in_another_org_with_the_same_records_nothing_is_taken_back(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    for order in ({"since_seconds": 600.0}, {"ids": [lead], "to": "bob@acme.example", "force": True}):
        with pytest.raises(WrongOrg):
            carry_out(world.app(org_id="00D000000000001EAA"), "undo" if "since_seconds" in order else "reassign", order)
    assert world.owner(lead) == world.people["ann"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", ["plan", "sent", "write", "settle"])
def test_the_plug_pulled_around_an_undo_leaves_each_lead_with_ann_or_in_the_queue_and_the_journal_knows(
    world: World, monkeypatch: pytest.MonkeyPatch, effect: str, when: str
) -> None:
    assert effect in EFFECTS
    world.write_policy(ROOMY)
    app = world.app()
    leads = given(world, app, 4, "ann")
    app.store.keep_fact(f"{HONOURED}:Lead", world.clock.now().isoformat())
    app.store.pause("group", "Web leads", _PAUSE)
    _pull_the_plug(monkeypatch, app.org if effect == "write" else app.store, effect, when)
    with pytest.raises(Unplugged):
        take_back(world, app, since=TEN_MINUTES)
    monkeypatch.undo()
    world.clock.pass_by(seconds=15)
    again = world.app()
    world.cycle(again)
    take_back(world, again, since=TEN_MINUTES)
    world.cycle(again)
    assert {world.owner(lead) for lead in leads} == {world.queue}
    assert not OPEN & {row.entry.state for row in Views(again.store).history()}
    for lead in leads:
        changes = world.org.query(f"SELECT Id FROM LeadHistory WHERE LeadId = '{lead}' AND Field = 'Owner'")
        assert len(changes) == 4, "two owner changes, two history rows each"
    assert Views(again.store).loads("Lead") == {world.queue: (4, 4.0)}


def test_the_daemon_takes_back_before_its_cycle(roomy: World) -> None:
    watched = Watched(roomy)
    (lead,) = given(roomy, watched.app, 1, "ann")
    number = watched.app.store.put_request("undo", {"since_seconds": 600.0, "pause": True})
    watched.turn()
    answer = watched.app.store.await_answer(number, 0.0)
    assert answer is not None
    assert answer["done"]
    assert answer["result"]["paused"] == ["Web leads"]
    assert roomy.owner(lead) == roomy.queue


def test_the_group_that_would_assign_it_now_is_paused_not_the_one_that_did(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    world.write_policy(POLICY.replace("Web leads", "Other leads"))
    again = world.app()
    answer = carry_out(again, "undo", {"since_seconds": 600.0, "pause": True})
    assert (len(answer["reassigned"]), answer["paused"]) == (1, ["Other leads"])
    world.clock.pass_by(seconds=5)
    assert (world.cycle(again).assigned, world.owner(lead)) == ((), world.queue)


def test_what_no_source_takes_any_more_waits_for_nobody(world: World) -> None:
    world.write_policy(ROOMY.replace("Owner.Name = 'Web Leads'", "Owner.Name = 'Web Leads' AND Title = null"))
    app = world.app()
    lead = world.add_lead()
    world.clock.pass_by(seconds=5)
    world.cycle(app)
    world.write_policy(ROOMY.replace("Owner.Name = 'Web Leads'", "Owner.Name = 'Other queue'"))
    handed = take_back(world, world.app(), since=TEN_MINUTES)
    assert (len(handed.reassigned), handed.waits_again, world.owner(lead)) == (1, {}, world.queue)
