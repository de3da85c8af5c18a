"""What is written to the org, what guards it, and what the org answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from sfassign.core.model import FieldValue
from sfassign.ports.reads import Row


class Guard(str, Enum):
    """What keeps a change from being written over a newer one. The precondition is `If-Unmodified-Since`, which every
    change carries. REFERENCE: the org ignores it, so the change hangs on a query that finds the record only while
    nobody changed it. UNPROVEN: nobody knows yet whether the org honours it on this object, so the change hangs on a
    query as well, and the first of its object in a call proves it."""

    PRECONDITION = "precondition"
    UNPROVEN = "unproven"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """Write `owner` and `fields` to the record, only where it was not modified after `guard_at` (whole seconds).

    `owner` None: the fields alone. `entry` is the journal's number, or below zero for a change it does not know;
    different for every change of a call. `seen_owner` is whom a guard by reference wants to find (None: anybody).
    Changes of one `family` lock the same parent and are better off in one call.
    """

    entry: int
    object: str
    id: str
    owner: str | None
    guard_at: dt.datetime
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    seen_owner: str | None = None
    guard: Guard = Guard.PRECONDITION
    family: str | None = None


class Answer(str, Enum):
    """What the org said to one change. UNKNOWN: no usable answer, the write may or may not have landed."""

    ACCEPTED = "accepted"
    CHANGED_SINCE = "changed_since"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The answer to one change, and the record as read back in the same call (None: not readable or gone).

    `read_back` says whether the read-back query itself was answered, so that a missing `row` means a missing record.
    `honoured` is what this answer proves of the precondition on this object: True the org kept to it, False it did not,
    None nothing.
    """

    entry: int
    answer: Answer
    code: str | None = None
    message: str | None = None
    row: Row | None = None
    read_back: bool = False
    honoured: bool | None = None
