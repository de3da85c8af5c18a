"""What the engine decides and why: a decision for every item, all of them in `Plan`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from sfassign.core.model import FieldValue, Member, Why, WorkItem
from sfassign.core.policy import Destination


class Gate(str, Enum):
    """The reason codes, in the order in which the gates are tried."""

    DISABLED = "disabled"
    INACTIVE = "inactive"
    PAUSED = "paused"
    PRESENCE_STALE = "presence_stale"
    ABSENT = "absent"
    HOLIDAY = "holiday"
    OFF_HOURS = "off_hours"
    OUT_OF_OFFICE = "out_of_office"
    MISMATCH = "mismatch"
    PREVIOUS_OWNER = "previous_owner"
    QUOTA_FULL = "quota_full"
    THRESHOLD_FULL = "threshold_full"
    CAP_REACHED = "cap_reached"
    RAMPING = "ramping"
    REFUSED = "refused"


PHRASES: Mapping[Gate, str] = MappingProxyType(
    {
        Gate.DISABLED: "switched off",
        Gate.INACTIVE: "inactive",
        Gate.PAUSED: "paused",
        Gate.PRESENCE_STALE: "presence unknown",
        Gate.ABSENT: "absent",
        Gate.HOLIDAY: "on holiday",
        Gate.OFF_HOURS: "off hours",
        Gate.OUT_OF_OFFICE: "out of office",
        Gate.MISMATCH: "no match",
        Gate.PREVIOUS_OWNER: "had it before",
        Gate.QUOTA_FULL: "at quota",
        Gate.THRESHOLD_FULL: "at threshold",
        Gate.CAP_REACHED: "at cap",
        Gate.RAMPING: "ramping",
        Gate.REFUSED: "refused by the org",
    }
)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one member may not have one item. `lasting`: waiting will not cure it, a person must act.

    `detail` has the figures and no running clock ("last used 09:12 Europe/London", not "idle for 31 minutes"), so
    that an unchanged situation gives an unchanged text.
    """

    gate: Gate
    detail: str
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one member for one item: rejected, or ranked (1 is first) with the key that ranked them."""

    user: str
    username: str
    rejection: Rejection | None
    rank: int | None = None
    key: Mapping[str, FieldValue] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Every member of the group and what became of them; worked out when first asked for, from what the decision saw.

    Items that met exactly the same situation share one object, so a store need keep its text only once.
    """

    considered: int
    tally: Mapping[Gate, int]
    tell: Callable[[], tuple[Verdict, ...]]

    def verdicts(self) -> tuple[Verdict, ...]:
        """Every member: the ranked ones first in rank order, then the rejected ones in list order."""
        return self.tell()

    def reasons(self) -> str:
        """The tallied reasons, in gate order: `3 absent, 1 at cap`."""
        return ", ".join(f"{self.tally[gate]} {PHRASES[gate]}" for gate in Gate if self.tally.get(gate))

    def summary(self) -> str:
        """`0 of 12 can take it: 3 absent, 8 at quota, 1 no match`."""
        able = self.considered - sum(self.tally.values())
        text = f"{able} of {self.considered} can take it"
        return f"{text}: {self.reasons()}" if self.tally else text


@dataclass(frozen=True, slots=True)
class ScorePart:
    """`rule` is the condition as written, or `base`, `aging`, `deadline` (of a milestone with its target date)."""

    rule: str
    add: float


@dataclass(frozen=True, slots=True)
class Score:
    """`total` orders the line, aging included; `tier` goes by the score without aging, None without tiers."""

    total: float
    parts: tuple[ScorePart, ...]
    tier: str | None


class NoteKind(str, Enum):
    """Why fields of an item are set without a new owner."""

    REVIEW = "review"
    NOT_ASSIGNED = "not_assigned"


@dataclass(frozen=True, slots=True)
class Note:
    """Fields to set on the item itself: `set` as the policy writes it, placeholders still in it.

    `reason` stands for `{reason}`. `about` is what the note is about: it is written again only when that changes.
    """

    kind: NoteKind
    set: Mapping[str, str]
    reason: str
    about: str


@dataclass(frozen=True, slots=True)
class Assign:
    """Give the item to `to`. `turn` numbers the assignments of the plan on from `Snapshot.last_turn`.

    `credit_moves` is how smooth weighted round robin credit moves when this assignment is confirmed (millionths).
    `sentence` says in one line who got it and why, the same text everywhere. `set` are the fields written together
    with the owner, placeholders still in it; the open records of the `children` objects move along. `why` is set where
    the item had an owner before, `undoes` where this takes earlier decisions back: the number of the oldest one.
    `notify` are the outlets by which the new owner is told once it is confirmed, and `taken_from`, who had it before.
    """

    item: WorkItem
    group: str
    to: Member
    method: str
    score: Score
    points: float
    turn: int
    diagnosis: Diagnosis
    sentence: str
    credit_moves: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    set: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    children: tuple[str, ...] = ()
    why: Why | None = None
    notify: tuple[str, ...] = ()
    taken_from: Member | None = None
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """The item waits where it is. `why` is one line: the diagnosis' summary, or what it is held for.

    `overflow` is where it is to be sent on now, since nobody could take it for too long; `note` what is to be written
    on it now. `home` is the group its source put it in, where an overflow has put it into another one. `waits_for` are
    the preferred users it is kept for, until `waits_until` at most.
    """

    item: WorkItem
    group: str
    score: Score
    diagnosis: Diagnosis | None
    why: str
    overflow: Destination | None = None
    note: Note | None = None
    home: str | None = None
    waits_for: tuple[str, ...] = ()
    waits_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """The item is flagged, not assigned. `note` is what is to be written on it now."""

    item: WorkItem
    group: str
    reason: str
    note: Note | None = None


Decision = Assign | Hold | Review


@dataclass(frozen=True, slots=True)
class Plan:
    """One Decision per waiting item, in the order of the line."""

    taken_at: dt.datetime
    policy_hash: str
    decisions: tuple[Decision, ...]
