"""Claims that a write overwrote, told afterwards by the org's owner history. Called once the owners are written.

Where an org ignores the date of a write, each hangs on a query; whoever takes the record between that query and its
write, two steps of one call, is overwritten, and no guard prevents it. Our own step in the history then starts from
another owner than the one the decision saw. One call for each object, and only after such writes landed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sfassign.core.journal import Entry
from sfassign.core.picking import OwnerStep
from sfassign.errors import OrgError
from sfassign.guards import Guards
from sfassign.ports import Clock, Guard, Org, Store, Unreadable

UNTRACKED = "owner_untracked"
"""The fact, for an object, when its history was last found not to tell of our own owner changes."""
ASK_AGAIN_AFTER = dt.timedelta(days=1)


@dataclass
class Hindsight:
    """Looks at what landed in one cycle; `warnings` name each claim. Raises no OrgError: the writes are done."""

    org: Org
    store: Store
    clock: Clock
    guards: Guards
    warnings: list[str] = field(default_factory=list)

    def look(self, landed: Iterable[Entry]) -> None:
        """The journal keeps what is found, as the message of the confirmed entry."""
        unsafe = [entry for entry in landed if self.guards.of(entry.object) is not Guard.PRECONDITION]
        for name, some in groupby(sorted(unsafe, key=lambda one: (one.object, one.id)), lambda one: one.object):
            if self._is_due(name):
                self._look(name, list(some))

    def _look(self, name: str, entries: Sequence[Entry]) -> None:
        since = min(entry.seen_at for entry in entries)
        try:
            steps = self.org.owner_steps(name, [entry.item for entry in entries], since)
        except OrgError as failure:
            self.warnings.append(f"whether a claim of a {name} was overwritten could not be looked up: {failure}")
            return
        ours = [] if isinstance(steps, Unreadable) else list(_our_steps(entries, steps))
        if not ours:
            self.store.keep_fact(f"{UNTRACKED}:{name}", self.clock.now().isoformat())
        found = {entry.id: _told(entry, step) for entry, step in ours if step.owner_before != entry.seen_owner}
        if found:
            self.store.remark(found)
            self.warnings += found.values()

    def _is_due(self, name: str) -> bool:
        kept = self.store.fact(f"{UNTRACKED}:{name}")
        return not kept or self.clock.now() - dt.datetime.fromisoformat(kept) >= ASK_AGAIN_AFTER


def _our_steps(entries: Sequence[Entry], steps: Sequence[OwnerStep]) -> Iterator[tuple[Entry, OwnerStep]]:
    """The step that gave each item the owner of its entry, as far as the history has it."""
    for entry in entries:
        since = entry.seen_at.replace(microsecond=0)
        given = [one for one in steps if one.item == entry.item and one.owner == entry.owner and one.at >= since]
        if given:
            yield entry, min(given, key=lambda one: one.at)


def _told(entry: Entry, step: OwnerStep) -> str:
    return (
        f"{entry.object} {entry.item} was taken by {step.owner_before} in the moment of our write and given to"
        f" {entry.owner_username or entry.owner} all the same, since this org ignores If-Unmodified-Since: look at it"
    )
