"""Deadlines by milestone through the whole product: the Case whose entitlement runs out first is served first."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sfassign.bootstrap import App
from sfassign.cycle import preview
from sfassign.outcome import CycleReport
from sfassign.resync import resync
from sfassign.storage import Views
from tests.cycle.world import World

ONE_EACH = """
version: 1
timezone: Europe/London
objects: {Case: {score: {deadline: {field: milestone, within: 2h, add: 100}, tiers: {urgent: 50}}}}
groups:
  - name: Support
    object: Case
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
    caps: {day: 1}
"""


WAITS = (
    ONE_EACH.replace("caps: {day: 1}", "available: {hours: never}") + "hours: {never: {days: {sun: '00:00-01:00'}}}\n"
)
"""The same, and nobody is ever there to take anything."""


def add_case(world: World, subject: str, owner: str | None = None) -> str:
    return world.org.insert("Case", {"Subject": subject, "OwnerId": owner or world.queue})


def add_milestone(world: World, case: str, minutes: float, **fields: Any) -> str:
    due = (world.clock.now() + dt.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return world.org.insert("CaseMilestone", {"CaseId": case, "TargetDate": due, **fields})


def under(world: World, policy: str = WAITS, **settings: Any) -> App:
    world.write_policy(policy)
    world.clock.pass_by(seconds=5)
    return world.app(**settings)


def scores(world: World, app: App) -> dict[str, float | None]:
    """By subject, of what waits."""
    return {
        str(world.org.get("Case", one.id)["Subject"]): None if one.score is None else round(one.score)
        for one in Views(app.store).waiting()
    }


def served(world: World, report: CycleReport) -> list[str]:
    return [str(world.org.get("Case", line.id)["Subject"]) for line in report.assigned]


def test_in_the_very_first_cycle_the_earliest_open_milestone_is_served_first(world: World) -> None:
    for subject, minutes in (("later", 110), ("none", None), ("soon", 20), ("overdue", -30), ("next", 60)):
        case = add_case(world, subject)
        if minutes is not None:
            add_milestone(world, case, minutes)
            add_milestone(world, case, minutes + 300)
            add_milestone(world, case, -500, CompletionDate="2026-11-23T09:00:00Z")
    app = under(world, ONE_EACH)
    report = world.cycle(app)
    assert served(world, report) == ["overdue", "soon", "next"]
    assert [round(line.score) for line in report.assigned] == [100, 83, 50]
    assert report.exit_code == 0


def test_the_explanation_names_the_milestone_by_its_time(world: World) -> None:
    case = add_case(world, "soon")
    add_milestone(world, case, 60)
    app = under(world)
    world.cycle(app)
    found = Views(app.store).explain(case)
    assert found.score is not None
    (part,) = found.score["parts"]
    assert part["rule"] == "deadline milestone 11:10 Europe/London"
    assert 50 <= part["add"] <= 51


def test_past_its_target_an_open_milestone_keeps_the_whole_and_a_completed_one_adds_nothing(world: World) -> None:
    world.org.settings.session_seconds = 86_400
    milestone = add_milestone(world, add_case(world, "slow"), 10)
    app = under(world)
    world.cycle(app)
    assert scores(world, app) == {"slow": 92}
    world.clock.pass_by(hours=5)
    world.cycle(app)
    assert scores(world, app) == {"slow": 100}
    world.org.update("CaseMilestone", milestone, {"CompletionDate": "2026-11-23T15:00:00Z"})
    world.cycle(app)
    assert scores(world, app) == {"slow": 0}


def test_changes_of_milestones_are_seen_without_any_change_of_the_case(world: World) -> None:
    case = add_case(world, "quiet")
    app = under(world)
    world.cycle(app)
    assert scores(world, app) == {"quiet": 0}
    milestone = add_milestone(world, case, 30)
    world.cycle(app)
    assert scores(world, app) == {"quiet": 75}
    world.org.update("CaseMilestone", milestone, {"TargetDate": "2026-11-23T10:00:00Z"})
    world.cycle(app)
    assert scores(world, app) == {"quiet": 100}
    other = add_milestone(world, case, 90)
    world.org.update("CaseMilestone", milestone, {"CompletionDate": "2026-11-23T10:20:00Z"})
    world.cycle(app)
    assert scores(world, app) == {"quiet": 25}, "the next open one counts"
    world.org.update("CaseMilestone", other, {"CompletionDate": "2026-11-23T10:20:00Z"})
    world.cycle(app)
    assert scores(world, app) == {"quiet": 0}


def test_a_case_that_comes_back_from_a_colleague_brings_its_old_milestone_along(world: World) -> None:
    app = under(world)
    case = add_case(world, "back", owner=world.people["ann"])
    add_milestone(world, case, 90)
    world.cycle(app)
    world.clock.pass_by(hours=1)
    add_case(world, "other")
    world.cycle(app)
    world.org.update("Case", case, {"OwnerId": world.queue})
    world.cycle(app)
    assert scores(world, app) == {"back": 75, "other": 0}


def test_idle_cycles_stay_one_call_with_cases_waiting_and_a_new_case_costs_one_more(world: World) -> None:
    app = under(world)
    world.cycle(app)
    assert [world.cycle(app).api_calls for _ in range(5)] == [1] * 5
    add_milestone(world, add_case(world, "a"), 30)
    assert world.cycle(app).api_calls == 2
    assert [world.cycle(app).api_calls for _ in range(10)] == [1] * 10


def test_where_every_slot_is_taken_milestones_are_read_once_a_minute(world: World) -> None:
    """Three objects, sessions and Omni-Channel fill all five slots of a call."""
    objects = WAITS.replace("objects: {", "objects: {Lead: {load: {base: 1}}, Opportunity: {load: {base: 1}}, ")
    full = objects.replace("available: {hours: never}", "available: {hours: never, omni: [Available], logged_in: true}")
    case = add_case(world, "a")
    app = under(world, full)
    world.cycle(app)
    add_milestone(world, case, 30)
    calls = [world.cycle(app).api_calls for _ in range(5)]
    assert scores(world, app)["a"] == pytest.approx(75, abs=1)
    assert sum(calls) <= 5 + 2


def test_a_milestone_that_comes_near_lifts_the_case_into_the_tier_of_a_group(world: World) -> None:
    urgent_only = ONE_EACH.replace("caps: {day: 1}", "tiers: [urgent]")
    case = add_case(world, "slow")
    add_milestone(world, case, 90)
    app = under(world, urgent_only)
    assert world.cycle(app).assigned == ()
    assert Views(app.store).waiting() == ()
    world.clock.pass_by(minutes=45)
    assert served(world, world.cycle(app)) == ["slow"]


def test_without_entitlements_the_rest_goes_on_and_every_cycle_warns(world: World) -> None:
    world.org.hide_object("CaseMilestone")
    for subject in ("a", "b"):
        add_case(world, subject)
    app = under(world)
    reports = [world.cycle(app) for _ in range(4)]
    assert [report.exit_code for report in reports] == [0] * 4
    assert all(any("switch Entitlement Management on" in line for line in one.notices) for one in reports)
    assert [report.api_calls for report in reports[1:]] == [1] * 3, "a refusal is left alone until the next sweep"
    assert scores(world, app) == {"a": 0, "b": 0}


def test_a_right_that_is_granted_later_is_noticed_and_what_waits_is_looked_up(world: World) -> None:
    case = add_case(world, "a")
    add_milestone(world, case, 120)
    known = world.org.thing("CaseMilestone")
    world.org.hide_object("CaseMilestone")
    app = under(world)
    world.cycle(app)
    world.org.schema.objects["casemilestone"] = known
    world.clock.pass_by(minutes=60)
    report = world.cycle(app)
    assert report.notices == ()
    assert scores(world, app) == {"a": 50}


def test_a_policy_that_goes_by_milestones_from_now_on_looks_up_what_waits_already(world: World) -> None:
    plain = WAITS.replace("deadline: {field: milestone, within: 2h, add: 100}, ", "")
    case = add_case(world, "a")
    add_milestone(world, case, 60)
    app = under(world, plain)
    world.cycle(app)
    assert scores(world, app) == {"a": 0}
    app = under(world)
    world.cycle(app)
    assert scores(world, app)["a"] == 50
    app = under(world, plain)
    world.cycle(app)
    assert app.store.milestones.followed() == frozenset()


def test_what_the_org_deleted_is_noticed_when_everything_is_read_again(world: World) -> None:
    case = add_case(world, "a")
    milestone = add_milestone(world, case, 60)
    app = under(world)
    world.cycle(app)
    world.org.delete("CaseMilestone", milestone)
    app.ports.gatherer.gather(whole=True)
    world.cycle(app)
    assert scores(world, app) == {"a": 0}


def test_what_the_org_deleted_is_noticed_by_a_resync(world: World) -> None:
    case = add_case(world, "a")
    milestone = add_milestone(world, case, 60)
    app = under(world)
    world.cycle(app)
    world.org.delete("CaseMilestone", milestone)
    resync(app.org, app.store, app.ports.gatherer)
    world.cycle(app)
    assert scores(world, app) == {"a": 0}


def test_cases_that_come_by_a_job_have_their_milestones(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sfassign.gather.MOST_BY_PAGES", 2)
    for subject, minutes in (("a", 60), ("b", 600), ("c", 0)):
        add_milestone(world, add_case(world, subject), minutes)
    app = under(world)
    world.cycle(app)
    assert sum("jobs/query" in entry.path for entry in world.org.log) > 0
    assert scores(world, app) == {"a": 50, "b": 0, "c": 100}


def test_cases_given_away_are_followed_no_longer(world: World) -> None:
    add_milestone(world, add_case(world, "a"), 60)
    app = under(world, ONE_EACH)
    assert len(world.cycle(app).assigned) == 1
    world.cycle(app)
    assert app.store.milestones.followed() == frozenset()


def test_a_dry_run_goes_by_milestones_too(world: World) -> None:
    for subject, minutes in (("later", 100), ("soon", 20)):
        add_milestone(world, add_case(world, subject), minutes)
    app = under(world, ONE_EACH)
    report = preview(app.ports, app.policy)
    assert served(world, report) == ["soon", "later"]


@pytest.mark.parametrize("size", [1, 2])
def test_more_cases_than_fit_one_query_are_looked_up_in_several(
    world: World, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("sfassign.salesforce.record_queries.CASES_PER_QUERY", size)
    for number in range(3):
        add_milestone(world, add_case(world, f"c{number}"), 30 * (number + 1))
    app = under(world)
    world.cycle(app)
    assert scores(world, app) == {"c0": 75, "c1": 50, "c2": 25}
