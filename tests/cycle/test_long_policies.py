"""Policies that name very many people or owners run: what is too long for one query is asked in parts, or more is
asked for and judged here."""

from __future__ import annotations

import pytest

from sfassign.policy import lint
from tests.cycle.world import World

MEMBERS = 450


def policy(source: str, members: str = "[ann@acme.example]") -> str:
    return f"""
version: 1
timezone: Europe/London
groups:
  - name: Web leads
    object: Lead
    source: "{source}"
    members: {members}
    ramp: off
"""


def names(count: int) -> list[str]:
    return [f"firstname.lastname{number}@acme.example" for number in range(count)]


def test_hundreds_of_listed_members_are_found_in_a_call_or_two(world: World) -> None:
    some = names(MEMBERS)[::100]
    for name in some:
        world.org.add_user(name, name)
    listed = "[" + ", ".join(["ann@acme.example", *names(MEMBERS)]) + "]"
    world.write_policy(policy("Owner.Name = 'Web Leads'", listed))
    world.add_leads(6)
    app = world.app()
    app.check_policy()
    before, described = world.org.calls, sum("describe" in entry.path for entry in world.org.log)
    report = world.cycle(app)
    assert {line.owner_username for line in report.assigned} == {"ann@acme.example", *some}
    described = sum("describe" in entry.path for entry in world.org.log) - described
    assert world.org.calls - before <= described + 4  # the org, two calls of queries, the write


@pytest.mark.parametrize("more", ["", " AND CreatedDate >= LAST_N_DAYS:30"])
def test_a_source_of_hundreds_of_owners_is_swept_and_takes_only_theirs(world: World, more: str) -> None:
    owners = [world.add_person(f"x{number}") for number in range(600)]
    listed = ", ".join(f"'{owner}'" for owner in (world.queue, *owners))
    world.write_policy(policy(f"OwnerId IN ({listed}){more}"))
    text = world.policy_path.read_text()
    (doubt,) = [one for one in lint(text, "policy.yaml") if "bytes of a URL" in one.message]
    assert (doubt.severity, "16,384" in doubt.message) == ("warning", True)
    ours, others = world.add_lead(owner=owners[-1]), world.add_lead(owner=world.people["bob"])
    world.clock.pass_by(seconds=5)
    app = world.app()
    app.check_policy()
    assert [line.id for line in world.cycle(app).assigned] == [ours]
    world.clock.pass_by(minutes=6)
    late = world.add_lead(owner=owners[0])
    world.clock.pass_by(seconds=5)
    report = world.cycle(app)
    assert [line.id for line in report.assigned] == [late]
    assert (report.unreadable, report.notices) == ((), ())
    assert world.owner(others) == world.people["bob"]


def test_hundreds_of_owners_by_name_are_followed(world: World) -> None:
    called = [f"Somebody whose name is {number}" for number in range(450)]
    owner = world.org.add_user("last@acme.example", called[-1])
    listed = ", ".join(f"'{name}'" for name in called)
    world.write_policy(policy(f"Owner.Name IN ({listed}) AND CreatedDate >= LAST_N_DAYS:30"))
    lead = world.add_lead(owner=owner)
    world.clock.pass_by(seconds=5)
    app = world.app()
    app.check_policy()
    report = world.cycle(app)
    assert [line.id for line in report.assigned] == [lead]
    world.clock.pass_by(minutes=6)
    report = world.cycle(app)
    assert (report.unreadable, report.notices) == ((), ())


def test_an_active_condition_of_hundreds_of_values_keeps_the_load_right(world: World) -> None:
    owners = [world.add_person(f"x{number}") for number in range(600)]
    listed = ", ".join(f"'{owner}'" for owner in owners)
    active = f'objects: {{Lead: {{active: "IsConverted = false AND OwnerId IN ({listed})"}}}}\n'
    world.write_policy(policy("Owner.Name = 'Web Leads'") + active)
    world.add_lead(owner=owners[5])
    world.add_lead(owner=world.people["bob"])
    world.clock.pass_by(seconds=5)
    app = world.app()
    world.cycle(app)
    assert app.store.load_sums() == {("Lead", owners[5]): (1, 1.0)}
