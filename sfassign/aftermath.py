"""Whether anybody touched an item since we gave it away: what `undo` looks at before it takes a decision back.

1. The item still has the owner we wrote.
2. The record was not changed since: its last change is the one read back in the call of our write. Where our write was
   confirmed by a later reading only, the last change must be by our own user.
3. Its owner has neither created nor changed a Task or Event under it since our decision, where the org shows those.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from sfassign.bootstrap import App
from sfassign.by_hand import one_of_ids
from sfassign.core.journal import Entry
from sfassign.core.unwinding import Unwinding
from sfassign.outcome import iso
from sfassign.policy import parent_fields
from sfassign.ports import ObjectRead, ObjectShape, PollRequest, Row
from sfassign.soql.tree import Or

ACTIVITIES = ("Task", "Event")
ITEMS_PER_QUERY = 200
"""27 bytes of a URL each, in every field that leads to the item."""


def touched(last: Entry, row: Row, us: str | None) -> str | None:
    """What of 1 and 2 does not hold. `us` is our own user, None where the org does not tell."""
    if row.owner != last.owner:
        return f"it has another owner by now: {row.owner}"
    if last.landed_at is not None:
        if row.guard_at <= last.landed_at:
            return None
        return f"it was changed at {iso(row.guard_at)}, after our write, by {row.modified_by or 'somebody'}"
    if us is not None and row.modified_by == us:
        return None
    return f"our write was confirmed late, and {row.modified_by or 'somebody'} was the last to change it"


def worked_on(app: App, unwindings: Sequence[Unwinding]) -> dict[str, str]:
    """What of 3 does not hold, by item. Raises an OrgError."""
    by_object: dict[str, dict[str, Entry]] = {}
    for one in unwindings:
        by_object.setdefault(one.last.object, {})[one.last.item] = one.last
    found: dict[str, str] = {}
    for parent, lasts in by_object.items():
        reads = list(_reads(app, parent, lasts))
        polled = app.org.poll(PollRequest(objects=tuple(read for read, _ in reads))) if reads else None
        for (_, fields), rows in zip(reads, polled.rows if polled else (), strict=True):
            for row in rows:
                found.update(_by_the_owner(row, fields, lasts))
    return found


def _reads(app: App, parent: str, lasts: Mapping[str, Entry]) -> Iterable[tuple[ObjectRead, tuple[str, ...]]]:
    ids = list(lasts)
    since = min(entry.decided_at for entry in lasts.values())
    for name in ACTIVITIES:
        shape = app.shapes.of(name)
        fields = _leading_to(shape, parent) if shape is not None else ()
        for start in range(0, len(ids), ITEMS_PER_QUERY) if fields else ():
            under = tuple(one_of_ids(name, ids[start : start + ITEMS_PER_QUERY]) for name in fields)
            where = under[0] if len(under) == 1 else Or(under)
            yield ObjectRead(name, (*fields, "CreatedById"), since, where), fields


def _leading_to(shape: ObjectShape, parent: str) -> tuple[str, ...]:
    return tuple(one.name for one in parent_fields(shape, parent) if one.filterable)


def _by_the_owner(row: Row, fields: Sequence[str], lasts: Mapping[str, Entry]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in fields:
        entry = lasts.get(str(row.values.get(name.lower())))
        if entry is None:
            continue
        since: dt.datetime = entry.landed_at or entry.decided_at
        created = row.values.get("createdbyid") == entry.owner and row.created_at >= since
        changed = row.modified_by == entry.owner and row.guard_at >= since
        if created or changed:
            did = "created" if created else "changed"
            found[entry.item] = f"its owner {entry.owner_username or entry.owner} {did} {row.object} {row.id} since"
    return found
