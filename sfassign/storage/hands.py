"""What changed hands, out of the journal and the picks, for `sfassign report`: per group and per person.

Each figure once, over what was decided (picks: seen) since the given moment; only what the org confirmed counts:

* reassigned: an item that had an owner and was given to this person, by cause: neglected, by hand, or at the end of
  neglect (finally). Those that went by the gates, or past them by hand, are assignments too, as caps and rotation
  count them; finally is nobody's turn and no assignment.
* taken away: an item this person had and has no longer by our hand, by cause: neglected (to a colleague), returned or
  finally (to a named place), cherry_picked (taken back from its picker), by_hand, undo.
* overflowed: sent on to a queue or user since nobody took it. Moves to another group are no owner changes.
* cherry_picked: items this person took out of the line themselves, by what became of it (`core.picking.PickState`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from sfassign.core.journal import BACK, OVERFLOW, UNDO, State
from sfassign.core.picking import PickState
from sfassign.storage.picks import USER_PREFIX
from sfassign.storage.tables import JOURNAL, PICKED

_PICKS = tuple(state.value for state in PickState if state is not PickState.SEEN)
_Place = tuple[str, str | None]


@dataclass(slots=True)
class Hands:
    """`reassigned` and `taken_away` by cause, `cherry_picked` by what became of it; `overflowed` of groups only."""

    reassigned: dict[str, int] = field(default_factory=dict)
    taken_away: dict[str, int] = field(default_factory=dict)
    overflowed: int = 0
    cherry_picked: dict[str, int] = field(default_factory=dict)


def changed_hands(connection: Connection, since: dt.datetime) -> dict[_Place, Hands]:
    """By (group, user), and by (group, None) for the group as a whole."""
    found: defaultdict[_Place, Hands] = defaultdict(Hands)
    for row in connection.execute(_entries(since)):
        cause = UNDO if row.method == UNDO else row.why
        if row.method == OVERFLOW:
            found[row.group_name, None].overflowed += row.times
            continue
        for place in _places(row.group_name, row.seen_owner):
            _add(found[place].taken_away, cause, row.times)
        if row.method not in BACK and _is_user(row.owner):
            for place in _places(row.group_name, row.owner):
                _add(found[place].reassigned, cause, row.times)
    for row in _picks(connection, since):
        for place in _places(row.group_name, row.member):
            _add(found[place].cherry_picked, row.state, row.times)
    return dict(found)


def _entries(since: dt.datetime) -> Any:
    journal = JOURNAL.c
    keys = (journal.group_name, journal.seen_owner, journal.owner, journal.method, journal.why)
    confirmed = (journal.state == State.CONFIRMED.value, journal.dry_run.is_(False), journal.decided_at >= since)
    handed_on = or_(journal.why.is_not(None), journal.method.in_((OVERFLOW, UNDO)))
    return select(*keys, func.count().label("times")).where(*confirmed, handed_on).group_by(*keys)


def _picks(connection: Connection, since: dt.datetime) -> Iterator[Row[Any]]:
    keys = (PICKED.c.group_name, PICKED.c.member, PICKED.c.state)
    wanted = select(*keys, func.count().label("times")).where(PICKED.c.state.in_(_PICKS), PICKED.c.seen_at >= since)
    yield from connection.execute(wanted.group_by(*keys))


def _places(group: str, user: str) -> tuple[_Place, ...]:
    return ((group, None), (group, user)) if _is_user(user) else ((group, None),)


def _is_user(owner: str) -> bool:
    return owner.startswith(USER_PREFIX)


def _add(counts: dict[str, int], name: str, times: int) -> None:
    counts[name] = counts.get(name, 0) + times
