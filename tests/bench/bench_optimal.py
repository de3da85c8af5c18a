"""How long `optimal` takes for a whole group, and what it gains over `best_match` on the same snapshot.

    python -m tests.bench.bench_optimal

CPU seconds of `decide`, the solver's import apart. "value" is the sum of (1 + max(score, 0)) × match of the plan.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
import time
from dataclasses import replace

from sfassign.core.decision import Assign, Plan
from sfassign.core.engine import decide
from sfassign.core.model import Load, Member, Record, Snapshot, WorkItem
from sfassign.core.policy import (
    Aging,
    Group,
    LoadRules,
    MatchPair,
    Members,
    Method,
    Policy,
    Ramp,
    Rule,
    ScoreRules,
    WorkObject,
)
from sfassign.solver import solve
from sfassign.soql import parse_condition
from tests.bench.bench_engine import COUNTRIES, LANGUAGES, NOW, PRODUCTS

SIZES = ((500, 100), (2_000, 500))
CASES: tuple[tuple[str, dict[str, object]], ...] = (
    ("the default flood guard: 5 each", {"ramp": Ramp(5, dt.timedelta(minutes=5))}),
    ("a quota of 6, 4 left: just enough", {"ramp": None, "quota": 6}),
    ("a quota of 30 each", {"ramp": None, "quota": 30}),
    ("no limit", {"ramp": None}),
    ("load points differ, threshold 12", {"ramp": None, "threshold": 12}),
)
PAIRS = (
    MatchPair("Language__c", "Languages__c", required=True),
    MatchPair("Country", "Countries__c", weight=3),
    MatchPair("Product__c", "Products__c", weight=2),
)


def main() -> None:
    solve([[1, 2], [1, 2]], [1, 1])  # the import is paid once per process
    sys.stdout.write(
        f"{'optimal':<34} {'items':>6} {'members':>8} {'assigned':>9} {'seconds':>8} {'best_match s':>13} {'gain':>7}\n"
    )
    for items, members in SIZES:
        for said, limits in CASES:
            under = policy(limits)
            taken = snapshot(items, members)
            plan, seconds = _timed(taken, under)
            greedy = replace(under, groups=(replace(under.groups[0], method=Method.BEST_MATCH),))
            other, other_seconds = _timed(taken, greedy)
            gain = _value(plan) / _value(other) - 1
            assigned = sum(isinstance(one, Assign) for one in plan.decisions)
            sys.stdout.write(
                f"{said:<34} {items:>6,} {members:>8,} {assigned:>9,} "
                f"{seconds:>8.2f} {other_seconds:>13.2f} {gain:>7.1%}\n"
            )


def _timed(taken: Snapshot, under: Policy) -> tuple[Plan, float]:
    start = time.process_time()
    plan = decide(taken, under, solve)
    return plan, time.process_time() - start


def _value(plan: Plan) -> float:
    total = 0.0
    for one in plan.decisions:
        if isinstance(one, Assign):
            match = one.diagnosis.verdicts()[0].key["match"]
            total += (1 + max(one.score.total, 0)) * float(match or 0)
    return total


def policy(limits: dict[str, object]) -> Policy:
    hot, big = "Rating = 'Hot'", "NumberOfEmployees >= 500"
    lead = WorkObject(
        "Lead",
        parse_condition("IsConverted = false"),
        load=LoadRules(1, (Rule(parse_condition(big), 2, big),)),
        score=ScoreRules(0, (Rule(parse_condition(hot), 50, hot),), aging=Aging(1, dt.timedelta(minutes=10), 60)),
    )
    group = Group(
        "Everyone",
        "Lead",
        parse_condition("Owner.Name = 'Queue'"),
        Members(condition=parse_condition("IsActive = true")),
        match=PAIRS,
        method=Method.OPTIMAL,
    )
    return Policy("sha256:bench", (replace(group, **limits),), {"Lead": lead}, timezone="Europe/London")  # type: ignore[arg-type]


def snapshot(items: int, members: int) -> Snapshot:
    dice = random.Random(11)
    people = tuple(
        Member(
            f"005{number:015d}",
            f"user{number:05d}@acme.example",
            f"User {number}",
            True,
            "Europe/London",
            {
                "languages__c": ";".join(dice.sample(LANGUAGES, 2)),
                "products__c": ";".join(dice.sample(PRODUCTS, 2)),
                "countries__c": ";".join(dice.sample(COUNTRIES, 2)),
            },
        )
        for number in range(members)
    )
    load = {one.id: Load({"Lead": 2}, {"Lead": float(dice.randint(0, 6))}) for one in people}
    return Snapshot(NOW, "Europe/London", tuple(_item(dice, number) for number in range(items)), people, load)


def _item(dice: random.Random, number: int) -> WorkItem:
    created = NOW - dt.timedelta(seconds=dice.randint(0, 40_000))
    values: Record = {
        "owner.name": "Queue",
        "isconverted": False,
        "rating": dice.choice(("Hot", "Warm")),
        "numberofemployees": dice.choice((10, 50, 500)),
        "language__c": dice.choice(LANGUAGES),
        "product__c": dice.choice(PRODUCTS),
        "country": dice.choice(COUNTRIES),
    }
    return WorkItem("Lead", f"00Q{number:015d}", "00G000000000000001", created, created, created, values)


if __name__ == "__main__":
    main()
