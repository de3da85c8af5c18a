"""Tiers, matching and the methods by match through the whole product: from the org's fields to its owners."""

from __future__ import annotations

import datetime as dt

from tests.cycle.world import POLICY, World

TOGETHER = POLICY.replace("\"UserRole.Name = 'SDR'\"", "[ann@acme.example, bob@acme.example]") + (
    "    match: [{item: Country, member: Territory__c}]\n    quota: 1\n    method: optimal\n"
)


def test_the_best_plan_of_a_cycle_is_written(world: World) -> None:
    world.org.add_field("User", name="Territory__c", type="string")
    world.org.update("User", world.people["ann"], {"Territory__c": "UK"})
    world.org.update("User", world.people["bob"], {"Territory__c": "France"})
    world.write_policy(TOGETHER)
    first, second = world.add_lead(Country="Spain"), world.add_lead(Country="UK")
    world.clock.pass_by(seconds=5)
    report = world.cycle(world.app())
    assert {line.id: line.owner_username for line in report.assigned} == {
        first: "bob@acme.example",
        second: "ann@acme.example",
    }
    assert all("in the best plan for 2 items, value 1 in all" in line.why for line in report.assigned)
    assert (world.name_of(world.owner(first)), world.name_of(world.owner(second))) == ("bob", "ann")


DEADLINE = "objects: {Lead: {score: {deadline: {field: SlaExitDate__c, within: 2h, add: 100}, tiers: {urgent: 50}}}}"
TIERS = POLICY.replace("groups:", f"{DEADLINE}\ngroups:") + "    tiers: [urgent]\n"


def test_a_lead_that_becomes_urgent_while_nobody_touches_it_is_assigned_after_the_next_sweep(world: World) -> None:
    world.org.add_field("Lead", name="SlaExitDate__c", type="datetime")
    world.write_policy(TIERS)
    due = world.clock.now() + dt.timedelta(hours=3)
    (lead,) = world.add_leads(1, SlaExitDate__c=due.isoformat())
    app = world.app()
    assert world.cycle(app).assigned == ()
    world.clock.pass_by(hours=1, minutes=50)
    assert world.cycle(app).assigned == (), "at most 45 of 100 points yet"
    world.clock.pass_by(minutes=20)
    assert [line.id for line in world.cycle(app).assigned] == [lead]
