"""What `check` finds in the small org, subject by subject, with no network in between."""

from __future__ import annotations

from collections.abc import Iterator

from sfassign.bootstrap import App
from sfassign.condition_checks import condition_findings
from sfassign.finding import Check
from sfassign.presence_checks import people_findings
from sfassign.record_checks import read_records
from sfassign.rights_checks import rights_findings
from sfassign.routing_checks import routing_findings
from sfassign.sharing_checks import sharing_findings
from tests.cycle.world import World


def conditions(world: World, app: App | None = None, steps: list[str] | None = None) -> list[Check]:
    app = app or world.app()
    told = [] if steps is None else steps
    return [*condition_findings(app.org, app.ports.gatherer.reading(), app.file, world.clock.now(), told.append)]


def rights(world: World) -> list[Check]:
    app = world.app()
    return [*rights_findings(app.policy, app.shapes)]


def routing(world: World) -> list[Check]:
    app = world.app()
    return [*routing_findings(app.org, app.policy, app.shapes)]


def presence(world: World, app: App | None = None) -> Iterator[Check]:
    app = app or world.app()
    found = people_findings(app.org, app.ports.gatherer.reading(), (), world.clock.now())
    return (one for one in found if one.what == "presence")


def sharing(world: World, app: App | None = None) -> list[Check]:
    app = app or world.app()
    return [*sharing_findings(app.org, app.ports.gatherer.reading(), world.clock.now())]


def members(world: World) -> list[Check]:
    app = world.app()
    reading, now = app.ports.gatherer.reading(), world.clock.now()
    pools = read_records(app.org, reading, now).records.pools or ()
    found = people_findings(app.org, reading, pools, now)
    return [one for one in found if one.what in ("people", "members")]


def spoken(found: list[Check]) -> list[tuple[str, str]]:
    return [(one.level, one.said) for one in found]
