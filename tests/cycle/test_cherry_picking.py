"""Members who help themselves from the queue: found out, told, given back; nobody else is accused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from sfassign.answers import HONOURED
from sfassign.bootstrap import App
from sfassign.core.journal import OPEN, RETURN, State
from sfassign.core.model import Pause
from sfassign.cycle import preview
from sfassign.outcome import CycleReport
from sfassign.storage import Views
from tests.cycle.test_safety import Unplugged, _pull_the_plug
from tests.cycle.world import POLICY, World

NOBODY_IN = POLICY + "    available: {logged_in: true}\n"
"""Nobody is logged in, so everything waits until somebody takes it by hand."""

REPORT = NOBODY_IN + "    cherry_picking: report\n"
RETURN_IT = NOBODY_IN + "    cherry_picking: return\n"


def waiting(world: World, policy: str = REPORT, leads: int = 1) -> tuple[App, list[str]]:
    """Leads that were seen waiting in the queue."""
    world.write_policy(policy)
    app = world.app()
    world.cycle(app)
    found = world.add_leads(leads)
    assert len(world.cycle(app).waiting) == leads
    return app, found


def takes(world: World, lead: str, who: str = "ann", by: str | None = None, **fields: object) -> None:
    """The lead gets a new owner by the hand of `by` (a name, "admin", or the new owner themselves)."""
    maker = world.org.admin_id if by == "admin" else world.people[by or who]
    world.org.update("Lead", lead, {"OwnerId": world.people[who], **fields}, by=maker)
    world.clock.pass_by(seconds=5)


def edits(world: World, lead: str, by: str) -> None:
    maker = world.org.admin_id if by == "admin" else world.people[by]
    world.org.update("Lead", lead, {"Title": "Boss"}, by=maker)
    world.clock.pass_by(seconds=5)


def long_after(world: World, hours: float) -> None:
    """So much later; our session has ended by then, and there is a new one."""
    world.clock.pass_by(hours=hours)
    world.token = world.org.issue_token()


def picks(report: CycleReport) -> list[tuple[str, str | None, str | None, str]]:
    return [(line.id, line.owner_username, line.how, line.state) for line in report.cherry_picked]


# --- who is a picker, and who is not ----------------------------------------------------------------------------------


def test_who_last_modified_the_lead_they_now_own_took_it_themselves(world: World) -> None:
    app, (lead,) = waiting(world)
    takes(world, lead)
    report = world.cycle(app)
    assert picks(report) == [(lead, "ann@acme.example", "last_modified", "reported")]
    (line,) = report.cherry_picked
    assert line.why == "Web leads: ann@acme.example made themselves the owner (last modified by them)"
    assert (line.group, line.owner_before, line.owner) == ("Web leads", world.queue, world.people["ann"])
    assert world.owner(lead) == world.people["ann"]
    assert world.cycle(app).cherry_picked == ()


def test_the_owner_history_knows_who_took_it_when_somebody_else_edited_it_since(world: World) -> None:
    app, (lead,) = waiting(world)
    takes(world, lead)
    edits(world, lead, "admin")
    assert picks(world.cycle(app)) == [(lead, "ann@acme.example", "history", "reported")]


def given_and_edited(world: World, lead: str) -> None:
    takes(world, lead, by="admin")
    edits(world, lead, "bob")


def taken_and_handed_on(world: World, lead: str) -> None:
    takes(world, lead, "bob")
    takes(world, lead, "ann", by="bob")


GIVEN: dict[str, Callable[[World, str], None]] = {
    "an admin gave it": lambda world, lead: takes(world, lead, by="admin"),
    "a colleague gave it": lambda world, lead: takes(world, lead, "ann", by="bob"),
    "an admin gave it, and a colleague edited it": given_and_edited,
    "a member took it and handed it on to a colleague": taken_and_handed_on,
    "it went into another queue": lambda world, lead: world.org.update(
        "Lead", lead, {"OwnerId": world.org.add_queue("Partners", ["Lead"])}, by=world.people["ann"]
    ),
    "somebody outside the group took it": lambda world, lead: world.org.update(
        "Lead", lead, {"OwnerId": world.org.admin_id}, by=world.org.admin_id
    ),
    "a member put an end to it in the queue": lambda world, lead: world.org.update(
        "Lead", lead, {"IsConverted": True}, by=world.people["ann"]
    ),
    "a member only edited it": lambda world, lead: edits(world, lead, "ann"),
    "it was deleted": lambda world, lead: world.org.delete("Lead", lead, by=world.people["ann"]),
}


@pytest.mark.parametrize("how", GIVEN)
def test_nobody_picked_the_lead_when(world: World, how: str) -> None:
    app, (lead,) = waiting(world, RETURN_IT)
    GIVEN[how](world, lead)
    world.clock.pass_by(seconds=5)
    before = None if how == "it was deleted" else world.owner(lead)
    for _ in range(2):
        report = world.cycle(app)
        assert (report.cherry_picked, report.reassigned, report.notices) == ((), (), ())
    assert before is None or world.owner(lead) == before


def test_a_member_of_another_group_is_no_picker_of_this_one(world: World) -> None:
    role = world.org.insert("UserRole", {"Name": "AE", "DeveloperName": "AE"})
    world.people["eve"] = world.org.add_user("eve@acme.example", "Eve", UserRoleId=role)
    others = """  - name: Partner leads
    object: Lead
    source: "Owner.Name = 'Partners'"
    members: "UserRole.Name = 'AE'"
    cherry_picking: report
