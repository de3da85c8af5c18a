"""What a plan asks to be written, worked out and not yet sent: letters (owner changes), jottings (fields alone), moves.

The cycle packs once the plan is made; a dry run packs the same and throws away what it may not do. Values that a
review left on items are taken back here as soon as the plan no longer has the item in review.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from sfassign.core.decision import Assign, Hold, Note, NoteKind, Plan, Review
from sfassign.core.journal import OVERFLOW
from sfassign.core.model import FieldValue, Member, Record, Snapshot
from sfassign.destinations import Destinations, id_of, spoken
from sfassign.filling import Filler, emptied
from sfassign.letters import Letter, settled_second
from sfassign.notes import Jotting
from sfassign.outcome import Overflowed, RefusedValue
from sfassign.ports import NoteKept, NoteState, ObjectRead, Org, Store
from sfassign.rework import sent_to

MOST_NOTES = 240
"""Notes written in one cycle, ten calls of them: a backlog is told bit by bit why it waits, the first in line first."""


@dataclass
class Outbox:
    """`moves` go to another group without a word to the org: by item (home, group). `over` are notes of a review that
    left nothing to take back; `taken_back` go with a letter."""

    letters: list[Letter] = field(default_factory=list)
    jottings: list[Jotting] = field(default_factory=list)
    moves: dict[str, tuple[str, str]] = field(default_factory=dict)
    moved: list[Overflowed] = field(default_factory=list)
    over: list[NoteKept] = field(default_factory=list)
    taken_back: dict[str, NoteKept] = field(default_factory=dict)
    refused: list[RefusedValue] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass
class Packer:
    """Packs the outbox of one cycle. May raise an OrgError: names of queues and users, and records that left the line
    with a review's values on them, are read from the org."""

    org: Org
    store: Store
    destinations: Destinations
    filler: Filler
    snapshot: Snapshot
    plan: Plan
    outbox: Outbox = field(default_factory=Outbox)
    _cleared: dict[str, dict[str, FieldValue]] = field(default_factory=dict)

    def pack(self) -> Outbox:
        back = self._to_take_back()
        assigns = [decision for decision in self.plan.decisions if isinstance(decision, Assign)]
        holds = [decision for decision in self.plan.decisions if isinstance(decision, Hold)]
        sent_on = [letter for hold in holds if (letter := self._onward(hold)) is not None]
        letters = [*(self._letter(assign) for assign in assigns), *sent_on]
        travelling = {letter.assign.item.id for letter in letters}
        self.outbox.letters = [self._with_cleared(letter, back) for letter in letters]
        self._clear([note for item, note in back.items() if item not in travelling])
        for decision in self.plan.decisions:
            if isinstance(decision, Hold | Review) and decision.note and decision.item.id not in travelling:
                self._jot(decision, decision.note)
        self.outbox.refused = self.filler.refused
        return self.outbox

    # --- owners -------------------------------------------------------------------------------------------------------

    def _letter(self, assign: Assign) -> Letter:
        item, owner = assign.item, assign.to.username
        return Letter(assign, self.filler.fields(item.object, assign.group, assign.set, assign.sentence, owner))

    def _onward(self, hold: Hold) -> Letter | None:
        """The item is sent on: to another group by the store alone, to a queue or user by a letter."""
        to, item = hold.overflow, hold.item
        if to is None:
            return None
        if to.group is not None:
            self.outbox.moves[item.id] = (hold.home or hold.group, to.group)
            why = f"{hold.group} → {to.group}: {hold.why}"
            self.outbox.moved.append(Overflowed(item.object, item.id, hold.group, to.group, why=why))
            return None
        owner = id_of(self.destinations.found(), to)
        if owner is None:
            warning = f"{hold.group} overflows to {spoken(to)}, which the org does not have"
            self.outbox.warnings += [] if warning in self.outbox.warnings else [warning]
            return None
        if owner == item.owner or self._refused(owner, item.object):
            return None
        sentence = f"{hold.group} → {spoken(to)} by overflow: {hold.why}"
        member = Member(owner, to.user or "", to.user or to.queue or "", is_active=True, timezone="UTC")
        note = hold.note
        fields = self.filler.fields(item.object, hold.group, note.set, note.reason) if note else {}
        sending = sent_to(hold.item, hold.group, member, OVERFLOW, sentence)
        seen = replace(sending, score=hold.score, diagnosis=hold.diagnosis or sending.diagnosis)
        return Letter(replace(seen, notify=self._outlets(hold.group)), fields)

    def _outlets(self, group: str) -> tuple[str, ...]:
        return next(one.notify for one in self.destinations.policy.groups if one.name == group)

    def _refused(self, owner: str, object_name: str) -> bool:
        until = self.snapshot.refusals.get((owner, object_name))
        return until is not None and until > self.snapshot.taken_at

    # --- notes --------------------------------------------------------------------------------------------------------

    def _jot(self, decision: Hold | Review, note: Note) -> None:
        item = decision.item
        if item.blocked is not None or len(self.outbox.jottings) >= MOST_NOTES:
            return
        values = self.filler.fields(item.object, decision.group, note.set, note.reason)
        if values:
            at = self.snapshot.taken_at
            kept = NoteKept(item.id, item.object, decision.group, note.kind, note.about, at, NoteState.SENT, values)
            self._enter(kept, item.guard_at or item.created_at)

    def _enter(self, note: NoteKept, guard_at: dt.datetime, *, clears: bool = False) -> None:
        self.outbox.jottings.append(Jotting(-1 - len(self.outbox.jottings), note, guard_at, clears))

    # --- what a review wrote ------------------------------------------------------------------------------------------

    def _to_take_back(self) -> dict[str, NoteKept]:
        """Notes of reviews that are over, by item."""
        flagged = {decision.item.id for decision in self.plan.decisions if isinstance(decision, Review)}
        return {note.item: note for note in self.store.review_notes() if note.item not in flagged}

    def _with_cleared(self, letter: Letter, back: Mapping[str, NoteKept]) -> Letter:
        """What is taken back travels with the new owner; what `set` says wins."""
        item = letter.assign.item
        note = back.get(item.id)
        if note is None or not _reads(item.values, note):
            return letter
        self.outbox.taken_back[item.id] = note
        return Letter(letter.assign, emptied(note.values, item.values) | dict(letter.fields))

    def _clear(self, notes: Sequence[NoteKept]) -> None:
        line = {item.id: item for item in self.snapshot.items}
        unread = []
        for note in notes:
            item = line.get(note.item)
            if item is not None and item.blocked is not None:
                continue
            if item is None or not _reads(item.values, note):
                unread.append(note)
            else:
                self._take_back(note, item.values, item.guard_at or item.created_at)
        for note, values, guard_at in self._read(unread):
            self._take_back(note, values, guard_at)

    def _read(self, notes: Sequence[NoteKept]) -> Iterator[tuple[NoteKept, Record, dt.datetime]]:
        """Records that wait no longer, with what they hold now; one that is gone has nothing to take back."""
        for name, some in groupby(sorted(notes, key=lambda note: (note.object, note.item)), lambda note: note.object):
            batch = list(some)
            fields = tuple(dict.fromkeys(field for note in batch for field in note.values))
            at, rows = self.org.fetch(ObjectRead(name, fields), [note.item for note in batch])
            found = {row.id: row for row in rows}
            self.outbox.over += [note for note in batch if note.item not in found]
            for note in batch:
                row = found.get(note.item)
                if row is not None and settled_second(row.guard_at, at):
                    yield note, row.values, row.guard_at

    def _take_back(self, note: NoteKept, values: Record, guard_at: dt.datetime) -> None:
        left = emptied(note.values, values)
        if not left:
            self.outbox.over.append(note)
        elif len(self.outbox.jottings) < MOST_NOTES:
            at = self.snapshot.taken_at
            state, kind = NoteState.SENT, NoteKind.REVIEW
            cleared = NoteKept(note.item, note.object, note.group, kind, note.about, at, state, left)
            self._enter(cleared, guard_at, clears=True)


def _reads(values: Record, note: NoteKept) -> bool:
    """Whether the record was read with every field the note wrote."""
    return all(name.lower() in values for name in note.values)
