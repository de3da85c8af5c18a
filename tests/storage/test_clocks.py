"""Neglect clocks in the database: started with the confirmation, touched and ended by what is read, found when due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import pytest

from sfassign.core.decision import Assign, Plan
from sfassign.core.journal import FINALLY, OVERFLOW, RETURN, Event
from sfassign.core.model import Pause, Why, WorkItem
from sfassign.core.neglect import ClockState, NeglectClock, Standstill
from sfassign.core.policy import Hours, Neglect
from sfassign.core.terms import Terms
from sfassign.ports import Cover, NeglectEvent, OmniRow, PassOutcome, SessionRow, Settlement, Sighting, Sweep
from sfassign.storage import SqlStore, Views

from .world import (
    ALICE,
    BOB,
    CARL,
    GROUP,
    QUEUE,
    T0,
    absorb,
    assign,
    items,
    lead,
    looked_at,
    minute,
    seen,
    sql,
    user,
)

HALF_HOUR = Terms(Neglect(dt.timedelta(minutes=30)), None, "UTC", ("status", "activity", "edit"))
QUIET = Terms(Neglect(dt.timedelta(minutes=30), quiet_for=dt.timedelta(hours=1)), None, "UTC", ("status", "edit"))
FOREVER = minute(1_000_000)


def give(
    store: SqlStore, number: int, to: str = ALICE, at: float = 0, terms: Terms | None = HALF_HOUR, status: str = "New"
) -> int:
    """The waiting lead was given to them; the org confirmed it."""
    absorb(store, minute(at), seen(number))
    decision = assign(items(store, minute(at))[lead(number)], to, number)
    return carry_out(store, decision, at, terms, status)


def carry_out(store: SqlStore, decision: Assign, at: float = 0, terms: Terms | None = None, status: str = "New") -> int:
    guards = {decision.item.id: minute(at) - dt.timedelta(hours=1)}
    kept: Mapping[str, Terms] = {} if terms is None else {decision.item.id: terms}
    plan = Plan(minute(at), "sha256:abc", (decision,))
    (entry,) = store.plan([decision], plan, guards, dry_run=False, terms=kept)
    store.sent([entry.id], minute(at))
    store.settle([Settlement(entry.id, Event.LANDED, minute(at), seen_at=minute(at), status=status)])
    return entry.id


def clocks(store: SqlStore) -> dict[str, NeglectClock]:
    return {clock.item: clock for clock in store.due_clocks(FOREVER, 1_000)}


def owned(number: int, owner: str = ALICE, by: str | None = None, at: float = -60, **more: object) -> Sighting:
    """The lead as read in its owner's hands."""
    made = seen(number, owner=owner, waiting=False, changed=minute(at), values={"status": "New"})
    return replace(made, row=replace(made.row, modified_by=by), **more)  # type: ignore[arg-type]


def stamped(sighting: Sighting, edited: float) -> Sighting:
    """Its SystemModstamp is younger than the last edit."""
    return replace(sighting, row=replace(sighting.row, modified_at=minute(edited)))


def test_a_clock_starts_with_the_confirmation_and_knows_its_terms(store: SqlStore) -> None:
    entry = give(store, 1)
    assert clocks(store) == {
        lead(1): NeglectClock(lead(1), "Lead", entry, GROUP, ALICE, T0, T0, "New", minute(30), HALF_HOUR)
    }
    assert store.due_clocks(minute(29), 9) == ()
    assert [clock.item for clock in store.due_clocks(minute(30), 9)] == [lead(1)]


@pytest.mark.parametrize("event", [Event.REFUSED, Event.OTHER_OWNER, Event.GONE, Event.NOT_LANDED])
def test_what_did_not_land_starts_no_clock(store: SqlStore, event: Event) -> None:
    absorb(store, T0, seen(1))
    decision = assign(items(store)[lead(1)], ALICE, 1)
    (entry,) = store.plan([decision], Plan(T0, "p", (decision,)), {lead(1): T0}, False, {lead(1): HALF_HOUR})
    store.sent([entry.id], T0)
    store.settle([Settlement(entry.id, event, T0)])
    assert clocks(store) == {}


def test_a_group_that_does_not_look_after_what_it_gives_starts_none(store: SqlStore) -> None:
    give(store, 1, terms=None)
    assert clocks(store) == {}


