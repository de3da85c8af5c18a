"""How many API calls the daemon makes, counted by the org: what a manager pays for leaving it switched on."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from sfassign.bootstrap import App
from tests.cycle.test_daemon import Watched
from tests.cycle.world import World

POLLS_PER_HOUR = 240
MOST_A_DAY = 6_500
LOGGED_IN = "available: {logged_in: {idle: 30m}}"
AFTERCARE = (
    "neglect: {untouched_for: 20h, quiet_for: 3d, covers: members, remind_before: 1h, then: reassign,"
    " mark_away: true}\n"
    "    cherry_picking: return\n    notify: [salesforce]"
)
OBJECTS = """
version: 1
timezone: Europe/London
objects:
  Lead: {closed: "IsConverted = true OR Status = 'Closed - Not Converted'"}
  Case: {score: {deadline: {field: milestone, within: 2h, add: 100}, tiers: {urgent: 50}}}
  Opportunity: {}
"""
PLAIN = f"""{OBJECTS}
groups:
  - {{name: Web leads, object: Lead, source: "Owner.Name = 'Web Leads'", members: "UserRole.Name = 'SDR'", ramp: off,
     {LOGGED_IN}}}
  - {{name: Support, object: Case, source: "Owner.Name = 'Web Leads'", members: "UserRole.Name = 'SDR'", ramp: off}}
  - {{name: Deals, object: Opportunity, source: "Owner.Username = 'intake@acme.example'", ramp: off,
     members: "UserRole.Name = 'SDR'"}}
"""
EVERYTHING = f"""{OBJECTS}
groups:
  - name: Web leads
    object: Lead
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
    {LOGGED_IN}
    prefer: [account_owner, previous_owner, same_email]
    prefer_wait: 5m
    method: weighted_round_robin
    weight: {{performance: 90d}}
    caps: {{day: 100}}
    quota: 100
    ramp: off
    {AFTERCARE}
  - name: For next month
    object: Case
    source: "Owner.Name = 'Web Leads' AND Subject LIKE 'Later%'"
    members: "UserRole.Name = 'SDR'"
    hold: 40d
  - name: Support
    object: Case
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
    {LOGGED_IN}
    prefer: [previous_owner]
    method: least_loaded
    ramp: off
    {AFTERCARE}
  - name: Deals
    object: Opportunity
    source: "Owner.Username = 'intake@acme.example'"
    members: "UserRole.Name = 'SDR'"
    {LOGGED_IN}
    prefer: [account_owner]
    ramp: off
    {AFTERCARE}
"""


@pytest.fixture
def floor(world: World) -> World:
    return at_work(world)


def at_work(world: World) -> World:
    """Three people at their desks for days, a bell to ring, work in progress on all three objects, and a Case with an
    open milestone that is not to be given out before next month."""
    org = world.org
    org.settings.session_seconds = 40 * 86_400
    world.people["intake"] = world.add_person("intake", IsActive=True)
    org.update("User", world.people["intake"], {"UserRoleId": None})
    org.insert("CustomNotificationType", {"DeveloperName": "sfassign", "MasterLabel": "s", "CustomNotifTypeName": "s"})
    for name in ("ann", "bob", "cyd"):
        user = world.people[name]
        for number in range(4):
            world.add_lead(owner=user, Email=f"{name}{number}@customer.example")
            org.insert("Case", {"Subject": f"Help {number}", "OwnerId": user})
            deal = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-12-31", "OwnerId": user}
            org.insert("Opportunity", deal)
    later = org.insert("Case", {"Subject": "Later, please", "OwnerId": world.queue})
    org.insert("CaseMilestone", {"CaseId": later, "TargetDate": world.clock.now() + dt.timedelta(days=30)})
    world.clock.pass_by(minutes=10)
    return world


def at_their_desks(world: World) -> None:
    """Everybody's session was used just now."""
    live = {row["UsersId"]: row["Id"] for row in world.org.query("SELECT Id, UsersId FROM AuthSession")}
    for name in ("ann", "bob", "cyd"):
        user = world.people[name]
        if user in live:
            world.org.update("AuthSession", live[user], {}, by=user)
        else:
            session = {"UsersId": user, "SessionType": "UI", "LoginType": "Application", "NumSecondsValid": 7200}
            world.org.insert("AuthSession", session, by=user)


def calls_of_a_cycle(world: World, app: App) -> int:
    before = world.org.calls
    world.cycle(app)
    return world.org.calls - before


@pytest.mark.parametrize("policy", [PLAIN, EVERYTHING], ids=["plain", "everything switched on"])
def test_an_idle_cycle_over_three_objects_and_sessions_is_one_call(floor: World, policy: str) -> None:
    floor.write_policy(policy)
    at_their_desks(floor)
    app = floor.app()
    for _ in range(8):
        floor.cycle(app)
    assert [calls_of_a_cycle(floor, app) for _ in range(10)] == [1] * 10


@pytest.mark.parametrize("count", [1, 24, 25, 60])
def test_so_many_assignments_cost_a_call_more_for_every_24(floor: World, count: int) -> None:
    floor.write_policy(PLAIN)
    at_their_desks(floor)
    app = floor.app()
    for _ in range(8):
        floor.cycle(app)
    floor.add_leads(1)  # the first contact: what the org does with the date of a write is known from then on
    floor.cycle(app)
    floor.add_leads(count)
    before = floor.org.calls
    assert len(floor.cycle(app).assigned) == count
    assert floor.org.calls - before == 1 + math.ceil(count / 24)


def test_a_lead_given_out_with_everything_switched_on_costs_a_look_up_a_write_and_a_bell(floor: World) -> None:
    floor.write_policy(EVERYTHING)
    at_their_desks(floor)
    watched = Watched(floor)
    calls_of(watched, 8)
    floor.add_leads(1)
    calls_of(watched, 1)
    floor.add_leads(24)
    assert calls_of(watched, 1) == 1 + 1 + 1 + 1
    assert len(watched.reports[-1].assigned) == watched.reports[-1].notified == 24


def test_a_day_with_everything_switched_on_and_nothing_to_do_stays_below_6500_calls(floor: World) -> None:
    """The start and the daily verification once, and 24 times an hour, which has its counts of results in it."""
    floor.write_policy(EVERYTHING)
    at_their_desks(floor)
    watched = Watched(floor)
    start = calls_of(watched, 8)
    hour = calls_of(watched, POLLS_PER_HOUR)
    floor.clock.pass_by(hours=23)
    resync = calls_of(watched, 1)
    assert all(report.exit_code == 0 for report in watched.reports)
    assert watched.app.org.calls == floor.org.calls
    assert hour == POLLS_PER_HOUR + 1, "a call for every poll, and one for the count of results"
    assert start + resync <= 30
    assert start + 24 * hour + resync <= MOST_A_DAY


def calls_of(watched: Watched, turns: int) -> int:
    """Calls of so many turns of the daemon, with people at their desks all the time."""
    before = watched.world.org.calls
    for number in range(turns):
        if number % 40 == 0:
            at_their_desks(watched.world)
        watched.turn()
    return watched.world.org.calls - before
