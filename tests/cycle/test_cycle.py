"""The whole product against the local org: what waits is handed out, once, safely, and for few calls."""

from __future__ import annotations

from collections import Counter

import pytest

from sfassign.cycle import preview, run_cycle
from sfassign.errors import OrgUnreachable, SessionExpired, WrongOrg, WrongPolicy
from tests.cycle.world import POLICY, World


def test_every_waiting_lead_gets_an_owner_in_turn(world: World) -> None:
    leads = world.add_leads(6)
    report = world.cycle(world.app())
    assert {line.id for line in report.assigned} == {*leads}
    assert Counter(world.owner(lead) for lead in leads) == dict.fromkeys(world.people.values(), 2)
    assert all("round_robin" in line.why for line in report.assigned)
    assert report.exit_code == 0


def test_an_assigned_lead_is_not_assigned_again(world: World) -> None:
    world.add_leads(3)
    app = world.app()
    world.cycle(app)
    assert world.cycle(app).assigned == ()


def test_an_assigned_lead_is_left_alone_although_the_source_still_takes_it(world: World) -> None:
    world.write_policy(POLICY.replace("Owner.Name = 'Web Leads'", "Status = 'Open - Not Contacted'"))
    world.add_leads(3, Status="Open - Not Contacted")
    app = world.app()
    assert len(world.cycle(app).assigned) == 3
    assert [world.cycle(app).assigned for _ in range(3)] == [()] * 3


def test_a_lead_put_back_into_the_queue_waits_again(world: World) -> None:
    (lead,) = world.add_leads(1)
    app = world.app()
    world.cycle(app)
    world.org.update("Lead", lead, {"OwnerId": world.queue})
    world.clock.pass_by(seconds=15)
    assert [line.id for line in world.cycle(app).assigned] == [lead]


@pytest.mark.parametrize("source", ["Owner.Name = 'Web Leads'", "Status != 'nonsense'", "IsClosed = true"])
def test_closed_cases_are_never_assigned_however_the_source_is_written(world: World, source: str) -> None:
    world.write_policy(POLICY.replace("Lead\n", "Case\n").replace("Owner.Name = 'Web Leads'", source))
    case = world.org.insert("Case", {"Subject": "x", "OwnerId": world.queue, "Status": "Closed"})
    world.clock.pass_by(seconds=5)
    app = world.app()
    assert world.cycle(app).assigned == ()
    assert world.owner(case, "Case") == world.queue


def test_closed_cases_stay_closed_even_where_the_policy_calls_them_active(world: World) -> None:
    text = POLICY.replace("Lead\n", "Case\n") + 'objects: {Case: {active: "Id != null"}}\n'
    world.write_policy(text)
    world.org.insert("Case", {"Subject": "x", "OwnerId": world.queue, "Status": "Closed"})
    world.clock.pass_by(seconds=5)
    assert world.cycle(world.app()).assigned == ()


def test_an_idle_cycle_costs_one_call_from_the_second_on(world: World) -> None:
    world.write_policy(THREE_OBJECTS)
    world.add_leads(3)
    app = world.app()
    world.cycle(app)
    for _ in range(5):
        before = world.org.calls
        assert world.cycle(app).api_calls == 1
        assert world.org.calls - before == 1


def test_24_owner_changes_cost_one_more_call(world: World) -> None:
    world.write_policy(THREE_OBJECTS)
    app = world.met(world.app())
    world.cycle(app)
    world.add_leads(24)
    before = world.org.calls
    report = world.cycle(app)
    assert len(report.assigned) == 24
    assert (report.api_calls, world.org.calls - before) == (2, 2)


def test_every_write_has_its_own_guard_and_refuses_assignment_rules(world: World) -> None:
    world.org.set_assignment_rule("Lead", world.people["cyd"])
    leads = world.add_leads(4)
    world.cycle(world.app())
    assert Counter(world.owner(lead) for lead in leads)[world.people["cyd"]] <= 2


def test_a_second_process_goes_on_where_the_first_one_stopped(world: World) -> None:
    world.add_leads(1)
    world.cycle(world.app())
    before = world.org.calls
    assert world.cycle(world.app()).assigned == ()
    assert world.org.calls - before == 1


def test_a_dry_run_tells_what_would_happen_and_writes_nothing(world: World) -> None:
    (lead,) = world.add_leads(1)
    app = world.app()
    report = preview(app.ports, app.policy)
    assert [line.id for line in report.assigned] == [lead]
    assert report.as_json()["dry_run"] is True
    assert world.owner(lead) == world.queue
    world.clock.pass_by(seconds=5)
    assert [line.owner for line in world.cycle(app).assigned] == [line.owner for line in report.assigned]


