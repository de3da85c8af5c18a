"""From what the policy sets to what a record is sent: values typed by the org's own fields. Asked by `dispatch`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sfassign.core.calendar import zone_of
from sfassign.core.model import FieldValue, Record
from sfassign.outcome import RefusedValue
from sfassign.policy import Filling, value_of
from sfassign.shapes import Shapes

CHANGED_FIELD = "FIELD_CHANGED"
"""Our own code for a value that fitted when the policy was checked and no longer fits the field."""


@dataclass
class Filler:
    """Fills in placeholders and types values, for one cycle. `refused` are the values that no longer fit."""

    shapes: Shapes
    now: dt.datetime
    timezone: str
    refused: list[RefusedValue] = field(default_factory=list)

    def fields(
        self, object_name: str, group: str, wanted: Mapping[str, str], reason: str, owner: str = ""
    ) -> dict[str, FieldValue]:
        """The fields to send; one whose value does not fit (any more) is left out and reported."""
        if not wanted:
            return {}
        filling = replace(Filling(self.now, zone_of(self.timezone)), reason=reason, owner=owner, group=group)
        shape, found = self.shapes.of(object_name), dict[str, FieldValue]()
        for name, text in wanted.items():
            known = shape.fields.get(name.lower()) if shape else None
            try:
                found |= {known.name: value_of(known, text, filling)} if known else {}
                trouble = None if known else f"{object_name} no longer has '{name}'"
            except ValueError as wrong:
                trouble = f"'{name}' now takes {wrong}"
            if trouble is not None:
                self.refused.append(RefusedValue(group, (name,), CHANGED_FIELD, trouble))
        return found


def emptied(wrote: Record, now: Record) -> dict[str, FieldValue]:
    """What takes back the fields we wrote: those that still hold what we wrote, a checkbox false and others empty.
    `now` has the record's values by lower-case name."""
    return {
        name: False if isinstance(value, bool) else None
        for name, value in wrote.items()
        if value not in (None, False) and _same(value, now.get(name.lower()))
    }


def _same(wrote: FieldValue, read: FieldValue) -> bool:
    """Whether the field holds what was sent, as the org shows it: another way to write an instant, values of a
    multi-select in its own order, no spaces at the ends."""
    if isinstance(wrote, str) and isinstance(read, str):
        return _plain(wrote) == _plain(read)
    return wrote == read and isinstance(wrote, bool) == isinstance(read, bool)


def _plain(text: str) -> object:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return sorted(text.strip().split(";"))
