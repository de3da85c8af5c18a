"""Performance through the whole product: counted in the org, kept, decided by, shown, and cheap."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest

from sfassign.bootstrap import App
from sfassign.core.availability import MemberLine, member_lines
from sfassign.cycle import present_snapshot
from sfassign.outcome import CycleReport
from sfassign.report import make_report
from sfassign.storage import Views
from tests.cycle.world import POLICY, World

OBJECTS = "objects: {Lead: {closed: \"IsConverted = true OR Status = 'Closed - Not Converted'\"}}\n"
BY_TURNS = OBJECTS + POLICY + "    method: weighted_round_robin\n    weight: {performance: 90d}\n    ramp: off\n"
LOST = "Closed - Not Converted"


def past(world: World, name: str, won: int, lost: int, days_ago: float = 30) -> None:
    """Leads of this person that were closed; created so long ago."""
    made = (world.clock.now() - dt.timedelta(days=days_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for number in range(won + lost):
        said = {"IsConverted": True, "Status": "Closed - Converted"} if number < won else {"Status": LOST}
        world.add_lead(owner=world.people[name], CreatedDate=made, **said)


def performing(world: World, policy: str = BY_TURNS, **settings: Any) -> App:
    past(world, "ann", won=16, lost=4)
    past(world, "bob", won=8, lost=12)
    past(world, "cyd", won=0, lost=20)
    world.write_policy(policy)
    return world.app(**settings)


def shown(world: World, app: App) -> dict[str, MemberLine]:
    snapshot = present_snapshot(app.store, app.policy, world.clock.now(), dt.timedelta(minutes=2))
    return {line.username.split("@")[0]: line for line in member_lines(snapshot, app.policy)}


def winners(report: CycleReport) -> Counter[str]:
    return Counter(str(line.owner_username).split("@")[0] for line in report.assigned)


def test_the_first_cycle_already_gives_more_to_those_who_win_more(world: World) -> None:
    app = performing(world)
    world.add_leads(14)
    report = world.cycle(app)
    assert winners(report) == {"ann": 8, "bob": 4, "cyd": 2}
    assert "at weight 1.91 (1 × performance 1.91: 16 of 20 won, group 40 %, prior 2)" in report.assigned[0].why
    assert report.exit_code == 0


def test_only_records_created_in_the_period_and_owned_now_count(world: World) -> None:
    app = performing(world)
    past(world, "cyd", won=30, lost=0, days_ago=91)
    taken_over = world.add_lead(owner=world.people["ann"], IsConverted=True, Status="Closed - Converted")
    world.org.update("Lead", taken_over, {"OwnerId": world.queue})
    world.cycle(app)
    figures = {name: line.performance.shown() for name, line in shown(world, app).items() if line.performance}
    assert {name: (told["won"], told["closed"]) for name, told in figures.items()} == {
        "ann": (16, 20),
        "bob": (8, 20),
        "cyd": (0, 20),
    }


def test_an_idle_cycle_stays_one_call_and_results_are_counted_once_an_hour(world: World) -> None:
    app = performing(world)
    world.cycle(app)
    world.cycle(app)
    past(world, "cyd", won=60, lost=0)
    world.cycle(app)
    for _ in range(20):
        assert world.cycle(app).api_calls == 1
    assert shown(world, app)["cyd"].weight == 0.5
    world.clock.pass_by(hours=1)
    assert world.cycle(app).api_calls == 2, "after an hour without a poll everything slow is due at once"
    assert shown(world, app)["cyd"].weight > 1


def test_results_that_were_never_read_count_as_1_and_stop_nobody(world: World) -> None:
    app = performing(world)
    world.org.faults.fail(path="COUNT", status=403, code="INSUFFICIENT_ACCESS", times=-1)
    world.add_leads(3)
    report = world.cycle(app)
    assert winners(report) == {"ann": 1, "bob": 1, "cyd": 1}
    assert "performance 1: won and closed records are not read yet" in report.assigned[0].why
    for again in (report, world.cycle(app)):
        assert again.exit_code == 0
        assert any(line.startswith("won and closed records cannot be read (") for line in again.notices)
        assert any("View All" in line for line in again.notices)


def test_another_policy_is_counted_at_once(world: World) -> None:
    app = performing(world)
    world.cycle(app)
    world.write_policy(BY_TURNS.replace("90d", "10d"))
    other = world.app()
    assert shown(world, other)["ann"].weight == 1
    world.cycle(other)
    assert "0 of 0 won, nothing closed in the group" in shown(world, other)["ann"].weight_told


def test_somebody_new_counts_as_1_until_the_next_count(world: World) -> None:
    app = performing(world)
    world.cycle(app)
    world.people["dee"] = world.add_person("dee")
    past(world, "dee", won=20, lost=0)
    world.clock.pass_by(minutes=6)
    world.cycle(app)
    assert "not read yet" in shown(world, app)["dee"].weight_told
    world.clock.pass_by(hours=1)
    world.cycle(app)
    assert "20 of 20 won" in shown(world, app)["dee"].weight_told


def test_more_members_than_fit_one_query_are_counted_in_several(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sfassign.salesforce.owner_counts.OWNERS_PER_QUERY", 2)
    app = performing(world)
    world.cycle(app)
    assert {name: line.weight for name, line in shown(world, app).items()} == {"ann": 1.91, "bob": 1.0, "cyd": 0.5}


def test_the_report_has_everyones_success_rate_with_its_interval(world: World) -> None:
    app = performing(world)
    world.cycle(app)
    now = world.clock.now()
    snapshot = present_snapshot(app.store, app.policy, now, dt.timedelta(minutes=2))
    since = now - dt.timedelta(days=7)
    document = make_report(Views(app.store).journal_sums(since), snapshot, app.policy, since).as_json()
    assert [one["success"] for one in document["members"]] == [
        {"won": 16, "closed": 20, "rate": 0.8, "from": 0.583983, "to": 0.919342},
        {"won": 8, "closed": 20, "rate": 0.4, "from": 0.218807, "to": 0.613418},
        {"won": 0, "closed": 20, "rate": 0.0, "from": 0.0, "to": 0.161125},
    ]


def test_a_group_without_performance_has_no_rate_in_the_report(world: World) -> None:
    app = world.app()
    world.cycle(app)
    now = world.clock.now()
    snapshot = present_snapshot(app.store, app.policy, now, dt.timedelta(minutes=2))
    document = make_report(Views(app.store).journal_sums(now), snapshot, app.policy, now).as_json()
    assert {one["success"] for one in document["members"]} == {None}


def test_with_every_slot_taken_counting_costs_one_call_an_hour(world: World) -> None:
    """Three objects, sessions and Omni-Channel fill all five slots of a call."""
    world.org.settings.session_seconds = 86_400
    full = BY_TURNS.replace("objects: {", "objects: {Case: {load: {base: 1}}, Opportunity: {load: {base: 1}}, ")
    app = performing(
        world, full + "    available: {omni: [Available], logged_in: true}\n", resweep=dt.timedelta(hours=9)
    )
    for _ in range(3):
        world.cycle(app)
    before = [world.cycle(app).api_calls for _ in range(5)]
    world.clock.pass_by(hours=1)
    assert (before, [world.cycle(app).api_calls for _ in range(5)]) == ([1] * 5, [2, 1, 1, 1, 1])
