"""What changed hands, as the report counts it, on both databases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sfassign.core.journal import BY_HAND, FINALLY, OVERFLOW, RETURN, UNDO, Event
from sfassign.core.model import Why
from sfassign.core.picking import How, PickState
from sfassign.ports import Settlement
from sfassign.storage import Hands, SqlStore, Views
from sfassign.storage.reporting import JournalSums

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
    landed,
    lead,
    minute,
    planned,
    seen,
    under_way,
)

LONG_AGO = T0 - dt.timedelta(days=1)


def changed(
    store: SqlStore,
    number: int,
    method: str,
    to: str,
    why: Why | None = None,
    *,
    before: str = QUEUE,
    event: Event = Event.LANDED,
) -> None:
    """An owner change that was decided now and came to its end a minute later."""
    absorb(store, T0, seen(number, owner=before))
    decision = replace(assign(items(store)[lead(number)], to, number), method=method, why=why)
    if to.startswith("00G"):
        decision = replace(decision, to=replace(decision.to, username=""))
    (entry,) = under_way(store, [decision])
    store.settle([Settlement(entry, event, minute(1))])


def sums(store: SqlStore) -> JournalSums:
    return Views(store).journal_sums(LONG_AGO)


CHANGES = [
    ("round_robin", ALICE, None, {}, {}, 1),
    ("round_robin", ALICE, Why.NEGLECTED, {"neglected": 1}, {"neglected": 1}, 1),
    ("round_robin", ALICE, Why.BY_HAND, {"by_hand": 1}, {"by_hand": 1}, 1),
    (BY_HAND, ALICE, Why.BY_HAND, {"by_hand": 1}, {"by_hand": 1}, 1),
    (FINALLY, ALICE, Why.FINALLY, {"finally": 1}, {"finally": 1}, 0),
    (FINALLY, QUEUE, Why.FINALLY, {}, {"finally": 1}, 0),
    (RETURN, QUEUE, Why.RETURNED, {}, {"returned": 1}, 0),
    (RETURN, QUEUE, Why.CHERRY_PICKED, {}, {"cherry_picked": 1}, 0),
    (RETURN, ALICE, Why.CHERRY_PICKED, {}, {"cherry_picked": 1}, 0),
    (UNDO, QUEUE, Why.BY_HAND, {}, {"undo": 1}, 0),
]


@pytest.mark.parametrize(("method", "to", "why", "reassigned", "taken", "assigned"), CHANGES)
def test_every_change_of_hands_is_counted_where_it_belongs(
    store: SqlStore,
    method: str,
    to: str,
    why: Why | None,
    reassigned: dict[str, int],
    taken: dict[str, int],
    assigned: int,
) -> None:
    changed(store, 1, method, to, why, before=BOB if why else QUEUE)
    found = sums(store)
    assert found.hands.get((GROUP, ALICE), Hands()).reassigned == reassigned
    assert found.hands.get((GROUP, BOB), Hands()).taken_away == taken
    whole = found.hands.get((GROUP, None), Hands())
    assert (whole.reassigned, whole.taken_away) == (reassigned, taken)
    assert sum(outcomes.assigned for outcomes in found.members.values()) == assigned
    assert sum(outcomes.assigned for outcomes in found.groups.values()) == assigned
    assert set(found.waits) == ({GROUP} if method == "round_robin" and why is None else set())


def test_who_got_something_only_at_the_end_of_neglect_is_named_too(store: SqlStore) -> None:
    changed(store, 1, FINALLY, CARL, Why.FINALLY, before=BOB)
    assert sums(store).usernames[CARL] == f"{CARL}@acme.example"


@pytest.mark.parametrize("to", [QUEUE, CARL])
def test_what_nobody_took_was_assigned_to_nobody(store: SqlStore, to: str) -> None:
    changed(store, 1, OVERFLOW, to)
    found = sums(store)
    assert found.hands == {(GROUP, None): Hands(overflowed=1)}
    assert (found.members, found.waits, found.decisions) == ({}, {}, 1)
    assert Views(store).given_times(to, LONG_AGO) == ()


def test_a_write_to_a_named_place_that_went_wrong_counts_for_the_group_alone(store: SqlStore) -> None:
    changed(store, 1, RETURN, QUEUE, Why.CHERRY_PICKED, before=BOB, event=Event.OTHER_OWNER)
    found = sums(store)
    assert (found.groups[GROUP].lost_races, found.members, found.hands) == (1, {}, {})


def pick(store: SqlStore, number: int, who: str, state: PickState, at: float = 0) -> None:
    """The item waited, and then this user had it."""
    absorb(store, minute(at), replace(seen(number), group=GROUP))
    absorb(store, minute(at), seen(number, owner=who, waiting=False))
    (found,) = [one for one in store.open_picks(minute(at)) if one.item == lead(number)]
    store.judge_picks({found.number: (state, How.LAST_MODIFIED)}, ())


def test_picks_are_counted_by_what_became_of_them(store: SqlStore) -> None:
    for number, (who, state) in enumerate(
        [
            (ALICE, PickState.REPORTED),
            (ALICE, PickState.REPORTED),
            (ALICE, PickState.RETURNED),
            (BOB, PickState.KEPT),
            (BOB, PickState.RETURNING),
        ]
    ):
        pick(store, number, who, state)
    pick(store, 9, BOB, PickState.REPORTED, at=-100)
    absorb(store, T0, replace(seen(7), group=GROUP))
    absorb(store, T0, seen(7, owner=CARL, waiting=False))
    found = Views(store).journal_sums(minute(-5)).hands
    assert {user: hands.cherry_picked for (_, user), hands in found.items()} == {
        None: {"reported": 2, "returned": 1, "kept": 1, "returning": 1},
        ALICE: {"reported": 2, "returned": 1},
        BOB: {"kept": 1, "returning": 1},
    }


def test_dry_runs_change_no_hands(store: SqlStore) -> None:
    absorb(store, T0, seen(1, owner=BOB))
    decision = replace(assign(items(store)[lead(1)], ALICE, 1), why=Why.NEGLECTED)
    planned(store, [decision], dry_run=True)
    assert sums(store).hands == {}


def test_assignments_are_what_caps_count(store: SqlStore) -> None:
    changed(store, 1, "round_robin", ALICE)
    changed(store, 2, "round_robin", ALICE, Why.NEGLECTED, before=BOB)
    changed(store, 3, RETURN, ALICE, Why.CHERRY_PICKED, before=BOB)
    found = sums(store)
    assert found.members[GROUP, ALICE].assigned == len(Views(store).given_times(ALICE, LONG_AGO)) == 2


def test_who_takes_an_item_is_entered_once_however_often_the_row_is_read(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    for at in (1, 2, 3):
        absorb(store, minute(at), seen(1, owner=ALICE, waiting=False, changed=minute(at)))
    (found,) = store.open_picks(minute(4))
    assert (found.member, found.owner_before, found.seen_at, found.guard_at) == (ALICE, QUEUE, minute(1), minute(3))


def test_our_own_write_on_its_way_is_no_pick(store: SqlStore) -> None:
    absorb(store, T0, seen(1), seen(2))
    waiting = items(store)
    entries = under_way(store, [assign(waiting[lead(1)], ALICE, 1), assign(waiting[lead(2)], ALICE, 2)])
    absorb(store, minute(1), seen(1, owner=ALICE, waiting=False), seen(2, owner=BOB, waiting=False))
    assert [(one.item, one.member) for one in store.open_picks(minute(1))] == [(lead(2), BOB)]
    landed(store, entries[:1], minute(1))


def test_a_renamed_group_keeps_its_picks(store: SqlStore) -> None:
    store.join({"Leads": [ALICE]}, {})
    absorb(store, T0, replace(seen(1), group="Leads"))
    absorb(store, T0, seen(1, owner=ALICE, waiting=False))
    store.join({GROUP: [ALICE]}, {GROUP: "Leads"})
    assert [one.group for one in store.open_picks(T0)] == [GROUP]
