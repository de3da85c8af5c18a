"""What changes slowly in the org and is read in turns: one row per part, read by gather.

A part has the same name in PollRequest, Polled and the store. The one read longest ago takes the query slot that a
poll leaves free; what is due goes in any case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfassign.core.model import Member
from sfassign.core.pools import by_pool
from sfassign.core.records import OrgRecord, Pool
from sfassign.named_owners import NAMED_USERS, QUEUES, names_text, queues_text, users_text
from sfassign.ports import MilestoneRead, Polled, PollRequest, Store, Unreadable
from sfassign.reading import Reading

AWAY_EVERY = dt.timedelta(minutes=5)
"""Out-of-office events are read this often at least; `core.away` takes them for unknown after three times that."""

RESULTS_EVERY = dt.timedelta(hours=1)
"""Won and closed records are counted this often: over weeks an hour changes little, and counting is dear to the org."""

MILESTONES_EVERY = dt.timedelta(minutes=1)
"""Milestones that changed are read this often at least while Cases wait: a deadline of minutes must not be missed."""

LONGEST_TRANSACTION = dt.timedelta(minutes=10)
"""A record is stamped before it is committed, at most this long: the org ends a REST call, or an Apex transaction,
after ten minutes (Salesforce Developer Limits Quick Reference)."""

POOL_PARTS = ("groups", "links", "roles")
"""What members by queue or public group are found by."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a part may need to know to be asked for."""

    reading: Reading
    now: dt.datetime
    pools: Sequence[Pool]
    members: Callable[[], Mapping[str, Sequence[Member]]] = dict
    """Of every enabled group, by its name, as far as users are known."""
    milestones_since: dt.datetime | None = None
    """From when on changes of milestones are wanted; None: no Case is followed."""


def asking(reading: Reading, store: Store, now: dt.datetime) -> Asking:
    """What may be asked for now, by what the store knows."""
    pools = store.pools() or ()
    known_until = store.milestones.since() if reading.milestones else None
    return Asking(
        reading,
        now,
        pools,
        lambda: reading.membership(store.users(), pools, now),
        None if known_until is None else known_until - LONGEST_TRANSACTION,
    )


@dataclass(frozen=True, slots=True)
class SlowPart:
    """`needed`: whether the policy looks at it. `ask`: the value of its field in PollRequest. `every`: due after
    that long, where it is shorter than the resweep. `rests`: due after that long and not asked for sooner, however many
    slots are free. `basis`: what it is asked by; when that changes it is due at once. `forgets`: a refusal ends what
    was known, so that groups which need it get nothing; otherwise the last reading stands. `harmless`: a refusal stops
    nobody, it is a warning."""

    name: str
    needed: Callable[[Reading], bool]
    ask: Callable[[Asking], object]
    keep: Callable[[Store, Any, dt.datetime], None]
    every: dt.timedelta | None = None
    rests: dt.timedelta | None = None
    basis: Callable[[Asking], str] | None = None
    forgets: bool = False
    harmless: bool = False
    queries: Callable[[Any], int] = lambda _: 1
    """How many queries its field in PollRequest makes."""

    def asked_in(self, request: PollRequest) -> bool:
        return getattr(request, self.name) not in (None, False)

    def queries_in(self, request: PollRequest) -> int:
        return self.queries(getattr(request, self.name)) if self.asked_in(request) else 0

    def with_it(self, request: PollRequest, asking: Asking) -> PollRequest:
        asked: dict[str, Any] = {self.name: self.ask(asking)}
        return replace(request, **asked)

    def found_in(self, polled: Polled) -> Any:
        return getattr(polled, self.name)

    def take(self, store: Store, polled: Polled) -> None:
        """Keep what came of it."""
        found = self.found_in(polled)
        if not isinstance(found, Unreadable):
            self.keep(store, found, polled.at)
        elif self.forgets:
            store.keep_records(self.name, None, polled.at)


def _records(name: str) -> Callable[[Store, Sequence[OrgRecord], dt.datetime], None]:
    return lambda store, found, at: store.keep_records(name, found, at)


def _record_part(name: str, needed: Callable[[Reading], bool]) -> SlowPart:
    return SlowPart(name, needed, lambda _: True, _records(name))


def _always(_: Reading) -> bool:
    return True


def _has_pools(reading: Reading) -> bool:
    return bool(by_pool(reading.policy))


RESULTS = SlowPart(
    "results",
    lambda reading: bool(reading.bases),
    lambda asking: asking.reading.results(asking.now, asking.members()) or None,
    _records("results"),
    rests=RESULTS_EVERY,
    harmless=True,
    queries=lambda reads: 2 * len(reads),
)

SLOW_PARTS: tuple[SlowPart, ...] = (
    SlowPart(
        "users",
        _always,
        lambda asking: asking.reading.users(asking.now, asking.pools),
        lambda store, found, at: store.keep_users(found, at),
        basis=lambda asking: asking.reading.users_digest(asking.pools),
    ),
    SlowPart(
        NAMED_USERS,
        lambda reading: bool(reading.owner_names),
        lambda asking: asking.reading.users_named,
        lambda store, found, _: store.keep_fact(NAMED_USERS, users_text(found)),
        basis=lambda asking: names_text(asking.reading.owner_names),
        harmless=True,
    ),
    SlowPart(
        QUEUES,
        _always,
        lambda _: True,
        lambda store, found, _: store.keep_fact(QUEUES, queues_text(found)),
        harmless=True,
    ),
    SlowPart("frozen", _always, lambda _: True, lambda store, found, _: store.keep_frozen(found), harmless=True),
    SlowPart(
        "away",
        lambda reading: reading.out_of_office,
        lambda asking: asking.now,
        _records("away"),
        every=AWAY_EVERY,
        forgets=True,
    ),
    _record_part("business_hours", lambda reading: reading.business_hours),
    _record_part("holidays", lambda reading: reading.holidays),
    _record_part("skills", lambda reading: reading.skills),
    *(_record_part(name, _has_pools) for name in POOL_PARTS),
    RESULTS,
    SlowPart(
        "milestones",
        lambda reading: reading.milestones,
        lambda asking: None if asking.milestones_since is None else MilestoneRead(asking.milestones_since),
        lambda store, found, at: store.milestones.change(found, at),
        every=MILESTONES_EVERY,
        harmless=True,
    ),
)
