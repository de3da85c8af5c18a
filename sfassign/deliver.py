"""Deliver: write decided owners to the org and learn from reading back what became of each. Called by the cycle.

Every change is in the journal before the org hears of it, carries its own guard, and is settled by what the record
says afterwards. The rules of settling stand in `core.journal`; `answers` turns the org's answers into events.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from sfassign.answers import Before, Read, changed_since, held_up, landed, not_landed, read_answer
from sfassign.core.decision import Plan
from sfassign.core.families import family, together
from sfassign.core.journal import UNDO, Entry, Event, State, judge
from sfassign.core.model import Why
from sfassign.core.refusals import Kind, classify
from sfassign.covering import clock_terms
from sfassign.earlier import Earlier
from sfassign.errors import OrgError, OrgRefused, WriteUnproven
from sfassign.gather import Gatherer
from sfassign.guards import Guards
from sfassign.landing import Delivery
from sfassign.letters import Drafts, Letter, settled_second
from sfassign.notes import Jotting, Notebook
from sfassign.outcome import RefusedValue
from sfassign.ports import Answer, Clock, Org, OwnerChange, Row, Settlement, Store, WriteResult

MOST_CHANGES_PER_CALL = 24
READ_BACK = "settled by reading it back"
LANDED_LATE = "an earlier write of ours was carried out late, and its owner has it"


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
        self.notebook = Notebook(store)
        self.guarding = Guards(store, clock)
        self._stopped_by_org = False
        self._drafts = Drafts(self.guarding)
        self._put_away: dict[int, RefusedValue] = {}
        self._resting: set[str] = set()
        self.earlier = Earlier(org, store)

    def settle(self) -> None:
        """Close what was left open, by reading the records, and what had lapsed and may have been carried out since; of
        an object that cannot be read it stays open. Raises OrgError when nothing can be asked, WrongOrg."""
        entries = self._store.open_entries()
        if entries:
            self._gatherer.make_sure_of_org()
        unsent = [entry for entry in entries if entry.state is State.PLANNED]
        if unsent:
            self._store.settle([Settlement(entry.id, Event.NOT_SENT, self._clock.now()) for entry in unsent])
        self.earlier.remember(self._clock.now())
        sent = [*self.earlier.lapsed, *(entry for entry in entries if entry.state is State.SENT)]
        for name, group in groupby(sorted(sent, key=lambda e: (e.object, e.id)), key=lambda entry: entry.object):
            try:
                self._settle_by_reading(name, list(group))
            except OrgRefused as refused:
                told = f"what became of earlier writes of {name} cannot be read yet: {refused}"
                self.delivery.warnings.append(told)

    def deliver(
        self, letters: Sequence[Letter], plan: Plan, until: dt.datetime, jottings: Sequence[Jotting] = ()
    ) -> None:
        """Journal and write the owners, call by call, then what is noted on other items, in the same calls where they
        have room; until all are written, `until` has come, or the org takes no writes from anybody. Who was held up
        lately comes last, and whoever is locked with one that was held up just now waits for the next cycle."""
        left, notes = self._in_order(letters), list(jottings)
        while (left or notes) and not self._stops() and self._clock.now() < until:
            few = [self._drafts.ahead(letter) for letter in left[: 2 * MOST_CHANGES_PER_CALL]]
            fitting = self._org.batches([*few, *map(self._drafts.noted, notes[:MOST_CHANGES_PER_CALL])])[0]
            batch, jotted = left[: len(fitting)], notes[: len(fitting) - len(left[: len(fitting)])]
            left, notes = left[len(batch) :], notes[len(jotted) :]
            self._carry(batch, jotted, plan)
            left = [letter for letter in left if letter.family not in self._resting]

    def _carry(self, letters: Sequence[Letter], jottings: Sequence[Jotting], plan: Plan) -> None:
        assigns = [letter.assign for letter in letters]
        guards = {assign.item.id: assign.item.guard_at or assign.item.created_at for assign in assigns}
        terms = clock_terms(self._gatherer.reading(), assigns, plan.taken_at)
        entries = self._store.plan(assigns, plan, guards, dry_run=False, terms=terms) if assigns else ()
        why = {entry.id: assign.sentence for entry, assign in zip(entries, assigns, strict=True)}
        self._drafts.begin(entries, letters)
        self._write(entries, why, jottings)

    # --- details ------------------------------------------------------------------------------------------------------

    def _settle_by_reading(self, name: str, entries: Sequence[Entry]) -> None:
        at, rows = self._org.fetch(self._gatherer.reading().object_read(name), [entry.item for entry in entries])
        found, owners = {row.id: row for row in rows}, {row.id: row.owner for row in rows}
        now, late = self._clock.now(), self.guarding.late_write_fails
        sent = [entry for entry in entries if entry.state is State.SENT]
        ours = self._carried_out_late(rows, sent)
        judged = [(entry, judge(entry, owners.get(entry.item), now, late(entry))) for entry in sent]
        known = ((entry, event, found.get(entry.item)) for entry, event in judged)
        settled = ((entry, self._settled(entry, event, row, now, at)) for entry, event, row in known if event)
        self._close(Closing(entry, _unless_ours(entry, Read(one), ours), READ_BACK) for entry, one in settled)

    def _carried_out_late(self, rows: Iterable[Row], entries: Sequence[Entry]) -> set[str]:
        """Confirm lapsed entries of which these records say so; returns their items. `entries` are the open ones."""
        now = self._clock.now()
        late = self.earlier.carried_out_late(rows, entries)
        self._close(Closing(entry, Read(landed(entry, row, now, row.guard_at)), READ_BACK) for entry, row in late)
        return {entry.item for entry, _ in late}

    def _write(self, entries: Sequence[Entry], why: Mapping[int, str], jottings: Sequence[Jotting]) -> None:
        if entries:
            self._store.sent([entry.id for entry in entries], self._clock.now())
        self.notebook.begin(jottings)
        again = self._send(entries, [self._drafts.change(entry, entry.seen_at) for entry in entries], why, jottings)
        if again:
            self._write_once_more(again, why)

    def _send(
        self,
        entries: Sequence[Entry],
        changes: Sequence[OwnerChange],
        why: Mapping[int, str],
        jottings: Sequence[Jotting] = (),
    ) -> list[Entry]:
        """One call. Returns the entries whose record changed while its owner stayed and its source still holds."""
        changes = [*changes, *map(self._drafts.noted, jottings)]
        names = {change.object for change in changes}
        reads = {name: self._gatherer.reading().object_read(name) for name in names}
        try:
            results = {result.entry: result for result in self._org.write(changes, reads)}
        except WriteUnproven:
            raise
        except OrgError as error:
            self._lapse(entries, str(error))
            raise
        self.guarding.learn(changes, results)
        self.notebook.take(jottings, results)
        return self._take(entries, results, why)

    def _take(
        self, entries: Sequence[Entry], results: Mapping[int, WriteResult], why: Mapping[int, str]
    ) -> list[Entry]:
        self._stopped_by_org |= any(_stops_all(result) for result in results.values())
        again = [entry for entry in entries if self._deserves_another(entry, results[entry.id])]
        bare = [entry for entry in entries if self._without_values(entry, results[entry.id])]
        left = [entry for entry in entries if entry not in again and entry not in bare]
        self._resting |= {self._drafts.family(entry) for entry in left if held_up(results[entry.id])}
        now = self._clock.now()
        read = [(entry, read_answer(entry, results[entry.id], now, self._before(entry))) for entry in left]
        ours = self._carried_out_late((result.row for result in results.values() if result.row is not None), entries)
        told = ((entry, _unless_ours(entry, answer, ours)) for entry, answer in read if answer is not None)
        self._close(Closing(entry, answer, why[entry.id]) for entry, answer in told)
        return again + (self._send_bare(bare, results, why) if bare else [])

    def _send_bare(
        self, entries: Sequence[Entry], results: Mapping[int, WriteResult], why: Mapping[int, str]
    ) -> list[Entry]:
        """A second call with the owners alone. Where one lands now, it was the values that the org refused."""
        for entry in entries:
            fields, result = self._drafts.leave_out_fields(entry), results[entry.id]
            words = result.code or "UNKNOWN", result.message or "the org gave no reason"
            self._put_away[entry.id] = RefusedValue(entry.group, tuple(fields), *words)
        return self._send_again(entries, [self._drafts.again(entry) for entry in entries], why)

    def _send_again(
        self, entries: Sequence[Entry], changes: Sequence[OwnerChange], why: Mapping[int, str]
    ) -> list[Entry]:
        """In as many calls as their guards need by now; what a failing call or a stop leaves was not written."""
        left, again = {entry.id: entry for entry in entries}, list[Entry]()
        for batch in self._org.batches(changes):
            if self._stops():
                self._lapse(left.values(), "not written again: no further call was begun")
                break
            try:
                again += self._send([left.pop(change.entry) for change in batch], batch, why)
            except OrgError as error:
                self._lapse((*again, *left.values()), str(error))
                raise
        return again

    def _lapse(self, entries: Iterable[Entry], message: str) -> None:
        now = self._clock.now()
        self._store.settle([Settlement(e.id, Event.NOT_LANDED, now, message=message) for e in entries])

    def _without_values(self, entry: Entry, result: WriteResult) -> bool:
        """The org did not take owner and values together, and it may be the values; an Id among them is refused in
        the same words as an owner."""
        if result.answer is not Answer.REFUSED or not self._drafts.fields(entry):
            return False
        return classify(result.code, result.message) in (Kind.ITEM, Kind.OWNER)

    def _deserves_another(self, entry: Entry, result: WriteResult) -> bool:
        """Somebody edited the record, but it has the owner we saw and its source still takes it."""
        row = result.row
        kept = changed_since(result) and row is not None and row.owner == entry.seen_owner
        return kept and row is not None and self._still_due(entry, row)

    def _still_due(self, entry: Entry, row: Row) -> bool:
        """An item taken from its owner for doing nothing is not due once somebody has worked on it; what was asked for
        by hand is, unless it was to be undone."""
        if entry.why is not None:
            return entry.why is Why.BY_HAND and entry.method != UNDO
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
                changes = [self._drafts.change(entry, found[entry.item].guard_at) for entry in ready]
                again = self._send_again(ready, changes, why)
                self._close(Closing(entry, self._keeps_changing(entry), "") for entry in again)

    def _trouble(self, entry: Entry, row: Row | None, at: dt.datetime) -> Read | None:
        """Why the record, as read at `at`, may not be written once more; None: it may."""
        now = self._clock.now()
        if row is None:
            return Read(Settlement(entry.id, Event.GONE, now), lost="the record is gone")
        if row.owner != entry.seen_owner:
            event = Event.LANDED if row.owner == entry.owner else Event.OTHER_OWNER
            return Read(self._settled(entry, event, row, now, at), lost="somebody else took it first")
        if not self._still_due(entry, row):
            left = "it was changed and its source no longer takes it"
            return Read(Settlement(entry.id, Event.GONE, now, owner_now=row.owner), lost=left)
        return None if settled_second(row.guard_at, at) else self._keeps_changing(entry)

    def _keeps_changing(self, entry: Entry) -> Read:
        message = "the record keeps being changed by somebody else; it is tried again in the next cycle"
        settlement = Settlement(entry.id, Event.NOT_LANDED, self._clock.now(), "CHANGED_SINCE", message)
        return Read(settlement, failed=("CHANGED_SINCE", message, True))

    def _settled(self, entry: Entry, event: Event, row: Row | None, now: dt.datetime, at: dt.datetime) -> Settlement:
        """What a reading at `at` (the org's clock) came to."""
        if row is not None and event is Event.LANDED:
            return landed(entry, row, now, at)
        if row is not None and event is Event.NOT_LANDED:
            return not_landed(entry, now, self.earlier.of(entry.item, family(row.id, row.values)))
        return Settlement(entry.id, event, now, owner_now=None if row is None else row.owner)

    def _in_order(self, letters: Sequence[Letter]) -> list[Letter]:
        """Families together, those of which one was held up the last time it was tried at the end."""
        if letters:
            self.earlier.remember(self._clock.now())
        slow = {letter.family for letter in letters if self.earlier.held_up(letter.assign.item.id)}
        return sorted(together(letters, lambda letter: letter.family), key=lambda letter: letter.family in slow)

    def _before(self, entry: Entry) -> Before:
        return self.earlier.of(entry.item, self._drafts.family(entry))

    def _stops(self) -> bool:
        return self._stopped_by_org or self._stopping()

    def _close(self, closings: Iterable[Closing]) -> None:
        """Settle them in one transaction, then report them."""
        closed = list(closings)
        if closed:
            self._store.settle([closing.read.settlement for closing in closed])
        for closing in closed:
            self.delivery.report(closing.entry, closing.read, closing.why, self._put_away.get(closing.entry.id))


def _unless_ours(entry: Entry, read: Read, ours: Collection[str]) -> Read:
    """Nobody else took what an earlier write of ours gave away late."""
    return replace(read, lost=LANDED_LATE) if entry.item in ours and read.failed is None else read


def _stops_all(result: WriteResult) -> bool:
    """The org refuses whatever is written to it: the other records would meet the same."""
    return result.answer is Answer.REFUSED and classify(result.code, result.message) is Kind.STOP
