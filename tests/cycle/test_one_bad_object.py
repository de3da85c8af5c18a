"""An object that the org does not show stops no other one: it is left as it is known, and said."""

from __future__ import annotations

import pytest

from sfassign.bootstrap import App
from sfassign.errors import OrgRefused
from sfassign.resync import resync
from tests.cycle.world import POLICY, World

BOTH = """
version: 1
timezone: Europe/London
groups:
  - name: Web leads
    object: Lead
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
    ramp: off
  - name: Support
    object: Case
    source: "Owner.Name = 'Web Leads' AND (Account.Industry = 'Banking' OR Account.Industry = null)"
    members: "UserRole.Name = 'SDR'"
    ramp: off
"""
CASES = r"query.*FROM\+Case"
SWEEP = r"query.*FROM\+Case\+WHERE\+.*Industry"


def refuse(world: World, path: str, code: str) -> None:
    world.org.faults.fail(path=path, status=400, code=code, message="Your query was refused.", times=-1)


def add_case(world: World, **fields: object) -> str:
    case = world.org.insert("Case", {"Subject": "Help", "OwnerId": world.queue, **fields})
    world.clock.pass_by(seconds=5)
    return case


def running(world: World, policy: str = BOTH) -> App:
    world.write_policy(policy)
    app = world.app()
    app.check_policy()
    for _ in range(3):
        world.cycle(app)
    return app


@pytest.mark.parametrize("code", ["QUERY_TIMEOUT", "QUERY_TOO_COMPLICATED", "INVALID_TYPE", "SERVER_UNAVAILABLE"])
def test_leads_are_given_out_while_cases_cannot_be_read(world: World, code: str) -> None:
    app = running(world)
    case = add_case(world)
    refuse(world, CASES, code)
    world.add_leads(2)
    report = world.cycle(app)
    assert [line.object for line in report.assigned] == ["Lead", "Lead"]
    (said,) = report.unreadable
    assert said.startswith("Case: ")
    assert "its items stay where they are" in said
    assert report.exit_code == 3
    world.org.faults.clear()
    report = world.cycle(app)
    assert [line.id for line in report.assigned] == [case]
    assert (report.unreadable, report.exit_code) == ((), 0)


def test_a_case_that_waited_before_is_kept_back_and_its_members_keep_their_load(world: World) -> None:
    app = running(world, BOTH.replace("    members", "    hold: 2m\n    members"))
    case = add_case(world)
    world.org.insert("Case", {"Subject": "Mine", "OwnerId": world.people["ann"]})
    world.clock.pass_by(seconds=5)
    world.cycle(app)
    loads = app.store.load_sums()
    assert loads["Case", world.people["ann"]] == (1, 1.0)
    refuse(world, CASES, "QUERY_TIMEOUT")
    world.clock.pass_by(minutes=3)
    report = world.cycle(app)
    assert report.assigned == ()
    ((waits, why),) = [(line.id, line.why) for line in report.waiting]
    assert (waits, "Case cannot be read (QUERY_TIMEOUT)" in why) == (case, True)
    assert app.store.load_sums() == loads


def test_what_changed_while_an_object_could_not_be_read_is_not_missed(world: World) -> None:
    app = running(world)
    refuse(world, CASES, "QUERY_TIMEOUT")
    case = add_case(world)
    world.add_leads(1)
    for _ in range(40):
        world.cycle(app)
    world.org.faults.clear()
    assert [line.id for line in world.cycle(app).assigned] == [case]


def test_where_no_object_can_be_read_the_cycle_fails(world: World) -> None:
    app = running(world)
    refuse(world, r"query.*FROM\+(Case|Lead)", "QUERY_TOO_COMPLICATED")
    with pytest.raises(OrgRefused, match="QUERY_TOO_COMPLICATED"):
        world.cycle(app)


def sweeps(world: World) -> int:
    parts = (part for entry in world.org.log for part in entry.subrequests)
    return sum("FROM+Case" in part.path and "Industry" in part.path.partition("WHERE")[2] for part in parts)


