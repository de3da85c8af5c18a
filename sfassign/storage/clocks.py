"""The clocks of neglect: one row per item in somebody's hands, found by when they are due.

A clock starts in the transaction that confirms our assignment (`journaling`) or first sees a covered item
(`absorbing`), is touched and ended by what a poll brings, and is moved on by the pass. Carries out `Store.due_clocks`,
`keep_pass`, `cover`, `look_again`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from sfassign.core.hours import in_org
from sfassign.core.journal import FINALLY, Entry
from sfassign.core.neglect import ClockState, NeglectClock, first_look, start_of_clock, touch_in_row, touched
from sfassign.core.terms import Terms, terms_from, terms_text
from sfassign.core.touches import status_of
from sfassign.ports import Cover, PassOutcome, Settlement, Sighting
from sfassign.storage import aways, neglect_events, notices
from sfassign.storage.aging import end_aging
from sfassign.storage.columns import chunks, storable
from sfassign.storage.database import insert_into, upsert
from sfassign.storage.tables import ACTIVE, TERMS, TICKING


def keep_terms(connection: Connection, terms: Iterable[Terms]) -> dict[str, str]:
    """Their keys by their text; each is kept once."""
    keys: dict[str, str] = {}
    for one in terms:
        text = terms_text(one)
        if text not in keys:
            keys[text] = hashlib.sha256(text.encode()).hexdigest()
            elsewhere = one.hours is not None and in_org(one.hours)
            row = {"key": keys[text], "terms_json": text, "org_hours": elsewhere}
            connection.execute(insert_into(connection, TERMS).on_conflict_do_nothing(), [row])
    return keys


# --- beginnings and ends ----------------------------------------------------------------------------------------------


def start(connection: Connection, entry: Entry, terms: str | None, settlement: Settlement) -> None:
    """Our assignment was confirmed: a clock starts, where its group looks after what it gives. What was given for good
    keeps a clock that is over, so that no other way of covering it starts one."""
    if terms is None and entry.method == FINALLY:
        over = {"owner": entry.owner, "state": ClockState.OVER.value, "due_at": None}
        connection.execute(update(TICKING).where(TICKING.c.item == entry.item).values(over))
        return
    if terms is None:
        end(connection, [entry.item])
        return
    clock = NeglectClock(
        item=entry.item,
        object=entry.object,
        entry=entry.id,
        group=entry.group,
        owner=entry.owner,
        started_at=settlement.seen_at or settlement.at,
        watched_from=entry.decided_at,
        status_then=settlement.status,
        due_at=None,
        terms=_terms(connection, {terms})[terms],
    )
    upsert(connection, TICKING, [_row(start_of_clock(clock), terms)])


def end(connection: Connection, items: Iterable[str]) -> None:
    for ids in chunks(items):
        connection.execute(delete(TICKING).where(TICKING.c.item.in_(ids)))


def absorb(connection: Connection, sightings: Mapping[str, Sighting], at: dt.datetime) -> None:
    """What was read of items with a clock, or of ones that are to have one."""
    known = _of_items(connection, sightings)
    over = [item for item, (clock, _) in known.items() if not _holds(clock, sightings[item])]
    end(connection, over)
    for item, (clock, key) in known.items():
        if item not in over:
            _look(connection, clock, key, sightings[item], at)
    free = [one for item, one in sightings.items() if item not in known or item in over]
    _cover_seen(connection, [one for one in free if one.active and not one.waiting], at)
    rows = (one.row for one in sightings.values())
    aways.seen(connection, ((row.modified_by, row.edited_at) for row in rows if row.modified_by))


def _holds(clock: NeglectClock, sighting: Sighting) -> bool:
    return sighting.active and not sighting.waiting and sighting.row.owner == clock.owner


def _look(connection: Connection, clock: NeglectClock, key: str, sighting: Sighting, now: dt.datetime) -> None:
    row = sighting.row
    status = status_of(row.object, row.values)
    if clock.state is ClockState.UNSEEN:
        _write(connection, [_row(first_look(clock, status, now), key)])
    if clock.state in (ClockState.OVER, ClockState.UNSEEN):
        return
    at = touch_in_row(clock, status, row.modified_by, row.edited_at)
    if at is not None:
        _write(connection, [_row(touched(clock, at, status), key)])
        end_aging(connection, [clock.item])


def _cover_seen(connection: Connection, sightings: Sequence[Sighting], at: dt.datetime) -> None:
    clocks = []
    for one in sightings:
        if one.cover is not None:
            row, status = one.row, status_of(one.row.object, one.row.values)
            clocks.append(start_of_clock(_first_seen(row.object, row.id, row.owner, one.cover, at, status)))
    keys = keep_terms(connection, (clock.terms for clock in clocks))
    upsert(connection, TICKING, [_row(clock, keys[terms_text(clock.terms)]) for clock in clocks])


def cover(connection: Connection, object_name: str, covers: Mapping[str, Cover], at: dt.datetime) -> None:
    """Their items are read before their clocks start: only then it is known what they look like."""
    keys = keep_terms(connection, (one.terms for one in covers.values()))
    for user, one in covers.items():
        theirs = select(ACTIVE.c.id).where(ACTIVE.c.object == object_name, ACTIVE.c.owner == user)
        clocks = (_first_seen(object_name, item, user, one, at, None) for item in connection.execute(theirs).scalars())
        unseen = [replace(clock, state=ClockState.UNSEEN, due_at=at) for clock in clocks]
        rows = [_row(clock, keys[terms_text(one.terms)]) for clock in unseen]
        if rows:
            connection.execute(insert_into(connection, TICKING).on_conflict_do_nothing(), rows)


def _first_seen(
    object_name: str, item: str, owner: str, cover: Cover, at: dt.datetime, status: str | None
) -> NeglectClock:
    return NeglectClock(
        item=item,
        object=object_name,
        entry=None,
        group=cover.group,
        owner=owner,
        started_at=at,
        watched_from=at,
        status_then=status,
        due_at=None,
        terms=cover.terms,
    )


def look_again(connection: Connection, at: dt.datetime) -> None:
    elsewhere = select(TERMS.c.key).where(TERMS.c.org_hours.is_(True))
    running = (TICKING.c.due_at > at, TICKING.c.terms.in_(elsewhere))
    connection.execute(update(TICKING).where(*running).values(due_at=at))


# --- the pass ---------------------------------------------------------------------------------------------------------


def due(connection: Connection, now: dt.datetime, most: int) -> tuple[NeglectClock, ...]:
    found = select(TICKING).where(TICKING.c.due_at <= now).order_by(TICKING.c.due_at, TICKING.c.item).limit(most)
    rows = connection.execute(found).all()
    terms = _terms(connection, {row.terms for row in rows})
    return tuple(_clock(row, terms[row.terms]) for row in rows)


def keep_pass(connection: Connection, outcome: PassOutcome) -> None:
    keys = keep_terms(connection, (clock.terms for clock in outcome.clocks))
    _write(connection, [_row(clock, keys[terms_text(clock.terms)]) for clock in outcome.clocks])
    for clock in outcome.ended:
        same = (TICKING.c.item == clock.item, TICKING.c.owner == clock.owner)
        connection.execute(delete(TICKING).where(*same))
    end_aging(connection, outcome.touched)
    neglect_events.enter(connection, outcome.events)
    notices.post(connection, outcome.told)
    for user, pause in outcome.away.items():
        aways.enter(connection, user, pause, outcome.at)
    aways.seen(connection, outcome.active.items())


def of_item(connection: Connection, item: str) -> NeglectClock | None:
    found = _of_items(connection, [item]).get(item)
    return None if found is None else found[0]


def rename(connection: Connection, old: str, new: str) -> None:
    """A group goes by a new name."""
    connection.execute(update(TICKING).where(TICKING.c.group_name == old).values(group_name=new))


# --- rows -------------------------------------------------------------------------------------------------------------


def _of_items(connection: Connection, items: Iterable[str]) -> dict[str, tuple[NeglectClock, str]]:
    """With the keys of their terms."""
    rows: list[Row[Any]] = []
    for ids in chunks(items):
        rows += connection.execute(select(TICKING).where(TICKING.c.item.in_(ids)))
    terms = _terms(connection, {row.terms for row in rows})
    return {row.item: (_clock(row, terms[row.terms]), row.terms) for row in rows}


def _terms(connection: Connection, keys: Iterable[str]) -> dict[str, Terms]:
    found: dict[str, Terms] = {}
    for some in chunks(keys):
        rows = connection.execute(select(TERMS.c.key, TERMS.c.terms_json).where(TERMS.c.key.in_(some)))
        found.update((key, terms_from(text)) for key, text in rows)
    return found


def _clock(row: Row[Any], terms: Terms) -> NeglectClock:
    return NeglectClock(
        item=row.item,
        object=row.object,
        entry=row.entry,
        group=row.group_name,
        owner=row.owner,
        started_at=row.started_at,
        watched_from=row.watched_from,
        status_then=row.status_then,
        due_at=row.due_at,
        terms=terms,
        touched_at=row.touched_at,
        reminded_at=row.reminded_at,
        neglected_at=row.neglected_at,
        state=ClockState(row.state),
    )


def _row(clock: NeglectClock, terms: str) -> dict[str, Any]:
    return {
        "item": clock.item,
        "object": clock.object,
        "entry": clock.entry,
        "group_name": clock.group,
        "owner": clock.owner,
        "started_at": clock.started_at,
        "watched_from": clock.watched_from,
        "status_then": storable(clock.status_then),
        "touched_at": clock.touched_at,
        "reminded_at": clock.reminded_at,
        "neglected_at": clock.neglected_at,
        "due_at": clock.due_at,
        "state": clock.state.value,
        "terms": terms,
    }


def _write(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Only where the clock is still the one that was read: an item that was given again has another one."""
    for row in rows:
        same = (TICKING.c.item == row["item"], TICKING.c.owner == row["owner"])
        connection.execute(update(TICKING).where(*same).values({key: row[key] for key in row if key != "item"}))