def test_a_dry_run_starts_none(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    decision = assign(items(store)[lead(1)], ALICE, 1)
    store.plan([decision], Plan(T0, "p", (decision,)), {lead(1): T0}, dry_run=True)
    assert clocks(store) == {}


def test_terms_are_kept_once(store: SqlStore, url: str) -> None:
    for number in range(5):
        give(store, number, terms=HALF_HOUR if number % 2 else QUIET)
    assert sql(url, "SELECT count(*) FROM clock_terms") == [(2,)]


@pytest.mark.parametrize(
    ("what", "sighting"),
    [
        ("somebody else has it", owned(1, BOB)),
        ("it is closed", replace(owned(1), active=False)),
        ("it waits again", replace(owned(1), waiting=True)),
    ],
)
def test_a_clock_ends_when(store: SqlStore, what: str, sighting: Sighting) -> None:
    give(store, 1)
    give(store, 2)
    absorb(store, minute(5), sighting)
    assert set(clocks(store)) == {lead(2)}, what


def test_a_whole_reading_ends_the_clocks_of_what_is_gone(store: SqlStore) -> None:
    give(store, 1)
    give(store, 2)
    absorb(store, minute(5), owned(1), owned(2))
    absorb(store, minute(6), owned(2), sweep=Sweep.ACTIVE)
    assert set(clocks(store)) == {lead(2)}


@pytest.mark.parametrize(
    ("what", "sighting", "touched"),
    [
        ("unchanged", owned(1, by=BOB, at=5), False),
        ("edited by the owner", owned(1, by=ALICE, at=5), True),
        ("edited by the owner before", owned(1, by=ALICE, at=-5), False),
        ("… and then stamped by an automation", stamped(owned(1, by=ALICE, at=5), edited=-5), False),
    ],
)
def test_an_edit_seen_in_a_poll_is_a_touch(store: SqlStore, what: str, sighting: Sighting, touched: bool) -> None:
    give(store, 1)
    absorb(store, minute(6), sighting)
    assert (lead(1) not in clocks(store)) == touched, what


def test_after_a_touch_the_clock_of_quiet_time_runs_and_age_begins_afresh(store: SqlStore, url: str) -> None:
    give(store, 1, terms=QUIET)
    absorb(store, minute(6), owned(1, by=ALICE, at=5))
    (clock,) = clocks(store).values()
    assert (clock.touched_at, clock.due_at, clock.state) == (minute(5), minute(65), ClockState.RUNNING)
    assert sql(url, "SELECT count(*) FROM journal WHERE NOT aging_over") == [(0,)]
    absorb(store, minute(7), owned(1, by=BOB, at=6))
    assert clocks(store)[lead(1)] == clock, "a touch is never unlearnt"


def test_another_status_is_a_touch_whoever_changed_it_and_only_once(store: SqlStore) -> None:
    give(store, 1, terms=QUIET, status="Open")
    absorb(store, minute(6), owned(1, by=BOB, at=5))
    assert clocks(store)[lead(1)].touched_at == minute(5)
    absorb(store, minute(9), owned(1, by=BOB, at=8))
    assert clocks(store)[lead(1)].touched_at == minute(5)


def taken(number: int, owner: str, to: str, why: Why | None, method: str, at: float) -> Assign:
    item = WorkItem("Lead", lead(number), owner, T0, minute(at), minute(at), {})
    made = replace(assign(item, to, 100 + number), why=why, method=method)
    return replace(made, to=replace(made.to, username="")) if to == QUEUE else made


def test_given_again_it_has_another_clock(store: SqlStore) -> None:
    give(store, 1)
    again = carry_out(store, taken(1, ALICE, BOB, Why.NEGLECTED, "round_robin", 40), 40, HALF_HOUR)
    (clock,) = clocks(store).values()
    assert (clock.entry, clock.owner, clock.started_at) == (again, BOB, minute(40))


@pytest.mark.parametrize(("method", "to"), [(RETURN, QUEUE), (OVERFLOW, CARL)])
def test_sent_to_a_named_place_it_has_none(store: SqlStore, method: str, to: str) -> None:
    give(store, 1)
    carry_out(store, taken(1, ALICE, to, Why.RETURNED, method, 40), 40)
    assert clocks(store) == {}
    absorb(store, minute(41), owned(1, to, cover=Cover(GROUP, HALF_HOUR)))
    assert set(clocks(store)) == {lead(1)}


def test_after_the_last_place_no_clock_runs_whoever_is_covered(store: SqlStore) -> None:
    give(store, 1)
    carry_out(store, taken(1, ALICE, CARL, Why.FINALLY, FINALLY, 40), 40)
    absorb(store, minute(41), owned(1, CARL, cover=Cover(GROUP, HALF_HOUR)))
    assert clocks(store) == {}


def test_what_a_covered_member_has_gets_a_clock_when_it_is_first_seen(store: SqlStore) -> None:
    absorb(store, T0, owned(1, cover=Cover(GROUP, HALF_HOUR)), owned(2))
    (clock,) = clocks(store).values()
    assert (clock.item, clock.entry, clock.started_at, clock.due_at) == (lead(1), None, T0, minute(30))
    absorb(store, minute(5), owned(1, cover=Cover(GROUP, HALF_HOUR)))
    assert clocks(store)[lead(1)] == clock


def test_what_a_newcomer_has_is_read_before_its_clock_starts(store: SqlStore) -> None:
    absorb(store, T0, owned(1), owned(2, BOB))
    store.cover("Lead", {ALICE: Cover(GROUP, HALF_HOUR)}, minute(1))
    (clock,) = clocks(store).values()
    assert (clock.item, clock.state, clock.due_at) == (lead(1), ClockState.UNSEEN, minute(1))
    store.cover("Lead", {ALICE: Cover(GROUP, HALF_HOUR)}, minute(2))
    absorb(store, minute(3), owned(1))
    (clock,) = clocks(store).values()
    assert (clock.state, clock.started_at, clock.status_then) == (ClockState.RUNNING, minute(3), "New")


def test_hours_that_stand_in_the_org_are_looked_at_again_when_they_change(store: SqlStore) -> None:
    elsewhere = replace(HALF_HOUR, hours=Hours("service", business_hours="Default"))
    give(store, 1, terms=elsewhere)
    give(store, 2)
    store.look_again(minute(3))
    assert {item: clock.due_at for item, clock in clocks(store).items()} == {lead(1): minute(3), lead(2): minute(30)}


def test_the_longest_due_come_first_and_no_more_than_asked_for(store: SqlStore) -> None:
    for number, at in ((3, 0), (1, 2), (2, 1)):
        give(store, number, at=at)
    assert [clock.item for clock in store.due_clocks(minute(60), 2)] == [lead(3), lead(2)]


def test_what_a_pass_came_to_is_kept_only_where_the_clock_is_still_the_same(store: SqlStore) -> None:
    for number in (1, 2, 3):
        give(store, number)
    first, second, third = clocks(store).values()
    absorb(store, minute(40), owned(2, BOB))
    moved = tuple(replace(clock, due_at=minute(50), reminded_at=minute(40)) for clock in (first, second))
    store.keep_pass(PassOutcome(minute(40), clocks=moved, ended=(third,), touched=(lead(1),)))
    assert clocks(store) == {lead(1): moved[0]}


def test_what_lay_is_summed_up_by_who_had_it(store: SqlStore) -> None:
    store.keep_users([user(ALICE), user(BOB, "bob")], T0)
    give(store, 1)
    told = [
        NeglectEvent(kind, minute(30), "Lead", lead(1), GROUP, ALICE, "words")
        for kind in ("reminded", "neglected", "neglected")
    ]
    store.keep_pass(PassOutcome(minute(30), events=tuple(told)))
    found = {line.username: dict(line.counts) for line in Views(store).neglect_sums(T0)}
    assert found == {"alice@acme.example": {"neglected": 2, "reminded": 1}}
    assert Views(store).neglect_sums(minute(90)) == ()


def test_how_often_it_was_taken_away_since_it_was_last_touched(store: SqlStore) -> None:
    give(store, 1)
    carry_out(store, taken(1, ALICE, BOB, Why.NEGLECTED, "round_robin", 40), 40, HALF_HOUR)
    carry_out(store, taken(1, BOB, QUEUE, Why.RETURNED, RETURN, 80), 80)
    give(store, 1, CARL, 81)
    found = store.ownership([lead(1), lead(9)], minute(90))
    assert (found[lead(1)].taken, found[lead(1)].previous, found[lead(1)].came_from) == (2, (CARL, BOB, ALICE), QUEUE)
    assert found[lead(9)].taken == 0
    store.keep_pass(PassOutcome(minute(90), touched=(lead(1),)))
    assert store.ownership([lead(1)], minute(91))[lead(1)].taken == 0


def test_a_group_that_is_renamed_keeps_its_clocks(store: SqlStore) -> None:
    store.join({GROUP: [ALICE]}, {})
    give(store, 1)
    store.stand_still([Standstill(GROUP, T0, None)])
    store.join({"Leads": [ALICE]}, {"Leads": GROUP})
    assert clocks(store)[lead(1)].group == "Leads"
    assert store.standstills(T0) == (Standstill("Leads", T0, None),)


def test_standstills_that_ended_before_do_not_matter(store: SqlStore) -> None:
    store.stand_still([Standstill("", T0, None), Standstill(GROUP, T0, minute(5))])
    store.stand_still([Standstill("", T0, minute(10))])
    assert store.standstills(minute(7)) == (Standstill("", T0, minute(10)),)
    assert len(store.standstills(minute(4))) == 2


def test_only_completed_cycles_count_as_time_in_which_we_were_up(store: SqlStore) -> None:
    assert store.last_completed() is None
    store.end_cycle(store.begin_cycle(T0), minute(1), "{}")
    store.begin_cycle(minute(2))
    assert store.last_completed() == minute(1)


# --- who is taken for absent ------------------------------------------------------------------------------------------


def absent(store: SqlStore) -> set[str]:
    return {one.id for one in looked_at(store, minute(60)).members if one.pause is not None}


def session(who: str, begun: float, kind: str = "UI") -> SessionRow:
    return SessionRow(who, kind, minute(40), minute(400), minute(begun))


@pytest.fixture
def silent(store: SqlStore) -> SqlStore:
    """Alice let something lie at minute 30; she was available then."""
    store.keep_users([user(ALICE), user(BOB, "bob")], T0)
    store.keep_omni([OmniRow(ALICE, "Available", None, False)], T0)
    store.keep_pass(PassOutcome(minute(30), away={ALICE: Pause("silent since 09:00")}))
    assert absent(store) == {ALICE}
    return store


@pytest.mark.parametrize(
    ("what", "rows", "still"),
    [
        ("a session begun since", [session(ALICE, 31)], False),
        ("one begun before", [session(ALICE, 29)], True),
        ("an API session begun since", [session(ALICE, 31, "API")], True),
        ("somebody else's", [session(BOB, 31)], True),
    ],
)
def test_a_new_session_brings_them_back(silent: SqlStore, what: str, rows: list[SessionRow], still: bool) -> None:
    silent.keep_sessions(rows, minute(40))
    assert (absent(silent) == {ALICE}) == still, what


@pytest.mark.parametrize(("status", "still"), [("Available", True), ("Busy", False), (None, True)])
def test_another_omni_status_brings_them_back(silent: SqlStore, status: str | None, still: bool) -> None:
    silent.keep_omni([] if status is None else [OmniRow(ALICE, status, None, False)], minute(40))
    assert (absent(silent) == {ALICE}) == still


@pytest.mark.parametrize(("by", "at", "still"), [(ALICE, 35, False), (ALICE, 25, True), (BOB, 35, True)])
def test_an_edit_of_theirs_brings_them_back(silent: SqlStore, by: str, at: float, still: bool) -> None:
    absorb(silent, minute(40), owned(7, CARL, by=by, at=at))
    assert (absent(silent) == {ALICE}) == still


@pytest.mark.parametrize(("at", "still"), [(35, False), (25, True)])
def test_an_activity_of_theirs_brings_them_back(silent: SqlStore, at: float, still: bool) -> None:
    silent.keep_pass(PassOutcome(minute(40), active={ALICE: minute(at)}))
    assert (absent(silent) == {ALICE}) == still


def test_resume_brings_them_back_and_a_pause_by_hand_is_another(silent: SqlStore) -> None:
    silent.pause("user", ALICE, Pause("holiday"))
    (alice,) = [one for one in looked_at(silent).members if one.id == ALICE]
    assert alice.pause == Pause("holiday"), "what a person said is shown"
    silent.keep_sessions([session(ALICE, 31)], minute(40))
    assert absent(silent) == {ALICE}, "the holiday goes on"
    silent.keep_pass(PassOutcome(minute(41), away={ALICE: Pause("silent")}))
    silent.pause("user", ALICE, None)
    assert absent(silent) == set()
