"""What `check` says of the members that a policy names, and what every cycle says of them."""

from __future__ import annotations

import pytest

from tests.cycle.proofs import members, spoken
from tests.cycle.world import POLICY, World

CONDITION = "members: \"UserRole.Name = 'SDR'\""
NOBODY = "group 'Web leads' has no member: nothing of it is assigned to anybody"


def listing(*usernames: str) -> str:
    return POLICY.replace(CONDITION, f"members: [{', '.join(usernames)}]")


def test_everybody_who_may_be_a_member_is_counted(world: World) -> None:
    assert spoken(members(world)) == [("ok", "3 users may be members")]


def test_a_listed_user_who_does_not_exist_is_found_with_the_nearest_username(world: World) -> None:
    world.write_policy(listing("anne@acme.example", "bob@acme.example", "zzz@acme.example"))
    near, far = members(world)
    assert near.said == "group 'Web leads' lists 'anne@acme.example', but no user of the org has this Username"
    assert near.mend == "did you mean 'ann@acme.example'? mend `members`, or take the line out"
    assert (far.level, far.mend) == ("warning", "mend `members`, or take the line out")


def test_the_same_user_of_a_sandbox_is_near(world: World) -> None:
    world.org.add_user("dana@acme.example.uat", "Dana")
    world.write_policy(listing("ann@acme.example", "dana@acme.example"))
    (found,) = members(world)
    assert str(found.mend).startswith("did you mean 'dana@acme.example.uat'? ")


def test_a_group_of_names_that_nobody_has_can_assign_nothing(world: World) -> None:
    world.write_policy(listing("nobody1@acme.example", "nobody2@acme.example"))
    *listed, empty = members(world)
    assert (len(listed), empty.level, empty.said) == (2, "warning", NOBODY)


@pytest.mark.parametrize("condition", ["UserRole.Name = 'No Such Role'", "IsActive = false"])
def test_a_condition_that_no_user_fulfils_leaves_a_group_without_members(world: World, condition: str) -> None:
    world.write_policy(POLICY.replace("UserRole.Name = 'SDR'", condition))
    assert spoken(members(world)) == [("warning", NOBODY)]


def test_members_who_are_all_inactive_are_nobody(world: World) -> None:
    world.write_policy(listing("ann@acme.example"))
    world.org.update("User", world.people["ann"], {"IsActive": False})
    assert spoken(members(world)) == [
        ("warning", "group 'Web leads' has no active member: nothing of it is assigned to anybody")
    ]


def test_only_the_group_that_has_nobody_is_named(world: World) -> None:
    other = POLICY.split("groups:\n")[1].replace("Web leads", "Others").replace("'SDR'", "'No Such Role'")
    world.write_policy(POLICY + other.replace("'Web Leads'", "'Others'"))
    assert spoken(members(world)) == [("warning", NOBODY.replace("Web leads", "Others"))]


def test_an_empty_queue_has_no_member_and_one_that_is_not_there_is_told_once(world: World) -> None:
    world.write_policy(POLICY.replace(CONDITION, "members: {queue: Web Leads}"))
    assert spoken(members(world)) == [("warning", NOBODY)]
    world.write_policy(POLICY.replace(CONDITION, "members: {queue: Nowhere}"))
    assert [one.level for one in members(world)] == ["ok"]


def test_people_may_name_users_who_are_no_members_but_not_users_who_are_not_there(world: World) -> None:
    world.org.add_user("dan@acme.example", "Dan")
    world.write_policy(
        POLICY + "people:\n"
        "  - {user: ANN@acme.example, quota: 3}\n"
        "  - {user: dan@acme.example, quota: 3}\n"
        "  - {user: cyyd@acme.example, quota: 3}\n"
    )
    found, count = members(world)
    assert found.said == "`people` names 'cyyd@acme.example', but no user of the org has this Username"
    assert str(found.mend).startswith("did you mean 'cyd@acme.example'? ")
    assert count.level == "ok"


def test_every_cycle_tells_of_a_listed_user_who_does_not_exist_until_there_is_one(world: World) -> None:
    world.write_policy(listing("ann@acme.example", "dan@acme.example"))
    world.add_leads(1)
    app = world.app()
    first, second = world.cycle(app), world.cycle(app)
    assert first.warnings == second.warnings == ("group 'Web leads' lists dan@acme.example: no such user",)
    assert (len(first.assigned), first.exit_code) == (1, 3)
    world.org.add_user("dan@acme.example", "Dan")
    world.clock.pass_by(minutes=10)
    assert world.cycle(app).warnings == ()


def test_where_users_cannot_be_read_nobody_is_taken_for_missing(world: World) -> None:
    world.write_policy(listing("ann@acme.example", "dan@acme.example"))
    world.org.hide_field("User", "TimeZoneSidKey")
    report = world.cycle(world.app())
    assert (report.warnings, [one.partition(":")[0] for one in report.unreadable]) == ((), ["users"])
