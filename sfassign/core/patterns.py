"""Which views a seat is open in, as a bit pattern: seats of one pattern are candidates for the same items, always.

Rankers keep such seats together and so look at one head per pattern instead of every member. Patterns only shrink:
a limit that is reached closes some views or all of them.
"""

from __future__ import annotations

from sfassign.core.floor import Seat
from sfassign.core.matching import bits
from sfassign.core.roster import Roster


def opening_patterns(roster: Roster) -> list[int]:
    """Every seat's pattern (bit i: open in the view of index i) before the first assignment."""
    patterns = [0] * len(roster.seats)
    for view in roster.views.values():
        for index in bits(view.look()):
            patterns[index] |= 1 << view.index
    return patterns


def still_open(seat: Seat, pattern: int) -> int:
    """What is left of the seat's pattern after its limits were looked at again."""
    roster, bit = seat.roster, seat.bit
    if (roster.quota_full | roster.cap_reached | roster.ramping | roster.refused) & bit:
        return 0
    if seat.points_closed:
        for view in roster.views.values():
            if roster.threshold_full.get(view.points, 0) & bit:
                pattern &= ~(1 << view.index)
    return pattern
