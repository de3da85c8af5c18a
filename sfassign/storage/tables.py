"""The tables, as SQLModel classes. They never leave this room: the other modules here use the `Table` objects below.

Times are whole microseconds (UTC), load points whole millionths, JSON is text: so SQLite and PostgreSQL agree on
every comparison. A change here needs a migration; a test compares the two.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Index, Table
from sqlmodel import Field, SQLModel

from sfassign.storage.columns import UtcMicros
from sfassign.storage.kept import Kept
from sfassign.storage.tables_beside import (
    ChildMoving,
    ClockTerms,
    FieldNote,
    FollowedCase,
    NeglectNoted,
    NoticeKept,
    Picked,
    Standing,
    Ticking,
)


class Fact(Kept, table=True):
    """What is known once: the org, caches with their own expiry."""

    key: str = Field(primary_key=True)
    value: str


class Watermark(Kept, table=True):
    """The org's clock at the last absorbed reading of an object."""

    object: str = Field(primary_key=True)
    at: dt.datetime = Field(sa_type=UtcMicros)


class ActiveItem(Kept, table=True):
    """One small row per active record of the org."""

    __tablename__ = "active_item"
    __table_args__ = (Index(None, "object", "owner"), {"sqlite_with_rowid": False})

    id: str = Field(primary_key=True)
    object: str
    owner: str
    points: int = Field(sa_type=BigInteger)


class UnreadItem(Kept, table=True):
    """What was kept of an object when a reading of it in portions began, and no portion has brought yet."""

    __tablename__ = "unread_item"
    __table_args__ = (Index(None, "object"), {"sqlite_with_rowid": False})

    id: str = Field(primary_key=True)
    object: str


class LoadSum(Kept, table=True):
    """The sums of ActiveItem per object and owner, moved in the same transactions."""

    __tablename__ = "load_sum"

    object: str = Field(primary_key=True)
    owner: str = Field(primary_key=True)
    item_count: int
    points: int = Field(sa_type=BigInteger)


class Explained(Kept, table=True):
    """What became of every member, compressed, under the hash of its text. `journaled`: kept for good."""

    __tablename__ = "explanation"

    key: str = Field(primary_key=True)
    members: bytes
    journaled: bool = Field(index=True)


class LineItem(Kept, table=True):
    """A waiting item, and what was last decided of it."""

    __tablename__ = "line_item"

    id: str = Field(primary_key=True)
    object: str = Field(index=True)
    owner: str
    created_at: dt.datetime = Field(sa_type=UtcMicros)
    guard_at: dt.datetime = Field(sa_type=UtcMicros)
    values_json: str
    last_given: str | None
    waiting_since: dt.datetime = Field(sa_type=UtcMicros)
    aging_since: dt.datetime = Field(sa_type=UtcMicros)
    decided: str | None
    group_name: str | None
    why: str | None
    tally_json: str | None
    score: float | None
    score_json: str | None
    explanation: str | None = Field(foreign_key="explanation.key", index=True)
    noted_at: dt.datetime | None = Field(sa_type=UtcMicros)
    overflow_home: str | None
    overflow_group: str | None
    previous_json: str = Field(default="[]", sa_column_kwargs={"server_default": "[]"})
    preferred_json: str | None


class BackOff(Kept, table=True):
    """An item that is left alone until `until` after a write that failed, or until its record changes."""

    __tablename__ = "back_off"

    item: str = Field(primary_key=True)
    guard_at: dt.datetime = Field(sa_type=UtcMicros)
    until: dt.datetime = Field(sa_type=UtcMicros)
    code: str | None
    message: str | None


class Refusal(Kept, table=True):
    """An owner the org refused for an object; `strikes` doubles the back-off."""

    user_id: str = Field(primary_key=True)
    object: str = Field(primary_key=True)
    until: dt.datetime = Field(sa_type=UtcMicros)
    strikes: int


