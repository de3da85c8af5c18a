"""Answers that come late, in part or without a body, in the process and over HTTPS: nothing is lost or given twice."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from requests.adapters import HTTPAdapter

from sfassign.bootstrap import App
from sfassign.core.journal import OPEN, State
from sfassign.emulator import Server, serve
from sfassign.errors import OrgUnreachable
from sfassign.storage import Views
from tests.cycle.world import World

Mishap = Callable[[World], None]
TOO_LONG_SECONDS = 130.0
"""Longer than a write may take."""


def slow(world: World, *, after: bool) -> None:
    world.org.faults.slow(TOO_LONG_SECONDS, path="composite$", after=after, wait=world.clock.sleep)


MISHAPS: dict[str, Mishap] = {
    "nothing of the body": lambda world: world.org.faults.cut(0, path="composite$"),
    "the beginning of the body": lambda world: world.org.faults.cut(40, path="composite$"),
    "no body": lambda world: world.org.faults.cut(None, path="composite$"),
    "no body, and nothing done": lambda world: world.org.faults.fail(path="composite$", status=200, html=""),
    "a proxy's page": lambda world: world.org.faults.fail(path="composite$", status=502, html="<html>", after=True),
    "too late to be carried out": lambda world: slow(world, after=False),
    "too late": lambda world: slow(world, after=True),
}
OVER_HTTPS = [name for name in MISHAPS if "late" not in name]


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    with serve(world.org) as running:
        yield running


def over_https(world: World, server: Server, **settings: Any) -> App:
    app = world.app(instance_url=server.url, ca_bundle=Path(str(server.ca_bundle)), **settings)
    app.org.transport.mount(server.url, HTTPAdapter())
    return app


def meet(world: World, app: App, mishap: Mishap, when: str) -> list[str]:
    """Two leads, and the mishap at the poll that finds them or at the call that gives them out."""
    world.cycle(app)
    world.met(app)
    leads = world.add_leads(2)
    if when == "at the poll":
        mishap(world)
    else:
        world.org.faults.between(lambda: mishap(world), method="POST", path="composite$", after=True)
    return leads


def given_once(world: World, app: App, leads: list[str]) -> None:
    """Each lead went to one person, in one change of owner, and the journal and the counts know of it."""
    for lead in leads:
        assert world.owner(lead) in world.people.values()
        changes = world.org.query(f"SELECT Id FROM LeadHistory WHERE LeadId = '{lead}' AND Field = 'Owner'")
        assert len(changes) == 2, "an owner change writes two history rows, and there was one change"
    history = [row.entry for row in Views(app.store).history()]
    assert not OPEN & {entry.state for entry in history}
    assert sorted(entry.item for entry in history if entry.state is State.CONFIRMED) == sorted(leads)
    assert sum(items for items, _ in Views(app.store).loads("Lead").values()) == len(leads)


@pytest.mark.parametrize("when", ["at the poll", "at the write"])
@pytest.mark.parametrize("name", MISHAPS)
def test_whatever_becomes_of_an_answer_each_lead_is_given_out_once(world: World, name: str, when: str) -> None:
    app = world.app()
    leads = meet(world, app, MISHAPS[name], when)
    reports = [world.cycle(app) for _ in range(3)]
    assert world.org.faults.planned == [] or not any(one.times for one in world.org.faults.planned), "it was met"
    given_once(world, app, leads)
    assert sorted(line.id for report in reports for line in report.assigned) == sorted(leads)


@pytest.mark.parametrize("when", ["at the poll", "at the write"])
@pytest.mark.parametrize("name", OVER_HTTPS)
def test_the_same_over_https(world: World, server: Server, name: str, when: str) -> None:
    app = over_https(world, server)
    leads = meet(world, app, MISHAPS[name], when)
    for _ in range(3):
        world.cycle(app)
    given_once(world, app, leads)


@pytest.mark.parametrize("after", [False, True])
def test_a_write_we_gave_up_waiting_for_lands_later_and_is_found(world: World, server: Server, after: bool) -> None:
    """Over HTTPS a request goes on in the org when nobody waits for its answer any more."""
    gone, landed = threading.Event(), threading.Semaphore(0)

    def hang(_seconds: float) -> None:
        gone.wait()

    def mishap(world: World) -> None:
        world.org.faults.slow(TOO_LONG_SECONDS, path="composite$", after=after, wait=hang)

    app = over_https(world, server, write_timeout=dt.timedelta(seconds=0.5))
    leads = meet(world, app, mishap, "at the write")
    world.org.on_write(lambda _change: landed.release())
    report = world.cycle(app)
    assert (report.assigned, report.failed) == ((), ())
    gone.set()
    assert [landed.acquire(timeout=10) for _ in leads] == [True] * len(leads)
    world.cycle(app)
    world.cycle(app)
    given_once(world, app, leads)


@pytest.mark.parametrize("places", [5, 25])
def test_an_org_whose_places_for_long_requests_are_taken_is_asked_again(world: World, places: int) -> None:
    world.org.settings.concurrent_limit = places
    app = world.app()
    world.cycle(app)
    leads = world.add_leads(2)

    def crowd(long_requests: int) -> None:
        world.org.settings.long_requests = long_requests

    world.org.faults.between(lambda: crowd(places), method="POST", path="composite$", after=True)
    with pytest.raises(OrgUnreachable, match="ConcurrentRequests"):
        world.cycle(app)
    assert {world.owner(lead) for lead in leads} == {world.queue}
    crowd(0)
    for _ in range(2):
        world.cycle(app)
    given_once(world, app, leads)
