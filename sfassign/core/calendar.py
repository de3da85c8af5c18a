"""Working hours and the windows of caps, on the wall clocks of people: right over both daylight-saving changes.

A wall clock may skip an hour or show one twice. Working hours are read off the wall clock, so a span inside the
repeated hour is open twice and one inside the missing hour never; seconds are real ones. Gates ask a `Calendar`
whether it is open, the clocks of neglect will ask it for working seconds, `limits` asks for the starts of periods.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

from sfassign.core.policy import Hours, Period, Span

_DAY = dt.timedelta(days=1)
_QUARTER = dt.timedelta(minutes=15)
LOOK_AHEAD_DAYS = 800
"""How far an opening is looked for: more than two years of free days are taken for `never`."""

ROLLING = {
    Period.HOUR: dt.timedelta(hours=1),
    Period.DAY: dt.timedelta(days=1),
    Period.WEEK: dt.timedelta(days=7),
    Period.MONTH: dt.timedelta(days=30),
}
"""The length W of a rolling window `(t - W, t]`."""


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of this IANA name. Raises ZoneInfoNotFoundError."""
    return ZoneInfo(name)


def _offset(instant: dt.datetime, zone: ZoneInfo) -> dt.timedelta:
    offset = instant.astimezone(zone).utcoffset()
    if offset is None:  # pragma: no cover - a ZoneInfo always has one
        raise ValueError(f"{zone.key} has no offset at {instant}")
    return offset


def _transition(low: dt.datetime, high: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The first instant in `(low, high]` with the offset that holds at `high`: offsets change at whole seconds."""
    offset = _offset(high, zone)
    before, after = math.floor(low.timestamp()), math.ceil(high.timestamp())
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(dt.datetime.fromtimestamp(middle, dt.UTC), zone) == offset:
            after = middle
        else:
            before = middle
    return dt.datetime.fromtimestamp(after, dt.UTC)


def instant_of(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """When a wall clock first shows this time on this day (UTC); where it never does, when it jumps over it."""
    wall = dt.datetime.combine(day, time)
    instant = wall.replace(tzinfo=zone).astimezone(dt.UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _transition(wall.replace(tzinfo=zone, fold=1).astimezone(dt.UTC), instant, zone)


def _start_of_hour(instant: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The last instant at which the wall clock showed a full hour: a repeated hour is two hours."""
    instant = instant.astimezone(dt.UTC)
    local = instant.astimezone(zone)
    while local.minute or local.second or local.microsecond:
        past = dt.timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        instant -= past
        local = instant.astimezone(zone)
    return instant


def start_of(period: Period, instant: dt.datetime, zone: ZoneInfo, week_starts: int = 0) -> dt.datetime:
    """When the running hour, day, week (from `week_starts`, 0 = Monday) or month began there (UTC)."""
    if period is Period.HOUR:
        return _start_of_hour(instant, zone)
    day = instant.astimezone(zone).date()
    if period is Period.WEEK:
        day -= dt.timedelta(days=(day.weekday() - week_starts) % 7)
    elif period is Period.MONTH:
        day = day.replace(day=1)
    return instant_of(day, dt.time(), zone)


def end_of(period: Period, instant: dt.datetime, zone: ZoneInfo, week_starts: int = 0) -> dt.datetime:
    """When the running hour, day, week or month ends there, which is when the next one begins (UTC)."""
    start = start_of(period, instant, zone, week_starts)
    if period is Period.HOUR:
        later = start
        while (found := _start_of_hour(later, zone)) <= start:
            later += _QUARTER
        return found
    day = start.astimezone(zone).date()
    if period is Period.MONTH:
        return instant_of((day + 31 * _DAY).replace(day=1), dt.time(), zone)
    return instant_of(day + (7 * _DAY if period is Period.WEEK else _DAY), dt.time(), zone)


def _segments(start: dt.datetime, end: dt.datetime, zone: ZoneInfo) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """`[start, end)` cut at the changes of the zone's offset, no two of which lie within one day of each other."""
    while start < end:
        step = min(start + _DAY, end)
        if _offset(step, zone) != _offset(start, zone):
            step = _transition(start, step, zone)
        yield start, step
        start = step


class Calendar:
    """One set of working hours in its zone."""

    def __init__(self, hours: Hours, policy_timezone: str) -> None:
        self.name = hours.name
        self.zone = zone_of(hours.timezone or policy_timezone)
        self._days = hours.days
        self._holidays = hours.holidays
        self._closures = hours.closures

    def _spans(self, day: dt.date) -> tuple[Span, ...]:
        if day in self._holidays:
            return ()
        spans = self._days.get(day.weekday(), ())
        for closed in self._closures.get(day, ()):
            spans = tuple(left for span in spans for left in _without(span, closed))
        return spans

    def holiday(self, instant: dt.datetime) -> str | None:
        """The holiday of this instant by its date, `2026-12-24 12:00-24:00` where it closes only a part of the day."""
        local = instant.astimezone(self.zone)
        day = local.date()
        if day in self._holidays:
            return day.isoformat()
        closed = next((span for span in self._closures.get(day, ()) if _within(span, local.time())), None)
        if closed is None:
            return None
        end = "24:00" if closed.end == dt.time() else f"{closed.end:%H:%M}"
        return f"{day.isoformat()} {closed.start:%H:%M}-{end}"

    def is_open(self, instant: dt.datetime) -> bool:
        """Whether the wall clock is inside working hours: starts are inside, ends are not."""
        local = instant.astimezone(self.zone)
        return any(_within(span, local.time()) for span in self._spans(local.date()))

    def intervals(self, start: dt.datetime, end: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """The working time within `[start, end)` as UTC intervals, in order."""
        for low, high in _segments(start.astimezone(dt.UTC), end.astimezone(dt.UTC), self.zone):
            offset = _offset(low, self.zone)
            day, last = (low + offset).date(), (high + offset).date()
            while day <= last:
                for span in sorted(self._spans(day), key=lambda span: span.start):
                    opens, closes = _utc_span(day, span, offset)
                    if max(opens, low) < min(closes, high):
                        yield max(opens, low), min(closes, high)
                day += _DAY

    def next_opening(self, instant: dt.datetime) -> dt.datetime | None:
        """The first instant from this one on inside working hours (UTC); None where there is none in two years."""
        end = instant + dt.timedelta(days=LOOK_AHEAD_DAYS)
        return next((opens for opens, _ in self.intervals(instant, end)), None)


def _within(span: Span, time: dt.time) -> bool:
    return span.start <= time and (time < span.end or span.end == dt.time())


def _without(span: Span, closed: Span) -> Iterator[Span]:
    """What is left of a span when a part of the day is closed; an end of 00:00 is the end of the day."""
    if not (_within(span, closed.start) or _within(closed, span.start)):
        yield span
        return
    if span.start < closed.start:
        yield Span(span.start, closed.start)
    if closed.end != dt.time() and (span.end == dt.time() or closed.end < span.end):
        yield Span(closed.end, span.end)


def _utc_span(day: dt.date, span: Span, offset: dt.timedelta) -> tuple[dt.datetime, dt.datetime]:
    last_day = day + _DAY if span.end == dt.time() else day
    opens = dt.datetime.combine(day, span.start, dt.UTC) - offset
    return opens, dt.datetime.combine(last_day, span.end, dt.UTC) - offset
