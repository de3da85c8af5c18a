"""Assignment groups from their models to the core's values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import MappingProxyType
from typing import TypeVar

from sfassign.core import policy as core
from sfassign.policy import schema_groups as schema
from sfassign.policy.shapes import FieldLimitSection

_Section = TypeVar("_Section")
_Value = TypeVar("_Value")

DEFAULT_RAMP = core.Ramp(5, dt.timedelta(minutes=5))


def given(turn: Callable[[_Section], _Value], section: _Section | None) -> _Value | None:
    """What was given, turned into a value; None where it was not."""
    return None if section is None else turn(section)


def limit(value: float | FieldLimitSection | None) -> core.Limit | None:
    if isinstance(value, FieldLimitSection):
        return core.FieldLimit(value.field)
    return None if value is None else float(value)


def caps(section: schema.CapsSection | None) -> core.Caps:
    if section is None:
        return core.Caps()
    return core.Caps(section.hour, section.day, section.week, section.month, section.rolling)


def group(section: schema.GroupSection) -> core.Group:
    """One group, defaults filled in."""
    return core.Group(
        name=section.name,
        object=section.object,
        source=section.source,
        members=_members(section.members),
        was=section.was,
        enabled=section.enabled,
        tiers=given(tuple, section.tiers),
        hold=section.hold or dt.timedelta(0),
        priority=section.priority,
        available=_available(section.available),
        match=tuple(_pair(each) for each in section.match),
        prefer=tuple(section.prefer),
        prefer_wait=section.prefer_wait or dt.timedelta(0),
        method=core.Method(section.method),
        weight=core.WeightRules(section.weight.performance, section.weight.headroom),
        least_loaded=core.LoadMeasure(section.least_loaded.by),
        caps=caps(section.caps),
        group_caps=caps(section.group_caps),
        quota=limit(section.quota),
        threshold=limit(section.threshold),
        ramp=_ramp(section.ramp),
        overflow=given(_overflow, section.overflow),
        neglect=given(_neglect, section.neglect),
        cherry_picking=section.cherry_picking,
        on_assigned=_writes(section.on_assigned),
        on_not_assigned=_writes(section.on_not_assigned),
        on_review=_writes(section.on_review),
        notify=tuple(dict.fromkeys(section.notify)),
    )


def _members(section: schema.Members) -> core.Members:
    if isinstance(section, schema.QueueSection):
        return core.Members(queue=section.queue)
    if isinstance(section, schema.PublicGroupSection):
        return core.Members(public_group=section.public_group)
    if isinstance(section, list):
        return core.Members(listed=tuple(_listed(each) for each in section))
    return core.Members(condition=section)


def _listed(entry: str | schema.ListedSection) -> core.ListedMember:
    if isinstance(entry, str):
        return core.ListedMember(entry)
    return core.ListedMember(entry.user, limit(entry.weight), given(caps, entry.caps), entry.enabled)


def _available(section: schema.AvailableSection) -> core.Availability:
    return core.Availability(
        logged_in=_logged_in(section.logged_in),
        omni=given(tuple, section.omni),
        hours=section.hours,
        out_of_office=section.out_of_office,
    )


def _logged_in(value: bool | schema.LoggedInSection | None) -> core.LoggedIn | None:
    if isinstance(value, schema.LoggedInSection):
        return core.LoggedIn(value.idle, tuple(value.session_types))
    return core.LoggedIn() if value else None


def _pair(section: schema.MatchSection) -> core.MatchPair:
    return core.MatchPair(
        section.item,
        section.member,
        core.MatchTest(section.test),
        section.required,
        section.relax_after,
        section.weight,
    )


def _ramp(section: str | schema.RampSection | None) -> core.Ramp | None:
    if isinstance(section, schema.RampSection):
        return core.Ramp(section.at_most, section.per)
    return None if section == "off" else DEFAULT_RAMP


def _overflow(section: schema.OverflowSection) -> core.Overflow:
    to = section.to
    return core.Overflow(section.after, core.Destination(to.group, to.queue, to.user))


def _neglect(section: schema.NeglectSection) -> core.Neglect:
    return core.Neglect(
        untouched_for=section.untouched_for,
        quiet_for=section.quiet_for,
        covers=section.covers,
        hours=section.hours,
        remind_before=section.remind_before,
        then=section.then,
        exclude_last=section.exclude_last,
        at_most=section.at_most,
        finally_=given(_last, section.finally_),
        mark_away=section.mark_away,
    )


def _last(section: schema.FinallySection) -> core.Destination:
    return core.Destination(queue=section.queue, user=section.user)


def _writes(
    section: schema.OnAssignedSection | schema.OnNotAssignedSection | schema.OnReviewSection | None,
) -> core.FieldWrites | None:
    if section is None:
        return None
    return core.FieldWrites(
        set=MappingProxyType(dict(section.set)),
        children=tuple(getattr(section, "children", ())),
        after=getattr(section, "after", None),
    )
