"""Items given to somebody else by hand: through the gates, past them, and everything a sick colleague has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest

from sfassign.answers import HONOURED
from sfassign.bootstrap import App
from sfassign.by_hand import Handed
from sfassign.core.journal import BY_HAND, OPEN, State
from sfassign.core.model import Pause, Why
from sfassign.errors import WrongUsage
from sfassign.orders import carry_out
from sfassign.reassign import reassign
from sfassign.storage import Views
from sfassign.whatif import Present, why_not
from tests.cycle.test_children import add_task
from tests.cycle.test_daemon import Watched
from tests.cycle.test_safety import EFFECTS, Unplugged, _pull_the_plug, at_the_write, lose_the_write
from tests.cycle.world import POLICY, World

ROOMY = POLICY + "    ramp: off\n"
LEAD_ID = "00Q000000000001EAA"
_PAUSE = Pause("dentist")


def by_hand(world: World, app: App, *ids: str, **order: Any) -> Handed:
    """One order, and then a few seconds pass."""
    names = {name.rstrip("_"): value for name, value in order.items()}
    handed = reassign(app, {"ids": list(ids), **names})
    world.clock.pass_by(seconds=5)
    return handed


def given(world: World, app: App, count: int, to: str) -> list[str]:
    """So many leads that this person got from us."""
    others = [name for name in world.people if name != to]
    for name in others:
        app.store.pause("user", world.people[name], _PAUSE)
    leads = world.add_leads(count)
    world.cycle(app)
    for name in others:
        app.store.pause("user", world.people[name], None)
    assert {world.owner(lead) for lead in leads} == {world.people[to]}
    return leads


@contextmanager
def unanswered_writes(world: World, app: App) -> Iterator[None]:
    """The org carries the writes out, and the connection breaks before it answers."""
    write = app.org.write

    def lost(*args: Any) -> Any:
        lose_the_write(world, after=True)
        return write(*args)

    with mock.patch.object(app.org, "write", lost):
        yield


def reasons(handed: Handed) -> list[str]:
    return [line.reason for line in handed.refused]


@pytest.fixture
def roomy(world: World) -> World:
    world.write_policy(ROOMY)
    return world


# --- through the gates ------------------------------------------------------------------------------------------------


def test_a_lead_goes_to_the_named_colleague_and_the_journal_says_by_hand(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    handed = by_hand(world, app, lead, to="BOB@acme.example")
    (line,) = handed.reassigned
    assert (line.id, line.owner_before, line.owner) == (lead, world.people["ann"], world.people["bob"])
    assert (line.owner_username, line.group, line.why) == ("bob@acme.example", "Web leads", "by_hand")
    assert "by hand: they were asked for" in line.sentence
    assert world.owner(lead) == world.people["bob"]
    assert handed.exit_code == 0
    entry = Views(app.store).history()[0].entry
    assert (entry.id, entry.why, entry.state) == (line.decision, Why.BY_HAND, State.CONFIRMED)
    assert world.cycle(app).assigned == (), "it does not wait again"
    assert Views(app.store).loads("Lead")[world.people["bob"]] == (1, 1.0)
    assert world.people["ann"] not in Views(app.store).loads("Lead")


def test_without_a_name_the_groups_method_picks_somebody_else(roomy: World) -> None:
    world, app = roomy, roomy.app()
    leads = given(world, app, 3, "ann")
    handed = by_hand(world, app, *leads)
    owners = [world.name_of(world.owner(lead)) for lead in leads]
    assert sorted(set(owners)) == ["bob", "cyd"]
    assert len(handed.reassigned) == 3


def test_what_was_given_by_hand_counts_for_caps_and_rotation(world: World) -> None:
    world.write_policy(ROOMY + "    caps: {day: 3}\n")
    app = world.app()
    leads = given(world, app, 2, "ann")
    given(world, app, 2, "bob")
    handed = by_hand(world, app, *leads, to="bob@acme.example")
    assert [line.id for line in handed.reassigned] == [min(leads)]
    (refused,) = handed.refused
    assert (refused.id, refused.gate) == (max(leads), "cap_reached")
    assert refused.reason.startswith("bob@acme.example: cap_reached 3 of 3 today")
    assert handed.exit_code == 3
    assert world.owner(max(leads)) == world.people["ann"]
    world.add_leads(1)
    assert world.cycle(app).assigned[0].owner != world.people["bob"]


@pytest.mark.parametrize(
    ("limit", "gate"),
    [
        ("    quota: 1\n", "quota_full"),
        ("    threshold: 1\n", "threshold_full"),
        ("    caps: {hour: 1}\n", "cap_reached"),
        ("    available: {logged_in: true}\n", "absent"),
        ("    ramp: {at_most: 1, per: 10m}\n", "ramping"),
    ],
)
def test_each_gate_refuses_with_the_members_own_figures(world: World, limit: str, gate: str) -> None:
    app = world.app()
    (lead,) = given(world, app, 1, "ann")
    world.add_lead(owner=world.people["bob"])
    given(world, app, 1, "bob")
    world.write_policy((POLICY if "ramp" in limit else ROOMY) + limit)
    again = world.app()
    handed = by_hand(world, again, lead, to=world.people["bob"][:15])
    assert [line.gate for line in handed.refused] == [gate]
    assert reasons(handed)[0].startswith(f"bob@acme.example: {gate} ")
    assert world.owner(lead) == world.people["ann"]


def test_where_nobody_else_passes_the_tally_says_why(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    for name in ("bob", "cyd"):
        app.store.pause("user", world.people[name], _PAUSE)
    handed = by_hand(world, app, lead)
    assert reasons(handed) == ["0 of 3 can take it: 2 paused, 1 had it before"]


def test_a_paused_group_gives_nothing_by_hand_either(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    app.store.pause("group", "Web leads", _PAUSE)
    assert reasons(by_hand(world, app, lead)) == ["the group is paused: dentist"]


# --- past the gates ---------------------------------------------------------------------------------------------------


def test_force_goes_past_every_gate_to_anybody_active(world: World) -> None:
    world.write_policy(ROOMY + "    caps: {day: 1}\n    on_assigned: {set: {Title: 'for {owner}'}}\n")
    manager = world.org.add_user("max@acme.example", "Max")
    app = world.app()
    (lead,) = given(world, app, 1, "ann")
    (other,) = given(world, app, 1, "bob")
    refused = by_hand(world, app, lead, to="max@acme.example")
    assert "max@acme.example is no member of 'Web leads'" in reasons(refused)[0]
    assert "--force" in reasons(refused)[0]
    handed = by_hand(world, app, lead, other, to="max@acme.example", force=True)
    assert {world.owner(lead), world.owner(other)} == {manager}
    assert world.org.get("Lead", lead)["Title"] == "for max@acme.example"
    entries = [row.entry for row in Views(app.store).history(limit=2)]
    assert {(entry.method, entry.why, entry.group) for entry in entries} == {(BY_HAND, Why.BY_HAND, "Web leads")}
    assert len({entry.turn for entry in entries}) == 2
    assert [line.sentence for line in handed.reassigned] == ["Web leads → max@acme.example by hand, past the gates"] * 2
    assert world.cycle(app).assigned == ()


def test_force_counts_in_the_persons_cap(world: World) -> None:
    world.write_policy(ROOMY + "    caps: {day: 2}\n")
    app = world.app()
    leads = given(world, app, 2, "ann")
    by_hand(world, app, *leads, to="bob@acme.example", force=True)
    handed = by_hand(world, app, *given(world, app, 1, "cyd"), to="bob@acme.example")
    assert reasons(handed)[0].startswith("bob@acme.example: cap_reached 2 of 2 today")


def test_an_inactive_user_gets_nothing_even_by_force(world: World) -> None:
    app = world.app()
    (lead,) = given(world, app, 1, "ann")
    world.org.update("User", world.people["bob"], {"IsActive": False})
    with pytest.raises(WrongUsage, match="not an active user"):
        by_hand(world, app, lead, to="bob@acme.example", force=True)
    world.clock.pass_by(minutes=6)
    assert reasons(by_hand(world, app, lead, to="bob@acme.example")) == [
        "bob@acme.example: inactive the user is inactive"
    ]


# --- a sick colleague -------------------------------------------------------------------------------------------------


def test_120_items_of_a_sick_colleague_go_to_the_others_in_one_order(roomy: World) -> None:
    world, app = roomy, roomy.app()
    leads = given(world, app, 117, "ann")
    taken_by_hand = [world.add_lead(owner=world.people["ann"]) for _ in range(3)]
    converted = world.add_lead(owner=world.people["ann"])
    world.clock.pass_by(seconds=5)
    world.org.convert_lead(converted, opportunity=False)
    world.clock.pass_by(seconds=5)
    calls = app.org.calls
    handed = by_hand(world, app, from_="ann@acme.example")
    assert (len(handed.reassigned), handed.refused, handed.exit_code) == (120, [], 0)
    owners = [world.name_of(world.owner(lead)) for lead in [*leads, *taken_by_hand]]
    assert {name: owners.count(name) for name in sorted(set(owners))} == {"bob": 60, "cyd": 60}
    assert world.owner(converted) == world.people["ann"]
    writes = -(-120 // 24)
    assert app.org.calls - calls <= writes + 8
    assert world.people["ann"] not in Views(app.store).loads("Lead")
    assert world.cycle(app).assigned == ()
    assert by_hand(world, app, from_="ann@acme.example").reassigned == []


def test_only_the_items_of_the_named_group_are_given_away(world: World) -> None:
    world.org.update("User", world.people["ann"], {"Department": "Both"})
    second = """
  - name: Big leads
    object: Lead
    source: "Owner.Name = 'Nobody'"
    members: "UserRole.Name = 'SDR'"
