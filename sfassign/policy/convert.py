"""From the checked models to the core's values, with every default of the policy's meaning filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sfassign.core import policy as core
from sfassign.policy.convert_groups import caps, given, group, limit
from sfassign.policy.defaults import TOUCHED, standard
from sfassign.policy.schema import (
    AgingSection,
    DeadlineSection,
    HoursSection,
    ObjectSection,
    PersonSection,
    PolicySection,
    RuleSection,
    ScoreSection,
)
from sfassign.policy.shapes import FieldLimitSection
from sfassign.soql.tree import Condition


def policy(section: PolicySection, hash_: str) -> core.Policy:
    """The whole policy. The file must have passed every check of this room."""
    groups = tuple(group(each) for each in section.groups)
    return core.Policy(
        hash=hash_,
        groups=groups,
        objects=MappingProxyType(_objects(section.objects, (each.object for each in groups))),
        timezone=section.timezone,
        week_starts=section.week_starts or 0,
        hours=MappingProxyType({name: _hours(name, each) for name, each in section.hours.items()}),
        people=tuple(_person(each) for each in section.people),
    )


def _hours(name: str, section: HoursSection) -> core.Hours:
    spans = {day: spans for days, spans in (section.days or {}).items() for day in days}
    return core.Hours(
        name=name,
        timezone=section.timezone,
        days=MappingProxyType(dict(sorted(spans.items()))),
        holidays=frozenset(day for day in section.holidays if isinstance(day, dt.date)),
        business_hours=section.business_hours,
        holiday_names=tuple(day for day in section.holidays if isinstance(day, str)),
    )


def _objects(named: Mapping[str, ObjectSection], used: Iterable[str]) -> dict[str, core.WorkObject]:
    """Every object that counts: those the file names, then those its groups use."""
    named_ones = {name: (section, section.active or standard(name).active) for name, section in named.items()}
    implied = {name: (ObjectSection(), standard(name).active) for name in used if name not in named_ones}
    return {
        name: _object(name, section, active)
        for name, (section, active) in {**named_ones, **implied}.items()
        if active is not None
    }


def _object(name: str, section: ObjectSection, active: Condition) -> core.WorkObject:
    return core.WorkObject(
        name=name,
        active=active,
        load=core.LoadRules(section.load.base, _rules(section.load.rules)),
        score=_score(section.score),
        review=tuple(core.ReviewRule(each.when, each.reason) for each in section.review),
        touched=TOUCHED if section.touched is None else tuple(section.touched),
        success=section.success or standard(name).success,
        closed=section.closed or standard(name).closed,
    )


def _rules(sections: Iterable[RuleSection]) -> tuple[core.Rule, ...]:
    return tuple(core.Rule(each.when.tree, each.add, each.when.text) for each in sections)


def _score(section: ScoreSection) -> core.ScoreRules:
    return core.ScoreRules(
        base=section.base,
        rules=_rules(section.rules),
        aging=given(_aging, section.aging),
        deadline=given(_deadline, section.deadline),
        tiers=tuple(sorted(section.tiers.items(), key=lambda tier: -tier[1])),
    )


def _aging(section: AgingSection) -> core.Aging:
    return core.Aging(section.add, section.every, section.at_most)


def _deadline(section: DeadlineSection) -> core.Deadline:
    return core.Deadline(section.field, section.within, section.add)


def _person(section: PersonSection) -> core.Person:
    quota = section.quota
    return core.Person(
        username=section.user if isinstance(section.user, str) else None,
        condition=None if isinstance(section.user, str) else section.user,
        skills=tuple(section.skills),
        weight=limit(section.weight),
        quota=None if isinstance(quota, dict) else limit(quota),
        object_quotas=MappingProxyType(_object_quotas(quota) if isinstance(quota, dict) else {}),
        threshold=limit(section.threshold),
        caps=caps(section.caps),
        hours=section.hours,
    )


def _object_quotas(quotas: Mapping[str, int | FieldLimitSection]) -> dict[str, core.Limit]:
    return {name: found for name, quota in quotas.items() if (found := limit(quota)) is not None}
