"""What becomes of an item that nobody takes: when it is sent on, and what is written on it. The engine asks.

An item in review, and one that nobody could take for long enough, get a note: fields of the record, set once for
each thing there is to say. Times run in the present spell of waiting; policy.md, "What a cycle decides" 4 and Actions.
"""

from __future__ import annotations

import datetime as dt

from sfassign.core.decision import Diagnosis, Gate, Note, NoteKind
from sfassign.core.model import WorkItem
from sfassign.core.policy import Destination, Group
from sfassign.core.roster import NO_OWNERS, Owners

NOT_AGAIN_WITHIN = dt.timedelta(hours=1)
"""At most so often an item is told anew why nobody takes it."""


def group_now(item: WorkItem, home: str) -> str:
    """The group the item belongs to: where an overflow put it, as long as its source puts it where it did then."""
    return item.overflowed[1] if item.overflowed is not None and item.overflowed[0] == home else home


def owners_of(item: WorkItem, group: Group) -> Owners:
    """Who of its owners does not get the item (back): the last `exclude_last`, and always the present one of an item
    that is to change hands."""
    last = 0 if group.neglect is None else group.neglect.exclude_last
    if item.again is None:
        return ("", tuple(sorted(item.previous[:last]))) if item.previous and last else NO_OWNERS
    return item.owner, tuple(sorted(item.previous[: max(last, 1)]))


def sent_on(item: WorkItem, group: Group, now: dt.datetime, groups: frozenset[str]) -> Destination | None:
    """Where an item goes that nobody of its group could take for too long; not to a group that is switched off."""
    overflow = group.overflow
    if overflow is None or now - item.waiting_since < overflow.after:
        return None
    return None if overflow.to.group is not None and overflow.to.group not in groups else overflow.to


def unassigned_note(item: WorkItem, group: Group, diagnosis: Diagnosis, now: dt.datetime) -> Note | None:
    """What is written on an item that waited long enough; again only when the reason codes are others."""
    writes = group.on_not_assigned
    if writes is None or writes.after is None or now - item.waiting_since < writes.after:
        return None
    about, last = _codes(diagnosis), item.unassigned
    in_this_spell = last is not None and last.at >= item.waiting_since
    if last is not None and in_this_spell and (last.about == about or now - last.at < NOT_AGAIN_WITHIN):
        return None
    return Note(NoteKind.NOT_ASSIGNED, writes.set, diagnosis.reasons() or "nobody is in the group", about)


def review_note(item: WorkItem, group: Group, reason: str) -> Note | None:
    """What is written on an item when a review rule begins to hold."""
    if group.on_review is None or (item.flagged is not None and item.flagged.about == reason):
        return None
    return Note(NoteKind.REVIEW, group.on_review.set, reason, reason)


def _codes(diagnosis: Diagnosis) -> str:
    return ",".join(gate.value for gate in Gate if diagnosis.tally.get(gate))
