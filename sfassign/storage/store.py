"""`SqlStore`: the daemon's memory behind `ports.Store`. One method is one transaction; the work is in the siblings.

`open_store` is called by `bootstrap` and by commands; `views` reads what is kept here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import delete, func, select, update

from sfassign.core.decision import Assign, Decision, Plan
from sfassign.core.journal import Entry
from sfassign.core.model import Pause, Preferred, Snapshot, Window
from sfassign.core.notice import notices_of
from sfassign.core.records import Directory, OrgRecord, Pool
from sfassign.core.terms import Terms
from sfassign.ports import (
    Clock,
    ObjectNews,
    OmniRow,
    SessionRow,
    Settlement,
    UserRow,
)
from sfassign.storage import (
    absorbing,
    childmoves,
    fieldnotes,
    journaling,
    noting,
    people,
    portions,
    preferring,
    remarks,
    requests,
    rotation,
    snapshots,
)
from sfassign.storage import notices as outbox
from sfassign.storage import records as org_records
from sfassign.storage.database import Database
from sfassign.storage.migrate import migrate
from sfassign.storage.requests import Request
from sfassign.storage.store_beside import StoreBeside
from sfassign.storage.tables import BACK_OFF, CYCLE

CYCLES_KEPT = 10_000
"""Reports kept: nearly two days of cycles every 15 seconds."""

LAPSED_NOTICES_KEPT = dt.timedelta(hours=1)
"""Longer than a lapsed write may still land."""


def open_store(url: str, clock: Clock) -> SqlStore:
    """Open `sqlite:///FILE` (made if absent) or `postgresql+psycopg://…` and bring its tables up to date.

    Raises DatabaseUnusable: not a URL, no such folder, no rights, wrong password, made by a newer version.
    """
    database = Database(url)
    try:
        is_new = migrate(database)
    except BaseException:
        database.close()
        raise
    store = SqlStore(database, clock)
    store.is_new = is_new
    return store


class SqlStore(StoreBeside):
    """Implements `ports.Store` on SQLite and PostgreSQL; threads may share one. Every method may raise
    DatabaseUnusable, and every writing one LeaseHeld where this process lost the lease it held."""

    # what the org said

    def watermark(self, object_name: str) -> dt.datetime | None:
        with self.reading() as connection:
            return absorbing.watermark(connection, object_name)

    def last_given(self, object_name: str, ids: Iterable[str]) -> Mapping[str, str]:  # noqa: ARG002 (Ids say it)
        with self.reading() as connection:
            return journaling.last_given(connection, ids)

    def previous_owners(self, ids: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        with self.reading() as connection:
            return journaling.previous_owners(connection, ids)

    def absorb(self, news: Sequence[ObjectNews], at: dt.datetime) -> None:
        with self._writing() as connection:
            absorbing.absorb(connection, news, at)

    def begin_reading(self, object_name: str, owners: Sequence[str] | None = None, *, waiting: bool = False) -> None:
        with self._writing() as connection:
            portions.begin(connection, object_name, owners, waiting=waiting)

    def unread(self, object_name: str) -> tuple[str, ...]:
        with self.reading() as connection:
            return portions.unread(connection, object_name)

    def end_reading(self, object_name: str, at: dt.datetime | None) -> None:
        with self._writing() as connection:
            portions.end(connection, object_name, at)

    def keep_users(self, users: Sequence[UserRow], at: dt.datetime) -> None:
        with self._writing() as connection:
            people.keep_users(connection, users, at)

    def users(self) -> tuple[UserRow, ...]:
        with self.reading() as connection:
            return people.users(connection)

    def keep_frozen(self, frozen: frozenset[str]) -> None:
        with self._writing() as connection:
            people.keep_frozen(connection, frozen)

    def keep_sessions(self, sessions: Sequence[SessionRow], at: dt.datetime) -> None:
        with self._writing() as connection:
            people.keep_sessions(connection, sessions, at)

    def keep_omni(self, rows: Sequence[OmniRow], at: dt.datetime) -> None:
        with self._writing() as connection:
            people.keep_omni(connection, rows, at)

    def keep_records(self, part: str, records: Sequence[OrgRecord] | None, at: dt.datetime) -> None:
        with self._writing() as connection:
            org_records.keep(connection, part, records, at)

    def directory(self) -> Directory:
        with self.reading() as connection:
            return org_records.directory(connection)

    def pools(self) -> tuple[Pool, ...] | None:
        with self.reading() as connection:
            return org_records.pools(connection)

    def join(self, membership: Mapping[str, Sequence[str]], renamed: Mapping[str, str]) -> None:
        with self._writing() as connection:
            rotation.join(connection, membership, renamed)

    # deciding

    def snapshot(self, now: dt.datetime, windows: Sequence[Window]) -> Snapshot:
        with self.reading() as connection:
            return snapshots.snapshot(connection, now, windows)

    def load_sums(self) -> dict[tuple[str, str], tuple[int, float]]:
        with self.reading() as connection:
            return {
                (kind, owner): (load.counts[kind], load.points[kind])
                for owner, load in snapshots.load(connection).items()
                for kind in load.counts
            }

    def find_user(self, named: str) -> UserRow | None:
        """The user with this Username (in any capitals) or Id (15 or 18 characters), None where nobody is known."""
        with self.reading() as connection:
            return people.find_user(connection, named)

    def note(self, decisions: Sequence[Decision], at: dt.datetime) -> None:
        with self._writing() as connection:
            noting.note(connection, decisions, at)

    def overflow(self, moves: Mapping[str, tuple[str, str]]) -> None:
        if moves:
            with self._writing() as connection:
                fieldnotes.overflow(connection, moves)

    def keep_preferred(self, found: Mapping[str, Mapping[str, Preferred]]) -> None:
        if found:
            with self._writing() as connection:
                preferring.keep(connection, found)

    def last_users(self, items: Iterable[str]) -> Mapping[str, str]:
        with self.reading() as connection:
            return preferring.last_users(connection, items)

    # the journal

    def plan(
        self,
        assigns: Sequence[Assign],
        plan: Plan,
        guards: Mapping[str, dt.datetime],
        dry_run: bool,
        terms: Mapping[str, Terms] = MappingProxyType({}),
    ) -> tuple[Entry, ...]:
        with self._writing() as connection:
            entries = journaling.plan(connection, assigns, plan, guards, dry_run, terms)
            if not dry_run:
                pairs = list(zip(entries, assigns, strict=True))
                childmoves.enter(connection, {entry.id: assign.children for entry, assign in pairs})
                told = {entry.id: notices_of(assign, plan.taken_at) for entry, assign in pairs}
                outbox.enter(connection, told)
            return entries

    def open_entries(self) -> tuple[Entry, ...]:
        with self.reading() as connection:
            return journaling.open_entries(connection)

    def sent(self, entries: Sequence[int], at: dt.datetime) -> None:
        with self._writing() as connection:
            journaling.sent(connection, entries, at)

    def settle(self, settlements: Sequence[Settlement]) -> None:
        with self._writing() as connection:
            journaling.settle(connection, settlements)

    def remark(self, messages: Mapping[int, str]) -> None:
        with self._writing() as connection:
            remarks.remark(connection, messages)

    # people and cycles

    def pause(self, kind: str, target: str, pause: Pause | None) -> None:
        with self._writing() as connection:
            people.pause(connection, kind, target, pause)

    def begin_cycle(self, at: dt.datetime) -> int:
        with self._writing() as connection:
            number: int = (connection.execute(select(func.max(CYCLE.c.number))).scalar_one() or 0) + 1
            connection.execute(CYCLE.insert().values(number=number, started_at=at))
            connection.execute(delete(CYCLE).where(CYCLE.c.number <= number - CYCLES_KEPT))
            return number

    def end_cycle(self, number: int, at: dt.datetime, report: str) -> None:
        with self._writing() as connection:
            ended = update(CYCLE).where(CYCLE.c.number == number)
            connection.execute(ended.values(completed_at=at, report_json=report))
            connection.execute(delete(BACK_OFF).where(BACK_OFF.c.until <= at))
            fieldnotes.forget_departed(connection)
            outbox.forget_lapsed(connection, at - LAPSED_NOTICES_KEPT)

    # commands beside a running daemon

    def put_request(self, kind: str, payload: Mapping[str, Any]) -> int:
        """Ask the daemon; returns the number to wait for."""
        with self._writing() as connection:
            return requests.put(connection, kind, payload, self._clock.now())

    def take_requests(self) -> tuple[Request, ...]:
        """What was asked and is to be carried out now, oldest first; each is taken once."""
        with self._writing() as connection:
            return requests.take(connection, self._clock.now())

    def answer_request(self, number: int, answer: Mapping[str, Any]) -> None:
        with self._writing() as connection:
            requests.answer(connection, number, answer)

    def await_answer(self, number: int, seconds: float) -> Mapping[str, Any] | None:
        """The answer, None after so many seconds of the clock; a request not taken by then is withdrawn."""
        deadline = self._clock.now() + dt.timedelta(seconds=seconds)
        while True:
            with self.reading() as connection:
                found = requests.answered(connection, number)
            left = (deadline - self._clock.now()).total_seconds()
            if found is not None or left <= 0:
                break
            self._clock.sleep(min(requests.ASK_AGAIN_SECONDS, left))
        if found is None:
            with self._writing() as connection:
                requests.withdraw(connection, number)
        return found
