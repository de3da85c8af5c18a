"""The load of an object as the org can count it: active records by owner, and those of each load rule. For resync.

Points of a record are `base` and what every rule that holds for it adds (policy.md, Load). So the points of an owner
are base x active records + the sum over rules of add x records for which the rule holds: one aggregate query each. What
cannot be added up like this says why, and is read record by record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sfassign.core.policy import LoadRules
from sfassign.ports import CountRead
from sfassign.reading import CLOSED, Reading
from sfassign.soql import parse_condition, paths
from sfassign.soql.tree import And, Condition

MILLIONTH = 1_000_000
"""Load points are kept as whole millionths."""

Sums = Mapping[str, tuple[int, float]]
"""Active items and load points by owner."""


@dataclass(frozen=True, slots=True)
class Counting:
    """What to count of one object. The first read counts active records, the others those of a rule each; `millionths`
    are the points of a record in each."""

    object: str
    reads: tuple[CountRead, ...]
    millionths: tuple[int, ...]

    def sums(self, counts: Sequence[Mapping[str, int]]) -> Sums:
        return {
            owner: (
                count,
                sum(each * found.get(owner, 0) for each, found in zip(self.millionths, counts, strict=True))
                / MILLIONTH,
            )
            for owner, count in counts[0].items()
        }

    def of(self, owners: Sequence[str]) -> Counting:
        """The same of these owners only."""
        reads = tuple(CountRead(read.object, read.where, tuple(owners)) for read in self.reads)
        return Counting(self.object, reads, self.millionths)


def counting(reading: Reading, name: str, now: dt.datetime) -> Counting | str:
    """How to count this object's load, or why it cannot be counted."""
    work = reading.policy.objects[name]
    rules = work.load.rules
    reason = _not_summable(work.load) or next(
        (why for one in (work.active, *(rule.when for rule in rules)) if (why := _not_filterable(reading, name, one))),
        None,
    )
    if reason is not None:
        return reason
    closed = CLOSED.get(name)
    active = (reading.active(name, now), *([parse_condition(f"{closed} = false")] if closed else []))
    conditions = [active, *((*active, reading.resolved(name, rule.when, now)) for rule in rules)]
    reads = tuple(CountRead(name, terms[0] if len(terms) == 1 else And(tuple(terms))) for terms in conditions)
    points = (work.load.base, *(rule.add for rule in rules))
    return Counting(name, reads, tuple(round(one * MILLIONTH) for one in points))


def _not_summable(load: LoadRules) -> str | None:
    adds = [rule.add for rule in load.rules]
    if any(abs(one * MILLIONTH - round(one * MILLIONTH)) > 1e-3 for one in (load.base, *adds)):
        return "points with more than six decimals are rounded record by record"
    if load.base + sum(add for add in adds if add < 0) < 0:
        return "points below zero are cut off record by record"
    return None


def _not_filterable(reading: Reading, name: str, condition: Condition) -> str | None:
    for path in paths(condition):
        shape = reading.shapes.field(name, path)
        if shape is None or not shape.filterable:
            return f"the org cannot filter by {name}.{path}"
    return None
