"""An item that Omni-Channel is routing is left to it, for as long as it is."""

from __future__ import annotations

from tests.cycle.world import World


def routed(world: World) -> None:
    """The queue has a routing configuration."""
    made = world.org.insert(
        "QueueRoutingConfig",
        {"DeveloperName": "Web", "MasterLabel": "Web", "RoutingModel": "LeastActive", "RoutingPriority": 1},
    )
    world.org.update("Group", world.queue, {"QueueRoutingConfigId": made})


def pending(world: World, lead: str) -> str:
    return world.org.insert("PendingServiceRouting", {"WorkItemId": lead, "IsReadyForRouting": True})


def test_what_omni_channel_routes_is_left_to_it_and_ours_again_when_it_has_given_up(world: World) -> None:
    routed(world)
    app = world.app()
    first, second = world.add_leads(2)
    line = pending(world, first)
    report = world.cycle(app)
    assert [one.id for one in report.assigned] == [second]
    assert [(one.id, one.why) for one in report.waiting] == [(first, "Omni-Channel is routing it")]
    world.org.delete("PendingServiceRouting", line)
    assert [one.id for one in world.cycle(app).assigned] == [first]


def test_items_of_other_queues_cost_no_question(world: World) -> None:
    app = world.app()
    world.cycle(app)
    lead = world.add_lead()
    world.clock.pass_by(seconds=5)
    pending(world, lead)
    calls = world.org.calls
    report = world.cycle(app)
    assert [one.id for one in report.assigned] == [lead]
    assert world.org.calls - calls == report.api_calls == 2, "the poll and the write"


def test_where_it_cannot_be_read_nothing_is_taken_from_omni_channel(world: World) -> None:
    routed(world)
    world.org.hide_object("PendingServiceRouting")
    app = world.app()
    world.add_leads(1)
    report = world.cycle(app)
    assert (report.assigned, len(report.waiting)) == ((), 1)
    assert any("PendingServiceRouting cannot be read" in warning for warning in report.warnings)
    assert report.exit_code == 3
