"""What the org holds before the first minute passes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise

import pytest

from sfassign.emulator.floor.people import Standing, Team
from sfassign.emulator.wire import milliseconds, moment

from .world import ACTIVE, ROLES, World


def test_everyone_is_a_user_with_role_profile_manager_and_time_zone(fresh: World) -> None:
    roles = {row["Id"]: row["Name"] for row in fresh.rows("UserRole")}
    users = {row["Username"]: row for row in fresh.rows("User")}
    for person in fresh.floor.company.people:
        user = users[person.username]
        assert roles[user["UserRoleId"]] == person.role
        assert user["ProfileId"]
        assert user["TimeZoneSidKey"] == person.timezone
        assert (user["ManagerId"] is None) == (person.manager is None)
        assert user["Languages__c"].split(";") == list(person.languages)
        assert user["Max_Deal__c"] == person.max_deal


def test_who_left_is_inactive_and_the_frozen_one_is_active_with_a_frozen_login(fresh: World) -> None:
    users = {row["Id"]: row for row in fresh.rows("User")}
    frozen = {row["UserId"] for row in fresh.rows("UserLogin", "IsFrozen = 1")}
    for person in fresh.floor.company.people:
        user = fresh.user(person)
        assert bool(users[user]["IsActive"]) == (person.standing is not Standing.LEFT)
        assert (user in frozen) == (person.standing is Standing.FROZEN)
    assert Counter(row["UserId"] for row in fresh.rows("UserLogin")).most_common(1)[0][1] == 1


def test_roles_form_one_tree_below_the_chief(fresh: World) -> None:
    parents = {row["Name"]: row["ParentRoleId"] for row in fresh.rows("UserRole")}
    ids = {row["Id"]: row["Name"] for row in fresh.rows("UserRole")}
    assert [name for name, parent in parents.items() if parent is None] == ["Chief Revenue Officer"]
    assert ids[parents["SDR"]] == "SDR Manager"
    assert ids[parents["SDR Manager"]] == "Chief Revenue Officer"


@pytest.mark.parametrize(("name", "queue"), [("Lead", "Web Leads"), ("Case", "Support Queue")])
def test_a_queue_may_own_its_object_and_has_the_team_as_members(fresh: World, name: str, queue: str) -> None:
    (group,) = fresh.rows("Group", f"Name = '{queue}'")
    assert group["Type"] == "Queue"
    assert [row["SobjectType"] for row in fresh.rows("QueueSobject", f"QueueId = '{group['Id']}'")] == [name]
    members = [fresh.person(row["UserOrGroupId"]) for row in fresh.rows("GroupMember", f"GroupId = '{group['Id']}'")]
    assert len(members) > 10
    assert all(one is not None and one.role in ROLES[name] and one.standing is Standing.EMPLOYED for one in members)


def test_about_forty_items_wait_and_none_of_them_is_from_the_future(fresh: World) -> None:
    waiting = fresh.waiting()
    assert Counter(row["object"] for row in waiting) == {"Lead": 20, "Case": 13, "Opportunity": 7}
    age = [fresh.start - moment(row["CreatedDate"]) for row in waiting]
    assert dt.timedelta(0) <= min(age) <= max(age) < dt.timedelta(hours=3)


def test_every_active_item_has_an_owner_who_exists_and_is_active(served: World, unserved: World) -> None:
    for world in (served, unserved):
        owners = {row["Id"] for row in world.rows("User", "IsActive = 1")} | {row["Id"] for row in world.rows("Group")}
        assert {row["OwnerId"] for row in world.active()} <= owners


def test_piles_on_the_desks_differ(fresh: World) -> None:
    piles = Counter(row["OwnerId"] for row in fresh.active() if fresh.person(row["OwnerId"]))
    workers = [one for one in fresh.floor.company.people if one.takes_items and one.standing is not Standing.LEFT]
    sizes = [piles[fresh.user(one)] for one in workers]
    assert min(sizes) <= 2
    assert 9 <= max(sizes) <= 12
    assert all((person := fresh.person(owner)) and person.takes_items for owner in piles)


@pytest.mark.parametrize(("name", "least"), [("Lead", 800), ("Case", 700), ("Opportunity", 350)])
def test_sixty_days_of_finished_work_lie_behind(fresh: World, name: str, least: int) -> None:
    done = fresh.rows(name, f"NOT ({ACTIVE[name]})")
    assert len(done) >= least
    oldest = milliseconds(fresh.start - dt.timedelta(days=63))
    for row in done:
        assert (
            oldest < row["CreatedDate"] <= row["LastModifiedDate"] <= row["SystemModstamp"] <= milliseconds(fresh.start)
        )
        assert fresh.person(row["OwnerId"])
    days = {moment(row["LastModifiedDate"]).date() for row in done}
    assert len(days) > 50
    ended = {"Case": "ClosedDate", "Lead": "LastModifiedDate", "Opportunity": "LastModifiedDate"}[name]
    assert all(row[ended] == row["LastModifiedDate"] for row in done)


@pytest.mark.parametrize(("name", "flag"), [("Lead", "IsConverted"), ("Opportunity", "IsWon")])
def test_the_past_shows_who_is_more_successful(fresh: World, name: str, flag: str) -> None:
    done = fresh.rows(name, f"NOT ({ACTIVE[name]})")
    shares = []
    for person in fresh.floor.company.people:
        mine = [row[flag] for row in done if row["OwnerId"] == fresh.user(person)]
        if len(mine) >= 15:
            shares.append((person.habits.success, sum(mine) / len(mine)))
    ranked = sorted(shares)
    half = len(ranked) // 2
    assert half >= 4
    weaker, stronger = ranked[:half], ranked[-half:]
    assert sum(share for _, share in stronger) > 1.2 * sum(share for _, share in weaker)


def test_accounts_belong_to_account_executives_and_have_a_contact(fresh: World) -> None:
    accounts = fresh.rows("Account")
    assert len(accounts) == 120
    owners = [fresh.person(row["OwnerId"]) for row in accounts]
    assert all(one is not None and one.team is Team.ACCOUNT_EXECUTIVES for one in owners)
    assert {row["AccountId"] for row in fresh.rows("Contact")} == {row["Id"] for row in accounts}


def test_nothing_in_the_org_is_newer_than_the_start(fresh: World) -> None:
    for name in ("User", "Lead", "Case", "Opportunity", "Account", "Contact", "AuthSession", "UserServicePresence"):
        assert all(row["LastModifiedDate"] <= milliseconds(fresh.start) for row in fresh.rows(name))


def test_another_seed_is_another_company(fresh: World) -> None:
    other = World(fresh.seed + 1)
    names = [{row["Username"] for row in world.rows("User")} for world in (fresh, other)]
    assert len(names[0] & names[1]) < 20
    leads = [[row["Company"] for row in world.rows("Lead")] for world in (fresh, other)]
    assert not any(here == ahead for here, ahead in pairwise(leads))
