"""What `check` says of single records: whether sharing lets us edit those that wait, and give them an owner."""

from __future__ import annotations

import pytest

from sfassign.bootstrap import App
from tests.cycle.proofs import sharing, spoken
from tests.cycle.world import POLICY, World


@pytest.fixture
def robot(world: World) -> App:
    """The product, logged in as a user who is no administrator."""
    world.token = world.org.issue_token(world.org.add_user("robot@acme.example", "Robot"))
    return world.app()


def test_records_that_may_be_edited_and_transferred_are_counted(world: World, robot: App) -> None:
    world.add_leads(3)
    world.add_leads(1, owner=world.people["ann"])
    assert spoken(sharing(world, robot)) == [
        ("ok", "this login may edit and transfer the 3 Lead records that wait now")
    ]


@pytest.mark.parametrize(
    ("switch", "right", "mend"),
    [
        ("read_only_objects", "edit", "share Lead records with this user for Read/Write"),
        ("untransferable_objects", "transfer", "grant Edit on Lead, and Transfer Leads"),
    ],
)
def test_where_sharing_forbids_it_nothing_can_be_assigned_and_check_fails(
    world: World, robot: App, switch: str, right: str, mend: str
) -> None:
    leads = world.add_leads(2)
    setattr(world.org.settings, switch, frozenset({"Lead"}))
    (found,) = sharing(world, robot)
    assert (found.level, found.exit_code) == ("error", 1)
    assert found.said.startswith(f"this login may not {right} 2 of the 2 Lead records that wait now, such")
    assert found.said.endswith(leads[0]) or found.said.endswith(leads[1])
    assert str(found.mend).startswith(mend)
    assert [line.code for line in world.cycle(robot).failed] == ["INSUFFICIENT_ACCESS_OR_READONLY"] * 2


def test_a_few_records_that_may_not_be_edited_are_a_warning_with_an_example(world: World, robot: App) -> None:
    world.write_policy(POLICY.replace("Owner.Name = 'Web Leads'", "Owner.Name IN ('Web Leads', 'Robot')"))
    us = str(robot.org.identify())
    (locked,) = world.add_leads(1)
    world.add_leads(2, owner=us)
    world.org.settings.read_only_objects = frozenset({"Lead"})
    (found,) = sharing(world, world.app())
    assert (found.level, found.exit_code) == ("warning", 0)
    assert found.said == (f"this login may not edit 1 of the 3 Lead records that wait now, such as {locked}")


def test_no_more_records_are_asked_about_than_the_org_takes(world: World, robot: App) -> None:
    world.add_leads(203)
    assert spoken(sharing(world, robot)) == [("ok", "this login may edit and transfer 200 Lead records that wait now")]


def test_where_nothing_waits_nothing_is_claimed(world: World, robot: App) -> None:
    assert spoken(sharing(world, robot)) == [("ok", "no Lead waits now, so none was asked about for edit and transfer")]


def test_an_org_that_does_not_tell_is_no_proof(world: World, robot: App) -> None:
    world.add_leads(1)
    world.org.hide_object("UserRecordAccess")
    (found,) = sharing(world, robot)
    assert (found.level, "Lead records could not be asked: INVALID_TYPE" in found.said) == ("warning", True)
