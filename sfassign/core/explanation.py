"""What a decision says of itself: the verdict on every member, told when asked from what the decision saw.

A `Telling` keeps only the item's values and the position in the plan; the histories on the floor give back the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from sfassign.core.decision import Rejection, Verdict
from sfassign.core.floor import Seat, Surroundings
from sfassign.core.gates import Case, rejection
from sfassign.core.match_score import match_of
from sfassign.core.model import Record
from sfassign.core.preference import Preferences
from sfassign.core.ranking import Ranker, Shown
from sfassign.core.roster import View


@dataclass(frozen=True, slots=True, repr=False)
class Telling:
    """Tells every verdict on one item, as the plan stood at `position`. Preferred members come before rank."""

    around: Surroundings
    view: View
    ranker: Ranker
    values: Record
    points: int
    position: int
    preferred: Preferences = ()

    def __call__(self) -> tuple[Verdict, ...]:
        case = self.case()
        found = [(seat, rejection(seat, case)) for seat in self.view.roster.seats]
        free = [seat for seat, rejected in found if rejected is None]
        ranked = self._preferred_first(self.ranker.order(self.view, free, self.position))
        able = [
            Verdict(seat.worker.member.id, seat.worker.member.username, None, rank, self._with_match(seat, key))
            for rank, (seat, key) in enumerate(ranked, start=1)
        ]
        return (*able, *(_rejected(seat, rejected) for seat, rejected in found if rejected is not None))

    def _preferred_first(self, ranked: list[tuple[Seat, Shown]]) -> list[tuple[Seat, Shown]]:
        kinds = {seat.position: kind for seat, kind in self.preferred}
        if not kinds:
            return ranked
        choice = list(kinds)
        first = [(seat, _preferred(kinds[seat.position], key)) for seat, key in ranked if seat.position in kinds]
        first.sort(key=lambda one: choice.index(one[0].position))
        return [*first, *((seat, key) for seat, key in ranked if seat.position not in kinds)]

    def case(self) -> Case:
        """The item as the gates saw it at the position."""
        return Case(self.around, self.values, self.points, self.view.asked, self.position, self.view.had)

    def _with_match(self, seat: Seat, key: Shown) -> Shown:
        """The match score stands before the key wherever pairs count in it, whatever the method."""
        if not seat.roster.counting and not seat.roster.by_match:
            return key
        return MappingProxyType({"match": match_of(seat, self.values).share, **key})

    def __repr__(self) -> str:
        return f"<verdicts of {self.view.roster.group.name} at {self.position}>"


def _preferred(kind: str, key: Shown) -> Shown:
    return MappingProxyType({"preferred": kind, **key})


def _rejected(seat: Seat, rejected: Rejection) -> Verdict:
    return Verdict(seat.worker.member.id, seat.worker.member.username, rejected)
