"""What commands ask of a running daemon, through the database: `resync`, `reassign`, `undo`, `pause`, `resume`.

A command puts its request and waits; the daemon takes all open ones first thing in a cycle and answers each. A
request that nobody took in time is never carried out: who asked has been told so and gone.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from sfassign.storage.columns import dump
from sfassign.storage.tables import REQUEST

STALE = dt.timedelta(minutes=10)
KEPT = dt.timedelta(days=1)
ASK_AGAIN_SECONDS = 0.2

_OPEN, _TAKEN, _ANSWERED, _EXPIRED = "open", "taken", "answered", "expired"


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked: `kind` is the command, `payload` its arguments as JSON values."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    asked_at: dt.datetime


def put(connection: Connection, kind: str, payload: Mapping[str, Any], now: dt.datetime) -> int:
    connection.execute(delete(REQUEST).where(REQUEST.c.asked_at < now - KEPT))
    number: int = (connection.execute(select(func.max(REQUEST.c.id))).scalar_one() or 0) + 1
    row = {"id": number, "kind": kind, "payload_json": dump(dict(payload)), "state": _OPEN, "asked_at": now}
    connection.execute(REQUEST.insert().values(row))
    return number


def take(connection: Connection, now: dt.datetime) -> tuple[Request, ...]:
    open_ = REQUEST.c.state == _OPEN
    connection.execute(update(REQUEST).where(open_, REQUEST.c.asked_at < now - STALE).values(state=_EXPIRED))
    rows = connection.execute(select(REQUEST).where(open_).order_by(REQUEST.c.id)).all()
    connection.execute(update(REQUEST).where(open_).values(state=_TAKEN))
    return tuple(Request(row.id, row.kind, json.loads(row.payload_json), row.asked_at) for row in rows)


def answer(connection: Connection, number: int, text: Mapping[str, Any]) -> None:
    taken = update(REQUEST).where(REQUEST.c.id == number, REQUEST.c.state == _TAKEN)
    connection.execute(taken.values(state=_ANSWERED, answer_json=dump(dict(text))))


def answered(connection: Connection, number: int) -> Mapping[str, Any] | None:
    row = connection.execute(select(REQUEST.c.answer_json).where(REQUEST.c.id == number)).scalar_one_or_none()
    return None if row is None else dict(json.loads(row))


def withdraw(connection: Connection, number: int) -> None:
    """Who asked waits no longer: not to be carried out, where it was not taken yet."""
    connection.execute(update(REQUEST).where(REQUEST.c.id == number, REQUEST.c.state == _OPEN).values(state=_EXPIRED))
