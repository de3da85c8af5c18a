"""Many new records at once, for filling an org: what `create` does, without what makes it slow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from .defaults import defaults
from .derived import derive
from .errors import ApiError
from .schema import Field, SObject
from .state import Row, State
from .wire import stored
from .writes import Write

_BATCH = 20_000
_ANALYZE_ABOVE = 10_000


def insert_rows(state: State, thing: SObject, rows: Iterable[Mapping[str, Any]], write: Write) -> list[str]:
    """The Ids of the new records, in order."""
    filler = _Filler(state, thing, write)
    ids: list[str] = []
    source = iter(rows)
    with state.storage.transaction():
        while batch := list(islice(source, _BATCH)):
            made = [filler(row) for row in batch]
            for names, group in _by_columns(made):
                state.storage.insert_many(thing, names, (tuple(one.values()) for one in group))
            ids.extend(str(one["Id"]) for one in made)
    if len(ids) > _ANALYZE_ABOVE:
        state.storage.analyze()
    return ids


class _Filler:
    """Turns a client's row into a stored one; looks up defaults and statuses once."""

    def __init__(self, state: State, thing: SObject, write: Write) -> None:
        self.state, self.thing, self.write = state, thing, write
        self.fields: dict[str, Field] = {}
        self.base = defaults(state, thing, {}, write.by)
        marks: Row = {"CreatedDate": write.at, "CreatedById": write.by}
        marks |= {"LastModifiedDate": write.at, "LastModifiedById": write.by, "SystemModstamp": write.at}
        self.base |= {name: value for name, value in marks.items() if thing.has(name)}

    def __call__(self, given: Mapping[str, Any]) -> Row:
        row: Row = {"Id": None} | self.base
        for name, value in given.items():
            field = self.fields.get(name) or self._field(name)
            row[field.name] = stored(field, value)
        row["Id"] = row["Id"] or self.state.ids.allocate(self.thing.prefix or "000")
        if self.thing.name in {"Lead", "Contact"}:
            row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)
        else:
            self._derive(row)
        return row

    def _field(self, name: str) -> Field:
        found = self.thing.fields.get(name.lower())
        if found is None:
            raise ApiError("INVALID_FIELD", f"No such column '{name}' on sobject of type {self.thing.name}")
        self.fields[name] = found
        return found

    def _derive(self, row: Row) -> None:
        given = dict(row)
        derive(self.state, self.thing, row, None, row.get("CreatedDate") or self.write.at)
        for name in ("ClosedDate", "LastStageChangeDate", "CompletedDateTime"):
            if given.get(name) is not None:
                row[name] = given[name]


def _by_columns(rows: Sequence[Row]) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    """Rows grouped by the columns they fill, so that each group is one prepared statement."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    yield from groups.items()
