"""A group at work: its seats, and as bit masks who is shut out by which gate, kept current by each assignment.

Items of a group that ask the same of the members (the same buckets of the required pairs, the same load points where
a threshold counts, where the method goes by match the same buckets of the counting pairs, and the same members who had
them before) share one `View`. A view
knows at any moment who is free and how many each gate keeps out, for the price of a few operations on masks, and only
when something changed since it was last asked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from sfassign.core.decision import Diagnosis, Gate
from sfassign.core.floor import UNLIMITED, CapUse, Seat
from sfassign.core.matching import RELAXED, Bucket, PairTable
from sfassign.core.model import FieldValue
from sfassign.core.policy import Group, LoadMeasure, Method

if TYPE_CHECKING:
    from sfassign.core.match_score import Counting

Owners = tuple[str, tuple[str, ...]]
"""The present owner of an item that is to change hands, else empty, and the owners who do not get it back (Ids)."""

NO_OWNERS: Owners = ("", ())
ViewKey = tuple[tuple[Bucket, ...], int, tuple[Bucket, ...], Owners]
EVER = frozenset({Gate.DISABLED, Gate.INACTIVE})
"""Standing gates that time does not open."""

BY_MATCH = (Method.BEST_MATCH, Method.OPTIMAL)


class Roster:
    """One group's seats. `weighted`: its method divides by weight or rotates by it, so weight 0 gets nothing.

    `counting` are the pairs of the match score; `mark_masks` numbers the distinct masks of seats that its views count.
    """

    def __init__(self, group: Group) -> None:
        self.group = group
        self.measure = group.least_loaded
        self.seats: tuple[Seat, ...] = ()
        self.seat_of: dict[str, Seat] = {}
        self.pairs: tuple[PairTable, ...] = ()
        self.counting: tuple[Counting, ...] = ()
        self.mark_masks: dict[int, int] = {}
        self.caps: tuple[CapUse, ...] = ()
        self.cap_room = UNLIMITED
        self.handed_at: list[int] = []
        self.quota_full = 0
        self.cap_reached = 0
        self.ramping = 0
        self.refused = 0
        self.threshold_full: dict[int, int] = {}
        self.points_asked: list[int] = []
        self.has_thresholds = False
        self.changes = 0
        self._touched_at = 0
        self._looked_until = 0
        self.views: dict[ViewKey, View] = {}
        self.standing_tally: dict[Gate, int] = {}
        self.standing_free = 0

    @property
    def weighted(self) -> bool:
        if self.group.method is Method.LEAST_LOADED or self.by_match:
            return self.measure in (LoadMeasure.POINTS, LoadMeasure.COUNT)
        return self.group.method is Method.WEIGHTED_ROUND_ROBIN

    @property
    def by_match(self) -> bool:
        """The method goes by the match score."""
        return self.group.method in BY_MATCH

    def seat(self, seats: tuple[Seat, ...]) -> None:
        """Take in the seats, their standing rejections and rooms worked out."""
        self.seats = seats
        self.seat_of = {seat.worker.member.id: seat for seat in seats}
        self.has_thresholds = any(seat.threshold is not None for seat in seats)
        for seat in seats:
            if seat.standing is None:
                self.standing_free |= seat.bit
            if seat.refused_until is not None:
                self.refused |= seat.bit
        standing = [seat.standing.gate for seat in seats if seat.standing is not None]
        self.standing_tally = {gate: standing.count(gate) for gate in Gate if gate in standing}

    def given_before(self, position: int) -> int:
        """How many items this plan had given to the group when it came to this position."""
        return bisect_left(self.handed_at, position)

    def touched_at(self, handed: Sequence[str]) -> int:
        """How many assignments there had been when one of the seated last got one, of the users handed to so far."""
        for position in range(self._looked_until, len(handed)):
            if handed[position] in self.seat_of:
                self._touched_at = position + 1
        self._looked_until = len(handed)
        return self._touched_at

    def view(self, key: ViewKey) -> View:
        """The view of all items that ask the same: a bucket for each required pair (RELAXED where it was dropped),
        the load points, 0 where no threshold counts them, a bucket for each counting pair where the method goes by
        match, and the owners it had."""
        found = self.views.get(key)
        if found is None:
            found = self.views[key] = self._new_view(*key)
        return found

    def _new_view(
        self, buckets: tuple[Bucket, ...], points: int, marks: tuple[Bucket, ...], owners: Owners = NO_OWNERS
    ) -> View:
        fitting, asked, relaxed = (1 << len(self.seats)) - 1, [], []
        for table, bucket in zip(self.pairs, buckets, strict=True):
            if bucket is RELAXED:
                relaxed.append(table)
            else:
                fitting &= table.mask(bucket)
                asked.append(table)
        had = self._had(owners, fitting)
        view = View(self, len(self.views), tuple(asked), points, self.standing_free & fitting, had)
        view.relaxed = tuple(relaxed)
        if marks:
            pairs = zip(self.counting, marks, strict=True)
            view.marks = tuple((one.weight, one.table.mask(mark)) for one, mark in pairs if mark is not None)
            for _, mask in view.marks:
                self.mark_masks.setdefault(mask, len(self.mark_masks))
        return view

    def _had(self, owners: Owners, fitting: int) -> int:
        """The seats that do not get it back: waived, but for the present owner, when nobody else could ever pass."""
        own, lasts = (self._bits(ids) for ids in ((owners[0],), owners[1]))
        if lasts & ~own:
            ever = sum(seat.bit for seat in self.seats if seat.standing is None or seat.standing.gate not in EVER)
            lasts = lasts if ever & fitting & ~(own | lasts) else 0
        return own | lasts

    def _bits(self, users: Iterable[str]) -> int:
        return sum({self.seat_of[user].bit for user in users if user and user in self.seat_of})

    def open(self) -> None:
        """All views are known: find who is shut out before the first assignment."""
        if self.has_thresholds:
            self.points_asked = sorted({view.points for view in self.views.values()}, reverse=True)
            self.threshold_full = dict.fromkeys(self.points_asked, 0)
        for seat in self.seats:
            self.recheck(seat)
        self.check_group_cap()

    def slack(self, seat: Seat) -> tuple[int, int]:
        """How many more items, and up to what load, without reaching a limit that is not reached yet."""
        worker, bit = seat.worker, seat.bit
        items = UNLIMITED
        if not self.quota_full & bit:
            of_object = seat.quota_room - worker.given_of.get(self.group.object, 0)
            items = min(items, of_object, worker.quota_room - worker.given)
        if not self.cap_reached & bit:
            items = min(items, seat.cap_room - seat.taken, worker.cap_room - worker.given)
        if not self.ramping & bit:
            items = min(items, seat.ramp_room - worker.given)
        if seat.threshold is None or seat.points_closed == len(self.points_asked):
            return items, UNLIMITED
        return items, seat.threshold - self.points_asked[seat.points_closed]

    def recheck(self, seat: Seat) -> bool:
        """Close the seat wherever one of its limits is reached; whether anything changed."""
        worker, bit, changed = seat.worker, seat.bit, False
        given = worker.given
        if not self.quota_full & bit and (
            worker.quota_room <= given or seat.quota_room <= worker.given_of.get(self.group.object, 0)
        ):
            self.quota_full |= bit
            changed = True
        if not self.cap_reached & bit and (seat.cap_room <= seat.taken or worker.cap_room <= given):
            self.cap_reached |= bit
            changed = True
        if seat.ramp_room <= given and not self.ramping & bit:
            self.ramping |= bit
            changed = True
        if seat.threshold is not None and self._close_points(seat, seat.threshold):
            changed = True
        self.changes += changed
        return changed

    def _close_points(self, seat: Seat, threshold: int) -> bool:
        """Items of the points that no longer fit are closed to the seat: the heaviest first."""
        room = threshold - seat.worker.load if threshold > 0 else -1
        before = seat.points_closed
        while seat.points_closed < len(self.points_asked) and self.points_asked[seat.points_closed] > room:
            self.threshold_full[self.points_asked[seat.points_closed]] |= seat.bit
            seat.points_closed += 1
        return seat.points_closed != before

    def check_group_cap(self) -> None:
        """Once the whole group's cap is used up, it is closed to everybody."""
        if self.cap_room <= len(self.handed_at):
            self.cap_reached = (1 << len(self.seats)) - 1
            self.changes += 1


