"""Fields set on items without a new owner: entered before they are sent, remembered when answered. Used by `deliver`.

A note is a guarded PATCH like an owner change and travels in the same calls. What the org refused is not sent again
for the same thing; what got no answer, or met a changed record, is sent again in the next cycle.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sfassign.core.refusals import Kind, classify
from sfassign.outcome import RefusedValue
from sfassign.ports import Answer, Guard, NoteKept, NoteState, OwnerChange, Store, WriteResult


@dataclass(frozen=True, slots=True)
class Jotting:
    """One note on its way. `number` is below zero; `clears`: takes back what an earlier note wrote."""

    number: int
    note: NoteKept
    guard_at: dt.datetime
    clears: bool = False

    def change(self, guard: Guard) -> OwnerChange:
        note = self.note
        return OwnerChange(self.number, note.object, note.item, None, self.guard_at, note.values, guard=guard)


@dataclass
class Notebook:
    """What became of the notes of one cycle: how many were written, and the values that the org refused."""

    store: Store
    written: int = 0
    refused: list[RefusedValue] = field(default_factory=list)

    def begin(self, jottings: Sequence[Jotting]) -> None:
        """To be called before they are sent: what was written is known even if nothing of ours runs afterwards."""
        self.store.keep_notes([jotting.note for jotting in jottings if not jotting.clears])

    def take(self, jottings: Sequence[Jotting], results: Mapping[int, WriteResult]) -> None:
        """Remember what the org answered."""
        kept: list[NoteKept] = []
        over: list[NoteKept] = []
        for jotting in jottings:
            result = results[jotting.number]
            state = _state(result)
            if state is NoteState.WRITTEN:
                self.written += 1
            elif state is NoteState.REFUSED:
                self._refuse(jotting.note, result)
            if state is not NoteState.SENT and jotting.clears:
                over.append(jotting.note)
            elif state is not NoteState.SENT:
                values = jotting.note.values if state is NoteState.WRITTEN else {}
                kept.append(replace(jotting.note, state=state, values=values))
        self.store.keep_notes(kept)
        self.store.drop_notes([(note.item, note.kind) for note in over])

    def _refuse(self, note: NoteKept, result: WriteResult) -> None:
        code, message = result.code or "UNKNOWN", result.message or "the org gave no reason"
        if classify(code, message) is not Kind.GONE:
            self.refused.append(RefusedValue(note.group, tuple(note.values), code, message))


def _state(result: WriteResult) -> NoteState:
    """SENT: not known, or worth another try in the next cycle."""
    if result.answer is Answer.ACCEPTED:
        return NoteState.WRITTEN
    if result.answer is Answer.REFUSED and classify(result.code, result.message) in (Kind.ITEM, Kind.OWNER, Kind.GONE):
        return NoteState.REFUSED
    return NoteState.SENT
