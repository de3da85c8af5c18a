"""What the memory is to the cycle. `storage` implements it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Protocol

from sfassign.core.decision import Assign, Decision, NoteKind, Plan
from sfassign.core.journal import Entry
from sfassign.core.model import Pause, Preferred, Snapshot, Window
from sfassign.core.neglect import NeglectClock, Standstill
from sfassign.core.notice import Notice
from sfassign.core.picking import How, Pick, PickState
from sfassign.core.records import (
    Directory,
    OrgRecord,
    Pool,
)
from sfassign.core.terms import Terms
from sfassign.core.tries import Try
from sfassign.ports.kept import ChildMove, NoteKept, ObjectNews, Settlement
from sfassign.ports.milestones import MilestoneMemory
from sfassign.ports.neglect import Cover, Ownership, PassOutcome
from sfassign.ports.notify import NoticeBox
from sfassign.ports.reads import (
    OmniRow,
    OrgFacts,
    SessionRow,
    UserRow,
)


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

    def previous_owners(self, ids: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """The users who owned each of these items, last first, as far as we gave it to them or took it from them."""
        ...

    def absorb(self, news: Sequence[ObjectNews], at: dt.datetime) -> None:
        """Replace what is kept of these rows and set the watermarks to `at`. Load moves by the difference. A row new
        to the line waits since its CreatedDate where that lies after the previous watermark of its object, else since
        `at`; it ages since its last journal entry's `aging_since` where it comes back without having been inactive in
        between. A row that changed loses the back-off of its last failure."""
        ...

    def begin_reading(self, object_name: str, owners: Sequence[str] | None = None, *, waiting: bool = False) -> None:
        """Everything kept of the object (with `owners`: what these have; `waiting`: what is in the line) is to be read
        again, in portions. Forgets what an earlier such reading did not come to."""
        ...

    def unread(self, object_name: str) -> tuple[str, ...]:
        """The items that no portion has brought yet."""
        ...

    def end_reading(self, object_name: str, at: dt.datetime | None) -> None:
        """The last portion was absorbed: what none has brought is no longer active. `at`: the object is known up to
        then; None leaves its watermark."""
        ...

    def keep_users(self, users: Sequence[UserRow], at: dt.datetime) -> None:
        """The whole list of users who may be members: others are forgotten (their rotation stays)."""
        ...

    def users(self) -> tuple[UserRow, ...]:
        """The users who may be members, as last kept."""
        ...

    def keep_frozen(self, frozen: frozenset[str]) -> None: ...

    def keep_sessions(self, sessions: Sequence[SessionRow], at: dt.datetime) -> None: ...

    def keep_omni(self, rows: Sequence[OmniRow], at: dt.datetime) -> None: ...

    def keep_records(self, part: str, records: Sequence[OrgRecord] | None, at: dt.datetime) -> None:
        """Keep what `part` (a field of OrgRecords or Directory) said as a whole; None forgets the last reading."""
        ...

    @property
    def milestones(self) -> MilestoneMemory:
        """The open milestones of Cases."""
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

    def keep_preferred(self, found: Mapping[str, Mapping[str, Preferred]]) -> None:
        """By item and kind of `prefer`: whom the org's records name, instead of what was kept of the item before. It
        is forgotten when the item leaves the line."""
        ...

    def last_users(self, items: Iterable[str]) -> Mapping[str, str]:
        """Of these items the ones we ever gave to a user (confirmed), with the last one; queues do not count."""
        ...

    # items that members took out of the line

    def open_picks(self, now: dt.datetime) -> tuple[Pick, ...]:
        """Owner changes out of the line that are not judged yet, and picks that are to be returned, oldest first, so
        many at a time. `absorb` enters them; `settle` says what the write of a return came to."""
        ...

    def judge_picks(self, verdicts: Mapping[int, tuple[PickState, How | None]], nothing: Iterable[int]) -> None:
        """Move open picks, by number, to their next state; forget those which are `nothing`."""
        ...

    def pick_states(self, numbers: Iterable[int]) -> Mapping[int, PickState]: ...

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

    # messages to people

    def post(self, notices: Sequence[Notice]) -> None:
        """Enter notices that are due at once. Those of owner changes `plan` enters; they are due when confirmed."""
        ...

    def notice_box(self, now: dt.datetime, most: int) -> NoticeBox:
        """At most so many due notices, the oldest first."""
        ...

    def put_off(self, numbers: Sequence[int], until: dt.datetime, *, trying: bool) -> None:
        """Not due again before `until`; `trying`: a try begins now and is counted."""
        ...

    def close_notices(self, numbers: Sequence[int]) -> None:
        """They were sent, or are given up."""
        ...

    def drop_oldest_notices(self, keep: int) -> int:
        """Forget all but the newest so many of those that wait; returns how many were forgotten."""
        ...

    # the journal

    def plan(
        self,
        assigns: Sequence[Assign],
        plan: Plan,
        guards: Mapping[str, dt.datetime],
        dry_run: bool,
        terms: Mapping[str, Terms] = MappingProxyType({}),
    ) -> tuple[Entry, ...]:
        """Enter decisions as PLANNED, in order, with their explanations; `guards` by item Id, `terms` likewise for
        those whose neglect clock starts when they are confirmed."""
        ...

    def open_entries(self) -> tuple[Entry, ...]: ...

    def tries(self, since: dt.datetime) -> Mapping[str, tuple[Try, ...]]:
        """Owner changes since then that were sent and came to nothing, by item, oldest first; only those after the
        item's last confirmed one."""
        ...

    def may_still_land(self, now: dt.datetime) -> tuple[Entry, ...]:
        """Lapsed entries whose request had no answer and may have been carried out since the record was read."""
        ...

    def sent(self, entries: Sequence[int], at: dt.datetime) -> None:
        """PLANNED → SENT, all in one transaction, before the request leaves."""
        ...

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Advance entries (compare and swap on the state); move rotation, caps and load for the confirmed ones, keep
        the back-off for the refused ones, take confirmed items out of the line."""
        ...

    def remark(self, messages: Mapping[int, str]) -> None:
        """Keep with settled entries what turned out about them, by their numbers; it replaces their message."""
        ...

    # the clocks of neglect: `settle` starts them, `absorb` touches and ends them

    def due_clocks(self, now: dt.datetime, most: int) -> tuple[NeglectClock, ...]:
        """Clocks that may be due, the one due longest first."""
        ...

    def standstills(self, since: dt.datetime) -> tuple[Standstill, ...]:
        """The ones that lasted longer than that."""
        ...

    def stand_still(self, standstills: Sequence[Standstill]) -> None:
        """Enter them, or their ends."""
        ...

    def ownership(self, items: Sequence[str], now: dt.datetime) -> Mapping[str, Ownership]: ...

    def keep_pass(self, outcome: PassOutcome) -> None: ...

    def cover(self, object_name: str, covers: Mapping[str, Cover], at: dt.datetime) -> None:
        """These users have joined (by Id): a clock for each of their active items that has none."""
        ...

    def look_again(self, at: dt.datetime) -> None:
        """The org's working hours changed: every clock that runs in them may be due from now on."""
        ...

    def last_completed(self) -> dt.datetime | None:
        """When a cycle was last completed."""
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
