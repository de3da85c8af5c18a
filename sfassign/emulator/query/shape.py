"""From the flat rows of SQL to the nested records of the API: parents as objects, children as lists.

A `Shape` is built once per query; every selected column knows its place in the row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..schema import Field, Schema
from ..state import address
from ..wire import shown

Record = dict[str, Any]
ChildRows = Callable[[list[str]], dict[str, Record]]
"""From the Ids of parents to their children, as they are printed: size, whether that is all, records."""
LONG_TEXT_OVER = 255


@dataclass(slots=True)
class Leaf:
    field: Field
    place: int


@dataclass(slots=True)
class Compound:
    """An address: its name, and where its components stand in the row."""

    field: Field
    places: dict[str, int]


@dataclass(slots=True)
class Children:
    """A subquery for records of this shape; `rows` fetches the children of many parents at once, `null`: a parent
    without any shows null."""

    shape: Shape
    rows: ChildRows
    null: bool
    found: dict[str, Record] = field(default_factory=dict)

    def of(self, parent: str) -> Record | None:
        none = None if self.null else {"totalSize": 0, "done": True, "records": []}
        return self.found.get(parent, none)


@dataclass(slots=True)
class Cases:
    """TYPEOF: the first of `options` whose record is there is shown, else `otherwise`, else null."""

    options: list[Shape]
    otherwise: Shape | None


@dataclass(slots=True)
class Shape:
    """One object in the result. `place` is where its Id stands; `kind` is the type to print, None: by the Id."""

    place: int
    kind: str | None
    items: dict[str, Item] = field(default_factory=dict)


Item = Leaf | Compound | Children | Cases | Shape


@dataclass(frozen=True, slots=True)
class Printer:
    schema: Schema
    version: str

    def records(self, shape: Shape, rows: Sequence[Sequence[Any]]) -> list[Record]:
        for item in shape.items.values():
            if isinstance(item, Children):
                item.found = item.rows([row[shape.place] for row in rows])
        return [self._record(shape, row) for row in rows]

    def _record(self, shape: Shape, row: Sequence[Any]) -> Record:
        record: Record = {"attributes": self._attributes(shape, row[shape.place])}
        for name, item in shape.items.items():
            record[name] = self._item(item, row, shape)
        return record

    def _item(self, item: Item, row: Sequence[Any], parent: Shape) -> Any:
        match item:
            case Leaf():
                return shown(item.field, row[item.place])
            case Compound():
                return address(item.field.name, {name: row[place] for name, place in item.places.items()})
            case Children():
                return item.of(row[parent.place])
            case Cases(options, otherwise):
                there = next((one for one in options if row[one.place] is not None), otherwise)
                return self._item(there, row, parent) if there else None
            case Shape():
                return self._record(item, row) if row[item.place] is not None else None

    def _attributes(self, shape: Shape, record_id: str) -> Record:
        actual = shape.kind
        if actual in {None, "Name"}:
            target = self.schema.of_id(record_id)
            actual = target.name if target else "Name"
        return {
            "type": shape.kind or actual,
            "url": f"/services/data/{self.version}/sobjects/{actual}/{record_id}",
        }


def long_texts(shape: Shape) -> int:
    """How many long text fields a record of this shape has, those of its parents too."""
    found = 0
    for item in shape.items.values():
        if isinstance(item, Leaf):
            found += item.field.type == "textarea" and item.field.length > LONG_TEXT_OVER
        elif isinstance(item, Shape):
            found += long_texts(item)
    return found


def rows_in(record: Record) -> int:
    """The record and its children: all of them count against the size of a page."""
    lists = [value["records"] for value in record.values() if isinstance(value, dict) and "records" in value]
    return 1 + sum(rows_in(child) for children in lists for child in children)


def fitting(records: Sequence[Record], size: int) -> int:
    """How many of the records, at least one, a page of so many rows holds."""
    left = size
    for place, record in enumerate(records):
        left -= rows_in(record)
        if left < 0:
            return max(1, place)
    return len(records)
