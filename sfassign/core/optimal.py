"""`optimal`: all items of a group in the cycle together, decided at the place in line of its first item.

1. Who is served: of the items that go to nobody by preference (see `preference`), down the line, whoever can be served
   besides those before them (an augmenting path over who may take what, and how many). That serves as many as can be
   served, and the first in line when not all can.
2. To whom: among all plans that serve these, one with the greatest sum of (1 + max(score, 0)) × match, in whole
   millionths. Members who may take the same items and match them alike are one column with their rooms added up; the
   solver, which is an argument because the core has no third party, puts every item in a column.
3. Ties: in line order each goes to the first by share or points, last turn and list among all whom the item matches as
   well and who have room besides what the plan needs of them. The sum stays the same.

Where load points differ and thresholds count, or the solver finds the numbers too large to be exact, `improving` makes
the plan instead, and every sentence says so. The engine hands the plan out in line order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from itertools import chain
from types import MappingProxyType

from sfassign.core.best_match import held_with, signatures
from sfassign.core.decision import Score
from sfassign.core.figures import millionths, points_text
from sfassign.core.floor import Seat, seat_at
from sfassign.core.improving import Ask, Offers, improved_plan
from sfassign.core.match_score import Match, value_of
from sfassign.core.matching import mask_of
from sfassign.core.model import WEIGHT_SCALE, FieldValue
from sfassign.core.patterns import opening_patterns
from sfassign.core.ranking import NO_MOVES, POSITIONS, Shown, least_key, least_shown
from sfassign.core.roster import Roster, View
from sfassign.core.serving import served_in_line

Solve = Callable[[Sequence[Sequence[int | None]], Sequence[int]], Sequence[int] | None]
"""`values[row][column]` (None: not possible) and how many rows each column may take → the column of every row, such
that the sum of values is the greatest of all. Some way to place every row exists. None: too large to be exact."""

UNEVEN = "best_match improved in one pass, as load points differ"
TOO_LARGE = "best_match improved in one pass, as the plan is too large to be solved exactly"


class NoSolver(Exception):
    """The policy has a group by `optimal` and nobody gave `decide` a solver: a fault in the program, never a user's."""


def worth_of(score: Score) -> int:
    return WEIGHT_SCALE + max(0, millionths(score.total))


@dataclass(slots=True, eq=False)
class _Column:
    """Seats that may take the same items and match them alike. `spare` is room that the plan does not need."""

    pattern: int
    signature: int
    heap: list[int]
    spare: int = 0


@dataclass(frozen=True, slots=True)
class _Planned:
    """One served item: its column, or its seat where the plan names the members itself."""

    ask: Ask
    column: int
    seat: int | None


