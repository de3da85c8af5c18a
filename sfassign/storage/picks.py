"""Items that left the line for a user without our doing: `core.picking` says which of them are cherry-picked.

They are entered while the org's rows are absorbed, in the same transaction, so that none is lost. Carries out the
picks of `Store`; `absorbing` and `journaling` tell it what they saw.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from sfassign.core.journal import Entry, Event
from sfassign.core.model import Why
from sfassign.core.picking import MOST_TRIES, RETURN_WITHIN, How, Pick, PickState
from sfassign.ports import ObjectNews, Sighting
from sfassign.storage.columns import chunks
from sfassign.storage.tables import BACK_OFF, JOURNAL, LINE, PICKED

USER_PREFIX = "005"
MOST_AT_ONCE = 2_000
"""Picks looked at in one cycle, oldest first: their history then fits one call; the rest have their turn next."""

_OPEN = (PickState.SEEN.value, PickState.RETURNING.value)


def see(connection: Connection, news: Sequence[ObjectNews], at: dt.datetime) -> None:
    """Enter the items that these rows take out of the line; to be called while they are still in it."""
    seen = {sighting.row.id: sighting for part in news for sighting in part.sightings}
    if not seen:
        return
    _follow(connection, seen)
    taken = {item: one for item, one in seen.items() if not one.waiting and one.row.owner.startswith(USER_PREFIX)}
    left = _left_the_line(connection, taken)
    on_their_way = _given_by_us(connection, [row.id for row in left])
    entered = [row for row in left if on_their_way.get(row.id) != taken[row.id].row.owner]
    if not entered:
        return
    last = connection.execute(select(func.max(PICKED.c.number))).scalar_one() or 0
    rows = [_row(number, row, taken[row.id], at) for number, row in enumerate(entered, start=last + 1)]
    connection.execute(PICKED.insert(), rows)


def open_picks(connection: Connection, now: dt.datetime) -> tuple[Pick, ...]:
    wanted = select(PICKED).where(PICKED.c.state.in_(_OPEN)).order_by(PICKED.c.number).limit(MOST_AT_ONCE)
    found = [_pick(row) for row in connection.execute(wanted)]
    if not found:
        return ()
    items = [pick.item for pick in found]
    returns, blocked = _returns(connection, items, now - RETURN_WITHIN), _blocked(connection, items, now)
    return tuple(replace(pick, returns=returns.get(pick.item, 0), blocked=pick.item in blocked) for pick in found)


def judge(connection: Connection, verdicts: Mapping[int, tuple[PickState, How | None]], nothing: Iterable[int]) -> None:
    for number, (state, how) in verdicts.items():
        words = {"state": state.value, "how": None if how is None else how.value}
        connection.execute(update(PICKED).where(PICKED.c.number == number, PICKED.c.state.in_(_OPEN)).values(words))
    for numbers in chunks(nothing):
        connection.execute(delete(PICKED).where(PICKED.c.number.in_(numbers), PICKED.c.state == PickState.SEEN.value))


def states(connection: Connection, numbers: Iterable[int]) -> dict[int, PickState]:
    found: dict[int, PickState] = {}
    for some in chunks(numbers):
        rows = connection.execute(select(PICKED.c.number, PICKED.c.state).where(PICKED.c.number.in_(some)))
        found.update((number, PickState(state)) for number, state in rows)
    return found


def settled(connection: Connection, entry: Entry, event: Event) -> None:
    """What the write of a return came to. Changed by somebody since, or gone: it is left alone. Refused or without
    effect: tried again, but not for ever."""
    if entry.why is not Why.CHERRY_PICKED:
        return
    mine = update(PICKED).where(
        PICKED.c.item == entry.item,
        PICKED.c.member == entry.seen_owner,
        PICKED.c.state == PickState.RETURNING.value,
    )
    if event is Event.LANDED:
        connection.execute(mine.values(state=PickState.RETURNED.value))
    elif event in (Event.OTHER_OWNER, Event.GONE):
        connection.execute(mine.values(state=PickState.KEPT.value))
    elif event in (Event.REFUSED, Event.NOT_LANDED):
        connection.execute(mine.values(tries=PICKED.c.tries + 1))
        connection.execute(mine.where(PICKED.c.tries >= MOST_TRIES).values(state=PickState.KEPT.value))


def _follow(connection: Connection, seen: Mapping[str, Sighting]) -> None:
    """What became of the open picks since: a return is guarded by the last change that was read, and given up where
    the item has gone on. One with a write of ours under way is settled by that."""
    rows = list(connection.execute(select(PICKED).where(PICKED.c.state.in_(_OPEN))))
    rows = [row for row in rows if row.item in seen]
    on_their_way = _given_by_us(connection, [row.item for row in rows])
    for row in rows:
        now = seen[row.item]
        still = now.active and not now.waiting and now.row.owner == row.member
        changed = (now.row.guard_at, still) != (row.guard_at, row.returnable)
        if row.item not in on_their_way and changed:
            values = {"guard_at": now.row.guard_at, "returnable": still and row.returnable}
            connection.execute(update(PICKED).where(PICKED.c.number == row.number).values(values))


def _left_the_line(connection: Connection, taken: Mapping[str, Sighting]) -> list[Row[Any]]:
    columns = (LINE.c.id, LINE.c.owner, LINE.c.guard_at, LINE.c.group_name, LINE.c.waiting_since, LINE.c.aging_since)
    found: list[Row[Any]] = []
    for ids in chunks(taken):
        rows: list[Row[Any]] = list(connection.execute(select(*columns).where(LINE.c.id.in_(ids))))
        found += [row for row in rows if row.owner != taken[row.id].row.owner]
    return sorted(found, key=lambda row: row.id)


def _given_by_us(connection: Connection, items: Sequence[str]) -> dict[str, str]:
    """The owners that writes of ours under way may already have given these items."""
    found: dict[str, str] = {}
    for ids in chunks(items):
        rows = connection.execute(select(JOURNAL.c.open_item, JOURNAL.c.owner).where(JOURNAL.c.open_item.in_(ids)))
        found.update((item, owner) for item, owner in rows)
    return found


def _row(number: int, line: Row[Any], sighting: Sighting, at: dt.datetime) -> dict[str, Any]:
    row = sighting.row
    return {
        "number": number,
        "object": row.object,
        "item": row.id,
        "group_name": line.group_name,
        "member": row.owner,
        "owner_before": line.owner,
        "waited_at": line.guard_at,
        "guard_at": row.guard_at,
        "waiting_since": line.waiting_since,
        "aging_since": line.aging_since,
        "seen_at": at,
        "how": How.LAST_MODIFIED.value if row.modified_by == row.owner else None,
        "state": PickState.SEEN.value,
        "returnable": sighting.active,
        "tries": 0,
    }


def _pick(row: Row[Any]) -> Pick:
    return Pick(
        number=row.number,
        object=row.object,
        item=row.item,
        group=row.group_name,
        member=row.member,
        owner_before=row.owner_before,
        waited_at=row.waited_at,
        guard_at=row.guard_at,
        waiting_since=row.waiting_since,
        aging_since=row.aging_since,
        seen_at=row.seen_at,
        how=None if row.how is None else How(row.how),
        state=PickState(row.state),
        returnable=row.returnable,
    )


def _returns(connection: Connection, items: Iterable[str], since: dt.datetime) -> dict[str, int]:
    found: dict[str, int] = {}
    for ids in chunks(items):
        returned = (PICKED.c.item.in_(ids), PICKED.c.state == PickState.RETURNED.value, PICKED.c.seen_at >= since)
        rows = connection.execute(select(PICKED.c.item, func.count()).where(*returned).group_by(PICKED.c.item))
        found.update((item, count) for item, count in rows)
    return found


def _blocked(connection: Connection, items: Sequence[str], now: dt.datetime) -> set[str]:
    found = set(_given_by_us(connection, items))
    for ids in chunks(items):
        resting = (BACK_OFF.c.item.in_(ids), BACK_OFF.c.until > now)
        found.update(connection.execute(select(BACK_OFF.c.item).where(*resting)).scalars())
    return found