def test_a_refused_sweep_is_a_warning_and_is_asked_for_again_after_a_while(world: World) -> None:
    app = running(world)
    refuse(world, SWEEP, "QUERY_TIMEOUT")
    world.clock.pass_by(minutes=5)
    before = sweeps(world)
    reports = [world.cycle(app) for _ in range(4)]
    case = add_case(world)
    reports.append(world.cycle(app))
    assert [line.id for line in reports[-1].assigned] == [case]
    assert all((report.unreadable, report.exit_code) == ((), 0) for report in reports)
    assert all(any("Case cannot be swept (QUERY_TIMEOUT" in said for said in report.notices) for report in reports)
    assert sweeps(world) == before + 1
    world.clock.pass_by(minutes=5)
    world.org.faults.clear()
    report = world.cycle(app)
    assert sweeps(world) == before + 2
    assert not any("swept" in said for said in report.notices)


def test_what_nobody_touched_stays_with_its_owner_while_its_object_cannot_be_read(world: World) -> None:
    app = running(world, BOTH + "    neglect: {untouched_for: 30m, then: reassign, hours: always}\n")
    case = add_case(world)
    (given,) = world.cycle(app).assigned
    world.cycle(app)
    refuse(world, CASES, "QUERY_TIMEOUT")
    for _ in range(140):
        world.cycle(app)
    assert world.owner(case, "Case") == given.owner
    world.org.faults.clear()
    assert case in [line.id for _ in range(8) for line in world.cycle(app).reassigned]


def test_a_resync_does_not_call_an_object_verified_that_cannot_be_read(world: World) -> None:
    app = running(world)
    case = add_case(world)
    world.cycle(app)
    world.clock.pass_by(minutes=30)
    world.cycle(app)
    world.org.storage.connection.execute("UPDATE 'Case' SET OwnerId = ? WHERE Id = ?", (world.people["cyd"], case))
    before = app.store.load_sums()
    refuse(world, CASES, "QUERY_TIMEOUT")
    report = resync(app.org, app.store, app.ports.gatherer)
    assert [*report.unread] == ["Case"]
    assert (report.drifted, app.store.load_sums()) == ((), before)
    world.org.faults.clear()
    assert [drift.object for drift in resync(app.org, app.store, app.ports.gatherer).drifted] == ["Case", "Case"]


def test_a_field_that_only_messages_need_may_be_hidden_at_any_time(world: World) -> None:
    app = running(world, POLICY + "    notify: [task]\n")
    assert "Company" in app.ports.gatherer.reading().fields("Lead")
    world.org.hide_field("Lead", "Company")
    lead = world.org.insert("Lead", {"LastName": "Doe", "OwnerId": world.queue})
    world.clock.pass_by(seconds=5)
    assert [line.id for line in world.cycle(app).assigned] == [lead]


def test_a_field_that_the_policy_names_is_missed_by_its_object_alone(world: World) -> None:
    app = running(world, BOTH.replace("Account.Industry = 'Banking'", "Priority = 'High'"))
    world.org.hide_field("Case", "Priority")
    add_case(world)
    world.add_leads(1)
    described = sum("describe" in entry.path for entry in world.org.log)
    reports = [world.cycle(app) for _ in range(10)]
    assert [line.object for report in reports for line in report.assigned] == ["Lead"]
    assert all("INVALID_FIELD" in said and "grant read access" in said for r in reports for said in r.unreadable)
    assert all(report.unreadable for report in reports)
    assert sum("describe" in entry.path for entry in world.org.log) - described <= 6  # looked at once in 150 s


def test_a_first_reading_that_takes_the_org_too_long_is_left_to_a_job(world: World) -> None:
    (lead,) = world.add_leads(1)
    refuse(world, r"query.*FROM\+Lead", "QUERY_TIMEOUT")
    app = world.app()
    report = world.cycle(app)
    assert any("jobs/query" in entry.path for entry in world.org.log)
    world.org.faults.clear()
    report = report if report.assigned else world.cycle(app)
    assert [line.id for line in report.assigned] == [lead]
