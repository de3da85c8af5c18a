"""Runs queries: all rows at once for code in the process, pages for the API.

A long result is remembered as the list of its rows at the time of the query (8 bytes a row); values are read when a
page is fetched, so a row may have changed, or gone, in between.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sfassign.soql.errors import SoqlSyntaxError
from sfassign.soql.parser import parse
from sfassign.soql.tree import Query

from .. import activities
from ..derived import note_viewed
from ..errors import ApiError
from ..state import State
from ..wire import shown
from . import bounds, distance, formats, problems
from .cursors import Cursors, Pages, path
from .moments import Asker, Now, register
from .plan import Compiler, Plan
from .shape import Printer, Record, fitting

MAX_GROUPS = 2000


@dataclass(slots=True)
class Answer:
    """`total` rows in all, of them `records`; `next_page` is the path of the page behind them, where there is one."""

    total: int
    records: list[Record]
    plan: Plan
    next_page: str | None = None


@dataclass(slots=True)
class QueryRunner:
    state: State
    cursors: Cursors = field(init=False)

    def __post_init__(self) -> None:
        self.cursors = Cursors(self.state)
        register(self.state.storage.connection)
        activities.register(self.state.storage.connection, self.state.clock)
        distance.register(self.state.storage.connection)
        formats.register(self.state.storage.connection, self.state.settings)

    def asker(self, by: str, *, everything: bool = False, version: str = "v62.0") -> Asker:
        user = self.state.storage.get(self.state.schema.object("User"), by)
        organization = self.state.storage.get(self.state.schema.object("Organization"), self.state.org_id)
        zone = ZoneInfo(str(user["TimeZoneSidKey"] if user else "GMT"))
        fiscal = int((organization or {}).get("FiscalYearStartMonth") or 1)
        now = Now(self.state.clock(), zone, self.state.settings.week_starts, fiscal)
        locale = str(user["LocaleSidKey"] if user else "en_US")
        return Asker(by, now, everything, version, locale)

    def compile(self, text: str, asker: Asker, page: int | None = None) -> Plan:
        """The plan of a query whose results come in pages of so many rows. Raises ApiError."""
        pages = Pages(page, self.cursors) if page is not None else None
        return Compiler(self.state, text, asker, pages).plan(self.parsed(text))

    def parsed(self, text: str) -> Query:
        """The query as a tree. Raises ApiError."""
        bounds.check_length(text)
        try:
            return parse(text)
        except SoqlSyntaxError as error:
            raise ApiError("MALFORMED_QUERY", problems.located(text, error.column, error.message)) from error

    def run(self, text: str, asker: Asker, page: int | None = None) -> Answer:
        """The first `page` rows (None: all). Raises ApiError."""
        with self.state.storage.lock:
            plan = self.compile(text, asker, page)
            if plan.aggregates is not None:
                return self._groups(plan)
            if plan.shape is None:
                return self._count(plan)
            answer = self._records(plan, asker, page)
            if plan.viewed:
                self._view(plan, asker)
            return answer

    def portions(self, text: str, asker: Asker, size: int) -> tuple[Plan, Iterator[list[Record]]]:
        """All records as they are now, so many at a time, however many there are. Raises ApiError."""
        plan = self.compile(text, asker)
        return plan, self._portions(plan, asker, size)

    def _portions(self, plan: Plan, asker: Asker, size: int) -> Iterator[list[Record]]:
        select = f"SELECT {', '.join(plan.columns)} {plan.body}{plan.order}{plan.bounds}"
        with self.state.storage.lock:
            rows = self.state.storage.connection.execute(select, plan.values)
            while found := rows.fetchmany(size):
                yield self._print(plan, asker, found)

    def page(self, locator: str, user: str, size: int) -> Answer:
        """The records of the next rows as they are now; rows that are gone are left out. Raises ApiError."""
        name, cursor, start = self.cursors.find(locator, user)
        plan, size = cursor.plan, cursor.plan.rows_per_page(size)
        records, taken = self._at(plan, cursor.asker, cursor.rows[start : start + size], size)
        stop, total = start + taken, len(cursor.rows)
        return Answer(total, records, plan, path(cursor.asker.version, name, stop) if stop < total else None)

    def _at(self, plan: Plan, asker: Asker, rows: array[int], size: int) -> tuple[list[Record], int]:
        """The records that are still at these row numbers, in order, and how many of the rows that takes."""
        place = plan.columns[0].split(".", 1)[0]
        marks = ", ".join("?" * len(rows))
        with self.state.storage.lock:
            source = plan.body.split(" WHERE ", 1)[0]
            sql = f"SELECT {place}.rowid, {', '.join(plan.columns)} {source} WHERE {place}.rowid IN ({marks})"
            found = {row[0]: row[1:] for row in self.state.storage.tuples(sql, list(rows))}
            there = [row for row in rows if row in found]
            records = self._print(plan, asker, [found[row] for row in there])
        kept = fitting(records, size)
        return records[:kept], rows.index(there[kept]) if kept < len(there) else len(rows)

    def _print(self, plan: Plan, asker: Asker, rows: list[tuple[Any, ...]]) -> list[Record]:
        assert plan.shape is not None  # noqa: S101 - only record queries are printed
        return Printer(self.state.schema, asker.version).records(plan.shape, rows)

    def _records(self, plan: Plan, asker: Asker, page: int | None) -> Answer:
        select = f"SELECT {', '.join(plan.columns)} {plan.body}{plan.order}"
        if page is None:
            rows = self.state.storage.tuples(select + plan.bounds, plan.values)
            return Answer(len(rows), self._print(plan, asker, rows), plan)
        page = plan.rows_per_page(page)
        wanted = page + 1 if plan.limit is None else min(plan.limit, page + 1)
        rows = self.state.storage.tuples(f"{select} LIMIT {wanted} OFFSET {plan.offset or 0}", plan.values)
        records = self._print(plan, asker, rows[:page])
        shown = len(records) if plan.offset else fitting(records, page)
        if shown == len(rows) or plan.offset:
            return Answer(len(records), records, plan)
        snapshot = self._snapshot(plan)
        return Answer(len(snapshot), records[:shown], plan, self.cursors.open(asker, plan, snapshot, shown))

    def _view(self, plan: Plan, asker: Asker) -> None:
        """FOR VIEW: the asker has seen these records."""
        if plan.shape is not None and plan.shape.kind == "Lead":
            place = plan.columns[0].split(".", 1)[0]
            which = f"SELECT {place}.Id {plan.body}{plan.order}{plan.bounds}"
            note_viewed(self.state, asker.by, which, plan.values)

    def _snapshot(self, plan: Plan) -> array[int]:
        place = plan.columns[0].split(".", 1)[0]
        sql = f"SELECT {place}.rowid {plan.body}{plan.order}{plan.bounds}"
        with self.state.storage.lock:
            return array("q", (row[0] for row in self.state.storage.connection.execute(sql, plan.values)))

    def _count(self, plan: Plan) -> Answer:
        sql = f"SELECT COUNT(*) FROM (SELECT 1 {plan.body}{plan.bounds})"  # noqa: S608
        return Answer(self.state.storage.tuples(sql, plan.values)[0][0], [], plan)

    def _groups(self, plan: Plan) -> Answer:
        made = plan.aggregates
        assert made is not None  # noqa: S101 - decided by run
        sql = f"SELECT {', '.join(made.columns)} {plan.body}{plan.tail}{plan.order}{plan.bounds}"
        rows = self.state.storage.tuples(sql, plan.values)
        if len(rows) > MAX_GROUPS:
            raise ApiError(
                "EXCEEDED_ID_LIMIT", "Aggregate query does not support queryMore(), use LIMIT to restrict the results"
            )
        records = [
            {"attributes": {"type": "AggregateResult"}}
            | {key: shown(one, value) for key, one, value in zip(made.keys, made.fields, row, strict=True)}
            for row in rows
        ]
        return Answer(len(records), records, plan)
