"""What the org's answer to one owner change means. Pure: an answer and what was read back in, an event out.

The record read back wins over the answer: a write has landed when the record says so. When an item is tried again
depends on what its earlier tries came to (`core.tries`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sfassign.core.journal import Entry, Event
from sfassign.core.refusals import Kind, classify, names
from sfassign.core.touches import status_of
from sfassign.core.tries import OVERRIDDEN, Try, after_override, held_up_in_a_row, refused_before, soon
from sfassign.ports import Answer, Row, Settlement, WriteResult

ITEM_BACK_OFF = dt.timedelta(hours=1)
"""How long an item that the org refused for its own sake is left alone, unless it changes before."""

HONOURED = "precondition_honoured"
"""The fact that this org once answered 412 for the object behind a colon: a late write can then no longer overwrite a
newer one there."""

WORKED_ON = "it was changed in the meantime, so it stays with its owner"


@dataclass(frozen=True, slots=True)
class Read:
    """An answer, understood: the entry's next event, and how to report it where it did not land.

    `failed` is (code, message, retry). `warning` needs somebody's attention.
    """

    settlement: Settlement
    failed: tuple[str, str, bool] | None = None
    lost: str | None = None
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """What the item's earlier tries came to, oldest first, and what its record is locked with."""

    tries: Sequence[Try] = ()
    family: str = ""


def landed(entry: Entry, row: Row, now: dt.datetime, seen_at: dt.datetime) -> Settlement:
    """The record has the owner we gave it, as seen at that moment of the org's clock."""
    status = status_of(row.object, row.values)
    return Settlement(entry.id, Event.LANDED, now, owner_now=row.owner, seen_at=seen_at, status=status)


def changed_since(result: WriteResult) -> bool:
    return result.answer is Answer.CHANGED_SINCE


def held_up(result: WriteResult) -> bool:
    """Whether whatever the record is locked with is better left alone for a moment."""
    if result.answer is Answer.UNKNOWN:
        return not result.read_back
    return result.answer is Answer.REFUSED and classify(result.code, result.message) is Kind.ITEM_SOON


def not_landed(entry: Entry, now: dt.datetime, before: Before) -> Settlement:
    """A write without an answer had no effect: decided afresh at once; where that happens again and again, later."""
    times = held_up_in_a_row(before.tries)
    return Settlement(entry.id, Event.NOT_LANDED, now, retry_at=soon(times, before.family, now) if times else None)


def read_answer(entry: Entry, result: WriteResult, now: dt.datetime, before: Before) -> Read | None:
    """The answer's meaning; None: the entry stays open until a later read settles it."""
    row = result.row
    if row is not None and row.owner == entry.owner:
        return Read(replace(landed(entry, row, now, row.guard_at), landed_at=row.guard_at))
    if result.answer is Answer.REFUSED:
        return _refused(entry, result, now, before)
    if row is not None:
        return _other_owner(entry, result, row, now, before)
    if result.read_back:
        return Read(Settlement(entry.id, Event.GONE, now), lost="the record is gone")
    if result.answer is Answer.CHANGED_SINCE:
        return Read(Settlement(entry.id, Event.NOT_LANDED, now), lost="the record was changed by somebody else")
    return None


def _other_owner(entry: Entry, result: WriteResult, row: Row, now: dt.datetime, before: Before) -> Read | None:
    owner = row.owner
    if result.answer is Answer.ACCEPTED:
        return _overridden(entry, row, now, before)
    if owner != entry.seen_owner:
        return Read(Settlement(entry.id, Event.OTHER_OWNER, now, owner_now=owner), lost="somebody else took it first")
    if result.answer is Answer.CHANGED_SINCE:
        message = "it was changed and its source no longer takes it" if entry.why is None else WORKED_ON
        return Read(Settlement(entry.id, Event.GONE, now, owner_now=owner), lost=message)
    return None


def _overridden(entry: Entry, row: Row, now: dt.datetime, before: Before) -> Read:
    """Whoever changes the owner after every write of ours would do so for ever."""
    by = _called(row, "lastmodifiedby.name", row.modified_by)
    message = f"overridden by {by}: right after our write its owner was {_called(row, 'owner.name', row.owner)}"
    times, retry_at = after_override(before.tries, now)
    settlement = Settlement(
        entry=entry.id,
        event=Event.OTHER_OWNER,
        at=now,
        code=OVERRIDDEN,
        message=message,
        owner_now=row.owner,
        retry_at=retry_at,
        overridden_by=by,
        unchanged_since=row.guard_at,
    )
    return Read(settlement, lost=message, warning=None if retry_at is None else _told(entry, by, times, retry_at))


def _told(entry: Entry, by: str, times: int, retry_at: dt.datetime) -> str:
    return (
        f"{entry.object} {entry.item}: {by} changed its owner right after our write, {times} times in a row: let the "
        f"flow, trigger or rule that does so leave our owners alone, or take the record out of the source of "
        f"'{entry.group}'; it is tried again at {retry_at:%H:%M} UTC, or when somebody else changes it"
    )


def _called(row: Row, name: str, record_id: str | None) -> str:
    """`Process Robot (005…)`; the Id alone where the read-back has no name."""
    named = row.values.get(name)
    return f"{named} ({record_id})" if named else f"{record_id}"


def _refused(entry: Entry, result: WriteResult, now: dt.datetime, before: Before) -> Read:
    """A record that is not there any more is refused with the same code as an owner who is not."""
    code, message = result.code or "UNKNOWN", result.message or "the org gave no reason"
    kind = classify(code, message, entry.owner)
    if kind is Kind.GONE or (kind is Kind.OWNER and result.read_back and result.row is None):
        return Read(Settlement(entry.id, Event.GONE, now, code, message), lost="the record is gone")
    others = () if kind is not Kind.OWNER or names(message, entry.owner) else refused_before(before.tries, code)
    if others:
        kind = Kind.ITEM
        message = f"{message} (refused for {len({entry.owner, *others})} owners in turn, so it is held as the record's)"
    settlement = Settlement(
        entry=entry.id,
        event=Event.REFUSED,
        at=now,
        code=code,
        message=message,
        owner_now=result.row.owner if result.row else None,
        retry_at=_retry_at(kind, now, before),
        refuse_owner=kind is Kind.OWNER,
        given_back=others,
    )
    return Read(settlement, failed=(code, message, kind is not Kind.ITEM))


def _retry_at(kind: Kind, now: dt.datetime, before: Before) -> dt.datetime | None:
    """None: in the next cycle."""
    if kind is Kind.ITEM:
        return now + ITEM_BACK_OFF
    if kind is Kind.ITEM_SOON:
        return soon(1 + held_up_in_a_row(before.tries), before.family, now)
    return None
