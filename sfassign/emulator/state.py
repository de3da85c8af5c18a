"""What one local org consists of, passed to every part of the engine: schema, tables, clock, switches, faults."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .faults import Faults
from .ids import IdFactory
from .options import Settings
from .schema import Schema, SObject
from .storage import Storage
from .wire import milliseconds, shown

Row = dict[str, Any]
Chooser = Callable[[Mapping[str, Any]], str | None]


@dataclass(frozen=True, slots=True)
class Change:
    """One write that took place, as after-write hooks see it: API values before (None: created) and after."""

    object: str
    id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    by: str


AfterWrite = Callable[[Change], None]


@dataclass(slots=True)
class State:
    """`choosers` are assignment rules by their Id: API record in, owner Id (or None) out. `tracked` are the objects
    whose owner history was switched on, besides those that always have one."""

    clock: Callable[[], dt.datetime]
    schema: Schema
    storage: Storage
    ids: IdFactory
    settings: Settings
    faults: Faults
    org_id: str = ""
    admin_id: str = ""
    choosers: dict[str, Chooser] = field(default_factory=dict)
    after_write: list[AfterWrite] = field(default_factory=list)
    tracked: set[str] = field(default_factory=set)
    case_numbers: int = 1000

    def stamp(self) -> int:
        """Now, as the tables hold it."""
        now = milliseconds(self.clock())
        return now - now % 1000 if self.settings.whole_second_stamps else now

    def today(self) -> dt.date:
        return self.clock().astimezone(dt.UTC).date()

    def api(self, thing: SObject, row: Mapping[str, Any]) -> Row:
        """A stored row as JSON shows it, flat, compound fields included."""
        made = {one.name: shown(one, row[one.name]) for one in thing.fields.values() if one.type != "address"}
        for one in thing.fields.values():
            if one.type == "address":
                made[one.name] = address(one.name, row)
        return made


PARTS = ("city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street")


def address(name: str, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The compound address field `name` from its components, None where all are empty."""
    prefix = name.removesuffix("Address")
    parts = {part: row.get(f"{prefix}{part[0].upper()}{part[1:]}") for part in PARTS}
    return parts if any(value is not None for value in parts.values()) else None
