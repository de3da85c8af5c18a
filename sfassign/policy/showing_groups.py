"""Assignment groups back as data, for `showing`."""

from __future__ import annotations

from typing import Any

from sfassign.core import policy as core
from sfassign.core.durations import duration_text
from sfassign.policy.written import caps_data, limit_data, number_data, without_none


def group_data(group: core.Group) -> dict[str, Any]:
    """One group in the shape of the file, defaults filled in."""
    return without_none(
        {
            "name": group.name,
            "was": group.was,
            "enabled": group.enabled,
            "object": group.object,
            "source": str(group.source),
            "tiers": group.tiers and list(group.tiers),
            "hold": duration_text(group.hold),
            "priority": group.priority,
            "members": _members(group.members),
            "available": _available(group.available),
            "match": [_pair(pair) for pair in group.match],
            "prefer": list(group.prefer) or None,
            "prefer_wait": duration_text(group.prefer_wait) if group.prefer_wait else None,
            "method": group.method.value,
            "weight": _weight(group.weight),
            "least_loaded": _measure(group),
            "caps": caps_data(group.caps),
            "group_caps": caps_data(group.group_caps),
            "quota": limit_data(group.quota),
            "threshold": limit_data(group.threshold),
            **_afterwards(group),
        }
    )


def _afterwards(group: core.Group) -> dict[str, Any]:
    return {
        "ramp": {"at_most": group.ramp.at_most, "per": duration_text(group.ramp.per)} if group.ramp else "off",
        "overflow": group.overflow and _overflow(group.overflow),
        "neglect": group.neglect and _neglect(group.neglect),
        "cherry_picking": group.cherry_picking,
        "on_assigned": group.on_assigned and _writes(group.on_assigned),
        "on_not_assigned": group.on_not_assigned and _writes(group.on_not_assigned),
        "on_review": group.on_review and _writes(group.on_review),
        "notify": list(group.notify) or None,
    }


def _measure(group: core.Group) -> dict[str, str] | None:
    """Shown where it matters or was chosen."""
    chosen = group.method is core.Method.LEAST_LOADED or group.least_loaded is not core.LoadMeasure.POINTS
    return {"by": group.least_loaded.value} if chosen else None


def _members(members: core.Members) -> Any:
    if members.queue is not None:
        return {"queue": members.queue}
    if members.public_group is not None:
        return {"public_group": members.public_group}
    if members.listed is not None:
        return [_listed(member) for member in members.listed]
    return str(members.condition)


def _listed(member: core.ListedMember) -> Any:
    if member == core.ListedMember(member.username):
        return member.username
    data = {
        "user": member.username,
        "weight": limit_data(member.weight),
        "caps": None if member.caps is None else caps_data(member.caps),
        "enabled": member.enabled,
    }
    return without_none(data)


def _available(available: core.Availability) -> dict[str, Any]:
    return without_none(
        {
            "logged_in": available.logged_in and _logged_in(available.logged_in),
            "omni": available.omni and list(available.omni),
            "hours": available.hours,
            "out_of_office": available.out_of_office,
        }
    )


def _logged_in(logged_in: core.LoggedIn) -> bool | dict[str, Any]:
    if logged_in == core.LoggedIn():
        return True
    idle = logged_in.idle and duration_text(logged_in.idle)
    return without_none({"idle": idle, "session_types": list(logged_in.session_types) or None})


def _pair(pair: core.MatchPair) -> dict[str, Any]:
    return without_none(
        {
            "item": pair.item,
            "member": pair.member,
            "test": pair.test.value,
            "required": pair.required,
            "relax_after": pair.relax_after and duration_text(pair.relax_after),
            "weight": None if pair.weight is None else number_data(pair.weight),
        }
    )


def _weight(weight: core.WeightRules) -> dict[str, Any] | None:
    if weight == core.WeightRules():
        return None
    performance = weight.performance and duration_text(weight.performance)
    return without_none({"performance": performance, "headroom": weight.headroom})


def _overflow(overflow: core.Overflow) -> dict[str, Any]:
    return {"after": duration_text(overflow.after), "to": _destination(overflow.to)}


def _destination(to: core.Destination) -> dict[str, Any]:
    return without_none({"group": to.group, "queue": to.queue, "user": to.user})


def _neglect(neglect: core.Neglect) -> dict[str, Any]:
    return without_none(
        {
            "untouched_for": duration_text(neglect.untouched_for),
            "quiet_for": neglect.quiet_for and duration_text(neglect.quiet_for),
            "covers": neglect.covers,
            "hours": neglect.hours,
            "remind_before": neglect.remind_before and duration_text(neglect.remind_before),
            "then": neglect.then,
            "exclude_last": neglect.exclude_last,
            "at_most": neglect.at_most,
            "finally": neglect.finally_ and _destination(neglect.finally_),
            "mark_away": neglect.mark_away,
        }
    )


def _writes(writes: core.FieldWrites) -> dict[str, Any]:
    data = {
        "after": writes.after and duration_text(writes.after),
        "set": dict(writes.set) or None,
        "children": list(writes.children) or None,
    }
    return without_none(data)
