"""Working hours that stand in the org: BusinessHours and Holiday records resolved into `policy.Hours`.

The policy stays as written; gates, clocks and screens ask `with_org_hours` for the same policy with every calendar
filled in. What cannot be found or interpreted is told by `hours_troubles`, for `check` and every cycle's report: hours
that cannot be found never open, a holiday that cannot be interpreted closes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from zoneinfo import ZoneInfoNotFoundError

from sfassign.core.calendar import LOOK_AHEAD_DAYS, zone_of
from sfassign.core.policy import Hours, Policy, Span
from sfassign.core.records import BusinessHoursRecord, DayTimes, HolidayRecord, OrgRecords
from sfassign.core.recurrence import days_of, rule_of

LOOK_BACK_DAYS = 400
"""Clocks that run in working hours look back; nothing waits that long."""
ALL = "all"
_MIDNIGHT = dt.time()
_DAY_MINUTES = 24 * 60


def with_org_hours(policy: Policy, records: OrgRecords, now: dt.datetime) -> Policy:
    """The policy with the org's business hours and holidays around `now` in place of their names."""
    if not any(in_org(hours) for hours in policy.hours.values()):
        return policy
    resolved = {name: org_hours(hours, records, now) for name, hours in policy.hours.items()}
    return replace(policy, hours=MappingProxyType(resolved))


def org_hours(hours: Hours, records: OrgRecords, now: dt.datetime) -> Hours:
    """These hours with what the org says of them around `now`."""
    return _resolved(hours, records, now) if in_org(hours) else hours


def hours_troubles(policy: Policy, records: OrgRecords) -> tuple[str, ...]:
    """What of the policy's hours the org does not have, or has in a way we cannot interpret."""
    found = [trouble for hours in policy.hours.values() for trouble in _troubles(hours, records)]
    return tuple(dict.fromkeys(found))


def in_org(hours: Hours) -> bool:
    """Whether something of these hours stands in the org."""
    return hours.business_hours is not None or bool(hours.holiday_names)


def _troubles(hours: Hours, records: OrgRecords) -> Iterator[str]:
    if hours.business_hours is not None:
        found = _business_hours(hours.business_hours, records)
        if isinstance(found, str):
            yield f"hours '{hours.name}' never open: {found}"
    if not hours.holiday_names:
        return
    if records.holidays is None:
        yield f"holidays of hours '{hours.name}' were not read: they close nothing"
        return
    known = {holiday.name.casefold() for holiday in records.holidays}
    for name in hours.holiday_names:
        if name != ALL and name.casefold() not in known:
            yield f"hours '{hours.name}': the org has no holiday '{name}'"
    for holiday in _holidays(hours.holiday_names, records):
        if rule_of(holiday) is None:
            yield f"holiday '{holiday.name}' closes nothing: its date or recurrence cannot be interpreted"
        elif holiday.minutes is not None and _closure(holiday.minutes) is None:
            yield f"holiday '{holiday.name}' closes nothing: its times cannot be interpreted"


def _business_hours(name: str, records: OrgRecords) -> BusinessHoursRecord | str:
    """The record of this name, or why it cannot be used."""
    if records.business_hours is None:
        return f"the business hours '{name}' were not read"
    found = [one for one in records.business_hours if one.name.casefold() == name.casefold()]
    if len(found) != 1:
        many = "no" if not found else f"{len(found)}"
        return f"the org has {many} business hours '{name}'"
    (record,) = found
    if not record.is_active:
        return f"the business hours '{name}' are inactive"
    try:
        zone_of(record.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return f"the time zone '{record.timezone}' of the business hours '{name}' is unknown"
    if any(_spans(times) is None for times in record.days):
        return f"the times of the business hours '{name}' cannot be interpreted"
    return record


def _spans(times: DayTimes) -> tuple[Span, ...] | None:
    """A day's working time; None for times that make no sense."""
    start, end = times
    if start is None and end is None:
        return ()
    if start is None or end is None or (end <= start and end != _MIDNIGHT):
        return None
    return (Span(start, end),)


def _resolved(hours: Hours, records: OrgRecords, now: dt.datetime) -> Hours:
    if hours.business_hours is not None:
        found = _business_hours(hours.business_hours, records)
        if isinstance(found, str):
            return replace(hours, unknown=found)
        days = {day: spans for day, times in enumerate(found.days) if (spans := _spans(times))}
        hours = replace(hours, timezone=found.timezone, days=MappingProxyType(days))
    first = now.date() - dt.timedelta(days=LOOK_BACK_DAYS)
    last = now.date() + dt.timedelta(days=LOOK_AHEAD_DAYS + 2)
    named = tuple(_holidays(hours.holiday_names, records))
    whole = (days_of(holiday, first, last) for holiday in named if holiday.minutes is None)
    return replace(hours, holidays=hours.holidays.union(*whole), closures=_closures(named, first, last))


def _holidays(names: Iterable[str], records: OrgRecords) -> list[HolidayRecord]:
    wanted = {name.casefold() for name in names}
    return [one for one in records.holidays or () if ALL in wanted or one.name.casefold() in wanted]


def _closures(holidays: Iterable[HolidayRecord], first: dt.date, last: dt.date) -> Mapping[dt.date, tuple[Span, ...]]:
    """The hours that timed holidays close, by day."""
    found: defaultdict[dt.date, set[Span]] = defaultdict(set)
    for holiday in holidays:
        span = None if holiday.minutes is None else _closure(holiday.minutes)
        if span is not None:
            for day in days_of(holiday, first, last):
                found[day].add(span)
    return MappingProxyType(
        {day: tuple(sorted(spans, key=lambda span: (span.start, span.end))) for day, spans in found.items()}
    )


def _closure(minutes: tuple[int | None, int | None]) -> Span | None:
    start, end = minutes
    if start is None or end is None or not 0 <= start < end <= _DAY_MINUTES:
        return None
    return Span(_time(start), _time(end))


def _time(minutes: int) -> dt.time:
    hour, minute = divmod(minutes % _DAY_MINUTES, 60)
    return dt.time(hour, minute)
