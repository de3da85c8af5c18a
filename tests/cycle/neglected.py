"""Short ways to give leads out and let time go by, for the tests of neglect."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from sfassign.bootstrap import App
from sfassign.outcome import CycleReport
from tests.cycle.world import POLICY, World

MINUTES = dt.timedelta(minutes=1)


def neglect(then: str = "reassign", **more: Any) -> str:
    """The usual policy, with neglect after 30 minutes."""
    parts = ", ".join(f"{name}: {value}" for name, value in {"then": then, **more}.items())
    return POLICY + f"    ramp: off\n    neglect: {{untouched_for: 30m, {parts}}}\n"


def given(
    world: World, policy: str, count: int = 1, poll: dt.timedelta = MINUTES, **fields: Any
) -> tuple[App, list[str]]:
    """Leads that were given out, to one after the other. Cycles may be ten polls apart without being downtime."""
    world.org.settings.session_seconds = 30 * 86_400
    world.write_policy(policy)
    leads = world.add_leads(count, **fields)
    app = world.app(poll=poll)
    app.check_policy()
    report = world.cycle(app)
    assert len(report.assigned) == count
    return app, leads


def later(world: World, app: App, minutes: float) -> CycleReport:
    """So much later, with a cycle every five minutes; what they came to together."""
    left, reports = minutes, list[CycleReport]()
    while left > 0 or not reports:
        step = min(5.0, left)
        world.clock.pass_by(minutes=step, seconds=-15)
        reports.append(world.cycle(app))
        left -= step
    return replace(
        reports[-1],
        reassigned=tuple(line for report in reports for line in report.reassigned),
        neglected=tuple(line for report in reports for line in report.neglected),
        reminded=tuple(line for report in reports for line in report.reminded),
        warnings=tuple(line for report in reports for line in report.warnings),
    )


def changed_hands(report: CycleReport) -> list[tuple[str, str]]:
    return [(line.id, line.why) for line in report.reassigned]