"""
    world.write_policy(ROOMY + second)
    app = world.app()
    small, big = given(world, app, 2, "ann")
    by_hand(world, app, big, to="ann@acme.example", group="Big leads")
    by_hand(world, app, big, to="bob@acme.example", group="Big leads")
    by_hand(world, app, big, to="ann@acme.example", group="Big leads")
    handed = by_hand(world, app, from_="ann@acme.example", group="Big leads")
    assert [(line.id, line.group) for line in handed.reassigned] == [(big, "Big leads")]
    assert world.owner(small) == world.people["ann"]


def test_everything_of_a_colleague_can_go_to_one_person(roomy: World) -> None:
    world, app = roomy, roomy.app()
    leads = given(world, app, 5, "ann")
    by_hand(world, app, from_=world.people["ann"], to="cyd@acme.example")
    assert {world.owner(lead) for lead in leads} == {world.people["cyd"]}


def test_what_takes_longer_than_presence_is_good_for_is_decided_again_with_fresh_presence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write_policy(ROOMY)
    app = world.app()
    leads = given(world, app, 60, "ann")
    world.org.faults.between(lambda: world.clock.pass_by(seconds=2.5), method="PATCH", path="sobjects/Lead", times=-1)
    handed = by_hand(world, app, from_="ann@acme.example")
    assert len(handed.reassigned) + len(handed.refused) == 60
    assert len(handed.reassigned) > 48, "a second round came after the two minutes of the first"
    assert {line.reason for line in handed.refused} <= {"there was no time left for it; run the command again"}
    assert world.people["ann"] not in {world.owner(line.id) for line in handed.reassigned}
    assert {line.id for line in handed.reassigned} | {line.id for line in handed.refused} == {*leads}


# --- items that still wait --------------------------------------------------------------------------------------------


def test_a_lead_that_waits_is_given_at_once_to_the_named_person(world: World) -> None:
    world.write_policy(ROOMY + "    hold: 4h\n")
    (lead,) = world.add_leads(1)
    app = world.app()
    assert len(world.cycle(app).waiting) == 1
    handed = by_hand(world, app, lead, to="cyd@acme.example")
    assert [(line.owner_before, line.owner) for line in handed.reassigned] == [(world.queue, world.people["cyd"])]
    report = world.cycle(app)
    assert (report.waiting, report.assigned) == ((), ())


def test_a_lead_that_waits_may_go_back_to_whom_it_was_taken_from(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    world.org.update("Lead", lead, {"OwnerId": world.queue})
    world.clock.pass_by(seconds=5)
    handed = by_hand(world, app, lead, to="ann@acme.example")
    assert [line.owner for line in handed.reassigned] == [world.people["ann"]]


# --- what cannot be done ----------------------------------------------------------------------------------------------


def test_every_item_that_cannot_be_given_has_its_own_clear_line(roomy: World) -> None:
    world, app = roomy, roomy.app()
    mine, free = given(world, app, 2, "ann")
    converted = world.add_lead(owner=world.people["ann"])
    contact = world.org.insert("Contact", {"LastName": "Doe"})
    world.clock.pass_by(seconds=5)
    world.org.convert_lead(converted, opportunity=False)
    world.clock.pass_by(seconds=5)
    handed = by_hand(world, app, mine, free, converted, contact, LEAD_ID, to="ann@acme.example")
    told = {line.id: line.reason for line in handed.refused}
    assert told[mine] == "it is theirs already"
    assert "no record of an object that the policy counts; those are Lead (00Q)" in told[contact]
    assert "no such record" in told[LEAD_ID]
    assert "it is closed" in told[converted]
    assert handed.exit_code == 3
    done = by_hand(world, app, LEAD_ID, free, to="bob@acme.example")
    assert [line.id for line in done.reassigned] == [free], "the others are done"


def test_an_item_of_no_group_needs_the_groups_name(roomy: World) -> None:
    world, app = roomy, roomy.app()
    stranger = world.org.add_user("eve@acme.example", "Eve")
    lead = world.add_lead(owner=stranger)
    world.clock.pass_by(seconds=5)
    assert "name one with --group: 'Web leads'" in reasons(by_hand(world, app, lead))[0]
    assert len(by_hand(world, app, lead, group="Web leads").reassigned) == 1


def test_an_item_got_by_hand_belongs_to_the_group_of_its_owner(roomy: World) -> None:
    world, app = roomy, roomy.app()
    lead = world.add_lead(owner=world.people["ann"])
    world.clock.pass_by(seconds=5)
    assert [line.group for line in by_hand(world, app, lead[:15]).reassigned] == ["Web leads"]


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({"ids": ["nonsense"]}, "'nonsense' is no record Id"),
        ({}, "name either the items"),
        ({"ids": [LEAD_ID], "from": "ann@acme.example"}, "name either the items"),
        ({"ids": [LEAD_ID], "force": True}, "--to USER"),
        ({"ids": [LEAD_ID], "to": "bop@acme.example"}, "did you mean bob@acme.example"),
        ({"ids": [LEAD_ID], "to": "it's@acme.example"}, "no user 'it's@acme.example'"),
        ({"ids": [LEAD_ID], "to": "zacharias@acme.example"}, "named by Username or Id$"),
        ({"ids": [LEAD_ID], "group": "Web lead"}, "did you mean 'Web leads'"),
        ({"from": "ann@acme.example", "to": "ann@acme.example"}, "are both ann@acme.example"),
        ({"ids": [f"00Q{n:012}" for n in range(1001)]}, "1,001 items are too many"),
    ],
)
def test_an_order_that_cannot_be_meant_says_what_to_write(world: World, order: dict[str, Any], message: str) -> None:
    app = world.app()
    world.cycle(app)
    with pytest.raises(WrongUsage, match=message):
        reassign(app, order)


# --- around the write -------------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_it_would_do_and_does_nothing(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    handed = by_hand(world, app, lead, to="bob@acme.example", dry_run=True)
    assert [(line.id, line.owner) for line in handed.reassigned] == [(lead, world.people["bob"])]
    assert (handed.dry_run, world.owner(lead)) == (True, world.people["ann"])
    assert Views(app.store).history()[0].entry.dry_run
    assert Views(app.store).loads("Lead")[world.people["ann"]] == (1, 1.0)


def test_somebody_else_was_faster_and_keeps_it(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")

    def take() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"OwnerId": world.people["cyd"]})

    at_the_write(world, take)
    handed = by_hand(world, app, lead, to="bob@acme.example")
    assert [(line.id, line.owner_now) for line in handed.lost_race] == [(lead, world.people["cyd"])]
    assert (handed.reassigned, handed.exit_code, world.owner(lead)) == ([], 3, world.people["cyd"])


def test_an_edit_at_that_moment_does_not_stop_what_was_asked_for_by_hand(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")

    def edit() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"Title": "edited"})

    at_the_write(world, edit)
    assert len(by_hand(world, app, lead, to="bob@acme.example").reassigned) == 1
    assert world.org.get("Lead", lead)["Title"] == "edited"


def test_an_item_changed_this_second_is_read_again_first(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    world.org.update("Lead", lead, {"Title": "edited"})
    handed = by_hand(world, app, lead, to="bob@acme.example")
    assert (len(handed.reassigned), world.org.get("Lead", lead)["Title"]) == (1, "edited")


def test_what_the_org_refuses_fails_alone(roomy: World) -> None:
    world, app = roomy, roomy.app()
    leads = given(world, app, 3, "ann")
    world.org.faults.refuse(leads[1], "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Region is missing")
    handed = by_hand(world, app, *leads, to="bob@acme.example")
    assert [(line.id, line.message) for line in handed.failed] == [(leads[1], "Region is missing")]
    assert (len(handed.reassigned), handed.exit_code) == (2, 3)


def test_a_write_without_an_answer_is_told_and_settled_by_the_next_cycle(roomy: World) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    with unanswered_writes(world, app):
        handed = by_hand(world, app, lead, to="bob@acme.example")
    assert reasons(handed) == ["the org gave no answer; the next cycle reads what became of it"]
    assert "a write is under way" in reasons(by_hand(world, app, lead, to="cyd@acme.example"))[0]
    report = world.cycle(app)
    assert [(line.id, line.owner, line.why) for line in report.reassigned] == [(lead, world.people["bob"], "by_hand")]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", [effect for effect in EFFECTS if effect not in ("note", "end_cycle")])
def test_the_plug_pulled_around_any_effect_leaves_every_lead_with_one_owner_and_nothing_open(
    world: World, monkeypatch: pytest.MonkeyPatch, effect: str, when: str
) -> None:
    world.write_policy(ROOMY)
    app = world.app()
    leads = given(world, app, 4, "ann")
    app.store.keep_fact(f"{HONOURED}:Lead", world.clock.now().isoformat())
    _pull_the_plug(monkeypatch, app.org if effect == "write" else app.store, effect, when)
    with pytest.raises(Unplugged):
        by_hand(world, app, *leads, to="bob@acme.example")
    monkeypatch.undo()
    world.clock.pass_by(seconds=15)
    again = world.app()
    world.cycle(again)
    by_hand(world, again, *leads, to="bob@acme.example")
    assert {world.owner(lead) for lead in leads} == {world.people["bob"]}
    states = [row.entry.state for row in Views(again.store).history()]
    assert not OPEN & {*states}
    for lead in leads:
        changes = world.org.query(f"SELECT Id FROM LeadHistory WHERE LeadId = '{lead}' AND Field = 'Owner'")
        assert len(changes) == 4, "two owner changes, two history rows each"
    assert Views(again.store).loads("Lead") == {world.people["bob"]: (4, 4.0)}


def test_open_tasks_follow_their_lead(world: World) -> None:
    world.write_policy(ROOMY + "    on_assigned: {children: [Task]}\n")
    app = world.app()
    (lead,) = given(world, app, 1, "ann")
    task = add_task(world, lead, world.people["ann"])
    done = add_task(world, lead, world.people["ann"], Status="Completed")
    world.clock.pass_by(seconds=5)
    handed = by_hand(world, app, lead, to="bob@acme.example")
    assert (handed.children_moved, handed.exit_code) == (1, 0)
    assert (world.owner(task, "Task"), world.owner(done, "Task")) == (world.people["bob"], world.people["ann"])


def test_the_reviews_of_other_items_are_left_as_they_are(world: World) -> None:
    review = """
