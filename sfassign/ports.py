"""The few interfaces between the cycle and the world: `Org`, `Store`, `Clock`, and the values that cross them.

`salesforce` implements Org, `storage` implements Store; the cycle knows neither. Times are aware UTC, Ids 18 long.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from sfassign.core.journal import Entry, Event
from sfassign.core.model import Assign, Decision, FieldValue, NoteKind, Pause, Plan, Record, Snapshot, Window
from sfassign.core.records import (
    AwayRecord,
    BusinessHoursRecord,
    Directory,
    GroupRecord,
    HolidayRecord,
    LinkRecord,
    OrgRecord,
    Pool,
    RoleRecord,
    SkillRecord,
)
from sfassign.soql.tree import Condition


class Clock(Protocol):
    def now(self) -> dt.datetime:
        """This machine's (or the simulation's) time, aware UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds of this clock."""
        ...


# --- what is read from the org ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One record as read. `guard_at` is the later of LastModifiedDate and SystemModstamp: the date a conditional
    write names, right whichever of the two the org compares with. `values` is flat: lower-case dotted paths."""

    object: str
    id: str
    owner: str
    created_at: dt.datetime
    guard_at: dt.datetime
    modified_by: str | None
    values: Record


@dataclass(frozen=True, slots=True)
class ObjectRead:
    """Rows of one object. `fields` are dotted paths on top of the fixed ones every Row needs.

    With `since` only rows whose SystemModstamp is not older; with `where` only rows for which the org says so.
    """

    object: str
    fields: tuple[str, ...]
    since: dt.datetime | None = None
    where: Condition | None = None


@dataclass(frozen=True, slots=True)
class UserRead:
    """Users for whom `where` holds, with these fields (dotted paths) on top of the fixed ones of UserRow."""

    fields: tuple[str, ...]
    where: Condition


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


@dataclass(frozen=True, slots=True)
class OmniRow:
    user: str
    status: str
    developer_name: str | None
    is_away: bool


@dataclass(frozen=True, slots=True)
class OrgFacts:
    """The row of Organization."""

    id: str
    name: str
    timezone: str
    is_sandbox: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of a poll that the org refused while the rest went through."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PollRequest:
    """One poll: as few calls as the org allows (one composite per five queries, and one per further page).

    `away` asks for the out-of-office events that hold at an instant or begin soon after it; `links` are the direct
    members of groups.
    """

    objects: tuple[ObjectRead, ...] = ()
    sessions_since: dt.datetime | None = None
    omni: bool = False
    users: UserRead | None = None
    frozen: bool = False
    organization: bool = False
    away: dt.datetime | None = None
    business_hours: bool = False
    holidays: bool = False
    skills: bool = False
    groups: bool = False
    links: bool = False
    roles: bool = False


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll brought. `at` is the org's clock when the reading began, never later than it truly was.

    `rows` are in the order of `PollRequest.objects`. An object that cannot be read makes the whole poll fail with an
    OrgError; the other parts may be `Unreadable` each on their own. Parts not asked for are None.
    """

    at: dt.datetime
    rows: tuple[tuple[Row, ...], ...] = ()
    sessions: tuple[SessionRow, ...] | Unreadable | None = None
    omni: tuple[OmniRow, ...] | Unreadable | None = None
    users: tuple[UserRow, ...] | Unreadable | None = None
    frozen: frozenset[str] | Unreadable | None = None
    organization: OrgFacts | None = None
    away: tuple[AwayRecord, ...] | Unreadable | None = None
    business_hours: tuple[BusinessHoursRecord, ...] | Unreadable | None = None
    holidays: tuple[HolidayRecord, ...] | Unreadable | None = None
    skills: tuple[SkillRecord, ...] | Unreadable | None = None
    groups: tuple[GroupRecord, ...] | Unreadable | None = None
    links: tuple[LinkRecord, ...] | Unreadable | None = None
    roles: tuple[RoleRecord, ...] | Unreadable | None = None


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
    """One object as describe tells it; `fields` by lower-case name."""

    name: str
    fields: Mapping[str, FieldShape]


@dataclass(frozen=True, slots=True)
class Resolved:
    """The Ids of queues and users by the name they were asked for; one the org does not have is missing."""

    queues: Mapping[str, str]
    users: Mapping[str, str]


# --- what is written to the org ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """Write `owner` and `fields` to the record, only where it was not modified after `guard_at` (whole seconds).

    `owner` None: the fields alone. `entry` is the journal's number, or below zero for a change it does not know;
    different for every change of a call.
    """

    entry: int
    object: str
    id: str
    owner: str | None
    guard_at: dt.datetime
    fields: Mapping[str, FieldValue] = field(default_factory=dict)


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
    """

    entry: int
    answer: Answer
    code: str | None = None
    message: str | None = None
    row: Row | None = None
    read_back: bool = False


