"""Who holds how much active work: one row per item, and per (object, owner) sums moved by differences.

Sums cost what changed: a row's old contribution is taken off and its new one put on, in the transaction that
replaces the row. Whole millionths keep the sums exact. Used by `absorbing` and `journaling`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, delete, select, update

from sfassign.storage.columns import chunks
from sfassign.storage.database import insert_into
from sfassign.storage.tables import ACTIVE, LOAD

Work = tuple[str, int]
"""An active item's owner and load points in millionths."""


class Moves:
    """The differences of one transaction, per (object, owner): items and millionths of points."""

    def __init__(self, object_name: str) -> None:
        self._object = object_name
        self._moves: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])

    def off(self, work: Work) -> None:
        self._add(work[0], -1, -work[1])

    def on(self, work: Work) -> None:
        self._add(work[0], 1, work[1])

    def _add(self, owner: str, items: int, points: int) -> None:
        move = self._moves[owner]
        move[0] += items
        move[1] += points

    def carry_out(self, connection: Connection) -> None:
        rows = [
            {"object": self._object, "owner": owner, "item_count": items, "points": points}
            for owner, (items, points) in sorted(self._moves.items())
            if items or points
        ]
        if not rows:
            return
        statement = insert_into(connection, LOAD)
        sums = {name: LOAD.c[name] + statement.excluded[name] for name in ("item_count", "points")}
        connection.execute(statement.on_conflict_do_update(index_elements=["object", "owner"], set_=sums), rows)
        connection.execute(delete(LOAD).where(LOAD.c.object == self._object, LOAD.c.item_count == 0))


def replace(connection: Connection, object_name: str, seen: Mapping[str, Work | None]) -> None:
    """Make the rows of these items what was seen of them; None: no longer active."""
    before = _kept(connection, seen)
    moves = Moves(object_name)
    upserts: list[dict[str, str | int]] = []
    gone: list[str] = []
    for item, work in seen.items():
        old = before.get(item)
        if work == old:
            continue
        if old is not None:
            moves.off(old)
        if work is None:
            gone.append(item)
            continue
        moves.on(work)
        upserts.append({"id": item, "object": object_name, "owner": work[0], "points": work[1]})
    _write(connection, upserts, gone)
    moves.carry_out(connection)


def missing(connection: Connection, object_name: str, seen: Iterable[str]) -> list[str]:
    """The active items of the object that a whole reading did not bring."""
    kept = connection.execute(select(ACTIVE.c.id).where(ACTIVE.c.object == object_name)).scalars()
    return sorted(set(kept).difference(seen))


def hand_over(connection: Connection, item: str, owner: str) -> None:
    """The active item is now this owner's; nothing happens where it already is, or where it is not active."""
    row = connection.execute(select(ACTIVE).where(ACTIVE.c.id == item)).one_or_none()
    if row is None or row.owner == owner:
        return
    moves = Moves(row.object)
    moves.off((row.owner, row.points))
    moves.on((owner, row.points))
    connection.execute(update(ACTIVE).where(ACTIVE.c.id == item).values(owner=owner))
    moves.carry_out(connection)


def _kept(connection: Connection, items: Iterable[str]) -> dict[str, Work]:
    kept: dict[str, Work] = {}
    for ids in chunks(items):
        rows = connection.execute(select(ACTIVE.c.id, ACTIVE.c.owner, ACTIVE.c.points).where(ACTIVE.c.id.in_(ids)))
        kept.update((item, (owner, points)) for item, owner, points in rows)
    return kept


def _write(connection: Connection, upserts: list[dict[str, str | int]], gone: list[str]) -> None:
    if upserts:
        statement = insert_into(connection, ACTIVE)
        changes = {name: statement.excluded[name] for name in ("owner", "points")}
        connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes), upserts)
    if gone:
        connection.execute(delete(ACTIVE).where(ACTIVE.c.id == bindparam("item")), [{"item": item} for item in gone])
