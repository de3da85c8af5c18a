"""What earlier writes of one item came to, and when it is tried again. Pure; `answers` asks.

1. Something held the record for a moment, or its writes get no answers: soon again, then later and later.
2. The org refuses the item for one owner after another, in the same words: it is the item.
3. An automation changes the owner after each of our writes: later and later, and somebody is told.

Waits are spread by a hash of whom the record is locked with, so that such records come due together and others do not.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sfassign.core.journal import State
from sfassign.core.refusals import Kind, classify

OVERRIDDEN = "OVERRIDDEN"
"""The journal's code for an owner who was changed right after our write, before it was read back."""

REMEMBERED = dt.timedelta(hours=24)
"""Tries that are older say nothing of the next one; no owner is refused for longer either."""

SOON_AT_FIRST = dt.timedelta(seconds=15)
SOON_AT_LAST = dt.timedelta(minutes=10)
"""A lock is held for seconds; a job that loads data under one account holds it again and again."""

OVERRIDES_BORNE = 3
"""One or two may be somebody who was quick; more are an automation."""
AFTER_OVERRIDES = dt.timedelta(minutes=5)
AFTER_OVERRIDES_AT_LAST = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Try:
    """An owner change that was sent and came to nothing, `at` when that was known."""

    owner: str
    state: State
    code: str | None
    message: str | None
    at: dt.datetime

    @property
    def held_up(self) -> bool:
        """Nothing was wrong with item or owner: the record was locked, or the call got no answer and did nothing. What
        the org refused as a whole has the words of that."""
        if self.state is State.LAPSED:
            return self.code is None and self.message is None
        return self.state is State.REFUSED and classify(self.code, self.message, self.owner) is Kind.ITEM_SOON


def held_up_in_a_row(earlier: Sequence[Try]) -> int:
    """How many of the last ones were held up; they come oldest first."""
    return next((number for number, one in enumerate(reversed(earlier)) if not one.held_up), len(earlier))


def soon(times: int, family: str, now: dt.datetime) -> dt.datetime:
    """When an item is tried again that was held up so many times in a row: after half to all of a wait that doubles."""
    wait = min(SOON_AT_FIRST * 2 ** min(times - 1, 10), SOON_AT_LAST)
    spread: dt.timedelta = wait * (0.5 + _fraction(f"{family} {times}") / 2)
    return now + spread


def refused_before(earlier: Sequence[Try], code: str) -> tuple[str, ...]:
    """The owners for whom the org refused the item with this code."""
    refused = (one.owner for one in earlier if one.state is State.REFUSED and one.code == code)
    return tuple(dict.fromkeys(refused))


def after_override(earlier: Sequence[Try], now: dt.datetime) -> tuple[int, dt.datetime | None]:
    """How many times the owner was changed after our write, this time included, and when the item is tried again;
    None: at once."""
    times = 1 + sum(one.code == OVERRIDDEN for one in earlier)
    if times < OVERRIDES_BORNE:
        return times, None
    wait = min(AFTER_OVERRIDES * 2 ** min(times - OVERRIDES_BORNE, 10), AFTER_OVERRIDES_AT_LAST)
    return times, now + wait


def _fraction(text: str) -> float:
    """From 0 to 1, the same for the same text in any process."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32
