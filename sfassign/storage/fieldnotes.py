"""What was written on items without a new owner, and where an overflow put them. Carries out `Store.keep_notes`,
`notes`, `drop_notes` and `overflow`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from sfassign.core.decision import NoteKind
from sfassign.core.model import Noted
from sfassign.ports import NoteKept, NoteState
from sfassign.storage.columns import dump, storable
from sfassign.storage.database import upsert
from sfassign.storage.tables import FIELD_NOTE, LINE

Place = tuple[str, str]
"""(item, kind)."""


def keep(connection: Connection, notes: Sequence[NoteKept]) -> None:
    """Enter them, each in the place of what was kept of its item and kind."""
    rows = [
        {
            "item": note.item,
            "kind": note.kind.value,
            "object": note.object,
            "group_name": note.group,
            "about": storable(note.about),
            "at": note.at,
            "state": note.state.value,
            "values_json": dump(dict(note.values)),
        }
        for note in notes
    ]
    if rows:
        upsert(connection, FIELD_NOTE, rows)


def drop(connection: Connection, places: Iterable[Place]) -> None:
    for item, kind in places:
        connection.execute(delete(FIELD_NOTE).where(FIELD_NOTE.c.item == item, FIELD_NOTE.c.kind == kind))


def reviews(connection: Connection) -> tuple[NoteKept, ...]:
    found = connection.execute(select(FIELD_NOTE).where(FIELD_NOTE.c.kind == NoteKind.REVIEW.value))
    return tuple(sorted((_note(row) for row in found), key=lambda note: (note.object, note.item)))


def settled(connection: Connection) -> dict[Place, Noted]:
    """What the org has answered to, one way or the other: it need not be said again."""
    answered = select(FIELD_NOTE).where(FIELD_NOTE.c.state != NoteState.SENT.value)
    return {(row.item, row.kind): Noted(row.about, row.at) for row in connection.execute(answered)}


def forget_departed(connection: Connection) -> None:
    """What was written on items that nobody took is over when they no longer wait."""
    kind = FIELD_NOTE.c.kind == NoteKind.NOT_ASSIGNED.value
    connection.execute(delete(FIELD_NOTE).where(kind, FIELD_NOTE.c.item.not_in(select(LINE.c.id))))


def overflow(connection: Connection, moves: Mapping[str, tuple[str, str]]) -> None:
    """Waiting items go to another group: (the group their source puts them in, the group they go to)."""
    for item, (home, group) in moves.items():
        connection.execute(update(LINE).where(LINE.c.id == item).values(overflow_home=home, overflow_group=group))


def rename(connection: Connection, old: str, new: str) -> None:
    """A group goes by a new name."""
    for column in (LINE.c.overflow_home, LINE.c.overflow_group):
        connection.execute(update(LINE).where(column == old).values({column: new}))
    connection.execute(update(FIELD_NOTE).where(FIELD_NOTE.c.group_name == old).values(group_name=new))


def _note(row: Row[Any]) -> NoteKept:
    return NoteKept(
        item=row.item,
        object=row.object,
        group=row.group_name,
        kind=NoteKind(row.kind),
        about=row.about,
        at=row.at,
        state=NoteState(row.state),
        values=json.loads(row.values_json),
    )
