"""Owner changes of late that came to nothing, and those of them that the org may still carry out. Read by whoever
writes the next ones.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, and_, func, or_, select

from sfassign.core.journal import LATE_WRITE_BOUND, Entry, State
from sfassign.core.tries import OVERRIDDEN, REMEMBERED, Try
from sfassign.storage.columns import chunks
from sfassign.storage.journaling import entry_of
from sfassign.storage.tables import CYCLE, JOURNAL

_CLOCKS_APART = dt.timedelta(minutes=5)
"""How much later than by our clock a request may end."""

_OURS = JOURNAL.c.dry_run.is_(False)
_STATES = tuple(state.value for state in (State.REFUSED, State.LAPSED, State.SUPERSEDED))
"""Named beside the finer terms: the index begins with the state, and the journal is long."""
_WITHOUT_EFFECT = and_(JOURNAL.c.state == State.LAPSED.value, JOURNAL.c.sent_at.is_not(None))


def tries(connection: Connection, since: dt.datetime) -> dict[str, tuple[Try, ...]]:
    """By item, oldest first, since the item last got an owner from us."""
    overridden = and_(JOURNAL.c.state == State.SUPERSEDED.value, JOURNAL.c.code == OVERRIDDEN)
    in_vain = or_(JOURNAL.c.state == State.REFUSED.value, _WITHOUT_EFFECT, overridden)
    lately = (JOURNAL.c.state.in_(_STATES), _OURS, JOURNAL.c.decided_at >= since)
    rows = list(connection.execute(select(JOURNAL).where(*lately, in_vain)))
    given = _last_given(connection, {row.item for row in rows})
    found: defaultdict[str, list[Try]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.id):
        if row.id > given.get((row.item, None), 0):
            state = State(row.state)
            found[row.item].append(Try(row.owner, state, row.code, row.message, row.settled_at or row.decided_at))
    return {item: tuple(some) for item, some in found.items()}


def may_still_land(connection: Connection, now: dt.datetime) -> tuple[Entry, ...]:
    """Writes that had no effect when their records were read, as old as a request lives at the most; where no cycle ran
    for a while, as old as that before it. The last one of an item and owner, unless the owner has it from another."""
    ended = connection.execute(select(func.max(CYCLE.c.started_at)).where(CYCLE.c.completed_at.is_not(None)))
    since = min(ended.scalar_one_or_none() or now, now) - LATE_WRITE_BOUND - _CLOCKS_APART
    unanswered = (_OURS, _WITHOUT_EFFECT, JOURNAL.c.code.is_(None), JOURNAL.c.message.is_(None))
    sent_then = (JOURNAL.c.decided_at >= since - REMEMBERED, JOURNAL.c.sent_at >= since)
    rows = list(connection.execute(select(JOURNAL).where(*unanswered, *sent_then).order_by(JOURNAL.c.id)))
    given = _last_given(connection, {row.item for row in rows})
    last = {(row.item, row.owner): entry_of(row) for row in rows if row.id > given.get((row.item, row.owner), 0)}
    return tuple(last.values())


def _last_given(connection: Connection, items: Iterable[str]) -> dict[tuple[str, str | None], int]:
    """The last confirmed entry by (item, owner), and by (item, None) to anybody."""
    found: dict[tuple[str, str | None], int] = {}
    for ids in chunks(items):
        confirmed = (JOURNAL.c.item.in_(ids), _OURS, JOURNAL.c.state == State.CONFIRMED.value)
        keys = (JOURNAL.c.item, JOURNAL.c.owner)
        lasts = select(*keys, func.max(JOURNAL.c.id)).where(*confirmed).group_by(*keys)
        for item, owner, last in connection.execute(lasts):
            found[item, owner] = last
            found[item, None] = max(last, found.get((item, None), 0))
    return found
