"""A plan for items whose load points differ: `best_match` down the line, then one deterministic pass of improvement.

The pass goes down the line once more and moves each item to a member whom it matches better, alone where there is room
or in exchange with one of theirs, whichever gains most for the whole. Then the plan is walked again so that nobody is
held while a member stands free, and of both plans the better one is taken: more items served, the first in line, the
greater sum of values. `optimal` asks here. It works on likenesses of the seats; the floor does not change.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sfassign.core.floor import place
from sfassign.core.match_score import value_of
from sfassign.core.matching import bits, mask_of
from sfassign.core.ranking import least_key
from sfassign.core.roster import Roster, View

Given = list[int | None]
"""The seat of each item, None where it is held."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One item of the group, in line order. `worth` is 1 + max(score, 0) in millionths."""

    view: View
    worth: int


@dataclass(frozen=True)
class Offers:
    """Who stands free for the items of each view before the plan: seats by the weight they hold, highest first."""

    levels: Mapping[int, tuple[tuple[int, int], ...]]
    helds: Mapping[int, Mapping[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        helds = {
            index: {seat: held for held, mask in levels for seat in bits(mask)} for index, levels in self.levels.items()
        }
        object.__setattr__(self, "helds", helds)

    def value(self, ask: Ask, seat: int) -> int:
        return value_of(ask.worth, self.helds[ask.view.index][seat], ask.view.weights)

    def stands_free(self, ask: Ask, seat: int) -> bool:
        return seat in self.helds[ask.view.index]

    def total(self, asks: Sequence[Ask], given: Given) -> int:
        return sum(self.value(ask, seat) for ask, seat in zip(asks, given, strict=True) if seat is not None)


def improved_plan(roster: Roster, asks: Sequence[Ask], offers: Offers) -> Given:
    """The seat of each item."""
    first = _walked(roster, asks, offers, [None] * len(asks))
    second = _walked(roster, asks, offers, _Improvement(roster, asks, offers, first).made())
    return max(first, second, key=lambda given: _goodness(asks, offers, given))


def _goodness(asks: Sequence[Ask], offers: Offers, given: Given) -> tuple[int, list[bool], int]:
    served = [seat is not None for seat in given]
    return sum(served), served, offers.total(asks, given)


class _Trial:
    """The seats as they would stand while a plan is handed out. `open` has those whose limits are not reached."""

    def __init__(self, roster: Roster) -> None:
        self.seats = [replace(seat, worker=replace(seat.worker)) for seat in roster.seats]
        self.rooms = [roster.slack(seat)[0] for seat in roster.seats]
        self.open = mask_of(at for at, room in enumerate(self.rooms) if room > 0)
        self.left = roster.cap_room - len(roster.handed_at)
        self._key = least_key(roster)
        self._turn = max((seat.worker.last_place >> 1 for seat in roster.seats), default=0)

    def fits(self, seat: int, points: int, instead_of: int = 0) -> bool:
        """The load allows these points, in exchange for others."""
        likeness = self.seats[seat]
        return likeness.threshold is None or likeness.worker.load - instead_of + points <= likeness.threshold

    def takes(self, seat: int, points: int) -> bool:
        return self.rooms[seat] > 0 and self.fits(seat, points)

    def give(self, seat: int, points: int) -> None:
        likeness = self.seats[seat]
        self._turn += 1
        self.left -= 1
        self.fill(seat, points, 1)
        likeness.worker.active += 1
        likeness.worker.last_place = place(self._turn, joined=False)

    def fill(self, seat: int, points: int, items: int) -> None:
        self.rooms[seat] -= items
        self.seats[seat].worker.load += points
        self.open = self.open | 1 << seat if self.rooms[seat] > 0 else self.open & ~(1 << seat)

    def first(self, ask: Ask, offers: Offers) -> int | None:
        """The best match that has room, as `best_match` ranks; None where nobody has."""
        for _, mask in offers.levels[ask.view.index] if self.left > 0 else ():
            free = [seat for seat in bits(mask & self.open) if self.fits(seat, ask.view.points)]
            if free:
                return min(free, key=lambda seat: self._key(self.seats[seat]))
        return None


def _walked(roster: Roster, asks: Sequence[Ask], offers: Offers, planned: Given) -> Given:
    """Down the line: the planned seat where it has room, else the best match, held only where nobody has room."""
    trial = _Trial(roster)
    given: Given = []
    for ask, wanted in zip(asks, planned, strict=True):
        seat, points = wanted, ask.view.points
        if seat is None or trial.left <= 0 or not trial.takes(seat, points):
            seat = trial.first(ask, offers)
        if seat is not None:
            trial.give(seat, points)
        given.append(seat)
    return given


class _Improvement:
    """One pass over a plan."""

    def __init__(self, roster: Roster, asks: Sequence[Ask], offers: Offers, given: Given) -> None:
        self._asks, self._offers = asks, offers
        self._given = list(given)
        self._trial = _Trial(roster)
        self._held_by: list[list[int]] = [[] for _ in roster.seats]
        for item, seat in enumerate(given):
            if seat is not None:
                self._trial.give(seat, asks[item].view.points)
                self._held_by[seat].append(item)

    def made(self) -> Given:
        for item, seat in enumerate(self._given):
            if seat is not None:
                self._improve(item, seat)
        return self._given

    def _improve(self, item: int, seat: int) -> None:
        best, change = 0, None
        for gain, other in self._better(item, seat):
            if gain <= best:
                break
            for exchanged in self._exchanges(item, other):
                whole = gain + self._back(exchanged, other, seat, item)
                if whole > best:
                    best, change = whole, (other, exchanged)
        if change is not None:
            self._change(item, seat, *change)

    def _better(self, item: int, seat: int) -> Iterator[tuple[int, int]]:
        """Who matches the item better than this seat, with the gain, the greatest first."""
        ask = self._asks[item]
        now = self._offers.value(ask, seat)
        for held, mask in self._offers.levels[ask.view.index]:
            gain = value_of(ask.worth, held, ask.view.weights) - now
            if gain <= 0:
                return
            for other in bits(mask):
                yield gain, other

    def _exchanges(self, item: int, other: int) -> Sequence[int | None]:
        """Nothing in exchange where the other seat has room, else one of its items."""
        return (None,) if self._trial.takes(other, self._asks[item].view.points) else self._held_by[other]

    def _back(self, exchanged: int | None, other: int, seat: int, item: int) -> int:
        """What the other item gains (or loses) by coming here in exchange; more than all is lost where it cannot."""
        if exchanged is None:
            return 0
        ask, mine, theirs = self._asks[exchanged], self._asks[item].view.points, self._asks[exchanged].view.points
        fits = self._trial.fits(seat, theirs, mine) and self._trial.fits(other, mine, theirs)
        if not fits or not self._offers.stands_free(ask, seat):
            return -self._offers.value(self._asks[item], other) - 1
        return self._offers.value(ask, seat) - self._offers.value(ask, other)

    def _change(self, item: int, seat: int, other: int, exchanged: int | None) -> None:
        self._move(item, seat, other)
        if exchanged is not None:
            self._move(exchanged, other, seat)

    def _move(self, item: int, seat: int, other: int) -> None:
        points = self._asks[item].view.points
        self._held_by[seat].remove(item)
        insort(self._held_by[other], item)
        self._given[item] = other
        self._trial.fill(seat, -points, -1)
        self._trial.fill(other, points, 1)
