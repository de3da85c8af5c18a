"""From the org's JSON to `core.records`, and milestones. Pure and as strict as `rows`; used by `reading`.

A working time or holiday that makes no sense is kept as it is: `core.hours` says so by its name, instead of a poll
that fails as a whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sfassign.core.model import FieldValue, Record
from sfassign.core.records import (
    AwayRecord,
    BusinessHoursRecord,
    GroupRecord,
    HolidayRecord,
    LinkRecord,
    RoleRecord,
    SkillRecord,
)
from sfassign.ports import MilestoneRow
from sfassign.salesforce.record_queries import DAYS
from sfassign.salesforce.rows import Raw, an_id, instant, optional_id, unexpected
from sfassign.soql import flatten


def away(raw: Raw) -> AwayRecord:
    values = flatten(raw)
    return AwayRecord(
        user=an_id(values, "ownerid", "Event"),
        start=instant(values.get("startdatetime"), "Event.StartDateTime"),
        end=instant(values.get("enddatetime"), "Event.EndDateTime"),
        all_day=values.get("isalldayevent") is True,
    )


def business_hours(raw: Raw) -> BusinessHoursRecord:
    values = flatten(raw)
    days = tuple((_time(values, f"{day}StartTime"), _time(values, f"{day}EndTime")) for day in DAYS)
    return BusinessHoursRecord(
        name=_text(values.get("name")) or "",
        is_active=values.get("isactive") is True,
        timezone=_text(values.get("timezonesidkey")) or "",
        days=days,
    )


def holiday(raw: Raw) -> HolidayRecord:
    values = flatten(raw)
    minutes = _number(values.get("starttimeinminutes")), _number(values.get("endtimeinminutes"))
    return HolidayRecord(
        name=_text(values.get("name")) or "",
        day=_date(values, "ActivityDate"),
        minutes=None if values.get("isallday") is True else minutes,
        recurs=(_text(values.get("recurrencetype")) or "") if values.get("isrecurrence") is True else None,
        starts=_date(values, "RecurrenceStartDate"),
        ends=_date(values, "RecurrenceEndDateOnly"),
        interval=_number(values.get("recurrenceinterval")),
        weekdays=_number(values.get("recurrencedayofweekmask")),
        day_of_month=_number(values.get("recurrencedayofmonth")),
        instance=_text(values.get("recurrenceinstance")),
        month=_text(values.get("recurrencemonthofyear")),
    )


def skills(raws: Iterable[Raw]) -> tuple[SkillRecord, ...]:
    """Skills of resources that are users; others (crews, assets) have no related user."""
    rows = (flatten(raw) for raw in raws)
    return tuple(_skill(row) for row in rows if row.get("serviceresource.relatedrecordid") is not None)


def _skill(values: Record) -> SkillRecord:
    until = values.get("effectiveenddate")
    return SkillRecord(
        user=an_id(values, "serviceresource.relatedrecordid", "ServiceResourceSkill"),
        label=_text(values.get("skill.masterlabel")) or "",
        developer_name=_text(values.get("skill.developername")) or "",
        since=instant(values.get("effectivestartdate"), "ServiceResourceSkill.EffectiveStartDate"),
        until=None if until is None else instant(until, "ServiceResourceSkill.EffectiveEndDate"),
    )


def group(raw: Raw) -> GroupRecord:
    values = flatten(raw)
    return GroupRecord(
        id=an_id(values, "id", "Group"),
        name=_text(values.get("name")) or "",
        developer_name=_text(values.get("developername")),
        type=_text(values.get("type")) or "",
        related=optional_id(values, "relatedid", "Group"),
    )


def link(raw: Raw) -> LinkRecord:
    values = flatten(raw)
    return LinkRecord(an_id(values, "groupid", "GroupMember"), an_id(values, "userorgroupid", "GroupMember"))


def role(raw: Raw) -> RoleRecord:
    values = flatten(raw)
    return RoleRecord(
        id=an_id(values, "id", "UserRole"),
        parent=optional_id(values, "parentroleid", "UserRole"),
        is_portal=values.get("portaltype") not in (None, "None"),
    )


def milestone(raw: Raw) -> MilestoneRow:
    values = flatten(raw)
    return MilestoneRow(
        id=an_id(values, "id", "CaseMilestone"),
        case=an_id(values, "caseid", "CaseMilestone"),
        target_at=instant(values.get("targetdate"), "CaseMilestone.TargetDate"),
        is_open=values.get("iscompleted") is not True,
    )


def _text(value: FieldValue) -> str | None:
    return None if value is None else str(value)


def _number(value: FieldValue) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _date(values: Record, name: str) -> dt.date | None:
    value = values.get(name.lower())
    if value is None:
        return None
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise unexpected(f"Holiday.{name} is not a date") from None


def _time(values: Record, name: str) -> dt.time | None:
    """`09:00:00.000Z`: a time of day; the Z says nothing, it is local to the record's time zone."""
    value = values.get(name.lower())
    if value is None:
        return None
    try:
        return dt.time.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        raise unexpected(f"BusinessHours.{name} is not a time") from None


def ids(raws: Iterable[Raw]) -> frozenset[str]:
    return frozenset(an_id(flatten(raw), "id", "Group") for raw in raws)
