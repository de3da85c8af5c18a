"""`best_match`: the highest match score, then the lowest share of their threshold (or load points), ties as always.

Like the other queues (see `ranking`), seats that are always candidates for the same items are kept in one heap by a
key that never falls; here only where they also hold the same counting pairs, so that in each view all of a class match
alike. A view keeps its classes by match: a pick looks at the heads of the best level where anybody is left. Classes
that ran empty leave their level, so that a pick costs at worst one comparison per member of the best level.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush, heapreplace
from operator import attrgetter
from types import MappingProxyType

from sfassign.core.floor import Seat, seat_at
from sfassign.core.match_score import Match
from sfassign.core.matching import bits
from sfassign.core.patterns import opening_patterns, still_open
from sfassign.core.ranking import NO_MOVES, POSITIONS, Shown, least_key, least_shown, least_words
from sfassign.core.roster import Roster, View

ClassKey = tuple[int, int]
"""The views that the seats are open in, and the item values that they match, as bits."""


@dataclass(slots=True, eq=False)
class _Class:
    """Seats of one key, and the least rank key among them as far as known (infinite: nobody is left)."""

    key: ClassKey
    heap: list[int] = field(default_factory=list)
    head: float = math.inf


_HEAD = attrgetter("head")


class BestMatch:
    """The method at work in one group."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._views = list(roster.views.values())
        self._key = least_key(roster)
        self._signatures = signatures(roster)
        self._classes: dict[ClassKey, _Class] = {}
        self._levels: list[dict[int, list[_Class]]] = [{} for _ in self._views]
        self._helds: list[list[int]] = [[] for _ in self._views]
        self._class_of = [
            self._class((pattern, signature))
            for pattern, signature in zip(opening_patterns(roster), self._signatures, strict=True)
        ]
        for seat, found in zip(roster.seats, self._class_of, strict=True):
            found.heap.append(self._key(seat))
        for found in self._classes.values():
            heapify(found.heap)
            found.head = found.heap[0]

    def pick(self, view: View, _position: int) -> tuple[Seat, str, Mapping[str, int]]:
        helds, levels = self._helds[view.index], self._levels[view.index]
        while helds:
            seat = self._first(levels[helds[-1]])
            if seat is not None:
                match = Match(helds[-1], view.weights)
                return seat, f"match {match}, {least_words(self._roster, seat)}", NO_MOVES
            self._forget(levels.pop(helds.pop()))
        raise LookupError("no seat of the view is free")

    def take(self, _view: View, _seat: Seat, _position: int) -> Mapping[str, int]:
        """Its key grew; its entry is caught up with when it surfaces."""
        return NO_MOVES

    def order(self, view: View, seats: Sequence[Seat], position: int) -> list[tuple[Seat, Shown]]:
        then = sorted(
            (seat_at(seat, position) for seat in seats), key=lambda seat: (-view.held_by(seat.bit), self._key(seat))
        )
        return [(seat, MappingProxyType(least_shown(seat))) for seat in then]

    def left(self, seat: Seat, _position: int) -> None:
        """It moves to the seats that are open where it still is; its old entry is dropped when it surfaces."""
        old = self._class_of[seat.position]
        pattern = still_open(seat, old.key[0])
        if pattern != old.key[0]:
            new = self._class_of[seat.position] = self._class((pattern, old.key[1]))
            heappush(new.heap, self._key(seat))
            new.head = new.heap[0]

    def _first(self, classes: Sequence[_Class]) -> Seat | None:
        """The first seat of these classes; None where all of them are empty."""
        seats = self._roster.seats
        while (found := min(classes, key=_HEAD)).heap:
            heap = found.heap
            seat = seats[heap[0] & POSITIONS]
            if self._class_of[seat.position] is not found:
                heappop(heap)
                found.head = heap[0] if heap else math.inf
                continue
            key = self._key(seat)
            if key == heap[0]:
                return seat
            heapreplace(heap, key)
            found.head = heap[0]
        return None

    def _forget(self, empty: Sequence[_Class]) -> None:
        """Nobody comes back to a class that left a level: its key, should it come up again, begins a new one."""
        for found in empty:
            if self._classes.get(found.key) is found:
                del self._classes[found.key]

    def _class(self, key: ClassKey) -> _Class:
        found = self._classes.get(key)
        if found is None:
            found = self._classes[key] = _Class(key)
            pattern, signature = key
            for index in bits(pattern):
                self._enter(index, held_with(self._roster, self._views[index], signature), found)
        return found

    def _enter(self, index: int, held: int, found: _Class) -> None:
        levels = self._levels[index]
        if held not in levels:
            levels[held] = []
            self._helds[index].append(held)
            self._helds[index].sort()
        levels[held].append(found)


def signatures(roster: Roster) -> list[int]:
    """For each seat which of all marks of the views hold for it, as bits in the order of `roster.mark_masks`."""
    found = [0] * len(roster.seats)
    for number, mask in enumerate(roster.mark_masks):
        for position in bits(mask):
            found[position] |= 1 << number
    return found


def held_with(roster: Roster, view: View, signature: int) -> int:
    """The weights that hold in this view for the seats of this signature."""
    numbers = roster.mark_masks
    return sum(weight for weight, mask in view.marks if signature >> numbers[mask] & 1)
