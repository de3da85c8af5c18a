"""Which guard a write gets, by what this org has shown: whether it honours `If-Unmodified-Since` on an object.

The documentation leaves that open, so it is a fact of each org and object, kept in the database: proved by the first
call that writes to the object, which relies on nothing, or by `check --write-test`. Used by whoever writes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from sfassign.answers import HONOURED
from sfassign.core.journal import Entry
from sfassign.ports import Clock, Guard, OwnerChange, Store, WriteResult

IGNORED = "precondition_ignored"
"""The fact, for an object, that the org wrote although the precondition did not hold; empty once it answered 412."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Known:
    """Since when it is known that the org honours the precondition on an object, or ignores it."""

    honoured_at: dt.datetime | None = None
    ignored_at: dt.datetime | None = None

    @property
    def guard(self) -> Guard:
        if self.ignored_at is not None:
            return Guard.REFERENCE
        return Guard.UNPROVEN if self.honoured_at is None else Guard.PRECONDITION


@dataclass
class Guards:
    """What is known, read once."""

    store: Store
    clock: Clock
    _known: dict[str, Known] = field(default_factory=dict)

    def known(self, name: str) -> Known:
        if name not in self._known:
            facts = (self.store.fact(f"{fact}:{name}") for fact in (HONOURED, IGNORED))
            self._known[name] = Known(*(dt.datetime.fromisoformat(text) if text else None for text in facts))
        return self._known[name]

    def of(self, name: str) -> Guard:
        return self.known(name).guard

    def late_write_fails(self, entry: Entry) -> bool:
        """Whether a write of this entry that has not landed by now can no longer overwrite a newer change: the org
        keeps to the date, or the write hung on a query."""
        ignored_at = self.known(entry.object).ignored_at
        if ignored_at is not None:
            return (entry.sent_at or entry.decided_at) >= ignored_at
        return self.known(entry.object).honoured_at is not None

    def learn(self, changes: Iterable[OwnerChange], results: Mapping[int, WriteResult]) -> None:
        """Keep what the answers prove."""
        for change in changes:
            honoured = results[change.entry].honoured
            if honoured is not None:
                self.keep(change.object, honoured=honoured)

    def keep(self, name: str, *, honoured: bool) -> None:
        now, known = self.clock.now(), self.known(name)
        if honoured and (known.honoured_at is None or known.ignored_at is not None):
            self._known[name] = Known(honoured_at=now)
            facts = {f"{HONOURED}:{name}": now.isoformat(), f"{IGNORED}:{name}": ""}
            self.store.keep_facts(facts)
        elif not honoured and known.ignored_at is None:
            self._known[name] = Known(ignored_at=now)
            self.store.keep_facts({f"{IGNORED}:{name}": now.isoformat(), f"{HONOURED}:{name}": ""})
            log.warning(
                "this org ignores If-Unmodified-Since: each write hangs on a query, at most four to a call",
                action="guard.ignored",
                object=name,
            )
