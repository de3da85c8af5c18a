"""What a record is to the policy: active work or not, how many load points, and which group it waits in.

The sync asks for every row it reads, the engine for every item of a snapshot. Answers are remembered by the values of
the fields the conditions name, so that records that look alike cost one look-up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sfassign.core.decision import Score
from sfassign.core.load import Workload
from sfassign.core.model import Record, WorkItem
from sfassign.core.policy import Group, Policy, WorkObject
from sfassign.core.reading import Remembered, Test, any_dated, condition_test, fields_of
from sfassign.core.scoring import Scorer


@dataclass(frozen=True, slots=True)
class Taken:
    """`points` are load points while `active`, else 0; `group` is the one the record belongs to, None where no
    enabled group takes it or it is not active."""

    active: bool
    points: float
    group: str | None


NOT_WORK = Taken(False, 0.0, None)


class _ObjectIntake:
    """Intake of one object."""

    def __init__(self, work: WorkObject, policy: Policy, org_timezone: str) -> None:
        groups = [group for group in policy.enabled_groups if group.object == work.name]
        self.points = Workload(work, policy, org_timezone).points
        self.scorer = Scorer(work, policy, org_timezone)
        self._sources: list[tuple[Test, Group]] = [
            (condition_test(group.source, policy, org_timezone), group) for group in groups
        ]
        sources = [group.source for group in groups]
        self._takers = Remembered(fields_of(sources), any_dated(sources), self._taking)
        self._reviews = [(condition_test(rule.when, policy, org_timezone), rule.reason) for rule in work.review]
        reviewed = [rule.when for rule in work.review]
        self.review = Remembered(fields_of(reviewed), any_dated(reviewed), self._reviewed)

    def group(self, record: Record, now: dt.datetime) -> str | None:
        """The first group whose source takes the record and whose tiers accept it."""
        for group in self._takers(record, now):
            if group.tiers is None or self.scorer.tier(record, now) in group.tiers:
                return group.name
        return None

    def in_a_source(self, record: Record, now: dt.datetime) -> bool:
        return bool(self._takers(record, now))

    def _taking(self, record: Record, now: dt.datetime) -> tuple[Group, ...]:
        return tuple(group for takes, group in self._sources if takes(record, now))

    def _reviewed(self, record: Record, now: dt.datetime) -> str | None:
        return next((reason for holds, reason in self._reviews if holds(record, now)), None)


def place_in_line(item: WorkItem, group: Group, score: Score) -> tuple[int, float, dt.datetime, str]:
    """All waiting items are served in this order."""
    return -group.priority, -score.total, item.created_at, item.id


class Intake:
    """The policy's conditions about records, compiled once and used for many records."""

    def __init__(self, policy: Policy, org_timezone: str) -> None:
        self._objects = {name: _ObjectIntake(work, policy, org_timezone) for name, work in policy.objects.items()}

    def of(self, object_name: str, record: Record, now: dt.datetime) -> Taken:
        """What this record (flat, lower-case paths) is at `now`. Objects the policy does not count are no work."""
        found = self._objects.get(object_name)
        if found is None:
            return NOT_WORK
        points = found.points(record, now)
        return NOT_WORK if points is None else Taken(True, points, found.group(record, now))

    def could_wait(self, object_name: str, record: Record, now: dt.datetime) -> bool:
        """Whether the record is active work that some source takes, whatever its tier."""
        found = self._objects.get(object_name)
        return found is not None and found.points(record, now) is not None and found.in_a_source(record, now)

    def review(self, item: WorkItem, now: dt.datetime) -> str | None:
        """The reason of the first review rule that holds; None where the item need not be looked at."""
        return self._objects[item.object].review(item.values, now)

    def score(self, item: WorkItem, now: dt.datetime) -> Score:
        return self._objects[item.object].scorer.score(item.values, item.aging_since, now)
