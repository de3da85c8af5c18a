"""The floor: every member with their work as it grows within one plan, and their seat in each group.

The engine fills it from the snapshot and hands out items on it; gates and rankers read it. Every assignment gets the
next position, and a worker's history is only ever added to, so that what a decision saw can be told later by its
position. Within one plan limits only tighten: a seat that is full stays full.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sfassign.core.calendar import Calendar, zone_of
from sfassign.core.decision import Rejection
from sfassign.core.figures import clock_text
from sfassign.core.hours import with_org_hours
from sfassign.core.limits import CapLine
from sfassign.core.model import Member, Snapshot
from sfassign.core.people import Terms
from sfassign.core.performance import Performance
from sfassign.core.policy import Hours, Policy

if TYPE_CHECKING:
    from sfassign.core.roster import Roster

UNLIMITED = 1 << 62


@dataclass(frozen=True, slots=True)
class CapUse:
    """A cap and what was used of it before this plan."""

    line: CapLine
    used: int


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """A quota of active items (of one object, or of all where None), and the items there were before this plan."""

    limit: float
    object: str | None
    used: int


@dataclass(frozen=True, slots=True)
class Handed:
    """One assignment of this plan. `points` in millionths, `turn` as a place (see `place`)."""

    position: int
    group: str
    object: str
    points: int
    place: int


def place(turn: int, joined: bool) -> int:
    """A turn as one number: who joined at a turn stands behind who got it."""
    return 2 * turn + joined


@dataclass(slots=True, eq=False)
class Worker:
    """One user's work over all groups. `load` in millionths; `last_place` is their last turn in any group.

    While they were given less than `safe_given` items and their load is not above `safe_load`, no limit of theirs can
    have been reached anywhere.
    """

    member: Member
    terms: Terms
    load: int
    counts: dict[str, int]
    last_place: int
    caps: tuple[CapUse, ...] = ()
    quota: QuotaUse | None = None
    cap_room: int = UNLIMITED
    quota_room: int = UNLIMITED
    given: int = 0
    active: int = 0
    given_of: dict[str, int] = field(default_factory=dict)
    history: list[Handed] = field(default_factory=list)
    safe_given: int = 0
    safe_load: int = 0
    seats: list[Seat] = field(default_factory=list)
    load_before: int = 0
    active_before: int = 0
    last_place_before: int = 0

    def before(self, position: int) -> list[Handed]:
        """What this plan had given them when it came to this position."""
        return [handed for handed in self.history if handed.position < position]


@dataclass(slots=True, eq=False)
class Seat:
    """One worker's place in one group.

    `bit` is their bit in the group's masks. The rooms say how many assignments are left until a limit is reached,
    counted from the start of the plan. `threshold` and `weight` are in millionths; `weight` is the own weight times
    performance, where that counts.
    """

    worker: Worker
    roster: Roster
    position: int
    bit: int
    enabled: bool
    weight: int
    threshold: int | None
    turn: int
    credit: int
    quotas: tuple[QuotaUse, ...] = ()
    caps: tuple[CapUse, ...] = ()
    ramp_used: int = 0
    quota_room: int = UNLIMITED
    cap_room: int = UNLIMITED
    ramp_room: int = UNLIMITED
    refused_until: dt.datetime | None = None
    standing: Rejection | None = None
    taken: int = 0
    turn_before: int = 0
    points_closed: int = 0
    own_weight: int = 0
    performance: Performance | None = None


def seat_at(seat: Seat, position: int) -> Seat:
    """A likeness of the seat and its worker, as far as it is ranked by, as the plan came to this position."""
    worker = seat.worker
    handed = worker.before(position)
    here = [one.place for one in handed if one.group == seat.roster.group.name]
    then = replace(
        worker,
        last_place=handed[-1].place if handed else worker.last_place_before,
        load=worker.load_before + sum(one.points for one in handed),
        active=worker.active_before + len(handed),
    )
    return replace(seat, worker=then, turn=here[-1] if here else seat.turn_before)


@dataclass(frozen=True)
class Surroundings:
    """What all gates look at besides the seat and the item."""

    snapshot: Snapshot
    policy: Policy

    @property
    def now(self) -> dt.datetime:
        return self.snapshot.taken_at

    @cached_property
    def zone(self) -> ZoneInfo:
        return zone_of(self.policy.timezone or self.snapshot.org_timezone)

    @cached_property
    def openings(self) -> Mapping[str, Opening]:
        """Each named working hours as they are at the instant of the plan."""
        resolved = with_org_hours(self.policy, self.snapshot.records, self.now).hours
        return {name: _opening(Calendar(hours, self.zone.key), hours, self.now) for name, hours in resolved.items()}

    def clock(self, instant: dt.datetime) -> str:
        return clock_text(instant, self.now, self.zone)


@dataclass(frozen=True, slots=True)
class Opening:
    """Working hours at one instant. `next` says when they open next, None where they never do; `unknown` why hours of
    the org could not be found."""

    holiday: str | None
    open: bool
    next: str | None
    unknown: str | None = None


def _opening(calendar: Calendar, hours: Hours, now: dt.datetime) -> Opening:
    if hours.unknown is not None:
        return Opening(None, False, None, hours.unknown)
    opens = calendar.next_opening(now)
    text = None if opens is None else clock_text(opens, now, calendar.zone)
    return Opening(calendar.holiday(now), calendar.is_open(now), text)
