"""What counts as a touch: signs of work that the org shows, and the rules that make a touch of them.

The pass reads the signs right before it takes anything away; `touched_at` says whether, and when last, the owner
touched the item. Rules: policy.md, Neglect and its fine print.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from sfassign.core.model import Record
from sfassign.core.terms import ACTIVITY, EDIT

STATUS_FIELDS = {"Opportunity": "StageName"}
WORKING_SUBTYPES = frozenset({"call", "email"})


class SignKind(str, Enum):
    TASK = "task"
    EVENT = "event"
    EMAIL = "email"
    COMMENT = "comment"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Sign:
    """One record about an item: who made it and when. `owner`, `completed_at` and `subtype` are a task's."""

    item: str
    kind: SignKind
    created_by: str | None
    created_at: dt.datetime
    owner: str | None = None
    completed_at: dt.datetime | None = None
    subtype: str | None = None


def status_field(object_name: str) -> str:
    """The field that says how far work on a record is."""
    return STATUS_FIELDS.get(object_name, "Status")


def status_of(object_name: str, values: Record) -> str | None:
    """The status as read, empty where the record has none; None where the field was not read."""
    key = status_field(object_name).lower()
    if key not in values:
        return None
    value = values[key]
    return "" if value is None else str(value)


def touched_at(
    signs: Iterable[Sign], owner: str, since: dt.datetime, us: str | None, kinds: Iterable[str]
) -> dt.datetime | None:
    """The last touch of the owner since then, None where there is none. `us` is our own user: what that one made is
    nobody's work."""
    wanted = frozenset(kinds)
    moments = [at for sign in signs if (at := _moment(sign, owner, since, us, wanted)) is not None]
    return max(moments, default=None)


def _moment(sign: Sign, owner: str, since: dt.datetime, us: str | None, kinds: frozenset[str]) -> dt.datetime | None:
    if (EDIT if sign.kind is SignKind.HISTORY else ACTIVITY) not in kinds:
        return None
    if us is not None and sign.created_by == us:
        return None
    if sign.kind is SignKind.TASK and sign.owner == owner and (moment := _done(sign, since)) is not None:
        return moment
    return sign.created_at if sign.created_by == owner and sign.created_at >= since else None


def _done(task: Sign, since: dt.datetime) -> dt.datetime | None:
    """When the owner's own task, whoever made it, became a sign of work: completed, or logged as a call or e-mail."""
    if task.completed_at is not None and task.completed_at >= since:
        return task.completed_at
    logged = (task.subtype or "").lower() in WORKING_SUBTYPES
    return task.created_at if logged and task.created_at >= since else None
