"""What a poll brought becomes the line and the active rows. Carries out `Store.absorb`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from sfassign.core.tries import OVERRIDDEN
from sfassign.ports import ObjectNews, Sighting, Sweep
from sfassign.ports import Row as Read
from sfassign.storage import clocks, loads, picks, portions
from sfassign.storage.aging import end_aging
from sfassign.storage.columns import chunks, dump, to_millionths
from sfassign.storage.database import upsert
from sfassign.storage.journaling import last_entries, last_given, previous_owners
from sfassign.storage.tables import BACK_OFF, LINE, WATERMARK


def absorb(connection: Connection, news: Sequence[ObjectNews], at: dt.datetime) -> None:
    """An object may come twice (its sources swept, then its differences): both follow the same previous reading."""
    picks.see(connection, news, at)
    for part in news:
        _absorb_object(connection, part, at)
    for name in sorted({part.object for part in news if part.sweep is not Sweep.PORTION}):
        upsert(connection, WATERMARK, [{"object": name, "at": at}])


def watermark(connection: Connection, object_name: str) -> dt.datetime | None:
    found: dt.datetime | None = connection.execute(
        select(WATERMARK.c.at).where(WATERMARK.c.object == object_name)
    ).scalar_one_or_none()
    return found


def _absorb_object(connection: Connection, news: ObjectNews, at: dt.datetime) -> None:
    sightings = {sighting.row.id: sighting for sighting in news.sightings}
    if news.sweep is Sweep.PORTION:
        portions.brought(connection, news.object, sightings)
    _replace_active(connection, news, sightings)
    _replace_line(connection, news, sightings, at)
    clocks.absorb(connection, sightings, at)
    _forget_back_offs(connection, sightings)


def _replace_active(connection: Connection, news: ObjectNews, sightings: Mapping[str, Sighting]) -> None:
    seen: dict[str, loads.Work | None] = {
        item: (sighting.row.owner, to_millionths(sighting.points)) if sighting.active else None
        for item, sighting in sightings.items()
    }
    if news.sweep is Sweep.ACTIVE:
        seen.update(dict.fromkeys(loads.missing(connection, news.object, seen)))
    loads.replace(connection, news.object, seen)
    inactive = [item for item, work in seen.items() if work is None]
    end_aging(connection, inactive)
    clocks.end(connection, inactive)


def _replace_line(connection: Connection, news: ObjectNews, sightings: Mapping[str, Sighting], at: dt.datetime) -> None:
    waiting = {item: sighting for item, sighting in sightings.items() if sighting.waiting}
    gone = [item for item in sightings if item not in waiting]
    if news.sweep in (Sweep.SOURCES, Sweep.ACTIVE):
        kept = connection.execute(select(LINE.c.id).where(LINE.c.object == news.object)).scalars()
        gone.extend(item for item in kept if item not in sightings)
    for ids in chunks(gone):
        connection.execute(delete(LINE).where(LINE.c.id.in_(ids)))
    before = _lined_up(connection, waiting)
    _change(connection, [sighting for item, sighting in waiting.items() if item in before], before)
    _line_up(connection, news.object, [sighting for item, sighting in waiting.items() if item not in before], at)


def _lined_up(connection: Connection, items: Iterable[str]) -> dict[str, Row[Any, Any, Any, Any]]:
    columns = (LINE.c.id, LINE.c.owner, LINE.c.guard_at, LINE.c.values_json)
    found: dict[str, Row[Any, Any, Any, Any]] = {}
    for ids in chunks(items):
        found.update((row.id, row) for row in connection.execute(select(*columns).where(LINE.c.id.in_(ids))))
    return found


def _change(
    connection: Connection, sightings: Sequence[Sighting], before: Mapping[str, Row[Any, Any, Any, Any]]
) -> None:
    """Rewrites only the rows that differ: a sweep brings all of them, and most are as they were."""
    rows = []
    for sighting in sightings:
        new, old = _as_read(sighting), before[sighting.row.id]
        if (new["owner"], new["guard_at"], new["values_json"]) != (old.owner, old.guard_at, old.values_json):
            rows.append(new | {"item": old.id})
    if rows:
        read: dict[str, Any] = {name: bindparam(name) for name in ("owner", "created_at", "guard_at", "values_json")}
        connection.execute(update(LINE).where(LINE.c.id == bindparam("item")).values(read), rows)


def _line_up(connection: Connection, object_name: str, sightings: Sequence[Sighting], at: dt.datetime) -> None:
    ids = [sighting.row.id for sighting in sightings]
    previous = watermark(connection, object_name)
    given = last_given(connection, ids)
    entries = last_entries(connection, ids)
    owners = previous_owners(connection, entries)
    rows = []
    for sighting in sightings:
        row, entry = sighting.row, entries.get(sighting.row.id)
        since = row.created_at if previous is not None and row.created_at > previous else at
        ages_on = entry is not None and not entry.aging_over
        spell = {"waiting_since": since, "aging_since": entry.aging_since if entry and ages_on else since}
        ours = {"last_given": given.get(row.id), "previous_json": dump(owners.get(row.id, ()))}
        place = {"id": row.id, "object": row.object, "group_name": sighting.group}
        rows.append(_as_read(sighting) | place | ours | spell)
    if rows:
        connection.execute(LINE.insert(), rows)


def _as_read(sighting: Sighting) -> dict[str, Any]:
    row = sighting.row
    return {
        "owner": row.owner,
        "created_at": row.created_at,
        "guard_at": row.guard_at,
        "values_json": dump(dict(row.values)),
    }


def _forget_back_offs(connection: Connection, sightings: Mapping[str, Sighting]) -> None:
    """Whose record changed; after an override not by who overrides."""
    for ids in chunks(sightings):
        kept = list(connection.execute(select(BACK_OFF).where(BACK_OFF.c.item.in_(ids))))
        changed = [row for row in kept if sightings[row.item].row.guard_at > row.guard_at]
        overrides = last_entries(connection, [row.item for row in changed if row.code == OVERRIDDEN])
        lifted = [row.item for row in changed if not _by_who_overrides(sightings[row.item].row, overrides)]
        if lifted:
            connection.execute(delete(BACK_OFF).where(BACK_OFF.c.item.in_(lifted)))


def _by_who_overrides(row: Read, overrides: Mapping[str, Row[Any]]) -> bool:
    last = overrides.get(row.id)
    return last is not None and row.modified_by is not None and row.modified_by in (last.overridden_by or "")
