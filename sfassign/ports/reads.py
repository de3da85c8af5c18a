"""What is read from the org: rows, what is asked for in one poll, and what it brought."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sfassign.core.model import Record
from sfassign.core.records import (
    AwayRecord,
    BusinessHoursRecord,
    GroupRecord,
    HolidayRecord,
    LinkRecord,
    ResultsRecord,
    RoleRecord,
    SkillRecord,
)
from sfassign.errors import OrgError, OrgRefused
from sfassign.ports.milestones import MilestoneRead, MilestoneRow
from sfassign.soql.tree import Condition


@dataclass(frozen=True, slots=True)
class Row:
    """One record as read. `guard_at` is the later of LastModifiedDate and SystemModstamp: the date a conditional
    write names, right whichever of the two the org compares with; `edited_at` is LastModifiedDate alone, which
    automations that are nobody's edit leave as it is. `values` is flat: lower-case dotted paths."""

    object: str
    id: str
    owner: str
    created_at: dt.datetime
    guard_at: dt.datetime
    modified_by: str | None
    values: Record
    modified_at: dt.datetime | None = None

    @property
    def edited_at(self) -> dt.datetime:
        return self.modified_at or self.guard_at


@dataclass(frozen=True, slots=True)
class ObjectRead:
    """Rows of one object. `fields` are dotted paths on top of the fixed ones every Row needs.

    With `since` only rows whose SystemModstamp is not older; with `where` only rows for which the org says so. Where
    there are more than `most` rows a poll brings none of them (`Polled.withheld`). `judged`: the caller judges the rows
    by the condition too, so that more of them may come where it is too long for a query.
    """

    object: str
    fields: tuple[str, ...]
    since: dt.datetime | None = None
    where: Condition | None = None
    most: int | None = None
    judged: bool = False


@dataclass(frozen=True, slots=True)
class Portions:
    """Many rows of one object, a portion at a time, in no order; a row may come twice. `at` is the org's clock when
    the reading began. `unfit`: why the org's way for many rows was not taken."""

    at: dt.datetime
    rows: Iterator[tuple[Row, ...]]
    unfit: Unreadable | None = None


@dataclass(frozen=True, slots=True)
class CountRead:
    """How many records of the object each owner has for which `where` holds; with `owners` only of these."""

    object: str
    where: Condition
    owners: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class UserRead:
    """Users for whom `where` holds, with these fields (dotted paths) on top of the fixed ones of UserRow; where it is
    too long for queries every active user, so the caller judges them too."""

    fields: tuple[str, ...]
    where: Condition


@dataclass(frozen=True, slots=True)
class ResultsRead:
    """Of the object's records created since then and owned by these users now: how many are `closed`, and how many of
    those are a `success`. `basis` names the counting."""

    basis: str
    object: str
    since: dt.datetime
    success: Condition
    closed: Condition
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UserRow:
    id: str
    username: str
    name: str
    is_active: bool
    timezone: str
    values: Record


@dataclass(frozen=True, slots=True)
class SessionRow:
    user: str
    session_type: str
    last_used: dt.datetime
    valid_until: dt.datetime
    begun_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class OmniRow:
    user: str
    status: str
    developer_name: str | None
    is_away: bool


@dataclass(frozen=True, slots=True)
class UserNames:
    """What users may be called: any of these names, or of these Usernames."""

    names: tuple[str, ...]
    usernames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedUser:
    id: str
    name: str
    username: str


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue; `routed`: Omni-Channel routes what is put into it."""

    id: str
    name: str
    routed: bool


@dataclass(frozen=True, slots=True)
class OrgFacts:
    """The row of Organization."""

    id: str
    name: str
    timezone: str
    is_sandbox: bool
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of a poll that the org refused while the rest went through."""

    code: str
    message: str

    @classmethod
    def of(cls, error: OrgError) -> Unreadable:
        """The org's code and words; NO_ANSWER where it gave none."""
        if isinstance(error, OrgRefused):
            return cls(error.code, str(error).removeprefix(f"{error.code}: "))
        return cls("NO_ANSWER", str(error))


@dataclass(frozen=True, slots=True)
class PollRequest:
    """One poll: as few calls as the org allows (one composite per five queries, and one per further page).

    `users_named` asks for those called so; `away` for the out-of-office events that hold at an instant or begin soon
    after it; `queues` are all of them; `links` are the direct members of groups. `apart`: an object that cannot be
    read is told in `Polled.refused` and the others are brought.
    """

    objects: tuple[ObjectRead, ...] = ()
    sessions_since: dt.datetime | None = None
    omni: bool = False
    users: UserRead | None = None
    users_named: UserNames | None = None
    queues: bool = False
    frozen: bool = False
    organization: bool = False
    away: dt.datetime | None = None
    business_hours: bool = False
    holidays: bool = False
    skills: bool = False
    groups: bool = False
    links: bool = False
    roles: bool = False
    results: tuple[ResultsRead, ...] | None = None
    milestones: MilestoneRead | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll brought. `at` is the org's clock when the reading began, never later than it truly was.

    `rows` are in the order of `PollRequest.objects`; `withheld` are the places of those that have more rows than was
    asked for. An object that cannot be read makes the whole poll fail with an OrgError, unless `apart` was asked for:
    `refused` has that error by its place. The other parts may be `Unreadable` each on their own. Parts not asked for
    are None.
    """

    at: dt.datetime
    rows: tuple[tuple[Row, ...], ...] = ()
    sessions: tuple[SessionRow, ...] | Unreadable | None = None
    omni: tuple[OmniRow, ...] | Unreadable | None = None
    users: tuple[UserRow, ...] | Unreadable | None = None
    users_named: tuple[NamedUser, ...] | Unreadable | None = None
    queues: tuple[QueueRow, ...] | Unreadable | None = None
    frozen: frozenset[str] | Unreadable | None = None
    organization: OrgFacts | None = None
    away: tuple[AwayRecord, ...] | Unreadable | None = None
    business_hours: tuple[BusinessHoursRecord, ...] | Unreadable | None = None
    holidays: tuple[HolidayRecord, ...] | Unreadable | None = None
    skills: tuple[SkillRecord, ...] | Unreadable | None = None
    groups: tuple[GroupRecord, ...] | Unreadable | None = None
    links: tuple[LinkRecord, ...] | Unreadable | None = None
    roles: tuple[RoleRecord, ...] | Unreadable | None = None
    results: tuple[ResultsRecord, ...] | Unreadable | None = None
    milestones: tuple[MilestoneRow, ...] | Unreadable | None = None
    withheld: frozenset[int] = frozenset()
    refused: Mapping[int, OrgError] = field(default_factory=dict)
