"""Where a JSON value stands relative to a literal: below, at (or inside a range), above. Used by `compare.py`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from sfassign.soql.dates import date_range, day_range, moment
from sfassign.soql.errors import SoqlNotEvaluable
from sfassign.soql.literals import read_time
from sfassign.soql.tree import Date, DateLiteral, DateTime, Number, Text, Time, Value

Sign = Callable[[object, dt.datetime], int | None]
"""Below (-1), equal to or inside (0), above (1) the literal; None where there is no order."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose days, weeks and fiscal years are meant."""

    timezone: dt.tzinfo
    week_starts: int
    fiscal_start: int


def sign_of(value: Value, calendar: Calendar) -> Sign:
    """The order around a literal. Raises SoqlNotEvaluable where there is none: booleans, null, currency amounts."""
    if isinstance(value, Text):
        return _text_sign(value.value.lower())
    if isinstance(value, Number):
        return _number_sign(value)
    if isinstance(value, Date):
        return _date_sign(value.value.isoformat())
    if isinstance(value, DateTime):
        return _datetime_sign(value.value)
    if isinstance(value, Time):
        return _time_sign(value.value)
    if isinstance(value, DateLiteral):
        return _range_sign(value, calendar)
    raise SoqlNotEvaluable(f"{value} has no order")


def _text_sign(wanted: str) -> Sign:
    def sign(found: object, _: dt.datetime) -> int | None:
        if not isinstance(found, str) or not found:
            return None
        text = found.lower()
        return (text > wanted) - (text < wanted)

    return sign


def _number_sign(value: Number) -> Sign:
    if value.currency:
        raise SoqlNotEvaluable(f"only the org knows the exchange rate of {value}")
    exact = value.value
    wanted = int(exact) if exact.denominator == 1 else exact
    nearest = float(exact)

    def sign(found: object, _: dt.datetime) -> int | None:
        if not isinstance(found, int | float) or isinstance(found, bool):
            return None
        if isinstance(found, float):
            if found != nearest:  # rounding keeps the order, and floats compare faster than fractions
                return 1 if found > nearest else -1
            found = Fraction(repr(found))
        return (found > wanted) - (found < wanted)

    return sign


def _date_sign(wanted: str) -> Sign:
    def sign(found: object, _: dt.datetime) -> int | None:
        if not isinstance(found, str) or len(found) != len("2026-01-31"):
            return None
        return (found > wanted) - (found < wanted)

    return sign


def _datetime_sign(wanted: dt.datetime) -> Sign:
    def sign(found: object, _: dt.datetime) -> int | None:
        at = moment(found)
        if at is None or at.tzinfo is None:
            return None
        return (at > wanted) - (at < wanted)

    return sign


def _time_sign(wanted: dt.time) -> Sign:
    def sign(found: object, _: dt.datetime) -> int | None:
        try:
            time = read_time(found) if isinstance(found, str) else None
        except ValueError:
            time = None
        return None if time is None else (time > wanted) - (time < wanted)

    return sign


def _range_sign(literal: DateLiteral, calendar: Calendar) -> Sign:
    """The ranges are computed once per instant: a cycle asks thousands of records at the same one."""
    known: tuple[dt.datetime, tuple[dt.datetime, dt.datetime], tuple[dt.datetime, dt.datetime]] | None = None

    def sign(found: object, now: dt.datetime) -> int | None:
        nonlocal known
        at = moment(found)
        if at is None:
            return None
        current = known
        if current is None or current[0] != now:
            current = known = (now, *_ranges(literal, now, calendar))
        start, end = current[2] if at.tzinfo is None else current[1]
        return -1 if at < start else int(at >= end)

    return sign


def _ranges(
    literal: DateLiteral, now: dt.datetime, calendar: Calendar
) -> tuple[tuple[dt.datetime, dt.datetime], tuple[dt.datetime, dt.datetime]]:
    """For datetimes, in UTC; and for dates, as naive midnights."""
    start, end = date_range(literal, now, calendar.timezone, calendar.week_starts, calendar.fiscal_start)
    today = now.astimezone(calendar.timezone).date()
    first, after = day_range(literal, today, calendar.week_starts, calendar.fiscal_start)
    midnight = dt.time()
    return (
        (start.astimezone(dt.UTC), end.astimezone(dt.UTC)),
        (dt.datetime.combine(first, midnight), dt.datetime.combine(after, midnight)),
    )
