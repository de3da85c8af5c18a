"""A stop waits for the call in flight, and no longer than ten seconds."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sfassign import daemon as daemon_module
from sfassign.core.journal import State
from sfassign.daemon import Daemon
from sfassign.storage import Views
from tests.cycle.world import World


@contextmanager
def running(daemon: Daemon) -> Iterator[list[int]]:
    """The daemon in a thread of its own; its exit code is in the list once it ended."""
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(daemon.run()))
    thread.start()
    yield codes
    daemon.stop.set()
    thread.join(30)
    assert not thread.is_alive()


def slow_write(world: World, started: threading.Event, release: threading.Event) -> None:
    def wait() -> None:
        started.set()
        release.wait(20)

    world.org.faults.between(wait, method="PATCH", path="sobjects/Lead")


def test_the_write_in_flight_is_waited_for_and_settled(world: World) -> None:
    leads = world.add_leads(2)
    started, release = threading.Event(), threading.Event()
    slow_write(world, started, release)
    app = world.app()
    daemon = Daemon(app, 0.2, lambda _: None)
    with running(daemon) as codes:
        assert started.wait(10)
        daemon.stop.set()
        time.sleep(0.2)
        assert codes == []
        release.set()
    assert codes == [0]
    assert all(world.owner(lead) != world.queue for lead in leads)
    assert {row.entry.state for row in Views(app.store).history()} == {State.CONFIRMED}


def test_a_write_that_takes_too_long_is_left_open_for_the_next_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lead,) = world.add_leads(1)
    started, release = threading.Event(), threading.Event()
    slow_write(world, started, release)
    left: list[int] = []
    monkeypatch.setattr(daemon_module, "LAST_CALL_SECONDS", 0.3)
    monkeypatch.setattr(os, "_exit", left.append)
    app = world.app()
    daemon = Daemon(app, 0.2, lambda _: None)
    with running(daemon):
        assert started.wait(10)
        daemon.stop.set()
        deadline = time.monotonic() + 10
        while not left and time.monotonic() < deadline:
            time.sleep(0.02)
        assert left == [0], "the process ends although the call is still in flight"
        assert [entry.state for entry in app.store.open_entries()] == [State.SENT]
        release.set()
    again = world.app()
    world.cycle(again)
    assert world.owner(lead) != world.queue
    assert again.store.open_entries() == ()
