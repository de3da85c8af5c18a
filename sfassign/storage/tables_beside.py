"""The tables of what stands beside line and journal: notes, children, milestones, messages, picks, neglect clocks.
`tables` has the others, and the `Table` objects of all of them.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from sfassign.storage.columns import UtcMicros
from sfassign.storage.kept import Kept


class FieldNote(Kept, table=True):
    """Fields set on an item without a new owner: what it was about and what was written. `state`: sent until the org
    has answered, then written or refused."""

    __tablename__ = "field_note"

    item: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    object: str
    group_name: str
    about: str
    at: dt.datetime = Field(sa_type=UtcMicros)
    state: str
    values_json: str


class ChildMoving(Kept, table=True):
    """Child objects whose open records follow an owner change; entered with it, gone when they have followed."""

    __tablename__ = "child_moving"

    entry: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    children_json: str


class FollowedCase(Kept, table=True):
    """A Case whose milestones are followed: the open ones, and the earliest target date of them."""

    __tablename__ = "followed_case"

    item: str = Field(primary_key=True)
    due_at: dt.datetime | None = Field(sa_type=UtcMicros)
    open_json: str


class NoticeKept(Kept, table=True):
    """A message somebody is still to get. `entry`: it waits for that owner change to be confirmed; null: it is due
    from `next_at` on. Gone when sent or given up."""

    __tablename__ = "notice"

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    entry: int | None = Field(sa_type=BigInteger, index=True)
    outlet: str
    kind: str
    user_id: str
    user_name: str
    object: str
    item: str
    label: str | None
    group_name: str
    score: float | None
    reason: str
    at: dt.datetime = Field(sa_type=UtcMicros)
    attempts: int
    next_at: dt.datetime = Field(sa_type=UtcMicros, index=True)


class Picked(Kept, table=True):
    """An item that left the line for a user without our doing; `core.picking` gives the states. `tries` counts writes
    of its return that came to nothing."""

    __table_args__ = (Index(None, "state", "seen_at"), Index(None, "item", "state"))

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    object: str
    item: str
    group_name: str | None
    member: str
    owner_before: str
    waited_at: dt.datetime = Field(sa_type=UtcMicros)
    guard_at: dt.datetime = Field(sa_type=UtcMicros)
    waiting_since: dt.datetime = Field(sa_type=UtcMicros)
    aging_since: dt.datetime = Field(sa_type=UtcMicros)
    seen_at: dt.datetime = Field(sa_type=UtcMicros)
    how: str | None
    state: str
    returnable: bool
    tries: int


class Ticking(Kept, table=True):
    """An item in its owner's hands, and the clock that tells when it is neglected. `entry`: our assignment, null where
    they got it in any other way. `due_at`: nothing can be due before; null while nothing can be."""

    __tablename__ = "clock"
    __table_args__ = (Index(None, "due_at", "item"), {"sqlite_with_rowid": False})

    item: str = Field(primary_key=True)
    object: str
    entry: int | None = Field(sa_type=BigInteger)
    group_name: str
    owner: str
    started_at: dt.datetime = Field(sa_type=UtcMicros)
    watched_from: dt.datetime = Field(sa_type=UtcMicros)
    status_then: str | None
    touched_at: dt.datetime | None = Field(sa_type=UtcMicros)
    reminded_at: dt.datetime | None = Field(sa_type=UtcMicros)
    neglected_at: dt.datetime | None = Field(sa_type=UtcMicros)
    due_at: dt.datetime | None = Field(sa_type=UtcMicros)
    state: str
    terms: str


class ClockTerms(Kept, table=True):
    """What clocks run by, as JSON under its hash. `org_hours`: their hours stand in the org."""

    __tablename__ = "clock_terms"

    key: str = Field(primary_key=True)
    terms_json: str
    org_hours: bool


class Standing(Kept, table=True):
    """Time in which the clocks of a group (all: empty) stood still; `until` is null while they do."""

    __tablename__ = "standstill"

    group_name: str = Field(primary_key=True)
    since: dt.datetime = Field(primary_key=True, sa_type=UtcMicros)
    until: dt.datetime | None = Field(sa_type=UtcMicros)


class NeglectNoted(Kept, table=True):
    """An item that was neglected, or whose owner was reminded."""

    __tablename__ = "neglect_event"

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: dt.datetime = Field(sa_type=UtcMicros, index=True)
    kind: str
    object: str
    item: str = Field(index=True)
    group_name: str
    user_id: str
    sentence: str
