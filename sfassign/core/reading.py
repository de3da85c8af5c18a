"""Conditions of the policy, compiled for records and users, and remembered answers for records that look alike.

Everything in the core that evaluates a condition comes through here, so that all of them mean the same time zone and
the same first day of the week.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from sfassign.core.calendar import zone_of
from sfassign.core.model import FieldValue, Member, Record
from sfassign.core.policy import Policy
from sfassign.soql import compile_condition, has_date_literal, paths
from sfassign.soql.tree import Condition

Test = Callable[[Record, dt.datetime], bool]
T = TypeVar("T")

_MOST_REMEMBERED = 50_000
"""Distinct looks of records kept per memory; then it starts afresh."""


def condition_test(condition: Condition, policy: Policy, org_timezone: str) -> Test:
    """The condition as a function of a flat record and an instant."""
    return compile_condition(condition, zone_of(policy.timezone or org_timezone), policy.week_starts)


def user_record(member: Member) -> Record:
    """A user's fields as a condition on User sees them: those read, and those every user has."""
    fixed: dict[str, FieldValue] = {
        "id": member.id,
        "username": member.username,
        "name": member.name,
        "isactive": member.is_active,
        "timezonesidkey": member.timezone,
    }
    return {**fixed, **member.values}


class Remembered(Generic[T]):
    """Answers about records by the values of the fields they depend on.

    Where a condition has a date literal the answer depends on the clock too, so it is remembered for one instant only.
    """

    def __init__(self, fields: Iterable[str], dated: bool, answer: Callable[[Record, dt.datetime], T]) -> None:
        self._fields = tuple(sorted(set(fields)))
        self._dated = dated
        self._answer = answer
        self._kept: dict[tuple[FieldValue, ...], T] = {}
        self._kept_at: dt.datetime | None = None

    def __call__(self, record: Record, now: dt.datetime) -> T:
        if (self._dated and now != self._kept_at) or len(self._kept) > _MOST_REMEMBERED:
            self._kept.clear()
            self._kept_at = now
        key = tuple(map(record.get, self._fields))
        try:
            return self._kept[key]
        except KeyError:
            kept = self._kept[key] = self._answer(record, now)
            return kept


def fields_of(conditions: Iterable[Condition]) -> set[str]:
    """The fields these conditions name, as lower-case dotted paths."""
    return {path.key for condition in conditions for path in paths(condition)}


def any_dated(conditions: Iterable[Condition]) -> bool:
    """Whether one of them names a day relative to today."""
    return any(has_date_literal(condition) for condition in conditions)
