"""The clocks of neglect: how much working time went by untouched, and when a reminder or an action is due.

A clock runs in the hours of its terms and stands still while we were down or could not know who is there. The pass
(`sfassign.neglect`) asks `next_step` for the clocks that may be due; `storage.clocks` starts and touches them. What a
touch is stands in `core.touches`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from sfassign.core.calendar import LOOK_AHEAD_DAYS, Calendar
from sfassign.core.terms import EDIT, STATUS, Terms

Interval = tuple[dt.datetime, dt.datetime]

LOOK_AGAIN = dt.timedelta(days=1)
"""When to look again at a clock whose hours never open, as they are known now."""

MOST_IDLE_POLLS = 10
"""More poll intervals than this between two completed cycles are downtime, in which no clock runs."""


class ClockState(str, Enum):
    """UNSEEN: the item's record is to be read before its clock starts. REPORTED: nothing more happens unless it is
    touched. OVER: nothing more happens at all while it has this owner."""

    UNSEEN = "unseen"
    RUNNING = "running"
    REPORTED = "reported"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class NeglectClock:
    """One item in its owner's hands. `entry` is the journal's number of our assignment, None where they got it in any
    other way. `started_at` is when time began to count, `watched_from` what touches must not be older than; both are
    the org's clock. `status_then` is empty where the record's was, None where it is not known. `due_at` is the earliest
    instant at which something can be due, None while nothing can be."""

    item: str
    object: str
    entry: int | None
    group: str
    owner: str
    started_at: dt.datetime
    watched_from: dt.datetime
    status_then: str | None
    due_at: dt.datetime | None
    terms: Terms
    touched_at: dt.datetime | None = None
    reminded_at: dt.datetime | None = None
    neglected_at: dt.datetime | None = None
    state: ClockState = ClockState.RUNNING

    @property
    def since(self) -> dt.datetime:
        """What the time without a touch counts from."""
        return self.touched_at or self.started_at

    @property
    def limit(self) -> dt.timedelta:
        """The working time after which the item is neglected."""
        neglect = self.terms.neglect
        return neglect.untouched_for if self.touched_at is None else neglect.quiet_for or neglect.untouched_for


@dataclass(frozen=True, slots=True)
class Standstill:
    """No clock of this group (all: empty) ran from `since` until before `until` (None: it still stands)."""

    group: str
    since: dt.datetime
    until: dt.datetime | None


class Step(str, Enum):
    WAIT = "wait"
    REMIND = "remind"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Next:
    """What is to be done with a clock now. `at` is when to look again (WAIT), else when the action comes."""

    step: Step
    at: dt.datetime


def start_of_clock(clock: NeglectClock) -> NeglectClock:
    """The clock with the earliest instant anything can be due, whatever its hours: working time never runs faster
    than real time."""
    return replace(clock, due_at=clock.since + clock.limit - (clock.terms.neglect.remind_before or dt.timedelta(0)))


def first_look(clock: NeglectClock, status: str | None, at: dt.datetime) -> NeglectClock:
    """The clock of an item whose record is read for the first time: it starts now."""
    return start_of_clock(replace(clock, state=ClockState.RUNNING, started_at=at, watched_from=at, status_then=status))


def touched(clock: NeglectClock, at: dt.datetime, status: str | None) -> NeglectClock:
    """The clock after a touch: over for good, or running again where the terms know `quiet_for`."""
    if clock.state is ClockState.OVER:
        return clock
    latest = max(at, clock.touched_at or at)
    status = clock.status_then if status is None else status
    after = replace(clock, touched_at=latest, status_then=status, reminded_at=None, neglected_at=None)
    if clock.terms.neglect.quiet_for is None:
        return replace(after, state=ClockState.OVER, due_at=None)
    return start_of_clock(replace(after, state=ClockState.RUNNING))


def touch_in_row(
    clock: NeglectClock, status: str | None, modified_by: str | None, modified_at: dt.datetime
) -> dt.datetime | None:
    """When the record, as read, shows a touch: its status is no longer what it was, or the owner modified it since."""
    kinds = clock.terms.touched
    if STATUS in kinds and None not in (status, clock.status_then) and status != clock.status_then:
        return modified_at
    mine = EDIT in kinds and modified_by == clock.owner
    return modified_at if mine and modified_at > (clock.touched_at or clock.watched_from) else None


def next_step(
    clock: NeglectClock, calendar: Calendar | None, standstills: Sequence[Standstill], now: dt.datetime
) -> Next:
    """What is due now, in working time less standstills. A reminder comes `remind_before` the action at least: where
    it could not come in time, the action waits for it."""
    stops = _stops(clock.group, standstills, now)
    before = clock.terms.neglect.remind_before
    if clock.state is ClockState.REPORTED:
        before = None
    acts = moment_after(calendar, clock.since, clock.limit, stops)
    if before is None:
        return _act_at(acts, now)
    if clock.reminded_at is not None:
        after_reminder = moment_after(calendar, clock.reminded_at, before, stops)
        later = None if acts is None or after_reminder is None else max(acts, after_reminder)
        return _act_at(later, now)
    reminds = moment_after(calendar, clock.since, clock.limit - before, stops)
    if reminds is None or reminds > now:
        return Next(Step.WAIT, reminds or now + LOOK_AGAIN)
    after_reminder = moment_after(calendar, now, before, stops)
    return Next(Step.REMIND, max(acts or now, after_reminder or now + LOOK_AGAIN))


def _act_at(moment: dt.datetime | None, now: dt.datetime) -> Next:
    if moment is None:
        return Next(Step.WAIT, now + LOOK_AGAIN)
    return Next(Step.ACT if moment <= now else Step.WAIT, moment)


def action_at(
    clock: NeglectClock, calendar: Calendar | None, standstills: Sequence[Standstill], now: dt.datetime
) -> dt.datetime | None:
    """When the item becomes neglected if nothing happens; None: its hours never open."""
    acts = moment_after(calendar, clock.since, clock.limit, _stops(clock.group, standstills, now))
    if acts is None or clock.reminded_at is None or clock.terms.neglect.remind_before is None:
        return acts
    stops = _stops(clock.group, standstills, now)
    reminded = moment_after(calendar, clock.reminded_at, clock.terms.neglect.remind_before, stops)
    return None if reminded is None else max(acts, reminded)


def moment_after(
    calendar: Calendar | None, since: dt.datetime, duration: dt.timedelta, stops: Sequence[Interval]
) -> dt.datetime | None:
    """The first instant by which so much time has counted; None where it never will."""
    left = duration
    if left <= dt.timedelta(0):
        return since
    for start, end in _counting(calendar, since, since + dt.timedelta(days=LOOK_AHEAD_DAYS), stops):
        if end - start >= left:
            return start + left
        left -= end - start
    return None


def _counting(
    calendar: Calendar | None, since: dt.datetime, until: dt.datetime, stops: Sequence[Interval]
) -> Iterator[Interval]:
    """The time that counts, as intervals in order; `stops` are in order and apart."""
    if since >= until:
        return
    for start, end in [(since, until)] if calendar is None else calendar.intervals(since, until):
        for stopped, again in stops:
            if again <= start or stopped >= end:
                continue
            if stopped > start:
                yield start, stopped
            start = max(start, again)  # noqa: PLW2901 - what is left of the interval
            if start >= end:
                break
        if start < end:
            yield start, end


def _stops(group: str, standstills: Sequence[Standstill], now: dt.datetime) -> list[Interval]:
    """The standstills of this group as intervals in order and apart. One that still stands has stood until now."""
    mine = sorted((one.since, one.until or now) for one in standstills if one.group in ("", group))
    apart: list[Interval] = []
    for since, until in mine:
        if apart and since <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(apart[-1][1], until)
        elif since < until:
            apart.append((since, until))
    return apart