def test_a_lead_changed_in_the_second_it_is_read_waits_for_the_next_cycle(world: World) -> None:
    lead = world.add_lead()
    app = world.app()
    report = world.cycle(app)
    assert report.assigned == ()
    assert "less than a second" in report.waiting[0].why
    assert [line.id for line in world.cycle(app).assigned] == [lead]


def test_a_single_cycle_waits_for_such_a_lead_itself(world: World) -> None:
    lead = world.add_lead()
    app = world.app()
    assert [line.id for line in run_cycle(app.once(), app.policy).assigned] == [lead]


def test_the_load_of_hand_made_work_counts(world: World) -> None:
    world.write_policy(POLICY + "    method: least_loaded\n    ramp: off\n")
    for _ in range(4):
        world.add_lead(owner=world.people["ann"])
    leads = world.add_leads(4)
    world.cycle(world.app())
    assert Counter(world.name_of(world.owner(lead)) for lead in leads) == {"bob": 2, "cyd": 2}


def test_an_absent_person_gets_nothing_and_presence_that_cannot_be_read_stops_the_group(world: World) -> None:
    world.write_policy(POLICY + "    available: {logged_in: {idle: 30m}}\n")
    world.add_leads(2)
    session = {"UsersId": world.people["bob"], "SessionType": "UI", "NumSecondsValid": 7200, "LoginType": "Application"}
    world.org.insert("AuthSession", session)
    report = world.cycle(world.app())
    assert {line.owner_username for line in report.assigned} == {"bob@acme.example"}


def test_unreadable_presence_fails_closed_and_says_so(world: World) -> None:
    world.write_policy(POLICY + "    available: {omni: [Available]}\n")
    world.org.hide_object("UserServicePresence")
    world.add_leads(1)
    report = world.cycle(world.app())
    assert report.exit_code == 3
    assert report.waiting[0].reasons == {"presence_stale": 3}


def test_frozen_logins_that_cannot_be_read_are_a_warning_and_work_goes_on(world: World) -> None:
    world.org.hide_object("UserLogin")
    world.add_leads(1)
    report = world.cycle(world.app())
    assert (len(report.assigned), report.exit_code) == (1, 0)
    assert "frozen logins" in report.as_json()["notices"][0]


def test_an_unknown_field_is_found_before_anything_is_written(world: World) -> None:
    world.write_policy(POLICY.replace("Owner.Name = 'Web Leads'", "Region__c = 'North'"))
    with pytest.raises(WrongPolicy, match="Region__c"):
        world.app().check_policy()


def test_another_org_behind_the_same_database_is_refused(world: World) -> None:
    world.cycle(world.app())
    app = world.app(org_id="00D000000000001EAA")
    world.add_leads(1)
    with pytest.raises(WrongOrg, match="SFASSIGN_ORG_ID"):
        world.cycle(app)


def test_an_expired_token_that_cannot_be_renewed_says_so_and_loses_nothing(world: World) -> None:
    leads = world.add_leads(2)
    app = world.app()
    world.org.expire_token(world.token)
    with pytest.raises(SessionExpired):
        world.cycle(app)
    world.token = world.org.issue_token()
    assert len(world.cycle(world.app()).assigned) == len(leads)


def test_an_unreachable_org_ends_the_cycle_and_the_next_one_goes_on(world: World) -> None:
    world.add_leads(2)
    app = world.app()
    world.cycle(app)
    world.add_leads(2)
    world.org.faults.fail(times=20, status=503)
    with pytest.raises(OrgUnreachable):
        world.cycle(app)
    world.org.faults.clear()
    assert len(world.cycle(app).assigned) == 2


THREE_OBJECTS = """
version: 1
groups:
  - {name: Leads, object: Lead, source: "Owner.Name = 'Web Leads'", members: "UserRole.Name = 'SDR'", ramp: off,
     available: {logged_in: {idle: 30m}}, enabled: false}
  - {name: All leads, object: Lead, source: "Owner.Name = 'Web Leads'", members: "UserRole.Name = 'SDR'", ramp: off}
  - {name: Cases, object: Case, source: "Owner.Name = 'Web Leads'", members: "UserRole.Name = 'SDR'"}
  - {name: Deals, object: Opportunity, source: "Owner.Username = 'intake@acme.example'",
     members: "UserRole.Name = 'SDR'", available: {logged_in: true}}
"""
