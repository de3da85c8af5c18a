"""When an item is tried again whose writes came to nothing."""

from __future__ import annotations

import datetime as dt

import pytest

from sfassign.core.journal import State
from sfassign.core.tries import OVERRIDDEN, Try, after_override, held_up_in_a_row, refused_before, soon

NOW = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


def one(state: State = State.REFUSED, code: str | None = None, owner: str = "ann", message: str | None = None) -> Try:
    return Try(owner, state, code, message, NOW)


LOCKED, UNANSWERED = one(code="UNABLE_TO_LOCK_ROW"), one(State.LAPSED)


@pytest.mark.parametrize(
    ("tries", "times"),
    [
        ([], 0),
        ([LOCKED, UNANSWERED, LOCKED], 3),
        ([LOCKED, one(code="FIELD_CUSTOM_VALIDATION_EXCEPTION"), LOCKED], 1),
        ([LOCKED, one(State.LAPSED, "CHANGED_SINCE")], 0),
        ([one(State.LAPSED, message="REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.")], 0),
    ],
)
def test_only_what_was_held_up_last_counts(tries: list[Try], times: int) -> None:
    assert held_up_in_a_row(tries) == times


def test_what_is_held_up_waits_longer_each_time_to_ten_minutes_and_one_family_waits_alike() -> None:
    waits = [soon(times, "001A", NOW) - NOW for times in range(1, 12)]
    assert dt.timedelta(seconds=7.5) <= waits[0] <= dt.timedelta(seconds=15)
    assert waits[3] > waits[0]
    assert max(waits) <= dt.timedelta(minutes=10)
    assert waits == [soon(times, "001A", NOW) - NOW for times in range(1, 12)]
    assert len({soon(3, f"001{name}", NOW) for name in "ABCDE"}) == 5


def test_the_owners_are_remembered_for_whom_an_item_was_refused_in_the_same_words() -> None:
    tries = [one(code="X", owner="ann"), one(code="Y", owner="bob"), one(code="X", owner="cyd"), LOCKED]
    assert refused_before(tries, "X") == ("ann", "cyd")


def test_two_overrides_are_borne_and_more_wait_up_to_an_hour() -> None:
    override = one(State.SUPERSEDED, OVERRIDDEN)
    waits = [after_override([override] * earlier, NOW)[1] for earlier in range(9)]
    assert waits[:2] == [None, None]
    assert [(at - NOW).total_seconds() / 60 for at in waits[2:] if at] == [5, 10, 20, 40, 60, 60, 60]
