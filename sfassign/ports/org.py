"""What the org is to the cycle: what is read, what is written, and `Org` itself. `salesforce` implements it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from sfassign.core.model import FieldValue, Record
from sfassign.core.picking import OwnerStep
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
from sfassign.core.touches import Sign
from sfassign.errors import OrgError, OrgRefused
from sfassign.ports.milestones import MilestoneRead, MilestoneRow
from sfassign.ports.neglect import SignAsk
from sfassign.soql.tree import Condition

# --- what is read from the org ----------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One field as describe tells it. `references` are the objects a reference may point to; `length` is that of a
    text in characters (0: not told); `values` are those of a restricted picklist, empty where any text is taken."""

    name: str
    type: str
    filterable: bool
    updateable: bool
    calculated: bool
    relationship: str | None
    references: tuple[str, ...]
    length: int = 0
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectShape:
    """One object as describe tells it; `fields` by lower-case name. `key_prefix` begins its records' Ids; the last
    three are what this login may do with it."""

    name: str
    fields: Mapping[str, FieldShape]
    key_prefix: str | None = None
    queryable: bool = True
    createable: bool = True
    updateable: bool = True


@dataclass(frozen=True, slots=True)
class Resolved:
    """The Ids of queues and users by the name they were asked for; one the org does not have is missing."""

    queues: Mapping[str, str]
    users: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LookUp:
    """Whom do the org's records name for this item? `kind` is one of `prefer`, `about` what it goes by (see
    `core.preference.about`)."""

    object: str
    item: str
    kind: str
    about: str


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What look-ups brought: by (item, kind) a user's Id, None where the records name nobody. `refused` has by
    (object, kind) why the org did not say; these are among the answers as far as anything else was found. A look-up
    that is missing has no whole answer yet: it is to be asked again."""

    users: Mapping[tuple[str, str], str | None]
    refused: Mapping[tuple[str, str], Unreadable]


# --- what is written to the org ---------------------------------------------------------------------------------------


class Guard(str, Enum):
    """What keeps a change from being written over a newer one. The precondition is `If-Unmodified-Since`, which every
    change carries. REFERENCE: the org ignores it, so the change hangs on a query that finds the record only while
    nobody changed it. UNPROVEN: nobody knows yet whether the org honours it on this object, so the change hangs on a
    query as well, and the first of its object in a call proves it."""

    PRECONDITION = "precondition"
    UNPROVEN = "unproven"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """Write `owner` and `fields` to the record, only where it was not modified after `guard_at` (whole seconds).

    `owner` None: the fields alone. `entry` is the journal's number, or below zero for a change it does not know;
    different for every change of a call. `seen_owner` is whom a guard by reference wants to find (None: anybody).
    Changes of one `family` lock the same parent and are better off in one call.
    """

    entry: int
    object: str
    id: str
    owner: str | None
    guard_at: dt.datetime
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    seen_owner: str | None = None
    guard: Guard = Guard.PRECONDITION
    family: str | None = None


class Answer(str, Enum):
    """What the org said to one change. UNKNOWN: no usable answer, the write may or may not have landed."""

    ACCEPTED = "accepted"
    CHANGED_SINCE = "changed_since"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The answer to one change, and the record as read back in the same call (None: not readable or gone).

    `read_back` says whether the read-back query itself was answered, so that a missing `row` means a missing record.
    `honoured` is what this answer proves of the precondition on this object: True the org kept to it, False it did not,
    None nothing.
    """

    entry: int
    answer: Answer
    code: str | None = None
    message: str | None = None
    row: Row | None = None
    read_back: bool = False
    honoured: bool | None = None


class Org(Protocol):
    """The org. Every method may raise an OrgError. `calls` counts the requests that count against the org's limit
    since the object was made, retries included, logins not."""

    @property
    def calls(self) -> int: ...

    @property
    def clock_ahead(self) -> dt.timedelta | None:
        """How far the org's clock is ahead of this machine's; None before the org's first answer."""
        ...

    def poll(self, request: PollRequest) -> Polled: ...

    def fetch(self, read: ObjectRead, ids: Sequence[str]) -> tuple[dt.datetime, tuple[Row, ...]]:
        """The records with these Ids that still exist, and the org's clock when the reading began."""
        ...

    def portions(self, read: ObjectRead, types: Mapping[str, str]) -> Portions:
        """All rows of an object with very many of them, by an asynchronous job of the org, page by page where it does
        not take one. `types` are those of the fields, by lower-case path, as describe calls them."""
        ...

    def count_by_owner(self, reads: Sequence[CountRead]) -> tuple[Mapping[str, int] | Unreadable, ...]:
        """Every owner with at least one record, for each of these: five counts of up to 2,000 owners a call."""
        ...

    def owner_steps(self, name: str, ids: Sequence[str], since: dt.datetime) -> tuple[OwnerStep, ...] | Unreadable:
        """Every change of an owner of these records since then, by the object's field history; nothing where the
        org does not follow the owner, Unreadable where it shows no history of the object."""
        ...

    def write(self, changes: Sequence[OwnerChange], reads: Mapping[str, ObjectRead]) -> tuple[WriteResult, ...]:
        """One call: every change with its own guard, then the read-back of every object with `reads[object]`'s
        fields. No more changes than one of `batches`. Never repeated by itself; never raises for one record. An
        OrgError means that nothing was written, but WriteUnproven: that is to be read."""
        ...

    def batches(self, changes: Sequence[OwnerChange]) -> tuple[tuple[OwnerChange, ...], ...]:
        """The changes cut into what fits one call each, in order."""
        ...

    def resolve(self, queues: Sequence[str], usernames: Sequence[str]) -> Resolved:
        """The Ids of queues, by name or developer name, and of users: one call."""
        ...

    def look_up(self, asked: Sequence[LookUp]) -> LookedUp:
        """Whom the org's records name for items, five queries a call."""
        ...

    def signs(self, asks: Sequence[SignAsk]) -> tuple[tuple[Sign, ...] | Unreadable, ...]:
        """What was done about items, for every ask: a call per five of them."""
        ...

    def identify(self) -> str | None:
        """The Id of the user we are in this org, None where it cannot be learnt."""
        ...

    def pending(self, items: Sequence[str]) -> frozenset[str] | Unreadable:
        """Which of these items Omni-Channel is routing at this moment: five queries of several hundred a call."""
        ...

    def describe(self, name: str) -> ObjectShape | None:
        """One object's shape, None where the org does not know it."""
        ...
