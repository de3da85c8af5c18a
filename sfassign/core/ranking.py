"""Who is first among those who passed every gate: one ranker per method, each exact and total.

`round_robin` and `least_loaded` order by a key that never falls while a plan is made (a turn only moves on, load only
grows). So every view keeps a heap whose entries may be stale but never too high: a stale top is put back with its
present key, a member who became full is dropped, and the first top that is current is the winner. An assignment
costs nothing at the time; it is caught up with when its entry surfaces.

Keys are compared as whole numbers: ratios over the group's least common multiple of weights or thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from heapq import heapify, heappop, heapreplace
from types import MappingProxyType
from typing import Protocol

from sfassign.core.figures import points_text
from sfassign.core.floor import Seat, Standing, standing_at, standing_now
from sfassign.core.matching import bits
from sfassign.core.model import WEIGHT_SCALE, FieldValue
from sfassign.core.policy import LoadMeasure
from sfassign.core.roster import Roster, View

Key = tuple[int, ...]
Shown = Mapping[str, FieldValue]
NO_MOVES: Mapping[str, int] = MappingProxyType({})


class Ranker(Protocol):
    """One method at work in one group."""

    def pick(self, view: View, position: int, /) -> tuple[Seat, str, Mapping[str, int]]:
        """The first of the view's free seats, why in words, and how credit moves; some seat must be free."""
        ...

    def order(self, view: View, seats: Sequence[Seat], position: int, /) -> list[tuple[Seat, Shown]]:
        """These free seats in rank order as the plan saw them at a position, with the keys that ranked them."""
        ...

    def left(self, seat: Seat, position: int, /) -> None:
        """The seat was closed to some or all items."""
        ...


class _Queued:
    """Rankers by a key that never falls."""

    def __init__(
        self,
        key: Callable[[Seat, Standing], Key],
        why: Callable[[Seat], str],
        shown: Callable[[Seat, Standing], Shown],
    ) -> None:
        self._key = key
        self._why = why
        self._shown = shown

    def pick(self, view: View, _position: int) -> tuple[Seat, str, Mapping[str, int]]:
        seats, free, key = view.roster.seats, view.free, self._key
        queue: list[tuple[Key, int]] = view.queue
        if queue is None:
            queue = view.queue = [(key(seats[i], standing_now(seats[i])), i) for i in bits(free)]
            heapify(queue)
        while True:
            known, index = queue[0]
            seat = seats[index]
            if not free & seat.bit:
                heappop(queue)
                continue
            present = key(seat, standing_now(seat))
            if present == known:
                return seat, self._why(seat), NO_MOVES
            heapreplace(queue, (present, index))

    def order(self, _view: View, seats: Sequence[Seat], position: int) -> list[tuple[Seat, Shown]]:
        then = [(self._key(seat, at), seat, at) for seat in seats for at in (standing_at(seat, position),)]
        then.sort(key=lambda entry: entry[0])
        return [(seat, self._shown(seat, at)) for _, seat, at in then]

    def left(self, seat: Seat, position: int) -> None:
        """Its entries are dropped when they surface."""


def round_robin(_roster: Roster) -> Ranker:
    """Longest since their last turn in this group; then since any turn; then list order."""
    return _Queued(
        key=lambda seat, at: (at.turn, at.last_place, seat.position),
        why=lambda _seat: "longest since their last turn",
        shown=lambda _seat, at: MappingProxyType(
            {"last_turn": at.turn >> 1, "joined": bool(at.turn & 1), "last_turn_anywhere": at.last_place >> 1}
        ),
    )


def least_loaded(roster: Roster) -> Ranker:
    """By the group's measure; then longest since any turn; then list order."""
    measure = roster.measure
    divisor = _divisors(roster)
    if measure is LoadMeasure.SPARE:

        def burden(seat: Seat, at: Standing) -> int:
            return at.load - (seat.threshold or 0)

    elif measure is LoadMeasure.COUNT:

        def burden(seat: Seat, at: Standing) -> int:
            return at.active * divisor[seat.position]

    else:

        def burden(seat: Seat, at: Standing) -> int:
            return at.load * divisor[seat.position]

    return _Queued(
        key=lambda seat, at: (burden(seat, at), at.last_place, seat.position),
        why=lambda seat: _least_words(roster, seat),
        shown=lambda seat, at: MappingProxyType(_least_shown(seat, at)),
    )


def _divisors(roster: Roster) -> list[int]:
    """What a seat's load is multiplied with, so that products compare as load ÷ weight (or ÷ threshold) does."""
    by_share = roster.measure is LoadMeasure.SHARE
    parts = [(seat.threshold or 0) if by_share else seat.weight for seat in roster.seats]
    common = math.lcm(*(part for part in parts if part > 0))
    return [common // part if part > 0 else 0 for part in parts]


def _least_words(roster: Roster, seat: Seat) -> str:
    load, threshold = points_text(seat.worker.load), points_text(seat.threshold or 0)
    weight = "" if seat.weight == WEIGHT_SCALE else f" ÷ weight {points_text(seat.weight)}"
    measure = roster.measure
    if measure is LoadMeasure.SHARE:
        return f"lowest share of their threshold, {load} of {threshold} points"
    if measure is LoadMeasure.SPARE:
        return f"most room under their threshold, {points_text((seat.threshold or 0) - seat.worker.load)} points"
    if measure is LoadMeasure.COUNT:
        return f"fewest active items, {seat.worker.active}{weight}"
    fallback = "" if roster.group.least_loaded is measure else ", by points since not every member has a threshold"
    return f"lowest load, {load} points{weight}{fallback}"


def _least_shown(seat: Seat, at: Standing) -> dict[str, FieldValue]:
    shown: dict[str, FieldValue] = {
        "load": at.load / WEIGHT_SCALE,
        "items": at.active,
        "weight": seat.weight / WEIGHT_SCALE,
    }
    if seat.threshold is not None:
        shown["threshold"] = seat.threshold / WEIGHT_SCALE
    return shown | {"last_turn_anywhere": at.last_place >> 1}
