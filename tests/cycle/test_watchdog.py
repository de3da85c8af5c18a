"""systemd's watchdog hears of a daemon that rests, waits or reads for long, and nothing of one that hangs."""

from __future__ import annotations

import datetime as dt
import itertools
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sfassign.cycle import run_cycle
from tests.cycle.test_daemon import Watched
from tests.cycle.world import World

ALIVE = b"WATCHDOG=1"
Hearing = Callable[[], int]


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hearing]:
    """How often systemd was told that we are alive since it last listened."""
    address = f"@sfassign-watchdog-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        notices.bind("\0" + address[1:])
        notices.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", address)

        def listen() -> int:
            told: list[bytes] = []
            try:
                while True:
                    told.append(notices.recv(64))
            except BlockingIOError:
                return told.count(ALIVE)

        yield listen


def test_a_daemon_that_waits_for_its_budget_is_alive_every_poll(world: World, heard: Hearing) -> None:
    watched = Watched(world, api_budget="100")
    for _ in range(200):
        watched.turn()
        assert heard() == 1
    assert watched.cycles() < 100, "most turns were waited out"


def test_a_daemon_that_rests_after_failures_is_alive_every_poll(world: World, heard: Hearing) -> None:
    watched = Watched(world)
    world.org.faults.fail(status=503, times=-1)
    for _ in range(30):
        watched.turn()
        assert heard() == 1


@pytest.mark.parametrize(("poll_seconds", "jobs"), [(15.0, 1), (1_200.0, 2)])
def test_turns_that_are_far_apart_are_told_of_in_between_by_the_same_worker(
    world: World, poll_seconds: float, jobs: int
) -> None:
    daemon = Watched(world).daemon
    daemon.poll_seconds = poll_seconds
    scheduler = daemon._scheduler()
    scheduler.start(paused=True)
    gaps = [job.trigger.interval for job in scheduler.get_jobs()]
    assert len(gaps) == jobs
    assert min(gaps) <= dt.timedelta(minutes=1)
    assert {job.executor for job in scheduler.get_jobs()} == {"default"}
    assert scheduler._executors["default"]._pool._max_workers == 1, "a turn that hangs keeps the other job from running"
    scheduler.shutdown()


def test_a_long_reading_is_told_of_with_every_page(world: World) -> None:
    beats: list[dt.datetime] = []
    app = world.app(alive=lambda: beats.append(world.clock.now()))
    world.org.settings.page_size = 200
    world.add_leads(3_000)
    world.org.faults.between(lambda: world.clock.pass_by(seconds=25), path="/query/01g", times=-1)
    began = world.clock.now()
    run_cycle(app.ports, app.policy)
    assert world.clock.now() - began >= dt.timedelta(minutes=5)
    gaps = [later - earlier for earlier, later in itertools.pairwise([began, *beats])]
    assert max(gaps) <= dt.timedelta(minutes=1)


def test_an_org_that_does_not_answer_is_no_sign_of_life(world: World) -> None:
    beats: list[int] = []
    app = world.app(alive=lambda: beats.append(1))
    world.org.faults.fail(drop=True, times=-1)
    with pytest.raises(Exception, match="no answer"):
        run_cycle(app.ports, app.policy)
    assert beats == []
