"""The policy as values: what `sfassign.policy` reads from YAML and everything in the core decides by.

Every key of the policy file has its place here, with every default filled in. Durations are `timedelta`, conditions
are parsed SOQL, times of day are local to the calendar they stand in. Nothing here knows of YAML.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from sfassign.soql.tree import Condition


class Method(str, Enum):
    ROUND_ROBIN = "round_robin"
    WEIGHTED_ROUND_ROBIN = "weighted_round_robin"
    LEAST_LOADED = "least_loaded"
    BEST_MATCH = "best_match"
    OPTIMAL = "optimal"


class LoadMeasure(str, Enum):
    """What `least_loaded` compares."""

    POINTS = "points"
    COUNT = "count"
    SHARE = "share"
    SPARE = "spare"


class MatchTest(str, Enum):
    EQUALS = "equals"
    ANY = "any"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"


class Period(str, Enum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class FieldLimit:
    """A limit or weight kept by managers in a field of the User. An empty field means no limit, weight 1."""

    field: str


Limit = float | FieldLimit


@dataclass(frozen=True, slots=True)
class Caps:
    """Most assignments per period; None is no cap. `rolling` makes the windows `(t - W, t]` instead of fixed."""

    hour: int | None = None
    day: int | None = None
    week: int | None = None
    month: int | None = None
    rolling: bool = False

    def of(self, period: Period) -> int | None:
        return {Period.HOUR: self.hour, Period.DAY: self.day, Period.WEEK: self.week, Period.MONTH: self.month}[period]


@dataclass(frozen=True, slots=True)
class Span:
    """Working time within one day: `start` inclusive, `end` exclusive; an `end` of 00:00 is midnight at day's end."""

    start: dt.time
    end: dt.time


@dataclass(frozen=True, slots=True)
class Hours:
    """Named working hours. `days` has Monday (0) … Sunday (6); a day without spans is free.

    `timezone` None stands for the policy's. `business_hours` names a BusinessHours record of the org instead of
    `days`; `holiday_names` are Holiday records of the org (`("all",)` for all). What the org says of them is filled in
    by `core.hours`: `closures` are the parts of days that timed holidays close, `unknown` says why the hours could
    not be found and never open.
    """

    name: str
    timezone: str | None = None
    days: Mapping[int, tuple[Span, ...]] = field(default_factory=lambda: MappingProxyType({}))
    holidays: frozenset[dt.date] = frozenset()
    business_hours: str | None = None
    holiday_names: tuple[str, ...] = ()
    closures: Mapping[dt.date, tuple[Span, ...]] = field(default_factory=lambda: MappingProxyType({}))
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Points added while a condition holds. `text` is the condition as written, for explanations."""

    when: Condition
    add: float
    text: str


@dataclass(frozen=True, slots=True)
class LoadRules:
    base: float = 1.0
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Aging:
    """`add` points for each `every` of waiting, linearly, `at_most` in all."""

    add: float
    every: dt.timedelta
    at_most: float | None = None


MILESTONE = "milestone"
"""The `field` of a deadline that is a Case's earliest open milestone; the store puts it among the Case's values."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """`add` points at the deadline in `field`, rising linearly from zero `within` before it."""

    field: str
    within: dt.timedelta
    add: float

    @property
    def by_milestone(self) -> bool:
        return self.field.lower() == MILESTONE


@dataclass(frozen=True, slots=True)
class ScoreRules:
    """`tiers` are (name, lowest score), highest first; below the last the tier is `low`; none at all: None."""

    base: float = 0.0
    rules: tuple[Rule, ...] = ()
    aging: Aging | None = None
    deadline: Deadline | None = None
    tiers: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewRule:
    when: Condition
    reason: str


@dataclass(frozen=True, slots=True)
class WorkObject:
    """What work of one object is, wherever it came from. `success` and `closed` are None where nothing says so."""

    name: str
    active: Condition
    load: LoadRules = LoadRules()
    score: ScoreRules = ScoreRules()
    review: tuple[ReviewRule, ...] = ()
    touched: tuple[str, ...] = ("status", "activity", "edit")
    success: Condition | None = None
    closed: Condition | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What holds for the users it names, in every group. Exactly one of `username` and `condition` is set.

    `quota` is a number over all objects, `object_quotas` one each; `hours` names working hours.
    """

    username: str | None
    condition: Condition | None
    skills: tuple[str, ...] = ()
    weight: Limit | None = None
    quota: Limit | None = None
    object_quotas: Mapping[str, Limit] = field(default_factory=lambda: MappingProxyType({}))
    threshold: Limit | None = None
    caps: Caps = Caps()
    hours: str | None = None


