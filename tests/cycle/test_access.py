"""What sharing and rights of the org do to the work of a login that is no administrator."""

from __future__ import annotations

import pytest

from sfassign.bootstrap import App
from tests.cycle.world import POLICY, World

REFUSED = "INSUFFICIENT_ACCESS_OR_READONLY"


@pytest.fixture
def robot(world: World) -> str:
    """The daemon's own user; what it owns or may see is not an administrator's."""
    user = world.org.add_user("robot@acme.example", "Robot")
    world.token = world.org.issue_token(user)
    return user


def started(world: World) -> App:
    app = world.app()
    world.cycle(app)
    return app


def test_a_lead_this_login_may_not_change_is_told_once_and_the_others_are_given_out(world: World, robot: str) -> None:
    app = started(world)
    locked, free = world.add_leads(2)
    world.org.settings.read_only_records = frozenset({(locked, robot)})
    report = world.cycle(app)
    assert [line.id for line in report.assigned] == [free]
    assert [(line.id, line.code, line.retry) for line in report.failed] == [(locked, REFUSED, False)]
    assert report.exit_code == 3
    assert world.owner(locked) == world.queue
    assert world.cycle(app).failed == ()
    world.org.settings.read_only_records = frozenset()
    world.clock.pass_by(minutes=61)
    assert [line.id for line in world.cycle(app).assigned] == [locked]


def test_nobody_is_put_off_for_a_lead_that_may_not_be_changed(world: World, robot: str) -> None:
    app = started(world)
    (locked,) = world.add_leads(1)
    world.org.settings.read_only_records = frozenset({(locked, robot)})
    world.cycle(app)
    world.add_leads(3)
    assert {line.owner for line in world.cycle(app).assigned} == {*world.people.values()}


@pytest.mark.parametrize("right", ["edit", "transfer"])
def test_leads_open_to_all_for_reading_or_editing_only_stay_in_the_queue(world: World, robot: str, right: str) -> None:
    app = started(world)
    leads = world.add_leads(3)
    if right == "edit":
        world.org.settings.read_only_objects = frozenset({"Lead"})
    else:
        world.org.settings.untransferable_objects = frozenset({"Lead"})
    report = world.cycle(app)
    assert {(line.id, line.code) for line in report.failed} == {(lead, REFUSED) for lead in leads}
    assert {world.owner(lead) for lead in leads} == {world.queue}


@pytest.mark.parametrize("ends", [True, False])
def test_who_is_frozen_gets_nothing_whatever_becomes_of_their_session(world: World, ends: bool) -> None:
    world.org.settings.freezing_ends_sessions = ends
    world.write_policy(POLICY + "    available: {logged_in: {idle: 30m}}\n")
    for user in world.people.values():
        session = {"UsersId": user, "SessionType": "UI", "LoginType": "Application", "NumSecondsValid": 7200}
        world.org.insert("AuthSession", session)
    ann = world.people["ann"]
    (login,) = world.org.query(f"SELECT Id FROM UserLogin WHERE UserId = '{ann}'")
    world.org.update("UserLogin", login["Id"], {"IsFrozen": True})
    app = world.app()
    world.cycle(app)
    world.add_leads(4)
    assert {line.owner for line in world.cycle(app).assigned} == {*world.people.values()} - {ann}


def test_a_person_who_cannot_read_leads_is_put_off_and_the_lead_goes_to_the_next(world: World, robot: str) -> None:
    app = started(world)
    ann, bob = world.people["ann"], world.people["bob"]
    world.org.settings.no_read = frozenset({(ann, "Lead")})
    (lead,) = world.add_leads(1)
    report = world.cycle(app)
    assert [(line.owner, line.code, line.retry) for line in report.failed] == [(ann, "TRANSFER_REQUIRES_READ", True)]
    assert [line.owner for line in world.cycle(app).assigned] == [bob]
    assert world.owner(lead) == bob
    later = world.add_leads(2)
    assert ann not in {line.owner for line in world.cycle(app).assigned}
    assert all(world.owner(lead) != world.queue for lead in later)


def test_who_may_read_leads_again_gets_some_after_the_back_off(world: World, robot: str) -> None:
    app = started(world)
    ann = world.people["ann"]
    world.org.settings.no_read = frozenset({(ann, "Lead")})
    world.add_leads(1)
    world.cycle(app)
    world.cycle(app)
    world.org.settings.no_read = frozenset()
    world.clock.pass_by(minutes=61)
    world.add_leads(3)
    assert ann in {line.owner for line in world.cycle(app).assigned}


def test_a_lead_that_is_hidden_from_us_before_the_write_is_lost_and_nobody_is_put_off(world: World, robot: str) -> None:
    app = started(world)
    (lead,) = world.add_leads(1)

    def hide() -> None:
        world.org.settings.private_objects = frozenset({"Lead"})

    world.org.faults.between(hide, method="POST", path="composite$", after=True)
    report = world.cycle(app)
    assert (report.assigned, report.failed) == ((), ())
    assert [(line.id, line.owner_now) for line in report.lost_race] == [(lead, None)]
    assert world.owner(lead) == world.queue
    world.org.settings.private_objects = frozenset()
    world.add_leads(3)
    assert {line.owner for line in world.cycle(app).assigned} == {*world.people.values()}
