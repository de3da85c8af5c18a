"""Who had an item before, and how often it was taken away: read off the journal. Carries out `Store.ownership`."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from sfassign.core.journal import State
from sfassign.core.model import Why
from sfassign.ports import Ownership
from sfassign.storage import journaling, snapshots
from sfassign.storage.columns import chunks
from sfassign.storage.tables import JOURNAL

TAKEN_AWAY = frozenset({Why.NEGLECTED.value, Why.RETURNED.value})


def ownership(connection: Connection, items: Sequence[str], now: dt.datetime) -> Mapping[str, Ownership]:
    """Of each of these items."""
    entries: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for ids in chunks(items):
        confirmed = (JOURNAL.c.state == State.CONFIRMED.value, JOURNAL.c.dry_run.is_(False))
        found = select(JOURNAL).where(JOURNAL.c.item.in_(ids), *confirmed).order_by(JOURNAL.c.id.desc())
        for row in connection.execute(found):
            entries[row.item].append(row)
    reasons = snapshots.blocked(connection, now, journaling.open_entries(connection))
    owners = journaling.previous_owners(connection, items)
    return {item: _ownership(entries[item], owners.get(item, ()), reasons.get(item)) for item in items}


def _ownership(entries: Sequence[Row[Any]], previous: tuple[str, ...], blocked: str | None) -> Ownership:
    """`entries` are the confirmed ones, last first. A touch ends the age of those before it, and their counting."""
    last = entries[0] if entries else None
    return Ownership(
        previous=previous,
        taken=sum(row.why in TAKEN_AWAY and not row.aging_over for row in entries),
        came_from=None if last is None else last.seen_owner,
        aging_since=None if last is None or last.aging_over else last.aging_since,
        blocked=blocked,
    )
