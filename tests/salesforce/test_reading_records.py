"""Hours, holidays, events, skills and groups, as the real adapter reads them from the local org."""

from __future__ import annotations

import datetime as dt

from sfassign.core.records import (
    AwayRecord,
    BusinessHoursRecord,
    GroupRecord,
    HolidayRecord,
    LinkRecord,
    RoleRecord,
    SkillRecord,
)
from sfassign.ports import PollRequest, Unreadable
from tests.salesforce.acme import Acme
from tests.salesforce.answers import NOON

DAY = dt.timedelta(days=1)
NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SLOW = PollRequest(
    away=NOON, business_hours=True, holidays=True, skills=True, groups=True, links=True, roles=True, frozen=True
)


def stamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_every_slow_record_is_read_in_two_calls(acme: Acme) -> None:
    org, local = acme.connect(), acme.local
    service = {"Name": "Late", "IsActive": False, "TimeZoneSidKey": "Asia/Kolkata", "MondayStartTime": "14:30:00.000Z"}
    local.insert("BusinessHours", service | {"MondayEndTime": "00:00:00.000Z"})
    times = {"StartTimeInMinutes": 720, "EndTimeInMinutes": 1440, "IsAllDay": False}
    local.insert("Holiday", {"Name": "Eve", "ActivityDate": "2026-12-24", **times})
    top = local.insert("UserRole", {"Name": "Top", "DeveloperName": "Top"})
    below = local.insert("UserRole", {"Name": "Below", "DeveloperName": "Below", "ParentRoleId": top})
    role = local.insert("Group", {"Name": "r", "DeveloperName": "r", "Type": "Role", "RelatedId": below})
    local.insert("GroupMember", {"GroupId": acme.queue, "UserOrGroupId": role})
    resource = local.insert("ServiceResource", {"Name": "Alice", "RelatedRecordId": acme.alice, "IsActive": True})
    skill = local.insert("Skill", {"MasterLabel": "Plant hire", "DeveloperName": "Plant_hire"})
    given = {"ServiceResourceId": resource, "SkillId": skill, "EffectiveStartDate": stamp(NEW_YEAR)}
    local.insert("ServiceResourceSkill", given)
    before = org.calls
    polled = org.poll(SLOW)
    assert org.calls - before == 2
    hours = ((dt.time(14, 30), dt.time()), *[(None, None)] * 6)
    assert isinstance(polled.business_hours, tuple)
    assert BusinessHoursRecord("Late", False, "Asia/Kolkata", hours) in polled.business_hours
    assert polled.holidays == (HolidayRecord("Eve", dt.date(2026, 12, 24), (720, 1440)),)
    assert polled.skills == (SkillRecord(acme.alice, "Plant hire", "Plant_hire", NEW_YEAR, None),)
    assert isinstance(polled.groups, tuple)
    assert GroupRecord(role, "r", "r", "Role", below) in polled.groups
    assert isinstance(polled.links, tuple)
    assert LinkRecord(acme.queue, role) in polled.links
    assert isinstance(polled.roles, tuple)
    assert RoleRecord(below, top, False) in polled.roles


def test_only_events_that_hold_somewhere_on_earth_or_begin_soon_are_read(acme: Acme) -> None:
    midnight = NOON.replace(hour=0)

    def add(start: dt.datetime, end: dt.datetime, **fields: object) -> AwayRecord:
        said = {"OwnerId": acme.alice, "Subject": "x", "StartDateTime": stamp(start), "EndDateTime": stamp(end)}
        acme.local.insert("Event", {**said, **fields})
        return AwayRecord(acme.alice, start, end, fields.get("IsAllDayEvent") is True)

    wanted = {
        add(NOON - DAY, NOON + DAY, ShowAs="OutOfOffice"),
        add(NOON + DAY / 48, NOON + DAY, ShowAs="OutOfOffice"),
        add(midnight, midnight, IsAllDayEvent=True),
        add(midnight - DAY, midnight - DAY, IsAllDayEvent=True),
    }
    add(NOON - DAY, NOON + DAY, ShowAs="Busy")
    add(NOON + 2 * DAY, NOON + 3 * DAY, ShowAs="OutOfOffice")
    add(midnight - 2 * DAY, midnight - 2 * DAY, IsAllDayEvent=True)
    polled = acme.connect().poll(PollRequest(away=NOON))
    assert isinstance(polled.away, tuple)
    assert set(polled.away) == wanted


def test_an_org_without_skills_has_none_and_any_other_missing_part_is_told(acme: Acme) -> None:
    for name in ("ServiceResourceSkill", "Holiday"):
        acme.local.hide_object(name)
    polled = acme.connect().poll(SLOW)
    assert polled.skills == ()
    assert isinstance(polled.holidays, Unreadable)
    assert isinstance(polled.groups, tuple)
