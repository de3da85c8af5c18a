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
from sfassign.core.decision import Assign, Decision, Diagnosis, Hold, Plan
from sfassign.core.explanation import Telling
from sfassign.core.floor import Handed, Seat, Worker, place
from sfassign.core.gates import Case
from sfassign.core.improving import Ask
from sfassign.core.line import Line, Waiting
from sfassign.core.matching import RELAXED, given_without
from sfassign.core.model import WEIGHT_SCALE, Member, Snapshot, WorkItem
from sfassign.core.onward import owners_of, sent_on, unassigned_note
from sfassign.core.optimal import NoSolver, Optimal, Solve, worth_of
from sfassign.core.policy import FieldWrites, Method, Policy
from sfassign.core.preference import BY_HAND, CALLED, Preferences, Wait, preferences, wait_for
from sfassign.core.ranking import Ranker, least_loaded, round_robin
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
BY_REQUEST = "hand: they were asked for"


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
        self._enabled = frozenset(group.name for group in policy.enabled_groups)
        self._rosters: dict[str, Roster] = {}
        self._rankers: dict[str, Ranker] = {}
        self._reweighed: dict[str, WeightedRoundRobin] = {}
        self._together: dict[str, list[Waiting]] = {}
        self._decided: dict[str, Decision] = {}
        self._handed: list[str] = []
        self._turn = self._floor.last_turn

    def decisions(self) -> Iterator[Decision]:
        line = Line(self._floor.around).waiting()
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
        """All items of the group at the place of its first one: the preferred first, then as planned, in line order."""
        if first.item.id not in self._decided:
            asking: list[tuple[Waiting, View]] = []
            for one in self._together[first.group.name]:
                found = None if one.view is None else self._by_preference(one, one.view)
                if found is not None:
                    self._decided[one.item.id] = found
                elif one.view is not None:
                    asking.append((one, one.view))
            ranker.plan([Ask(view, worth_of(one.score)) for one, view in asking])
            self._decided.update((one.item.id, self._by_rank(one, view)) for one, view in asking)
        return self._decided.pop(first.item.id)

    def _meet(self, waiting: Waiting, view: View) -> Decision:
        return self._by_preference(waiting, view) or self._by_rank(waiting, view)

    def _by_preference(self, waiting: Waiting, view: View) -> Decision | None:
        """None where the item prefers nobody whom it could wait for."""
        preferred = preferences(waiting.item, view.roster) if waiting.group.prefer else ()
        if not preferred:
            return None
        free = view.look()
        if any(seat.bit & free for seat, _ in preferred):
            return self._assign(waiting, view, preferred)
        case = Case(self._floor.around, waiting.item.values, waiting.points, view.asked, len(self._handed), view.had)
        wait = wait_for(waiting.item, waiting.group, preferred, case)
        return None if wait is None else self._hold(waiting, self._shared_diagnosis(waiting, view)[0], wait.why, wait)

    def _by_rank(self, waiting: Waiting, view: View) -> Decision:
        if not view.look():
            return self._hold(waiting, *self._shared_diagnosis(waiting, view))
        return self._assign(waiting, view)

    def _meet_named(self, waiting: Waiting, user: str) -> Decision:
        """Somebody asked for this user: nobody else gets it."""
        view = waiting.view
        if view is None:
            return self._decide(waiting)
        seat = view.roster.seat_of.get(user)
        if seat is not None and view.look() & seat.bit:
            return self._assign(waiting, view, ((seat, BY_HAND),))
        return self._hold(waiting, *self._shared_diagnosis(waiting, view))

    def _hold(self, waiting: Waiting, diagnosis: Diagnosis, why: str, wait: Wait | None = None) -> Hold:
        item, group, now = waiting.item, waiting.group, self._snapshot.taken_at
        if item.again is not None:
            return Hold(item, group.name, waiting.score, diagnosis, why)
        return Hold(
            item,
            group.name,
            waiting.score,
            diagnosis,
            why,
            overflow=None if wait is not None else sent_on(item, group, now, self._enabled),
            note=unassigned_note(item, group, diagnosis, now),
            home=None if waiting.home == group.name else waiting.home,
            waits_for=() if wait is None else wait.users,
            waits_until=None if wait is None else wait.until,
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

    def _diagnosis(self, waiting: Waiting, view: View, preferred: Preferences = ()) -> Diagnosis:
        ranker, at = self._rankers[waiting.group.name], len(self._handed)
        telling = Telling(self._floor.around, view, ranker, waiting.item.values, waiting.points, at, preferred)
        return Diagnosis(len(view.roster.seats), view.tally, telling)

    def _chosen(self, waiting: Waiting, view: View, preferred: Preferences) -> tuple[Seat, str, Mapping[str, int]]:
        """Who gets it, "by what: why" in words, and how credit moves: the first preferred who is free, else by rank."""
        ranker, at, group = self._rankers[waiting.group.name], len(self._handed), waiting.group
        for seat, kind in preferred:
            if seat.bit & view.free:
                username = seat.worker.member.username
                why = BY_REQUEST if kind == BY_HAND else f"preference: it prefers {CALLED[kind]} {username}"
                return seat, why, ranker.take(view, seat, at)
        seat, why, moves = ranker.pick(view, at)
        return seat, f"{group.method.value}: {why}", moves

    def _assign(self, waiting: Waiting, view: View, preferred: Preferences = ()) -> Assign:
        item, group = waiting.item, waiting.group
        seat, why, moves = self._chosen(waiting, view, preferred)
        diagnosis = self._diagnosis(waiting, view, preferred)
        if not view.tail:
            view.tail = diagnosis.summary().replace("can take it", "could take it", 1)
        member = seat.worker.member
        without = given_without(view.relaxed, item.values, seat.position) if view.relaxed else ""
        sentence = f"{group.name} → {member.username} by {why}{without} ({view.tail})"
        if item.again is not None and item.again.because:
            sentence = f"{item.again.because}: {sentence}"
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
            notify=group.notify,
            taken_from=_present_owner(item, view),
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


def _present_owner(item: WorkItem, view: View) -> Member | None:
    """Of an item that changes hands, where they are in its group."""
    seat = None if item.again is None else view.roster.seat_of.get(item.owner)
    return None if seat is None else seat.worker.member
