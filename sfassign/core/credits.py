"""Smooth weighted round robin, exactly, without touching every candidate for every item.

The rule: of the members who passed the gates each gets `credit += weight`, the highest credit wins (equal credit: list
order) and loses the sum of these weights; the credit of the others is frozen. Members who take part in the same views
with the same weight gain alike in every round, so their order among each other only changes when one of them wins.
Such a `_Class` keeps one number for what all of them gained and a heap of what each has besides; a round looks at the
head of each class of its view. What a class gained is its weight times the rounds of its views, which is also how an
earlier credit is told again.

A round costs the number of classes in the view: distinct weights times distinct patterns of what members match, at
worst one per member (the cost of the plain rule without its gates). With headroom nearly every member has a weight of
their own, and one whose load grew goes on in another class. Source: the algorithm of nginx's upstream
round robin (commit 52327e0627f4).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from heapq import heapify, heappop, heappush, heapreplace
from operator import attrgetter, itemgetter
from types import MappingProxyType

from sfassign.core.figures import points_text
from sfassign.core.floor import Seat, seat_at
from sfassign.core.matching import bits
from sfassign.core.model import WEIGHT_SCALE, FieldValue
from sfassign.core.patterns import opening_patterns, still_open
from sfassign.core.ranking import performance_shown
from sfassign.core.roster import Roster, View


@dataclass(slots=True, eq=False)
class _Class:
    """Seats of one weight in the same views. A seat's credit is its base and what the class gained (millionths)."""

    weight: int
    pattern: int
    gained: int = 0
    size: int = 0
    heap: list[tuple[int, int]] = field(default_factory=list)


class CreditMoves(Mapping[str, int]):
    """How credit moves with one assignment: every candidate gains their weight, the winner loses the sum of them.

    `candidates` is the mask of the seats that took part; it is shared between rounds in which nobody left.
    """

    __slots__ = ("_candidates", "_roster", "_total", "_weigh", "_winner")

    def __init__(self, roster: Roster, candidates: int, winner: Seat, total: int, weigh: Callable[[Seat], int]) -> None:
        self._roster = roster
        self._candidates = candidates
        self._winner = winner
        self._total = total
        self._weigh = weigh

    def __getitem__(self, user: str) -> int:
        seat = self._roster.seat_of[user]
        if not seat.bit & self._candidates:
            raise KeyError(user)
        weight = self._weigh(seat)
        return weight - self._total if seat is self._winner else weight

    def __iter__(self) -> Iterator[str]:
        return (self._roster.seats[index].worker.member.id for index in bits(self._candidates))

    def __len__(self) -> int:
        return self._candidates.bit_count()

    def __repr__(self) -> str:
        return repr(dict(self))