class View:
    """The members as items see them that ask the same. `matching`: passed the standing gates and the match, and did
    not have them before; `had`: had them, among those and others. `relaxed`: pairs that are asked no more.

    `marks` are the pairs that count in the match score: weight (millionths) and the seats for which each holds.
    """

    __slots__ = (
        "_had_count",
        "_seen",
        "asked",
        "free",
        "had",
        "held",
        "held_at",
        "index",
        "marks",
        "matching",
        "points",
        "relaxed",
        "roster",
        "tail",
        "tally",
    )

    def __init__(
        self, roster: Roster, index: int, asked: tuple[PairTable, ...], points: int, matching: int, had: int = 0
    ) -> None:
        self.roster = roster
        self.index = index
        self.asked = asked
        self.points = points
        self.marks: tuple[tuple[int, int], ...] = ()
        self.relaxed: tuple[PairTable, ...] = ()
        self.had = had
        self.matching = matching & ~had
        self.free = self.matching
        self._had_count = (matching & had).bit_count()
        self.tally: Mapping[Gate, int] = MappingProxyType({})
        self.tail = ""
        self.held: dict[tuple[FieldValue, ...], tuple[Diagnosis, str]] = {}
        self.held_at = -1
        self._seen = -1

    @property
    def weights(self) -> int:
        """All weights that count for these items, in millionths."""
        return sum(weight for weight, _ in self.marks)

    def held_by(self, bit: int) -> int:
        """The weights of the pairs that hold for the seat of this bit: all weights of a view are a whole match."""
        return sum(weight for weight, mask in self.marks if mask & bit)

    def look(self) -> int:
        """Bring `free` and `tally` up to date; the members who could take an item now, as a mask."""
        roster = self.roster
        if self._seen != roster.changes:
            self._seen = roster.changes
            self._count()
        return self.free

    def _count(self) -> None:
        roster, left = self.roster, self.matching
        tally = dict(roster.standing_tally)
        mismatched = roster.standing_free.bit_count() - left.bit_count() - self._had_count
        if mismatched:
            tally[Gate.MISMATCH] = mismatched
        if self._had_count:
            tally[Gate.PREVIOUS_OWNER] = self._had_count
        for gate, shut in (
            (Gate.QUOTA_FULL, roster.quota_full),
            (Gate.THRESHOLD_FULL, roster.threshold_full.get(self.points, 0)),
            (Gate.CAP_REACHED, roster.cap_reached),
            (Gate.RAMPING, roster.ramping),
            (Gate.REFUSED, roster.refused),
        ):
            stopped = left & shut
            if stopped:
                tally[gate] = stopped.bit_count()
                left ^= stopped
        self.free = left
        self.tally = MappingProxyType(tally)
        self.tail = ""
