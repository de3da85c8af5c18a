"""The demonstration's live view: who got what and why, the backlog, load per person as bars, time to assign."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping

from rich.console import Group as Stack
from rich.console import RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sfassign.cli.screen import cell, plain
from sfassign.demo import POLL, Scene, Stage

ROWS = 20
PEOPLE = 18
BAR = 24


def view(stage: Stage, load: Mapping[str, tuple[str, float]]) -> RenderableType:
    """The whole screen. `load` is load points by user: (username, points)."""
    layout = Layout()
    layout.split_column(Layout(_head(stage), size=4), Layout(name="body"))
    layout["body"].split_row(Layout(_handed(stage.scene), ratio=3), Layout(name="side", ratio=2))
    layout["side"].split_column(Layout(_backlog(stage.scene), size=11), Layout(_loads(load)))
    return layout


def _head(stage: Stage) -> Panel:
    scene = stage.scene
    seconds = sorted(one.seconds for one in scene.handed)
    median = f"{statistics.median(seconds):.0f} s" if seconds else "–"
    worst = f"{seconds[int(len(seconds) * 0.9)]:.0f} s" if seconds else "–"
    line = Text.assemble(
        (f"{stage.clock.now():%a %d %b %H:%M:%S} UTC", "bold"),
        f"   assigned {len(scene.handed)}   time to assign: median {median}, 90 % within {worst}",
        f" (a poll every {POLL.total_seconds():.0f} s)",
    )
    under = f"{scene.api_calls} API calls in {scene.cycles} cycles   lost races {scene.lost}   failed {scene.failed}"
    return Panel(Stack(line, Text(f"{under}   local org at {stage.url}   Ctrl-C ends", style="dim")), title="sfassign")


def _handed(scene: Scene) -> Panel:
    table = Table.grid(padding=(0, 1))
    for line in reversed(scene.lines[-ROWS:]):
        item = Text(f"{line.object} {line.id[-7:-3]}", style="cyan")
        table.add_row(Text(f"{line.at:%H:%M:%S}", style="dim"), item, cell(line.sentence))
    return Panel(table, title="who got what, and why", title_align="left")


def _backlog(scene: Scene) -> Panel:
    table = Table.grid(padding=(0, 1))
    report = scene.last
    groups = Counter(line.group for line in report.waiting) if report else Counter[str]()
    why = {line.group: line.why for line in report.waiting} if report else {}
    for group, count in groups.most_common(8):
        table.add_row(Text(f"{count:>4}", style="bold"), cell(group), Text(plain(why[group]), style="dim"))
    return Panel(table, title="waiting", title_align="left")


def _loads(load: Mapping[str, tuple[str, float]]) -> Panel:
    table = Table.grid(padding=(0, 1))
    people = sorted(load.values(), key=lambda one: (-one[1], one[0]))[:PEOPLE]
    most = max((points for _, points in people), default=0.0) or 1.0
    for username, points in people:
        width = round(BAR * points / most)
        table.add_row(cell(username.split("@")[0]), Text("█" * width, style="green"), Text(f"{points:g}", style="dim"))
    return Panel(table, title="load points per person", title_align="left")
