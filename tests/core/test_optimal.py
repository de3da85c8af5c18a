"""`optimal`: the whole group's items at once, held against every possible plan and against `best_match`."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sfassign.core.engine import decide
from sfassign.core.model import Assign, Decision, Hold, Member, Plan, Snapshot, WorkItem
from sfassign.core.optimal import NoSolver
from sfassign.core.policy import Caps, FieldLimit, Group, LoadRules, MatchPair, MatchTest, Method, Period, Policy, Ramp, Rule
from sfassign.solver import solve
from tests.core.obvious import Obvious
from tests.core.random_worlds import NAMES, WORK, World, world
from tests.core.world import (
    CASE,
    LEAD,
    flight,
    group,
    lead,
    listed,
    load,
    member,
    policy,
    rejected,
    snapshot,
    soql,
    turns,
    user_id,
    winners,
)

CASES = 3000
BATCH = 250
TERRITORY = MatchPair("Country", "Territory__c")
LANGUAGE = MatchPair("Language__c", "Languages__c", required=True)

Pairs = Mapping[str, str]
"""Who got each served item, by Ids."""


def small(seed: int, even: bool = True) -> World:
    """A random floor with few items and the first group by optimal; `even`: all leads weigh the same."""
    made = world(seed, most_items=5)
    dice = random.Random(seed)
    groups = [_drawn(dice, one) if at == 0 else one for at, one in enumerate(made.policy.groups)]
    leads = replace(WORK, load=LoadRules(1 if even else 0.5, () if even else WORK.load.rules))
    under = replace(made.policy, groups=tuple(groups), objects={"Lead": leads, "Case": CASE})
    counted = snapshot([], [], under, made.past).given
    return World(replace(made.snapshot, given=counted), under, made.past)


def _drawn(dice: random.Random, one: Group) -> Group:
    """Tight limits and several pairs, so that items stand in each other's way."""
    said: dict[str, Any] = {"method": Method.OPTIMAL}
    if dice.random() < 0.7:
        pairs = (
            MatchPair("Language__c", "Languages__c", dice.choice(list(MatchTest)[:2]), weight=dice.choice((1, 2, 0.3))),
            MatchPair("Rating", "Territory__c", weight=dice.choice((1, 5))),
            MatchPair("AnnualRevenue", "Max_Deal__c", MatchTest.AT_MOST, required=dice.random() < 0.3, weight=1),
        )
        said["match"] = tuple(pair for pair in pairs if dice.random() < 0.7)
    if dice.random() < 0.5:
        said["quota"] = dice.choice((1, 2, 3, FieldLimit("Quota__c")))
    if dice.random() < 0.3:
        said["ramp"] = Ramp(dice.choice((1, 2)), one.ramp.per) if one.ramp else None
    if dice.random() < 0.2:
        said["group_caps"] = Caps(day=dice.choice((1, 2, 3)))
    return replace(one, **said)


def decided(made: World) -> Plan:
    return decide(made.snapshot, made.policy, solve)


def worth(score: float) -> int:
    return 1_000_000 + max(0, round(score * 1_000_000))


def value(score: float, match: Fraction) -> int:
    """(1 + max(score, 0)) × match in whole millionths."""
    return int(worth(score) * match + Fraction(1, 2))


