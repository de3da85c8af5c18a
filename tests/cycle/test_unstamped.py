"""What changes in the org without any record of an item being touched: queues and users renamed, users gone, accounts
that turn, days that pass. It is seen all the same, and soon."""

from __future__ import annotations

import datetime as dt

import pytest

from sfassign.bootstrap import App
from sfassign.storage import open_store
from tests.cycle.world import POLICY, World

OWNED_BY_THE_GONE = POLICY.replace("Owner.Name = 'Web Leads'", "Owner.IsActive = false")
CASES = """
version: 1
timezone: Europe/London
objects: {Case: {load: {base: 1, rules: [{when: "Account.Rating = 'Hot'", add: 50}]}}}
groups:
  - name: Support
    object: Case
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
"""


def cycles(world: World, app: App, minutes: int) -> list[str]:
    """A poll every 15 seconds; the Ids that were assigned."""
    return [line.id for _ in range(minutes * 4) for line in world.cycle(app).assigned]


def queries_of_the_last_calls(world: World, count: int) -> list[str]:
    return [part.path for entry in list(world.org.log)[-count:] for part in entry.subrequests]


def test_a_renamed_queue_feeds_the_line_no_more_and_the_one_that_bears_its_name_now_does(world: World) -> None:
    other = world.org.add_queue("Old leads", ["Lead"])
    app = world.app()
    world.cycle(app)
    theirs = world.org.insert("Lead", {"LastName": "Roe", "Company": "Roe Ltd", "OwnerId": other})
    assert cycles(world, app, 2) == []
    world.org.update("Group", world.queue, {"Name": "Junk"})
    world.org.update("Group", other, {"Name": "Web Leads"})
    world.clock.pass_by(seconds=5)
    assert cycles(world, app, 5) == [theirs]
    ours = world.add_lead()
    assert cycles(world, app, 6) == []
    assert world.owner(ours) == world.queue


def test_leads_that_wait_while_their_queue_loses_its_name_are_left_alone(world: World) -> None:
    world.write_policy(POLICY + "    hold: 4m\n")
    (lead,) = world.add_leads(1)
    app = world.app()
    assert cycles(world, app, 1) == []
    world.org.update("Group", world.queue, {"Name": "Junk"})
    assert cycles(world, app, 10) == []
    assert world.owner(lead) == world.queue


def test_the_first_reading_is_not_done_twice_for_the_names_that_came_with_it(world: World) -> None:
    world.add_leads(3, Status="Working - Contacted", owner=world.people["ann"])
    app = world.app()
    world.cycle(app)
    before = world.org.calls
    world.cycle(app)
    assert world.org.calls == before + 1
    assert not any("IsConverted" in query.partition("WHERE")[2] for query in queries_of_the_last_calls(world, 1))


def test_a_sweep_asks_for_owners_by_id(world: World) -> None:
    world.write_policy(POLICY.replace("'Web Leads'", "'Web Leads' AND CreatedDate < TODAY"))
    app = world.app()
    cycles(world, app, 1)
    world.clock.pass_by(minutes=5)
    world.cycle(app)
    (swept,) = (sent for sent in queries_of_the_last_calls(world, 2) if "CreatedDate" in sent.partition("WHERE")[2])
    assert world.queue in swept
    assert "Owner.Name+" not in swept.partition("WHERE")[2]


def test_what_belonged_to_somebody_who_is_deactivated_is_given_out_within_a_sweep(world: World) -> None:
    world.write_policy(OWNED_BY_THE_GONE)
    gone = world.add_person("gone")
    world.org.update("User", gone, {"UserRoleId": None})
    lead = world.add_lead(owner=gone)
    world.clock.pass_by(seconds=5)
    app = world.app()
    assert cycles(world, app, 1) == []
    world.org.update("User", gone, {"IsActive": False})
    assert cycles(world, app, 6) == [lead]


def test_what_belongs_to_somebody_who_came_back_is_not_taken_away(world: World) -> None:
    world.write_policy(OWNED_BY_THE_GONE + "    hold: 30m\n")
    gone = world.add_person("gone")
    lead = world.add_lead(owner=gone)
    world.org.update("User", gone, {"UserRoleId": None, "IsActive": False})
    app = world.app()
    assert cycles(world, app, 1) == []
    world.org.update("User", gone, {"IsActive": True})
    world.clock.pass_by(minutes=20)
    assert cycles(world, app, 20) == []
    assert world.owner(lead) == gone


def test_a_case_whose_account_turns_cold_while_it_waits_is_kept_for_review(world: World) -> None:
    world.write_policy(
        CASES.replace("load: {base: 1", "review: [{when: \"Account.Rating = 'Cold'\", reason: cold}], load: {base: 1")
        + "    hold: 10m\n"
    )
    account = world.org.insert("Account", {"Name": "Acme", "Rating": "Hot"})
    case = world.org.insert("Case", {"Subject": "Help", "AccountId": account, "OwnerId": world.queue})
    app = world.app()
    assert cycles(world, app, 1) == []
    world.org.update("Account", account, {"Rating": "Cold"})
    assert cycles(world, app, 12) == []
    assert world.owner(case, "Case") == world.queue


def test_the_load_of_somebody_whose_account_turns_hot_is_seen_without_a_resync(world: World) -> None:
    world.write_policy(CASES)
    account = world.org.insert("Account", {"Name": "Acme"})
    world.org.insert("Case", {"Subject": "Help", "AccountId": account, "OwnerId": world.people["ann"]})
    app = world.app()
    cycles(world, app, 1)
    assert load_of(world, "ann") == 1
    world.org.update("Account", account, {"Rating": "Hot"})
    cycles(world, app, 6)
    assert load_of(world, "ann") == 51


def load_of(world: World, name: str) -> float:
    store = open_store(f"sqlite:///{world.folder}/sfassign.db", world.clock)
    try:
        return store.load_sums()["Case", world.people[name]][1]
    finally:
        store.close()


def test_what_becomes_active_as_a_day_begins_is_given_out_soon_after_midnight(world: World) -> None:
    world.write_policy(POLICY.replace("groups:", 'objects: {Lead: {active: "Follow_up__c <= TODAY"}}\ngroups:'))
    world.org.add_field("Lead", name="Follow_up__c", type="date")
    world.org.settings.session_seconds = 7 * 86_400
    lead = world.add_lead(Follow_up__c=(world.clock.now().date() + dt.timedelta(days=1)).isoformat())
    app = world.app()
    assert cycles(world, app, 1) == []
    world.clock.pass_by(hours=13, minutes=40)
    assert cycles(world, app, 3) == []
    assert cycles(world, app, 8) == [lead]


@pytest.mark.parametrize(("rows", "minutes"), [(1, 5), (2_000, 5), (2_001, 10), (20_000, 50)])
def test_a_sweep_of_several_pages_comes_as_many_times_more_seldom(world: World, rows: int, minutes: int) -> None:
    world.write_policy(CASES)
    turns = world.app().ports.gatherer._turns
    turns.swept("Case", whole=True, rows=rows)
    world.clock.pass_by(minutes=minutes, seconds=-1)
    assert not turns.whole_is_due("Case")
    world.clock.pass_by(seconds=1)
    assert turns.whole_is_due("Case")


def test_very_many_active_items_are_left_to_the_resync(world: World) -> None:
    world.write_policy(CASES)
    turns = world.app().ports.gatherer._turns
    turns.swept("Case", whole=True, rows=None)
    world.clock.pass_by(days=30)
    assert not turns.whole_is_due("Case")