@dataclass(frozen=True, slots=True)
class ListedMember:
    """A user named in a group's list, with what the list says about them there."""

    username: str
    weight: Limit | None = None
    caps: Caps | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in the group: exactly one of the four is set."""

    condition: Condition | None = None
    listed: tuple[ListedMember, ...] | None = None
    queue: str | None = None
    public_group: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A live session, used within `idle` where given. `session_types` widens the default UI sessions."""

    idle: dt.timedelta | None = None
    session_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Availability:
    """All that are given must hold. `omni` are status labels or developer names; `hours` a name or `member`."""

    logged_in: LoggedIn | None = None
    omni: tuple[str, ...] | None = None
    hours: str | None = None
    out_of_office: bool = False


@dataclass(frozen=True, slots=True)
class MatchPair:
    """An attribute of the item with one of the member; `member` is a User field or `skills`.

    `weight` is None where the file gives none: a required pair then does not count in the match score and an
    optional one counts 1.
    """

    item: str
    member: str
    test: MatchTest = MatchTest.EQUALS
    required: bool = False
    relax_after: dt.timedelta | None = None
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class WeightRules:
    """What multiplies a member's own weight. `performance` is the period it looks back."""

    performance: dt.timedelta | None = None
    headroom: bool = False


@dataclass(frozen=True, slots=True)
class Ramp:
    """The flood guard: at most so many for one person, over all groups, in any window of this length."""

    at_most: int
    per: dt.timedelta


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an item is sent on: exactly one is set."""

    group: str | None = None
    queue: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Overflow:
    after: dt.timedelta
    to: Destination


@dataclass(frozen=True, slots=True)
class Neglect:
    """`hours` None: the group's `available.hours`, else always. `then` is reassign, return or report."""

    untouched_for: dt.timedelta
    quiet_for: dt.timedelta | None = None
    covers: str = "ours"
    hours: str | None = None
    remind_before: dt.timedelta | None = None
    then: str = "reassign"
    exclude_last: int = 1
    at_most: int = 3
    finally_: Destination | None = None
    mark_away: bool = False


@dataclass(frozen=True, slots=True)
class FieldWrites:
    """Fields set on the item; `after` for `on_not_assigned`, `children` for `on_assigned`."""

    set: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    children: tuple[str, ...] = ()
    after: dt.timedelta | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """An assignment group. The order of `Policy.groups` is the order of the file."""

    name: str
    object: str
    source: Condition
    members: Members
    was: str | None = None
    enabled: bool = True
    tiers: tuple[str, ...] | None = None
    hold: dt.timedelta = dt.timedelta(0)
    priority: int = 0
    available: Availability = Availability()
    match: tuple[MatchPair, ...] = ()
    prefer: tuple[str, ...] = ()
    prefer_wait: dt.timedelta = dt.timedelta(0)
    method: Method = Method.ROUND_ROBIN
    weight: WeightRules = WeightRules()
    least_loaded: LoadMeasure = LoadMeasure.POINTS
    caps: Caps = Caps()
    group_caps: Caps = Caps()
    quota: Limit | None = None
    threshold: Limit | None = None
    ramp: Ramp | None = Ramp(5, dt.timedelta(minutes=5))
    overflow: Overflow | None = None
    neglect: Neglect | None = None
    cherry_picking: str = "off"
    on_assigned: FieldWrites | None = None
    on_not_assigned: FieldWrites | None = None
    on_review: FieldWrites | None = None
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """One whole policy. `hash` is `sha256:` and the digest of the file's text; `timezone` None is the org's own.

    `objects` holds every object that counts: those the file names and those its groups use, defaults filled in.
    """

    hash: str
    groups: tuple[Group, ...]
    objects: Mapping[str, WorkObject]
    timezone: str | None = None
    week_starts: int = 0
    hours: Mapping[str, Hours] = field(default_factory=lambda: MappingProxyType({}))
    people: tuple[Person, ...] = ()

    @property
    def enabled_groups(self) -> tuple[Group, ...]:
        return tuple(group for group in self.groups if group.enabled)
