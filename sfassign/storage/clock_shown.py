"""What screens show of neglect: the clock of one item in words, and what neglect came to, per group and person."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from sfassign.core.calendar import zone_of
from sfassign.core.neglect import action_at
from sfassign.core.neglect_words import clock_words
from sfassign.soql import is_id, to18
from sfassign.storage import clocks, neglect_events
from sfassign.storage.records import records
from sfassign.storage.tables import NEGLECT_EVENT, USER

COUNTED = ("neglected", "reminded")


@dataclass(frozen=True, slots=True)
class NeglectSums:
    """What one person let lie in one group, and what became of it; `counts` by the names of COUNTED."""

    group: str
    user: str
    username: str
    counts: Mapping[str, int]


def in_words(connection: Connection, item: str, now: dt.datetime) -> str | None:
    """None where no clock was ever started for whoever has it."""
    clock = clocks.of_item(connection, to18(item) if is_id(item) else item)
    if clock is None:
        return None
    calendar = clock.terms.calendar(records(connection), now)
    acts_at = action_at(clock, calendar, neglect_events.standstills(connection, clock.since), now)
    return clock_words(clock, acts_at, now, zone_of(clock.terms.timezone))


def sums(connection: Connection, since: dt.datetime) -> tuple[NeglectSums, ...]:
    """Since then, by group and the person who had the item. What became of it stands with what changed hands."""
    found: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
    event = NEGLECT_EVENT.c
    told = select(event.group_name, event.user_id, event.kind, func.count()).where(event.at >= since)
    for group, user, kind, count in connection.execute(told.group_by(event.group_name, event.user_id, event.kind)):
        if kind in COUNTED:
            found[group, user][kind] += count
    names: dict[str, str] = dict(connection.execute(select(USER.c.id, USER.c.username)).all())
    lines = [NeglectSums(group, user, names.get(user, user), counts) for (group, user), counts in found.items()]
    return tuple(sorted(lines, key=lambda line: (line.group, line.username.lower(), line.user)))
