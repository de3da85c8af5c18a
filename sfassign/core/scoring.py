"""How urgent or valuable a waiting item is: the order in which items are served, and its tier.

The score is the base, every rule that holds, the approach of a deadline, and aging. The tier goes by the score
without aging. Parts that add nothing are left out.
"""

from __future__ import annotations

import datetime as dt

from sfassign.core.calendar import instant_of, zone_of
from sfassign.core.decision import Score, ScorePart
from sfassign.core.figures import clock_text
from sfassign.core.model import FieldValue, Record
from sfassign.core.policy import Aging, Deadline, Policy, WorkObject
from sfassign.core.reading import Remembered, any_dated, condition_test, fields_of

LOWEST_TIER = "low"
_NEXT_DAY = dt.timedelta(days=1)


class Scorer:
    """Scores the records of one object."""

    def __init__(self, work: WorkObject, policy: Policy, org_timezone: str) -> None:
        rules = work.score
        self._base = rules.base
        self._aging = rules.aging
        self._deadline = rules.deadline
        self._tiers = rules.tiers
        self._zone = zone_of(policy.timezone or org_timezone)
        self._rules = tuple((condition_test(rule.when, policy, org_timezone), rule) for rule in rules.rules)
        self._parts = [ScorePart(rule.text, rule.add) for rule in rules.rules]
        conditions = [rule.when for rule in rules.rules]
        self._by_rules = Remembered(fields_of(conditions), any_dated(conditions), self._ruled)

    def score(self, record: Record, aging_since: dt.datetime, now: dt.datetime) -> Score:
        """The whole score at `now` of a record that ages since then."""
        plain = self._without_aging(record, now)
        if self._aging is None:
            return plain
        aged = _aged(self._aging, aging_since, now)
        if not aged:
            return plain
        return Score(plain.total + aged, (*plain.parts, ScorePart("aging", aged)), plain.tier)

    def tier(self, record: Record, now: dt.datetime) -> str | None:
        """The name of the range that the score without aging lies in; None where no tiers are named."""
        return self._without_aging(record, now).tier

    def _without_aging(self, record: Record, now: dt.datetime) -> Score:
        ruled = self._by_rules(record, now)
        if self._deadline is None:
            return ruled
        at = self._deadline_at(record.get(self._deadline.field.lower()))
        near = 0.0 if at is None else _approach(self._deadline, at, now)
        if at is None or not near:
            return ruled
        total = ruled.total + near
        name = f"deadline milestone {clock_text(at, now, self._zone)}" if self._deadline.by_milestone else "deadline"
        return Score(total, (*ruled.parts, ScorePart(name, near)), self._tier_of(total))

    def _ruled(self, record: Record, now: dt.datetime) -> Score:
        held = [part for (holds, _), part in zip(self._rules, self._parts, strict=True) if holds(record, now)]
        parts = (*([ScorePart("base", self._base)] if self._base else []), *held)
        total = self._base + sum(part.add for part in held)
        return Score(total, parts, self._tier_of(total))

    def _tier_of(self, total: float) -> str | None:
        if not self._tiers:
            return None
        return next((name for name, lowest in self._tiers if total >= lowest), LOWEST_TIER)

    def _deadline_at(self, value: FieldValue) -> dt.datetime | None:
        """A dateTime field as it is; a date field is due when that day ends. None where the field holds neither."""
        if not isinstance(value, str):
            return None
        try:
            if len(value) == len("2026-01-31"):
                return instant_of(dt.date.fromisoformat(value) + _NEXT_DAY, dt.time(), self._zone)
            at = dt.datetime.fromisoformat(value)
        except ValueError:
            return None
        return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def _approach(deadline: Deadline, at: dt.datetime, now: dt.datetime) -> float:
    """From 0 `within` before the deadline to `add` at it, and no more after it."""
    gone = 1 - (at - now) / deadline.within
    return deadline.add * min(1.0, max(0.0, gone))


def _aged(aging: Aging, since: dt.datetime, now: dt.datetime) -> float:
    """Linear, not in steps; never negative, at most `at_most`."""
    added = aging.add * max(0.0, (now - since) / aging.every)
    return added if aging.at_most is None else min(added, aging.at_most)
