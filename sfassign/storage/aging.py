"""When an item's age ends: what it waits from then on ages afresh. Used by `absorbing` and `clocks`."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, update

from sfassign.storage.columns import chunks
from sfassign.storage.tables import JOURNAL


def end_aging(connection: Connection, items: Iterable[str]) -> None:
    """An item that was inactive or touched in between ages afresh when it waits again."""
    for ids in chunks(items):
        ended = update(JOURNAL).where(JOURNAL.c.item.in_(ids), JOURNAL.c.aging_over.is_(False))
        connection.execute(ended.values(aging_over=True))
