"""What the org's answer to one owner change means. Pure: an answer and what was read back in, an event out.

The record read back wins over the answer: a write has landed when the record says so.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sfassign.core.journal import Entry, Event
from sfassign.core.refusals import Kind, classify
from sfassign.core.touches import status_of
from sfassign.ports import Answer, Row, Settlement, WriteResult

ITEM_BACK_OFF = dt.timedelta(hours=1)
"""How long an item that the org refused for its own sake is left alone, unless it changes before."""

HONOURED = "precondition_honoured"
"""The fact that this org once answered 412: a late write can then no longer overwrite a newer one. With an object
behind a colon it is known of that object."""

OVERRIDDEN = "OVERRIDDEN"
"""The journal's code for an owner who was changed right after our write, before it was read back."""

WORKED_ON = "it was changed in the meantime, so it stays with its owner"


@dataclass(frozen=True, slots=True)
class Read:
    """An answer, understood: the entry's next event, and how to report it where it did not land.

    `failed` is (code, message, retry).
    """

    settlement: Settlement
    failed: tuple[str, str, bool] | None = None
    lost: str | None = None


def landed(entry: Entry, row: Row, now: dt.datetime, seen_at: dt.datetime) -> Settlement:
    """The record has the owner we gave it, as seen at that moment of the org's clock."""
    status = status_of(row.object, row.values)
    return Settlement(entry.id, Event.LANDED, now, owner_now=row.owner, seen_at=seen_at, status=status)


def changed_since(result: WriteResult) -> bool:
    return result.answer is Answer.CHANGED_SINCE


def read_answer(entry: Entry, result: WriteResult, now: dt.datetime) -> Read | None:
    """The answer's meaning; None: the entry stays open until a later read settles it."""
    row = result.row
    if row is not None and row.owner == entry.owner:
        return Read(replace(landed(entry, row, now, row.guard_at), landed_at=row.guard_at))
    if result.answer is Answer.REFUSED:
        return _refused(entry, result, now)
    if row is not None:
        return _other_owner(entry, result, row, now)
    if result.read_back:
        return Read(Settlement(entry.id, Event.GONE, now), lost="the record is gone")
    if result.answer is Answer.CHANGED_SINCE:
        return Read(Settlement(entry.id, Event.NOT_LANDED, now), lost="the record was changed by somebody else")
    return None


def _other_owner(entry: Entry, result: WriteResult, row: Row, now: dt.datetime) -> Read | None:
    owner = row.owner
    if result.answer is Answer.ACCEPTED:
        by = _called(row, "lastmodifiedby.name", row.modified_by)
        message = f"overridden by {by}: right after our write its owner was {_called(row, 'owner.name', owner)}"
        settlement = Settlement(entry.id, Event.OTHER_OWNER, now, OVERRIDDEN, message, owner, overridden_by=by)
        return Read(settlement, lost=message)
    if owner != entry.seen_owner:
        return Read(Settlement(entry.id, Event.OTHER_OWNER, now, owner_now=owner), lost="somebody else took it first")
    if result.answer is Answer.CHANGED_SINCE:
        message = "it was changed and its source no longer takes it" if entry.why is None else WORKED_ON
        return Read(Settlement(entry.id, Event.GONE, now, owner_now=owner), lost=message)
    return None


def _called(row: Row, name: str, record_id: str | None) -> str:
    """`Process Robot (005…)`; the Id alone where the read-back has no name."""
    named = row.values.get(name)
    return f"{named} ({record_id})" if named else f"{record_id}"


def _refused(entry: Entry, result: WriteResult, now: dt.datetime) -> Read:
    """A record that is not there any more is refused with the same code as an owner who is not."""
    code, message = result.code or "UNKNOWN", result.message or "the org gave no reason"
    kind = classify(code, message, entry.owner)
    if kind is Kind.GONE or (kind is Kind.OWNER and result.read_back and result.row is None):
        return Read(Settlement(entry.id, Event.GONE, now, code, message), lost="the record is gone")
    settlement = Settlement(
        entry=entry.id,
        event=Event.REFUSED,
        at=now,
        code=code,
        message=message,
        owner_now=result.row.owner if result.row else None,
        retry_at=now + ITEM_BACK_OFF if kind is Kind.ITEM else None,
        refuse_owner=kind is Kind.OWNER,
    )
    return Read(settlement, failed=(code, message, kind is not Kind.ITEM))
