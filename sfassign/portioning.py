"""Reads an object in portions: whole where it has very many active rows, or what some owners have. Called by gather.

1. Note that the object is not known: whatever interrupts the reading, the next one begins it again.
2. Mark what the store keeps of it; absorb portion by portion, which takes the marks off.
3. What is still marked is gone: no portion brought it. Only then the object counts as known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

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

    def whole(self, read: ObjectRead) -> Unreadable | None:
        """Every row `read` asks for is all there is of the object. Returns why it did not come by a job."""
        name = read.object
        self._store.keep_fact(f"digest:{name}", "")
        if name == CASE and self._reading.milestones:
            self._milestones.begin()
        self._store.begin_reading(name)
        portions = self._org.portions(read, self._types(read))
        for rows in portions.rows:
            self._take(rows, portions.at)
        self._store.end_reading(name, portions.at)
        return portions.unfit

    def of_owners(self, name: str, owners: Sequence[str], now: dt.datetime) -> None:
        """The active rows of these owners are what they have. What the store has of theirs besides is looked up by its
        Id: it may have gone to somebody else."""
        self._store.begin_reading(name, owners)
        active = self._reading.active(name, now)
        parts = [owners[start : start + OWNERS_PER_READ] for start in range(0, len(owners), OWNERS_PER_READ)]
        wheres = [And((active, InList(Path(("OwnerId",)), SetOperator.IN, _texts(part)))) for part in parts]
        reads = [self._reading.object_read(name, where=where) for where in wheres]
        polled = self._org.poll(PollRequest(objects=tuple(reads)))
        for rows in polled.rows:
            self._take(rows, polled.at)
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