"""
    app, (lead, other) = waiting(world, REPORT + others, leads=2)
    takes(world, lead, "eve")
    takes(world, other, "bob")
    assert picks(world.cycle(app)) == [(other, "bob@acme.example", "last_modified", "reported")]


def test_what_we_gave_away_was_not_taken(world: World) -> None:
    world.write_policy(POLICY + "    cherry_picking: return\n")
    app = world.app()
    world.cycle(app)
    leads = world.add_leads(3)
    assert len(world.cycle(app).assigned) == 3
    for lead in leads:
        edits(world, lead, world.name_of(world.owner(lead)))
    assert world.cycle(app).cherry_picked == ()


def test_a_write_of_ours_whose_answer_was_lost_is_no_pick(world: World) -> None:
    world.write_policy(POLICY + "    cherry_picking: return\n")
    app = world.app()
    world.cycle(app)
    (lead,) = world.add_leads(1)
    world.org.faults.between(
        lambda: world.org.faults.fail(method="POST", path="composite", drop=True, after=True),
        method="POST",
        path="composite",
        after=True,
    )
    world.cycle(app)
    owner = world.owner(lead)
    edits(world, lead, world.name_of(owner))
    assert world.cycle(app).cherry_picked == ()
    assert world.owner(lead) == owner


def test_the_one_who_was_faster_than_our_own_write_is_a_picker(world: World) -> None:
    world.write_policy(POLICY + "    cherry_picking: report\n")
    app = world.app()
    world.cycle(app)
    (lead,) = world.add_leads(1)

    def take() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"OwnerId": world.people["cyd"]}, by=world.people["cyd"])

    world.org.faults.between(take, method="PATCH", path="sobjects/Lead", after=False, times=1)
    assert [line.id for line in world.cycle(app).lost_race] == [lead]
    assert picks(world.cycle(app)) == [(lead, "cyd@acme.example", "last_modified", "reported")]


def test_a_group_that_is_off_tells_nobody(world: World) -> None:
    app, (lead,) = waiting(world, NOBODY_IN)
    takes(world, lead)
    calls = app.org.calls
    assert world.cycle(app).cherry_picked == ()
    assert app.org.calls == calls + 1
    assert app.store.open_picks(world.clock.now()) == ()


def test_a_source_over_another_field_sees_who_took_the_lead_and_moved_it_on_at_once(world: World) -> None:
    policy = RETURN_IT.replace("Owner.Name = 'Web Leads'", "Status = 'Open - Not Contacted'")
    app, (lead,) = waiting(world, policy)
    takes(world, lead, Status="Working - Contacted")
    assert picks(world.cycle(app)) == [(lead, "ann@acme.example", "last_modified", "returned")]
    assert world.owner(lead) == world.queue


def test_a_pick_is_seen_when_the_sources_are_swept_too(world: World) -> None:
    source = "\"Owner.Name = 'Web Leads' AND CreatedDate = LAST_N_DAYS:30\""
    app, (lead,) = waiting(world, REPORT.replace("\"Owner.Name = 'Web Leads'\"", source))
    world.clock.pass_by(minutes=6)
    takes(world, lead)
    assert picks(world.cycle(app)) == [(lead, "ann@acme.example", "last_modified", "reported")]


def test_a_pick_is_seen_when_everything_is_read_again(world: World) -> None:
    app, (lead,) = waiting(world)
    takes(world, lead)
    app.ports.gatherer.gather(whole=True)
    assert picks(world.cycle(app)) == [(lead, "ann@acme.example", "last_modified", "reported")]


def test_a_lead_that_was_picked_before_it_was_ever_decided_counts_in_the_group_of_its_source(world: World) -> None:
    world.write_policy(REPORT)
    app = world.app()
    (lead,) = world.add_leads(1)
    app.ports.gatherer.gather()
    takes(world, lead)
    (line,) = world.cycle(app).cherry_picked
    assert line.group == "Web leads"


# --- the history ------------------------------------------------------------------------------------------------------


def test_a_history_that_nobody_keeps_accuses_nobody_and_is_told_once(world: World) -> None:
    world.org.settings.track_history = False
    app, (lead, other) = waiting(world, leads=2)
    takes(world, lead)
    edits(world, lead, "admin")
    report = world.cycle(app)
    assert report.cherry_picked == ()
    assert len(report.notices) == 1
    assert "track the owner in the object's field history" in report.notices[0]
    takes(world, other)
    edits(world, other, "admin")
    assert world.cycle(app).notices == ()


def test_a_history_that_we_may_not_read_accuses_nobody_and_is_told_once(world: World) -> None:
    app, (lead,) = waiting(world)
    takes(world, lead)
    edits(world, lead, "admin")
    world.org.faults.fail(path="LeadHistory", status=400, code="INVALID_TYPE", message="sObject type is not supported")
    report = world.cycle(app)
    assert report.cherry_picked == ()
    assert "the owner history of Lead cannot be read (INVALID_TYPE" in report.notices[0]
    assert report.exit_code == 0


def test_the_history_is_read_in_one_call_and_once_for_each_lead(world: World) -> None:
    app, leads = waiting(world, leads=30)
    for lead in leads:
        world.org.update("Lead", lead, {"OwnerId": world.people["ann"]}, by=world.people["ann"])
        world.org.update("Lead", lead, {"Title": "Boss"}, by=world.org.admin_id)
    world.clock.pass_by(seconds=5)
    calls = app.org.calls
    assert len(world.cycle(app).cherry_picked) == 30
    assert app.org.calls == calls + 2, "the poll, and one call for the history of all of them"
    world.cycle(app)
    assert app.org.calls == calls + 3


# --- returning --------------------------------------------------------------------------------------------------------


def test_what_was_picked_goes_back_into_the_queue_and_waits_again(world: World) -> None:
    app, (lead,) = waiting(world, RETURN_IT)
    (before,) = app.store.snapshot(world.clock.now(), ()).items
    world.clock.pass_by(minutes=3)
    takes(world, lead)
    report = world.cycle(app)
    assert picks(report) == [(lead, "ann@acme.example", "last_modified", "returned")]
    (line,) = report.reassigned
    assert (line.why, line.owner_before, line.owner) == ("cherry_picked", world.people["ann"], world.queue)
    assert (line.owner_username, world.owner(lead)) == (None, world.queue)
    assert "back to the queue, ann@acme.example made themselves the owner" in line.sentence
    assert [one.id for one in world.cycle(app).waiting] == [lead]
    (item,) = app.store.snapshot(world.clock.now(), ()).items
    assert item.previous == (world.people["ann"],)
    assert item.aging_since == before.aging_since, "it keeps its age"


def test_picking_and_returning_move_nobodys_turn_and_nobodys_cap(world: World) -> None:
    world.write_policy(POLICY + "    cherry_picking: return\n    hold: 5m\n    caps: {day: 1}\n")
    app = world.app()
    world.cycle(app)
    (lead,) = world.add_leads(1)
    world.cycle(app)
    takes(world, lead)
    assert world.cycle(app).reassigned[0].why == "cherry_picked"
    world.clock.pass_by(minutes=5)
    (given,) = world.cycle(app).assigned
    assert given.owner == world.people["ann"], "ann is still the first in turn, and has her cap"


def test_the_load_of_a_picked_lead_counts_for_who_has_it(world: World) -> None:
    app, (lead,) = waiting(world)
    takes(world, lead)
    world.cycle(app)
    loads = app.store.load_sums()
    assert loads["Lead", world.people["ann"]][0] == 1


def test_who_keeps_picking_the_same_lead_gets_it_back_taken_three_times_a_day(world: World) -> None:
    app, (lead,) = waiting(world, RETURN_IT)
    states = []
    for _ in range(4):
        takes(world, lead)
        states += [line.state for line in world.cycle(app).cherry_picked]
        world.cycle(app)
    assert states == ["returned", "returned", "returned", "reported"]
    assert world.owner(lead) == world.people["ann"]
    world.org.update("Lead", lead, {"OwnerId": world.queue})
    long_after(world, 25)
    app = world.app()
    world.cycle(app)
    takes(world, lead)
    assert [line.state for line in world.cycle(app).cherry_picked] == ["returned"]


def test_a_lead_that_changes_while_it_is_being_returned_stays_with_its_picker(world: World) -> None:
    app, (lead,) = waiting(world, RETURN_IT)
    takes(world, lead)

    def work() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"Status": "Working - Contacted"}, by=world.people["ann"])

    world.org.faults.between(work, method="PATCH", path="sobjects/Lead", after=False, times=1)
    report = world.cycle(app)
    assert [line.state for line in report.cherry_picked] == ["kept"]
    assert [line.id for line in report.lost_race] == [lead]
    world.clock.pass_by(minutes=10)
    assert world.cycle(app).reassigned == ()
    assert world.owner(lead) == world.people["ann"]


def test_a_pick_of_this_very_second_is_returned_in_the_next_cycle(world: World) -> None:
    app, (lead,) = waiting(world, RETURN_IT)
    world.org.update("Lead", lead, {"OwnerId": world.people["ann"]}, by=world.people["ann"])
    assert [line.state for line in world.cycle(app).cherry_picked] == ["returning"]
    edits(world, lead, "ann")
    assert [line.state for line in world.cycle(app).cherry_picked] == ["returned"]
    assert world.owner(lead) == world.queue


MOVED_ON: dict[str, Callable[[World, str], None]] = {
    "it was handed to a colleague": lambda world, lead: takes(world, lead, "bob", by="ann"),
    "it was converted": lambda world, lead: world.org.update("Lead", lead, {"IsConverted": True}),
    "the policy no longer returns": lambda world, _: world.write_policy(REPORT),
    "a day has passed": lambda world, _: long_after(world, 24),
}


@pytest.mark.parametrize("what", MOVED_ON)
def test_nothing_is_returned_any_more_when(world: World, what: str) -> None:
    _, (lead,) = waiting(world, RETURN_IT)
    world.org.update("Lead", lead, {"OwnerId": world.people["ann"]}, by=world.people["ann"])
    assert [line.state for line in world.cycle(world.apps[-1]).cherry_picked] == ["returning"]
    MOVED_ON[what](world, lead)
    world.clock.pass_by(seconds=5)
    owner, app = world.owner(lead), world.app()
    assert [line.state for line in world.cycle(app).cherry_picked] == ["kept"]
    assert world.cycle(app).reassigned == ()
    assert world.owner(lead) == owner


def test_an_owner_the_org_does_not_take_back_is_tried_three_times(world: World) -> None:
    app, (lead,) = waiting(world, RETURN_IT)
    takes(world, lead)
    world.org.faults.refuse(lead, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no way back")
    tried = [bool(world.cycle(app).failed)]
    tried.append(bool(world.cycle(app).failed))
    for _ in range(4):
        world.clock.pass_by(hours=1)
        tried.append(bool(world.cycle(app).failed))
    assert tried == [True, False, True, True, False, False]
    assert world.owner(lead) == world.people["ann"]
    assert app.store.open_picks(world.clock.now()) == ()


@pytest.mark.parametrize(("kind", "target"), [("group", "Web leads"), ("all", "")])
def test_nothing_is_returned_while_its_group_is_paused(world: World, kind: str, target: str) -> None:
    app, (lead,) = waiting(world, RETURN_IT)
    app.store.pause(kind, target, Pause("holiday"))
    takes(world, lead)
    assert [line.state for line in world.cycle(app).cherry_picked] == ["returning"]
    assert world.owner(lead) == world.people["ann"]
    app.store.pause(kind, target, None)
    assert [line.state for line in world.cycle(app).cherry_picked] == ["returned"]


def test_an_opportunity_goes_back_to_its_intake_user(world: World) -> None:
    intake = world.org.add_user("intake@acme.example", "Intake")
    world.people["intake"] = intake
    world.write_policy(
        RETURN_IT.replace("Lead\n", "Opportunity\n").replace(
            "Owner.Name = 'Web Leads'", "Owner.Username = 'intake@acme.example'"
        )
    )
    app = world.app()
    world.cycle(app)
    deal = {"Name": "Doe", "StageName": "Prospecting", "CloseDate": dt.date(2026, 12, 31), "OwnerId": intake}
    found = world.org.insert("Opportunity", deal)
    world.clock.pass_by(seconds=5)
    world.cycle(app)
    world.org.update("Opportunity", found, {"OwnerId": world.people["ann"]}, by=world.people["ann"])
    world.org.update("Opportunity", found, {"Amount": 5.0}, by=world.org.admin_id)
    world.clock.pass_by(seconds=5)
    assert picks(world.cycle(app)) == [(found, "ann@acme.example", "history", "returned")]
    assert world.owner(found, "Opportunity") == intake
    assert [one.id for one in world.cycle(app).waiting] == [found]


def test_a_dry_run_tells_what_would_be_returned_and_returns_nothing(world: World) -> None:
    app, (lead,) = waiting(world, RETURN_IT)
    takes(world, lead)
    report = preview(app.ports, app.policy)
    assert [(line.id, line.why) for line in report.reassigned] == [(lead, "cherry_picked")]
    assert [line.state for line in report.cherry_picked] == ["returning"]
    assert world.owner(lead) == world.people["ann"]
    assert [line.state for line in world.cycle(app).cherry_picked] == ["returned"]


def test_the_json_of_a_cycle_lists_who_picked_after_the_documented_keys(world: World) -> None:
    app, (lead,) = waiting(world)
    takes(world, lead)
    document = world.cycle(app).as_json()
    assert list(document).index("cherry_picked") > list(document).index("failed")
    (line,) = document["cherry_picked"]
    assert (line["id"], line["from"], line["owner"]) == (lead, world.queue, world.people["ann"])
    assert line["seen_at"].endswith("Z")


EFFECTS = ["absorb", "judge_picks", "plan", "sent", "write", "settle", "end_cycle"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", EFFECTS)
def test_the_plug_pulled_around_any_effect_returns_every_pick_once(
    world: World, monkeypatch: pytest.MonkeyPatch, effect: str, when: str
) -> None:
    app, leads = waiting(world, RETURN_IT, leads=3)
    app.store.keep_fact(f"{HONOURED}:Lead", world.clock.now().isoformat())
    for lead in leads:
        takes(world, lead)
        edits(world, lead, "admin")
    _pull_the_plug(monkeypatch, app.org if effect == "write" else app.store, effect, when)
    with pytest.raises(Unplugged):
        world.cycle(app)
    monkeypatch.undo()
    world.clock.pass_by(seconds=15)
    again = world.app()
    world.cycle(again)
    world.cycle(again)
    assert {world.owner(lead) for lead in leads} == {world.queue}
    history = [row.entry for row in Views(again.store).history()]
    assert not OPEN & {entry.state for entry in history}
    returned = [entry.item for entry in history if entry.method == RETURN and entry.state is State.CONFIRMED]
    assert sorted(returned) == sorted(leads)
    assert len(world.cycle(again).waiting) == 3
    assert again.store.open_picks(world.clock.now()) == ()
