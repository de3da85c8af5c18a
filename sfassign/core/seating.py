"""Fills the floor from a snapshot: workers with their work so far, and rosters with their seats and rooms."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from sfassign.core.figures import limit_of, millionths
from sfassign.core.floor import UNLIMITED, CapUse, QuotaUse, Seat, Surroundings, Worker, place
from sfassign.core.gates import standing_rejection
from sfassign.core.limits import Given, Periods, listed_caps, periods_of
from sfassign.core.match_score import Counting, counting_weight
from sfassign.core.matching import SKILLS, Attribute, PairTable
from sfassign.core.membership import NOBODY_SUCH, membership
from sfassign.core.model import WEIGHT_SCALE, Load, Member, Snapshot, Turn
from sfassign.core.people import People
from sfassign.core.performance import Performance, performances
from sfassign.core.policy import Caps, Group, Limit, ListedMember, LoadMeasure, Policy
from sfassign.core.roster import BY_MATCH, Roster

_NO_LISTING = ListedMember("")


class Floor:
    """All workers, and a roster for each group that is asked for."""

    def __init__(self, snapshot: Snapshot, policy: Policy) -> None:
        self.around = Surroundings(snapshot, policy)
        self.last_turn = max([snapshot.last_turn, *(flight.turn for flight in snapshot.in_flight)])
        self._groups = {group.name: group for group in policy.enabled_groups}
        self._members = membership(policy, snapshot.members, snapshot.taken_at, snapshot.org_timezone, snapshot.pools)
        self._people = People(policy, snapshot.org_timezone, snapshot.taken_at)
        self._periods: Periods = periods_of(policy, snapshot.taken_at, snapshot.org_timezone)
        self._given = Given(snapshot)
        self._turns, self._credits = _rotation(snapshot)
        self._last_places = self._last_in_any_group()
        self._workers: dict[str, Worker] = {}
        self._load = _load_with_flights(snapshot, policy)

    def roster(self, name: str) -> Roster:
        """The group's roster with everybody seated. Called once for each group, before the first assignment."""
        group = self._groups[name]
        members = self._members[name]
        listed = {one.username.lower(): one for one in reversed(group.members.listed or ())}
        workers = [self._worker(member) for member in members]
        roster = Roster(group)
        results = self.around.snapshot.records.results or ()
        performing = performances(group, self.around.policy, results, [member.id for member in members])
        seats = tuple(
            self._seat(
                roster,
                index,
                worker,
                listed.get(worker.member.username.lower(), _NO_LISTING),
                performing.get(worker.member.id),
            )
            for index, worker in enumerate(workers)
        )
        roster.measure = _measure(group, seats)
        for seat in seats:
            seat.standing = standing_rejection(seat, self.around)
            seat.worker.seats.append(seat)
        tables = [PairTable(pair, [_attribute(worker, pair.member) for worker in workers]) for pair in group.match]
        roster.pairs = tuple(table for table in tables if table.pair.required)
        counting = [Counting(table, counting_weight(table.pair)) for table in tables]
        roster.counting = tuple(one for one in counting if one.weight)
        windows = self._periods.lines(group.group_caps)
        roster.caps = tuple(CapUse(line, self._given.by_group(line.window, name)) for line in windows)
        roster.cap_room = _cap_room(roster.caps)
        roster.seat(seats)
        return roster

    def _worker(self, member: Member) -> Worker:
        if member.id == NOBODY_SUCH:
            return self._new_worker(member)
        if member.id not in self._workers:
            self._workers[member.id] = self._new_worker(member)
        return self._workers[member.id]

    def _new_worker(self, member: Member) -> Worker:
        terms = self._people.terms(member)
        counts, points = self._load.get(member.id, ({}, 0))
        active = sum(counts.values())
        limit = limit_of(terms.quota, member.values)
        lines = self._periods.lines(terms.caps)
        worker = Worker(
            member=member,
            terms=terms,
            load=points,
            counts=counts,
            last_place=self._last_places.get(member.id, 0),
            caps=tuple(CapUse(line, self._given.in_all(line.window, member.id)) for line in lines),
            quota=None if limit is None else QuotaUse(limit, None, active),
            active=active,
        )
        worker.cap_room = _cap_room(worker.caps)
        worker.quota_room = UNLIMITED if worker.quota is None else _quota_room(worker.quota)
        worker.load_before, worker.active_before = points, active
        worker.last_place_before = worker.last_place
        return worker

    def _seat(
        self, roster: Roster, index: int, worker: Worker, listed: ListedMember, performance: Performance | None
    ) -> Seat:
        group, member, terms = roster.group, worker.member, worker.terms
        own_weight = _weight(listed, worker)
        own = (group.quota, terms.object_quotas.get(group.object))
        limits = [limit for one in own if (limit := limit_of(one, member.values)) is not None]
        quotas = [QuotaUse(limit, group.object, worker.counts.get(group.object, 0)) for limit in limits]
        seat = Seat(
            worker=worker,
            roster=roster,
            position=index,
            bit=1 << index,
            enabled=listed.enabled,
            weight=own_weight if performance is None else performance.weigh(own_weight),
            own_weight=own_weight,
            performance=performance,
            threshold=_threshold((group.threshold, terms.threshold), member),
            turn=self._place(group.name, member.id),
            credit=self._credits.get((group.name, member.id), 0),
            quotas=(*quotas, *([] if worker.quota is None else [worker.quota])),
            caps=self._cap_uses(listed_caps(group.caps, listed.caps), group.name, member.id),
        )
        seat.turn_before = seat.turn
        seat.quota_room = min([UNLIMITED, *map(_quota_room, quotas)])
        seat.cap_room = _cap_room(seat.caps)
        if group.ramp is not None:
            seat.ramp_used = self._given.in_all(self._periods.ramp(group.ramp), member.id)
            seat.ramp_room = group.ramp.at_most - seat.ramp_used
        until = self.around.snapshot.refusals.get((member.id, group.object))
        seat.refused_until = until if until is not None and until > self.around.now else None
        return seat

    def _cap_uses(self, caps: Caps, group: str, user: str) -> tuple[CapUse, ...]:
        lines = self._periods.lines(caps)
        return tuple(CapUse(line, self._given.in_group(line.window, group, user)) for line in lines)

    def _place(self, group: str, user: str) -> int:
        """Their place in the rotation; one that the snapshot does not know stands at the back."""
        return self._turns.get((group, user), place(self.last_turn, joined=True))

    def _last_in_any_group(self) -> dict[str, int]:
        last: dict[str, int] = {}
        for (_, user), at in self._turns.items():
            last[user] = max(last.get(user, 0), at)
        for group, members in self._members.items():
            for member in members:
                last[member.id] = max(last.get(member.id, 0), self._place(group, member.id))
        return last


