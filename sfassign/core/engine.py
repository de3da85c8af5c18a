"""The decision: a snapshot and a policy in, a plan out. Nothing else goes in, so the same input gives the same plan.

1. Every item that waits finds its group, score and load points (`intake`).
2. All of them form one line: priority, score, age, Id.
3. Each is held or flagged for a reason of its own, or meets the members of its group: `roster` knows who is free,
   the group's ranker who is first. What was given counts at once, for everything that comes later in the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from sfassign.core.best_match import BestMatch
from sfassign.core.credits import WeightedRoundRobin
from sfassign.core.durations import duration_text
from sfassign.core.explanation import Telling
from sfassign.core.figures import millionths
from sfassign.core.floor import Handed, Seat, Worker, place
from sfassign.core.gates import pause_text, running
from sfassign.core.improving import Ask
from sfassign.core.intake import Intake
from sfassign.core.line import Waiting, rank_in_line
from sfassign.core.matching import RELAXED, given_without
from sfassign.core.model import WEIGHT_SCALE, Assign, Decision, Diagnosis, Hold, Plan, Review, Score, Snapshot, WorkItem
from sfassign.core.onward import group_now, owners_of, review_note, sent_on, unassigned_note
from sfassign.core.optimal import NoSolver, Optimal, Solve, worth_of
from sfassign.core.policy import FieldWrites, Group, Method, Policy
from sfassign.core.ranking import NO_MOVES, Ranker, least_loaded, round_robin
from sfassign.core.roster import Roster, View
from sfassign.core.seating import Floor

RANKERS: Mapping[Method, Callable[[Roster], Ranker]] = MappingProxyType(
    {
        Method.ROUND_ROBIN: round_robin,
        Method.WEIGHTED_ROUND_ROBIN: WeightedRoundRobin,
        Method.LEAST_LOADED: least_loaded,
        Method.BEST_MATCH: BestMatch,
    }
)

_NOTHING = FieldWrites()


def decide(snapshot: Snapshot, policy: Policy, solve: Solve | None = None) -> Plan:
    """One decision for every waiting item, in the order of the line.

    Items that are not active, that no enabled group takes, or whose owner is the member we last gave them to do not
    wait and are not in the plan; those that are to change hands (`WorkItem.again`) stand in the line with the others.
    One that somebody wants a named user to have is decided before the line. Raises MissingWindow where
    `snapshot.given` was counted for other windows, NoSolver where items wait for a group by `optimal` and there is no
    `solve`.
    """
    return Plan(snapshot.taken_at, policy.hash, tuple(_Round(snapshot, policy, solve).decisions()))


class _Round:
    """One decision round."""

    def __init__(self, snapshot: Snapshot, policy: Policy, solve: Solve | None) -> None:
        self._snapshot = snapshot
        self._solve = solve
        self._floor = Floor(snapshot, policy)
        self._intake = Intake(policy, snapshot.org_timezone)
        self._groups = {group.name: group for group in policy.enabled_groups}
        self._enabled = frozenset(self._groups)
        self._on_their_way = {flight.item for flight in snapshot.in_flight}
        self._closed = self._closed_groups()
        self._rosters: dict[str, Roster] = {}
        self._rankers: dict[str, Ranker] = {}
        self._reweighed: dict[str, WeightedRoundRobin] = {}
        self._together: dict[str, list[Waiting]] = {}
        self._decided: dict[str, Decision] = {}
        self._handed: list[str] = []
        self._turn = self._floor.last_turn

    def decisions(self) -> Iterator[Decision]:
        line = self._line()
        for waiting in line:
            if waiting.aside is None:
                waiting.view = self._view(waiting)
                if waiting.group.method is Method.OPTIMAL and waiting.named is None:
                    self._together.setdefault(waiting.group.name, []).append(waiting)
        for name, roster in self._rosters.items():
            roster.open()
            ranker = self._rankers[name] = self._ranker(roster)
            if isinstance(ranker, WeightedRoundRobin) and roster.group.weight.headroom:
                self._reweighed[name] = ranker
        self._decided.update((one.item.id, self._meet_named(one, one.named)) for one in line if one.named is not None)
        for waiting in line:
            yield self._decide(waiting)

    def _ranker(self, roster: Roster) -> Ranker:
        if roster.group.method is not Method.OPTIMAL:
            return RANKERS[roster.group.method](roster)
        if self._solve is None:
            raise NoSolver(f"group '{roster.group.name}' decides by optimal, and decide() was given no solver")
        return Optimal(roster, self._solve)

    def _closed_groups(self) -> dict[str, str]:
        """Why a group gets nothing for now, by its name."""
        around, found = self._floor.around, {}
        if (pause := running(self._snapshot.paused_all, around)) is not None:
            return dict.fromkeys(self._groups, f"everything is paused: {pause_text(pause, around)}")
        for name, given in self._snapshot.paused_groups.items():
            if (pause := running(given, around)) is not None:
                found[name] = f"the group is paused: {pause_text(pause, around)}"
        return found

    # the line

    def _line(self) -> list[Waiting]:
        found = [waiting for item in self._snapshot.items if (waiting := self._waiting(item)) is not None]
        found.sort(key=rank_in_line)
        return found

    def _waiting(self, item: WorkItem) -> Waiting | None:
        now = self._snapshot.taken_at
        if item.owner == item.last_given and item.again is None:
            return None
        taken = self._intake.of(item.object, item.values, now)
        home = taken.group if item.again is None else item.again.group
        if not taken.active or home is None or home not in self._groups:
            return None
        group = self._groups.get(group_now(item, home), self._groups[home])
        score = self._intake.score(item, now)
        return Waiting(item, group, score, millionths(taken.points), self._aside(item, group, score), home)

    def _aside(self, item: WorkItem, group: Group, score: Score) -> Hold | Review | None:
        reason = self._intake.review(item, self._snapshot.taken_at) if item.again is None else None
        if reason is not None:
            return Review(item, group.name, reason, review_note(item, group, reason))
        why = self._held_for(item, group)
        return None if why is None else Hold(item, group.name, score, None, why)

    def _held_for(self, item: WorkItem, group: Group) -> str | None:
        if group.name in self._closed:
            return self._closed[group.name]
        if item.blocked is not None:
            return item.blocked
        if item.id in self._on_their_way:
            return "an owner change is on its way"
        if group.hold and item.again is None and self._snapshot.taken_at - item.created_at < group.hold:
            around = self._floor.around
            until = around.clock(item.created_at + group.hold)
            return f"held until {until}, {duration_text(group.hold)} after it was created"
        return None

    # the meeting of item and members

    def _view(self, waiting: Waiting) -> View:
        name = waiting.group.name
        roster = self._rosters.get(name)
        if roster is None:
            roster = self._rosters[name] = self._floor.roster(name)
        values, points = waiting.item.values, waiting.points if roster.has_thresholds else 0
        waited = self._snapshot.taken_at - waiting.item.waiting_since
        buckets = tuple(
            [
                RELAXED if table.relax_after is not None and waited >= table.relax_after else table.bucket(value)
                for table in roster.pairs
                for value in (values.get(table.item_key),)
            ]
        )
        marks = tuple([one.table.bucket(values.get(one.table.item_key)) for one in roster.counting if roster.by_match])
        return roster.view((buckets, points, marks, owners_of(waiting.item, waiting.group)))

    def _decide(self, waiting: Waiting) -> Decision:
        view = waiting.view
        if view is None:
            if waiting.aside is None:
                raise LookupError(f"{waiting.item.id} was never brought before its group")
            return waiting.aside
        if waiting.named is not None:
            return self._decided.pop(waiting.item.id)
        ranker = self._rankers[waiting.group.name]
        if isinstance(ranker, Optimal):
            return self._decide_together(waiting, ranker)
        return self._meet(waiting, view)

    def _decide_together(self, first: Waiting, ranker: Optimal) -> Decision:
        """All items of the group at the place of its first one: planned, and handed out in line order."""
        if first.item.id not in self._decided:
            asking = [(one, one.view) for one in self._together[first.group.name] if one.view is not None]
            ranker.plan([Ask(view, worth_of(one.score)) for one, view in asking])
            self._decided.update((one.item.id, self._meet(one, view)) for one, view in asking)
        return self._decided.pop(first.item.id)

    def _meet(self, waiting: Waiting, view: View) -> Decision:
        if not view.look():
            return self._hold(waiting, *self._shared_diagnosis(waiting, view))
        return self._assign(waiting, view)

    def _meet_named(self, waiting: Waiting, user: str) -> Decision:
        view = waiting.view
        if view is None:
            return self._decide(waiting)
        seat = view.roster.seat_of.get(user)
        if seat is not None and view.look() & seat.bit:
            return self._give(waiting, view, seat, "asked for by hand", NO_MOVES)
        return self._hold(waiting, *self._shared_diagnosis(waiting, view))

    def _hold(self, waiting: Waiting, diagnosis: Diagnosis, why: str) -> Hold:
        item, group, now = waiting.item, waiting.group, self._snapshot.taken_at
        if item.again is not None:
            return Hold(item, group.name, waiting.score, diagnosis, why)
        return Hold(
            item,
            group.name,
            waiting.score,
            diagnosis,
            why,
            overflow=sent_on(item, group, now, self._enabled),
            note=unassigned_note(item, group, diagnosis, now),
            home=None if waiting.home == group.name else waiting.home,
        )

    def _shared_diagnosis(self, waiting: Waiting, view: View) -> tuple[Diagnosis, str]:
        """With its summary. Nobody of the group got anything since, and the item says the same: the same situation."""
        touched_at = view.roster.touched_at(self._handed)
        if view.held_at != touched_at:
            view.held.clear()
            view.held_at = touched_at
        situation = waiting.points, *(waiting.item.values.get(table.item_key) for table in view.asked)
        found = view.held.get(situation)
        if found is None:
            diagnosis = self._diagnosis(waiting, view)
            found = view.held[situation] = diagnosis, diagnosis.summary()
        return found

    def _diagnosis(self, waiting: Waiting, view: View) -> Diagnosis:
        ranker = self._rankers[waiting.group.name]
        telling = Telling(self._floor.around, view, ranker, waiting.item.values, waiting.points, len(self._handed))
        return Diagnosis(len(view.roster.seats), view.tally, telling)

    def _assign(self, waiting: Waiting, view: View) -> Assign:
        return self._give(waiting, view, *self._rankers[waiting.group.name].pick(view, len(self._handed)))

    def _give(self, waiting: Waiting, view: View, seat: Seat, why: str, moves: Mapping[str, int]) -> Assign:
        item, group = waiting.item, waiting.group
        diagnosis = self._diagnosis(waiting, view)
        if not view.tail:
            view.tail = diagnosis.summary().replace("can take it", "could take it", 1)
        member = seat.worker.member
        without = given_without(view.relaxed, item.values, seat.position) if view.relaxed else ""
        sentence = f"{group.name} → {member.username} by {group.method.value}: {why}{without} ({view.tail})"
        self._turn += 1
        self._hand(seat, waiting.points)
        return Assign(
            item=item,
            group=group.name,
            to=member,
            method=group.method.value,
            score=waiting.score,
            points=waiting.points / WEIGHT_SCALE,
            turn=self._turn,
            diagnosis=diagnosis,
            sentence=sentence,
            credit_moves=moves,
            set=(group.on_assigned or _NOTHING).set,
            children=(group.on_assigned or _NOTHING).children,
            why=None if item.again is None else item.again.why,
        )

    def _hand(self, seat: Seat, points: int) -> None:
        """Charge the assignment at once to everything it counts in."""
        worker, roster = seat.worker, seat.roster
        at, name = place(self._turn, joined=False), roster.group.object
        position = len(self._handed)
        self._handed.append(worker.member.id)
        worker.history.append(Handed(position, roster.group.name, name, points, at))
        roster.handed_at.append(position)
        worker.given += 1
        worker.active += 1
        worker.given_of[name] = worker.given_of.get(name, 0) + 1
        worker.load += points
        worker.last_place = seat.turn = at
        seat.taken += 1
        if self._reweighed:
            self._reweigh(worker)
        if worker.given >= worker.safe_given or worker.load > worker.safe_load:
            self._recheck(worker)
        roster.check_group_cap()

    def _reweigh(self, worker: Worker) -> None:
        """Headroom falls with the load, wherever it counts."""
        for seat in worker.seats:
            ranker = self._reweighed.get(seat.roster.group.name)
            if ranker is not None:
                ranker.reweigh(seat, len(self._handed))

    def _recheck(self, worker: Worker) -> None:
        """Some limit of theirs may be reached: look at all of them, and how far off the next one is."""
        for seat in worker.seats:
            if seat.roster.recheck(seat):
                self._rankers[seat.roster.group.name].left(seat, len(self._handed))
        slacks = [seat.roster.slack(seat) for seat in worker.seats]
        worker.safe_given = worker.given + min(items for items, _ in slacks)
        worker.safe_load = min(load for _, load in slacks)
