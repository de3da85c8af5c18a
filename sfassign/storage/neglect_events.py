"""What neglect came to, and when its clocks stood still. Used by `clocks`, `store` and the report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, func, or_, select, update

from sfassign.core.neglect import Standstill
from sfassign.ports import NeglectEvent
from sfassign.storage.columns import storable
from sfassign.storage.database import upsert
from sfassign.storage.tables import CYCLE, NEGLECT_EVENT, STANDSTILL


def enter(connection: Connection, events: Sequence[NeglectEvent]) -> None:
    last = connection.execute(select(func.max(NEGLECT_EVENT.c.id))).scalar_one() or 0
    rows = [
        {
            "id": number,
            "at": event.at,
            "kind": event.kind,
            "object": event.object,
            "item": event.item,
            "group_name": event.group,
            "user_id": event.user,
            "sentence": storable(event.sentence),
        }
        for number, event in enumerate(events, start=last + 1)
    ]
    if rows:
        connection.execute(NEGLECT_EVENT.insert(), rows)


def standstills(connection: Connection, since: dt.datetime) -> tuple[Standstill, ...]:
    lasted = or_(STANDSTILL.c.until.is_(None), STANDSTILL.c.until > since)
    rows = connection.execute(select(STANDSTILL).where(lasted).order_by(STANDSTILL.c.group_name, STANDSTILL.c.since))
    return tuple(Standstill(row.group_name, row.since, row.until) for row in rows)


def stand_still(connection: Connection, found: Sequence[Standstill]) -> None:
    upsert(connection, STANDSTILL, [{"group_name": one.group, "since": one.since, "until": one.until} for one in found])


def last_completed(connection: Connection) -> dt.datetime | None:
    completed = select(CYCLE.c.completed_at).where(CYCLE.c.completed_at.is_not(None))
    found: dt.datetime | None = connection.execute(completed.order_by(CYCLE.c.number.desc()).limit(1)).scalar()
    return found


def rename(connection: Connection, old: str, new: str) -> None:
    """A group goes by a new name."""
    for table in (STANDSTILL, NEGLECT_EVENT):
        connection.execute(update(table).where(table.c.group_name == old).values(group_name=new))
