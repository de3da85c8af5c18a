"""Who may be a member, who is there, who is paused: what the org and the commands said last. Used by `store`,
`snapshots` and `views`."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, false, func, or_, select

from sfassign.core.model import Member, Pause, Presence
from sfassign.ports import OmniRow, SessionRow, UserRow
from sfassign.soql import is_id, to18
from sfassign.storage import aways
from sfassign.storage.columns import dump
from sfassign.storage.database import upsert
from sfassign.storage.tables import PAUSE, READING, REFUSAL, USER

LOGGED_IN = "logged_in"
OMNI = "omni"
FROZEN = "frozen"
USERS = "users"

Session = tuple[str, dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses that hold at one instant."""

    users: Mapping[str, Pause]
    groups: Mapping[str, Pause]
    everything: Pause | None


def keep_users(connection: Connection, users: Sequence[UserRow], at: dt.datetime) -> None:
    """The list is whole: users it does not have are forgotten."""
    connection.execute(delete(USER))
    rows = [
        {
            "id": user.id,
            "username": user.username,
            "name": user.name,
            "is_active": user.is_active,
            "timezone": user.timezone,
            "values_json": dump(dict(user.values)),
        }
        for user in {user.id: user for user in users}.values()
    ]
    if rows:
        connection.execute(USER.insert(), rows)
    _keep(connection, USERS, at, [])


def keep_frozen(connection: Connection, frozen: frozenset[str]) -> None:
    _keep(connection, FROZEN, None, sorted(frozen))


def keep_sessions(connection: Connection, sessions: Sequence[SessionRow], at: dt.datetime) -> None:
    rows = [
        [row.user, row.session_type, row.last_used.isoformat(), row.valid_until.isoformat()]
        for row in sorted(sessions, key=lambda row: (row.user, row.session_type, row.last_used, row.valid_until))
    ]
    _keep(connection, LOGGED_IN, at, rows)
    aways.sessions_read(connection, sessions)


def keep_omni(connection: Connection, rows: Sequence[OmniRow], at: dt.datetime) -> None:
    _keep(connection, OMNI, at, [[row.user, row.status, row.developer_name, row.is_away] for row in rows])
    aways.omni_read(connection, rows)


def pause(connection: Connection, kind: str, target: str, wanted: Pause | None) -> None:
    if wanted is not None:
        row = {"kind": kind, "target": target, "reason": wanted.reason, "until": wanted.until}
        upsert(connection, PAUSE, [row])
        return
    connection.execute(delete(PAUSE).where(PAUSE.c.kind == kind, PAUSE.c.target == target))
    if kind == "user":
        connection.execute(delete(REFUSAL).where(REFUSAL.c.user_id == target))
        aways.end(connection, target)


def pauses(connection: Connection, now: dt.datetime) -> Pauses:
    found: dict[str, dict[str, Pause]] = {aways.AWAY: {}, "user": {}, "group": {}, "all": {}}
    for row in connection.execute(select(PAUSE).order_by(PAUSE.c.kind, PAUSE.c.target)):
        if row.until is None or row.until > now:
            found[row.kind][row.target] = Pause(row.reason, row.until)
    return Pauses(found[aways.AWAY] | found["user"], found["group"], found["all"].get(""))


def presence_at(connection: Connection) -> dict[str, dt.datetime]:
    rows = connection.execute(select(READING.c.source, READING.c.at).where(READING.c.source.in_([LOGGED_IN, OMNI])))
    return dict(sorted(rows))


def members(connection: Connection, paused: Mapping[str, Pause]) -> tuple[Member, ...]:
    """Every user who may be a member, by Id."""
    frozen = frozenset(_rows(connection, FROZEN))
    present = _presences(connection)
    rows = sorted(connection.execute(select(USER)), key=lambda row: row.id)
    return tuple(
        Member(
            id=row.id,
            username=row.username,
            name=row.name,
            is_active=row.is_active,
            timezone=row.timezone,
            values=json.loads(row.values_json),
            is_frozen=row.id in frozen,
            presence=present.get(row.id, Presence()),
            pause=paused.get(row.id),
        )
        for row in rows
    )


def _presences(connection: Connection) -> dict[str, Presence]:
    sessions: defaultdict[str, list[Session]] = defaultdict(list)
    for user, kind, last_used, valid_until in _rows(connection, LOGGED_IN):
        sessions[user].append((kind, dt.datetime.fromisoformat(last_used), dt.datetime.fromisoformat(valid_until)))
    omni = {row[0]: row[1:] for row in _rows(connection, OMNI)}
    return {
        user: Presence(tuple(sessions.get(user, ())), *omni.get(user, (None, None, False)))
        for user in {*sessions, *omni}
    }


def _keep(connection: Connection, source: str, at: dt.datetime | None, rows: list[Any]) -> None:
    upsert(connection, READING, [{"source": source, "at": at, "rows_json": dump(rows)}])


def _rows(connection: Connection, source: str) -> list[Any]:
    text = connection.execute(select(READING.c.rows_json).where(READING.c.source == source)).scalar_one_or_none()
    return [] if text is None else list(json.loads(text))


def users(connection: Connection) -> tuple[UserRow, ...]:
    """Every user who may be a member, by Id."""
    return tuple(_user_row(row) for row in connection.execute(select(USER).order_by(USER.c.id)))


def find_user(connection: Connection, named: str) -> UserRow | None:
    """The user with this Username, capitals aside, or this Id."""
    wanted = or_(func.lower(USER.c.username) == named.lower(), USER.c.id == to18(named) if is_id(named) else false())
    row = connection.execute(select(USER).where(wanted)).first()
    return None if row is None else _user_row(row)


def _user_row(row: Any) -> UserRow:
    return UserRow(row.id, row.username, row.name, row.is_active, row.timezone, json.loads(row.values_json))
