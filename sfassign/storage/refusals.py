"""Owners the org refused for an object: how long nobody offers them. Used by `journaling` as owner changes end.

One hour, doubling with every further refusal to a day; an accepted write or `resume` starts over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from sfassign.core.journal import Entry
from sfassign.storage.database import upsert
from sfassign.storage.tables import REFUSAL

FIRST_REFUSAL = dt.timedelta(hours=1)
LONGEST_REFUSAL = dt.timedelta(hours=24)


def refuse(connection: Connection, entry: Entry, at: dt.datetime) -> None:
    """Refusals of writes that were under way together are one strike."""
    who = {"user_id": entry.owner, "object": entry.object}
    same = (REFUSAL.c.user_id == entry.owner, REFUSAL.c.object == entry.object)
    kept = connection.execute(select(REFUSAL.c.strikes, REFUSAL.c.until).where(*same)).one_or_none()
    if kept is not None and at < kept.until:
        return
    strikes = 1 if kept is None else kept.strikes + 1
    until = at + min(FIRST_REFUSAL * 2 ** min(strikes - 1, 10), LONGEST_REFUSAL)
    upsert(connection, REFUSAL, [who | {"until": until, "strikes": strikes}])


def accepted(connection: Connection, entry: Entry) -> None:
    connection.execute(delete(REFUSAL).where(REFUSAL.c.user_id == entry.owner, REFUSAL.c.object == entry.object))


def give_back(connection: Connection, users: Sequence[str], object_name: str, at: dt.datetime) -> None:
    """It was the item: they may have others from now on. The strike stays until a write of theirs is accepted, and who
    was refused more than once stays refused: that was not one item."""
    once = (REFUSAL.c.user_id.in_(users), REFUSAL.c.object == object_name, REFUSAL.c.strikes == 1, REFUSAL.c.until > at)
    if users:
        connection.execute(update(REFUSAL).where(*once).values(until=at))
