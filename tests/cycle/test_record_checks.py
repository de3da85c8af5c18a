"""What `check` says of the hours, queues and calendars that a policy expects of the org."""

from __future__ import annotations

from sfassign.bootstrap import App
from sfassign.ports import PollRequest
from sfassign.record_checks import RecordFinding, read_records, record_findings, results_findings
from tests.cycle.world import POLICY, World

ASKING = """
    available: {hours: service, out_of_office: true}
  - {name: Inside, object: Lead, source: "Rating = 'Hot'", members: {public_group: Inside sales}}
hours: {service: {business_hours: Support, holidays: [Easter]}}
"""


def findings(world: World, app: App) -> list[tuple[str, str, str]]:
    reading = app.ports.gatherer.reading()
    found = record_findings(reading, read_records(app.org, reading, world.clock.now()))
    return [(one.what, one.level, one.said) for one in found]


def test_everything_the_org_lacks_is_named(world: World) -> None:
    world.write_policy(POLICY.rstrip() + ASKING)
    assert findings(world, world.app()) == [
        ("hours", "warning", "hours 'service' never open: the org has no business hours 'Support'"),
        ("hours", "warning", "hours 'service': the org has no holiday 'Easter'"),
        ("members", "warning", "group 'Inside' has no members: the org has no public group 'Inside sales'"),
    ]


def test_what_may_not_be_read_comes_with_the_right_to_grant(world: World) -> None:
    world.write_policy(POLICY + "    available: {out_of_office: true}\n")
    world.org.hide_object("Event")
    app = world.app()
    reading = app.ports.gatherer.reading()
    (found,) = record_findings(reading, read_records(app.org, reading, world.clock.now()))
    assert found.said.startswith("out-of-office events cannot be read")
    assert "View All Data" in str(found.mend)


def test_an_org_that_has_all_of_it_is_praised_and_a_policy_that_asks_little_costs_a_call(world: World) -> None:
    world.write_policy(POLICY.replace("\"UserRole.Name = 'SDR'\"", "{queue: Web Leads}"))
    said = "the org has what the policy asks of it: groups, members of groups, roles"
    assert findings(world, world.app()) == [("records", "ok", said)]
    world.write_policy(POLICY)
    app = world.app()
    app.ports.gatherer.reading()
    before = world.org.calls
    assert findings(world, app) == []
    assert world.org.calls == before + 1, "whom the source calls by name"


OBJECTS = "objects: {Lead: {closed: \"IsConverted = true OR Status = 'Closed - Not Converted'\"}}\n"
RATED = OBJECTS + POLICY + "    method: weighted_round_robin\n    weight: {performance: 90d}\n"
BASIS = "Lead 90d: (IsConverted = TRUE) of (IsConverted = TRUE OR Status = 'Closed - Not Converted')"


def rates(world: World) -> tuple[RecordFinding, ...]:
    app, now = world.app(), world.clock.now()
    reading = app.ports.gatherer.reading()
    users = app.org.poll(PollRequest(users=reading.users(now))).users
    return results_findings(app.org, reading, users, (), now)


def test_the_rate_that_weights_would_go_by_is_told_before_a_start(world: World) -> None:
    world.write_policy(RATED)
    for converted in (True, False, False):
        status = "Closed - Converted" if converted else "Closed - Not Converted"
        world.add_lead(owner=world.people["ann"], IsConverted=converted, Status=status)
    assert [(one.level, one.said) for one in rates(world)] == [("ok", f"{BASIS}: 33.3 % of 3 closed by 3 people")]


def test_a_period_in_which_nothing_was_closed_is_a_doubt(world: World) -> None:
    world.write_policy(RATED)
    (found,) = rates(world)
    assert (found.level, found.said) == (
        "warning",
        f"{BASIS}: nothing closed yet by 3 people, so all count alike",
    )


def test_counts_that_are_refused_come_with_the_right_to_grant(world: World) -> None:
    world.write_policy(RATED)
    world.org.faults.fail(path="COUNT", status=403, code="INSUFFICIENT_ACCESS", times=-1)
    (found,) = rates(world)
    assert found.level == "warning"
    assert "View All" in str(found.mend)


def test_a_policy_without_performance_counts_nothing(world: World) -> None:
    assert rates(world) == ()


def test_milestones_that_a_deadline_goes_by_are_asked_for(world: World) -> None:
    due = "objects: {Case: {score: {deadline: {field: milestone, within: 2h, add: 9}}}}\n"
    world.write_policy(due + POLICY.replace("object: Lead", "object: Case"))
    said = "the org has what the policy asks of it: milestones"
    assert findings(world, world.app()) == [("records", "ok", said)]
    world.org.hide_object("CaseMilestone")
    (found,) = findings(world, world.app())
    assert found[:2] == ("records", "warning")
    assert found[2].startswith("milestones cannot be read")
