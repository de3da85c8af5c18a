"""The journal: entered first, settled once, and counters move with confirmed entries and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy.exc import IntegrityError

from sfassign.core.journal import Event, ImpossibleTransition, State
from sfassign.core.model import Load, Turn, Window
from sfassign.ports import Settlement
from sfassign.storage import SqlStore, Views

from .world import (
    ALICE,
    BOB,
    CARL,
    GROUP,
    QUEUE,
    T0,
    absorb,
    assert_sums_equal_rows,
    assign,
    given,
    items,
    landed,
    lead,
    looked_at,
    minute,
    planned,
    seen,
    under_way,
)

NOT_CONFIRMED = [Event.REFUSED, Event.OTHER_OWNER, Event.GONE, Event.NOT_LANDED]


@pytest.fixture
def waiting(store: SqlStore) -> SqlStore:
    absorb(store, T0, *(seen(number, points=2) for number in range(1, 6)))
    store.join({GROUP: [ALICE, BOB, CARL]}, {})
    return store


def test_an_entry_is_kept_as_it_was_decided(waiting: SqlStore) -> None:
    decisions = [assign(items(waiting)[lead(n)], to, n, moves={ALICE: -3, BOB: 3}) for n, to in ((1, ALICE), (2, BOB))]
    entries = planned(waiting, decisions, minute(1))
    assert [(entry.item, entry.owner, entry.turn) for entry in entries] == [(lead(1), ALICE, 1), (lead(2), BOB, 2)]
    first = entries[0]
    assert (first.state, first.seen_owner, first.seen_at) == (State.PLANNED, QUEUE, T0 - dt.timedelta(hours=1))
    assert (first.group, first.policy_hash, first.tier, first.score) == (GROUP, "sha256:abc", "high", 50.0)
    assert (first.decided_at, first.waiting_since, first.aging_since) == (minute(1), T0, T0)
    assert first.credit_moves == {ALICE: -3, BOB: 3}
    assert waiting.open_entries() == entries
    assert len({entry.id for entry in entries}) == 2


def test_numbers_of_decisions_are_never_used_again(waiting: SqlStore) -> None:
    first = given(waiting, 1, ALICE, 1)
    assert given(waiting, 2, ALICE, 2) == first + 1


def test_an_item_never_has_two_open_writes(waiting: SqlStore) -> None:
    item = items(waiting)[lead(1)]
    planned(waiting, [assign(item, ALICE, 1)])
    with pytest.raises(IntegrityError):
        planned(waiting, [assign(item, BOB, 2)])
    assert [entry.owner for entry in waiting.open_entries()] == [ALICE]


def test_what_is_not_planned_cannot_be_sent_and_then_nothing_is(waiting: SqlStore) -> None:
    entries = planned(waiting, [assign(items(waiting)[lead(n)], ALICE, n) for n in (1, 2)])
    waiting.sent([entries[0].id], minute(1))
    with pytest.raises(ImpossibleTransition):
        waiting.sent([entries[1].id, entries[0].id], minute(2))
    states = {entry.id: (entry.state, entry.sent_at) for entry in waiting.open_entries()}
    assert states == {entries[0].id: (State.SENT, minute(1)), entries[1].id: (State.PLANNED, None)}


def test_a_confirmed_write_moves_rotation_load_and_the_line(waiting: SqlStore, url: str) -> None:
    given(waiting, 1, ALICE, 7, moves={ALICE: -2_000_000, BOB: 1_000_000})
    snapshot = looked_at(waiting)
    assert snapshot.rotation == {
        (GROUP, ALICE): Turn(7, False, -2_000_000),
        (GROUP, BOB): Turn(0, True, 1_000_000),
        (GROUP, CARL): Turn(0, True, 0),
    }
    assert snapshot.last_turn == 7
    assert snapshot.load == {
        ALICE: Load({"Lead": 1}, {"Lead": 2.0}),
        QUEUE: Load({"Lead": 4}, {"Lead": 8.0}),
    }
    assert lead(1) not in items(waiting)
    assert waiting.open_entries() == ()
    assert_sums_equal_rows(url)


def test_a_record_that_is_gone_is_no_work_any_more(waiting: SqlStore, url: str) -> None:
    before = looked_at(waiting)
    (number,) = under_way(waiting, [assign(before.items[0], ALICE, 1)])
    waiting.settle([Settlement(number, Event.GONE, minute(1))])
    after = looked_at(waiting)
    assert after.items == before.items[1:]
    assert after.load == {QUEUE: Load({"Lead": 4}, {"Lead": 8.0})}
    assert after.rotation == before.rotation
    assert_sums_equal_rows(url)


@pytest.mark.parametrize("event", NOT_CONFIRMED)
def test_what_was_not_confirmed_moves_no_counter(waiting: SqlStore, event: Event) -> None:
    before = looked_at(waiting)
    (number,) = under_way(waiting, [assign(before.items[0], ALICE, 1, moves={ALICE: 5})])
    waiting.settle([Settlement(number, event, minute(1), owner_now=QUEUE)])
    after = looked_at(waiting)
    assert (after.rotation, after.load, after.in_flight) == (before.rotation, before.load, ())
    assert after.items == (before.items[1:] if event is Event.GONE else before.items)
    assert waiting.snapshot(T0, [Window(T0)]).given == {Window(T0): {}}
    assert after.last_turn == 1


def test_an_entry_that_never_left_lapses(waiting: SqlStore) -> None:
    (entry,) = planned(waiting, [assign(items(waiting)[lead(1)], ALICE, 1)])
    waiting.settle([Settlement(entry.id, Event.NOT_SENT, minute(1))])
    assert waiting.open_entries() == ()
    assert items(waiting)[lead(1)].blocked is None


def test_settling_twice_moves_counters_once(waiting: SqlStore) -> None:
    (number,) = under_way(waiting, [assign(items(waiting)[lead(1)], ALICE, 1, moves={ALICE: 5})])
    landed(waiting, [number, number])
    before = looked_at(waiting)
    waiting.settle([Settlement(number, Event.OTHER_OWNER, minute(9))])
    after = looked_at(waiting)
    assert after.rotation == before.rotation
    assert after.rotation[GROUP, ALICE] == Turn(1, False, 5)
    assert after.load == before.load


def test_an_impossible_event_settles_nothing_of_its_call(waiting: SqlStore) -> None:
    (first,) = under_way(waiting, [assign(items(waiting)[lead(1)], ALICE, 1)])
    (second,) = planned(waiting, [assign(items(waiting)[lead(2)], ALICE, 2)])
    with pytest.raises(ImpossibleTransition):
        waiting.settle([Settlement(first, Event.LANDED, T0), Settlement(second.id, Event.LANDED, T0)])
    assert len(waiting.open_entries()) == 2


def test_an_earlier_turn_confirmed_late_does_not_turn_the_rotation_back(waiting: SqlStore) -> None:
    early, late = under_way(waiting, [assign(items(waiting)[lead(n)], ALICE, n) for n in (1, 2)])
    landed(waiting, [late])
    landed(waiting, [early])
    assert looked_at(waiting).rotation[GROUP, ALICE] == Turn(2)


def test_in_flight_assignments_are_told_apart_from_the_confirmed(waiting: SqlStore) -> None:
    given(waiting, 1, ALICE, 1, minute(1))
    under_way(waiting, [assign(items(waiting)[lead(2)], BOB, 2, moves={BOB: 4})], minute(2))
    snapshot = waiting.snapshot(minute(3), [Window(T0)])
    assert snapshot.given == {Window(T0): {(GROUP, ALICE): 1}}
    (flight,) = snapshot.in_flight
    assert (flight.item, flight.to, flight.group, flight.turn) == (lead(2), BOB, GROUP, 2)
    assert (flight.points, flight.decided_at, flight.credit_moves) == (1.0, minute(2), {BOB: 4})
    assert BOB not in snapshot.load


@pytest.mark.parametrize(
    ("window", "count"),
    [(Window(minute(1)), 2), (Window(minute(1), after=True), 1), (Window(minute(2), after=True), 0)],
)
def test_assignments_count_by_the_moment_they_were_decided(waiting: SqlStore, window: Window, count: int) -> None:
    for number in (1, 2):
        decision = assign(items(waiting)[lead(number)], ALICE, number)
        numbers = under_way(waiting, [decision], minute(number))
        landed(waiting, numbers, minute(50))
    found = waiting.snapshot(minute(60), [window]).given[window]
    assert found.get((GROUP, ALICE), 0) == count


def test_a_dry_run_is_kept_marked_and_moves_nothing(waiting: SqlStore) -> None:
    before = looked_at(waiting)
    (entry,) = planned(waiting, [assign(before.items[0], ALICE, 9)], dry_run=True)
    assert entry.dry_run
    assert waiting.open_entries() == ()
    assert looked_at(waiting) == before
    assert [row.entry.dry_run for row in Views(waiting).history()] == [True]
    with pytest.raises(ImpossibleTransition):
        waiting.sent([entry.id], T0)


def test_a_refused_owner_is_left_out_an_hour_and_twice_as_long_each_time(waiting: SqlStore) -> None:
    at, lengths = T0, []
    for turn in range(1, 8):
        (number,) = under_way(waiting, [assign(items(waiting)[lead(1)], ALICE, turn)], at)
        waiting.settle([Settlement(number, Event.REFUSED, at, "INVALID_OWNER", refuse_owner=True)])
        until = looked_at(waiting, at).refusals[ALICE, "Lead"]
        lengths.append((until - at) / dt.timedelta(hours=1))
        at = until
    assert lengths == [1, 2, 4, 8, 16, 24, 24]
    assert looked_at(waiting, at).refusals == {}


def test_refusals_of_one_batch_are_one_strike(waiting: SqlStore) -> None:
    numbers = under_way(waiting, [assign(items(waiting)[lead(n)], ALICE, n) for n in (1, 2, 3)])
    waiting.settle([Settlement(n, Event.REFUSED, T0, "INVALID_OWNER", refuse_owner=True) for n in numbers])
    assert looked_at(waiting).refusals == {(ALICE, "Lead"): minute(60)}


@pytest.mark.parametrize("cure", ["resume", "an accepted write"])
def test_a_refusal_is_forgotten_after_its_cure(waiting: SqlStore, cure: str) -> None:
    (number,) = under_way(waiting, [assign(items(waiting)[lead(1)], ALICE, 1)])
    waiting.settle([Settlement(number, Event.REFUSED, T0, "INVALID_OWNER", refuse_owner=True)])
    if cure == "resume":
        waiting.pause("user", ALICE, None)
    else:
        given(waiting, 2, ALICE, 2)
    assert looked_at(waiting).refusals == {}


def test_a_write_that_took_an_item_from_a_colleague_moves_their_load(waiting: SqlStore) -> None:
    item = items(waiting)[lead(1)]
    given(waiting, 1, ALICE, 1)
    numbers = under_way(waiting, [assign(item, BOB, 2)], minute(30))
    landed(waiting, numbers, minute(30))
    load = looked_at(waiting).load
    assert ALICE not in load
    assert load[BOB] == Load({"Lead": 1}, {"Lead": 2.0})
