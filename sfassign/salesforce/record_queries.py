"""The SOQL for the slow records: out-of-office events, hours, holidays, skills, groups, roles. Used by `reading`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import chain

from sfassign.core.away import AHEAD
from sfassign.ports import MilestoneRead
from sfassign.soql import literal

CASES_PER_QUERY = 400
"""27 bytes each in a URL."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BEHIND_UTC = dt.timedelta(hours=36)
"""An all-day event is stamped 00:00 UTC of its last day, which ends 36 hours later where clocks are furthest behind."""
_AHEAD_OF_UTC = dt.timedelta(hours=14)
"""… and its first day begins this much earlier where clocks are furthest ahead."""


def away(now: dt.datetime) -> str:
    """Events that make their owner absent now or soon. The master of a classic series is no occurrence itself."""
    since, until = now - _BEHIND_UTC, now + AHEAD + _AHEAD_OF_UTC
    return (
        "SELECT OwnerId, StartDateTime, EndDateTime, IsAllDayEvent FROM Event"  # noqa: S608 — SOQL only reads
        " WHERE (IsAllDayEvent = true OR ShowAs = 'OutOfOffice') AND IsRecurrence = false"
        f" AND EndDateTime >= {_instant(since)} AND StartDateTime <= {_instant(until)}"
    )


def queues(with_routing: bool) -> str:
    """Every queue, and whether Omni-Channel routes it (Group.QueueRoutingConfigId, Object Reference), a field that
    orgs without Omni-Channel do not have."""
    routing = ", QueueRoutingConfigId" if with_routing else ""
    return f"SELECT Id, Name{routing} FROM Group WHERE Type = 'Queue'"  # noqa: S608 — fixed text


def pending(items: Sequence[str]) -> list[str]:
    """Items that wait in Omni-Channel's own line, in as many queries as their Ids need."""
    return [
        f"SELECT WorkItemId FROM PendingServiceRouting WHERE WorkItemId IN {literal(list(some))}"  # noqa: S608
        for some in (items[start : start + CASES_PER_QUERY] for start in range(0, len(items), CASES_PER_QUERY))
    ]


def business_hours() -> str:
    times = chain.from_iterable((f"{day}StartTime", f"{day}EndTime") for day in DAYS)
    return f"SELECT Name, IsActive, TimeZoneSidKey, {', '.join(times)} FROM BusinessHours"  # noqa: S608 — fixed text


def holidays() -> str:
    return (
        "SELECT Name, ActivityDate, IsAllDay, StartTimeInMinutes, EndTimeInMinutes, IsRecurrence, RecurrenceType,"
        " RecurrenceStartDate, RecurrenceEndDateOnly, RecurrenceInterval, RecurrenceDayOfWeekMask,"
        " RecurrenceDayOfMonth, RecurrenceInstance, RecurrenceMonthOfYear FROM Holiday"
    )


def skills() -> str:
    return (
        "SELECT ServiceResource.RelatedRecordId, Skill.MasterLabel, Skill.DeveloperName, EffectiveStartDate,"
        " EffectiveEndDate FROM ServiceResourceSkill WHERE ServiceResource.IsActive = true"
    )


def groups() -> str:
    return (
        "SELECT Id, Name, DeveloperName, Type, RelatedId FROM Group"
        " WHERE Type IN ('Queue', 'Regular', 'Role', 'RoleAndSubordinates', 'RoleAndSubordinatesInternal',"
        " 'Organization', 'Manager', 'ManagerAndSubordinatesInternal', 'Territory', 'TerritoryAndSubordinates')"
    )


def links() -> str:
    return "SELECT GroupId, UserOrGroupId FROM GroupMember WHERE Group.Type IN ('Queue', 'Regular')"


def roles() -> str:
    return "SELECT Id, ParentRoleId, PortalType FROM UserRole"


def milestones(read: MilestoneRead) -> list[str]:
    """The open ones of some Cases, as many as fit a URL in each query, or those that changed, oldest change first."""
    columns = "SELECT Id, CaseId, TargetDate, IsCompleted FROM CaseMilestone WHERE"
    if not read.cases:
        since = f" SystemModstamp >= {_instant(read.since)}" if read.since is not None else " IsCompleted = false"
        return [f"{columns}{since} ORDER BY SystemModstamp, Id"]
    parts = (read.cases[start : start + CASES_PER_QUERY] for start in range(0, len(read.cases), CASES_PER_QUERY))
    listed = (",".join(f"'{case}'" for case in part) for part in parts)
    return [f"{columns} IsCompleted = false AND CaseId IN ({cases})" for cases in listed]


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