class Everything:
    """Every plan for the items of one group, as the obvious engine stands at the place of the first one."""

    def __init__(self, obvious: Obvious, under: Group, line: Sequence[tuple[WorkItem, float]]) -> None:
        self.obvious, self.group, self.line = obvious, under, line
        self.members = [(one, entry) for one, entry in obvious.groups[under.name] if one.id]
        self.fits = {one.id: self._subsets(one, entry) for one, entry in self.members}

    def _subsets(self, one: Member, entry: Any) -> set[tuple[int, ...]]:
        """The sets of items that pass every gate of this member, one after the other."""
        passing: set[tuple[int, ...]] = set()
        numbers = range(len(self.line))
        for chosen in itertools.chain.from_iterable(itertools.combinations(numbers, size) for size in range(6)):
            if len(chosen) > 1 and chosen[:-1] not in passing:
                continue
            with _undone(self.obvious):
                if all(self._passes(self.line[number][0], one, entry) for number in chosen):
                    passing.add(chosen)
        return passing

    def _passes(self, item: WorkItem, one: Member, entry: Any) -> bool:
        points = self.obvious.points(item)
        passes = self.obvious.gate(item, self.group, one, entry, points) is None
        self.obvious._give(item, self.group, one, points)
        return passes

    def most(self) -> int:
        """What is left of the caps of the whole group."""
        caps = self.group.group_caps
        left = [
            limit - self.obvious._within(period, caps.rolling, group=self.group.name)
            for period in Period
            if (limit := caps.of(period)) is not None
        ]
        return max(0, min(left, default=len(self.line)))

    def best(self) -> tuple[int, tuple[bool, ...], int]:
        """How many are served, who, and the greatest value."""
        most = self.most()
        return max(
            self.goodness(chosen)
            for chosen in itertools.product((None, *(one.id for one, _ in self.members)), repeat=len(self.line))
            if len(chosen) - chosen.count(None) <= most and self._possible(chosen)
        )

    def _possible(self, chosen: Sequence[str | None]) -> bool:
        return all(
            tuple(at for at, user in enumerate(chosen) if user == one.id) in self.fits[one.id]
            for one, _ in self.members
        )

    def goodness(self, chosen: Sequence[str | None]) -> tuple[int, tuple[bool, ...], int]:
        served = tuple(user is not None for user in chosen)
        users = {one.id: one for one, _ in self.members}
        values = (
            value(score, self.obvious.match(item, self.group, users[user]))
            for (item, score), user in zip(self.line, chosen, strict=True)
            if user is not None
        )
        return sum(served), served, sum(values)


class _undone:  # noqa: N801 - reads as a word in its with statement
    """Whatever is given inside is taken back."""

    def __init__(self, obvious: Obvious) -> None:
        self.obvious = obvious

    def __enter__(self) -> None:
        o = self.obvious
        self.kept = (o.load.copy(), o.count.copy(), o.turn.copy(), o.anywhere.copy(), o.next_turn, list(o.given))
        o.counted = {}

    def __exit__(self, *_: object) -> None:
        o = self.obvious
        o.load, o.count, o.turn, o.anywhere, o.next_turn, o.given = self.kept
        o.counted = {}


def owners(plan: Plan) -> dict[str, str]:
    return {one.item.id: one.to.id for one in plan.decisions if isinstance(one, Assign)}


def check_against_every_plan(made: World) -> int:
    """Walk the line beside the obvious engine; at the place of the group by optimal, try everything."""
    plan = decided(made)
    got = owners(plan)
    obvious = Obvious(made.snapshot, made.policy, made.past)
    name = made.policy.groups[0].name
    met = [(one.item, one.score.total) for one in plan.decisions if one.group == name and met_members(one)]
    done = 0
    for item, of, _ in obvious.line():
        if of.name != name:
            outcome = obvious.outcome(item, of)
            assert (outcome.to or "-").split("@")[0] == name_of(made, got.get(item.id))
        elif met and item.id == met[0][0].id:
            everything = Everything(obvious, of, met)
            assert everything.goodness([got.get(one.id) for one, _ in met]) == everything.best()
            for one, _ in met:
                if one.id in got:
                    to = next(user for user in made.snapshot.members if user.id == got[one.id])
                    obvious._give(one, of, to, obvious.points(one))
            done += len(met)
    return done


def met_members(decision: Decision) -> bool:
    return isinstance(decision, Assign | Hold) and decision.diagnosis is not None


def name_of(made: World, user: str | None) -> str:
    return next((one.username.split("@")[0] for one in made.snapshot.members if one.id == user), "-")


@pytest.mark.parametrize("first", range(0, CASES, BATCH))
def test_no_other_plan_is_better_where_items_weigh_the_same(first: int) -> None:
    compared = sum(check_against_every_plan(small(seed)) for seed in range(first, first + BATCH))
    assert compared > BATCH
