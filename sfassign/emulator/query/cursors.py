"""The rest of a long result, page after page. A cursor lives two days and belongs to the user who opened it."""

from __future__ import annotations

import datetime as dt
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import ApiError
from .moments import Asker

if TYPE_CHECKING:
    from ..state import State
    from .plan import Plan


@dataclass(frozen=True, slots=True)
class Cursor:
    """`rows` are the row numbers of the whole result."""

    asker: Asker
    plan: Plan
    rows: array[int]
    opened_at: dt.datetime


@dataclass(slots=True)
class Cursors:
    state: State
    opened: dict[str, Cursor] = field(default_factory=dict)

    def open(self, asker: Asker, plan: Plan, rows: array[int], shown: int) -> str:
        """The path of the next page, behind so many rows that were shown."""
        name = self.state.ids.allocate("01g")
        self.opened[name] = Cursor(asker, plan, rows, self.state.clock())
        return path(asker.version, name, shown)

    def find(self, locator: str, user: str) -> tuple[str, Cursor, int]:
        """Name, cursor and first row of a locator. Raises ApiError."""
        name, _, start = locator.partition("-")
        cursor = self.opened.get(name)
        lifetime = dt.timedelta(hours=self.state.settings.locator_hours)
        fine = cursor is not None and cursor.asker.by == user and self.state.clock() - cursor.opened_at <= lifetime
        if cursor is None or not fine or not start.isdigit() or int(start) >= len(cursor.rows):
            raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator", self.state.settings.locator_error_status)
        return name, cursor, int(start)


@dataclass(frozen=True, slots=True)
class Pages:
    """Results are cut after so many rows; a longer one, or list of children, gets a cursor."""

    size: int
    cursors: Cursors


def path(version: str, name: str, start: int) -> str:
    return f"/services/data/{version}/query/{name}-{start}"
