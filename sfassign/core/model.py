"""The values the engine decides over, all of them in `Snapshot`. What comes out is in `decision`.

All times are aware UTC. Ids are 18 characters. `Snapshot.taken_at` is the only clock the core knows.
Records are flat: the lower-case dotted path of a field (`owner.name`) to its JSON value, as `soql.flatten` makes them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from sfassign.core.records import AwayRecord, OrgRecords

FieldValue = str | int | float | bool | None
Record = Mapping[str, FieldValue]

WEIGHT_SCALE = 1_000_000
"""Weights and round-robin credits are whole numbers of millionths, so that sums are exact in any order."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What a note last written on the item was about, and when. See `Note.about`."""

    about: str
    at: dt.datetime


class Why(str, Enum):
    """Why an item that had an owner goes to another: neglect took it from them (to be reassigned, returned, or finally
    to a named place), it was picked out of the source by hand, or somebody asked for it."""

    NEGLECTED = "neglected"
    RETURNED = "returned"
    FINALLY = "finally"
    CHERRY_PICKED = "cherry_picked"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Again:
    """An item that does not wait: it has an owner and is to get another, of the members of `group`. `to`: the one user
    (an Id) somebody asked for, who must pass the gates like anybody else. `because` begins the decision's sentence."""

    why: Why
    group: str
    to: str | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Preferred:
    """Whom the org's records name for an item by one kind of `prefer`: a user's Id, None where they name nobody.
    `about` is the value that the look-up went by."""

    about: str
    user: str | None


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A record that may wait to be assigned.

    `waiting_since` starts the present spell of waiting, `aging_since` the first one. `last_given` is the user we
    last gave it to (confirmed), None if never. `blocked` says why the item is left alone for now (an open write, a
    refusal whose back-off has not passed), None if it is free. `guard_at` is the record's last change as read,
    which a conditional write names; the engine does not look at it. `overflowed` is (the group its source put it in,
    the group an overflow put it in) while it waits. `flagged` and `unassigned` are the notes written on it so far:
    that it is in review, that nobody could take it. `again` is set where it does not wait but is to change hands;
    `previous` are the users who owned it, last first: the present owner too where it is to change hands. `preferred`
    has what was looked up so far, by kind of `prefer`.
    """

    object: str
    id: str
    owner: str
    created_at: dt.datetime
    waiting_since: dt.datetime
    aging_since: dt.datetime
    values: Record
    last_given: str | None = None
    blocked: str | None = None
    guard_at: dt.datetime | None = None
    overflowed: tuple[str, str] | None = None
    flagged: Noted | None = None
    unassigned: Noted | None = None
    again: Again | None = None
    previous: tuple[str, ...] = ()
    preferred: Mapping[str, Preferred] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Presence:
    """What is known of one user's presence. `sessions` are (type, last used, valid until) of live UI sessions."""

    sessions: tuple[tuple[str, dt.datetime, dt.datetime], ...] = ()
    omni_status: str | None = None
    omni_developer_name: str | None = None
    omni_away: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Taken out of routing. `until` None: until resumed."""

    reason: str
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A User who may be in groups. `values` are the User fields the policy names (flat, as for items), `skills` those
    that hold now by their service resource, `away` their out-of-office events now or soon."""

    id: str
    username: str
    name: str
    is_active: bool
    timezone: str
    values: Record = field(default_factory=lambda: MappingProxyType({}))
    is_frozen: bool = False
    presence: Presence = Presence()
    pause: Pause | None = None
    skills: tuple[str, ...] = ()
    away: tuple[AwayRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """One owner's active work: how many items and how many load points, per object."""

    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    points: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Turn:
    """One member's place in one group's rotation.

    `turn` is the number of the last decision that gave them something there, or, where `joined`, the highest number
    there was when they joined (they stand behind that one). `credit` is their smooth weighted round robin credit in
    millionths.
    """

    turn: int
    joined: bool = False
    credit: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """Assignments decided since `since`: from that instant on, or, where `after`, strictly later than it."""

    since: dt.datetime
    after: bool = False


@dataclass(frozen=True, slots=True)
class InFlight:
    """An owner change that was decided and is not settled: it counts provisionally."""

    object: str
    item: str
    group: str
    to: str
    points: float
    decided_at: dt.datetime
    turn: int
    credit_moves: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one decision round looks at.

    `given[window][(group, user)]` counts *settled* (confirmed) assignments by decision time; `in_flight` is added by
    the engine. `windows_of(policy, taken_at)` in `core.limits` says which windows a policy needs. `rotation` has a
    Turn for every (group, user) known to the store; one that is missing stands at the back. `refusals` are
    (user, object) pairs the org refused, with the end of the back-off. `presence_at` is when presence was read per
    source (`logged_in`, `omni`, `out_of_office`), missing where it never was. `org_timezone` is used where the policy
    names none. `records` are the org's business hours, holidays and what else `core.records` has.
    """

    taken_at: dt.datetime
    org_timezone: str
    items: tuple[WorkItem, ...]
    members: tuple[Member, ...]
    load: Mapping[str, Load] = field(default_factory=lambda: MappingProxyType({}))
    rotation: Mapping[tuple[str, str], Turn] = field(default_factory=lambda: MappingProxyType({}))
    last_turn: int = 0
    given: Mapping[Window, Mapping[tuple[str, str], int]] = field(default_factory=lambda: MappingProxyType({}))
    in_flight: tuple[InFlight, ...] = ()
    refusals: Mapping[tuple[str, str], dt.datetime] = field(default_factory=lambda: MappingProxyType({}))
    presence_at: Mapping[str, dt.datetime] = field(default_factory=lambda: MappingProxyType({}))
    presence_max_age: dt.timedelta = dt.timedelta(minutes=2)
    paused_groups: Mapping[str, Pause] = field(default_factory=lambda: MappingProxyType({}))
    paused_all: Pause | None = None
    pools: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    """The user Ids of groups whose members are a queue or a public group, resolved, by the group's name."""
    records: OrgRecords = field(default_factory=OrgRecords)
