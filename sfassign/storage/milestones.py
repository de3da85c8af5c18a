"""The open milestones of the Cases that are followed: `FollowedCases` implements `ports.MilestoneMemory`.

One row per Case, `due_at` is the earliest target date: differences cost what changed, and a snapshot reads one column.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Connection, delete, select

from sfassign.ports import MILESTONES, MilestoneRow
from sfassign.storage.absorbing import watermark
from sfassign.storage.columns import chunks, dump
from sfassign.storage.database import upsert
from sfassign.storage.tables import FOLLOWED, LINE, WATERMARK

CASE = "Case"

Transaction = Callable[[], AbstractContextManager[Connection]]

Open = dict[str, str]
"""Target date by milestone, of one Case."""


class FollowedCases:
    """The store's memory of milestones. Every method may raise DatabaseUnusable, the writing ones LeaseHeld."""

    def __init__(self, reading: Transaction, writing: Transaction) -> None:
        self._reading, self._writing = reading, writing

    def since(self) -> dt.datetime | None:
        with self._reading() as connection:
            return since(connection)

    def unfollowed(self, cases: Iterable[str]) -> tuple[str, ...]:
        with self._reading() as connection:
            return unfollowed(connection, cases)

    def followed(self) -> frozenset[str]:
        with self._reading() as connection:
            return followed(connection)

    def follow(self, cases: Sequence[str], rows: Sequence[MilestoneRow], at: dt.datetime) -> None:
        with self._writing() as connection:
            follow(connection, cases, rows, at)

    def change(self, rows: Sequence[MilestoneRow], at: dt.datetime) -> None:
        with self._writing() as connection:
            change(connection, rows, at)

    def unfollow(self, cases: Iterable[str] | None = None) -> None:
        with self._writing() as connection:
            unfollow(connection, cases)

    def targets(self, cases: Iterable[str]) -> Mapping[str, dt.datetime]:
        with self._reading() as connection:
            return targets(connection, cases)


def since(connection: Connection) -> dt.datetime | None:
    """Up to when the milestones of every followed Case are known; None where none is followed."""
    anybody = connection.execute(select(FOLLOWED.c.item).limit(1)).first()
    return None if anybody is None else watermark(connection, MILESTONES)


def unfollowed(connection: Connection, cases: Iterable[str]) -> tuple[str, ...]:
    """Of these Cases and of those in the line, the ones that are not followed."""
    waiting = connection.execute(select(LINE.c.id).where(LINE.c.object == CASE)).scalars()
    wanted = sorted({*cases, *waiting})
    known = followed(connection, wanted)
    return tuple(case for case in wanted if case not in known)


def followed(connection: Connection, cases: Iterable[str] | None = None) -> frozenset[str]:
    if cases is None:
        return frozenset(connection.execute(select(FOLLOWED.c.item)).scalars())
    known: set[str] = set()
    for ids in chunks(cases):
        known.update(connection.execute(select(FOLLOWED.c.item).where(FOLLOWED.c.item.in_(ids))).scalars())
    return frozenset(known)


def follow(connection: Connection, cases: Sequence[str], rows: Sequence[MilestoneRow], at: dt.datetime) -> None:
    """All open milestones of these Cases, as read at `at`. Where none was followed before, all is known up to then."""
    if since(connection) is None:
        upsert(connection, WATERMARK, [{"object": MILESTONES, "at": at}])
    found: defaultdict[str, Open] = defaultdict(dict)
    for row in rows:
        if row.is_open:
            found[row.case][row.id] = row.target_at.isoformat()
    if cases:
        upsert(connection, FOLLOWED, [_kept(case, found[case]) for case in cases])


def change(connection: Connection, rows: Sequence[MilestoneRow], at: dt.datetime) -> None:
    """Milestones that changed, in the order of their changes; those of Cases that are not followed are passed over."""
    news: defaultdict[str, list[MilestoneRow]] = defaultdict(list)
    for row in rows:
        news[row.case].append(row)
    for ids in chunks(news):
        kept = connection.execute(select(FOLLOWED.c.item, FOLLOWED.c.open_json).where(FOLLOWED.c.item.in_(ids))).all()
        changed = [_kept(case, _changed(json.loads(text), news[case])) for case, text in kept]
        if changed:
            upsert(connection, FOLLOWED, changed)
    upsert(connection, WATERMARK, [{"object": MILESTONES, "at": at}])


def unfollow(connection: Connection, cases: Iterable[str] | None) -> None:
    """None: all of them."""
    if cases is None:
        connection.execute(delete(FOLLOWED))
        return
    for ids in chunks(cases):
        connection.execute(delete(FOLLOWED).where(FOLLOWED.c.item.in_(ids)))


def targets(connection: Connection, cases: Iterable[str] | None = None) -> dict[str, dt.datetime]:
    """The earliest open target date by Case, of those that have one; None: of all."""
    due = select(FOLLOWED.c.item, FOLLOWED.c.due_at).where(FOLLOWED.c.due_at.is_not(None))
    if cases is None:
        return dict(connection.execute(due).all())
    found: dict[str, dt.datetime] = {}
    for ids in chunks(cases):
        found.update((case, at) for case, at in connection.execute(due.where(FOLLOWED.c.item.in_(ids))))
    return found


def _changed(known: Open, rows: Sequence[MilestoneRow]) -> Open:
    for row in rows:
        known.pop(row.id, None)
        if row.is_open:
            known[row.id] = row.target_at.isoformat()
    return known


def _kept(case: str, known: Open) -> dict[str, object]:
    due = min(map(dt.datetime.fromisoformat, known.values()), default=None)
    return {"item": case, "due_at": due, "open_json": dump(known)}
