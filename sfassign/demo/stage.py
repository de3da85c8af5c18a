"""The demonstration: a local org with people at work, and the real daemon assigning to them in quick motion.

`Stage` puts it up and takes it down; the command shows what happens on it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from sfassign.bootstrap import App, build
from sfassign.daemon import Daemon
from sfassign.demo.audit import Attendance, over_caps
from sfassign.demo.moments import Moments
from sfassign.emulator import LocalOrg, serve
from sfassign.emulator.floor import Floor, build_floor, floor_policy, floor_start
from sfassign.outcome import Assigned, CycleReport
from sfassign.settings import Settings

POLL = dt.timedelta(seconds=15)
FLOOR_STEP_SECONDS = 0.05
SLOWEST = 20.0
"""The demonstration never gets slower than this on a busy machine, so that it ends."""


class QuickClock:
    """A clock that starts at a given moment at the world's pace, and can be told to run faster from then on."""

    def __init__(self, start: dt.datetime) -> None:
        self._pace = (start, time.monotonic(), 1.0)

    def now(self) -> dt.datetime:
        start, zero, speed = self._pace
        return start + dt.timedelta(seconds=(time.monotonic() - zero) * speed)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._pace[2])

    def run_at(self, speed: float) -> None:
        """From now on `speed` times as fast as the world."""
        if speed != self._pace[2]:
            self._pace = (self.now(), time.monotonic(), speed)

    def real_seconds(self, seconds: float) -> float:
        """How long so many seconds of this clock take at its present pace."""
        return seconds / self._pace[2]


def bearable_speed(wanted: float, cycle_seconds: float) -> float:
    """The speed at which this machine still polls about as often as it should: a cycle of so many real seconds takes
    half a poll at most. Rounded down to quarters of what is wanted, so that the pace does not flicker."""
    bearable = POLL.total_seconds() / (2 * cycle_seconds) if cycle_seconds > 0 else wanted
    share = min(4, max(1, int(4 * bearable / wanted)))
    return max(wanted * share / 4, min(wanted, SLOWEST))


@dataclass(frozen=True, slots=True)
class Handed:
    """One assignment as the demonstration saw it; `seconds` from arrival (or the daemon's start) to its owner."""

    at: dt.datetime
    seconds: float
    line: Assigned
    decided_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One decision as it is shown: which item, and its sentence."""

    at: dt.datetime
    object: str
    id: str
    sentence: str


@dataclass
class Scene:
    """What has happened so far; written by the daemon's thread, read by whoever shows it."""

    started_at: dt.datetime
    handed: list[Handed] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    last: CycleReport | None = None
    cycles: int = 0
    api_calls: int = 0
    lost: int = 0
    failed: int = 0
    to_absent: int = 0
    moments: Moments = field(default_factory=Moments)

    def add(self, report: CycleReport, now: dt.datetime, arrived: Callable[[Assigned], dt.datetime]) -> None:
        for line in report.assigned:
            since = max(arrived(line), self.started_at)
            self.handed.append(Handed(now, (now - since).total_seconds(), line, report.started_at))
        self.lines += [Line(now, moved.object, moved.id, moved.why) for moved in report.overflowed]
        self.lines += [Line(now, given.object, given.id, given.why) for given in report.assigned]
        self.lines += [Line(now, again.object, again.id, again.sentence) for again in report.reassigned]
        self.moments.add(report)
        self.last = report
        self.cycles += 1
        self.lost += len(report.lost_race)
        self.failed += len(report.failed)


@dataclass
class Stage:
    """The running demonstration. `exit_code` is the daemon's once it ended."""

    clock: QuickClock
    org: LocalOrg
    app: App
    daemon: Daemon
    scene: Scene
    url: str
    exit_code: int | None = None

    def ended(self) -> bool:
        return self.daemon.stop.is_set()

    def over_caps(self) -> int:
        """Assignments beyond a cap, counted plainly."""
        given = [(one.decided_at, one.line.owner, one.line.group) for one in self.scene.handed]
        return over_caps(given, self.app.policy)


@contextlib.contextmanager
def stage(speed: float, seed: int, base_day: dt.date, shown: Callable[[CycleReport], None]) -> Iterator[Stage]:
    """Put up the org, its people and the daemon; `shown` is told every cycle's report, in the daemon's thread.

    The clock keeps the world's pace until the first cycle is done, so that setting up counts as nobody's waiting.
    """
    clock = QuickClock(floor_start(seed, base_day))
    org = LocalOrg(clock.now, seed)
    with tempfile.TemporaryDirectory(prefix="sfassign-demo-") as folder, contextlib.ExitStack() as stack:
        floor = build_floor(org, seed)
        stack.callback(org.close)
        server = stack.enter_context(serve(org))
        settings = _settings(Path(folder), server.url, org.issue_token(), server.ca_bundle)
        stop = threading.Event()
        app = build(settings, clock, stop.is_set)
        stack.callback(app.close)
        scene = Scene(clock.now())
        attendance = Attendance(org)

        def each(report: CycleReport) -> None:
            clock.run_at(bearable_speed(speed, clock.real_seconds(report.seconds)))
            scene.add(report, clock.now(), lambda line: _created(org, line))
            scene.api_calls = app.org.calls
            scene.to_absent += sum(attendance.was_away(line.owner, report.started_at) for line in report.assigned)
            shown(report)

        daemon = Daemon(app, POLL.total_seconds() / speed, each, lambda: settings, stop)
        made = Stage(clock, org, app, daemon, scene, server.url)
        stack.enter_context(_running(made, floor))
        yield made


@contextlib.contextmanager
def _running(made: Stage, floor: Floor) -> Iterator[None]:
    stop_floor = threading.Event()

    def work() -> None:
        try:
            made.exit_code = made.daemon.run()
        finally:
            made.daemon.stop.set()

    people = threading.Thread(target=floor.run, args=(made.clock.now, stop_floor, FLOOR_STEP_SECONDS), name="people")
    daemon = threading.Thread(target=work, name="daemon")
    people.start()
    daemon.start()
    try:
        yield
    finally:
        made.daemon.stop.set()
        daemon.join()
        stop_floor.set()
        people.join()


def _settings(folder: Path, url: str, token: str, ca_bundle: str | None) -> Settings:
    policy = folder / "policy.yaml"
    policy.write_text(floor_policy(), encoding="utf-8")
    return Settings(
        instance_url=url,
        access_token=SecretStr(token),
        ca_bundle=Path(ca_bundle) if ca_bundle else None,
        policy=policy,
        database_url=SecretStr(f"sqlite:///{folder}/sfassign.db"),
        poll=POLL,
    )


def _created(org: LocalOrg, line: Assigned) -> dt.datetime:
    return dt.datetime.fromisoformat(str(org.get(line.object, line.id)["CreatedDate"]))
