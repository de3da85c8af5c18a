"""Resync finds owners whose cached load is wrong, names them with both figures, and repairs it."""

from __future__ import annotations

from sfassign.orders import carry_out
from sfassign.ports import Drift
from sfassign.resync import resync
from tests.cycle.world import POLICY, World


def move_unnoticed(world: World, lead: str, owner: str) -> None:
    """An owner change that leaves no stamp, as a lost reading would look to us."""
    with world.org.storage.lock:
        world.org.storage.connection.execute("UPDATE Lead SET OwnerId = ? WHERE Id = ?", (owner, lead))


def test_a_load_that_drifted_is_named_and_repaired(world: World) -> None:
    ann, bob = world.people["ann"], world.people["bob"]
    lead = world.add_lead(owner=ann)
    world.clock.pass_by(minutes=5)
    app = world.app()
    world.cycle(app)
    move_unnoticed(world, lead, bob)
    report = resync(app.org, app.store, app.ports.gatherer)
    assert report.drifted == (Drift("Lead", ann, 1, 0, 1.0, 0.0), Drift("Lead", bob, 0, 1, 0.0, 1.0))
    assert resync(app.org, app.store, app.ports.gatherer).drifted == ()


def test_honest_changes_since_the_last_cycle_are_no_drift(world: World) -> None:
    lead = world.add_lead(owner=world.people["ann"])
    world.clock.pass_by(minutes=5)
    app = world.app()
    world.cycle(app)
    world.org.update("Lead", lead, {"OwnerId": world.people["bob"]})
    world.add_lead(owner=world.people["cyd"])
    world.clock.pass_by(seconds=5)
    assert resync(app.org, app.store, app.ports.gatherer).drifted == ()


def test_a_full_resync_asks_again_what_the_objects_look_like(world: World) -> None:
    world.org.add_field("Lead", "Region__c", "string")
    world.write_policy(POLICY.replace("Owner.Name = 'Web Leads'", "Region__c = 'North'"))
    app = world.app()
    app.check_policy()
    describes = sum("describe" in entry.path for entry in world.org.log)
    carry_out(app, "resync", {"full": False})
    assert sum("describe" in entry.path for entry in world.org.log) == describes
    world.clock.pass_by(minutes=1)
    carry_out(app, "resync", {"full": True})
    assert sum("describe" in entry.path for entry in world.org.log) > describes


def test_a_changed_load_rule_is_applied_to_all_active_work_at_once(world: World) -> None:
    ann = world.people["ann"]
    world.add_lead(owner=ann, AnnualRevenue=5_000_000)
    world.clock.pass_by(minutes=5)
    world.cycle(world.app())
    world.write_policy(POLICY + 'objects: {Lead: {load: {rules: [{when: "AnnualRevenue >= 1000000", add: 2}]}}}\n')
    app = world.app()
    world.cycle(app)
    assert app.store.load_sums()["Lead", ann] == (1, 3.0)
