"""Sessions and Omni-Channel presence tell the truth about who is in."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from sfassign.emulator.floor.shifts import Doing
from sfassign.emulator.wire import milliseconds, moment

from .world import World

CHECK_EVERY = dt.timedelta(minutes=35)
STATUS_OF = {
    Doing.WORKING: {"Available", "Available - Cases"},
    Doing.LUNCH: {"Lunch"},
    Doing.BREAK: {"On a Break"},
    Doing.MEETING: {"Meeting / Training"},
}


def test_who_is_in_has_a_session_and_who_is_gone_has_none(world: World) -> None:
    for _ in range(40):
        logged_in = {row["UsersId"] for row in world.rows("AuthSession")}
        for user in world.floor.company.people_by_id:
            assert (user in logged_in) == (world.doing(user, world.now) is not Doing.GONE)
        world.let(CHECK_EVERY)


def test_a_session_is_used_while_its_owner_works_and_grows_stale_in_pauses(world: World) -> None:
    pauses = 0
    for _ in range(24):
        world.let(dt.timedelta(minutes=20))
        for row in world.rows("AuthSession", "SessionType = 'UI'"):
            used = moment(row["LastModifiedDate"])
            assert row["CreatedDate"] <= row["LastModifiedDate"]
            assert row["NumSecondsValid"] == 7200
            if world.doing(row["UsersId"], world.now) is Doing.WORKING:
                assert world.now - used < dt.timedelta(minutes=17)
            else:
                pauses += 1
                assert world.doing(row["UsersId"], used) is Doing.WORKING
    assert pauses > 10


def test_support_shows_one_current_status_each_and_nobody_else_shows_any(world: World) -> None:
    labels = {row["Id"]: row["MasterLabel"] for row in world.rows("ServicePresenceStatus")}
    seen: Counter[str] = Counter()
    for _ in range(40):
        current = {row["UserId"]: row for row in world.rows("UserServicePresence", "IsCurrentState = 1")}
        assert len(current) == len(world.rows("UserServicePresence", "IsCurrentState = 1"))
        for user, person in world.floor.company.people_by_id.items():
            doing = world.doing(user, world.now)
            assert (user in current) == (person.uses_omni and doing is not Doing.GONE)
            if user in current:
                label = labels[current[user]["ServicePresenceStatusId"]]
                assert label in STATUS_OF[doing]
                assert current[user]["IsAway"] == (doing is not Doing.WORKING)
                seen[label] += 1
        world.let(CHECK_EVERY)
    assert set(seen) >= {"Available", "Available - Cases", "Lunch"}


def test_an_ended_status_says_when_and_how_long(served: World) -> None:
    ended = served.rows("UserServicePresence", "IsCurrentState = 0")
    assert len(ended) > 50
    for row in ended:
        assert row["StatusEndDate"] - row["StatusStartDate"] == row["StatusDuration"] * 1000
        assert row["StatusDuration"] > 0


def test_every_login_of_the_day_is_in_the_login_history(served: World) -> None:
    logins = served.rows("LoginHistory")
    assert len(logins) > 50
    for row in logins:
        assert served.doing(row["UserId"], moment(row["LoginTime"]) - dt.timedelta(seconds=1)) is Doing.GONE
        assert served.doing(row["UserId"], moment(row["LoginTime"])) is Doing.WORKING


def test_a_night_is_almost_empty() -> None:
    world = World(11)
    night = (world.start + dt.timedelta(days=1)).replace(hour=1, minute=30)
    world.let(night - world.start)
    assert len(world.rows("AuthSession")) <= 3
    assert all(row["LastModifiedDate"] <= milliseconds(world.now) for row in world.rows("AuthSession"))
