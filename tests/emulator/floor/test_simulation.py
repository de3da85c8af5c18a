"""The floor in motion."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from threading import Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfassign.emulator.floor.arrivals import PEAK_PER_MINUTE, arrivals_of_hour
from sfassign.emulator.floor.people import Standing
from sfassign.emulator.floor.shifts import Doing
from sfassign.emulator.wire import milliseconds, moment

from .world import SEED, World

HOUR = dt.timedelta(hours=1)
HISTORIES = {"LeadHistory": "LeadId", "CaseHistory": "CaseId", "OpportunityFieldHistory": "OpportunityId"}


@pytest.fixture(scope="module")
def hour_at_once() -> str:
    world = World(SEED)
    world.let(HOUR)
    return world.dump()


def test_sixty_minutes_one_by_one_are_the_same_hour_to_the_last_byte(hour_at_once: str) -> None:
    world = World(SEED)
    for _ in range(60):
        world.let(dt.timedelta(minutes=1))
    assert world.dump() == hour_at_once


@given(st.lists(st.integers(1, 900), min_size=1, max_size=30))
@settings(max_examples=3, deadline=None)
def test_any_steps_make_the_same_hour(hour_at_once: str, steps_seconds: list[int]) -> None:
    world = World(SEED)
    for seconds in steps_seconds:
        world.let(min(dt.timedelta(seconds=seconds), world.start + HOUR - world.now))
    world.let(world.start + HOUR - world.now)
    assert world.dump() == hour_at_once


IN_ANOTHER_PROCESS = """
import datetime as dt, hashlib
from sfassign.emulator import LocalOrg
from sfassign.emulator.floor import build_floor, floor_start
now = floor_start(7, dt.date(2026, 11, 23))
org = LocalOrg(lambda: now, seed=7)
build_floor(org, 7).advance(now + dt.timedelta(minutes=20))
print(hashlib.sha256("\\n".join(org.storage.connection.iterdump()).encode()).hexdigest())
"""


def test_every_process_makes_the_same_records(world: World) -> None:
    made = {
        subprocess.run(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    world.floor.advance(world.start + dt.timedelta(minutes=20))
    assert made == {hashlib.sha256(world.dump().encode()).hexdigest()}


def test_another_seed_makes_another_hour(hour_at_once: str) -> None:
    world = World(SEED + 1)
    world.let(HOUR)
    assert world.dump() != hour_at_once


@pytest.mark.parametrize("seed", [1, 23])
def test_the_floor_runs_under_any_seed(seed: int) -> None:
    world = World(seed)
    for _ in range(12):
        world.let(HOUR)
        world.hand_out()
    load = {user: count for user, count in world.load().items() if world.person(user)}
    assert len(load) > 40
    assert max(load.values()) <= 120


def test_a_router_changes_nothing_about_what_arrives(served: World, unserved: World) -> None:
    for name in PEAK_PER_MINUTE:
        intake = f"CreatedById = '{served.floor.company.intake_id}' AND CreatedDate >= {milliseconds(served.start)}"
        came = [[row["CreatedDate"] for row in world.rows(name, intake)] for world in (served, unserved)]
        assert came[0] == came[1]
        planned = [
            arrival.at
            for hour in range(25)
            for arrival in arrivals_of_hour(SEED, name, served.start.replace(minute=0) + hour * HOUR)
            if served.start <= arrival.at <= served.now
        ]
        assert came[0] == [milliseconds(at) for at in planned]


def test_without_a_router_the_line_only_grows(unserved: World) -> None:
    waiting = Counter(row["object"] for row in unserved.waiting())
    assert waiting["Lead"] > 500
    assert waiting["Case"] > 500
    assert waiting["Opportunity"] > 100


def test_nobody_touches_a_record_while_absent(served: World) -> None:
    acts = [
        (row["CreatedById"], row["CreatedDate"])
        for table in (*HISTORIES, "Task", "CaseComment", "EmailMessage")
        for row in served.rows(table)
    ]
    acts += [(row["LastModifiedById"], row["LastModifiedDate"]) for row in served.active()]
    began = milliseconds(served.start)
    by_people = [(user, at) for user, at in acts if served.person(user) and at >= began]
    assert len(by_people) > 3000
    for user, at in by_people:
        assert served.doing(user, moment(at)) is Doing.WORKING


def test_who_left_or_is_frozen_does_nothing(served: World) -> None:
    idle = {served.user(one) for one in served.floor.company.people if one.standing is not Standing.EMPLOYED}
    began = milliseconds(served.start)
    for table in (*HISTORIES, "Task", "CaseComment", "EmailMessage", "AuthSession"):
        column = "UsersId" if table == "AuthSession" else "CreatedById"
        assert not {row[column] for row in served.rows(table, f"CreatedDate >= {began}")} & idle


def test_a_served_day_ends_with_a_bearable_load(served: World) -> None:
    load = {user: count for user, count in served.load().items() if served.person(user)}
    assert max(load.values()) <= 100
    assert 3 <= sum(load.values()) / len(load) <= 30


def test_most_of_what_was_handed_out_in_the_morning_is_touched_by_the_afternoon_but_not_all(world: World) -> None:
    given_ids: set[str] = set()
    for _ in range(60):
        given_ids |= set(world.hand_out())
        world.let(dt.timedelta(minutes=1))
    world.let(4 * HOUR)
    touched = {
        row[key] for table, key in HISTORIES.items() for row in world.rows(table) if world.person(row["CreatedById"])
    } | {row["WhoId"] or row["WhatId"] for row in world.rows("Task")}
    share = len(given_ids & touched) / len(given_ids)
    assert 0.8 < share < 1.0


def test_work_gets_finished_won_and_lost(served: World, fresh: World) -> None:
    def finished(world: World) -> Counter[str]:
        leads = Counter("converted" if row["IsConverted"] else str(row["Status"]) for row in world.rows("Lead"))
        deals = Counter(str(row["StageName"]) for row in world.rows("Opportunity"))
        cases = Counter(str(row["Status"]) for row in world.rows("Case"))
        return leads + deals + cases

    gained = finished(served) - finished(fresh)
    assert gained["converted"] > 80
    assert gained["Closed - Not Converted"] > 300
    assert gained["Closed"] > 400
    assert gained["Closed Won"] > 10
    assert gained["Closed Lost"] > 10


def test_a_converted_lead_brings_a_deal_that_waits_with_the_intake_user(served: World) -> None:
    deals = {row["ConvertedOpportunityId"] for row in served.rows("Lead") if row["ConvertedOpportunityId"]}
    assert len(deals) > 30
    for deal in deals:
        owners = [
            row["NewValue"]
            for row in served.rows("OpportunityFieldHistory", f"OpportunityId = '{deal}'")
            if row["Field"] == "Owner" and row["DataType"] == "EntityId"
        ]
        assert owners[0] == served.floor.company.intake_id


def test_some_help_themselves_from_the_queue(unserved: World) -> None:
    taken = [
        row
        for table in HISTORIES
        for row in unserved.rows(table, "Field = 'Owner' AND DataType = 'EntityId'")
        if row["NewValue"] == row["CreatedById"]
    ]
    assert 3 <= len(taken) <= 60
    habits = [person.habits for row in taken if (person := unserved.person(row["CreatedById"]))]
    assert len(habits) == len(taken)
    assert all(one.cherry_picks_per_hour > 0 for one in habits)


def test_operations_tidy_up_records_of_others(served: World) -> None:
    tidied = [
        row
        for table in HISTORIES
        for row in served.rows(table, "Field IN ('Rating', 'Priority')")
        if (person := served.person(row["CreatedById"])) and person.role == "Sales Operations"
    ]
    assert tidied


def test_stamps_never_run_backwards_when_someone_wrote_ahead_of_the_floor(world: World) -> None:
    world.now += dt.timedelta(minutes=30)
    ahead = {row["Id"]: row["object"] for row in world.active() if world.person(row["OwnerId"])}
    for record_id, name in ahead.items():
        world.org.update(name, record_id, {"Description": "looked at"})
    world.floor.advance(world.now)
    worked = [row for row in world.active() if row["Id"] in ahead and world.person(row["LastModifiedById"])]
    assert worked
    assert all(row["SystemModstamp"] >= milliseconds(world.now) for row in worked)


def test_deleted_items_are_left_alone(world: World) -> None:
    mine = [row for row in world.active() if world.person(row["OwnerId"])]
    for row in mine:
        world.org.delete(row["object"], row["Id"])
    world.let(3 * HOUR)
    for row in mine:
        assert world.rows(row["object"], f"Id = '{row['Id']}'")[0]["LastModifiedById"] == world.org.admin_id


def test_running_follows_the_clock_until_told_to_stop(world: World) -> None:
    stop = Event()
    readings = iter(range(1, 1000))

    def clock() -> dt.datetime:
        minute = next(readings)
        if minute == 30:
            stop.set()
        world.now = world.start + dt.timedelta(minutes=minute)
        return world.now

    world.floor.run(clock, stop, 0.0)
    assert world.floor.now == world.start + dt.timedelta(minutes=30)
    twin = World(SEED)
    twin.let(dt.timedelta(minutes=30))
    assert world.dump() == twin.dump()


def test_an_error_ends_the_run_loudly(world: World) -> None:
    def broken() -> dt.datetime:
        raise RuntimeError("the clock stopped")

    with pytest.raises(RuntimeError, match="the clock stopped"):
        world.floor.run(broken, Event(), 0.0)


def test_a_router_in_another_thread_and_the_floor_get_along(world: World) -> None:
    stop = Event()
    errors: list[BaseException] = []

    def guarded(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)

    def clock() -> dt.datetime:
        world.now += dt.timedelta(seconds=20)
        if world.now - world.start > HOUR:
            stop.set()
        return world.now

    def route() -> None:
        while not stop.is_set():
            world.hand_out()

    threads = [Thread(target=guarded, args=[work]) for work in (lambda: world.floor.run(clock, stop, 0.0), route)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert len(world.waiting()) < 40