class Optimal:
    """The method at work in one group."""

    def __init__(self, roster: Roster, solve: Solve) -> None:
        self._roster = roster
        self._solve = solve
        self._key = least_key(roster)
        self._columns: list[_Column] = []
        self._levels: dict[int, dict[int, list[int]]] = {}
        self._ahead: Iterator[_Planned] = iter(())
        self._said = ""
        self._chosen: dict[int, tuple[Seat, Ask]] = {}

    def plan(self, asks: Sequence[Ask]) -> None:
        """Decide about all items of the group, in line order, as the floor stands."""
        self._columns = self._made_columns(max((ask.view.points for ask in asks), default=0))
        self._levels = {view.index: self._by_held(view) for view in self._roster.views.values()}
        if len({ask.view.points for ask in asks}) > 1:
            self._improve(asks, UNEVEN)
        elif not self._exact(asks):
            self._improve(asks, TOO_LARGE)

    def pick(self, view: View, position: int) -> tuple[Seat, str, Mapping[str, int]]:
        planned = next(self._ahead, None)
        if planned is None or planned.ask.view is not view:
            raise LookupError("the plan and the line have come apart")
        seat = self._first(planned, view) if planned.seat is None else self._roster.seats[planned.seat]
        if not seat.bit & view.free:
            raise LookupError(f"the plan gives {seat.worker.member.username} more than their limits allow")
        self._chosen[position] = seat, planned.ask
        return seat, self._why(seat, planned.ask), NO_MOVES

    def take(self, _view: View, _seat: Seat, _position: int) -> Mapping[str, int]:
        """Items that go by preference are handed out before the plan is made, which finds the floor as it then is."""
        return NO_MOVES

    def order(self, view: View, seats: Sequence[Seat], position: int) -> list[tuple[Seat, Shown]]:
        """The chosen one, then the others by match, share or points, last turn and list."""
        chosen, ask = self._chosen.get(position, (None, None))
        first = None if chosen is None else chosen.position
        then = sorted(
            (seat_at(seat, position) for seat in seats),
            key=lambda seat: (seat.position != first, -view.held_by(seat.bit), self._key(seat)),
        )
        return [(seat, self._shown(view, seat, ask)) for seat in then]

    def left(self, seat: Seat, position: int) -> None:
        """Whoever is full is found out when their turn comes."""

    # what is planned

    def _made_columns(self, points: int) -> list[_Column]:
        """With room for items of these load points."""
        found: dict[tuple[int, int], _Column] = {}
        patterns = opening_patterns(self._roster)
        for seat, pattern, signature in zip(self._roster.seats, patterns, signatures(self._roster), strict=True):
            if pattern:
                column = found.setdefault((pattern, signature), _Column(pattern, signature, []))
                column.heap.append(self._key(seat))
                column.spare += room_of(seat, points)
        for column in found.values():
            heapify(column.heap)
        return list(found.values())

    def _by_held(self, view: View) -> dict[int, list[int]]:
        """The columns that may take the view's items, by the weight that they hold."""
        found: dict[int, list[int]] = {}
        for number, column in enumerate(self._columns):
            if column.pattern >> view.index & 1:
                found.setdefault(held_with(self._roster, view, column.signature), []).append(number)
        return found

    def _exact(self, asks: Sequence[Ask]) -> bool:
        rooms = [column.spare for column in self._columns]
        opened = {index: [*chain.from_iterable(levels.values())] for index, levels in self._levels.items()}
        most = self._roster.cap_room - len(self._roster.handed_at)
        serving = served_in_line([opened[ask.view.index] for ask in asks], rooms, most)
        served = [ask for ask, is_served in zip(asks, serving, strict=True) if is_served]
        placed = self._solve([self._values(ask) for ask in served], rooms) if served else ()
        if placed is None:
            return False
        for number in placed:
            self._columns[number].spare -= 1
        planned = [_Planned(ask, number, None) for ask, number in zip(served, placed, strict=True)]
        total = sum(self._value(one.ask, self._columns[one.column].signature) for one in planned)
        self._begin(planned, f"in the best plan for {_counted(asks, served)}, value {points_text(total)} in all")
        return True

    def _improve(self, asks: Sequence[Ask], said: str) -> None:
        offers = Offers({index: self._seats_by_held(levels) for index, levels in self._levels.items()})
        given = improved_plan(self._roster, asks, offers)
        planned = [_Planned(ask, -1, seat) for ask, seat in zip(asks, given, strict=True) if seat is not None]
        total = points_text(offers.total(asks, given))
        self._begin(planned, f"{said}: {_counted(asks, planned)}, value {total} in all")

    def _begin(self, planned: Sequence[_Planned], said: str) -> None:
        self._ahead, self._said = iter(planned), said

    def _values(self, ask: Ask) -> list[int | None]:
        row: list[int | None] = [None] * len(self._columns)
        for held, columns in self._levels[ask.view.index].items():
            value = value_of(ask.worth, held, ask.view.weights)
            for number in columns:
                row[number] = value
        return row

    def _seats_by_held(self, levels: Mapping[int, Sequence[int]]) -> tuple[tuple[int, int], ...]:
        heaps = {held: [self._columns[number].heap for number in columns] for held, columns in levels.items()}
        return tuple(
            (held, mask_of(key & POSITIONS for heap in heaps[held] for key in heap))
            for held in sorted(heaps, reverse=True)
        )

    def _value(self, ask: Ask, signature: int) -> int:
        return value_of(ask.worth, held_with(self._roster, ask.view, signature), ask.view.weights)

    # who of a column it is

    def _first(self, planned: _Planned, view: View) -> Seat:
        """The first by key of the planned column, or of another one that matches as well and can spare the room."""
        own = planned.column
        held = held_with(self._roster, view, self._columns[own].signature)
        heads = [
            (head, number)
            for number in self._levels[view.index][held]
            if (number == own or self._columns[number].spare > 0) and (head := self._head(number, view)) is not None
        ]
        if not heads:
            raise LookupError("the plan counts on more room than there is")
        key, number = min(heads)
        if number != own:
            self._columns[own].spare += 1
            self._columns[number].spare -= 1
        return self._roster.seats[key & POSITIONS]

    def _head(self, number: int, view: View) -> int | None:
        """The least key of the column's seats that have room; keys only grow, and who is full stays full."""
        heap, seats = self._columns[number].heap, self._roster.seats
        while heap:
            seat = seats[heap[0] & POSITIONS]
            key = self._key(seat)
            if not seat.bit & view.free:
                heappop(heap)
            elif key != heap[0]:
                heapreplace(heap, key)
            else:
                return key
        return None

    # what is said

    def _why(self, seat: Seat, ask: Ask) -> str:
        view, held = ask.view, ask.view.held_by(seat.bit)
        value = points_text(value_of(ask.worth, held, view.weights))
        return f"{self._said}; match {Match(held, view.weights)}, value {value}, {self._beside(view, held)}"

    def _beside(self, view: View, held: int) -> str:
        better = [
            (-other, seat)
            for other, columns in self._levels[view.index].items()
            if other > held
            for number in columns
            if (seat := self._anyone(number, view)) is not None
        ]
        if not better:
            return "nobody free matches it better"
        best, position = min(better)
        username = self._roster.seats[position].worker.member.username
        why = " and is needed further down the line" if self._columns and self._said.startswith("in the best") else ""
        return f"{username} matches it better ({Match(-best, view.weights)}){why}"

    def _anyone(self, number: int, view: View) -> int | None:
        free = (key & POSITIONS for key in self._columns[number].heap)
        return min((position for position in free if view.free >> position & 1), default=None)

    def _shown(self, view: View, seat: Seat, ask: Ask | None) -> Shown:
        shown: dict[str, FieldValue] = {}
        if ask is not None:
            shown["value"] = value_of(ask.worth, view.held_by(seat.bit), view.weights) / WEIGHT_SCALE
        return MappingProxyType(shown | least_shown(seat))


def room_of(seat: Seat, points: int) -> int:
    """How many more of the group's items, all of these load points, until one of the seat's limits is reached."""
    items, _ = seat.roster.slack(seat)
    if seat.threshold is None or points <= 0:
        return items
    return max(0, min(items, (seat.threshold - seat.worker.load) // points))


def _counted(asks: Sequence[object], served: Sequence[object]) -> str:
    return f"{len(served)} of {len(asks)} items" if len(served) < len(asks) else f"{len(asks)} items"
