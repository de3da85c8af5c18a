"""The daemon's own queries go through an index in the local org: a day beside a million records stays quick."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cycle import test_call_figures as figures
from tests.cycle.test_daemon import Watched
from tests.cycle.world import World

GROWING = ("Account", "Case", "Contact", "Event", "Lead", "Opportunity", "Task", "EmailMessage", "CaseComment")
HISTORIES = ("LeadHistory", "CaseHistory", "OpportunityFieldHistory", "CaseMilestone")
POLICY = (
    figures.EVERYTHING.replace("untouched_for: 20h", "untouched_for: 1h")
    .replace("before: 1h", "before: 10m")
    .replace("Owner.Name = 'Web Leads'", "Owner.Name = 'Web Leads' AND CreatedDate = LAST_N_DAYS:900", 1)
)
"""The date literal makes the daemon read the queue itself again and again: such a source changes without a stamp."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = figures.at_work(World(tmp_path))
    made.write_policy(POLICY)
    yield made
    for app in made.apps:
        app.close()
    made.org.close()


def asked_of_growing_tables(world: World, watched: Watched) -> dict[str, str]:
    """Every kind of query that a few busy hours of the daemon make of tables that grow, with one example each."""
    ran: list[str] = []
    figures.calls_of(watched, 3)
    connection = world.org.storage.connection
    connection.set_trace_callback(lambda sql: ran.append(sql) if " t0 " in sql else None)
    arrivals(world)
    figures.calls_of(watched, 3)
    taken_by_hand(world, watched)
    figures.calls_of(watched, 2)
    for _ in range(30):
        world.clock.pass_by(minutes=4)
        figures.calls_of(watched, 1)
    connection.set_trace_callback(None)
    growing = re.compile(rf'FROM "({"|".join((*GROWING, *HISTORIES))})" t0 ')
    return {shape(sql): sql for sql in ran if growing.search(sql)}


def arrivals(world: World) -> None:
    for company, address in (("Acme", "x@y.example"), ("Müller", "jörg@müller.example")):
        world.add_lead(Company=company, Email=address)
    world.org.insert("Case", {"Subject": "Help now", "OwnerId": world.queue})
    deal = {"Name": "New", "StageName": "Prospecting", "CloseDate": "2026-12-31", "OwnerId": world.people["intake"]}
    world.org.insert("Opportunity", deal | {"AccountId": world.org.insert("Account", {"Name": "Acme"})})
    world.clock.pass_by(seconds=5)


def taken_by_hand(world: World, watched: Watched) -> None:
    """Ann takes a lead out of the queue and somebody else edits it: who took it stands in the history alone."""
    lead, ann = world.add_lead(), world.people["ann"]
    figures.calls_of(watched, 1)
    world.org.update("Lead", lead, {"OwnerId": ann}, by=ann)
    world.clock.pass_by(seconds=2)
    world.org.update("Lead", lead, {"Title": "Boss"})


def shape(sql: str) -> str:
    return re.sub(r"(\?,\s*)+", "", re.sub(r"'[^']*'|\b\d+\b", "?", sql))


def test_no_query_of_the_daemon_goes_through_a_whole_growing_table(world: World) -> None:
    watched = Watched(world, poll=dt.timedelta(minutes=1))
    asked = asked_of_growing_tables(world, watched)
    scanning = []
    for sql in asked.values():
        plan = [row[3] for row in world.org.storage.connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        scanning += [f"{step}: {sql}" for step in plan if step.startswith("SCAN t0")]
    assert scanning == []
    tables = {match[1] for sql in asked.values() if (match := re.search(r'FROM "(\w+)" t0', sql))}
    assert tables == {*GROWING, *HISTORIES}
    assert any('FROM "Lead"' in sql and '"CreatedDate" >=' in sql and "COALESCE" in sql for sql in asked.values())
