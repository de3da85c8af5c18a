"""Cherry-picking: a member who made themselves the owner of an item that waited. Pure; the cycle's picker and the
store ask.

An owner change out of the line is seen when it happens (`Pick`, SEEN). Who made it is told by the record itself, where
it was last modified by its new owner, or else by the owner history. Either is enough; handing over to a colleague, or
being given the item by anybody else, is no pick.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum

RETURNS_IN_A_DAY = 3
"""So often one item is taken back from its pickers within 24 hours; after that somebody means it, and a tug of war
over one record, each round with its e-mails and automations, helps nobody: it is reported and left alone."""

RETURN_WITHIN = dt.timedelta(hours=24)
"""A pick that could not be returned by then stays: whoever has it has worked on it for a day."""

MOST_TRIES = 3
"""Writes of one return that came to nothing, before the item is left with its picker."""


class PickState(str, Enum):
    """SEEN until it is known who made the change. A pick is REPORTED, or RETURNING until its return is confirmed
    (RETURNED) or has become impossible (KEPT: the picker keeps it)."""

    SEEN = "seen"
    REPORTED = "reported"
    RETURNING = "returning"
    RETURNED = "returned"
    KEPT = "kept"


class How(str, Enum):
    """How it is known that the new owner made the change."""

    LAST_MODIFIED = "last_modified"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class OwnerStep:
    """One change of an owner as the org's history has it; both owners are Ids."""

    item: str
    at: dt.datetime
    by: str
    owner_before: str | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class Pick:
    """An item that left the line for a user without our doing.

    `group` is the one it waited in, `owner_before` who had it then, `waited_at` its last change as it still waited,
    `guard_at` its last change as read since. `blocked`: a write is under way or was refused lately. `returnable` is
    false once the member does not have it any more, or it is no work any more. `returns` counts how often this item
    was taken back from somebody within the last day.
    """

    number: int
    object: str
    item: str
    group: str | None
    member: str
    owner_before: str
    waited_at: dt.datetime
    guard_at: dt.datetime
    waiting_since: dt.datetime
    aging_since: dt.datetime
    seen_at: dt.datetime
    how: How | None
    state: PickState
    returnable: bool = True
    blocked: bool = False
    returns: int = 0


def made_by(pick: Pick, steps: Sequence[OwnerStep]) -> str | None:
    """Who made the member its owner, by the history since it last waited; None: the history does not say."""
    since = pick.waited_at.replace(microsecond=0)
    found = [step for step in steps if step.item == pick.item and step.owner == pick.member and step.at >= since]
    return max(found, key=lambda step: (step.at, step.by)).by if found else None


def first_state(pick: Pick, mode: str) -> PickState:
    """What becomes of a pick in a group whose `cherry_picking` is `mode` (report or return)."""
    returns = mode == "return" and pick.returnable and pick.returns < RETURNS_IN_A_DAY
    return PickState.RETURNING if returns else PickState.REPORTED


def is_suspect(pick: Pick, mode: str, members: Collection[str]) -> bool:
    """Whether it matters who made the change: the group looks at it, and the new owner is one of its members."""
    return mode != "off" and pick.member in members


def is_over(pick: Pick, mode: str, now: dt.datetime) -> bool:
    """Whether a pick that waits for its return can or may no longer be returned."""
    return mode != "return" or not pick.returnable or now - pick.seen_at >= RETURN_WITHIN
