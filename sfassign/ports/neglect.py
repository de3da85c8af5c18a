"""What the neglect pass asks of org and store, and what it tells the store in one go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from sfassign.core.model import Pause
from sfassign.core.neglect import NeglectClock
from sfassign.core.notice import Notice
from sfassign.core.terms import Terms
from sfassign.core.touches import SignKind


@dataclass(frozen=True, slots=True)
class Cover:
    """A member's active item that is looked after however they got it: the group, and the terms of its clock."""

    group: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class Ownership:
    """What the journal knows of an item. `previous`: the users who owned it, last first. `taken`: how often it
    was taken away for neglect since it was last touched. `came_from`: the owner before our last assignment.
    `blocked`: why it is left alone for now."""

    previous: tuple[str, ...] = ()
    taken: int = 0
    came_from: str | None = None
    aging_since: dt.datetime | None = None
    blocked: str | None = None


@dataclass(frozen=True, slots=True)
class NeglectEvent:
    """Something to be counted and told: `kind` is neglected, reminded or reported."""

    kind: str
    at: dt.datetime
    object: str
    item: str
    group: str
    user: str
    sentence: str


@dataclass(frozen=True, slots=True)
class SignAsk:
    """Records of one table about these items, made or changed since then; `key` is the field that leads to the item."""

    kind: SignKind
    table: str
    key: str
    items: tuple[str, ...]
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class PassOutcome:
    """What one pass came to, kept in one transaction. `clocks` replace the ones of the same item, owner and start;
    `touched` items age afresh; `away` members are taken out by what they did not do, `active` ones are seen again
    (by when); `told` are messages to their owners."""

    at: dt.datetime
    clocks: tuple[NeglectClock, ...] = ()
    ended: tuple[NeglectClock, ...] = ()
    touched: tuple[str, ...] = ()
    events: tuple[NeglectEvent, ...] = ()
    told: tuple[Notice, ...] = ()
    away: Mapping[str, Pause] = field(default_factory=dict)
    active: Mapping[str, dt.datetime] = field(default_factory=dict)
