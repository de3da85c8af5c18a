"""The outbox of messages to people. Those about an owner change are entered with it in `plan` and become due in the
very transaction that confirms it: a crash in between loses none, a lost race sends none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from sfassign.core.journal import State
from sfassign.core.notice import Notice, NoticeKind, Outlet, WaitingNotice
from sfassign.ports import NoticeBox
from sfassign.storage.columns import chunks, storable
from sfassign.storage.tables import JOURNAL, NOTICE

_DUE = NOTICE.c.entry.is_(None)


def enter(connection: Connection, notices: Mapping[int, Sequence[Notice]]) -> None:
    """By the number of the entry that has to be confirmed first."""
    _insert(connection, [(entry, notice) for entry, some in notices.items() for notice in some])


def post(connection: Connection, notices: Sequence[Notice]) -> None:
    _insert(connection, [(None, notice) for notice in notices])


def confirmed(connection: Connection, entry: int, at: dt.datetime) -> None:
    """Due from now on."""
    waiting = update(NOTICE).where(NOTICE.c.entry == entry)
    connection.execute(waiting.values(entry=None, at=at, next_at=at))


def come_to_nothing(connection: Connection, entry: int) -> None:
    connection.execute(delete(NOTICE).where(NOTICE.c.entry == entry))


def forget_lapsed(connection: Connection, before: dt.datetime) -> None:
    """Those about owner changes that had lapsed by then and did not land late either."""
    lapsed = select(JOURNAL.c.id).where(JOURNAL.c.state == State.LAPSED.value, JOURNAL.c.settled_at < before)
    connection.execute(delete(NOTICE).where(NOTICE.c.entry.is_not(None), NOTICE.c.entry.in_(lapsed)))


def box(connection: Connection, now: dt.datetime, most: int) -> NoticeBox:
    waiting: int = connection.execute(select(func.count()).where(_DUE)).scalar_one()
    if not waiting:
        return NoticeBox((), 0)
    due = select(NOTICE).where(_DUE, NOTICE.c.next_at <= now).order_by(NOTICE.c.number).limit(most)
    return NoticeBox(tuple(map(_waiting, connection.execute(due))), waiting)


def put_off(connection: Connection, numbers: Sequence[int], until: dt.datetime, *, trying: bool) -> None:
    for some in chunks(numbers):
        rows = update(NOTICE).where(NOTICE.c.number.in_(some))
        connection.execute(rows.values(next_at=until, attempts=NOTICE.c.attempts + (1 if trying else 0)))


def close(connection: Connection, numbers: Sequence[int]) -> None:
    for some in chunks(numbers):
        connection.execute(delete(NOTICE).where(NOTICE.c.number.in_(some)))


def drop_oldest(connection: Connection, keep: int) -> int:
    newest = select(NOTICE.c.number).where(_DUE).order_by(NOTICE.c.number.desc()).offset(keep).limit(1)
    last_too_many = connection.execute(newest).scalar_one_or_none()
    if last_too_many is None:
        return 0
    return connection.execute(delete(NOTICE).where(_DUE, NOTICE.c.number <= last_too_many)).rowcount


def _insert(connection: Connection, notices: Sequence[tuple[int | None, Notice]]) -> None:
    if not notices:
        return
    last = connection.execute(select(func.max(NOTICE.c.number))).scalar_one() or 0
    rows = [_row(number, entry, notice) for number, (entry, notice) in enumerate(notices, start=last + 1)]
    connection.execute(NOTICE.insert(), rows)


def _row(number: int, entry: int | None, notice: Notice) -> dict[str, Any]:
    return {
        "number": number,
        "entry": entry,
        "outlet": notice.outlet.value,
        "kind": notice.kind.value,
        "user_id": notice.user,
        "user_name": storable(notice.user_name),
        "object": notice.object,
        "item": notice.item,
        "label": storable(notice.label),
        "group_name": notice.group,
        "score": notice.score,
        "reason": storable(notice.reason),
        "at": notice.at,
        "attempts": 0,
        "next_at": notice.at,
    }


def _waiting(row: Row[Any]) -> WaitingNotice:
    notice = Notice(
        outlet=Outlet(row.outlet),
        kind=NoticeKind(row.kind),
        user=row.user_id,
        user_name=row.user_name,
        object=row.object,
        item=row.item,
        label=row.label,
        group=row.group_name,
        score=row.score,
        reason=row.reason,
        at=row.at,
    )
    return WaitingNotice(row.number, notice, row.attempts)
