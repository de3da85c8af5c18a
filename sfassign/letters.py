"""Letters: owner changes to be delivered, and how each is put to the org. Used by `deliver`, and by whoever decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sfassign.core.decision import Assign
from sfassign.core.families import family
from sfassign.core.journal import Entry
from sfassign.core.model import FieldValue
from sfassign.guards import Guards
from sfassign.notes import Jotting
from sfassign.ports import OwnerChange


@dataclass(frozen=True, slots=True)
class Letter:
    """An owner change to be delivered, and the fields that travel with the owner."""

    assign: Assign
    fields: Mapping[str, FieldValue] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """What the org locks together with the item."""
        return family(self.assign.item.id, self.assign.item.values)


class Drafts:
    """The changes of one call: which fields go along, and as of which reading each is guarded."""

    def __init__(self, guarding: Guards) -> None:
        self._guarding = guarding
        self._fields: dict[int, Mapping[str, FieldValue]] = {}
        self._guarded_at: dict[int, dt.datetime] = {}
        self._families: dict[int, str] = {}

    def begin(self, entries: Sequence[Entry], letters: Sequence[Letter]) -> None:
        both = list(zip(entries, letters, strict=True))
        self._fields = {entry.id: letter.fields for entry, letter in both}
        self._families = {entry.id: letter.family for entry, letter in both}

    def fields(self, entry: Entry) -> Mapping[str, FieldValue]:
        return self._fields.get(entry.id, {})

    def leave_out_fields(self, entry: Entry) -> Mapping[str, FieldValue]:
        """From now on the owner goes alone; returns the fields."""
        return self._fields.pop(entry.id)

    def family(self, entry: Entry) -> str:
        return self._families[entry.id]

    def change(self, entry: Entry, guard_at: dt.datetime) -> OwnerChange:
        """Guarded as of a reading at which the record was last changed then."""
        self._guarded_at[entry.id] = guard_at
        fields, guard = self.fields(entry), self._guarding.of(entry.object)
        return OwnerChange(
            entry.id, entry.object, entry.item, entry.owner, guard_at, fields, seen_owner=entry.seen_owner, guard=guard
        )

    def again(self, entry: Entry) -> OwnerChange:
        """Guarded as the last time."""
        return self.change(entry, self._guarded_at[entry.id])

    def ahead(self, letter: Letter) -> OwnerChange:
        """The change as far as it decides which call it goes with."""
        item, to = letter.assign.item, letter.assign.to.id
        guard, at = self._guarding.of(item.object), item.guard_at or item.created_at
        return OwnerChange(letter.assign.turn, item.object, item.id, to, at, guard=guard, family=letter.family)

    def noted(self, jotting: Jotting) -> OwnerChange:
        return jotting.change(self._guarding.of(jotting.note.object))


def settled_second(changed_at: dt.datetime, read_at: dt.datetime) -> bool:
    """Whether the second of the change was over when the record was read: the guard knows only whole seconds."""
    return read_at >= changed_at.replace(microsecond=0) + dt.timedelta(seconds=1)
