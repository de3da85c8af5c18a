"""The policy back as data and as YAML, every default filled in: what `sfassign policy show` prints."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import yaml

from sfassign.core import policy as core
from sfassign.core.durations import duration_text
from sfassign.policy.showing_groups import group_data
from sfassign.policy.spans import DAYS, WEEKDAYS
from sfassign.policy.written import caps_data, limit_data, number_data, spans_text, without_none
from sfassign.soql.tree import Condition


def as_data(policy: core.Policy) -> dict[str, Any]:
    """The policy in the shape of its file, in values that JSON knows."""
    return without_none(
        {
            "version": 1,
            "timezone": policy.timezone,
            "week_starts": WEEKDAYS[policy.week_starts],
            "hours": {name: _hours(hours) for name, hours in policy.hours.items()},
            "objects": {name: _object(work) for name, work in policy.objects.items()},
            "people": [_person(person) for person in policy.people],
            "groups": [group_data(group) for group in policy.groups],
        }
    )


def show(policy: core.Policy) -> str:
    """The policy as YAML; reading it again gives an equal policy (but for the hash, which is of the text)."""
    return yaml.dump(as_data(policy), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    """Writes no anchors, and numbers without an exponent, since the reader takes neither."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the answer is the same for all data
        return True


def _plain_number(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:float", f"{Decimal(repr(value)):f}")


_Dumper.add_representer(float, _plain_number)


def _hours(hours: core.Hours) -> dict[str, Any]:
    dates = sorted(day.isoformat() for day in hours.holidays)
    return without_none(
        {
            "timezone": hours.timezone,
            "days": {DAYS[day]: spans_text(spans) for day, spans in hours.days.items()} or None,
            "business_hours": hours.business_hours,
            "holidays": [*dates, *hours.holiday_names],
        }
    )


def _object(work: core.WorkObject) -> dict[str, Any]:
    return without_none(
        {
            "active": str(work.active),
            "load": {"base": number_data(work.load.base), "rules": [_rule(rule) for rule in work.load.rules]},
            "score": _score(work.score),
            "review": [{"when": str(rule.when), "reason": rule.reason} for rule in work.review] or None,
            "touched": list(work.touched),
            "success": _condition(work.success),
            "closed": _condition(work.closed),
        }
    )


def _condition(condition: Condition | None) -> str | None:
    return None if condition is None else str(condition)


def _rule(rule: core.Rule) -> dict[str, Any]:
    return {"when": rule.text, "add": number_data(rule.add)}


def _score(score: core.ScoreRules) -> dict[str, Any]:
    return without_none(
        {
            "base": number_data(score.base),
            "rules": [_rule(rule) for rule in score.rules],
            "aging": score.aging and _aging(score.aging),
            "deadline": score.deadline and _deadline(score.deadline),
            "tiers": {name: number_data(lowest) for name, lowest in score.tiers} or None,
        }
    )


def _aging(aging: core.Aging) -> dict[str, Any]:
    data = {"add": number_data(aging.add), "every": duration_text(aging.every), "at_most": limit_data(aging.at_most)}
    return without_none(data)


def _deadline(deadline: core.Deadline) -> dict[str, Any]:
    within = duration_text(deadline.within)
    return {"field": deadline.field, "within": within, "add": number_data(deadline.add)}


def _person(person: core.Person) -> dict[str, Any]:
    quotas = {name: limit_data(quota) for name, quota in person.object_quotas.items()}
    return without_none(
        {
            "user": person.username or _condition(person.condition),
            "skills": list(person.skills),
            "weight": limit_data(person.weight),
            "quota": limit_data(person.quota) or quotas or None,
            "threshold": limit_data(person.threshold),
            "caps": caps_data(person.caps) if person.caps != core.Caps() else None,
            "hours": person.hours,
        }
    )
