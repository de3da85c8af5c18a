"""Out of office: whether an Event of a member's calendar holds now. Used by the gate of that name."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sfassign.core.calendar import instant_of, zone_of
from sfassign.core.model import Member
from sfassign.core.records import AwayRecord

MAX_AGE = dt.timedelta(minutes=15)
"""Events are read every five minutes at the latest; what is older than this is not news any more."""
AHEAD = dt.timedelta(hours=1)
"""How far ahead events are read: those that begin before the next reading is due, with time to spare."""

_DAY = dt.timedelta(days=1)


def away_until(member: Member, now: dt.datetime) -> dt.datetime | None:
    """The end of the longest event that holds now; None where the member is not away."""
    ends = [end for start, end in (_bounds(event, member) for event in member.away) if start <= now < end]
    return max(ends, default=None)


def own_zone(member: Member) -> ZoneInfo:
    """The member's time zone, UTC where the org's name for it is unknown here: one user must not stop the cycle."""
    try:
        return zone_of(member.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return zone_of("UTC")


def _bounds(event: AwayRecord, member: Member) -> tuple[dt.datetime, dt.datetime]:
    """An all-day event is its days on the member's own wall clock, the last one included."""
    if not event.all_day:
        return event.start, event.end
    zone = own_zone(member)
    first, last = event.start.astimezone(dt.UTC).date(), event.end.astimezone(dt.UTC).date()
    return instant_of(first, dt.time(), zone), instant_of(max(first, last) + _DAY, dt.time(), zone)
