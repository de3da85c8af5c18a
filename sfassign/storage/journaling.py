"""The journal of owner changes: entered before the org hears of them, settled by what was read back.

Carries out `Store.plan`, `sent`, `settle`. Every step is a compare and swap on the entry's state, and what a step
moves (rotation, load, back-offs) moves only where the swap won.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update

from sfassign.core.decision import Assign, Plan
from sfassign.core.journal import BACK, UNCOUNTED, UNDO, Entry, Event, ImpossibleTransition, State, advance, over
from sfassign.core.model import Why
from sfassign.core.terms import Terms, terms_text
from sfassign.ports import Settlement
from sfassign.storage import clocks, explanations, loads, notices, picks, refusals, rotation
from sfassign.storage.columns import chunks, dump, from_millionths, storable, to_millionths
from sfassign.storage.database import upsert
from sfassign.storage.tables import BACK_OFF, JOURNAL, LINE

_CONFIRMED = JOURNAL.c.state == State.CONFIRMED.value
USER_PREFIX = "005"
"""The key prefix of User (Salesforce, Standard Field Record ID Prefix Decoder); queues are Groups, 00G."""

OWNERS_KEPT = 20


def plan(
    connection: Connection,
    assigns: Sequence[Assign],
    decided: Plan,
    guards: Mapping[str, dt.datetime],
    dry_run: bool,
    terms: Mapping[str, Terms] = MappingProxyType({}),
) -> tuple[Entry, ...]:
    if dry_run:
        return _rehearse(connection, assigns, decided, guards)
    return _enter(connection, assigns, decided, guards, dry_run=False, terms=terms)


def _rehearse(
    connection: Connection, assigns: Sequence[Assign], decided: Plan, guards: Mapping[str, dt.datetime]
) -> tuple[Entry, ...]:
    """A dry run decides the same again every cycle: what it entered already is not entered once more."""
    kept = _rehearsed(connection, [assign.item.id for assign in assigns])
    new = [assign for assign in assigns if not _same(kept.get(assign.item.id), assign)]
    entered = {entry.item: entry for entry in _enter(connection, new, decided, guards, dry_run=True)}
    return tuple(entered.get(assign.item.id) or entry_of(kept[assign.item.id]) for assign in assigns)


def _rehearsed(connection: Connection, items: Sequence[str]) -> dict[str, Row[Any]]:
    found: dict[str, Row[Any]] = {}
    for ids in chunks(items):
        lasts = select(func.max(JOURNAL.c.id)).where(JOURNAL.c.item.in_(ids), JOURNAL.c.dry_run.is_(True))
        rows = connection.execute(select(JOURNAL).where(JOURNAL.c.id.in_(lasts.group_by(JOURNAL.c.item))))
        found.update((row.item, row) for row in rows)
    return found


def _same(row: Row[Any] | None, assign: Assign) -> bool:
    return row is not None and (row.owner, row.group_name, row.seen_owner) == (
        assign.to.id,
        assign.group,
        assign.item.owner,
    )


def _enter(
    connection: Connection,
    assigns: Sequence[Assign],
    decided: Plan,
    guards: Mapping[str, dt.datetime],
    dry_run: bool,
    terms: Mapping[str, Terms] = MappingProxyType({}),
) -> tuple[Entry, ...]:
    kept = clocks.keep_terms(connection, terms.values())
    clocked = {item: kept[terms_text(one)] for item, one in terms.items()}
    keys = explanations.keep(connection, (assign.diagnosis for assign in assigns), journaled=True)
    last = connection.execute(select(func.max(JOURNAL.c.id))).scalar_one() or 0
    rows = [
        _planned(number, assign, decided, guards[assign.item.id], dry_run)
        | {"explanation": keys[id(assign.diagnosis)], "terms": clocked.get(assign.item.id)}
        for number, assign in enumerate(assigns, start=last + 1)
    ]
    if not rows:
        return ()
    connection.execute(JOURNAL.insert(), rows)
    entered = connection.execute(select(JOURNAL).where(JOURNAL.c.id > last).order_by(JOURNAL.c.id))
    return tuple(entry_of(row) for row in entered)


def open_entries(connection: Connection) -> tuple[Entry, ...]:
    """In the order they were entered. A range, since SQLite reads the whole journal for IS NOT NULL."""
    found = connection.execute(select(JOURNAL).where(JOURNAL.c.open_item > ""))
    return tuple(sorted((entry_of(row) for row in found), key=lambda entry: entry.id))


def last_entries(connection: Connection, items: Iterable[str], *where: ColumnElement[bool]) -> dict[str, Row[Any]]:
    """The last entry of each item for which `where` holds, dry runs aside."""
    found: dict[str, Row[Any]] = {}
    for ids in chunks(items):
        lasts = select(func.max(JOURNAL.c.id)).where(JOURNAL.c.item.in_(ids), JOURNAL.c.dry_run.is_(False), *where)
        rows = connection.execute(select(JOURNAL).where(JOURNAL.c.id.in_(lasts.group_by(JOURNAL.c.item))))
        found.update((row.item, row) for row in rows)
    return found


def last_given(connection: Connection, items: Iterable[str]) -> dict[str, str]:
    """The user each was last given to; one that was last sent on to a queue, or back, was given to nobody, unless it
    came back by an undo to somebody whom it had been given to before."""
    confirmed = last_entries(connection, items, _CONFIRMED)
    to_users = {item: row for item, row in confirmed.items() if row.owner_username is not None}
    again = _given_before(connection, [item for item, row in to_users.items() if row.method == UNDO])
    return {
        item: row.owner
        for item, row in to_users.items()
        if row.method not in BACK or (row.method == UNDO and (item, row.owner) in again)
    }


def _given_before(connection: Connection, items: Sequence[str]) -> set[tuple[str, str]]:
    """(item, user) for everybody these items were ever given to."""
    found: set[tuple[str, str]] = set()
    for ids in chunks(items):
        ours = select(JOURNAL.c.item, JOURNAL.c.owner).where(JOURNAL.c.item.in_(ids), JOURNAL.c.dry_run.is_(False))
        given = ours.where(_CONFIRMED, JOURNAL.c.method.not_in(sorted(BACK)))
        found.update((row.item, row.owner) for row in connection.execute(given))
    return found


def previous_owners(connection: Connection, items: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The users who owned each, last first, as far as we gave it to them or took it from them. The owner of a source
    (an intake user) is none of them, nor is one from whom an undo took back what they had been given."""
    found: dict[str, dict[str, None]] = {}
    undone_from: dict[str, int] = {}
    change = (JOURNAL.c.item, JOURNAL.c.owner, JOURNAL.c.seen_owner, JOURNAL.c.method, JOURNAL.c.why)
    columns = (*change, JOURNAL.c.id, JOURNAL.c.undoes)
    for ids in chunks(items):
        ours = select(*columns).where(JOURNAL.c.item.in_(ids), JOURNAL.c.dry_run.is_(False), _CONFIRMED)
        for row in connection.execute(ours.order_by(JOURNAL.c.item, JOURNAL.c.id.desc())):
            if row.id >= undone_from.get(row.item, row.id + 1):
                continue
            if row.undoes is not None:
                undone_from[row.item] = row.undoes
                continue
            owners = (None if row.method in BACK else row.owner, None if row.why is None else row.seen_owner)
            users = [user for user in owners if user is not None and user.startswith(USER_PREFIX)]
            found.setdefault(row.item, {}).update(dict.fromkeys(users))
    return {item: tuple(users)[:OWNERS_KEPT] for item, users in found.items()}


