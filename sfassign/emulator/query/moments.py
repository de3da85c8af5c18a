"""When, where and for whom a query is answered: date literals as ranges in the user's zone, date functions in SQL."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ..wire import moment

_PARTS: dict[str, Callable[[dt.datetime, int], int | str]] = {
    "CALENDAR_MONTH": lambda when, _fiscal: when.month,
    "CALENDAR_QUARTER": lambda when, _fiscal: (when.month - 1) // 3 + 1,
    "CALENDAR_YEAR": lambda when, _fiscal: when.year,
    "DAY_IN_MONTH": lambda when, _fiscal: when.day,
    "DAY_IN_WEEK": lambda when, _fiscal: when.isoweekday() % 7 + 1,
    "DAY_IN_YEAR": lambda when, _fiscal: when.timetuple().tm_yday,
    "DAY_ONLY": lambda when, _fiscal: when.date().isoformat(),
    "FISCAL_MONTH": lambda when, fiscal: (when.month - fiscal) % 12 + 1,
    "FISCAL_QUARTER": lambda when, fiscal: (when.month - fiscal) % 12 // 3 + 1,
    "FISCAL_YEAR": lambda when, fiscal: when.year + (fiscal > 1 and when.month >= fiscal),
    "HOUR_IN_DAY": lambda when, _fiscal: when.hour,
    "WEEK_IN_MONTH": lambda when, _fiscal: (when.day - 1) // 7 + 1,
    "WEEK_IN_YEAR": lambda when, _fiscal: (when.timetuple().tm_yday - 1) // 7 + 1,
}
DATE_FUNCTIONS = frozenset(_PARTS)


@dataclass(frozen=True, slots=True)
class Now:
    """The moment and the place a query is answered in."""

    at: dt.datetime
    zone: ZoneInfo
    week_starts: int
    fiscal_start: int


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks and how: `everything` includes deleted rows (queryAll), `version` goes into record URLs."""

    by: str
    now: Now
    everything: bool
    version: str
    locale: str = "en_US"


def register(connection: sqlite3.Connection) -> None:
    """Give SQL the function `datepart(kind, value, zone, fiscal month)`."""
    connection.create_function("datepart", 4, _datepart, deterministic=True)


def _datepart(kind: str, value: int | str | None, zone: str, fiscal: int) -> int | str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return _PARTS[kind](dt.datetime.fromisoformat(value), fiscal)
    return _PARTS[kind](moment(value).astimezone(ZoneInfo(zone)), fiscal)
