"""Who could get something right now, and how much more: the `members` screen, from the same seats and gates the
engine decides with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sfassign.core.credits import turning_weight, weight_text
from sfassign.core.floor import UNLIMITED, Seat, Surroundings
from sfassign.core.gates import Case, rejection
from sfassign.core.model import WEIGHT_SCALE, Snapshot
from sfassign.core.performance import Performance
from sfassign.core.policy import Method, Policy
from sfassign.core.ranking import weight_words
from sfassign.core.seating import Floor


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One member in one group. `gate` and `detail` say why they get nothing now, None and empty where they are free.

    `items` and `points` are all their active work; `left` says how many more assignments each limit allows, and how
    many load points the threshold does. `weight` is the one that counts now; `weight_told` shows how performance and
    headroom made it.
    """

    group: str
    user: str
    username: str
    gate: str | None
    detail: str
    items: int
    points: float
    left: str
    weight: float
    weight_told: str
    own_weight: float = 1.0
    performance: Performance | None = None


def member_lines(snapshot: Snapshot, policy: Policy) -> tuple[MemberLine, ...]:
    """Every member of every enabled group, in the order of the file and of each group's list."""
    floor = Floor(snapshot, policy)
    return tuple(
        _line(seat, floor.around) for group in policy.enabled_groups for seat in floor.roster(group.name).seats
    )


def _line(seat: Seat, around: Surroundings) -> MemberLine:
    worker = seat.worker
    rotates = seat.roster.group.method is Method.WEIGHTED_ROUND_ROBIN
    weight = turning_weight(seat) if rotates else seat.weight
    found = rejection(seat, Case(around, {}, 0, (), 0))
    return MemberLine(
        group=seat.roster.group.name,
        user=worker.member.id,
        username=worker.member.username,
        gate=None if found is None else found.gate.value,
        detail="" if found is None else found.detail,
        items=worker.active,
        points=worker.load / WEIGHT_SCALE,
        left=", ".join(_left(seat)),
        weight=weight / WEIGHT_SCALE,
        weight_told=weight_text(seat) if rotates else weight_words(seat),
        own_weight=seat.own_weight / WEIGHT_SCALE,
        performance=seat.performance,
    )


def _left(seat: Seat) -> Iterator[str]:
    quota = min(seat.quota_room, seat.worker.quota_room)
    caps = min(seat.cap_room, seat.worker.cap_room, seat.roster.cap_room)
    for name, room in (("quota", quota), ("caps", caps), ("ramp", seat.ramp_room)):
        if room < UNLIMITED:
            yield f"{name} {max(0, room)}"
    if seat.threshold is not None:
        yield f"points {max(0, seat.threshold - seat.worker.load) / WEIGHT_SCALE:g}"
