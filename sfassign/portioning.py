"""Reads an object in portions: whole where it has very many active rows, what waits, what changed, or what some owners
have. Called by gather and `taking_in`. The whole of an object:

1. Note that the object is not known: whatever interrupts the reading, the next one begins it again.
2. Mark what the store keeps of it; absorb portion by portion, which takes the marks off.
3. What is still marked is gone: no portion brought it. Only then the object counts as known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sfassign.mass_updates import Stamps
from sfassign.milestones import Milestones
from sfassign.ports import ObjectNews, ObjectRead, Org, PollRequest, Row, Sighting, Store, Sweep, Unreadable
from sfassign.reading import CASE, Reading
from sfassign.shapes import Shapes
from sfassign.soql.tree import And, InList, Path, SetOperator, Text

MOST_BY_PAGES = 20_000
"""More rows than this are read by a job of the org and absorbed in portions; fewer are ten calls of pages."""

OWNERS_PER_READ = 200
"""Owners one query names: 27 bytes each of a URL that has room for the policy's conditions too."""

Sightings = Callable[[Sequence[Row], dt.datetime], tuple[Sighting, ...]]


class PortionedReading:
    """For one policy. May raise an OrgError or DatabaseUnusable, also half-way."""

    def __init__(
        self, org: Org, store: Store, shapes: Shapes, milestones: Milestones, reading: Reading, sightings: Sightings
    ) -> None:
        self._org, self._store, self._shapes = org, store, shapes
        self._milestones, self._reading, self._sightings = milestones, reading, sightings

    def read(self, read: ObjectRead, sweep: Sweep, stamps: Stamps) -> tuple[dt.datetime, Unreadable | None]:
        """The rows `read` asks for: every active one, every waiting one, or the differences, of which `stamps` notes
        when they changed. Returns the org's clock when the reading began, and why it did not come by a job."""
        if sweep is not Sweep.DIFFERENCES:
            self._begin(read.object, sweep)
        portions = self._org.portions(read, self._types(read))
        for rows in portions.rows:
            stamps.note(row.guard_at for row in rows)
            self._take(rows, portions.at)
        self._end(read.object, sweep, portions.at)
        return portions.at, portions.unfit

    def _begin(self, name: str, sweep: Sweep) -> None:
        if sweep is Sweep.SOURCES:
            self._store.begin_reading(name, waiting=True)
            return
        if self._store.fact(f"digest:{name}") != self._reading.digests[name]:
            self._store.keep_fact(f"digest:{name}", "")
        if name == CASE and self._reading.milestones:
            self._milestones.begin()
        self._store.begin_reading(name)

    def _end(self, name: str, sweep: Sweep, at: dt.datetime) -> None:
        """The watermark moves with the last portion. What waits no more may still be active, so it is looked at."""
        if sweep is Sweep.DIFFERENCES:
            self._store.absorb([ObjectNews(name, Sweep.DIFFERENCES, ())], at)
        elif sweep is Sweep.ACTIVE:
            self._store.end_reading(name, at)
        else:
            self._end_by_looking_up(name)

    def of_owners(self, name: str, owners: Sequence[str], now: dt.datetime) -> None:
        """The active rows of these owners are what they have. What the store has of theirs besides is looked up by its
        Id: it may have gone to somebody else."""
        self._store.begin_reading(name, owners)
        active = self._reading.active(name, now)
        parts = [owners[start : start + OWNERS_PER_READ] for start in range(0, len(owners), OWNERS_PER_READ)]
        wheres = [And((active, InList(Path(("OwnerId",)), SetOperator.IN, _texts(part)))) for part in parts]
        reads = [replace(self._reading.object_read(name, where=where), judged=True) for where in wheres]
        polled = self._org.poll(PollRequest(objects=tuple(reads)))
        for rows in polled.rows:
            self._take(rows, polled.at)
        self._end_by_looking_up(name)

    def _end_by_looking_up(self, name: str) -> None:
        if unread := self._store.unread(name):
            at, rows = self._org.fetch(self._reading.object_read(name), unread)
            self._take(rows, at)
        self._store.end_reading(name, None)

    def _take(self, rows: Sequence[Row], at: dt.datetime) -> None:
        if not rows:
            return
        if rows[0].object == CASE and self._reading.milestones:
            self._milestones.follow(self._reading, rows, Sweep.PORTION)
        self._store.absorb([ObjectNews(rows[0].object, Sweep.PORTION, self._sightings(rows, at))], at)

    def _types(self, read: ObjectRead) -> Mapping[str, str]:
        """The types of the fields read, by lower-case path; what describe does not know is missing."""
        shapes = {name: self._shapes.field(read.object, Path(tuple(name.split(".")))) for name in read.fields}
        return {name.lower(): shape.type for name, shape in shapes.items() if shape is not None}


def _texts(ids: Sequence[str]) -> tuple[Text, ...]:
    return tuple(Text(one, one) for one in ids)
