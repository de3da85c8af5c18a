"""Working hours, absence, membership and skills that live in the org, through the whole product."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest

from sfassign.bootstrap import App
from sfassign.core.availability import member_lines
from sfassign.cycle import present_snapshot
from sfassign.errors import OrgUnreachable
from sfassign.outcome import CycleReport
from tests.cycle.world import POLICY, World

HOURS = 'hours: {service: {business_hours: "Default", holidays: all}}\n'
IN_HOURS = POLICY + "    available: {hours: service}\n" + HOURS
AWAY = POLICY + "    available: {out_of_office: true}\n"
QUEUE = POLICY.replace("\"UserRole.Name = 'SDR'\"", "{queue: Web Leads}")
PUBLIC = POLICY.replace("\"UserRole.Name = 'SDR'\"", "{public_group: Inside sales}")
SKILLED = POLICY + "    match: [{item: Title, member: skills, required: true}]\n"
MONDAY = dt.date(2026, 11, 23)


def under(world: World, policy: str, leads: int = 1, **fields: Any) -> tuple[App, CycleReport]:
    world.write_policy(policy)
    world.add_leads(leads, **fields)
    app = world.app()
    return app, world.cycle(app)


def names(report: CycleReport) -> list[str]:
    return sorted(str(line.owner_username).split("@")[0] for line in report.assigned)


def states(world: World, app: App) -> dict[str, tuple[str | None, str]]:
    """What `sfassign members` shows of everyone."""
    snapshot = present_snapshot(app.store, app.policy, world.clock.now(), dt.timedelta(minutes=2))
    return {line.username.split("@")[0]: (line.gate, line.detail) for line in member_lines(snapshot, app.policy)}


def business_hours(world: World, name: str, zone: str, start: str | None, end: str | None, **fields: Any) -> None:
    days = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
    times = {f"{day}{edge}Time": at for day in days for edge, at in (("Start", start), ("End", end))}
    world.org.insert("BusinessHours", {"Name": name, "IsActive": True, "TimeZoneSidKey": zone, **times, **fields})


def holiday(world: World, name: str, **fields: Any) -> None:
    world.org.insert("Holiday", {"Name": name, "ActivityDate": MONDAY.isoformat(), "IsAllDay": True} | fields)


def event(world: World, name: str, start: str, end: str, **fields: Any) -> None:
    said = {"OwnerId": world.people[name], "Subject": "x", "StartDateTime": start, "EndDateTime": end, **fields}
    world.org.insert("Event", said)


def public_group(world: World, name: str, *members: str, kind: str = "Regular", related: str | None = None) -> str:
    fields = {"Name": name, "DeveloperName": name.replace(" ", "_"), "Type": kind, "RelatedId": related}
    made = world.org.insert("Group", fields)
    for member in members:
        world.org.insert("GroupMember", {"GroupId": made, "UserOrGroupId": member})
    return made


# working hours ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "start", "end", "works"),
    [
        pytest.param("Europe/London", "09:00:00.000Z", "17:00:00.000Z", True, id="open in London"),
        pytest.param("America/New_York", "09:00:00.000Z", "17:00:00.000Z", False, id="five in the morning in New York"),
        pytest.param("America/New_York", "00:00:00.000Z", "00:00:00.000Z", True, id="both midnight: round the clock"),
        pytest.param("Europe/London", None, None, False, id="no times: closed"),
    ],
)
def test_the_orgs_business_hours_say_who_works_in_their_own_time_zone(
    world: World, zone: str, start: str | None, end: str | None, works: bool
) -> None:
    business_hours(world, "Support", zone, start, end)
    _, report = under(world, IN_HOURS.replace("Default", "Support"))
    assert len(report.assigned) == int(works)
    assert [line.reasons for line in report.waiting] == ([] if works else [{"off_hours": 3}])
    assert report.exit_code == 0


def test_an_all_day_holiday_closes_the_whole_day_and_a_timed_one_its_hours(world: World) -> None:
    business_hours(world, "Support", "Europe/London", "09:00:00.000Z", "17:00:00.000Z")
    holiday(world, "Stock taking", IsAllDay=False, StartTimeInMinutes=10 * 60, EndTimeInMinutes=11 * 60)
    app, report = under(world, IN_HOURS.replace("Default", "Support"))
    assert report.waiting[0].reasons == {"holiday": 3}
    assert states(world, app)["ann"] == ("holiday", "2026-11-23 10:00-11:00 is a holiday in 'service'")
    world.clock.pass_by(hours=1)
    assert len(world.cycle(app).assigned) == 1
    holiday(world, "Founders' day")
    world.add_leads(1)
    world.clock.pass_by(minutes=6)
    assert world.cycle(app).waiting[0].reasons == {"holiday": 3}


def test_a_holiday_that_comes_every_year_is_taken_by_its_name_and_others_are_not(world: World) -> None:
    fields = {"RecurrenceType": "RecursYearly", "RecurrenceDayOfMonth": 23, "RecurrenceMonthOfYear": "November"}
    start = {"IsRecurrence": True, "RecurrenceStartDate": "2020-11-23", "ActivityDate": "2020-11-23"}
    holiday(world, "Founders' day", **fields, **start)
    own = POLICY + "    available: {hours: office}\nhours: {office: {days: {mon-sun: '00:00-24:00'}, holidays: [%s]}}\n"
    _, report = under(world, own % "Founders' day")
    assert report.waiting[0].reasons == {"holiday": 3}
    holiday(world, "Boxing day", ActivityDate="2026-12-26")
    _, report = under(world, own % "Boxing day")
    assert len(report.assigned) == 2


def test_hours_the_org_does_not_have_never_open_and_every_cycle_says_so(world: World) -> None:
    app, report = under(world, IN_HOURS.replace("Default", "Nights"))
    assert report.waiting[0].reasons == {"off_hours": 3}
    assert states(world, app)["ann"] == ("off_hours", "'service' is not known: the org has no business hours 'Nights'")
    for again in (report, world.cycle(app)):
        assert again.unreadable == ("hours 'service' never open: the org has no business hours 'Nights'",)
        assert again.exit_code == 3


def test_a_holiday_that_cannot_be_interpreted_or_does_not_exist_is_a_loud_warning(world: World) -> None:
    business_hours(world, "Support", "Europe/London", "00:00:00.000Z", "00:00:00.000Z")
    holiday(world, "Odd day", IsRecurrence=True, RecurrenceType="RecursWeekly", RecurrenceStartDate="2026-01-01")
    policy = IN_HOURS.replace("Default", "Support").replace("all}", "[Odd day, Easter]}")
    _, report = under(world, policy)
    assert len(report.assigned) == 1
    assert report.unreadable == (
        "hours 'service': the org has no holiday 'Easter'",
        "holiday 'Odd day' closes nothing: its date or recurrence cannot be interpreted",
    )


# out of office ------------------------------------------------------------------------------------------------------


def test_who_is_out_of_office_gets_nothing_until_the_event_ends(world: World) -> None:
    world.org.settings.session_seconds = 86_400
    event(world, "ann", "2026-11-23T09:00:00Z", "2026-11-23T18:00:00Z", ShowAs="OutOfOffice")
    event(world, "bob", "2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z", IsAllDayEvent=True)
    event(world, "cyd", "2026-11-23T09:00:00Z", "2026-11-23T18:00:00Z", ShowAs="Busy")
    world.org.update("User", world.people["ann"], {"TimeZoneSidKey": "Europe/Berlin"})
    world.org.update("User", world.people["bob"], {"TimeZoneSidKey": "Europe/London"})
    app, report = under(world, AWAY, leads=3)
    assert names(report) == ["cyd", "cyd", "cyd"]
    assert states(world, app) == {
        "ann": ("out_of_office", "until 19:00 Europe/Berlin"),
        "bob": ("out_of_office", "until 2026-11-25 00:00 Europe/London"),
        "cyd": (None, ""),
    }
    world.clock.pass_by(hours=9)
    world.add_leads(3)
    assert names(world.cycle(app)) == ["ann", "ann", "cyd"]


@pytest.mark.parametrize(("zone", "away"), [("Pacific/Auckland", False), ("America/Los_Angeles", True)])
def test_an_all_day_event_is_the_day_in_the_members_own_time_zone(world: World, zone: str, away: bool) -> None:
    world.org.settings.session_seconds = 86_400
    world.clock.pass_by(hours=16)  # Tuesday 02:20 UTC: Monday evening in Los Angeles, Tuesday afternoon in Auckland
    event(world, "ann", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", IsAllDayEvent=True)
    world.org.update("User", world.people["ann"], {"TimeZoneSidKey": zone})
    app, _ = under(world, AWAY)
    assert (states(world, app)["ann"][0] == "out_of_office") is away


def test_an_event_entered_later_and_one_about_to_begin_are_seen_in_time(world: World) -> None:
    event(world, "ann", "2026-11-23T10:12:00Z", "2026-11-23T12:00:00Z", ShowAs="OutOfOffice")
    app, _ = under(world, AWAY)
    assert states(world, app)["ann"] == (None, "")
    event(world, "bob", "2026-11-23T09:00:00Z", "2026-11-23T12:00:00Z", ShowAs="OutOfOffice")
    for _ in range(12):
        world.cycle(app)
    assert [states(world, app)[name][0] for name in ("ann", "bob", "cyd")] == ["out_of_office", "out_of_office", None]


def test_events_that_cannot_be_read_fail_closed_and_name_the_missing_right(world: World) -> None:
    world.org.hide_object("Event")
    app, report = under(world, AWAY)
    assert report.waiting[0].reasons == {"presence_stale": 3}
    for again in (report, world.cycle(app)):
        assert again.exit_code == 3
        assert any("View All Data" in line for line in again.unreadable)
        assert any("'Web leads' get nothing" in line for line in again.unreadable)


def test_events_that_can_no_longer_be_read_stop_the_group_at_once(world: World) -> None:
    app, report = under(world, AWAY)
    assert len(report.assigned) == 1
    world.org.hide_object("Event")
    world.add_leads(1)
    world.clock.pass_by(minutes=6)
    assert world.cycle(app).waiting[0].reasons == {"presence_stale": 3}


# members ------------------------------------------------------------------------------------------------------------


def test_the_members_of_a_queue_get_what_waits_in_it(world: World) -> None:
    for name in ("ann", "cyd"):
        world.org.insert("GroupMember", {"GroupId": world.queue, "UserOrGroupId": world.people[name]})
    app, report = under(world, QUEUE, leads=4)
    assert Counter(names(report)) == {"ann": 2, "cyd": 2}
    assert report.exit_code == 0
    assert set(states(world, app)) == {"ann", "cyd"}


def test_a_queue_of_more_people_than_a_query_can_name_is_found_among_all_active_users(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sfassign.reading.MOST_IN_POOLS", 1)
    for name in ("ann", "cyd"):
        world.org.insert("GroupMember", {"GroupId": world.queue, "UserOrGroupId": world.people[name]})
    app, report = under(world, QUEUE, leads=4)
    assert Counter(names(report)) == {"ann": 2, "cyd": 2}
    assert len(app.store.snapshot(world.clock.now(), ()).members) == 4, "the admin and bob are known, and no members"


def test_who_joins_the_queue_later_gets_work_from_then_on_and_who_leaves_none(world: World) -> None:
    link = world.org.insert("GroupMember", {"GroupId": world.queue, "UserOrGroupId": world.people["ann"]})
    app, _ = under(world, QUEUE)
    world.org.insert("GroupMember", {"GroupId": world.queue, "UserOrGroupId": world.people["bob"]})
    world.org.delete("GroupMember", link)
    world.clock.pass_by(minutes=6)
    world.cycle(app)
    world.add_leads(3)
    assert set(names(world.cycle(app))) == {"bob"}


def test_a_public_group_counts_everyone_through_groups_roles_and_those_below_them(world: World) -> None:
    lead_role = world.org.insert("UserRole", {"Name": "Lead", "DeveloperName": "Lead_role"})
    below = world.org.insert("UserRole", {"Name": "Junior", "DeveloperName": "Junior", "ParentRoleId": lead_role})
    world.org.update("User", world.people["bob"], {"UserRoleId": lead_role})
    world.org.update("User", world.people["cyd"], {"UserRoleId": below})
    roles = public_group(world, "roles", kind="RoleAndSubordinatesInternal", related=lead_role)
    inner = public_group(world, "inner", roles)
    outer = public_group(world, "Inside sales", inner, world.people["ann"])
    world.org.insert("GroupMember", {"GroupId": inner, "UserOrGroupId": outer})  # a circle
    _, report = under(world, PUBLIC, leads=3)
    assert names(report) == ["ann", "bob", "cyd"]
    assert report.exit_code == 0


def test_a_role_without_those_below_it_counts_its_own_users_only(world: World) -> None:
    below = world.org.insert("UserRole", {"Name": "Junior", "DeveloperName": "Junior", "ParentRoleId": world.role})
    world.org.update("User", world.people["cyd"], {"UserRoleId": below})
    public_group(world, "Inside sales", public_group(world, "role", kind="Role", related=world.role))
    _, report = under(world, PUBLIC, leads=3)
    assert set(names(report)) == {"ann", "bob"}


def test_a_queue_that_does_not_exist_leaves_the_group_without_members_and_says_so(world: World) -> None:
    _, report = under(world, QUEUE.replace("{queue: Web Leads}", "{queue: Wep Leads}"))
    assert report.assigned == ()
    assert report.unreadable == ("group 'Web leads' has no members: the org has no queue 'Wep Leads'",)
    assert report.exit_code == 3


def test_a_kind_of_member_that_cannot_be_resolved_is_named(world: World) -> None:
    manager = public_group(world, "boss", kind="Manager", related=world.people["bob"])
    public_group(world, "Inside sales", manager, world.people["ann"])
    _, report = under(world, PUBLIC)
    assert names(report) == ["ann"]
    assert report.unreadable == (
        "public group 'Inside sales' holds a group of the type Manager, whose users are left out",
    )


def test_groups_that_cannot_be_read_leave_nobody_and_name_the_right(world: World) -> None:
    world.org.hide_object("UserRole")
    app, report = under(world, QUEUE)
    assert report.assigned == ()
    for again in (report, world.cycle(app)):
        assert "group 'Web leads': roles could not be read" in again.unreadable
        assert any(line.endswith("grant View Roles and Role Hierarchy") for line in again.unreadable)
        assert again.exit_code == 3


def test_an_outage_at_the_start_only_delays_who_is_in_the_queue(world: World) -> None:
    world.org.insert("GroupMember", {"GroupId": world.queue, "UserOrGroupId": world.people["ann"]})
    world.write_policy(QUEUE)
    world.add_leads(1)
    app = world.app()
    app.ports.gatherer.reading()
    world.org.faults.fail(times=20, status=503)
    with pytest.raises(OrgUnreachable):
        world.cycle(app)
    world.org.faults.clear()
    assert names(world.cycle(app)) == ["ann"]


# skills -------------------------------------------------------------------------------------------------------------


def add_skill(world: World, name: str, skill: str, start: str, end: str | None = None, active: bool = True) -> None:
    resource = {"Name": name, "RelatedRecordId": world.people[name], "IsActive": active}
    made = world.org.insert("Skill", {"MasterLabel": skill, "DeveloperName": skill.replace(" ", "_")})
    world.org.insert(
        "ServiceResourceSkill",
        {
            "ServiceResourceId": world.org.insert("ServiceResource", resource),
            "SkillId": made,
            "EffectiveStartDate": start,
            "EffectiveEndDate": end,
        },
    )


def test_skills_of_the_service_resource_count_while_they_hold(world: World) -> None:
    add_skill(world, "ann", "Plant hire", "2026-01-01T00:00:00Z")
    add_skill(world, "bob", "Plant hire", "2026-01-01T00:00:00Z", "2026-11-01T00:00:00Z")
    add_skill(world, "cyd", "Plant hire", "2026-01-01T00:00:00Z", active=False)
    _, report = under(world, SKILLED, leads=2, Title="Plant hire")
    assert names(report) == ["ann", "ann"]
    _, report = under(world, SKILLED, leads=1, Title="plant_HIRE")
    assert names(report) == ["ann"]


def test_an_org_without_service_resources_has_only_the_skills_of_the_policy(world: World) -> None:
    world.org.hide_object("ServiceResourceSkill")
    _, report = under(world, SKILLED + "people: [{user: bob@acme.example, skills: [Boss]}]\n", Title="Boss")
    assert names(report) == ["bob"]
    assert report.exit_code == 0


# what it costs, and what is not seen ----------------------------------------------------------------------------------


def test_an_idle_cycle_costs_one_call_with_everything_asked_of_the_org(world: World) -> None:
    world.write_policy(EVERYTHING)
    world.org.insert("GroupMember", {"GroupId": world.queue, "UserOrGroupId": world.people["ann"]})
    world.add_leads(3)
    app = world.app()
    world.cycle(app)
    for _ in range(60):
        before = world.org.calls
        assert world.cycle(app).api_calls == 1
        assert world.org.calls - before == 1
    age = world.clock.now() - dt.timedelta(minutes=5)
    for part in ("users", "frozen", "away", "business_hours", "holidays", "skills", "groups", "links", "roles"):
        assert dt.datetime.fromisoformat(app.store.fact(f"read:{part}") or "") > age, part


def test_not_one_visible_session_looks_like_a_missing_right_and_says_so(world: World) -> None:
    for row in world.org.query("SELECT Id FROM AuthSession"):
        world.org.delete("AuthSession", row["Id"])
    _, report = under(world, POLICY + "    available: {logged_in: {idle: 30m}}\n")
    assert report.waiting[0].reasons == {"absent": 3}
    assert report.exit_code == 3
    assert "grant Manage Users" in report.unreadable[0]


def test_a_night_with_nobody_logged_in_is_no_alarm_while_our_own_session_shows(world: World) -> None:
    world.clock.pass_by(hours=1)
    _, report = under(world, POLICY + "    available: {logged_in: {idle: 30m}}\n")
    assert report.waiting[0].reasons == {"absent": 3}
    assert (report.unreadable, report.exit_code) == ((), 0)


EVERYTHING = """
version: 1
hours: {service: {business_hours: "Default", holidays: all}}
groups:
  - {name: Leads, object: Lead, source: "Owner.Name = 'Web Leads'", members: {queue: Web Leads}, ramp: off,
     available: {logged_in: {idle: 30m}, out_of_office: true},
     match: [{item: Title, member: skills, required: true}]}
  - {name: Cases, object: Case, source: "Owner.Name = 'Web Leads'", members: {queue: Web Leads},
     available: {hours: service}}
  - {name: Deals, object: Opportunity, source: "Owner.Username = 'intake@acme.example'",
     members: "UserRole.Name = 'SDR'"}
"""
