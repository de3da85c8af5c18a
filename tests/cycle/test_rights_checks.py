"""What `check` says where describe does not allow this login what the policy asks of it."""

from __future__ import annotations

import pytest

from sfassign.login_checks import visibility_findings
from tests.cycle.proofs import rights, spoken
from tests.cycle.world import POLICY, World

MOVING = POLICY + "    on_assigned: {set: {Rating: Hot}, children: [Task]}\n    notify: [task]\n"


def test_what_may_be_edited_is_listed_where_all_of_it_may(world: World) -> None:
    world.write_policy(MOVING)
    assert spoken(rights(world)) == [("ok", "describe allows to read all of it, and to edit Lead (OwnerId, Rating)")]


@pytest.mark.parametrize(
    ("sobject", "fields", "said", "mend"),
    [
        ("Lead", (), "Lead records cannot be assigned: this login may not edit them", "grant Edit on Lead"),
        ("Lead", ("OwnerId",), "Lead records cannot be assigned: this login may not change OwnerId", "Transfer Leads"),
        ("Task", (), "Task records cannot be moved with their item: this login may not edit them", "Edit Tasks"),
        ("Task", ("OwnerId",), "Task records cannot be moved with their item", "Transfer Record"),
    ],
)
def test_a_missing_right_is_named_with_what_to_grant(
    world: World, sobject: str, fields: tuple[str, ...], said: str, mend: str
) -> None:
    world.write_policy(MOVING)
    world.org.thing(sobject).make_read_only(*fields)
    (found,) = rights(world)
    assert (found.level, found.exit_code, found.said.startswith(said)) == ("error", 1, True), found.said
    assert mend in str(found.mend)


def test_tasks_that_may_not_be_created_tell_nobody(world: World) -> None:
    world.write_policy(MOVING)
    world.org.thing("Task").createable = False
    assert spoken(rights(world)) == [("error", "`notify: [task]` creates tasks, which this login may not")]
    world.write_policy(POLICY)
    assert [one.level for one in rights(world)] == ["ok"]


def test_an_object_that_cannot_be_queried_is_an_error(world: World) -> None:
    world.org.thing("Lead").queryable = False
    assert spoken(rights(world)) == [("error", "Lead cannot be queried by this login")]


def test_without_view_setup_hidden_records_cannot_be_noticed_and_that_is_said(world: World) -> None:
    world.org.settings.setup_viewers = frozenset()
    (found,) = visibility_findings(world.app().org, ["Lead"])
    assert (found.what, found.level) == ("rights", "warning")
    assert found.said.startswith("this login lacks View Setup and Configuration; the org does not tell")
    assert "View Setup and Configuration" in str(found.mend)


def test_counts_that_the_org_keeps_to_itself_are_no_missing_right(world: World) -> None:
    world.org.faults.fail(path="recordCount", status=403, code="INSUFFICIENT_ACCESS", message="no", times=-1)
    (found,) = visibility_findings(world.app().org, ["Lead"])
    assert (found.what, found.level) == ("rights", "warning")
    assert found.said.endswith("(View Setup and Configuration is granted)")
    world.org.hide_object("UserPermissionAccess")
    (found,) = visibility_findings(world.app().org, ["Lead"])
    assert "whether this login has View Setup and Configuration could not be asked: INVALID_TYPE" in found.said
