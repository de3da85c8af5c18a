"""Who is first among those who passed every gate: one ranker per method, each exact and total.

`round_robin` and `least_loaded` order by a key that never falls while a plan is made (a turn only moves on, load only
grows). So seats of one pattern (see `patterns`) are kept in a heap whose entries may be stale but never too high: a
stale top is put back with its present key, and the first that is current and least of all heads is the winner. An
assignment costs nothing at the time; it is caught up with when its entry surfaces. A pick costs one comparison per
pattern of the view, at worst one per member.

Keys are compared as whole numbers: ratios over the group's least common multiple of weights or thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush, heapreplace
from operator import attrgetter
from types import MappingProxyType
from typing import Protocol

from sfassign.core.figures import points_text, points_words
from sfassign.core.floor import Seat, seat_at
from sfassign.core.matching import bits
from sfassign.core.model import WEIGHT_SCALE, FieldValue
from sfassign.core.patterns import opening_patterns, still_open
from sfassign.core.policy import LoadMeasure
from sfassign.core.roster import Roster, View

Shown = Mapping[str, FieldValue]
_PLACE_BITS = 48
_POSITION_BITS = 20
POSITIONS = (1 << _POSITION_BITS) - 1
NO_MOVES: Mapping[str, int] = MappingProxyType({})


class Ranker(Protocol):
    """One method at work in one group."""

    def pick(self, view: View, position: int, /) -> tuple[Seat, str, Mapping[str, int]]:
        """The first of the view's free seats, why in words, and how credit moves; some seat must be free."""
        ...

    def take(self, view: View, seat: Seat, position: int, /) -> Mapping[str, int]:
        """This free seat gets an item of the view, whoever is first; how credit moves."""
        ...

    def order(self, view: View, seats: Sequence[Seat], position: int, /) -> list[tuple[Seat, Shown]]:
        """These free seats in rank order as the plan saw them at a position, with the keys that ranked them."""
        ...

    def left(self, seat: Seat, position: int, /) -> None:
        """The seat was closed to some or all items."""
        ...


@dataclass(slots=True, eq=False)
class _Class:
    """Seats that are open in the same views, by key, and the least key as far as known (infinite: nobody is left)."""

    pattern: int
    heap: list[int] = field(default_factory=list)
    head: float = math.inf


_HEAD = attrgetter("head")


class _Queued:
    """Rankers by a key that never falls. The key is one whole number, in its last bits the place in the list."""

    def __init__(
        self,
        roster: Roster,
        key: Callable[[Seat], int],
        why: Callable[[Seat], str],
        shown: Callable[[Seat], Shown],
    ) -> None:
        self._roster = roster
        self._key = key
        self._why = why
        self._shown = shown
        self._classes: dict[int, _Class] = {}
        self._of_view: list[list[_Class]] = [[] for _ in roster.views]
        self._class_of = [self._class(pattern) for pattern in opening_patterns(roster)]
        for seat, found in zip(roster.seats, self._class_of, strict=True):
            found.heap.append(key(seat))
        for found in self._classes.values():
            heapify(found.heap)
            found.head = found.heap[0]

    def pick(self, view: View, _position: int) -> tuple[Seat, str, Mapping[str, int]]:
        seats, classes = self._roster.seats, self._of_view[view.index]
        while True:
            found = min(classes, key=_HEAD)
            heap = found.heap
            known = heap[0]
            seat = seats[known & POSITIONS]
            if self._class_of[seat.position] is not found:
                heappop(heap)
                found.head = heap[0] if heap else math.inf
                continue
            key = self._key(seat)
            if key == known:
                return seat, self._why(seat), NO_MOVES
            heapreplace(heap, key)
            found.head = heap[0]

    def take(self, _view: View, _seat: Seat, _position: int) -> Mapping[str, int]:
        """Its key grew; its entry is caught up with when it surfaces."""
        return NO_MOVES

    def order(self, _view: View, seats: Sequence[Seat], position: int) -> list[tuple[Seat, Shown]]:
        then = sorted((seat_at(seat, position) for seat in seats), key=self._key)
        return [(seat, self._shown(seat)) for seat in then]

    def left(self, seat: Seat, _position: int) -> None:
        """It moves to the seats that are open where it still is; its old entry is dropped when it surfaces."""
        old = self._class_of[seat.position]
        pattern = still_open(seat, old.pattern)
        if pattern != old.pattern:
            new = self._class_of[seat.position] = self._class(pattern)
            heappush(new.heap, self._key(seat))
            new.head = new.heap[0]

    def _class(self, pattern: int) -> _Class:
        found = self._classes.get(pattern)
        if found is None:
            found = self._classes[pattern] = _Class(pattern)
            for index in bits(pattern):
                self._of_view[index].append(found)
        return found


def round_robin(roster: Roster) -> Ranker:
    """Longest since their last turn in this group; then since any turn; then list order."""
    return _Queued(
        roster,
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
        roster,
        key=least_key(roster),
        why=lambda seat: least_words(roster, seat),
        shown=lambda seat: MappingProxyType(least_shown(seat)),
    )


def least_key(roster: Roster) -> Callable[[Seat], int]:
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


def least_words(roster: Roster, seat: Seat) -> str:
    load, threshold = seat.worker.load, seat.threshold or 0
    plainly_one = seat.weight == WEIGHT_SCALE and seat.performance is None
    weight = "" if plainly_one else f" ÷ weight {weight_words(seat)}"
    measure = roster.measure
    if measure is LoadMeasure.SHARE:
        return f"lowest share of their threshold, {points_text(load)} of {points_words(threshold)}"
    if measure is LoadMeasure.SPARE:
        return f"most room under their threshold, {points_words(threshold - load)}"
    if measure is LoadMeasure.COUNT:
        return f"fewest active items, {seat.worker.active}{weight}"
    wanted = roster.has_thresholds if roster.by_match else roster.group.least_loaded is not measure
    fallback = ", by points since not every member has a threshold" if wanted else ""
    return f"lowest load, {points_words(load)}{weight}{fallback}"


def weight_words(seat: Seat) -> str:
    """`2`, or where performance counts the formula, its data and the result."""
    told = points_text(seat.weight)
    return told if seat.performance is None else f"{told} ({points_text(seat.own_weight)} × {seat.performance.words})"


def performance_shown(seat: Seat) -> dict[str, FieldValue]:
    """The part of a rank key that says what made the weight."""
    if seat.performance is None:
        return {}
    return {"own_weight": seat.own_weight / WEIGHT_SCALE, **seat.performance.shown()}


def least_shown(seat: Seat) -> dict[str, FieldValue]:
    shown: dict[str, FieldValue] = {
        "load": seat.worker.load / WEIGHT_SCALE,
        "items": seat.worker.active,
        "weight": seat.weight / WEIGHT_SCALE,
    }
    shown |= performance_shown(seat)
    if seat.threshold is not None:
        shown["threshold"] = seat.threshold / WEIGHT_SCALE
    return shown | {"last_turn_anywhere": seat.worker.last_place >> 1}
