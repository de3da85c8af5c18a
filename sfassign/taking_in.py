"""Takes in what a poll brought of the objects, each on its own: one that cannot be read stops no other. Called by
gather.

1. A sweep that the org refuses is a warning, told and asked for again after a while; the differences go on.
2. An object that cannot be read otherwise stays as it is known: nothing of it is absorbed, its watermark does not move.
3. Of too many rows, and where reading all that is active takes the org too long, the object is read in portions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sfassign.errors import OrgError, OrgRefused
from sfassign.mass_updates import MassUpdates, Stamps
from sfassign.milestones import Milestones
from sfassign.portioning import PortionedReading, Sightings
from sfassign.ports import ObjectNews, ObjectRead, Polled, Row, Store, Sweep, Unreadable
from sfassign.reading import CASE, Reading
from sfassign.turns import Turns

TOO_SLOW = ("QUERY_TIMEOUT", "OPERATION_TOO_LARGE")
"""What the org says of a query that a job of it may well get through."""


@dataclass
class TakenIn:
    """`unread` are the objects that could not be read, `by_pages` why rows came by pages that were meant to come by a
    job."""

    unread: dict[str, OrgError] = field(default_factory=dict)
    by_pages: list[Unreadable] = field(default_factory=list)


@dataclass(frozen=True)
class _Answer:
    """One read of a poll. `besides`: the differences of the object were asked for too, so it can be done without."""

    read: ObjectRead
    sweep: Sweep
    besides: bool
    rows: tuple[Row, ...]
    in_portions: bool
    refused: OrgError | None

    @property
    def name(self) -> str:
        return self.read.object


@dataclass(frozen=True)
class TakingIn:
    """For one policy. `reading` is the one in force, which may change while rows are read."""

    store: Store
    turns: Turns
    milestones: Milestones
    mass_updates: MassUpdates
    reading: Callable[[], Reading]
    portioned: Callable[[], PortionedReading]
    sightings: Sightings

    def take(self, reads: Sequence[ObjectRead], sweeps: Sequence[Sweep], polled: Polled, asked: Reading) -> TakenIn:
        """`asked`: what they were asked by. Raises OrgError where not one object could be read, or the network fails
        half-way."""
        taken, answers = TakenIn(), _answers(reads, sweeps, polled)
        for one in answers:
            if one.refused is not None:
                self._refuse(taken, one, one.refused)
        crowded = {one.name for one in answers if one.in_portions and one.sweep is Sweep.DIFFERENCES}
        answers = [
            one
            for one in answers
            if one.refused is None and one.name not in taken.unread and not (one.besides and one.name in crowded)
        ]
        self._absorb([one for one in answers if not one.in_portions], polled, asked)
        for one in answers:
            if one.in_portions:
                self._take_portions(taken, one, asked)
        if len(taken.unread) == len(asked.objects):
            raise next(iter(taken.unread.values()))
        return taken

    def _refuse(self, taken: TakenIn, one: _Answer, why: OrgError) -> None:
        if one.besides:
            self.turns.not_swept(one.name, Unreadable.of(why))
        else:
            taken.unread[one.name] = why

    def _absorb(self, answers: Sequence[_Answer], polled: Polled, asked: Reading) -> None:
        before = {one.name: self.store.watermark(one.name) for one in answers}
        if self.reading().milestones:
            for one in answers:
                if one.name == CASE:
                    self.milestones.follow(self.reading(), one.rows, one.sweep)
        news = [
            ObjectNews(one.name, one.sweep, self.sightings(one.rows, polled.at) if one.rows else ()) for one in answers
        ]
        self.store.absorb(news, polled.at)
        for one in answers:
            watermark = before[one.name]
            if one.sweep is Sweep.DIFFERENCES and watermark is not None:
                stamps = Stamps()
                stamps.note(row.guard_at for row in one.rows)
                self.mass_updates.were_read(one.name, watermark, stamps, polled.at)
            if one.sweep is not Sweep.SOURCES:
                self.turns.read_since(one.name, one.read.since, polled.at, len(one.rows))
            self._keep_known(one, asked, len(one.rows))

    def _take_portions(self, taken: TakenIn, one: _Answer, asked: Reading) -> None:
        stamps, watermark = Stamps(), self.store.watermark(one.name)
        try:
            at, unfit = self.portioned().read(one.read, one.sweep, stamps)
        except OrgRefused as why:
            self._refuse(taken, one, why)
            return
        if one.sweep is Sweep.DIFFERENCES and watermark is not None:
            self.mass_updates.were_read(one.name, watermark, stamps, at)
        if one.sweep is not Sweep.SOURCES:
            self.turns.read_since(one.name, one.read.since, at, stamps.seconds.total())
        self._keep_known(one, asked, None)
        taken.by_pages += [unfit] if unfit is not None else []

    def _keep_known(self, one: _Answer, asked: Reading, rows: int | None) -> None:
        """Where owners were renamed while the rows were read, these are read again; where nobody had asked for the
        owners before, the rows and the owners' Ids are of one moment."""
        if one.sweep is Sweep.ACTIVE:
            digests = (asked if asked.knows_owners(one.name) else self.reading()).digests
            self.store.keep_fact(f"digest:{one.name}", digests[one.name])
        if one.sweep is not Sweep.DIFFERENCES:
            self.turns.swept(one.name, whole=one.sweep is Sweep.ACTIVE, rows=rows)


def _answers(reads: Sequence[ObjectRead], sweeps: Sequence[Sweep], polled: Polled) -> list[_Answer]:
    differing = {read.object for read, sweep in zip(reads, sweeps, strict=True) if sweep is Sweep.DIFFERENCES}
    found = []
    for place, (read, sweep) in enumerate(zip(reads, sweeps, strict=True)):
        why = polled.refused.get(place)
        slow = sweep is Sweep.ACTIVE and isinstance(why, OrgRefused) and why.code in TOO_SLOW
        besides = sweep is not Sweep.DIFFERENCES and read.object in differing
        in_portions = slow or place in polled.withheld
        found.append(_Answer(read, sweep, besides, polled.rows[place], in_portions, None if slow else why))
    return found
