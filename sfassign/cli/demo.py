"""`sfassign demo`: a local org with people at work, and the real daemon assigning to them, in quick motion."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import statistics
import sys
import time
from collections.abc import Mapping
from typing import Annotated

import structlog
import typer
from rich.live import Live

from sfassign.cli.live import view
from sfassign.cli.screen import console, plain
from sfassign.core.durations import LONGEST
from sfassign.demo import POLL, Stage, stage
from sfassign.errors import WrongUsage
from sfassign.logs import set_up_logs
from sfassign.outcome import CycleReport
from sfassign.storage import Views

BOUNDED_MINUTES = 90.0
MOST_MINUTES = LONGEST.total_seconds() / 60
REFRESH_SECONDS = 0.25
LOAD_EVERY = 4

log = structlog.get_logger()


def demo(
    minutes: Annotated[
        float | None,
        typer.Option(
            help="Simulated minutes; without a terminal 90, on one until Ctrl-C.",
            min=1,
            max=MOST_MINUTES,
            show_default=False,
        ),
    ] = None,
    speed: Annotated[float, typer.Option(help="How many times as fast as the world.", min=1, max=600)] = 60.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and arrivals.")] = 1,
    once: Annotated[bool, typer.Option("--once", help="Plain lines and an end, also on a terminal.")] = False,
) -> None:
    """Show the main job: a local Salesforce org whose people work, and the real daemon assigning to them.

    Example: sfassign demo --minutes 30 --once
    """
    for option, number in (("--minutes", minutes), ("--speed", speed)):
        if number is not None and math.isnan(number):
            raise WrongUsage(f"{option}: expected a number such as 30")
    plainly = once or not sys.stdout.isatty()
    set_up_logs("text", "warning" if plainly else "error")
    length = minutes or (BOUNDED_MINUTES if plainly else None)
    if plainly:
        sys.stdout.write(f"setting up a local org with its people … (×{speed:g}, a poll every 15 s of their time)\n")
        sys.stdout.flush()
    with stage(speed, seed, dt.datetime.now(dt.UTC).date(), _say if plainly else _nothing) as made:
        end = None if length is None else made.scene.started_at + dt.timedelta(minutes=length)
        with contextlib.suppress(KeyboardInterrupt):
            _watch(made, end, plainly)
    _sum_up(made)
    raise typer.Exit(made.exit_code or 0)


def _watch(made: Stage, end: dt.datetime | None, plainly: bool) -> None:
    if plainly:
        while not made.ended() and (end is None or made.clock.now() < end):
            time.sleep(REFRESH_SECONDS)
        return
    load = _load(made)
    with Live(view(made, load), screen=True, auto_refresh=False) as live:
        turn = 0
        while not made.ended() and (end is None or made.clock.now() < end):
            time.sleep(REFRESH_SECONDS)
            turn += 1
            load = _load(made) if turn % LOAD_EVERY == 0 else load
            live.update(view(made, load), refresh=True)


def _load(made: Stage) -> Mapping[str, tuple[str, float]]:
    members = Views(made.app.store).members(made.clock.now(), made.scene.started_at)
    return {one.member.id: (one.member.username, sum(one.load.points.values())) for one in members}


def _nothing(_report: CycleReport) -> None:
    """The live view reads the scene by itself."""


def _say(report: CycleReport) -> None:
    for line in report.assigned:
        sys.stdout.write(f"{report.started_at:%H:%M:%S} {line.object} {line.id}  {plain(line.why)}\n")
    for again in report.reassigned:
        sys.stdout.write(f"{report.started_at:%H:%M:%S} {again.object} {again.id}  {plain(again.sentence)}\n")
    for moved in report.overflowed:
        sys.stdout.write(f"{report.started_at:%H:%M:%S} {moved.object} {moved.id}  {plain(moved.why)}\n")
    for failed in report.failed:
        sys.stdout.write(f"{report.started_at:%H:%M:%S} {failed.object} {failed.id}  failed: {plain(failed.message)}\n")
    sys.stdout.flush()


def _sum_up(made: Stage) -> None:
    scene = made.scene
    out = console()
    seconds = sorted(one.seconds for one in scene.handed)
    explained = sum(bool(one.line.why) for one in scene.handed)
    people = len({one.line.owner for one in scene.handed})
    out.print()
    out.print(f"assigned        {len(scene.handed)} items to {people} people, {explained} of them explained")
    if seconds:
        nine = seconds[int(len(seconds) * 0.9)]
        out.print(
            f"time to assign  median {statistics.median(seconds):.0f} s, 90 % within {nine:.0f} s"
            f" (a poll every {POLL.total_seconds():.0f} s)"
        )
    out.print(
        f"checked         {scene.to_absent} to people who were not logged in, {made.over_caps()} beyond a cap"
        " (counted from the org's own records)"
    )
    waiting = len(scene.last.waiting) if scene.last else 0
    out.print(f"still waiting   {waiting}; lost races {scene.lost}, failed {scene.failed}")
    for name, (count, sentence) in scene.moments.seen.items():
        if count:
            out.print(f"{name:<15} {count}; the last: {plain(sentence)}", markup=False)
    out.print(f"API calls       {scene.api_calls} in {scene.cycles} cycles, counted by the client")
    out.print(f"                {made.org.calls} counted by the org")
