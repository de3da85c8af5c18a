"""What `check` says of presence: whether the org shows it at all, and whether it can be as fresh as the policy asks."""

from __future__ import annotations

import pytest

from tests.cycle.proofs import presence, spoken
from tests.cycle.world import POLICY, World

BY_SESSION = POLICY + "    available: {logged_in: {idle: 30m}}\n"
BY_OMNI = POLICY + "    available: {omni: [Available, Ready]}\n"


def browse(world: World, name: str, seconds: int = 3_600, kind: str = "UI") -> None:
    session = {"UsersId": world.people[name], "SessionType": kind, "NumSecondsValid": seconds}
    world.org.insert("AuthSession", session)


def status(world: World, name: str) -> str:
    return world.org.insert("ServicePresenceStatus", {"MasterLabel": name, "DeveloperName": name.replace(" ", "_")})


def test_people_with_a_session_are_counted_without_ourselves(world: World) -> None:
    world.write_policy(BY_SESSION)
    browse(world, "ann")
    browse(world, "bob", kind="API")
    assert spoken([*presence(world)]) == [
        ("ok", "2 people besides this login with a live session, 1 of them in a browser")
    ]


def test_sessions_that_ended_count_for_nobody(world: World) -> None:
    world.write_policy(BY_SESSION)
    browse(world, "ann", seconds=900)
    world.clock.pass_by(minutes=20)
    (found,) = presence(world)
    assert "nobody but this login has a live one now" in found.said


@pytest.mark.parametrize("at_work", [False, True], ids=["nobody logged in", "somebody logged in"])
@pytest.mark.parametrize("granted", [False, True], ids=["right missing", "right granted"])
def test_the_right_to_see_sessions_is_asked_for_and_not_guessed_from_what_is_shown(
    world: World, granted: bool, at_work: bool
) -> None:
    world.write_policy(BY_SESSION)
    if at_work:
        browse(world, "ann")
    world.org.settings.session_viewers = None if granted else frozenset()
    (found,) = presence(world)
    assert found.level == ("ok" if granted else "warning")
    assert ("1 person besides this login" in found.said) is (granted and at_work)
    if not granted:
        assert found.said.startswith("this login lacks Manage Users")
        assert "grant Manage Users" in str(found.mend)


def test_somebody_elses_session_does_not_prove_that_all_are_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write_policy(BY_SESSION)
    browse(world, "ann")
    app = world.app()
    monkeypatch.setattr(app.org, "permission", lambda name: name != "ManageUsers")
    (found,) = presence(world, app)
    assert (found.level, "so there may be more of them" in found.said) == ("warning", True)


@pytest.mark.parametrize("at_work", [False, True])
def test_where_the_org_does_not_tell_its_rights_that_is_said(world: World, at_work: bool) -> None:
    world.write_policy(BY_SESSION)
    if at_work:
        browse(world, "ann")
    world.org.hide_object("UserPermissionAccess")
    (found,) = presence(world)
    assert (found.level, "could not be asked: INVALID_TYPE" in found.said) == (
        ("ok", False) if at_work else ("warning", True)
    )


def test_an_org_that_shows_not_even_our_own_session_is_told_apart(world: World) -> None:
    world.write_policy(BY_SESSION)
    for row in world.org.query("SELECT Id FROM AuthSession"):
        world.org.delete("AuthSession", row["Id"])
    assert spoken([*presence(world)]) == [("warning", "the org shows no session at all, not even our own")]


def test_an_idle_limit_shorter_than_half_of_the_time_out_takes_people_at_work_for_idle(world: World) -> None:
    world.write_policy(BY_SESSION)
    browse(world, "ann", seconds=7_200)
    browse(world, "bob", seconds=900)
    (_, found) = presence(world)
    assert found.level == "warning"
    assert found.said.startswith("`idle: 30m` ('Web leads') is shorter than half of the session time-out of 2h")
    assert str(found.mend).startswith("set `idle` to 1h or more")


def test_an_idle_limit_of_half_of_the_time_out_is_enough(world: World) -> None:
    world.write_policy(BY_SESSION)
    browse(world, "ann", seconds=3_600)
    assert [one.level for one in presence(world)] == ["ok"]


def test_a_session_stamped_longer_ago_than_idle_still_tells_its_time_out(world: World) -> None:
    world.write_policy(BY_SESSION)
    browse(world, "ann", seconds=7_200)
    world.clock.pass_by(minutes=50)
    assert [one.level for one in presence(world)] == ["ok", "warning"]


def test_nobody_online_in_omni_channel_may_be_a_missing_right(world: World) -> None:
    world.write_policy(BY_OMNI)
    status(world, "Available")
    status(world, "Ready")
    (found,) = presence(world)
    assert (found.level, found.said.startswith("Omni-Channel shows nobody's status")) == ("warning", True)


def test_a_status_the_org_does_not_have_is_named_with_those_it_has(world: World) -> None:
    world.write_policy(BY_OMNI)
    available = status(world, "Available")
    on = {"UserId": world.people["ann"], "ServicePresenceStatusId": available, "IsCurrentState": True}
    world.org.insert("UserServicePresence", on)
    (good, found) = presence(world)
    assert good.said == "1 person with an Omni-Channel status"
    assert found.said == "group 'Web leads' accepts the status 'Ready', which the org does not have"
    assert found.mend == "one of the org's statuses: Available"


def test_statuses_are_known_by_label_where_developer_names_are_hidden(world: World) -> None:
    world.write_policy(BY_OMNI)
    status(world, "Available")
    status(world, "Ready")
    world.org.hide_field("ServicePresenceStatus", "DeveloperName")
    assert [one.said for one in presence(world) if "does not have" in one.said] == []


def test_a_policy_that_looks_at_no_presence_is_told_nothing_of_it(world: World) -> None:
    world.write_policy(POLICY)
    assert [*presence(world)] == []
