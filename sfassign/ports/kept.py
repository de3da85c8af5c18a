"""What the memory is told: sightings, settlements, notes, moves of children."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from sfassign.core.decision import NoteKind
from sfassign.core.journal import Entry, Event
from sfassign.core.model import Record
from sfassign.ports.neglect import Cover
from sfassign.ports.reads import (
    Row,
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A row and what the policy says of it: `waiting` where a source takes it and its owner is not the one we gave
    it to; `points` is its load while `active`; `group` is the one whose source takes it. `cover`: a group looks after
    it however its owner got it."""

    row: Row
    active: bool
    points: float
    waiting: bool
    group: str | None = None
    cover: Cover | None = None


class Sweep(str, Enum):
    """How whole a reading of an object was: differences only; every row some source takes; every active row; a portion
    of a reading between `begin_reading` and `end_reading`, which says nothing of other rows and moves no watermark."""

    DIFFERENCES = "differences"
    SOURCES = "sources"
    ACTIVE = "active"
    PORTION = "portion"


@dataclass(frozen=True, slots=True)
class ObjectNews:
    """What a poll brought of one object. Rows the store has and a sweep did not bring are no longer waiting (and,
    after `Sweep.ACTIVE`, no longer active)."""

    object: str
    sweep: Sweep
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """One entry's next event. `code` and `message` are the org's words, `retry_at` when a refused or lapsed item may
    be tried again (None: at once), `owner_now` who has it, `refuse_owner`: this owner was what the org refused,
    `landed_at` the record's last change as read back in the call that made it. `seen_at` (the org's clock) and `status`
    are of the record with its new owner: a neglect clock starts there. `overridden_by`: who changed it then.
    `unchanged_since`: the record's last change as far as `retry_at` goes, where it is not the one the decision saw.
    `given_back`: owners whom the org refused for this item only, so they may have others."""

    entry: int
    event: Event
    at: dt.datetime
    code: str | None = None
    message: str | None = None
    owner_now: str | None = None
    retry_at: dt.datetime | None = None
    refuse_owner: bool = False
    landed_at: dt.datetime | None = None
    seen_at: dt.datetime | None = None
    status: str | None = None
    overridden_by: str | None = None
    unchanged_since: dt.datetime | None = None
    given_back: tuple[str, ...] = ()


class NoteState(str, Enum):
    """SENT until the org has answered; what it wrote or refused is not written again."""

    SENT = "sent"
    WRITTEN = "written"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class NoteKept:
    """Fields set on an item without a new owner: `about` what, and the `values` as they were sent."""

    item: str
    object: str
    group: str
    kind: NoteKind
    about: str
    at: dt.datetime
    state: NoteState
    values: Record


@dataclass(frozen=True, slots=True)
class ChildMove:
    """An owner change that has landed, and the child objects whose open records are still to follow."""

    entry: Entry
    children: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """One owner whose cached load was wrong."""

    object: str
    owner: str
    cached_count: int
    org_count: int
    cached_points: float
    org_points: float
