"""From a job's CSV to the rows that the REST API's JSON gives, value by value. Pure; used by `many_rows`.

In CSV everything is text and null is empty (Bulk API 2.0 and Bulk API Developer Guide): describe's types say what a
text is. JSON has numbers and booleans, and moments that end in +0000 where CSV has Z. A parent that is null is one null
in JSON; in CSV all its columns are empty, its Id too, which is asked for on its account.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sfassign.core.model import FieldValue
from sfassign.ports import ObjectRead, Row
from sfassign.salesforce import rows
from sfassign.salesforce.queries import ROW_COLUMNS, parents_of

Typed = Callable[[str], FieldValue]

MOMENTS = ("createddate", "lastmodifieddate", "systemmodstamp")
BOOLEANS = {"true": True, "false": False}


def _moment(text: str) -> FieldValue:
    return f"{text[:-1]}+0000" if text.endswith("Z") else text


def _text(text: str) -> FieldValue:
    return text


_TYPED: Mapping[str, Typed] = {
    "boolean": lambda text: BOOLEANS[text],
    "int": int,
    "long": int,
    "double": float,
    "currency": float,
    "percent": float,
    "datetime": _moment,
}
"""Every other type is text in JSON too."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a row in the order they were asked for: their keys, types and parents. Each has a place in the
    CSV; `parents` are the places of the parents' Ids by their key."""

    columns: tuple[tuple[str, int, Typed, tuple[str, ...]], ...]
    parents: Mapping[str, int]
    width: int

    @classmethod
    def of(cls, read: ObjectRead, types: Mapping[str, str], header: list[str]) -> Layout:
        """Raises OrgRefused where a column is missing."""
        places = {name.lower(): place for place, name in enumerate(header)}
        wanted = dict.fromkeys(name.lower() for name in (*ROW_COLUMNS, *read.fields))
        parents = [parent for key in wanted for parent in parents_of(key)]
        missing = [name for name in (*wanted, *(f"{parent}.id" for parent in parents)) if name not in places]
        if missing:
            raise rows.unexpected(f"the job's CSV of {read.object} has no column {missing[0]}")
        known = {**types, **dict.fromkeys(MOMENTS, "datetime")}
        columns = ((key, places[key], _TYPED.get(known.get(key, ""), _text), parents_of(key)) for key in wanted)
        return cls(tuple(columns), {parent: places[f"{parent}.id"] for parent in parents}, len(header))

    def values(self, line: list[str]) -> dict[str, FieldValue]:
        absent = {parent for parent, place in self.parents.items() if not line[place]}
        found: dict[str, FieldValue] = {}
        for key, place, typed, above in self.columns:
            gone = next((parent for parent in above if parent in absent), None) if absent else None
            if gone is not None:
                found[gone] = None
            else:
                found[key] = typed(line[place]) if line[place] else None
        return found


def portions(
    text: str, read: ObjectRead, types: Mapping[str, str], expected: int, size: int
) -> Iterator[tuple[Row, ...]]:
    """The rows of one page of a job's results, so many at a time. Raises OrgRefused where the page is not what it
    should be: another number of rows than the org `expected`, a value of another type."""
    came = 0
    portion: list[Row] = []
    try:
        for row in _rows(text, read, types):
            portion.append(row)
            if len(portion) == size:
                came += size
                yield tuple(portion)
                portion = []
    except (csv.Error, ValueError, KeyError) as error:
        raise rows.unexpected(f"a value in the job's CSV of {read.object} is not of its type: {error}") from None
    if came + len(portion) != expected:
        raise rows.unexpected(f"a page of the job's CSV has {came + len(portion):,} rows instead of {expected:,}")
    if portion:
        yield tuple(portion)


def _rows(text: str, read: ObjectRead, types: Mapping[str, str]) -> Iterator[Row]:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(lines, None)
    if header is None:
        raise rows.unexpected(f"the job's CSV of {read.object} has no header")
    layout = Layout.of(read, types, header)
    for line in lines:
        if len(line) != layout.width:
            raise rows.unexpected(f"a line of the job's CSV of {read.object} has {len(line)} columns")
        yield rows.row(read.object, layout.values(line))
