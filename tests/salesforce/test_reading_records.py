"""Hours, holidays, events, skills and groups, as the real adapter reads them from the local org."""

from __future__ import annotations

import datetime as dt

from sfassign.core.records import (
    AwayRecord,
    BusinessHoursRecord,
    GroupRecord,
    HolidayRecord,
    LinkRecord,
    ResultsRecord,
    RoleRecord,
    SkillRecord,
)
from sfassign.ports import MilestoneRead, MilestoneRow, PollRequest, ResultsRead, Unreadable
from sfassign.soql import parse_condition
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


def counting(*owners: str, success: str = "IsConverted = true", closed: str = "Rating != 'Hot'") -> ResultsRead:
    trees = parse_condition(success), parse_condition(closed)
    return ResultsRead("won of closed", "Lead", NOON - 90 * DAY, *trees, owners)


def add_lead(acme: Acme, owner: str, **fields: object) -> None:
    acme.local.insert("Lead", {"LastName": "x", "Company": "x", "OwnerId": owner, "Rating": "Cold", **fields})


def test_won_and_closed_records_of_everybody_asked_about_are_counted_in_one_call(acme: Acme) -> None:
    bob = acme.local.add_user("bob@acme.example", "Bob")
    for owner, converted, rating in (
        (acme.alice, True, "Cold"),
        (acme.alice, False, "Cold"),
        (acme.alice, True, "Hot"),
        (acme.queue, True, "Cold"),
    ):
        add_lead(acme, owner, IsConverted=converted, Rating=rating)
    add_lead(acme, acme.alice, IsConverted=True, CreatedDate=stamp(NOON - 91 * DAY))
    org = acme.connect()
    before = org.calls
    polled = org.poll(PollRequest(results=(counting(acme.alice, bob),)))
    assert polled.results == (ResultsRecord("won of closed", ((acme.alice, 1, 2), (bob, 0, 0))),)
    assert org.calls - before == 1


def test_a_wide_condition_counts_as_no_wider_than_it_is_written(acme: Acme) -> None:
    add_lead(acme, acme.queue, IsConverted=True)
    add_lead(acme, acme.alice, IsConverted=True, Rating="Hot")
    either = counting(
        acme.alice, success="IsConverted = true OR Rating = 'Hot'", closed="Company = 'y' OR Rating = 'Hot'"
    )
    polled = acme.connect().poll(PollRequest(results=(either,)))
    assert polled.results == (ResultsRecord("won of closed", ((acme.alice, 1, 1),)),)


def test_a_thousand_owners_are_counted_by_queries_that_fit_a_url_and_the_groups_of_one_answer(acme: Acme) -> None:
    many = tuple(f"005{number:012d}AAA" for number in range(1_000))
    add_lead(acme, acme.alice, IsConverted=True)
    org = acme.connect()
    before = org.calls
    polled = org.poll(PollRequest(results=(counting(acme.alice, *many),)))
    assert isinstance(polled.results, tuple)
    assert polled.results[0].members[0] == (acme.alice, 1, 1)
    assert len(polled.results[0].members) == 1_001
    assert org.calls - before == 2, "two counts in three queries each, five to a call"


def test_a_count_that_is_refused_is_one_part_that_cannot_be_read(acme: Acme) -> None:
    polled = acme.connect().poll(PollRequest(results=(counting(acme.alice, closed="Nope__c = 1"),), frozen=True))
    assert isinstance(polled.results, Unreadable)
    assert polled.results.code == "INVALID_FIELD"
    assert polled.frozen == frozenset()


def test_milestones_are_read_by_their_cases_or_by_what_changed(acme: Acme) -> None:
    case = acme.local.insert("Case", {"Subject": "x", "OwnerId": acme.queue})
    other = acme.local.insert("Case", {"Subject": "y", "OwnerId": acme.queue})
    made = [
        acme.local.insert("CaseMilestone", {"CaseId": of, "TargetDate": stamp(NOON + DAY), "CompletionDate": done})
        for of, done in ((case, None), (case, stamp(NOON)), (other, None))
    ]
    org = acme.connect()
    open_one = MilestoneRow(made[0], case, NOON + DAY, True)
    assert org.poll(PollRequest(milestones=MilestoneRead(cases=(case,)))).milestones == (open_one,)
    changed = org.poll(PollRequest(milestones=MilestoneRead(since=NOON - DAY))).milestones
    assert isinstance(changed, tuple)
    assert {(row.id, row.is_open) for row in changed} == {(made[0], True), (made[1], False), (made[2], True)}
    assert org.poll(PollRequest(milestones=MilestoneRead(since=NOON + 9 * DAY))).milestones == ()
