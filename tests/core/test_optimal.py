"""`optimal`: the whole group's items at once, held against every possible plan and against `best_match`."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sfassign.core.decision import Assign, Hold, Plan
from sfassign.core.engine import decide
from sfassign.core.model import Member, WorkItem
from sfassign.core.optimal import NoSolver
from sfassign.core.policy import (
    Caps,
    FieldLimit,
    Group,
    LoadRules,
    MatchPair,
    MatchTest,
    Method,
    Period,
    Policy,
    Ramp,
    Rule,
)
from sfassign.solver import solve
from tests.core.obvious import Obvious
from tests.core.random_worlds import WORK, World, nobody_named, world
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

CASES = 2000
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
    return World(nobody_named(replace(made.snapshot, given=counted)), under, made.past)


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
            with taken_back(self.obvious):
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


@contextmanager
def taken_back(obvious: Obvious) -> Iterator[None]:
    """Whatever is given inside is taken back."""
    kept = {name: copy(getattr(obvious, name)) for name in ("load", "count", "turn", "anywhere", "next_turn", "given")}
    obvious.counted = {}
    yield
    vars(obvious).update(kept)
    obvious.counted = {}


def owners(plan: Plan) -> dict[str, str]:
    return {one.item.id: one.to.id for one in plan.decisions if isinstance(one, Assign)}


def check_against_every_plan(made: World) -> int:
    """Walk the line beside the obvious engine; at the place of the group by optimal, try everything."""
    plan = decided(made)
    got = owners(plan)
    obvious = Obvious(made.snapshot, made.policy, made.past)
    name = made.policy.groups[0].name
    met = [(one.item, one.score.total) for one in met_members(plan) if one.group == name]
    done = 0
    for item, of, _ in obvious.line():
        if of.name != name:
            outcome = obvious.outcome(item, of)
            assert (outcome.to or "-").split("@")[0] == name_of(made, got.get(item.id))
        elif met and item.id == met[0][0].id:
            rest, met = [one for one in met if not preferred(obvious, of, one[0], made, got)], []
            everything = Everything(obvious, of, rest)
            assert everything.goodness([got.get(one.id) for one, _ in rest]) == everything.best()
            for one, _ in rest:
                if one.id in got:
                    to = next(user for user in made.snapshot.members if user.id == got[one.id])
                    obvious._give(one, of, to, obvious.points(one))
            done += len(rest)
    return done


def preferred(obvious: Obvious, of: Group, item: WorkItem, made: World, got: Mapping[str, str]) -> bool:
    """Whether it goes to whom it prefers, or waits for them: that is decided before any plan is made."""
    outcome = obvious.by_preference(item, of)
    if outcome is not None:
        assert (outcome.to or "-").split("@")[0] == name_of(made, got.get(item.id))
    return outcome is not None


def met_members(plan: Plan) -> list[Assign | Hold]:
    """The decisions on items that came before their group."""
    return [one for one in plan.decisions if isinstance(one, Assign | Hold) and one.diagnosis is not None]


def name_of(made: World, user: str | None) -> str:
    return next((one.username.split("@")[0] for one in made.snapshot.members if one.id == user), "-")


@pytest.mark.parametrize("first", range(0, CASES, BATCH))
def test_no_other_plan_is_better_where_items_weigh_the_same(first: int) -> None:
    compared = sum(check_against_every_plan(small(seed)) for seed in range(first, first + BATCH))
    assert compared > BATCH


def alone(seed: int, even: bool) -> World:
    """One group by optimal that prefers nobody, and a longer line."""
    made, longer = small(seed, even), world(seed, most_items=14)
    under = replace(made.policy, groups=(replace(made.policy.groups[0], prefer=()),))
    counted = snapshot([], [], under, made.past).given
    return World(nobody_named(replace(longer.snapshot, given=counted)), under, made.past)


def goodness(made: World, plan: Plan) -> tuple[int, tuple[bool, ...], int]:
    """How many were served, who, and the sum of (1 + max(score, 0)) × match."""
    obvious, of = Obvious(made.snapshot, made.policy, made.past), made.policy.groups[0]
    met = met_members(plan)
    assigns = [one for one in met if isinstance(one, Assign)]
    total = sum(value(one.score.total, obvious.match(one.item, of, one.to)) for one in assigns)
    return len(assigns), tuple(isinstance(one, Assign) for one in met), total


@pytest.mark.parametrize("even", [True, False], ids=["items weigh the same", "load points differ"])
@pytest.mark.parametrize("first", range(0, 1000, BATCH))
def test_never_worse_than_best_match(first: int, even: bool) -> None:
    better = 0
    for seed in range(first, first + BATCH):
        made = alone(seed, even)
        greedy = replace(made.policy, groups=(replace(made.policy.groups[0], method=Method.BEST_MATCH),))
        best, plain = goodness(made, decided(made)), goodness(made, decide(made.snapshot, greedy))
        assert best >= plain, f"floor {seed}"
        better += best > plain
    assert better > 1, "the two would be the same method"


def told(plan: Plan) -> str:
    verdicts = [one.diagnosis.verdicts() for one in plan.decisions if isinstance(one, Assign | Hold) and one.diagnosis]
    return repr(plan) + repr(verdicts)


@pytest.mark.parametrize("even", [True, False])
def test_the_same_snapshot_in_any_order_gives_the_same_plan_byte_for_byte(even: bool) -> None:
    for seed in range(200):
        made, dice = alone(seed, even), random.Random(seed)
        taken = made.snapshot
        shuffled = replace(
            taken,
            items=tuple(dice.sample(taken.items, len(taken.items))),
            members=tuple(dice.sample(taken.members, len(taken.members))),
            load=dict(list(taken.load.items())[::-1]),
            rotation=dict(list(taken.rotation.items())[::-1]),
        )
        assert told(decided(made)) == told(decide(shuffled, made.policy, solve)), f"floor {seed}"


@pytest.mark.parametrize("even", [True, False])
def test_what_the_plan_says_of_every_member_is_what_the_gates_say_at_that_place(even: bool) -> None:
    """Also: nobody is held while a member stands free, the chosen one is ranked first, and no limit is broken."""
    for seed in range(300):
        made = alone(seed, even)
        obvious = Obvious(made.snapshot, made.policy, made.past)
        of = made.policy.groups[0]
        turns_given = []
        for one in decided(made).decisions:
            if not isinstance(one, Assign | Hold) or one.diagnosis is None:
                continue
            verdicts = one.diagnosis.verdicts()
            points = obvious.points(one.item)
            for user, entry in obvious.groups[of.name]:
                (verdict,) = (found for found in verdicts if found.username == user.username)
                gate = verdict.rejection.gate.value if verdict.rejection else None
                assert gate == obvious.gate(one.item, of, user, entry, points)
                if gate is None:
                    assert verdict.key["match"] == pytest.approx(float(obvious.match(one.item, of, user)))
            if isinstance(one, Hold):
                assert all(verdict.rejection for verdict in verdicts)
            else:
                assert (verdicts[0].user, verdicts[0].rank) == (one.to.id, 1)
                turns_given.append(one.turn)
                obvious._give(one.item, of, one.to, points)
        assert turns_given == sorted(turns_given)


# what a manager sees

UK, FRANCE = {"country": "UK"}, {"country": "France"}
ALICE = member("alice", values={"territory__c": "UK;France"})
BOB = member("bob", values={"territory__c": "UK"})
CAROL = member("carol", values={"territory__c": "Spain"})


def run(items: Sequence[WorkItem], members: Sequence[Member], under: Policy, **said: Any) -> Plan:
    return decide(snapshot(items, members, under, **said), under, solve)


def optimal(*members: str, **said: Any) -> Policy:
    fields: dict[str, Any] = {
        "method": Method.OPTIMAL,
        "match": (TERRITORY,),
        "members": listed(*members),
        "quota": 1,
    } | said
    objects = fields.pop("objects", (LEAD, CASE))
    return policy(group(**fields), objects=objects)


def test_the_first_in_line_takes_the_second_best_where_the_whole_gains() -> None:
    items = [lead(1, minutes_old=60, values=UK), lead(2, minutes_old=30, values=FRANCE)]
    plan = run(items, [ALICE, BOB], optimal("alice", "bob"))
    assert winners(plan) == ["bob", "alice"]
    greedy = replace(optimal("alice", "bob"), groups=(group(
        method=Method.BEST_MATCH, match=(TERRITORY,), members=listed("alice", "bob"), quota=1),))  # fmt: skip
    assert winners(decide(snapshot(items, [ALICE, BOB], greedy), greedy)) == ["alice", "bob"]


def test_whoever_alone_speaks_the_language_is_kept_for_the_item_that_needs_it() -> None:
    team = [
        member("alice", values={"languages__c": "English;Welsh"}),
        member("bob", values={"languages__c": "English"}),
    ]
    items = [lead(1, values={"language__c": "English"}), lead(2, minutes_old=5, values={"language__c": "Welsh"})]
    plan = run(items, team, optimal("alice", "bob", match=(LANGUAGE,)))
    assert winners(plan) == ["bob", "alice"]


def test_the_first_in_line_are_served_when_not_all_can_be() -> None:
    items = [lead(n, minutes_old=60 - n, values=FRANCE if n == 3 else {"country": "Chile"}) for n in range(4)]
    assert winners(run(items, [ALICE, BOB], optimal("alice", "bob"))) in (
        ["alice", "bob", "-", "-"],
        ["bob", "alice", "-", "-"],
    )


def test_the_more_valuable_item_gets_the_better_match() -> None:
    hot = replace(LEAD, score=replace(WORK.score, aging=None))
    items = [lead(1, minutes_old=90, values=UK), lead(2, minutes_old=5, values=UK | {"rating": "Hot"})]
    plan = run(items, [BOB, CAROL], optimal("carol", "bob", objects=(hot, CASE)))
    assert [(one.item.id[-1], one.to.name) for one in plan.decisions if isinstance(one, Assign)] == [
        ("2", "Bob"),
        ("1", "Carol"),
    ]


def test_a_score_below_nothing_counts_as_nothing() -> None:
    rules = (Rule(soql("Rating = 'Cold'"), -50, "Rating = 'Cold'"),)
    cold = replace(LEAD, score=replace(LEAD.score, rules=rules))
    items = [lead(1, values=UK | {"rating": "Cold"})]
    plan = run(items, [CAROL, BOB], optimal("carol", "bob", objects=(cold, CASE)))
    assert winners(plan) == ["bob"]
    assert "value 1 in all" in sentence(plan)


def test_where_all_match_alike_the_work_is_spread_like_least_loaded() -> None:
    under = optimal("alice", "bob", "carol", match=(), quota=None)
    plan = run([lead(n) for n in range(6)], [ALICE, BOB, CAROL], under, load={user_id("alice"): load(2)})
    assert winners(plan) == ["bob", "carol", "bob", "carol", "alice", "bob"]


def test_who_matches_as_well_and_has_less_work_gets_it_although_others_need_neither() -> None:
    items = [lead(n, minutes_old=60 - n, values=UK) for n in range(4)]
    under = optimal("alice", "bob", quota=None)
    assert winners(run(items, [ALICE, BOB], under)) == ["alice", "bob", "alice", "bob"]
    busy = {user_id("alice"): load(9)}
    assert winners(run(items, [ALICE, BOB], under, load=busy)) == ["bob"] * 4


def test_ties_go_to_who_waited_longest() -> None:
    under = optimal("alice", "bob", match=())
    rotation = turns("Web leads", "bob", "alice")
    assert winners(run([lead(1)], [ALICE, BOB], under, rotation=rotation)) == ["bob"]


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"quota": 2}, "quota_full"),
        ({"quota": None, "caps": Caps(day=2)}, "cap_reached"),
        ({"quota": None, "group_caps": Caps(day=2)}, "cap_reached"),
        ({"quota": None, "ramp": Ramp(2, WORK.score.aging.every)}, "ramping"),  # type: ignore[union-attr]
        ({"quota": None, "threshold": 2.5}, "threshold_full"),
    ],
)
def test_no_plan_goes_over_a_limit_and_the_rest_says_why_it_waits(limit: dict[str, Any], said: str) -> None:
    plan = run([lead(n, values=UK) for n in range(3)], [BOB], optimal("bob", **limit))
    assert winners(plan) == ["bob", "bob", "-"]
    assert rejected(plan.decisions[2])["bob"][0] == said


def test_work_in_flight_and_by_other_groups_counts_at_the_place_of_the_first_item() -> None:
    first = group("First", method=Method.ROUND_ROBIN, members=listed("bob"), priority=9, source=soql("Rating = 'Hot'"))
    second = optimal("alice", "bob").groups[0]
    under = policy(first, second)
    items = [lead(1, values={"rating": "Hot"}), lead(2, values=UK)]
    assert winners(run(items, [ALICE, BOB], under)) == ["bob", "alice"]
    assert winners(run(items[1:], [ALICE, BOB], under, in_flight=(flight("bob"),))) == ["alice"]


def test_a_group_in_between_comes_after_the_whole_plan() -> None:
    """The plan is made at the place of its first item; what stands between its items finds what it left."""
    between = group("Between", members=listed("bob"), quota=2, source=soql("Rating = 'Warm'"))
    under = policy(between, optimal("bob", quota=2).groups[0])
    items = [
        lead(1, minutes_old=60, values=UK),
        lead(2, minutes_old=40, values={"rating": "Warm"}),
        lead(3, minutes_old=20),
    ]
    plan = run(items, [BOB], under)
    assert winners(plan) == ["bob", "-", "bob"]
    assert [one.item.id[-1] for one in plan.decisions] == ["1", "2", "3"], "told in the order of the line"


def sentence(plan: Plan, at: int = 0) -> str:
    decision = plan.decisions[at]
    assert isinstance(decision, Assign)
    return decision.sentence


def test_the_sentence_says_why_the_pair_belongs_to_the_best_plan() -> None:
    items = [lead(1, minutes_old=60, values=UK), lead(2, minutes_old=30, values=FRANCE)]
    team = [member("alice", values={"territory__c": "UK;France"}), member("bob", values={"territory__c": "Peru"})]
    plan = run([*items, lead(3, minutes_old=1)], team, optimal("alice", "bob"))
    assert [winners(plan), sentence(plan), sentence(plan, 1)] == [
        ["alice", "bob", "-"],
        "Web leads → alice@acme.example by optimal: in the best plan for 2 of 3 items, value 1 in all; match 1, value "
        "1, nobody free matches it better (2 of 2 could take it)",
        "Web leads → bob@acme.example by optimal: in the best plan for 2 of 3 items, value 1 in all; match 0, value "
        "0, nobody free matches it better (1 of 2 could take it: 1 at quota)",
    ]


def test_the_sentence_names_who_is_kept_for_later() -> None:
    items = [lead(1, minutes_old=60, values=UK), lead(2, minutes_old=30, values=FRANCE)]
    pairs = (replace(TERRITORY, weight=4), MatchPair("Country", "Home__c"))
    team = [
        member("alice", values={"territory__c": "UK;France", "home__c": "UK"}),
        member("bob", values={"territory__c": "UK"}),
    ]
    plan = run(items, team, optimal("alice", "bob", match=pairs))
    assert winners(plan) == ["bob", "alice"]
    assert sentence(plan).startswith(
        "Web leads → bob@acme.example by optimal: in the best plan for 2 items, value 1.6 in all; match 0.8, value "
        "0.8, alice@acme.example matches it better (1) and is needed further down the line"
    )
    first = plan.decisions[0]
    assert isinstance(first, Assign)
    assert [(one.username[0], one.key["match"], one.key["value"]) for one in first.diagnosis.verdicts()] == [
        ("b", 0.8, 0.8),
        ("a", 1.0, 1.0),
    ]


def test_where_load_points_differ_and_thresholds_count_it_says_so_and_still_improves_on_best_match() -> None:
    big = replace(LEAD, load=LoadRules(1, (Rule(soql("AnnualRevenue > 9"), 1, "AnnualRevenue > 9"),)))
    items = [
        lead(1, minutes_old=60, values=UK | {"annualrevenue": 10}),
        lead(2, minutes_old=30, values=FRANCE | {"annualrevenue": 1}),
    ]
    under = optimal("alice", "bob", quota=None, threshold=2, objects=(big, CASE))
    plan = run(items, [ALICE, BOB], under)
    assert winners(plan) == ["bob", "alice"]
    assert "by optimal: best_match improved in one pass, as load points differ: 2 items, value 2 in all" in sentence(
        plan
    )


def test_numbers_too_large_to_be_exact_are_said_too() -> None:
    vast = replace(LEAD, score=replace(LEAD.score, base=1e12))
    items = [lead(1, minutes_old=60, values=UK), lead(2, minutes_old=30, values=FRANCE)]
    plan = run(items, [ALICE, BOB], optimal("alice", "bob", objects=(vast, CASE)))
    assert winners(plan) == ["bob", "alice"]
    assert "as the plan is too large to be solved exactly" in sentence(plan)


def test_without_a_solver_the_engine_says_what_it_lacks_and_only_where_it_is_needed() -> None:
    under = optimal("alice")
    with pytest.raises(NoSolver, match="group 'Web leads' decides by optimal"):
        decide(snapshot([lead(1)], [ALICE], under), under)
    assert decide(snapshot([], [ALICE], under), under).decisions == ()
