"""Child records that are to follow their item to its new owner. Entered with the owner change in `journaling.plan`, so
that a process that dies in between leaves none behind. Carries out `Store.child_moves` and `children_done`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, delete, select

from sfassign.core.journal import OPEN, Entry, State
from sfassign.ports import ChildMove
from sfassign.storage.columns import chunks, dump
from sfassign.storage.journaling import entry_of
from sfassign.storage.tables import CHILD_MOVING, JOURNAL


def enter(connection: Connection, children: Mapping[int, Sequence[str]]) -> None:
    rows = [{"entry": entry, "children_json": dump(names)} for entry, names in children.items() if names]
    if rows:
        connection.execute(CHILD_MOVING.insert(), rows)


def due(connection: Connection) -> tuple[ChildMove, ...]:
    """Of owner changes that have landed, in the order they were entered."""
    waiting = _waiting(connection)
    entries = [entry for entry in _entries(connection, waiting) if entry.state is State.CONFIRMED]
    return tuple(ChildMove(entry, waiting[entry.id]) for entry in entries)


def done(connection: Connection, followed: Sequence[int]) -> None:
    """Those have followed; and nothing follows a change that came to nothing."""
    living = {State.CONFIRMED, *OPEN}
    over = [entry.id for entry in _entries(connection, _waiting(connection)) if entry.state not in living]
    for ids in chunks([*followed, *over]):
        connection.execute(delete(CHILD_MOVING).where(CHILD_MOVING.c.entry.in_(ids)))


def _waiting(connection: Connection) -> dict[int, tuple[str, ...]]:
    return {row.entry: tuple(json.loads(row.children_json)) for row in connection.execute(select(CHILD_MOVING))}


def _entries(connection: Connection, numbers: Iterable[int]) -> Iterator[Entry]:
    """By number: a join would read the whole journal."""
    for ids in chunks(sorted(numbers)):
        found = connection.execute(select(JOURNAL).where(JOURNAL.c.id.in_(ids)).order_by(JOURNAL.c.id))
        yield from map(entry_of, found)