class Org(Protocol):
    """The org. Every method may raise an OrgError. `calls` counts the requests that count against the org's limit
    since the object was made, retries included, logins not."""

    @property
    def calls(self) -> int: ...

    def poll(self, request: PollRequest) -> Polled: ...

    def fetch(self, read: ObjectRead, ids: Sequence[str]) -> tuple[dt.datetime, tuple[Row, ...]]:
        """The records with these Ids that still exist, and the org's clock when the reading began."""
        ...

    def write(self, changes: Sequence[OwnerChange], reads: Mapping[str, ObjectRead]) -> tuple[WriteResult, ...]:
        """One call: every change with its own guard, then the read-back of every object with `reads[object]`'s
        fields. At most `batch_size(changes)` changes. Never repeated by itself; never raises for one record."""
        ...

    def batches(self, changes: Sequence[OwnerChange]) -> tuple[tuple[OwnerChange, ...], ...]:
        """The changes cut into what fits one call each, in order."""
        ...

    def resolve(self, queues: Sequence[str], usernames: Sequence[str]) -> Resolved:
        """The Ids of queues, by name or developer name, and of users: one call."""
        ...

    def describe(self, name: str) -> ObjectShape | None:
        """One object's shape, None where the org does not know it."""
        ...


# --- what is kept -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sighting:
    """A row and what the policy says of it: `waiting` where a source takes it and its owner is not the one we gave
    it to; `points` is its load while `active`."""

    row: Row
    active: bool
    points: float
    waiting: bool


class Sweep(str, Enum):
    """How whole a reading of an object was: differences only; every row some source takes; every active row."""

    DIFFERENCES = "differences"
    SOURCES = "sources"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class ObjectNews:
    """What a poll brought of one object. Rows the store has and a sweep did not bring are no longer waiting (and,
    after `Sweep.ACTIVE`, no longer active)."""

    object: str
    sweep: Sweep
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """One entry's next event. `code` and `message` are the org's words, `retry_at` when a refused or lapsed item may
    be tried again (None: at once), `owner_now` who has it, `refuse_owner`: this owner was what the org refused."""

    entry: int
    event: Event
    at: dt.datetime
    code: str | None = None
    message: str | None = None
    owner_now: str | None = None
    retry_at: dt.datetime | None = None
    refuse_owner: bool = False


class NoteState(str, Enum):
    """SENT until the org has answered; what it wrote or refused is not written again."""

    SENT = "sent"
    WRITTEN = "written"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class NoteKept:
    """Fields set on an item without a new owner: `about` what, and the `values` as they were sent."""

    item: str
    object: str
    group: str
    kind: NoteKind
    about: str
    at: dt.datetime
    state: NoteState
    values: Record


@dataclass(frozen=True, slots=True)
class ChildMove:
    """An owner change that has landed, and the child objects whose open records are still to follow."""

    entry: Entry
    children: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """One owner whose cached load was wrong."""

    object: str
    owner: str
    cached_count: int
    org_count: int
    cached_points: float
    org_points: float


