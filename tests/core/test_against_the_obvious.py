"""The engine decides exactly what a plain reading of the policy's rules decides, and says the same of everyone."""

from __future__ import annotations

import pytest

from sfassign.core.decision import Assign, Decision, Hold
from sfassign.core.engine import decide
from tests.bench import bench_engine
from tests.core.obvious import Obvious, Outcome
from tests.core.random_worlds import world

CASES = 4000
BATCH = 250


def told(decision: Decision) -> Outcome:
    """A decision as the obvious engine puts it."""
    group, item = decision.group, decision.item.id
    if not isinstance(decision, Assign | Hold):
        return Outcome(item, "review", group)
    if decision.diagnosis is None:
        return Outcome(item, "aside", group)
    verdicts = decision.diagnosis.verdicts()
    gates = tuple((one.username, None if one.rejection is None else one.rejection.gate.value) for one in verdicts)
    order = tuple(one.username for one in verdicts if one.rejection is None)
    if isinstance(decision, Hold):
        return Outcome(item, "hold", group, gates=gates)
    return Outcome(item, "assign", group, decision.to.username, gates, order, dict(decision.credit_moves))


def by_name(outcome: Outcome) -> Outcome:
    return Outcome(
        outcome.item,
        outcome.kind,
        outcome.group,
        outcome.to,
        tuple(sorted(outcome.gates, key=str)),
        outcome.order,
        outcome.moves,
    )


@pytest.mark.parametrize("first", range(0, CASES, BATCH))
def test_same_winner_for_every_item_and_same_verdict_on_every_member(first: int) -> None:
    for seed in range(first, first + BATCH):
        made = world(seed)
        expected = Obvious(made.snapshot, made.policy, made.past).decide()
        plan = decide(made.snapshot, made.policy)
        assert [by_name(told(one)) for one in plan.decisions] == [by_name(one) for one in expected], f"world {seed}"


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_the_same_on_a_larger_floor_that_fills_up_in_the_middle_of_the_line(share: float) -> None:
    under = bench_engine.policy(5)
    taken = bench_engine.snapshot(under, items=1_600, members=25, share=share)
    expected = Obvious(taken, under).decide()
    decisions = decide(taken, under).decisions
    assert 300 < sum(isinstance(one, Assign) for one in decisions) < 1_500
    assert [one.to.username if isinstance(one, Assign) else None for one in decisions] == [one.to for one in expected]
    for number in range(0, len(decisions), 11):
        assert by_name(told(decisions[number])) == by_name(expected[number])


@pytest.mark.parametrize("seed", range(0, 400, 3))
def test_the_tally_kept_on_the_way_is_the_count_of_the_verdicts_told_later(seed: int) -> None:
    made = world(seed, most_items=40)
    for decision in decide(made.snapshot, made.policy).decisions:
        if isinstance(decision, Assign | Hold) and decision.diagnosis is not None:
            gates = [one.rejection.gate for one in decision.diagnosis.verdicts() if one.rejection is not None]
            assert dict(decision.diagnosis.tally) == {gate: gates.count(gate) for gate in gates}
            assert decision.diagnosis.considered == len(decision.diagnosis.verdicts())
