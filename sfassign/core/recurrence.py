"""The days a Holiday record falls on, from its recurrence fields as the object reference describes them.

A recurrence that cannot be interpreted has no rule; `hours` makes that a warning.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from sfassign.core.records import HolidayRecord

Rule = Callable[[dt.date], bool]
MONTHS: Mapping[str, int] = MappingProxyType({name.lower(): at for at, name in enumerate(calendar.month_name) if name})
INSTANCES: Mapping[str, int] = MappingProxyType({"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1})
_DAY = dt.timedelta(days=1)


def rule_of(holiday: HolidayRecord) -> Rule | None:
    """Whether the holiday falls on a day; None where its fields do not say."""
    if holiday.recurs is None:
        day = holiday.day
        return None if day is None else lambda asked: asked == day
    starts = holiday.starts or holiday.day
    made = _RULES.get(holiday.recurs.lower())
    rule = made(holiday, starts) if made is not None and starts is not None else None
    if rule is None or starts is None:
        return None
    ends = holiday.ends or dt.date.max
    return lambda asked: starts <= asked <= ends and rule(asked)


@lru_cache(maxsize=4096)
def days_of(holiday: HolidayRecord, first: dt.date, last: dt.date) -> frozenset[dt.date]:
    """The days from `first` to `last` on which it falls."""
    rule = rule_of(holiday)
    if rule is None:
        return frozenset()
    span = ((first + at * _DAY) for at in range((last - first).days + 1))
    return frozenset(day for day in span if rule(day))


def _daily(holiday: HolidayRecord, starts: dt.date) -> Rule | None:
    every = _interval(holiday)
    return None if every is None else lambda day: (day - starts).days % every == 0


def _every_weekday(_holiday: HolidayRecord, _starts: dt.date) -> Rule:
    return lambda day: day.weekday() < 5


def _weekly(holiday: HolidayRecord, starts: dt.date) -> Rule | None:
    """Weeks begin on Sunday, as Salesforce's mask does."""
    every, mask = _interval(holiday), holiday.weekdays
    if every is None or not _is_mask(mask):
        return None
    week = _sunday(starts)
    return lambda day: _in_mask(day, mask) and ((_sunday(day) - week).days // 7) % every == 0


def _monthly(holiday: HolidayRecord, starts: dt.date) -> Rule | None:
    """Months that do not have the day are left out."""
    every, number = _interval(holiday), holiday.day_of_month
    if every is None or not _is_day(number):
        return None
    return lambda day: day.day == number and _months(starts, day) % every == 0


def _monthly_nth(holiday: HolidayRecord, starts: dt.date) -> Rule | None:
    every, nth = _interval(holiday), _nth(holiday)
    if every is None or nth is None:
        return None
    return lambda day: nth(day) and _months(starts, day) % every == 0


def _yearly(holiday: HolidayRecord, _starts: dt.date) -> Rule | None:
    month, number = MONTHS.get((holiday.month or "").lower()), holiday.day_of_month
    if month is None or not _is_day(number) or holiday.interval not in (None, 0, 1):
        return None
    return lambda day: day.month == month and day.day == number


def _yearly_nth(holiday: HolidayRecord, _starts: dt.date) -> Rule | None:
    month, nth = MONTHS.get((holiday.month or "").lower()), _nth(holiday)
    if month is None or nth is None or holiday.interval not in (None, 0, 1):
        return None
    return lambda day: day.month == month and nth(day)


def _nth(holiday: HolidayRecord) -> Rule | None:
    """The first … fourth or last day of a month among the days of the week in the mask."""
    place, mask = INSTANCES.get((holiday.instance or "").lower()), holiday.weekdays
    if place is None or not _is_mask(mask):
        return None
    return lambda day: _in_mask(day, mask) and _place(day, mask, place) == place


def _place(day: dt.date, mask: int | None, wanted: int) -> int:
    """How many days of the mask the month has until this one; counted from its end where the last is wanted."""
    days = range(1, day.day + 1)
    if wanted < 0:
        days = range(day.day, calendar.monthrange(day.year, day.month)[1] + 1)
    count = sum(_in_mask(day.replace(day=number), mask) for number in days)
    return count if wanted > 0 else -count


def _interval(holiday: HolidayRecord) -> int | None:
    every = 1 if holiday.interval is None else holiday.interval
    return every if every > 0 else None


def _months(starts: dt.date, day: dt.date) -> int:
    return (day.year - starts.year) * 12 + day.month - starts.month


def _sunday(day: dt.date) -> dt.date:
    return day - (day.isoweekday() % 7) * _DAY


def _is_mask(mask: int | None) -> bool:
    return mask is not None and 0 < mask < 128


def _in_mask(day: dt.date, mask: int | None) -> bool:
    return bool((mask or 0) & 1 << day.isoweekday() % 7)


def _is_day(number: int | None) -> bool:
    return number is not None and 1 <= number <= 31


_RULES: Mapping[str, Callable[[HolidayRecord, dt.date], Rule | None]] = MappingProxyType(
    {
        "recursdaily": _daily,
        "recurseveryweekday": _every_weekday,
        "recursweekly": _weekly,
        "recursmonthly": _monthly,
        "recursmonthlynth": _monthly_nth,
        "recursyearly": _yearly,
        "recursyearlynth": _yearly_nth,
    }
)
