"""The store's methods for what stands beside line and journal: picks, notes, children, messages, neglect clocks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from sfassign.core.decision import NoteKind
from sfassign.core.journal import Entry
from sfassign.core.neglect import NeglectClock, Standstill
from sfassign.core.notice import Notice
from sfassign.core.picking import How, Pick, PickState
from sfassign.core.tries import Try
from sfassign.ports import ChildMove, Cover, NoteKept, NoticeBox, Ownership, PassOutcome
from sfassign.storage import childmoves, clocks, fieldnotes, fruitless, neglect_events, ownership, picks
from sfassign.storage import notices as outbox
from sfassign.storage.transactions import Transactions


class StoreBeside(Transactions):
    """One method is one transaction, as `ports.Store` says; `SqlStore` adds line, journal, people and requests."""

    # writes that came to nothing

    def tries(self, since: dt.datetime) -> Mapping[str, tuple[Try, ...]]:
        with self.reading() as connection:
            return fruitless.tries(connection, since)

    def may_still_land(self, now: dt.datetime) -> tuple[Entry, ...]:
        with self.reading() as connection:
            return fruitless.may_still_land(connection, now)

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
