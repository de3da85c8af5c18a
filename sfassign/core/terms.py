"""What a neglect clock runs by: the policy's `neglect` block as it was when the item was given, kept with the clock.

Changing the policy affects assignments made from then on, so a running clock goes by its own terms. Made by `deliver`
for every assignment and by `gather` for what a member got in any other way; the store keeps them as text, once each.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sfassign.core.calendar import Calendar
from sfassign.core.hours import org_hours
from sfassign.core.policy import Destination, Group, Hours, Neglect, Policy, Span
from sfassign.core.records import OrgRecords

MEMBER, ALWAYS = "member", "always"
STATUS, ACTIVITY, EDIT = "status", "activity", "edit"


@dataclass(frozen=True, slots=True)
class Terms:
    """`hours` are as the policy writes them, None for always: what the org says of them (business hours, holidays) is
    looked up when asked, so that a holiday declared later stops running clocks too. `timezone` is the policy's."""

    neglect: Neglect
    hours: Hours | None
    timezone: str
    touched: tuple[str, ...]

    def calendar(self, records: OrgRecords, now: dt.datetime) -> Calendar | None:
        """The hours the clock runs in, None for always."""
        return None if self.hours is None else Calendar(org_hours(self.hours, records, now), self.timezone)


def hours_name(group: Group, member_hours: str | None) -> str | None:
    """The name of the hours a clock of this group runs in; `member_hours` are the ones `people` gives the owner."""
    neglect = group.neglect
    name = None if neglect is None else neglect.hours or group.available.hours
    if name == MEMBER:
        return member_hours
    return None if name == ALWAYS else name


def terms_of(policy: Policy, group: Group, member_hours: str | None, org_timezone: str) -> Terms | None:
    """None where the group does not look after what it gave."""
    if group.neglect is None:
        return None
    name = hours_name(group, member_hours)
    hours = None if name is None else policy.hours[name]
    touched = policy.objects[group.object].touched
    return Terms(group.neglect, hours, policy.timezone or org_timezone, touched)


def terms_text(terms: Terms) -> str:
    """The terms as JSON, the same text for the same terms."""
    document = {
        "neglect": _neglect(terms.neglect),
        "hours": None if terms.hours is None else _hours(terms.hours),
        "timezone": terms.timezone,
        "touched": list(terms.touched),
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def terms_from(text: str) -> Terms:
    """What `terms_text` made."""
    kept = json.loads(text)
    hours = None if kept["hours"] is None else _hours_from(kept["hours"])
    return Terms(_neglect_from(kept["neglect"]), hours, kept["timezone"], tuple(kept["touched"]))


def _neglect(neglect: Neglect) -> dict[str, Any]:
    last = neglect.finally_
    return {
        "untouched_for": neglect.untouched_for.total_seconds(),
        "quiet_for": _seconds(neglect.quiet_for),
        "covers": neglect.covers,
        "hours": neglect.hours,
        "remind_before": _seconds(neglect.remind_before),
        "then": neglect.then,
        "exclude_last": neglect.exclude_last,
        "at_most": neglect.at_most,
        "finally": None if last is None else {"queue": last.queue, "user": last.user},
        "mark_away": neglect.mark_away,
    }


def _neglect_from(kept: Mapping[str, Any]) -> Neglect:
    last = kept["finally"]
    return Neglect(
        untouched_for=dt.timedelta(seconds=kept["untouched_for"]),
        quiet_for=_duration(kept["quiet_for"]),
        covers=kept["covers"],
        hours=kept["hours"],
        remind_before=_duration(kept["remind_before"]),
        then=kept["then"],
        exclude_last=kept["exclude_last"],
        at_most=kept["at_most"],
        finally_=None if last is None else Destination(queue=last["queue"], user=last["user"]),
        mark_away=kept["mark_away"],
    )


def _hours(hours: Hours) -> dict[str, Any]:
    days = {
        str(day): [[span.start.isoformat(), span.end.isoformat()] for span in spans]
        for day, spans in hours.days.items()
    }
    return {
        "name": hours.name,
        "timezone": hours.timezone,
        "days": days,
        "holidays": sorted(day.isoformat() for day in hours.holidays),
        "business_hours": hours.business_hours,
        "holiday_names": list(hours.holiday_names),
    }


def _hours_from(kept: Mapping[str, Any]) -> Hours:
    days = {
        int(day): tuple(Span(dt.time.fromisoformat(start), dt.time.fromisoformat(end)) for start, end in spans)
        for day, spans in kept["days"].items()
    }
    return Hours(
        name=kept["name"],
        timezone=kept["timezone"],
        days=MappingProxyType(days),
        holidays=frozenset(map(dt.date.fromisoformat, kept["holidays"])),
        business_hours=kept["business_hours"],
        holiday_names=tuple(kept["holiday_names"]),
    )


def _seconds(duration: dt.timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _duration(seconds: float | None) -> dt.timedelta | None:
    return None if seconds is None else dt.timedelta(seconds=seconds)