class JournalEntry(Kept, table=True):
    """One owner change. `open_item` is the item while the entry is open, else null: unique, so that an item never
    has two open writes. `why` is set where the item had an owner before. `landed_at` and `undoes` are
    `core.journal.Entry`'s. `aging_over`: the item was inactive since, so
    a new spell of waiting ages afresh."""

    __tablename__ = "journal"
    __table_args__ = (
        Index(None, "item", "id"),
        Index(None, "dry_run", "turn"),
        Index(None, "state", "dry_run", "decided_at", "group_name", "owner", "method"),
    )

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    object: str
    item: str
    open_item: str | None = Field(unique=True)
    group_name: str = Field(index=True)
    seen_owner: str
    seen_at: dt.datetime = Field(sa_type=UtcMicros)
    owner: str
    owner_username: str | None
    method: str
    score: float
    tier: str | None
    points: int = Field(sa_type=BigInteger)
    why: str | None
    turn: int = Field(sa_type=BigInteger)
    decided_at: dt.datetime = Field(sa_type=UtcMicros)
    waiting_since: dt.datetime = Field(sa_type=UtcMicros)
    aging_since: dt.datetime = Field(sa_type=UtcMicros)
    policy_hash: str
    state: str
    sent_at: dt.datetime | None = Field(sa_type=UtcMicros)
    credit_moves_json: str
    dry_run: bool
    score_json: str
    sentence: str
    explanation: str = Field(foreign_key="explanation.key", index=True)
    aging_over: bool
    settled_at: dt.datetime | None = Field(sa_type=UtcMicros)
    code: str | None
    message: str | None
    owner_now: str | None
    landed_at: dt.datetime | None = Field(sa_type=UtcMicros)
    undoes: int | None = Field(sa_type=BigInteger)
    overridden_by: str | None
    terms: str | None


class Rotation(Kept, table=True):
    """One user's place in one group's rotation."""

    group_name: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    turn: int = Field(sa_type=BigInteger)
    joined: bool
    credit: int = Field(sa_type=BigInteger)


class UserKept(Kept, table=True):
    """A user who may be a member."""

    __tablename__ = "user_kept"

    id: str = Field(primary_key=True)
    username: str
    name: str
    is_active: bool
    timezone: str
    values_json: str


class Reading(Kept, table=True):
    """What one source said as a whole (`logged_in`, `omni`, `frozen`, `away` …), as JSON: it is replaced as a whole."""

    source: str = Field(primary_key=True)
    at: dt.datetime | None = Field(sa_type=UtcMicros)
    rows_json: str


class Pausing(Kept, table=True):
    """Somebody, a group or everything taken out of routing. Of kind `away`: who is taken for absent since then, with
    the Omni-Channel status they had."""

    kind: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    reason: str
    until: dt.datetime | None = Field(sa_type=UtcMicros)
    since: dt.datetime | None = Field(sa_type=UtcMicros)
    omni: str | None


class Leasing(Kept, table=True):
    """The one row that says who may write to the org."""

    __tablename__ = "lease"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    holder: str
    token: str
    expires_at: dt.datetime = Field(sa_type=UtcMicros)


class Asked(Kept, table=True):
    """What a command asks of the running daemon, and its answer."""

    __tablename__ = "request"

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    kind: str
    payload_json: str
    state: str = Field(index=True)
    asked_at: dt.datetime = Field(sa_type=UtcMicros)
    answer_json: str | None


class Cycle(Kept, table=True):
    """One cycle and its report; `completed_at` is null while it runs and where it failed."""

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    started_at: dt.datetime = Field(sa_type=UtcMicros)
    completed_at: dt.datetime | None = Field(sa_type=UtcMicros)
    report_json: str | None


METADATA = Kept.metadata


def _table(model: type[SQLModel]) -> Table:
    return METADATA.tables[str(model.__tablename__)]


FACT = _table(Fact)
WATERMARK = _table(Watermark)
ACTIVE = _table(ActiveItem)
UNREAD = _table(UnreadItem)
LOAD = _table(LoadSum)
EXPLANATION = _table(Explained)
LINE = _table(LineItem)
FIELD_NOTE = _table(FieldNote)
CHILD_MOVING = _table(ChildMoving)
FOLLOWED = _table(FollowedCase)
NOTICE = _table(NoticeKept)
PICKED = _table(Picked)
BACK_OFF = _table(BackOff)
REFUSAL = _table(Refusal)
JOURNAL = _table(JournalEntry)
TICKING = _table(Ticking)
TERMS = _table(ClockTerms)
STANDSTILL = _table(Standing)
NEGLECT_EVENT = _table(NeglectNoted)
ROTATION = _table(Rotation)
USER = _table(UserKept)
READING = _table(Reading)
PAUSE = _table(Pausing)
LEASE = _table(Leasing)
REQUEST = _table(Asked)
CYCLE = _table(Cycle)
