"""The life of an owner change: what may follow what, and what a read of the record says about an open entry."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from sfassign.core.journal import (
    LATE_WRITE_BOUND,
    OPEN,
    TRANSITIONS,
    Entry,
    Event,
    ImpossibleTransition,
    State,
    advance,
    judge,
    landed_late,
    over,
)

NOW = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
QUEUE, ANN, BOB = "00G000000000001AAA", "005000000000001AAA", "005000000000002AAA"


def entry(state: State = State.SENT, sent_ago: dt.timedelta = dt.timedelta(seconds=15)) -> Entry:
    return Entry(
        id=1,
        object="Lead",
        item="00Q000000000001AAA",
        group="Web leads",
        seen_owner=QUEUE,
        seen_at=NOW - dt.timedelta(hours=1),
        owner=ANN,
        owner_username="ann@acme.example",
        method="round_robin",
        score=0.0,
        tier=None,
        points=1.0,
        turn=1,
        decided_at=NOW - sent_ago,
        waiting_since=NOW - dt.timedelta(hours=1),
        aging_since=NOW - dt.timedelta(hours=1),
        policy_hash="sha256:x",
        state=state,
        sent_at=None if state is State.PLANNED else NOW - sent_ago,
    )


LANDED_AFTER_ALL = (State.LAPSED, Event.LANDED)


def test_an_entry_that_is_settled_never_moves_again_but_for_a_write_that_lands_late() -> None:
    for state, event in set(itertools.product(set(State) - OPEN, Event)) - {LANDED_AFTER_ALL}:
        assert over(state, event)
        with pytest.raises(ImpossibleTransition):
            advance(state, event)
    assert advance(*LANDED_AFTER_ALL) is State.CONFIRMED
    assert not over(*LANDED_AFTER_ALL)


def test_every_open_state_has_a_way_out_and_every_end_is_reached() -> None:
    assert {before for before, _ in set(TRANSITIONS) - {LANDED_AFTER_ALL}} == OPEN
    assert set(TRANSITIONS.values()) == set(State) - {State.PLANNED}


@pytest.mark.parametrize(
    ("owner_now", "late_write_fails", "sent_ago", "event"),
    [
        (ANN, False, dt.timedelta(seconds=15), Event.LANDED),
        (ANN, False, dt.timedelta(days=2), Event.LANDED),
        (BOB, False, dt.timedelta(seconds=15), Event.OTHER_OWNER),
        (None, False, dt.timedelta(seconds=15), Event.GONE),
        (QUEUE, False, dt.timedelta(seconds=15), None),
        (QUEUE, True, dt.timedelta(seconds=15), Event.NOT_LANDED),
        (QUEUE, False, LATE_WRITE_BOUND - dt.timedelta(seconds=1), None),
        (QUEUE, False, LATE_WRITE_BOUND, Event.NOT_LANDED),
    ],
)
def test_what_the_record_says_about_a_write_without_an_answer(
    owner_now: str | None, late_write_fails: bool, sent_ago: dt.timedelta, event: Event | None
) -> None:
    assert judge(entry(sent_ago=sent_ago), owner_now, NOW, late_write_fails) is event


@pytest.mark.parametrize("owner_now", [ANN, BOB, QUEUE, None])
def test_what_was_never_sent_lapses_whatever_the_record_says(owner_now: str | None) -> None:
    assert judge(entry(State.PLANNED), owner_now, NOW, False) is Event.NOT_SENT


@pytest.mark.parametrize(
    ("state", "owner_now", "modified_by", "late"),
    [
        (State.LAPSED, ANN, "us", True),
        (State.LAPSED, ANN, BOB, False),
        (State.LAPSED, BOB, "us", False),
        (State.CONFIRMED, ANN, "us", False),
    ],
)
def test_a_lapsed_write_landed_late_where_we_were_the_last_to_change_the_record_and_its_owner_is_the_one_written(
    state: State, owner_now: str, modified_by: str, late: bool
) -> None:
    assert landed_late(entry(state), owner_now, modified_by, "us") is late
    assert not landed_late(entry(state), owner_now, modified_by, None)
