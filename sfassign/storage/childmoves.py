"""Child records that are to follow their item to its new owner. Entered with the owner change in `journaling.plan`, so
that a process that dies in between leaves none behind. Carries out `Store.child_moves` and `children_done`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, select

from sfassign.core.journal import OPEN, State
from sfassign.ports import ChildMove
from sfassign.storage.columns import dump
from sfassign.storage.journaling import entry_of
from sfassign.storage.tables import CHILD_MOVING, JOURNAL


def enter(connection: Connection, children: Mapping[int, Sequence[str]]) -> None:
    rows = [{"entry": entry, "children_json": dump(names)} for entry, names in children.items() if names]
    if rows:
        connection.execute(CHILD_MOVING.insert(), rows)


def due(connection: Connection) -> tuple[ChildMove, ...]:
    """Of owner changes that have landed, in the order they were entered."""
    joined = select(JOURNAL, CHILD_MOVING.c.children_json).join(CHILD_MOVING, CHILD_MOVING.c.entry == JOURNAL.c.id)
    landed = joined.where(JOURNAL.c.state == State.CONFIRMED.value).order_by(JOURNAL.c.id)
    return tuple(ChildMove(entry_of(row), tuple(json.loads(row.children_json))) for row in connection.execute(landed))


def done(connection: Connection, entries: Sequence[int]) -> None:
    """Those have followed; and nothing follows a change that came to nothing."""
    connection.execute(delete(CHILD_MOVING).where(CHILD_MOVING.c.entry.in_(entries)))
    living = (State.CONFIRMED, *OPEN)
    ended = select(JOURNAL.c.id).join(CHILD_MOVING, CHILD_MOVING.c.entry == JOURNAL.c.id)
    came_to_nothing = ended.where(JOURNAL.c.state.not_in([state.value for state in living]))
    connection.execute(delete(CHILD_MOVING).where(CHILD_MOVING.c.entry.in_(came_to_nothing)))
