"""The laws no floor may break, on random small ones."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfassign.core.decision import Assign, Hold, Plan
from sfassign.core.engine import decide
from sfassign.core.model import Load, Member, Snapshot, Turn
from sfassign.core.policy import Caps, FieldLimit, Group, Limit, ListedMember, Members, Method, Period, Person
from tests.core.random_worlds import World, nobody_named, world
from tests.core.world import LONDON, NOW, Past, group, lead, member, policy, snapshot, user_id

worlds = st.integers(0, 10**9).map(lambda seed: world(seed, most_items=25))
laws = settings(max_examples=120, deadline=None)

HERE = NOW.astimezone(ZoneInfo(LONDON))
MIDNIGHT = HERE.replace(hour=0)
STARTS = {
    Period.HOUR: HERE,
    Period.DAY: MIDNIGHT,
    Period.WEEK: MIDNIGHT - dt.timedelta(days=HERE.weekday()),
    Period.MONTH: MIDNIGHT.replace(day=1),
}
LENGTHS = {Period.HOUR: 1 / 24, Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 30}


def assigns(plan: Plan) -> list[Assign]:
    return [decision for decision in plan.decisions if isinstance(decision, Assign)]


class Ledger:
    """Everything that was ever given, and a plain check of one more assignment against every limit."""

    def __init__(self, made: World) -> None:
        self.policy = made.policy
        self.entries: list[Past] = [
            *made.past,
            *((one.decided_at, one.group, one.to) for one in made.snapshot.in_flight),
        ]
        self.items: Counter[tuple[str, str]] = Counter()
        self.points: Counter[str] = Counter()
        for user, load in made.snapshot.load.items():
            self.add_work(user, load)
        for one in made.snapshot.in_flight:
            self.add_work(one.to, Load({one.object: 1}, {one.object: one.points}))

    def add_work(self, user: str, load: Load) -> None:
        for name in self.policy.objects:
            self.items[user, name] += load.counts.get(name, 0)
            self.points[user] += round(1_000_000 * load.points.get(name, 0))

    def give(self, one: Assign) -> None:
        of = next(found for found in self.policy.groups if found.name == one.group)
        self.check_active_work(of, one)
        self.check_periods(of, one)
        self.entries.append((NOW, one.group, one.to.id))
        self.add_work(one.to.id, Load({one.item.object: 1}, {one.item.object: one.points}))

    def person(self, member: Member) -> Person:
        said = [one for one in self.policy.people if one.username == member.username]
        return said[0] if said else Person(member.username, None)

    def check_active_work(self, of: Group, one: Assign) -> None:
        user, person = one.to.id, self.person(one.to)
        total = sum(self.items[user, name] for name in self.policy.objects)
        assert self.items[user, of.object] < figure(of.quota, one.to)
        assert self.items[user, of.object] < figure(person.object_quotas.get(of.object), one.to)
        assert total < figure(person.quota, one.to)
        for threshold in (of.threshold, person.threshold):
            assert self.points[user] + round(1_000_000 * one.points) <= 1_000_000 * figure(threshold, one.to)

    def check_periods(self, of: Group, one: Assign) -> None:
        user, person = one.to.id, self.person(one.to)
        own = next((m.caps for m in of.members.listed or () if m.username == one.to.username), None) or Caps()
        rolling = own.rolling or of.caps.rolling
        for period in Period:
            mine = own.of(period) or of.caps.of(period)
            within(mine, self.since(period, rolling), lambda e: e[1:] == (of.name, user))
            within(person.caps.of(period), self.since(period, person.caps.rolling), lambda e: e[2] == user)
            within(of.group_caps.of(period), self.since(period, of.group_caps.rolling), lambda e: e[1] == of.name)
        if of.ramp is not None:
            recent = [e for e in self.entries if e[0] > NOW - of.ramp.per and e[2] == user]
            assert len(recent) < of.ramp.at_most

    def since(self, period: Period, rolling: bool) -> list[Past]:
        if rolling:
            return [e for e in self.entries if e[0] > NOW - dt.timedelta(days=LENGTHS[period])]
        return [e for e in self.entries if e[0] >= STARTS[period]]


def within(limit: int | None, entries: list[Past], counts: Callable[[Past], bool]) -> None:
    assert limit is None or sum(map(counts, entries)) < limit


def figure(limit: Limit | None, member: Member) -> float:
    found = member.values.get(limit.field.lower()) if isinstance(limit, FieldLimit) else limit
    return float("inf") if found is None else float(found)


@laws
@given(worlds)
def test_no_plan_breaks_a_limit(made: World) -> None:
    ledger = Ledger(made)
    for one in assigns(decide(made.snapshot, made.policy)):
        assert one.to.is_active
        assert not one.to.is_frozen
        ledger.give(one)


@laws
@given(worlds)
def test_nobody_is_held_while_a_member_stands_free_but_for_somebody_it_prefers(made: World) -> None:
    for decision in decide(made.snapshot, made.policy).decisions:
        if isinstance(decision, Hold) and decision.diagnosis is not None and not decision.waits_for:
            told, again = decision.diagnosis.verdicts(), decision.item.again
            asked_for = told if again is None or again.to is None else [one for one in told if one.user == again.to]
            assert all(verdict.rejection is not None for verdict in asked_for)
        if isinstance(decision, Assign):
            first = decision.diagnosis.verdicts()[0]
            assert (first.user, first.rank, first.rejection) == (decision.to.id, 1, None)


def told(plan: Plan) -> str:
    """The plan and every explanation in it, byte for byte."""
    verdicts = [one.diagnosis.verdicts() for one in plan.decisions if isinstance(one, Assign | Hold) and one.diagnosis]
    return repr(plan) + repr(verdicts)


@laws
@given(worlds, st.randoms(use_true_random=False))
def test_the_same_snapshot_in_any_order_gives_the_same_plan_byte_for_byte(made: World, dice: random.Random) -> None:
    taken = made.snapshot
    shuffled = replace(
        taken,
        items=tuple(dice.sample(taken.items, len(taken.items))),
        members=tuple(dice.sample(taken.members, len(taken.members))),
        in_flight=taken.in_flight[::-1],
        load=dict(list(taken.load.items())[::-1]),
        rotation=dict(list(taken.rotation.items())[::-1]),
    )
    expected = told(decide(made.snapshot, made.policy))
    assert told(decide(made.snapshot, made.policy)) == expected
    assert told(decide(shuffled, made.policy)) == expected


def settled(taken: Snapshot, one: Assign) -> Snapshot:
    """The snapshot after this assignment was confirmed, at the same instant."""
    user, name = one.to.id, one.item.object
    before = taken.load.get(user, Load())
    load = Load(
        {**before.counts, name: before.counts.get(name, 0) + 1},
        {**before.points, name: before.points.get(name, 0) + one.points},
    )
    credit = {
        whom: taken.rotation.get((one.group, whom), Turn(0)).credit + move for whom, move in one.credit_moves.items()
    }
    rotation = dict(taken.rotation)
    for whom, moved in credit.items():
        rotation[one.group, whom] = replace(
            rotation.get((one.group, whom), Turn(taken.last_turn, joined=True)), credit=moved
        )
    rotation[one.group, user] = Turn(one.turn, credit=credit.get(user, 0))
    counts = {
        window: {**counted, (one.group, user): counted.get((one.group, user), 0) + 1}
        for window, counted in taken.given.items()
    }
    left = tuple(item for item in taken.items if item.id != one.item.id)
    return replace(
        taken, items=left, load={**taken.load, user: load}, rotation=rotation, given=counts, last_turn=one.turn
    )


@laws
@given(worlds)
def test_one_cycle_of_many_items_gives_what_many_cycles_of_one_item_give(made: World) -> None:
    known = {key: Turn(made.snapshot.last_turn, joined=True) for key in everyone(made)}
    taken = nobody_named(replace(made.snapshot, rotation={**known, **made.snapshot.rotation}, in_flight=()))
    at_once = [(one.item.id, one.to.id) for one in assigns(decide(taken, made.policy))]
    one_by_one = []
    while found := assigns(decide(taken, made.policy)):
        one_by_one.append((found[0].item.id, found[0].to.id))
        taken = settled(taken, found[0])
    assert one_by_one == at_once


def everyone(made: World) -> list[tuple[str, str]]:
    return [
        (of.name, user_id(name))
        for of in made.policy.groups
        for name in ("alice", "bob", "carol", "dave", "erin", "frank")
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 7]), min_size=1, max_size=40), st.integers(1, 300))
def test_a_weighted_share_is_never_more_than_two_items_off(weights: list[float], count: int) -> None:
    names = [f"member{number:02}" for number in range(len(weights))]
    listed = tuple(
        ListedMember(f"{name}@acme.example", weight=weight) for name, weight in zip(names, weights, strict=True)
    )
    under = policy(group(members=Members(listed=listed), method=Method.WEIGHTED_ROUND_ROBIN))
    plan = decide(snapshot([lead(n) for n in range(count)], [member(name) for name in names], under), under)
    got = Counter(one.to.id for one in assigns(plan))
    for name, weight in zip(names, weights, strict=True):
        assert got[user_id(name)] == pytest.approx(count * weight / sum(weights), abs=2)


@laws
@given(worlds)
def test_credit_never_comes_from_nowhere(made: World) -> None:
    for one in assigns(decide(made.snapshot, made.policy)):
        assert sum(one.credit_moves.values()) == 0
