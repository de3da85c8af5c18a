"""How evenly work is shared out: each formula once, with where it comes from. `report` asks.

The amounts compared are `assigned ÷ weight` where the group's method goes by weight, otherwise `assigned`: 1 to 1 is
even between equals, 2 to 1 between weights 2 and 1. Everybody who is entitled to something counts, those who got
nothing too. Who was absent is not known afterwards, so an uneven week may have been a fair one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sfassign.core.floor import Seat
from sfassign.core.membership import NOBODY_SUCH
from sfassign.core.model import WEIGHT_SCALE, Snapshot
from sfassign.core.performance import Performance
from sfassign.core.policy import Method, Policy
from sfassign.core.seating import Floor

SHARED_OUT = (Method.ROUND_ROBIN, Method.WEIGHTED_ROUND_ROBIN)
"""The methods that promise everybody a share of the assignments; the others promise something else."""


def jain_index(amounts: Sequence[float]) -> float | None:
    """Jain's index (Σx)² ÷ (n · Σx²): 1 when all have the same, 1/n when one has everything; None where there is
    nothing to share.

    R. Jain, D. Chiu, W. Hawe: A Quantitative Measure of Fairness and Discrimination for Resource Allocation in Shared
    Computer Systems. DEC Research Report TR-301, 1984.
    """
    squares = sum(amount * amount for amount in amounts)
    return sum(amounts) ** 2 / (len(amounts) * squares) if squares else None


def gini_coefficient(amounts: Sequence[float]) -> float | None:
    """Gini's coefficient Σᵢ Σⱼ |xᵢ − xⱼ| ÷ (2 · n · Σx): 0 when all have the same, (n − 1)/n when one has everything;
    None where there is nothing to share. Over amounts in rising order the double sum is 2 · Σ (2i − n − 1) · xᵢ.

    C. Gini: Variabilità e mutabilità. Bologna, 1912.
    """
    count, total = len(amounts), sum(amounts)
    if not total:
        return None
    spread = sum((2 * place - count - 1) * amount for place, amount in enumerate(sorted(amounts), start=1))
    return spread / (count * total)


@dataclass(frozen=True, slots=True)
class Entitled:
    """A member of a group as the policy has it now. `weight` is 0 for who is entitled to nothing (switched off,
    inactive); `share` is their part of the group's assignments by right, None where the method promises none.
    `performance` is None where the group's weights do not go by it."""

    user: str
    username: str
    weight: float
    share: float | None
    performance: Performance | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """What a group's method promises. `weighted`: amounts are compared per weight."""

    method: str
    weighted: bool
    members: tuple[Entitled, ...]


def promises(snapshot: Snapshot, policy: Policy) -> Mapping[str, Promise]:
    """Every enabled group by its name. Round robin: equal shares; weighted round robin: the weights, by their sum."""
    floor = Floor(snapshot, policy)
    found = {}
    for group in policy.enabled_groups:
        roster = floor.roster(group.name)
        seats = [seat for seat in roster.seats if seat.worker.member.id != NOBODY_SUCH]
        weights = [_weight(seat, roster.weighted) for seat in seats]
        total = sum(weights) if group.method in SHARED_OUT else 0.0
        members = tuple(
            Entitled(
                seat.worker.member.id,
                seat.worker.member.username,
                weight,
                weight / total if total else None,
                seat.performance,
            )
            for seat, weight in zip(seats, weights, strict=True)
        )
        found[group.name] = Promise(group.method.value, roster.weighted, members)
    return found


def _weight(seat: Seat, weighted: bool) -> float:
    member = seat.worker.member
    if not seat.enabled or not member.is_active or member.is_frozen:
        return 0.0
    return seat.weight / WEIGHT_SCALE if weighted else 1.0


def amounts(promise: Promise, assigned: Mapping[str, int]) -> list[float]:
    """What everybody entitled to something got, to be compared: `assigned` is by user."""
    return [assigned.get(one.user, 0) / one.weight for one in promise.members if one.weight > 0]
