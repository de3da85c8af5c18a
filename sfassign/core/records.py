"""What the org keeps about people and hours, as values: read by the gatherer, kept by the store, resolved here.

`hours` turns business hours and holidays into working hours, `pools` groups and roles into members, `presences` the
rest into what a snapshot says of each member. Times are aware UTC, Ids 18 long.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

DayTimes = tuple[dt.time | None, dt.time | None]


@dataclass(frozen=True, slots=True)
class BusinessHoursRecord:
    """`days` has Monday … Sunday as (start, end): both None is closed, both 00:00 is 24 hours."""

    name: str
    is_active: bool
    timezone: str
    days: tuple[DayTimes, ...]


@dataclass(frozen=True, slots=True)
class HolidayRecord:
    """A Holiday. `minutes` are start and end after midnight, None for the whole day; `recurs` is its RecurrenceType,
    None where it does not recur. `weekdays` is Salesforce's mask: Sunday 1, Monday 2 … Saturday 64."""

    name: str
    day: dt.date | None
    minutes: tuple[int | None, int | None] | None = None
    recurs: str | None = None
    starts: dt.date | None = None
    ends: dt.date | None = None
    interval: int | None = None
    weekdays: int | None = None
    day_of_month: int | None = None
    instance: str | None = None
    month: str | None = None


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """A Group: a queue (`Queue`), a public group (`Regular`), or what stands for a role in either."""

    id: str
    name: str
    developer_name: str | None
    type: str
    related: str | None


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A GroupMember: `member` is a user or another group."""

    group: str
    member: str


@dataclass(frozen=True, slots=True)
class RoleRecord:
    id: str
    parent: str | None
    is_portal: bool


@dataclass(frozen=True, slots=True)
class SkillRecord:
    """A skill that a user's active service resource has from `since` until before `until` (None: for good)."""

    user: str
    label: str
    developer_name: str
    since: dt.datetime
    until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class AwayRecord:
    """An Event that makes its owner absent. Of an all-day event `start` and `end` are 00:00 UTC of the first and the
    last day, whatever the owner's time zone."""

    user: str
    start: dt.datetime
    end: dt.datetime
    all_day: bool


@dataclass(frozen=True, slots=True)
class Pool:
    """Who a group's queue or public group comes down to: users, and roles whose users belong to it. `troubles` say
    what could not be resolved."""

    group: str
    users: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultsRecord:
    """What was won of what was closed, counted over one basis (see `core.performance`): (user, successes, closed) of
    everybody asked about, also of those who have nothing."""

    basis: str
    members: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class OrgRecords:
    """The last reading of each kind, None where there is none. `away_at`: when out-of-office events were read."""

    business_hours: tuple[BusinessHoursRecord, ...] | None = None
    holidays: tuple[HolidayRecord, ...] | None = None
    skills: tuple[SkillRecord, ...] | None = None
    away: tuple[AwayRecord, ...] | None = None
    away_at: dt.datetime | None = None
    pools: tuple[Pool, ...] | None = None
    results: tuple[ResultsRecord, ...] | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """Groups, their direct members and the tree of roles, None where they were never read."""

    groups: tuple[GroupRecord, ...] | None = None
    links: tuple[LinkRecord, ...] | None = None
    roles: tuple[RoleRecord, ...] | None = None


OrgRecord = (
    BusinessHoursRecord
    | HolidayRecord
    | GroupRecord
    | LinkRecord
    | RoleRecord
    | SkillRecord
    | AwayRecord
    | Pool
    | ResultsRecord
)
