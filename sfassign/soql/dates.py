"""Date literals as ranges of time, and date functions, in a time zone.

Ranges follow the table of date literals in the SOQL and SOSL Reference. A unit is a day, week, month, quarter or year;
the fiscal ones are the same, shifted to the month in which the fiscal year starts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sfassign.soql.tree import DateLiteral

FIRST_DAY = dt.date(1700, 1, 1)
LAST_DAY = dt.date(4000, 12, 31)
"""The org's calendar ends here; ranges that would reach beyond are cut."""

_DAY = dt.timedelta(days=1)
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def date_range(
    literal: DateLiteral, now: dt.datetime, timezone: dt.tzinfo, week_starts: int = 6, fiscal_start: int = 1
) -> tuple[dt.datetime, dt.datetime]:
    """Start (inside) and end (outside) of a date literal, both aware, in the given zone.

    `week_starts` counts from Monday = 0 (default Sunday), `fiscal_start` is the month 1-12 in which the fiscal year
    starts. LAST_N_DAYS and LAST_90_DAYS end with the current second, which is inside.
    """
    today = now.astimezone(timezone).date()
    first, end = day_range(literal, today, week_starts, fiscal_start)
    start = _midnight(first, timezone)
    if _ends_now(literal.name):
        return start, now.astimezone(timezone).replace(microsecond=0) + dt.timedelta(seconds=1)
    return start, _midnight(end, timezone)


def day_range(
    literal: DateLiteral, today: dt.date, week_starts: int = 6, fiscal_start: int = 1
) -> tuple[dt.date, dt.date]:
    """First day (inside) and end day (outside) of a date literal: what it means for a date field."""
    name, n = literal.name, literal.n or 0
    if name in _SINGLE_DAYS:
        first = _plus_days(today, _SINGLE_DAYS[name])
        return first, _plus_days(first, 1)
    unit = _unit(name)
    shift = _shifter(unit, today, week_starts, fiscal_start)
    from_unit, to_unit = _units(name, n, days=unit == "DAY")
    return shift(from_unit), shift(to_unit)


_SINGLE_DAYS = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}


def moment(value: object) -> dt.datetime | None:
    """A JSON value as a point in time: aware for a datetime, naive midnight for a date, None for anything else."""
    if not isinstance(value, str) or len(value) < 10 or value[4] != "-":
        return None
    try:
        return dt.datetime.fromisoformat(value)
    except ValueError:
        return None


def _ends_now(name: str) -> bool:
    return name in ("LAST_N_DAYS", "LAST_90_DAYS")


def _unit(name: str) -> str:
    """`LAST_N_FISCAL_QUARTERS` → `FISCAL_QUARTER`."""
    words = [word for word in name.split("_") if word not in ("LAST", "NEXT", "THIS", "N", "AGO", "90")]
    return "_".join(words).removesuffix("S")


def _units(name: str, n: int, *, days: bool) -> tuple[int, int]:
    """First unit and end unit of the range, counted from the current one."""
    count = 90 if "90" in name else n
    if name.endswith("_AGO"):
        return -n, 1 - n
    if name.startswith("THIS"):
        return 0, 1
    if "_N_" not in name and "90" not in name:
        return (-1, 0) if name.startswith("LAST") else (1, 2)
    if name.startswith("NEXT"):
        return 1, 1 + count
    return -count, 1 if days else 0  # LAST_N_DAYS includes today, the other LAST_N_… leave out the current unit


def _shifter(unit: str, today: dt.date, week_starts: int, fiscal_start: int) -> Callable[[int], dt.date]:
    """The start of the unit so many units away from the current one."""
    if unit == "DAY":
        return lambda count: _plus_days(today, count)
    if unit == "WEEK":
        monday_based = (today.weekday() - week_starts) % 7
        return lambda count: _plus_days(today, 7 * count - monday_based)
    first_month = fiscal_start if unit.startswith("FISCAL") else 1
    months = _MONTHS[unit.removeprefix("FISCAL_")]
    index = today.year * 12 + today.month - 1
    start = index - (index - (first_month - 1)) % months
    return lambda count: _month(start + count * months)


def _month(index: int) -> dt.date:
    """The first day of a month, counted from year 0."""
    year = index // 12
    if year < FIRST_DAY.year:
        return FIRST_DAY
    return LAST_DAY + _DAY if year > LAST_DAY.year else dt.date(year, index % 12 + 1, 1)


def _plus_days(day: dt.date, count: int) -> dt.date:
    ordinal = day.toordinal() + count
    return dt.date.fromordinal(min(max(ordinal, FIRST_DAY.toordinal()), LAST_DAY.toordinal() + 1))


def _midnight(day: dt.date, timezone: dt.tzinfo) -> dt.datetime:
    """The first moment of a day: where the clocks skip midnight, the moment after the gap."""
    wall = dt.datetime.combine(day, dt.time(), timezone)
    return wall.astimezone(dt.UTC).astimezone(timezone)
