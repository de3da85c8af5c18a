"""How much work a record is: whether it is active at all, and its load points. `intake` and the engine ask."""

from __future__ import annotations

import datetime as dt

from sfassign.core.model import Record
from sfassign.core.policy import Policy, WorkObject
from sfassign.core.reading import Remembered, any_dated, condition_test, fields_of

CLOSED_FLAG = {"Lead": "isconverted", "Case": "isclosed", "Opportunity": "isclosed"}
"""The standard field that says a record is done, whatever the policy's `active` says."""


class Workload:
    """The load points of one object's records."""

    def __init__(self, work: WorkObject, policy: Policy, org_timezone: str) -> None:
        self._active = condition_test(work.active, policy, org_timezone)
        self._closed = CLOSED_FLAG.get(work.name)
        self._base = work.load.base
        self._rules = tuple((condition_test(rule.when, policy, org_timezone), rule.add) for rule in work.load.rules)
        conditions = (work.active, *(rule.when for rule in work.load.rules))
        fields = fields_of(conditions) | ({self._closed} if self._closed else set())
        self.points = Remembered(fields, any_dated(conditions), self._points)
        """The record's load points, None where it is not active."""

    def _points(self, record: Record, now: dt.datetime) -> float | None:
        if self._closed is not None and record.get(self._closed) is True:
            return None
        if not self._active(record, now):
            return None
        return max(0.0, self._base + sum(add for holds, add in self._rules if holds(record, now)))
