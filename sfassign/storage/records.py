"""The org's slow records as readings: each kind is one row of JSON, replaced as a whole. Used by `store`, `snapshots`.

A record is kept as the list of its fields; times are ISO text.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, delete, select

from sfassign.core.records import (
    AwayRecord,
    BusinessHoursRecord,
    Directory,
    GroupRecord,
    HolidayRecord,
    LinkRecord,
    OrgRecord,
    OrgRecords,
    Pool,
    ResultsRecord,
    RoleRecord,
    SkillRecord,
)
from sfassign.storage.columns import dump
from sfassign.storage.database import upsert
from sfassign.storage.tables import READING

Decode = Callable[[list[Any]], OrgRecord]


def keep(connection: Connection, part: str, records: Sequence[OrgRecord] | None, at: dt.datetime) -> None:
    if records is None:
        connection.execute(delete(READING).where(READING.c.source == part))
        return
    rows = [[_plain(getattr(record, field.name)) for field in fields(record)] for record in records]
    upsert(connection, READING, [{"source": part, "at": at, "rows_json": dump(rows)}])


def records(connection: Connection) -> OrgRecords:
    """What deciding needs; the groups behind the pools are left where they are."""
    found = _read(connection, ("business_hours", "holidays", "skills", "away", "pools", "results"))
    at = connection.execute(select(READING.c.at).where(READING.c.source == "away")).scalar_one_or_none()
    return OrgRecords(**found, away_at=at)


def directory(connection: Connection) -> Directory:
    return Directory(**_read(connection, ("groups", "links", "roles")))


def pools(connection: Connection) -> tuple[Pool, ...] | None:
    found: tuple[Pool, ...] | None = _read(connection, ("pools",)).get("pools")
    return found


def _read(connection: Connection, parts: Sequence[str]) -> dict[str, Any]:
    kept = connection.execute(select(READING.c.source, READING.c.rows_json).where(READING.c.source.in_(parts)))
    return {part: tuple(_DECODE[part](row) for row in json.loads(text)) for part, text in kept}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _instant(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)


def _date(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _time(text: str | None) -> dt.time | None:
    return None if text is None else dt.time.fromisoformat(text)


def _away(row: list[Any]) -> AwayRecord:
    user, start, end, all_day = row
    return AwayRecord(user, dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end), all_day)


def _business_hours(row: list[Any]) -> BusinessHoursRecord:
    name, is_active, timezone, days = row
    return BusinessHoursRecord(name, is_active, timezone, tuple((_time(start), _time(end)) for start, end in days))


def _holiday(row: list[Any]) -> HolidayRecord:
    name, day, minutes, recurs, starts, ends, *rest = row
    spans = None if minutes is None else (minutes[0], minutes[1])
    return HolidayRecord(name, _date(day), spans, recurs, _date(starts), _date(ends), *rest)


def _skill(row: list[Any]) -> SkillRecord:
    user, label, developer_name, since, until = row
    return SkillRecord(user, label, developer_name, dt.datetime.fromisoformat(since), _instant(until))


def _pool(row: list[Any]) -> Pool:
    group, users, roles, troubles = row
    return Pool(group, frozenset(users), frozenset(roles), tuple(troubles))


def _results(row: list[Any]) -> ResultsRecord:
    basis, members = row
    return ResultsRecord(basis, tuple((user, won, closed) for user, won, closed in members))


_DECODE: Mapping[str, Decode] = MappingProxyType(
    {
        "away": _away,
        "business_hours": _business_hours,
        "holidays": _holiday,
        "skills": _skill,
        "groups": lambda row: GroupRecord(*row),
        "links": lambda row: LinkRecord(*row),
        "roles": lambda row: RoleRecord(*row),
        "pools": _pool,
        "results": _results,
    }
)
