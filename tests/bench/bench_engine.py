"""How fast the engine decides, beside the obvious implementation on the same snapshots.

    python -m tests.bench.bench_engine

Every size runs in a process of its own, so that its peak memory is its own; seconds are its CPU seconds. The obvious
implementation (see `tests.core.obvious`: every gate on every member of the group for every item, then a sort) is timed
on the first items of the same line where all of them would take too long, and scaled per item; the table says on how
many. Its share of the common work (finding group and score of every item) is measured in full, and on the items timed
both must agree. The garbage collector is paused for both, as the cycle pauses it. Peak memory is the process's maximum
resident set (`resource.getrusage`), which includes the interpreter and the snapshot; the obvious implementation runs
after it was read.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import resource
import subprocess
import sys
import time

from sfassign.core.decision import Assign
from sfassign.core.engine import decide
from sfassign.core.model import Load, Member, Record, Snapshot, Turn, WorkItem
from sfassign.core.policy import (
    Aging,
    Caps,
    Group,
    LoadRules,
    MatchPair,
    Members,
    Method,
    Policy,
    Rule,
    ScoreRules,
    WorkObject,
)
from sfassign.soql import parse_condition
from sfassign.uncollected import uncollected
from tests.core.obvious import Obvious

NOW = dt.datetime(2026, 11, 19, 10, 0, tzinfo=dt.UTC)
LANGUAGES = ("German", "French", "Italian", "Spanish", "English", "Dutch", "Polish", "Swedish")
PRODUCTS = ("Demo", "Support", "Renewal", "Upgrade")
COUNTRIES = ("UK", "France", "Spain", "Italy", "Poland")
METHODS = (Method.ROUND_ROBIN, Method.LEAST_LOADED, Method.WEIGHTED_ROUND_ROBIN, Method.BEST_MATCH)
SIZES = [(items, members) for members in (100, 1_000) for items in (1_000, 10_000, 100_000)]
OBVIOUS_ITEMS = 300
BYTES_PER_KB = 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", help="ITEMS,MEMBERS,SHARE: measure this one size and print it as JSON")
    chosen = parser.parse_args().size
    if chosen:
        items, members, share = chosen.split(",")
        sys.stdout.write(json.dumps(measure(int(items), int(members), float(share))) + "\n")
        return
    _print_table()
    _print_methods()


def _print_methods() -> None:
    """One size with every group by one method: what each costs."""
    sys.stdout.write(f"{'method':>22} {'items':>8} {'members':>8} {'assigned':>9} {'seconds':>8}\n")
    for method in METHODS:
        under = policy(20, (method,))
        taken = snapshot(under, 10_000, 1_000, 0.25)
        with uncollected():
            start = time.process_time()
            plan = decide(taken, under)
            seconds = time.process_time() - start
        assigned = sum(isinstance(one, Assign) for one in plan.decisions)
        sys.stdout.write(f"{method.value:>22} {10_000:>8,} {1_000:>8,} {assigned:>9,} {seconds:>8.2f}\n")


def _print_table() -> None:
    sys.stdout.write(
        f"{'items':>8} {'members':>8} {'groups':>7} {'per group':>10} {'assigned':>9} {'seconds':>8} "
        f"{'per second':>11} {'peak MB':>8} {'obvious s':>10} {'timed on':>9} {'ratio':>7}\n"
    )
    seconds: dict[tuple[int, float], list[tuple[int, float]]] = {}
    for share in (0.25, 1.0):
        for items, members in SIZES:
            run = _in_own_process(items, members, share)
            seconds.setdefault((members, share), []).append((items, run["seconds"]))
            sys.stdout.write(
                f"{items:>8,} {members:>8,} {run['groups']:>7.0f} {members * share:>10,.0f} {run['assigned']:>9,.0f} "
                f"{run['seconds']:>8.2f} {items / run['seconds']:>11,.0f} {run['peak_mb']:>8,.0f} "
                f"{run['obvious_seconds']:>10,.1f} {run['timed_on']:>9,.0f} "
                f"{run['obvious_seconds'] / run['seconds']:>6,.0f}x\n"
            )
            sys.stdout.flush()
    for (members, share), runs in seconds.items():
        per_item = ", ".join(f"{took / items * 1e6:.0f} µs at {items:,}" for items, took in runs)
        sys.stdout.write(f"linearity, {members:,} members, {members * share:,.0f} per group: {per_item}\n")


def _in_own_process(items: int, members: int, share: float) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.bench_engine", "--size", f"{items},{members},{share}"]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def measure(items: int, members: int, share: float) -> dict[str, float]:
    """Seconds and peak memory of one size, of the engine and of the obvious implementation."""
    under = policy(20 if members >= 1_000 else 5)
    taken = snapshot(under, items, members, share)
    with uncollected():
        start = time.process_time()
        plan = decide(taken, under)
        seconds = time.process_time() - start
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    obvious = Obvious(taken, under)
    with uncollected():
        start = time.process_time()
        line = obvious.line()
        line_seconds = time.process_time() - start
        timed_on = min(len(line), OBVIOUS_ITEMS)
        start = time.process_time()
        expected = [obvious.outcome(item, group) for item, group, _ in line[:timed_on]]
        loop_seconds = time.process_time() - start
    got = [one.to.username if isinstance(one, Assign) else None for one in plan.decisions[:timed_on]]
    if got != [one.to for one in expected]:
        raise AssertionError("the engine and the obvious implementation disagree")
    return {
        "groups": len(under.groups),
        "assigned": sum(isinstance(one, Assign) for one in plan.decisions),
        "seconds": seconds,
        "peak_mb": peak_kb / BYTES_PER_KB,
        "obvious_seconds": line_seconds + loop_seconds / timed_on * len(line),
        "timed_on": timed_on,
    }


def policy(groups: int, methods: tuple[Method, ...] = METHODS) -> Policy:
    """Groups of these methods in turn, with skills, caps, quotas, thresholds and points."""
    hot, big = "Rating = 'Hot'", "NumberOfEmployees >= 500"
    lead = WorkObject(
        "Lead",
        parse_condition("IsConverted = false"),
        load=LoadRules(1, (Rule(parse_condition(big), 2, big),)),
        score=ScoreRules(0, (Rule(parse_condition(hot), 50, hot),), aging=Aging(1, dt.timedelta(minutes=10), 60)),
    )
    made = tuple(_group(number, methods[number % len(methods)]) for number in range(groups))
    return Policy("sha256:bench", made, {"Lead": lead}, timezone="Europe/London")


def _group(number: int, method: Method) -> Group:
    by_match = method is Method.BEST_MATCH
    return Group(
        name=f"Team {number}",
        object="Lead",
        source=parse_condition(f"Owner.Name = 'Queue {number}'"),
        members=Members(condition=parse_condition(f"Teams__c INCLUDES ('T{number}')")),
        match=(
            MatchPair("Language__c", "Languages__c", required=True),
            MatchPair("Product__c", "Products__c", required=True),
            *((MatchPair("Country", "Countries__c", weight=2), MatchPair("Rating", "Ratings__c")) if by_match else ()),
        ),
        method=method,
        caps=Caps(day=30, week=100),
        quota=80,
        threshold=160,
        ramp=None,
    )


def snapshot(under: Policy, items: int, members: int, share: float) -> Snapshot:
    """A Monday morning: `share` of the members are in each group."""
    dice = random.Random(7)
    groups = len(under.groups)
    people = tuple(_member(dice, number, groups, share) for number in range(members))
    rotation = {(group.name, one.id): Turn(dice.randint(1, 5_000)) for group in under.groups for one in people}
    load = {one.id: Load({"Lead": 20}, {"Lead": float(dice.randint(10, 40))}) for one in people}
    waiting = tuple(_item(dice, number, groups) for number in range(items))
    return Snapshot(NOW, "Europe/London", waiting, people, load, rotation, last_turn=5_000)


def _member(dice: random.Random, number: int, groups: int, share: float) -> Member:
    values = {
        "teams__c": ";".join(f"T{team}" for team in dice.sample(range(groups), max(1, round(groups * share)))),
        "languages__c": ";".join(dice.sample(LANGUAGES, 2)),
        "products__c": ";".join(dice.sample(PRODUCTS, 2)),
        "countries__c": ";".join(dice.sample(COUNTRIES, 2)),
        "ratings__c": dice.choice(("Hot", "Warm;Cold")),
    }
    return Member(
        f"005{number:015d}", f"user{number:05d}@acme.example", f"User {number}", True, "Europe/London", values
    )


def _item(dice: random.Random, number: int, groups: int) -> WorkItem:
    created = NOW - dt.timedelta(seconds=dice.randint(0, 200_000))
    values: Record = {
        "owner.name": f"Queue {dice.randrange(groups)}",
        "isconverted": False,
        "rating": dice.choice(("Hot", "Warm", "Cold")),
        "numberofemployees": dice.choice((10, 50, 500, 5_000)),
        "language__c": dice.choice(LANGUAGES),
        "product__c": dice.choice((*PRODUCTS, None)),
        "country": dice.choice(COUNTRIES),
    }
    return WorkItem("Lead", f"00Q{number:015d}", "00G000000000000001", created, created, created, values)


if __name__ == "__main__":
    main()
