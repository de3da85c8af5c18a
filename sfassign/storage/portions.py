"""A reading of one object that comes in portions: what was kept when it began, and was not brought, goes at its end.

Portions are absorbed one by one, so that a million rows need the memory of a few thousand. The watermark moves in the
transaction that ends the reading: one that breaks off is begun again. Carries out `Store.begin_reading`, `unread` and
`end_reading`; `absorbing` tells what portions brought.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from sfassign.storage import clocks, loads
from sfassign.storage.aging import end_aging
from sfassign.storage.columns import chunks
from sfassign.storage.database import insert_into, upsert
from sfassign.storage.tables import ACTIVE, LINE, UNREAD, WATERMARK

DROPPED_AT_ONCE = 10_000


def begin(connection: Connection, object_name: str, owners: Sequence[str] | None, *, waiting: bool = False) -> None:
    connection.execute(delete(UNREAD).where(UNREAD.c.object == object_name))
    for table in (LINE,) if waiting else (ACTIVE, LINE):
        kept = select(table.c.id, table.c.object).where(table.c.object == object_name)
        for wanted in _of_owners(kept, table.c.owner, owners):
            marking = insert_into(connection, UNREAD).from_select(["id", "object"], wanted)
            connection.execute(marking.on_conflict_do_nothing())


def _of_owners(kept: Select[Any], owner: Any, owners: Sequence[str] | None) -> Iterable[Select[Any]]:
    return [kept] if owners is None else [kept.where(owner.in_(some)) for some in chunks(owners)]


def brought(connection: Connection, object_name: str, items: Iterable[str]) -> None:
    """These need not be looked for any more. An object that was not known before has nothing to look for."""
    of_object = select(UNREAD.c.id).where(UNREAD.c.object == object_name).limit(1)
    if connection.execute(of_object).first() is None:
        return
    for ids in chunks(items):
        connection.execute(delete(UNREAD).where(UNREAD.c.id.in_(ids)))


def unread(connection: Connection, object_name: str) -> tuple[str, ...]:
    wanted = select(UNREAD.c.id).where(UNREAD.c.object == object_name).order_by(UNREAD.c.id)
    return tuple(connection.execute(wanted).scalars())


def end(connection: Connection, object_name: str, at: dt.datetime | None) -> None:
    for gone in chunks(unread(connection, object_name), DROPPED_AT_ONCE):
        loads.replace(connection, object_name, dict.fromkeys(gone))
        end_aging(connection, gone)
        clocks.end(connection, gone)
        for ids in chunks(gone):
            connection.execute(delete(LINE).where(LINE.c.id.in_(ids)))
    connection.execute(delete(UNREAD).where(UNREAD.c.object == object_name))
    if at is not None:
        upsert(connection, WATERMARK, [{"object": object_name, "at": at}])
