"""`SqlStore`: the daemon's memory behind `ports.Store`. One method is one transaction; the work is in the siblings.

`open_store` is called by `bootstrap` and by commands; `views` reads what is kept here.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from sfassign.core.journal import Entry
from sfassign.core.model import Assign, Decision, NoteKind, Pause, Plan, Preferred, Snapshot, Window
from sfassign.core.neglect import NeglectClock, Standstill
from sfassign.core.notice import Notice, notices_of
from sfassign.core.picking import How, Pick, PickState
from sfassign.core.records import Directory, OrgRecord, Pool
from sfassign.core.terms import Terms
from sfassign.ports import (
    ChildMove,
    Clock,
    Cover,
    NoteKept,
    NoticeBox,
    ObjectNews,
    OmniRow,
    OrgFacts,
    Ownership,
    PassOutcome,
    SessionRow,
    Settlement,
    UserRow,
)
from sfassign.storage import (
    absorbing,
    childmoves,
    clocks,
    facts,
    fieldnotes,
    journaling,
    neglect_events,
    noting,
    ownership,
    people,
    picks,
    portions,
    preferring,
    requests,
    rotation,
    snapshots,
)
from sfassign.storage import notices as outbox
from sfassign.storage import records as org_records
from sfassign.storage.database import Database
from sfassign.storage.lease import Lease
from sfassign.storage.migrate import migrate
from sfassign.storage.milestones import FollowedCases
from sfassign.storage.requests import Request
from sfassign.storage.tables import BACK_OFF, CYCLE

CYCLES_KEPT = 10_000
"""Reports kept: nearly two days of cycles every 15 seconds."""


def open_store(url: str, clock: Clock) -> SqlStore:
    """Open `sqlite:///FILE` (made if absent) or `postgresql+psycopg://…` and bring its tables up to date.

    Raises DatabaseUnusable: not a URL, no such folder, no rights, wrong password, made by a newer version.
    """
    database = Database(url)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return SqlStore(database, clock)


def holder_text() -> str:
    """Who holds the lease, for people: host, process and command."""
    command = " ".join([os.path.basename(sys.argv[0]), *sys.argv[1:2]]).strip()
    return f"{socket.gethostname()}, process {os.getpid()} ({command})"


class SqlStore:
    """Implements `ports.Store` on SQLite and PostgreSQL; threads may share one. Every method may raise
    DatabaseUnusable, and every writing one LeaseHeld where this process lost the lease it held."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lease = Lease(database, clock)
        self.milestones = FollowedCases(database.reading, self._writing)

    @property
    def name(self) -> str:
        """The database's URL without its password."""
        return self._database.name

    def close(self) -> None:
        self._database.close()

    def reading(self) -> AbstractContextManager[Connection]:
        """For this room's views: one reading transaction."""
        return self._database.reading()

    def bind_org(self, org: OrgFacts) -> None:
        with self._writing() as connection:
            facts.bind_org(connection, org)

    def fact(self, key: str) -> str | None:
        with self.reading() as connection:
            return facts.fact(connection, key)

    def keep_fact(self, key: str, value: str) -> None:
        with self._writing() as connection:
            facts.keep_fact(connection, key, value)

    def keep_facts(self, kept: Mapping[str, str]) -> None:
        if not kept:
            return
        with self._writing() as connection:
            for key, value in kept.items():
                facts.keep_fact(connection, key, value)

    def lease(self, holder: str, wait_seconds: float) -> AbstractContextManager[None]:
        return self._lease.held(holder, wait_seconds)

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

    def begin_reading(self, object_name: str, owners: Sequence[str] | None = None) -> None:
        with self._writing() as connection:
            portions.begin(connection, object_name, owners)

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

    # items that members took out of the line

    def open_picks(self, now: dt.datetime) -> tuple[Pick, ...]:
        with self.reading() as connection:
            return picks.open_picks(connection, now)

    def judge_picks(self, verdicts: Mapping[int, tuple[PickState, How | None]], nothing: Iterable[int]) -> None:
        with self._writing() as connection:
            picks.judge(connection, verdicts, nothing)

    def pick_states(self, numbers: Iterable[int]) -> Mapping[int, PickState]:
        with self.reading() as connection:
            return picks.states(connection, numbers)

    # what is written on items without a new owner

    def keep_notes(self, notes: Sequence[NoteKept]) -> None:
        if notes:
            with self._writing() as connection:
                fieldnotes.keep(connection, notes)

    def drop_notes(self, places: Iterable[tuple[str, NoteKind]]) -> None:
        if dropped := [(item, kind.value) for item, kind in places]:
            with self._writing() as connection:
                fieldnotes.drop(connection, dropped)

    def review_notes(self) -> tuple[NoteKept, ...]:
        with self.reading() as connection:
            return fieldnotes.reviews(connection)

    def child_moves(self) -> tuple[ChildMove, ...]:
        with self.reading() as connection:
            return childmoves.due(connection)

    def children_done(self, entries: Sequence[int]) -> None:
        if entries:
            with self._writing() as connection:
                childmoves.done(connection, entries)

    # messages to people

    def post(self, notices: Sequence[Notice]) -> None:
        if notices:
            with self._writing() as connection:
                outbox.post(connection, notices)

    def notice_box(self, now: dt.datetime, most: int) -> NoticeBox:
        with self.reading() as connection:
            return outbox.box(connection, now, most)

    def put_off(self, numbers: Sequence[int], until: dt.datetime, *, trying: bool) -> None:
        with self._writing() as connection:
            outbox.put_off(connection, numbers, until, trying=trying)

    def close_notices(self, numbers: Sequence[int]) -> None:
        with self._writing() as connection:
            outbox.close(connection, numbers)

    def drop_oldest_notices(self, keep: int) -> int:
        with self._writing() as connection:
            return outbox.drop_oldest(connection, keep)

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

    # the clocks of neglect

    def due_clocks(self, now: dt.datetime, most: int) -> tuple[NeglectClock, ...]:
        with self.reading() as connection:
            return clocks.due(connection, now, most)

    def standstills(self, since: dt.datetime) -> tuple[Standstill, ...]:
        with self.reading() as connection:
            return neglect_events.standstills(connection, since)

    def stand_still(self, standstills: Sequence[Standstill]) -> None:
        if standstills:
            with self._writing() as connection:
                neglect_events.stand_still(connection, standstills)

    def ownership(self, items: Sequence[str], now: dt.datetime) -> Mapping[str, Ownership]:
        with self.reading() as connection:
            return ownership.ownership(connection, items, now)

    def keep_pass(self, outcome: PassOutcome) -> None:
        with self._writing() as connection:
            clocks.keep_pass(connection, outcome)

    def cover(self, object_name: str, covers: Mapping[str, Cover], at: dt.datetime) -> None:
        with self._writing() as connection:
            clocks.cover(connection, object_name, covers, at)

    def look_again(self, at: dt.datetime) -> None:
        with self._writing() as connection:
            clocks.look_again(connection, at)

    def last_completed(self) -> dt.datetime | None:
        with self.reading() as connection:
            return neglect_events.last_completed(connection)

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

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            self._lease.make_sure(connection)
            yield connection
