"""Every condition that the enabled part of a policy goes by, with its place in the file and whose answer counts.

`check` runs each in the org and compares the org's answers with ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sfassign.core import policy as core
from sfassign.policy.document import Path as Steps
from sfassign.policy.fields import USER
from sfassign.soql.tree import Condition

OURS = "sfassign's answer is what counts"
THEIRS = "the org's answer is what counts"
BOTH = "only records for which both say yes count"


@dataclass(frozen=True, slots=True)
class StandingCondition:
    object: str
    condition: Condition
    steps: Steps
    counts: str


def standing_conditions(policy: core.Policy) -> tuple[StandingCondition, ...]:
    """In the order of the file's sections; one that stands in several places is told at its first."""
    found: dict[tuple[str, str], StandingCondition] = {}
    for one in _all(policy):
        found.setdefault((one.object, str(one.condition)), one)
    return tuple(found.values())


def _all(policy: core.Policy) -> Iterator[StandingCondition]:
    for work in policy.objects.values():
        yield from _of_object(work, ("objects", work.name))
    for at, person in enumerate(policy.people):
        if person.condition is not None:
            yield StandingCondition(USER, person.condition, ("people", at, "user"), OURS)
    for at, group in enumerate(policy.groups):
        if group.enabled:
            yield StandingCondition(group.object, group.source, ("groups", at, "source"), BOTH)
            if group.members.condition is not None:
                yield StandingCondition(USER, group.members.condition, ("groups", at, "members"), BOTH)


def _of_object(work: core.WorkObject, at: Steps) -> Iterator[StandingCondition]:
    yield StandingCondition(work.name, work.active, (*at, "active"), BOTH)
    for key, condition in (("success", work.success), ("closed", work.closed)):
        if condition is not None:
            yield StandingCondition(work.name, condition, (*at, key), THEIRS)
    for key, rules in (("load", work.load.rules), ("score", work.score.rules)):
        for number, rule in enumerate(rules):
            yield StandingCondition(work.name, rule.when, (*at, key, "rules", number, "when"), OURS)
    for number, flag in enumerate(work.review):
        yield StandingCondition(work.name, flag.when, (*at, "review", number, "when"), OURS)
