"""The journal as people act on it by hand, on both databases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sfassign.core.decision import Assign
from sfassign.core.journal import RETURN, UNDO, Event
from sfassign.core.model import Why
from sfassign.ports import Settlement
from sfassign.storage import Gift, Past, SqlStore, Views

from .world import (
    ALICE,
    BOB,
    GROUP,
    QUEUE,
    T0,
    absorb,
    assign,
    given,
    items,
    landed,
    lead,
    member,
    minute,
    planned,
    seen,
    under_way,
)

LONG_AGO = T0 - dt.timedelta(days=1)


@pytest.fixture
def waiting(store: SqlStore) -> SqlStore:
    absorb(store, T0, *(seen(number) for number in range(1, 5)))
    store.join({GROUP: [ALICE, BOB]}, {})
    return store


def back(store: SqlStore, before: Assign, method: str, to: str, at: int, undoes: int | None = None) -> int:
    """The item goes back from whom it was given to."""
    item = replace(before.item, owner=before.to.id)
    owner = replace(member(to), username="" if to == QUEUE else f"{to}@acme.example")
    turned = replace(before, item=item, to=owner, method=method, why=Why.BY_HAND, undoes=undoes)
    (number,) = under_way(store, [turned], minute(at))
    landed(store, [number], minute(at))
    return number


def test_the_group_that_gave_an_item_last_is_known_and_giving_back_does_not_count(waiting: SqlStore) -> None:
    decision = assign(items(waiting)[lead(1)], ALICE, 1)
    given(waiting, 1, ALICE, 1)
    given(waiting, 2, BOB, 2)
    back(waiting, replace(decision, group="Elsewhere"), RETURN, QUEUE, 2)
    gifts = Past(waiting).last_gifts([lead(1), lead(2), lead(3)])
    assert gifts == {lead(1): Gift(GROUP, T0), lead(2): Gift(GROUP, T0)}


def test_an_item_that_was_closed_in_between_does_not_age_on(waiting: SqlStore) -> None:
    given(waiting, 1, ALICE, 1)
    absorb(waiting, minute(2), seen(1, owner=ALICE, active=False, waiting=False))
    assert Past(waiting).last_gifts([lead(1)])[lead(1)].aging_since is None


def test_decisions_are_found_by_number_time_and_policy_newest_first(waiting: SqlStore) -> None:
    numbers = [given(waiting, number, ALICE, number, minute(number)) for number in (1, 2, 3)]
    (refused,) = under_way(waiting, [assign(items(waiting)[lead(4)], ALICE, 4)], minute(4))
    waiting.settle([Settlement(refused, Event.REFUSED, minute(4))])
    past = Past(waiting)
    assert [entry.id for entry in past.decided_since(minute(2), 10)] == [numbers[2], numbers[1]]
    assert [entry.id for entry in past.decided_since(LONG_AGO, 2)] == [numbers[2], numbers[1]]
    assert [entry.id for entry in past.decided_by("sha256:abc", 10)] == numbers[::-1]
    assert past.decided_by("sha256:abd", 10) == ()
    assert set(past.decisions([numbers[0], refused, 99])) == {numbers[0], refused}
    assert (past.policies("sha256:a"), past.policies("sha256:b")) == (("sha256:abc",), ())


def test_every_change_of_an_item_that_landed_is_told_oldest_first_with_the_records_own_date(waiting: SqlStore) -> None:
    decision = assign(items(waiting)[lead(1)], ALICE, 1)
    (first,) = under_way(waiting, [decision], minute(1))
    waiting.settle([Settlement(first, Event.LANDED, minute(2), landed_at=minute(1.5))])
    second = back(waiting, decision, UNDO, QUEUE, 3, undoes=first)
    absorb(waiting, minute(4), seen(1))
    planned(waiting, [assign(items(waiting)[lead(1)], BOB, 2)], minute(4), dry_run=True)
    told = Past(waiting).changes_of([lead(1), lead(2)])
    assert [(entry.id, entry.landed_at, entry.undoes) for entry in told[lead(1)]] == [
        (first, minute(1.5), None),
        (second, None, first),
    ]
    assert set(told) == {lead(1)}


@pytest.mark.parametrize(("to", "waits"), [(ALICE, False), (QUEUE, True), (BOB, True)])
def test_what_an_undo_gave_back_waits_again_unless_they_had_got_it_from_us(
    waiting: SqlStore, to: str, waits: bool
) -> None:
    decision = assign(items(waiting)[lead(1)], ALICE, 1)
    given(waiting, 1, ALICE, 1)
    back(waiting, replace(decision, to=member("005000000000009AAA")), UNDO, to, 2, undoes=2)
    assert (lead(1) not in waiting.last_given("Lead", [lead(1)])) is waits


def test_an_undo_is_no_assignment_in_the_report_nor_in_anybodys_sliding_limit(waiting: SqlStore) -> None:
    decision = assign(items(waiting)[lead(1)], ALICE, 1)
    first = given(waiting, 1, ALICE, 1)
    back(waiting, decision, UNDO, BOB, 2, undoes=first)
    sums = Views(waiting).journal_sums(LONG_AGO)
    assert (sums.decisions, set(sums.members)) == (1, {(GROUP, ALICE)})
    assert Views(waiting).given_times(BOB, LONG_AGO) == ()


def test_what_changed_hands_by_hand_does_not_shorten_the_time_to_assign(waiting: SqlStore) -> None:
    decision = replace(assign(items(waiting)[lead(1)], ALICE, 1), why=Why.BY_HAND)
    landed(waiting, under_way(waiting, [decision], minute(1)), minute(1))
    sums = Views(waiting).journal_sums(LONG_AGO)
    assert (sums.groups[GROUP].assigned, dict(sums.waits)) == (1, {})


def test_who_had_an_item_by_a_decision_that_was_taken_back_may_get_it_again(waiting: SqlStore) -> None:
    decision = assign(items(waiting)[lead(1)], ALICE, 1)
    first = given(waiting, 1, ALICE, 1)
    assert waiting.previous_owners([lead(1)]) == {lead(1): (ALICE,)}
    back(waiting, decision, UNDO, QUEUE, 2, undoes=first)
    assert waiting.previous_owners([lead(1)]) == {}
    landed(waiting, under_way(waiting, [replace(decision, to=member(BOB))], minute(3)), minute(3))
    assert waiting.previous_owners([lead(1)]) == {lead(1): (BOB,)}


def test_usernames_are_those_of_the_known_people(store: SqlStore) -> None:
    assert Past(store).usernames() == ()
