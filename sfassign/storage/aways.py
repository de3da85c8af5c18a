"""Members who are taken for absent because they let an item lie (`mark_away`), until they are seen active again.

They come back with a session begun after that, another Omni-Channel status, an edit or activity of theirs, or
`sfassign resume`. Used by `people` and `clocks`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, select

from sfassign.core.gates import UI_SESSIONS
from sfassign.core.model import Pause
from sfassign.ports import OmniRow, SessionRow
from sfassign.storage.database import insert_into
from sfassign.storage.tables import PAUSE, READING

AWAY = "away"


def enter(connection: Connection, user: str, pause: Pause, at: dt.datetime) -> None:
    """One who is away already stays so, since then."""
    row = {"kind": AWAY, "target": user, "reason": pause.reason, "until": None, "since": at}
    row |= {"omni": _omni_now(connection).get(user)}
    connection.execute(insert_into(connection, PAUSE).on_conflict_do_nothing(), [row])


def seen(connection: Connection, moments: Iterable[tuple[str, dt.datetime]]) -> None:
    """What these users did, and when."""
    waiting = _away(connection)
    if waiting:
        _end(connection, (user for user, at in moments if user in waiting and at > waiting[user][0]))


def sessions_read(connection: Connection, sessions: Sequence[SessionRow]) -> None:
    """A session in the browser, begun since, is somebody who logged in again."""
    begun = [(one.user, one.begun_at) for one in sessions if one.session_type.lower() in UI_SESSIONS]
    seen(connection, ((user, at) for user, at in begun if at is not None))


def omni_read(connection: Connection, rows: Sequence[OmniRow]) -> None:
    """Another status than the one they had; none at all is not somebody at work."""
    waiting = _away(connection)
    _end(connection, (row.user for row in rows if row.user in waiting and row.status != waiting[row.user][1]))


def end(connection: Connection, user: str) -> None:
    _end(connection, [user])


def _end(connection: Connection, users: Iterable[str]) -> None:
    for user in dict.fromkeys(users):
        connection.execute(delete(PAUSE).where(PAUSE.c.kind == AWAY, PAUSE.c.target == user))


def _away(connection: Connection) -> dict[str, tuple[dt.datetime, str | None]]:
    rows = connection.execute(select(PAUSE.c.target, PAUSE.c.since, PAUSE.c.omni).where(PAUSE.c.kind == AWAY))
    return {target: (since, omni) for target, since, omni in rows}


def _omni_now(connection: Connection) -> dict[str, str]:
    text = connection.execute(select(READING.c.rows_json).where(READING.c.source == "omni")).scalar_one_or_none()
    return {} if text is None else {row[0]: row[1] for row in json.loads(text)}
