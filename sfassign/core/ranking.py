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
from sfassign.core.floor import Seat, seat_at
from sfassign.core.matching import bits
from sfassign.core.model import WEIGHT_SCALE, FieldValue
from sfassign.core.policy import LoadMeasure
from sfassign.core.roster import Roster, View

Shown = Mapping[str, FieldValue]
_PLACE_BITS = 48
_POSITION_BITS = 20
_POSITIONS = (1 << _POSITION_BITS) - 1
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
    """Rankers by a key that never falls. The key is one whole number, in its last bits the place in the list."""

    def __init__(self, key: Callable[[Seat], int], why: Callable[[Seat], str], shown: Callable[[Seat], Shown]) -> None:
        self._key = key
        self._why = why
        self._shown = shown

    def pick(self, view: View, _position: int) -> tuple[Seat, str, Mapping[str, int]]:
        seats, free, key_of = view.roster.seats, view.free, self._key
        queue: list[int] = view.queue
        if queue is None:
            queue = view.queue = [key_of(seats[index]) for index in bits(free)]
            heapify(queue)
        while True:
            known = queue[0]
            seat = seats[known & _POSITIONS]
            if not free & seat.bit:
                heappop(queue)
                continue
            key = key_of(seat)
            if key == known:
                return seat, self._why(seat), NO_MOVES
            heapreplace(queue, key)

    def order(self, _view: View, seats: Sequence[Seat], position: int) -> list[tuple[Seat, Shown]]:
        then = sorted((seat_at(seat, position) for seat in seats), key=self._key)
        return [(seat, self._shown(seat)) for seat in then]

    def left(self, seat: Seat, position: int) -> None:
        """Its entries are dropped when they surface."""


def round_robin(_roster: Roster) -> Ranker:
    """Longest since their last turn in this group; then since any turn; then list order."""
    return _Queued(
        key=lambda seat: (seat.turn << _PLACE_BITS | seat.worker.last_place) << _POSITION_BITS | seat.position,
        why=lambda _seat: "longest since their last turn",
        shown=_turn_shown,
    )


def _turn_shown(seat: Seat) -> Shown:
    last = seat.worker.last_place >> 1
    return MappingProxyType({"last_turn": seat.turn >> 1, "joined": bool(seat.turn & 1), "last_turn_anywhere": last})


def least_loaded(roster: Roster) -> Ranker:
    """By the group's measure; then longest since any turn; then list order."""
    return _Queued(
        key=_least_key(roster),
        why=lambda seat: _least_words(roster, seat),
        shown=lambda seat: MappingProxyType(_least_shown(seat)),
    )


def _least_key(roster: Roster) -> Callable[[Seat], int]:
    divisor = _divisors(roster)
    if roster.measure is LoadMeasure.SPARE:
        return lambda seat: _packed(seat.worker.load - (seat.threshold or 0), seat)
    if roster.measure is LoadMeasure.COUNT:
        return lambda seat: _packed(seat.worker.active * divisor[seat.position], seat)
    return lambda seat: _packed(seat.worker.load * divisor[seat.position], seat)


def _packed(burden: int, seat: Seat) -> int:
    return (burden << _PLACE_BITS | seat.worker.last_place) << _POSITION_BITS | seat.position


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


def _least_shown(seat: Seat) -> dict[str, FieldValue]:
    shown: dict[str, FieldValue] = {
        "load": seat.worker.load / WEIGHT_SCALE,
        "items": seat.worker.active,
        "weight": seat.weight / WEIGHT_SCALE,
    }
    if seat.threshold is not None:
        shown["threshold"] = seat.threshold / WEIGHT_SCALE
    return shown | {"last_turn_anywhere": seat.worker.last_place >> 1}
