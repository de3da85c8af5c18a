"""When people are at work: a person's day as a list of changes, drawn from the seed, the person and the date.

The simulation turns the changes into sessions and Omni-Channel presence; the tests hold the records against them.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from zoneinfo import ZoneInfo

from sfassign.emulator.floor.chance import stream
from sfassign.emulator.floor.people import Person, Standing

SHIFT_MINUTES = 8 * 60 + 30
SICK_SHARE = 0.03
HOLIDAY_SHARE = 0.04
WEEKEND_SHARE = 0.12
EARLY_LEAVE_SHARE = 0.05
MEETING_SHARE = 0.35


class Doing(str, Enum):
    """What someone is at. Only who is `WORKING` touches records."""

    WORKING = "working"
    BREAK = "break"
    LUNCH = "lunch"
    MEETING = "meeting"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` (UTC, whole seconds) on, the person is `doing` this."""

    at: dt.datetime
    doing: Doing


def changes_of_day(seed: int, person: Person, day: dt.date) -> tuple[Change, ...]:
    """The person's day at their office, from logging in to logging out; empty when they do not come."""
    chance = stream(seed, "day", person.number, day)
    if person.standing is not Standing.EMPLOYED or not _comes(chance, person, day):
        return ()
    midnight = dt.datetime.combine(day, dt.time(), ZoneInfo(person.timezone)).astimezone(dt.UTC)
    start = person.shift_start + chance.gauss(0.0, person.habits.late_minutes)
    end = start + SHIFT_MINUTES + chance.gauss(0.0, 10.0)
    if chance.random() < EARLY_LEAVE_SHARE:
        end -= chance.uniform(60.0, 180.0)
    minutes = [(start, Doing.WORKING), *_pauses(chance, start, end), (end, Doing.GONE)]
    return tuple(Change(_at(midnight, at), doing) for at, doing in minutes)


def changes_between(seed: int, person: Person, since: dt.datetime, until: dt.datetime) -> Iterator[Change]:
    """All changes of the person in [since, until), in order."""
    day = (since - dt.timedelta(days=1)).date()
    while day <= (until + dt.timedelta(days=1)).date():
        yield from (one for one in changes_of_day(seed, person, day) if since <= one.at < until)
        day += dt.timedelta(days=1)


def doing_at(seed: int, person: Person, at: dt.datetime) -> Doing:
    """What the person is at now."""
    doing = Doing.GONE
    for one in changes_between(seed, person, at - dt.timedelta(hours=20), at + dt.timedelta(seconds=1)):
        doing = one.doing
    return doing


def _comes(chance: random.Random, person: Person, day: dt.date) -> bool:
    if day.weekday() >= 5:
        return person.uses_omni and person.takes_items and chance.random() < WEEKEND_SHARE
    return chance.random() >= SICK_SHARE + HOLIDAY_SHARE


def _pauses(chance: random.Random, start: float, end: float) -> Iterator[tuple[float, Doing]]:
    """Two breaks, lunch and now and then a meeting, in slots that cannot overlap."""
    slots = [
        (start + chance.uniform(85, 120), chance.uniform(6, 18), Doing.BREAK),
        (start + chance.uniform(215, 260), chance.uniform(28, 55), Doing.LUNCH),
        (start + chance.uniform(400, 430), chance.uniform(6, 18), Doing.BREAK),
    ]
    if chance.random() < MEETING_SHARE:
        slots.append((start + chance.choice((145, 330)), chance.uniform(20, 45), Doing.MEETING))
    for begin, length, doing in sorted(slots):
        if begin + length < end - 5:
            yield begin, doing
            yield begin + length, Doing.WORKING


def _at(midnight: dt.datetime, minutes: float) -> dt.datetime:
    return midnight + dt.timedelta(seconds=round(minutes * 60))
