"""Read-only queries for the commands' screens: `explain`, `waiting`, `members`, `history`.

Reads bypass the model on purpose: a screen wants other columns than a decision. Each method is one transaction.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from sfassign.core.model import Load, Window
from sfassign.storage import clock_shown, explaining, journaling, people, reporting, rotation, snapshots
from sfassign.storage.clock_shown import NeglectSums
from sfassign.storage.explaining import Explanation
from sfassign.storage.noting import REVIEW, WAITING
from sfassign.storage.reporting import JournalSums
from sfassign.storage.shown import HistoryRow, MemberShown, WaitingItem
from sfassign.storage.store import SqlStore
from sfassign.storage.tables import JOURNAL, LINE


class Views:
    """What is kept, for people. Every method may raise DatabaseUnusable."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def explain(self, item: str) -> Explanation:
        """Why this item (15 or 18 characters) went where it went, or still waits; state `unknown` if nobody knows."""
        with self._store.reading() as connection:
            return explaining.explain(connection, item)

    def clock(self, item: str, now: dt.datetime) -> str | None:
        """The neglect clock of an item that somebody has, in words; None where there is none."""
        with self._store.reading() as connection:
            return clock_shown.in_words(connection, item, now)

    def neglect_sums(self, since: dt.datetime) -> tuple[NeglectSums, ...]:
        """What neglect came to since then, by group and person."""
        with self._store.reading() as connection:
            return clock_shown.sums(connection, since)

    def waiting(self, limit: int | None = None) -> tuple[WaitingItem, ...]:
        """The line, highest score first, then oldest; flagged items aside."""
        return self._lined_up(WAITING, limit)

    def review(self, limit: int | None = None) -> tuple[WaitingItem, ...]:
        """The flagged items; `why` is the reason."""
        return self._lined_up(REVIEW, limit)

    def members(self, now: dt.datetime, day_start: dt.datetime) -> tuple[MemberShown, ...]:
        """Every user who may be a member, by username; `given_today` counts what was decided since `day_start`."""
        with self._store.reading() as connection:
            return _members(connection, now, day_start)

    def loads(self, object_name: str) -> Mapping[str, tuple[int, float]]:
        """Of one object: active items and load points by owner, as cached. For comparing with the org."""
        with self._store.reading() as connection:
            sums = snapshots.load(connection)
        return {
            owner: (load.counts[object_name], load.points[object_name])
            for owner, load in sums.items()
            if object_name in load.counts
        }

    def history(self, limit: int | None = None, since: dt.datetime | None = None) -> tuple[HistoryRow, ...]:
        """Journal entries, newest first; dry runs are among them, marked."""
        wanted = select(JOURNAL).order_by(JOURNAL.c.id.desc()).limit(limit)
        if since is not None:
            wanted = wanted.where(JOURNAL.c.decided_at >= since)
        with self._store.reading() as connection:
            return tuple(
                HistoryRow(
                    entry=journaling.entry_of(row),
                    sentence=row.sentence,
                    settled_at=row.settled_at,
                    code=row.code,
                    message=row.message,
                    owner_now=row.owner_now,
                )
                for row in connection.execute(wanted)
            )

    def journal_sums(self, since: dt.datetime) -> JournalSums:
        """The journal since then, summed up for `report`."""
        with self._store.reading() as connection:
            return reporting.journal_sums(connection, since)

    def given_times(self, user: str, since: dt.datetime) -> tuple[tuple[dt.datetime, str], ...]:
        """When, and in which group, the user was given something since then, oldest first."""
        with self._store.reading() as connection:
            return reporting.given_times(connection, user, since)

    def _lined_up(self, decided: str, limit: int | None) -> tuple[WaitingItem, ...]:
        shown = LINE.c.decided == decided
        if decided == WAITING:
            shown |= LINE.c.decided.is_(None)
        order = (func.coalesce(LINE.c.score, 0.0).desc(), LINE.c.created_at, LINE.c.id)
        with self._store.reading() as connection:
            rows = connection.execute(select(LINE).where(shown).order_by(*order).limit(limit))
            return tuple(
                WaitingItem(
                    object=row.object,
                    id=row.id,
                    group=row.group_name,
                    since=row.waiting_since,
                    reasons=json.loads(row.tally_json or "{}"),
                    why=row.why,
                    score=row.score,
                )
                for row in rows
            )


def _members(connection: Connection, now: dt.datetime, day_start: dt.datetime) -> tuple[MemberShown, ...]:
    paused = people.pauses(connection, now)
    load = snapshots.load(connection)
    read_at = people.presence_at(connection)
    places = _by_user(rotation.places(connection))
    today = _by_user(snapshots.given(connection, Window(day_start)))
    refused: defaultdict[str, dict[str, dt.datetime]] = defaultdict(dict)
    for (user, kind), until in snapshots.refusals(connection, now).items():
        refused[user][kind] = until
    shown = (
        MemberShown(
            member=member,
            groups=tuple(places.get(member.id, {})),
            load=load.get(member.id, Load()),
            given_today=today.get(member.id, {}),
            turns=places.get(member.id, {}),
            refused_until=refused.get(member.id, {}),
            presence_at=read_at,
        )
        for member in people.members(connection, paused.users)
    )
    return tuple(sorted(shown, key=lambda row: (row.member.username.casefold(), row.member.id)))


def _by_user(values: Mapping[tuple[str, str], Any]) -> dict[str, dict[str, Any]]:
    users: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for (group, user), value in values.items():
        users[user][group] = value
    return users
