"""What the org is to the cycle. `salesforce` implements it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

from sfassign.core.picking import OwnerStep
from sfassign.core.touches import Sign
from sfassign.ports.looked_up import LookedUp, LookUp, ObjectShape, Resolved
from sfassign.ports.neglect import SignAsk
from sfassign.ports.reads import (
    CountRead,
    ObjectRead,
    Polled,
    PollRequest,
    Portions,
    Row,
    Unreadable,
)
from sfassign.ports.writes import OwnerChange, WriteResult


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