def _rotation(snapshot: Snapshot) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
    """Places and credits by (group, user), those in flight included."""
    nothing = Turn(0)
    turns = {key: place(turn.turn, turn.joined) for key, turn in snapshot.rotation.items()}
    credit = {key: turn.credit for key, turn in snapshot.rotation.items()}
    for flight in snapshot.in_flight:
        key = flight.group, flight.to
        turns[key] = max(turns.get(key, nothing.turn), place(flight.turn, joined=False))
        for user, move in flight.credit_moves.items():
            credit[flight.group, user] = credit.get((flight.group, user), nothing.credit) + move
    return turns, credit


def _load_with_flights(snapshot: Snapshot, policy: Policy) -> dict[str, tuple[dict[str, int], int]]:
    """Active items per object and load points (millionths) of each user, of the objects that count."""
    found: dict[str, tuple[dict[str, int], int]] = {}
    for user, load in snapshot.load.items():
        counts = {name: count for name, count in load.counts.items() if name in policy.objects}
        found[user] = counts, _points(load, policy.objects)
    for flight in snapshot.in_flight:
        counts, points = found.get(flight.to, ({}, 0))
        if flight.object in policy.objects:
            counts[flight.object] = counts.get(flight.object, 0) + 1
            found[flight.to] = counts, points + millionths(flight.points)
    return found


def _points(load: Load, objects: Mapping[str, object]) -> int:
    return sum(millionths(points) for name, points in load.points.items() if name in objects)


def _attribute(worker: Worker, path: str) -> Attribute:
    """The member's side of a pair; `skills` are those of `people` and those of the org."""
    if path.lower() != SKILLS:
        return worker.member.values.get(path.lower())
    return tuple(dict.fromkeys((*worker.terms.skills, *worker.member.skills)))


def _weight(listed: ListedMember, worker: Worker) -> int:
    """The list's weight, else the person's, else 1; in millionths, never below 0."""
    limit: Limit | None = listed.weight if listed.weight is not None else worker.terms.weight
    weight = limit_of(limit, worker.member.values)
    return WEIGHT_SCALE if weight is None else max(0, millionths(weight))


def _threshold(limits: Iterable[Limit | None], member: Member) -> int | None:
    """The tighter of the group's and the person's, in millionths."""
    found = [millionths(value) for limit in limits if (value := limit_of(limit, member.values)) is not None]
    return min(found, default=None)


def _cap_room(caps: Iterable[CapUse]) -> int:
    return min([UNLIMITED, *(cap.line.limit - cap.used for cap in caps)])


def _quota_room(quota: QuotaUse) -> int:
    return math.ceil(quota.limit) - quota.used


def _measure(group: Group, seats: tuple[Seat, ...]) -> LoadMeasure:
    """The group's measure; by points where a member who is switched on and active has no threshold to measure by."""
    wanted = LoadMeasure.SHARE if group.method in BY_MATCH else group.least_loaded
    if wanted not in (LoadMeasure.SHARE, LoadMeasure.SPARE):
        return wanted
    working = [seat for seat in seats if seat.enabled and seat.worker.member.is_active]
    unmeasured = any(seat.threshold is None for seat in working)
    return LoadMeasure.POINTS if unmeasured else wanted
