"""People who let work lie: taken for absent until they are seen again; and work they got in any other way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sfassign.bootstrap import App
from sfassign.orders import carry_out
from tests.cycle.neglected import MINUTES, changed_hands, given, later, neglect
from tests.cycle.world import World

AWAY = neglect(mark_away="true")
COVERS = neglect(covers="members")


def silent_owner(world: World, policy: str = AWAY) -> tuple[App, str]:
    """Somebody did not touch their lead and was taken for absent."""
    app, (lead,) = given(world, policy)
    owner = world.owner(lead)
    assert changed_hands(later(world, app, 31)) == [(lead, "neglected")]
    assert gets_nothing(world, app, owner)
    return app, owner


def gets_nothing(world: World, app: App, user: str) -> bool:
    """Of three leads, one for each of three people, this one gets none."""
    leads = world.add_leads(3)
    world.cycle(app)
    return user not in {world.owner(lead) for lead in leads}


def test_the_silent_owner_gets_nothing_and_the_gate_says_why(world: World) -> None:
    app, owner = silent_owner(world)
    (member,) = [one for one in app.store.snapshot(world.clock.now(), ()).members if one.id == owner]
    assert member.pause is not None
    assert member.pause.reason.startswith("silent since 10:10 Europe/London: did not touch Lead 00Q")


def test_nobody_is_taken_for_absent_where_the_policy_does_not_say_so(world: World) -> None:
    app, (lead,) = given(world, neglect())
    owner = world.owner(lead)
    later(world, app, 31)
    assert not gets_nothing(world, app, owner)


def logs_in(world: World, app: App, user: str) -> None:
    session = {"UsersId": user, "SessionType": "UI", "LoginType": "Application", "NumSecondsValid": 7_200}
    world.org.insert("AuthSession", session)


def edits(world: World, app: App, user: str) -> None:
    world.org.update("Lead", world.add_lead(owner=world.org.admin_id), {"Title": "Boss"}, by=user)


def resumed(world: World, app: App, user: str) -> None:
    carry_out(app, "resume", {"kind": "user", "target": user})


@pytest.mark.parametrize("comes_back", [logs_in, edits, resumed])
def test_seen_active_again(world: World, comes_back: Callable[[World, App, str], None]) -> None:
    app, owner = silent_owner(world)
    world.clock.pass_by(seconds=5)
    comes_back(world, app, owner)
    world.clock.pass_by(seconds=5)
    later(world, app, 1)
    assert not gets_nothing(world, app, owner)


def test_another_omni_status_is_somebody_at_work(world: World) -> None:
    at_work, busy = (
        world.org.insert("ServicePresenceStatus", {"MasterLabel": name, "DeveloperName": name})
        for name in ("Available", "Busy")
    )
    rows = {
        user: world.org.insert(
            "UserServicePresence", {"UserId": user, "ServicePresenceStatusId": at_work, "IsCurrentState": True}
        )
        for user in world.people.values()
    }
    app, owner = silent_owner(world, AWAY + "    available: {omni: [Available, Busy]}\n")
    world.org.update("UserServicePresence", rows[owner], {"ServicePresenceStatusId": busy})
    later(world, app, 1)
    assert not gets_nothing(world, app, owner)


def test_an_activity_of_theirs_on_another_lead_ends_it(world: World) -> None:
    app, leads = given(world, AWAY, 4)
    owner = world.owner(leads[0])
    assert world.owner(leads[3]) == owner
    later(world, app, 15)
    world.org.insert("Task", {"Subject": "Call", "WhoId": leads[3], "OwnerId": owner}, by=owner)
    later(world, app, 16)
    assert world.owner(leads[3]) == owner
    assert gets_nothing(world, app, owner), "it was before the other one was neglected"


def test_an_activity_on_what_they_still_have_ends_it(world: World) -> None:
    app, leads = given(world, AWAY, 1)
    owner = world.owner(leads[0])
    later(world, app, 20)
    more = world.add_leads(3)
    world.cycle(app)
    (theirs,) = [lead for lead in more if world.owner(lead) == owner]
    later(world, app, 11)
    assert gets_nothing(world, app, owner)
    world.org.insert("Task", {"Subject": "Call", "WhoId": theirs, "OwnerId": owner}, by=owner)
    later(world, app, 25)
    assert world.owner(theirs) == owner
    assert not gets_nothing(world, app, owner)


def test_a_session_that_was_there_before_ends_nothing(world: World) -> None:
    app, (lead,) = given(world, AWAY)
    owner = world.owner(lead)
    logs_in(world, app, owner)
    later(world, app, 31)
    later(world, app, 5)
    assert gets_nothing(world, app, owner)


# --- covers: members --------------------------------------------------------------------------------------------------


def test_what_a_member_got_by_hand_is_looked_after_too(world: World) -> None:
    app, _ = given(world, COVERS)
    lead = world.add_lead(owner=world.people["cyd"])
    world.clock.pass_by(seconds=5)
    assert world.owner(lead) == world.people["cyd"]
    report = later(world, app, 40)
    assert (lead, "neglected") in changed_hands(report)
    assert world.owner(lead) != world.people["cyd"]


def test_only_what_we_gave_is_looked_after_otherwise(world: World) -> None:
    app, _ = given(world, neglect())
    lead = world.add_lead(owner=world.people["cyd"])
    later(world, app, 60)
    assert world.owner(lead) == world.people["cyd"]


def test_what_members_had_before_the_policy_said_so(world: World) -> None:
    app, _ = given(world, neglect())
    lead = world.add_lead(owner=world.people["cyd"])
    stranger = world.org.add_user("eve@acme.example", "Eve")
    others = world.add_lead(owner=stranger)
    later(world, app, 10)
    world.write_policy(COVERS)
    app = world.app(poll=MINUTES)
    assert (lead, "neglected") not in changed_hands(later(world, app, 33))
    assert (lead, "neglected") in changed_hands(later(world, app, 5))
    assert world.owner(others) == stranger


def test_what_somebody_has_who_joins_the_group(world: World) -> None:
    app, _ = given(world, COVERS)
    eve = world.org.add_user("eve@acme.example", "Eve")
    lead = world.add_lead(owner=eve)
    later(world, app, 60)
    assert world.owner(lead) == eve
    world.org.update("User", eve, {"UserRoleId": world.role})
    later(world, app, 10)
    assert world.owner(lead) == eve
    assert (lead, "neglected") in changed_hands(later(world, app, 40))


def test_a_covered_lead_is_never_returned_to_where_we_did_not_take_it(world: World) -> None:
    app, _ = given(world, neglect("return", covers="members"))
    lead = world.add_lead(owner=world.people["cyd"])
    report = later(world, app, 40)
    assert lead in {line.id for line in report.neglected}
    assert world.owner(lead) == world.people["cyd"]


def test_after_its_end_no_other_way_of_covering_starts_a_clock(world: World) -> None:
    policy = neglect(at_most=1, covers="members", last="{user: ann@acme.example}").replace("last:", "finally:")
    world.write_policy(policy)
    bob = world.people["bob"]
    app, _ = given(world, policy)
    lead = world.add_lead(owner=bob)
    for _ in range(4):
        later(world, app, 40)
    assert world.owner(lead) == world.people["ann"]
    assert (lead, "neglected") not in changed_hands(later(world, app, 80))