def sent(connection: Connection, entries: Sequence[int], at: dt.datetime) -> None:
    """Raises ImpossibleTransition, and marks none, where one is not planned (or a dry run's)."""
    for number in entries:
        entry = update(JOURNAL).where(JOURNAL.c.id == number, JOURNAL.c.state == State.PLANNED.value)
        swap = entry.where(JOURNAL.c.dry_run.is_(False)).values(state=State.SENT.value, sent_at=at)
        if connection.execute(swap).rowcount != 1:
            raise ImpossibleTransition(f"entry {number} is not planned, it cannot be sent")


def settle(connection: Connection, settlements: Sequence[Settlement]) -> None:
    """An entry that has come to its end already stays as it is: what it moved has been moved once."""
    for settlement in settlements:
        row = connection.execute(select(JOURNAL).where(JOURNAL.c.id == settlement.entry)).one_or_none()
        if row is None:
            raise ImpossibleTransition(f"there is no entry {settlement.entry}")
        entry = entry_of(row)
        if not over(entry.state, settlement.event) and _swap(connection, entry, settlement):
            _follow_up(connection, entry, settlement, row.terms)


def entry_of(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        object=row.object,
        item=row.item,
        group=row.group_name,
        seen_owner=row.seen_owner,
        seen_at=row.seen_at,
        owner=row.owner,
        owner_username=row.owner_username,
        method=row.method,
        score=row.score,
        tier=row.tier,
        points=from_millionths(row.points),
        turn=row.turn,
        decided_at=row.decided_at,
        waiting_since=row.waiting_since,
        aging_since=row.aging_since,
        policy_hash=row.policy_hash,
        state=State(row.state),
        sent_at=row.sent_at,
        credit_moves=json.loads(row.credit_moves_json),
        dry_run=row.dry_run,
        why=None if row.why is None else Why(row.why),
        landed_at=row.landed_at,
        undoes=row.undoes,
    )


