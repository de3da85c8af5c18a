"""What `check` says of the org's own routing: queues, assignment rules, Omni-Channel."""

from __future__ import annotations

from tests.cycle.proofs import routing, spoken
from tests.cycle.world import POLICY, World

NO_RULE = ("ok", "no assignment rule of Lead is active")
GOOD_QUEUE = ("ok", "'Web Leads' may own what the policy keeps or puts there")


def test_an_org_that_keeps_out_of_our_way_is_praised(world: World) -> None:
    assert spoken(routing(world)) == [GOOD_QUEUE, NO_RULE]


def test_a_queue_that_may_not_own_the_object_is_told_where_items_would_be_sent_there(world: World) -> None:
    world.org.add_queue("Second line", ["Case"])
    world.write_policy(POLICY + "    overflow: {after: 20m, to: {queue: Second_line}}\n")
    (found, rule) = routing(world)
    assert (found.level, found.exit_code) == ("error", 2)
    assert found.said == "queue 'Second line' (overflow of group 'Web leads') may not own Lead records"
    assert found.mend == "add Lead to the Supported Objects of 'Second line' under Setup › Queues"
    assert rule.level == "ok"


def test_a_queue_named_at_the_end_of_neglect_is_looked_at_as_well(world: World) -> None:
    world.org.add_queue("Lost", ["Case"])
    world.write_policy(POLICY + "    neglect: {untouched_for: 30m, finally: {queue: Lost}}\n")
    assert ("error", "queue 'Lost' (neglect.finally of group 'Web leads') may not own Lead records") in spoken(
        routing(world)
    )


def test_opportunities_cannot_go_to_any_queue(world: World) -> None:
    text = POLICY.replace("object: Lead", "object: Opportunity").replace("'Web Leads'", "'Ann'")
    world.write_policy(text + "    overflow: {after: 20m, to: {queue: Web Leads}}\n")
    (found, *_) = routing(world)
    assert (found.level, found.exit_code) == ("error", 2)
    assert found.said.startswith("no queue can own Opportunity records, so not 'Web Leads'")


def test_a_source_that_names_nobody_is_a_doubt(world: World) -> None:
    world.write_policy(POLICY.replace("'Web Leads'", "'Web Leeds'"))
    assert ("warning", "group 'Web leads' takes from 'Web Leeds', but no queue and no user is called so") in spoken(
        routing(world)
    )


def test_the_name_of_an_owner_that_is_near_is_told(world: World) -> None:
    world.write_policy(POLICY.replace("'Web Leads'", "'Web Leeds'"))
    (found, _) = routing(world)
    assert found.mend == "did you mean 'Web Leads'? compare `source` with Setup › Queues; nothing waits there"


def test_a_source_that_asks_for_a_username_nobody_has_is_a_doubt(world: World) -> None:
    by_username = POLICY.replace(
        "Owner.Name = 'Web Leads'", "Owner.Username IN ('ANN@acme.example', 'bobb@acme.example')"
    )
    world.write_policy(by_username)
    (found, rule) = routing(world)
    assert (found.what, found.level, rule.level) == ("queues", "warning", "ok")
    assert found.said == "group 'Web leads' takes from 'bobb@acme.example', but no user has this Username"
    assert str(found.mend).startswith("did you mean 'bob@acme.example'? ")


def test_a_queue_has_no_username(world: World) -> None:
    world.write_policy(POLICY.replace("Owner.Name", "Owner.Username"))
    assert ("warning", "group 'Web leads' takes from 'Web Leads', but no user has this Username") in spoken(
        routing(world)
    )


def test_a_source_may_name_users_queue_ids_and_several_owners(world: World) -> None:
    world.write_policy(
        POLICY.replace("Owner.Name = 'Web Leads'", f"Owner.Name IN ('Ann', 'Web Leads') OR OwnerId = '{world.queue}'")
    )
    assert spoken(routing(world)) == [GOOD_QUEUE, NO_RULE]


def test_a_source_queue_that_cannot_hold_the_object_is_a_doubt(world: World) -> None:
    world.org.add_queue("Cases only", ["Case"])
    world.write_policy(POLICY.replace("'Web Leads'", "'Cases only'"))
    (found, _) = routing(world)
    assert (found.level, found.exit_code) == ("warning", 0)
    assert (
        found.said
        == "queue 'Cases only' (source of group 'Web leads') may not own Lead records, so none can wait there"
    )


def test_an_active_assignment_rule_is_named(world: World) -> None:
    world.org.set_assignment_rule("Lead", world.people["ann"], name="By country")
    world.org.set_assignment_rule("Case", world.people["ann"], name="Not ours")
    assert [said for level, said in spoken(routing(world)) if level == "warning"] == [
        "the Lead assignment rule 'By country' is active: it gives an owner to what others create or save; our own"
        " writes pass it by"
    ]


def test_rules_that_cannot_be_seen_are_not_taken_for_absent(world: World) -> None:
    world.org.hide_object("AssignmentRule")
    (found,) = [one for one in routing(world) if one.what == "routing"]
    assert (found.level, found.said.startswith("assignment rules cannot be seen: INVALID_TYPE")) == ("warning", True)
    assert "View Setup" in str(found.mend)


def test_a_queue_that_omni_channel_routes_is_named(world: World) -> None:
    config = world.org.insert("QueueRoutingConfig", {"MasterLabel": "Fast", "DeveloperName": "Fast"})
    world.org.update("Group", world.queue, {"QueueRoutingConfigId": config})
    (said,) = [said for level, said in spoken(routing(world)) if level == "warning"]
    assert said.startswith("queue 'Web Leads' (source of group 'Web leads') has a routing configuration")


def test_records_that_omni_channel_is_routing_now_are_counted(world: World) -> None:
    for lead in world.add_leads(2):
        world.org.insert("PendingServiceRouting", {"WorkItemId": lead, "QueueId": world.queue})
    case = world.org.insert("Case", {"Subject": "S", "OwnerId": world.queue})
    world.org.insert("PendingServiceRouting", {"WorkItemId": case, "QueueId": world.queue})
    assert [said for level, said in spoken(routing(world)) if level == "warning"] == [
        "Omni-Channel is routing 2 Lead records now; sfassign and it may give out the same ones"
    ]


def test_an_org_without_omni_channel_has_nothing_to_say_of_it(world: World) -> None:
    world.org.hide_object("PendingServiceRouting")
    world.org.hide_field("Group", "QueueRoutingConfigId")
    assert spoken(routing(world)) == [GOOD_QUEUE, NO_RULE]
