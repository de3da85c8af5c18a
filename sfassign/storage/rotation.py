"""Each user's place in each group's rotation: it moves with confirmed entries and with nothing else.

Used by `journaling` (a turn was taken) and `store` (members join, groups are renamed).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Update, func, select, update

from sfassign.core.journal import Entry
from sfassign.core.model import Turn
from sfassign.storage import clocks, fieldnotes, neglect_events
from sfassign.storage.database import insert_into
from sfassign.storage.tables import JOURNAL, LINE, PAUSE, PICKED, ROTATION

Place = tuple[str, str]
"""(group, user)."""


def last_turn(connection: Connection) -> int:
    """The highest turn ever decided, or joined behind; dry runs take none."""
    decided = connection.execute(select(func.max(JOURNAL.c.turn)).where(JOURNAL.c.dry_run.is_(False))).scalar_one()
    joined = connection.execute(select(func.max(ROTATION.c.turn))).scalar_one()
    return max(decided or 0, joined or 0)


def places(connection: Connection) -> dict[Place, Turn]:
    rows = connection.execute(select(ROTATION).order_by(ROTATION.c.group_name, ROTATION.c.user_id))
    return {(row.group_name, row.user_id): Turn(row.turn, row.joined, row.credit) for row in rows}


def advance_turn(connection: Connection, entry: Entry) -> None:
    """The turn was taken: credits move, and the new owner's turn is this one (a later one stays)."""
    _stand_at_the_back(connection, [(entry.group, user) for user in sorted({entry.owner, *entry.credit_moves})])
    for user, move in sorted(entry.credit_moves.items()):
        if move:
            connection.execute(_of(entry.group, user).values(credit=ROTATION.c.credit + move))
    earlier = _of(entry.group, entry.owner).where(ROTATION.c.turn <= entry.turn)
    connection.execute(earlier.values(turn=entry.turn))
    connection.execute(_of(entry.group, entry.owner).values(joined=False))


def join(connection: Connection, membership: Mapping[str, Sequence[str]], renamed: Mapping[str, str]) -> None:
    _carry_over(connection, membership, renamed)
    known = set(connection.execute(select(ROTATION.c.group_name, ROTATION.c.user_id)))
    wanted = [(group, user) for group, users in membership.items() for user in dict.fromkeys(users)]
    _stand_at_the_back(connection, [place for place in wanted if place not in known])


def _stand_at_the_back(connection: Connection, newcomers: Sequence[Place]) -> None:
    if not newcomers:
        return
    back = {"turn": last_turn(connection), "joined": True, "credit": 0}
    rows = [{"group_name": group, "user_id": user} | back for group, user in newcomers]
    connection.execute(insert_into(connection, ROTATION).on_conflict_do_nothing(), rows)


def _carry_over(connection: Connection, membership: Mapping[str, Sequence[str]], renamed: Mapping[str, str]) -> None:
    """Each old name at most once, and never over a group that is known by its new name or still goes by its old one:
    the policy may keep `was` for years. In a chain (A → B, B → C at once) the end moves first."""
    known = set(connection.execute(select(ROTATION.c.group_name).distinct()).scalars())
    live = set(membership) - set(renamed)
    pending = {new: old for new, old in renamed.items() if old in known and old not in live}
    while movable := sorted(new for new in pending if new not in known and pending[new] in known):
        old = pending.pop(movable[0])
        _rename(connection, old, movable[0])
        known = known - {old} | {movable[0]}


def _rename(connection: Connection, old: str, new: str) -> None:
    for table in (ROTATION, JOURNAL, LINE, PICKED):
        connection.execute(update(table).where(table.c.group_name == old).values(group_name=new))
    for room in (fieldnotes, clocks, neglect_events):
        room.rename(connection, old, new)
    paused = update(PAUSE).where(PAUSE.c.kind == "group", PAUSE.c.target == old)
    connection.execute(paused.values(target=new))


def _of(group: str, user: str) -> Update:
    return update(ROTATION).where(ROTATION.c.group_name == group, ROTATION.c.user_id == user)
