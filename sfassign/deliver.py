"""Deliver: write decided owners to the org and learn from reading back what became of each. Called by the cycle.

Every change is in the journal before the org hears of it, carries its own guard, and is settled by what the record
says afterwards. The rules of settling stand in `core.journal`; `answers` turns the org's answers into events.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sfassign.answers import HONOURED, Read, changed_since, read_answer
from sfassign.core.journal import Entry, Event, State, judge
from sfassign.core.model import Assign, Plan
from sfassign.errors import OrgError
from sfassign.gather import Gatherer
from sfassign.outcome import Assigned, Failed, LostRace
from sfassign.ports import Clock, Org, OwnerChange, Row, Settlement, Store, WriteResult

MOST_CHANGES_PER_CALL = 24
READ_BACK = "settled by reading it back"


@dataclass
class Delivery:
    """What the writes of one cycle came to, in the order of the line."""

    assigned: list[Assigned] = field(default_factory=list)
    lost: list[LostRace] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Closing:
    """An entry, what became of it, and the sentence to report it with."""

    entry: Entry
    read: Read
    why: str


class Courier:
    """Carries owner changes to the org; `stopping` is asked before each call."""

    def __init__(
        self, org: Org, store: Store, clock: Clock, gatherer: Gatherer, *, stopping: Callable[[], bool]
    ) -> None:
        self._org, self._store, self._clock = org, store, clock
        self._gatherer, self._stopping = gatherer, stopping
        self.delivery = Delivery()

    def settle(self) -> None:
        """Close what was left open, by reading the records. Raises OrgError when they cannot be read."""
        entries = self._store.open_entries()
        unsent = [entry for entry in entries if entry.state is State.PLANNED]
        if unsent:
            self._store.settle([Settlement(entry.id, Event.NOT_SENT, self._clock.now()) for entry in unsent])
        sent = sorted((e for e in entries if e.state is State.SENT), key=lambda e: (e.object, e.id))
        for name, group in groupby(sent, key=lambda entry: entry.object):
            self._settle_by_reading(name, list(group))

    def deliver(self, assigns: Sequence[Assign], plan: Plan, until: dt.datetime) -> None:
        """Journal and write the assignments, call by call, until all are written or `until` has come."""
        left = list(assigns)
        while left and not self._stopping() and self._clock.now() < until:
            fitting = self._org.batches([_draft(assign) for assign in left[:MOST_CHANGES_PER_CALL]])[0]
            batch, left = left[: len(fitting)], left[len(fitting) :]
            guards = {assign.item.id: change.guard_at for assign, change in zip(batch, fitting, strict=True)}
            entries = self._store.plan(batch, plan, guards, dry_run=False)
            why = {entry.id: assign.sentence for entry, assign in zip(entries, batch, strict=True)}
            self._write(entries, why)

    # --- details ------------------------------------------------------------------------------------------------------

    def _settle_by_reading(self, name: str, entries: Sequence[Entry]) -> None:
        _, rows = self._org.fetch(self._gatherer.reading().object_read(name), [entry.item for entry in entries])
        owners = {row.id: row.owner for row in rows}
        honoured = self._store.fact(HONOURED) is not None
        now = self._clock.now()
        judged = [(entry, judge(entry, owners.get(entry.item), now, honoured)) for entry in entries]
        self._close(
            Closing(entry, Read(Settlement(entry.id, event, now, owner_now=owners.get(entry.item))), READ_BACK)
            for entry, event in judged
            if event is not None
        )

    def _write(self, entries: Sequence[Entry], why: Mapping[int, str]) -> None:
        self._store.sent([entry.id for entry in entries], self._clock.now())
        again = self._send(entries, [_change(entry, entry.seen_at) for entry in entries], why)
        if again:
            self._write_once_more(again, why)

    def _send(self, entries: Sequence[Entry], changes: Sequence[OwnerChange], why: Mapping[int, str]) -> list[Entry]:
        """One call. Returns the entries whose record changed while its owner stayed and its source still holds."""
        names = {change.object for change in changes}
        reads = {name: self._gatherer.reading().object_read(name) for name in names}
        try:
            results = {result.entry: result for result in self._org.write(changes, reads)}
        except OrgError as error:
            now = self._clock.now()
            self._store.settle([Settlement(e.id, Event.NOT_LANDED, now, message=str(error)) for e in entries])
            raise
        return self._take(entries, results, why)

    def _take(
        self, entries: Sequence[Entry], results: Mapping[int, WriteResult], why: Mapping[int, str]
    ) -> list[Entry]:
        if any(changed_since(result) for result in results.values()):
            self._store.keep_fact(HONOURED, self._clock.now().isoformat())
        again = [entry for entry in entries if self._deserves_another(entry, results[entry.id])]
        left = [entry for entry in entries if entry not in again]
        read = ((entry, read_answer(entry, results[entry.id], self._clock.now())) for entry in left)
        self._close(Closing(entry, answer, why[entry.id]) for entry, answer in read if answer is not None)
        return again

    def _deserves_another(self, entry: Entry, result: WriteResult) -> bool:
        """Somebody edited the record, but it has the owner we saw and its source still takes it."""
        row = result.row
        kept = changed_since(result) and row is not None and row.owner == entry.seen_owner
        return kept and row is not None and self._still_waits(row)

    def _still_waits(self, row: Row) -> bool:
        return self._gatherer.sightings((row,), self._clock.now())[0].waiting

    def _write_once_more(self, entries: Sequence[Entry], why: Mapping[int, str]) -> None:
        """A record that somebody else edited keeps its place: read again when the edit is a second old, and written
        with the new date; if it changed again, it fails for this cycle."""
        self._clock.sleep(1.0)
        for name, group in groupby(sorted(entries, key=lambda e: (e.object, e.id)), key=lambda e: e.object):
            batch = list(group)
            at, rows = self._org.fetch(self._gatherer.reading().object_read(name), [entry.item for entry in batch])
            found = {row.id: row for row in rows}
            troubled = {entry.id: self._trouble(entry, found.get(entry.item), at) for entry in batch}
            self._close(Closing(entry, read, "") for entry in batch if (read := troubled[entry.id]) is not None)
            ready = [entry for entry in batch if troubled[entry.id] is None]
            if ready:
                changes = [_change(entry, found[entry.item].guard_at) for entry in ready]
                self._close(
                    Closing(entry, self._keeps_changing(entry), "") for entry in self._send(ready, changes, why)
                )

    def _trouble(self, entry: Entry, row: Row | None, at: dt.datetime) -> Read | None:
        """Why the record, as read at `at`, may not be written once more; None: it may."""
        now = self._clock.now()
        if row is None:
            return Read(Settlement(entry.id, Event.GONE, now), lost="the record is gone")
        if row.owner != entry.seen_owner:
            event = Event.LANDED if row.owner == entry.owner else Event.OTHER_OWNER
            return Read(Settlement(entry.id, event, now, owner_now=row.owner), lost="somebody else took it first")
        if not self._still_waits(row):
            left = "it was changed and its source no longer takes it"
            return Read(Settlement(entry.id, Event.GONE, now, owner_now=row.owner), lost=left)
        return None if settled_second(row.guard_at, at) else self._keeps_changing(entry)

    def _keeps_changing(self, entry: Entry) -> Read:
        message = "the record keeps being changed by somebody else; it is tried again in the next cycle"
        settlement = Settlement(entry.id, Event.NOT_LANDED, self._clock.now(), "CHANGED_SINCE", message)
        return Read(settlement, failed=("CHANGED_SINCE", message, True))

    def _close(self, closings: Iterable[Closing]) -> None:
        """Settle them in one transaction, then report them."""
        closed = list(closings)
        if closed:
            self._store.settle([closing.read.settlement for closing in closed])
        for closing in closed:
            self._report(closing.entry, closing.read, closing.why)

    def _report(self, entry: Entry, read: Read, why: str) -> None:
        if read.settlement.event is Event.LANDED:
            self.delivery.assigned.append(_assigned(entry, why))
        elif read.failed is not None:
            code, message, retry = read.failed
            self.delivery.failed.append(Failed(entry.object, entry.item, entry.owner, code, message, retry))
        elif read.settlement.event in {Event.OTHER_OWNER, Event.GONE}:
            lost = read.lost or "somebody else took it first"
            self.delivery.lost.append(LostRace(entry.object, entry.item, read.settlement.owner_now, lost))


def settled_second(changed_at: dt.datetime, read_at: dt.datetime) -> bool:
    """Whether the second of the change was over when the record was read: the guard knows only whole seconds."""
    return read_at >= changed_at.replace(microsecond=0) + dt.timedelta(seconds=1)


def _draft(assign: Assign) -> OwnerChange:
    guard_at = assign.item.guard_at or assign.item.created_at
    return OwnerChange(assign.turn, assign.item.object, assign.item.id, assign.to.id, guard_at)


def _change(entry: Entry, guard_at: dt.datetime) -> OwnerChange:
    return OwnerChange(entry.id, entry.object, entry.item, entry.owner, guard_at)


def _assigned(entry: Entry, why: str) -> Assigned:
    return Assigned(
        object=entry.object,
        id=entry.item,
        owner=entry.owner,
        owner_username=entry.owner_username,
        group=entry.group,
        method=entry.method,
        score=entry.score,
        tier=entry.tier,
        points=entry.points,
        decision=entry.id,
        why=why,
    )
