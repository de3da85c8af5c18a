"""The life of an owner change, as a table.

    PLANNED ── sent ──▶ SENT ── landed ─────▶ CONFIRMED
       │                  ├── refused ──────▶ REFUSED      the org said no to this record
       │                  ├── other_owner ──▶ SUPERSEDED   a lost race, or an automation took it after us
       │                  ├── gone ─────────▶ SUPERSEDED   deleted, or the source no longer holds
       └── not_sent ──▶   └── not_landed ───▶ LAPSED       decided afresh in the next cycle
                                  └── landed ─▶ CONFIRMED  the org carried it out after the record was read

The entry is in the database before the org hears of it (PLANNED), is marked SENT before the request leaves, and is
settled by what the record says when read back, never by the answer alone. A process that dies anywhere leaves a
PLANNED entry (never sent: it lapses) or a SENT one (it stays open until a read settles it). Counters (rotation,
caps, load) move only on CONFIRMED. The four states on the right are final, but that a write without an answer may land
after it lapsed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from sfassign.core.model import Why


class State(str, Enum):
    PLANNED = "planned"
    SENT = "sent"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    LAPSED = "lapsed"


class Event(str, Enum):
    SENT = "sent"
    NOT_SENT = "not_sent"
    LANDED = "landed"
    REFUSED = "refused"
    OTHER_OWNER = "other_owner"
    GONE = "gone"
    NOT_LANDED = "not_landed"


TRANSITIONS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.PLANNED, Event.SENT): State.SENT,
        (State.PLANNED, Event.NOT_SENT): State.LAPSED,
        (State.SENT, Event.LANDED): State.CONFIRMED,
        (State.SENT, Event.REFUSED): State.REFUSED,
        (State.SENT, Event.OTHER_OWNER): State.SUPERSEDED,
        (State.SENT, Event.GONE): State.SUPERSEDED,
        (State.SENT, Event.NOT_LANDED): State.LAPSED,
        (State.LAPSED, Event.LANDED): State.CONFIRMED,
    }
)

OPEN = frozenset({State.PLANNED, State.SENT})

OVERFLOW = "overflow"
RETURN = "return"
FINALLY = "finally"
UNDO = "undo"
UNCOUNTED = frozenset({OVERFLOW, RETURN, FINALLY, UNDO})
"""The `method` of entries that send an item to a place named beforehand (because nobody took it, back because of
neglect, to the end of neglect, back by hand): nobody's turn, in nobody's cap."""

BACK = frozenset({RETURN, UNDO})
"""Methods that give an item back to the owner it had: it was not given to them, so it may wait again."""

BY_HAND = "by_hand"
"""The `method` of an entry by which somebody gave an item to a user past the gates."""

LATE_WRITE_BOUND = dt.timedelta(minutes=10)
"""How long a request the org has received may still land: a composite call is cut off after ten minutes
(Salesforce Developer Limits: REST calls time out after 10 minutes)."""


class ImpossibleTransition(Exception):
    """An event that the entry's state does not know: a fault in the program, never a user's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One owner change. `seen_owner` and `seen_at` are what the decision saw (the guard of the write); `why` is set
    where that owner was not a source. `landed_at` is the record's own date of the change where the write was read back
    at once; `undoes` is the oldest decision that an UNDO took back, with all of the item's that came after it."""

    id: int
    object: str
    item: str
    group: str
    seen_owner: str
    seen_at: dt.datetime
    owner: str
    owner_username: str | None
    method: str
    score: float
    tier: str | None
    points: float
    turn: int
    decided_at: dt.datetime
    waiting_since: dt.datetime
    aging_since: dt.datetime
    policy_hash: str
    state: State = State.PLANNED
    sent_at: dt.datetime | None = None
    credit_moves: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    dry_run: bool = False
    why: Why | None = None
    landed_at: dt.datetime | None = None
    undoes: int | None = None


def advance(state: State, event: Event) -> State:
    """The state after the event. Raises ImpossibleTransition for a pair the table does not have."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ImpossibleTransition(f"{event.value} does not follow {state.value}") from None


def over(state: State, event: Event) -> bool:
    """Whether an entry has come to an end that this event does not move any more."""
    return state not in OPEN and (state, event) not in TRANSITIONS


def judge(entry: Entry, owner_now: str | None, now: dt.datetime, late_write_fails: bool) -> Event | None:
    """What a read of the record says about an open entry; None: nothing yet, it stays open.

    `owner_now` is the owner as read, None where the record is gone; `now` is of the clock that stamped `sent_at`.
    `late_write_fails`: this org honours the precondition, so a write that has not landed by now can no longer
    overwrite a newer one.
    """
    if entry.state is State.PLANNED:
        return Event.NOT_SENT
    if owner_now is None:
        return Event.GONE
    if owner_now == entry.owner:
        return Event.LANDED
    if owner_now != entry.seen_owner:
        return Event.OTHER_OWNER
    sent_at = entry.sent_at or entry.decided_at
    if late_write_fails or now - sent_at >= LATE_WRITE_BOUND:
        return Event.NOT_LANDED
    return None


def landed_late(entry: Entry, owner_now: str, modified_by: str | None, us: str | None) -> bool:
    """Whether a write that had lapsed was carried out after all: the record has its owner, and we changed it last."""
    return entry.state is State.LAPSED and owner_now == entry.owner and us is not None and modified_by == us
