"""What is said of neglect: the same sentence in log, report, journal and explanation."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sfassign.core.durations import duration_text
from sfassign.core.figures import clock_text
from sfassign.core.neglect import ClockState, NeglectClock


def limit_text(clock: NeglectClock) -> str:
    """`30m in 'office'`."""
    hours = clock.terms.hours
    return duration_text(clock.limit) + ("" if hours is None else f" in '{hours.name}'")


def neglected_text(clock: NeglectClock, owner: str, now: dt.datetime, zone: ZoneInfo) -> str:
    """`Web leads: alice@… did not touch Lead 00Q… since 10:02 Europe/London (30m in 'office')`."""
    since = clock_text(clock.since, now, zone)
    return f"{clock.group}: {owner} did not touch {clock.object} {clock.item} since {since} ({limit_text(clock)})"


def reminder_text(clock: NeglectClock, owner: str, at: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> str:
    """`Web leads: alice@… is reminded of Lead 00Q…, untouched since 10:02 …; reassign at 10:32 …`."""
    since, then = clock_text(clock.since, now, zone), clock.terms.neglect.then
    what = f"{clock.object} {clock.item}, untouched since {since}"
    return f"{clock.group}: {owner} is reminded of {what}; {then} at {clock_text(at, now, zone)}"


def away_text(clock: NeglectClock, now: dt.datetime, zone: ZoneInfo) -> str:
    """The reason of the pause of a member who let an item lie."""
    return f"silent since {clock_text(clock.since, now, zone)}: did not touch {clock.object} {clock.item}"


def clock_words(clock: NeglectClock, acts_at: dt.datetime | None, now: dt.datetime, zone: ZoneInfo) -> str:
    """What `explain` says of an item in somebody's hands."""
    if clock.state is ClockState.UNSEEN:
        return "its neglect clock starts when it is read next"
    if clock.state is ClockState.OVER:
        return "touched" if clock.touched_at is not None else "no neglect clock runs any more"
    since = clock_text(clock.since, now, zone)
    known = f"untouched since {since}" if clock.touched_at is None else f"last touched {since}"
    if clock.state is ClockState.REPORTED:
        return f"{known}, reported as neglected"
    if clock.neglected_at is not None:
        at = clock_text(clock.neglected_at, now, zone)
        return f"{known}, neglected since {at}, {clock.terms.neglect.then} as soon as it can be"
    hours = "" if clock.terms.hours is None else f" ('{clock.terms.hours.name}' time)"
    when = "never, as its hours are known" if acts_at is None else f"at {clock_text(acts_at, now, zone)}{hours}"
    return f"{known}, neglected {when}, then {clock.terms.neglect.then}"
