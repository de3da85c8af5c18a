"""Reads everything one decision round looks at, in one transaction. Carries out `Store.snapshot`."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, or_, select

from sfassign.core.decision import NoteKind
from sfassign.core.journal import UNCOUNTED, Entry, State
from sfassign.core.model import FieldValue, InFlight, Load, Snapshot, Window, WorkItem
from sfassign.core.policy import MILESTONE
from sfassign.core.tries import OVERRIDDEN
from sfassign.storage import fieldnotes, journaling, milestones, people, preferring, records, rotation
from sfassign.storage.columns import chunks, from_millionths
from sfassign.storage.facts import org_facts
from sfassign.storage.tables import ACTIVE, BACK_OFF, JOURNAL, LINE, LOAD, REFUSAL

UNDER_WAY = "a write is under way"
_NOT_REFUSED = {
    None: "the write did not land",
    OVERRIDDEN: "an automation changes its owner right after each of our writes",
}


def snapshot(connection: Connection, now: dt.datetime, windows: Sequence[Window]) -> Snapshot:
    entries = journaling.open_entries(connection)
    given_out = tuple(entry for entry in entries if entry.method not in UNCOUNTED)
    paused = people.pauses(connection, now)
    org = org_facts(connection)
    return Snapshot(
        taken_at=now,
        org_timezone="UTC" if org is None else org.timezone,
        items=_items(connection, now, entries),
        members=people.members(connection, paused.users),
        load=load(connection, given_out),
        rotation=rotation.places(connection),
        last_turn=rotation.last_turn(connection),
        given={window: given(connection, window) for window in windows},
        in_flight=tuple(_in_flight(entry) for entry in given_out),
        refusals=refusals(connection, now),
        presence_at=people.presence_at(connection),
        paused_groups=paused.groups,
        paused_all=paused.everything,
        records=records.records(connection),
    )


def given(connection: Connection, window: Window) -> dict[tuple[str, str], int]:
    """Confirmed assignments per (group, user), by the moment they were decided."""
    at = JOURNAL.c.decided_at
    inside = at > window.since if window.after else at >= window.since
    counted = (
        select(JOURNAL.c.group_name, JOURNAL.c.owner, func.count())
        .where(JOURNAL.c.state == State.CONFIRMED.value, JOURNAL.c.dry_run.is_(False), inside)
        .where(JOURNAL.c.method.not_in(sorted(UNCOUNTED)))
        .group_by(JOURNAL.c.group_name, JOURNAL.c.owner)
    )
    return {(group, user): count for group, user, count in sorted(connection.execute(counted))}


def load(connection: Connection, entries: Sequence[Entry] = ()) -> dict[str, Load]:
    """Every owner's load from the sums. An open entry whose item was already read with its new owner is taken off:
    it counts as in flight, and nothing counts twice."""
    sums = {(row.owner, row.object): (row.item_count, row.points) for row in connection.execute(select(LOAD))}
    targets = {entry.item: entry.owner for entry in entries}
    for ids in chunks(targets):
        for row in connection.execute(select(ACTIVE).where(ACTIVE.c.id.in_(ids))):
            if row.owner == targets[row.id]:
                items, points = sums[row.owner, row.object]
                sums[row.owner, row.object] = (items - 1, points - row.points)
    return _by_owner(sums)


def refusals(connection: Connection, now: dt.datetime) -> dict[tuple[str, str], dt.datetime]:
    rows = connection.execute(select(REFUSAL).where(REFUSAL.c.until > now))
    return {(row.user_id, row.object): row.until for row in sorted(rows, key=lambda row: (row.user_id, row.object))}


def blocked(connection: Connection, now: dt.datetime, entries: Sequence[Entry]) -> dict[str, str]:
    """Why an item is left alone for now, by item."""
    reasons = {
        row.item: _back_off(row.code, row.until)
        for row in connection.execute(select(BACK_OFF).where(BACK_OFF.c.until > now))
    }
    return reasons | {entry.item: UNDER_WAY for entry in entries}


def _items(connection: Connection, now: dt.datetime, entries: Sequence[Entry]) -> tuple[WorkItem, ...]:
    reasons = blocked(connection, now, entries)
    columns = (
        LINE.c.object,
        LINE.c.id,
        LINE.c.owner,
        LINE.c.created_at,
        LINE.c.waiting_since,
        LINE.c.aging_since,
        LINE.c.values_json,
        LINE.c.last_given,
        LINE.c.guard_at,
        LINE.c.overflow_home,
        LINE.c.overflow_group,
        LINE.c.previous_json,
        LINE.c.preferred_json,
    )
    notes = fieldnotes.settled(connection)
    due = milestones.targets(connection)
    review, unassigned = NoteKind.REVIEW.value, NoteKind.NOT_ASSIGNED.value
    waiting = select(*columns).where(or_(LINE.c.last_given.is_(None), LINE.c.last_given != LINE.c.owner))
    rows = sorted(connection.execute(waiting), key=lambda row: row[1])
    return tuple(
        WorkItem(
            object=kind,
            id=item,
            owner=owner,
            created_at=created,
            waiting_since=since,
            aging_since=aging,
            values=_with_due(json.loads(values), due.get(item)),
            last_given=last,
            blocked=reasons.get(item),
            guard_at=guard_at,
            overflowed=None if home is None else (home, group),
            flagged=notes.get((item, review)),
            unassigned=notes.get((item, unassigned)),
            previous=tuple(json.loads(previous)) if previous != "[]" else (),
            preferred=preferring.read(preferred),
        )
        for kind, item, owner, created, since, aging, values, last, guard_at, home, group, previous, preferred in rows
    )


def _with_due(values: dict[str, FieldValue], due: dt.datetime | None) -> dict[str, FieldValue]:
    """A Case's earliest open milestone stands among its fields, under a name that no field of the org has."""
    return values if due is None else values | {MILESTONE: due.isoformat()}


def _back_off(code: str | None, until: dt.datetime) -> str:
    what = _NOT_REFUSED.get(code, f"the org refused: {code}")
    return f"{what}, tried again {until:%H:%M} UTC"


def _by_owner(sums: Mapping[tuple[str, str], tuple[int, int]]) -> dict[str, Load]:
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    points: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for (owner, kind), (items, millionths) in sorted(sums.items()):
        counts[owner][kind] = items
        points[owner][kind] = from_millionths(millionths)
    return {owner: Load(counts[owner], points[owner]) for owner in counts}


def _in_flight(entry: Entry) -> InFlight:
    return InFlight(
        object=entry.object,
        item=entry.item,
        group=entry.group,
        to=entry.owner,
        points=entry.points,
        decided_at=entry.decided_at,
        turn=entry.turn,
        credit_moves=entry.credit_moves,
    )
