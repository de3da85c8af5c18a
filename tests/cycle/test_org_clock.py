"""An org whose clock is not ours: whatever is asked by the time of day is asked by the org's."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.cycle.world import POLICY, World

IDLE = POLICY + "    available: {logged_in: {idle: 10m}}\n"
NEW_TODAY = POLICY.replace("'Web Leads'", "'Web Leads' AND Follow_up__c <= TODAY")


def log_in(world: World) -> None:
    """All three, five minutes ago."""
    for name in ("ann", "bob", "cyd"):
        user = world.people[name]
        session = {"UsersId": user, "SessionType": "UI", "LoginType": "Application", "NumSecondsValid": 7200}
        world.org.insert("AuthSession", session, by=user)
    world.clock.pass_by(minutes=5)


@pytest.mark.parametrize("minutes", [-60, -6, 0, 6, 60])
@pytest.mark.parametrize("again", [False, True], ids=["first start", "started again"])
def test_people_who_worked_five_minutes_ago_are_there_whatever_our_clock_says(
    world: World, minutes: int, again: bool
) -> None:
    world.org_ahead = dt.timedelta(minutes=minutes)
    world.token = world.org.issue_token()
    world.write_policy(IDLE)
    if again:
        world.cycle(world.app())
    log_in(world)
    app = world.app()
    for _ in range(2):
        world.add_leads(3)
        assert len(world.cycle(app).assigned) == 3


@pytest.mark.parametrize("again", [False, True], ids=["running on", "started again"])
def test_a_day_begins_when_it_begins_for_the_org(world: World, again: bool) -> None:
    """Our clock is an hour behind: the org's next day is here while ours is not."""
    world.org_ahead = dt.timedelta(hours=1)
    world.org.settings.session_seconds = 7 * 86_400
    world.token = world.org.issue_token()
    world.write_policy(NEW_TODAY)
    world.org.add_field("Lead", name="Follow_up__c", type="date")
    lead = world.add_lead(Follow_up__c=(world.clock.now().date() + dt.timedelta(days=1)).isoformat())
    app = world.app()
    assert world.cycle(app).assigned == ()
    world.clock.pass_by(minutes=30)
    assert world.cycle(app).assigned == ()
    world.clock.pass_by(hours=12, minutes=30)
    assert world.org.clock().day != world.clock.now().day
    (line,) = world.cycle(world.app() if again else app).assigned
    assert line.id == lead