class WeightedRoundRobin:
    """The method at work in one group. `_owes` is, by seat, what the heaps order by: its present base, negated."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._headroom = roster.group.weight.headroom
        self._classes: dict[tuple[int, int], _Class] = {}
        self._class_of: list[_Class] = []
        self._owes: list[int] = []
        self._history: list[list[tuple[int, _Class, int]]] = []
        self._of_view: list[list[_Class]] = [[] for _ in roster.views]
        self._rounds: list[list[int]] = [[] for _ in roster.views]
        for seat, pattern in zip(roster.seats, opening_patterns(roster), strict=True):
            found = self._class(turning_weight(seat), pattern)
            found.size += 1
            found.heap.append((-seat.credit, seat.position))
            self._class_of.append(found)
            self._owes.append(-seat.credit)
            self._history.append([(0, found, seat.credit)])
        for found in self._classes.values():
            heapify(found.heap)

    def pick(self, view: View, position: int) -> tuple[Seat, str, Mapping[str, int]]:
        candidates, total = view.free, 0
        best: tuple[int, int] | None = None
        winning: _Class | None = None
        for found in self._of_view[view.index]:
            if not found.size:
                continue
            negative, index = found.heap[0]
            if self._class_of[index] is not found or negative != self._owes[index]:
                negative, index = self._settle(found)
            found.gained += found.weight
            total += found.size * found.weight
            head = (negative - found.gained, index)
            if best is None or head < best:
                best, winning = head, found
        if best is None or winning is None:
            raise LookupError("no seat of the view is free")
        self._rounds[view.index].append(position)
        return self._won(winning, -best[0], total, candidates, position)

    def take(self, view: View, seat: Seat, position: int) -> Mapping[str, int]:
        """A round in which this seat wins whatever its credit: all candidates gain, it pays the sum."""
        candidates, total = view.free, 0
        for found in self._of_view[view.index]:
            if found.size:
                found.gained += found.weight
                total += found.size * found.weight
        self._rounds[view.index].append(position)
        self._keep(seat.position, position + 1, -self._owes[seat.position] - total)
        return CreditMoves(self._roster, candidates, seat, total, self._weigh(position))

    def _settle(self, found: _Class) -> tuple[int, int]:
        """The true first entry of the class: seats that left are dropped, those that paid by `take` put back. Credit
        is only ever paid, so an entry is never too low in the heap."""
        heap = found.heap
        while True:
            negative, index = heap[0]
            if self._class_of[index] is not found:
                heappop(heap)
            elif negative != self._owes[index]:
                heapreplace(heap, (self._owes[index], index))
            else:
                return negative, index

    def _keep(self, index: int, since: int, base: int) -> None:
        """From this position on the seat has so much besides what its class gained."""
        self._owes[index] = -base
        self._history[index].append((since, self._class_of[index], base))

    def _weigh(self, position: int) -> Callable[[Seat], int]:
        return partial(self._weight, position=position) if self._headroom else _own_weight

    def _won(
        self, winning: _Class, credit: int, total: int, candidates: int, position: int
    ) -> tuple[Seat, str, Mapping[str, int]]:
        negative, index = winning.heap[0]
        heapreplace(winning.heap, (negative + total, index))
        self._keep(index, position + 1, -negative - total)
        seat = self._roster.seats[index]
        why = f"highest credit, {points_text(credit)} at weight {weight_text(seat)}"
        return seat, why, CreditMoves(self._roster, candidates, seat, total, self._weigh(position))

    def order(self, _view: View, seats: Sequence[Seat], position: int) -> list[tuple[Seat, Mapping[str, FieldValue]]]:
        weighed = [(self._weight(seat, position), seat) for seat in seats]
        compared = [(-self._credit(seat, position) - weight, seat.position, weight, seat) for weight, seat in weighed]
        compared.sort(key=itemgetter(0, 1))
        return [(seat, self._shown(seat, -negative, weight, position)) for negative, _, weight, seat in compared]

    def _shown(self, seat: Seat, credit: int, weight: int, position: int) -> Mapping[str, FieldValue]:
        shown: dict[str, FieldValue] = {"credit": credit / WEIGHT_SCALE, "weight": weight / WEIGHT_SCALE}
        shown |= performance_shown(seat)
        if self._headroom and seat.threshold is not None:
            shown["own_weight"] = seat.own_weight / WEIGHT_SCALE
            shown["load"] = seat_at(seat, position).worker.load / WEIGHT_SCALE
            shown["threshold"] = seat.threshold / WEIGHT_SCALE
        return MappingProxyType(shown)

    def left(self, seat: Seat, position: int) -> None:
        """Closed to some or all items: from this position on the seat gains with those who see the same views."""
        old = self._class_of[seat.position]
        self._move(seat, old.weight, still_open(seat, old.pattern), position)

    def reweigh(self, seat: Seat, position: int) -> None:
        """The load grew: from this position on the seat gains by its present weight."""
        pattern = self._class_of[seat.position].pattern
        if pattern:
            self._move(seat, turning_weight(seat), pattern, position)

    def _move(self, seat: Seat, weight: int, pattern: int, position: int) -> None:
        old = self._class_of[seat.position]
        if (weight, pattern) == (old.weight, old.pattern):
            return
        credit = old.gained - self._owes[seat.position]
        old.size -= 1
        if self._headroom and not old.size:
            self._drop(old)
        new = self._class(weight, pattern)
        new.size += 1
        base = credit - new.gained
        heappush(new.heap, (-base, seat.position))
        self._class_of[seat.position] = new
        self._keep(seat.position, position, base)

    def _class(self, weight: int, pattern: int) -> _Class:
        """The class of this weight and pattern, with what it gained; one that had become empty is taken up again."""
        found = self._classes.get((weight, pattern))
        if found is None:
            found = self._classes[weight, pattern] = _Class(weight, pattern)
            for index in bits(pattern):
                self._of_view[index].append(found)
        if not found.size:
            found.gained = weight * sum(len(self._rounds[index]) for index in bits(pattern))
            found.heap.clear()
        return found

    def _drop(self, empty: _Class) -> None:
        """No round need look at it again; headroom would otherwise leave a class behind for every assignment."""
        del self._classes[empty.weight, empty.pattern]
        for index in bits(empty.pattern):
            self._of_view[index].remove(empty)

    def _at(self, seat: Seat, position: int) -> tuple[int, _Class, int]:
        history = self._history[seat.position]
        return history[bisect_right(history, position, key=_since) - 1]

    def _weight(self, seat: Seat, position: int) -> int:
        return self._at(seat, position)[1].weight

    def _credit(self, seat: Seat, position: int) -> int:
        _, found, base = self._at(seat, position)
        rounds = sum(bisect_left(self._rounds[index], position) for index in bits(found.pattern))
        return base + found.weight * rounds


def turning_weight(seat: Seat) -> int:
    """The weight of the rotation: with headroom times what is left of the threshold, in whole millionths."""
    threshold = seat.threshold
    if not seat.roster.group.weight.headroom or threshold is None or threshold <= 0:
        return seat.weight
    left = max(0, threshold - seat.worker.load)
    return (2 * seat.weight * left + threshold) // (2 * threshold)


def weight_text(seat: Seat) -> str:
    """`2`, or with performance or headroom the formula, its data and the result: `1.5 (2 × headroom, 1 − 2 ÷ 8)`."""
    told = points_text(turning_weight(seat))
    factors = [] if seat.performance is None else [seat.performance.words]
    if seat.roster.group.weight.headroom:
        factors.append(_headroom_words(seat))
    return f"{told} ({points_text(seat.own_weight)} × {'; × '.join(factors)})" if factors else told


def _headroom_words(seat: Seat) -> str:
    if seat.threshold is None:
        return "headroom, 1 without a threshold"
    return f"headroom, 1 − {points_text(seat.worker.load)} ÷ {points_text(seat.threshold)}"


_own_weight = attrgetter("weight")


def _since(entry: tuple[int, _Class, int]) -> int:
    return entry[0]