def _planned(number: int, assign: Assign, decided: Plan, guard: dt.datetime, dry_run: bool) -> dict[str, Any]:
    item = assign.item
    return {
        "id": number,
        "object": item.object,
        "item": item.id,
        "open_item": None if dry_run else item.id,
        "group_name": assign.group,
        "seen_owner": item.owner,
        "seen_at": guard,
        "owner": assign.to.id,
        "owner_username": assign.to.username or None,
        "method": assign.method,
        "why": None if assign.why is None else assign.why.value,
        "undoes": assign.undoes,
        "score": float(assign.score.total),
        "tier": assign.score.tier,
        "points": to_millionths(assign.points),
        "turn": assign.turn,
        "decided_at": decided.taken_at,
        "waiting_since": item.waiting_since,
        "aging_since": item.aging_since,
        "policy_hash": decided.policy_hash,
        "state": State.PLANNED.value,
        "credit_moves_json": dump(dict(assign.credit_moves)),
        "dry_run": dry_run,
        "score_json": explanations.score_json(assign.score),
        "sentence": assign.sentence,
        "aging_over": False,
    }


def _swap(connection: Connection, entry: Entry, settlement: Settlement) -> bool:
    after = advance(entry.state, settlement.event)
    outcome: dict[str, Any] = {"state": after.value}
    if after is State.SENT:
        outcome["sent_at"] = settlement.at
    else:
        outcome |= {
            "open_item": None,
            "settled_at": settlement.at,
            "code": storable(settlement.code),
            "message": storable(settlement.message),
            "owner_now": settlement.owner_now,
            "landed_at": settlement.landed_at,
            "overridden_by": storable(settlement.overridden_by),
        }
    swap = update(JOURNAL).where(JOURNAL.c.id == entry.id, JOURNAL.c.state == entry.state.value).values(outcome)
    return connection.execute(swap).rowcount == 1


def _follow_up(connection: Connection, entry: Entry, settlement: Settlement, terms: str | None) -> None:
    if entry.dry_run:
        return
    picks.settled(connection, entry, settlement.event)
    if settlement.event is Event.LANDED:
        _confirm(connection, entry)
        clocks.start(connection, entry, terms, settlement)
        notices.confirmed(connection, entry.id, settlement.at)
    elif settlement.event not in (Event.SENT, Event.NOT_LANDED):
        notices.come_to_nothing(connection, entry.id)
    if settlement.event is Event.GONE:
        _forget(connection, entry, settlement)
    elif settlement.retry_at is not None:
        _back_off(connection, entry, settlement, settlement.retry_at)
    if settlement.refuse_owner:
        refusals.refuse(connection, entry, settlement.at)
    refusals.give_back(connection, settlement.given_back, entry.object, settlement.at)


def _confirm(connection: Connection, entry: Entry) -> None:
    if entry.method not in UNCOUNTED:
        rotation.advance_turn(connection, entry)
    loads.hand_over(connection, entry.item, entry.owner)
    connection.execute(delete(LINE).where(LINE.c.id == entry.item))
    connection.execute(delete(BACK_OFF).where(BACK_OFF.c.item == entry.item))
    refusals.accepted(connection, entry)


def _forget(connection: Connection, entry: Entry, settlement: Settlement) -> None:
    """It no longer waits; a deleted record, which no reading of differences will ever bring, is no work either."""
    connection.execute(delete(LINE).where(LINE.c.id == entry.item))
    if settlement.owner_now is None:
        loads.replace(connection, entry.object, {entry.item: None})
        clocks.end(connection, [entry.item])


def _back_off(connection: Connection, entry: Entry, settlement: Settlement, until: dt.datetime) -> None:
    words = {"code": storable(settlement.code), "message": storable(settlement.message)}
    seen_at = settlement.unchanged_since or entry.seen_at
    upsert(connection, BACK_OFF, [{"item": entry.item, "guard_at": seen_at, "until": until} | words])