class Store(Protocol):
    """The daemon's memory. One method is one transaction. May raise DatabaseUnusable."""

    def bind_org(self, org: OrgFacts) -> None:
        """Remember the org at the first call; raise WrongOrg for another one later."""
        ...

    def fact(self, key: str) -> str | None: ...

    def keep_fact(self, key: str, value: str) -> None: ...

    def keep_facts(self, kept: Mapping[str, str]) -> None: ...

    def lease(self, holder: str, wait_seconds: float) -> AbstractContextManager[None]:
        """The right to write to the org, for one process at a time; renewed by itself while held, free again 60 s
        after its holder died. Raises LeaseHeld, naming the holder, after waiting so long."""
        ...

    # what the org said

    def watermark(self, object_name: str) -> dt.datetime | None:
        """The org's clock at the last absorbed reading of this object, None before the first."""
        ...

    def last_given(self, object_name: str, ids: Iterable[str]) -> Mapping[str, str]:
        """Of these items the ones we ever gave away (confirmed), with the user we last gave each to."""
        ...

    def absorb(self, news: Sequence[ObjectNews], at: dt.datetime) -> None:
        """Replace what is kept of these rows and set the watermarks to `at`. Load moves by the difference. A row new
        to the line waits since its CreatedDate where that lies after the previous watermark of its object, else since
        `at`; it ages since its last journal entry's `aging_since` where it comes back without having been inactive in
        between. A row that changed loses the back-off of its last failure."""
        ...

    def keep_users(self, users: Sequence[UserRow], at: dt.datetime) -> None:
        """The whole list of users who may be members: others are forgotten (their rotation stays)."""
        ...

    def keep_frozen(self, frozen: frozenset[str]) -> None: ...

    def keep_sessions(self, sessions: Sequence[SessionRow], at: dt.datetime) -> None: ...

    def keep_omni(self, rows: Sequence[OmniRow], at: dt.datetime) -> None: ...

    def keep_records(self, part: str, records: Sequence[OrgRecord] | None, at: dt.datetime) -> None:
        """Keep what `part` (a field of OrgRecords or Directory) said as a whole; None forgets the last reading."""
        ...

    def directory(self) -> Directory:
        """Groups, their members and roles as last read."""
        ...

    def pools(self) -> tuple[Pool, ...] | None:
        """The pools as last kept, None before the first."""
        ...

    def load_sums(self) -> dict[tuple[str, str], tuple[int, float]]:
        """The cached load: (object, owner) → active items and load points."""
        ...

    def join(self, membership: Mapping[str, Sequence[str]], renamed: Mapping[str, str]) -> None:
        """Give every (group, user) without a place in the rotation one at the back. `renamed` (new name → old name)
        carries rotation, caps and clocks over first."""
        ...

    # deciding

    def snapshot(self, now: dt.datetime, windows: Sequence[Window]) -> Snapshot:
        """Everything `decide` needs; `presence_max_age` is the caller's to fill in."""
        ...

    def note(self, decisions: Sequence[Decision], at: dt.datetime) -> None:
        """Keep for items that go on waiting what was decided and its explanation, for `waiting` and `explain`. What
        was given away has its explanation in the journal."""
        ...

    def overflow(self, moves: Mapping[str, tuple[str, str]]) -> None:
        """By item: the group its source puts it in, and the one that it belongs to from now on while it waits."""
        ...

    # what is written on items without a new owner

    def keep_notes(self, notes: Sequence[NoteKept]) -> None:
        """Enter or replace the note of each item and kind: before it is sent, and again when it was answered."""
        ...

    def drop_notes(self, places: Iterable[tuple[str, NoteKind]]) -> None: ...

    def review_notes(self) -> tuple[NoteKept, ...]:
        """What is written on items for a review, waiting or not."""
        ...

    def child_moves(self) -> tuple[ChildMove, ...]:
        """Owner changes that have landed and whose children have not followed yet; `plan` enters them."""
        ...

    def children_done(self, entries: Sequence[int]) -> None: ...

    # the journal

    def plan(
        self, assigns: Sequence[Assign], plan: Plan, guards: Mapping[str, dt.datetime], dry_run: bool
    ) -> tuple[Entry, ...]:
        """Enter decisions as PLANNED, in order, with their explanations; `guards` by item Id."""
        ...

    def open_entries(self) -> tuple[Entry, ...]: ...

    def sent(self, entries: Sequence[int], at: dt.datetime) -> None:
        """PLANNED → SENT, all in one transaction, before the request leaves."""
        ...

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Advance entries (compare and swap on the state); move rotation, caps and load for the confirmed ones, keep
        the back-off for the refused ones, take confirmed items out of the line."""
        ...

    # people and cycles

    def pause(self, kind: str, target: str, pause: Pause | None) -> None:
        """`kind` is `user` (target: an Id), `group` (a name) or `all` (target: empty). None resumes, and clears the
        org's refusals of a user."""
        ...

    def begin_cycle(self, at: dt.datetime) -> int:
        """The number of the cycle that starts."""
        ...

    def end_cycle(self, number: int, at: dt.datetime, report: str) -> None:
        """The cycle was completed; `report` is its JSON."""
        ...