objects:
  Lead:
    review: [{when: "Title = 'odd'", reason: "odd"}]
"""
    world.write_policy(ROOMY + "    on_review: {set: {Description: 'look: {reason}'}}\n" + review)
    app = world.app()
    (mine,) = given(world, app, 1, "ann")
    (odd,) = world.add_leads(1, Title="odd")
    world.cycle(app)
    assert world.org.get("Lead", odd)["Description"] == "look: odd"
    by_hand(world, app, mine, to="bob@acme.example")
    assert world.org.get("Lead", odd)["Description"] == "look: odd"


# --- as it is explained -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("force", [False, True])
def test_why_not_somebody_else_is_answered_with_who_was_asked_for(roomy: World, force: bool) -> None:
    world, app = roomy, roomy.app()
    (lead,) = given(world, app, 1, "ann")
    given(world, app, 1, "bob")
    by_hand(world, app, lead, to="bob@acme.example", force=force)
    present = Present(app.store, app.policy, world.clock.now(), app.ports.presence_max_age)
    answer = why_not(present, Views(app.store).explain(lead), "cyd@acme.example")
    if force:
        told = "Web leads → bob@acme.example by hand, past the gates"
        assert (answer.outcome, answer.figures) == ("not_asked", told)
    else:
        assert (answer.outcome, answer.rank, answer.winner) == ("outranked", 2, "bob@acme.example")
        assert answer.figures == "bob@acme.example was asked for by hand"


# --- by the daemon ----------------------------------------------------------------------------------------------------


def test_the_daemon_carries_it_out_first_thing_in_its_next_cycle(roomy: World) -> None:
    watched = Watched(roomy)
    (lead,) = given(roomy, watched.app, 1, "ann")
    number = watched.app.store.put_request("reassign", {"ids": [lead], "to": "bob@acme.example"})
    wrong = watched.app.store.put_request("reassign", {"ids": [lead], "to": "nobody@acme.example"})
    watched.turn()
    answer = watched.app.store.await_answer(number, 0.0)
    assert answer is not None
    assert answer["done"]
    assert [line["why"] for line in answer["result"]["reassigned"]] == ["by_hand"]
    assert roomy.owner(lead) == roomy.people["bob"]
    told = watched.app.store.await_answer(wrong, 0.0)
    assert told is not None
    assert (told["done"], told["exit_code"]) == (False, 2)


def test_a_daemon_that_runs_dry_only_says_what_it_would_do(roomy: World) -> None:
    app = roomy.app()
    (lead,) = given(roomy, app, 1, "ann")
    dry = roomy.app(dry_run=True)
    answer = carry_out(dry, "reassign", {"ids": [lead], "to": "bob@acme.example"})
    assert (answer["dry_run"], len(answer["reassigned"])) == (True, 1)
    assert roomy.owner(lead) == roomy.people["ann"]
