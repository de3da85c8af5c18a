"""Questions answered from the daemon's memory after real cycles: why not this person, what another policy would do."""

from __future__ import annotations

import datetime as dt

import pytest

from sfassign.bootstrap import App
from sfassign.core.counterfactual import WhyNot
from sfassign.core.model import Pause
from sfassign.errors import WrongUsage
from sfassign.policy import read_policy
from sfassign.report import make_report
from sfassign.storage import Views
from sfassign.whatif import Present, as_explanation, decide_otherwise, why_not
from tests.cycle.world import POLICY, World


def present(world: World, app: App) -> Present:
    return Present(app.store, app.policy, world.clock.now(), dt.timedelta(minutes=2))


def asked(world: World, app: App, lead: str, name: str) -> WhyNot:
    return why_not(present(world, app), Views(app.store).explain(lead), f"{name}@acme.example")


def test_a_waiting_item_says_when_the_flood_guard_lets_somebody_have_it(world: World) -> None:
    world.write_policy(POLICY + "    ramp: {at_most: 1, per: 10m}\n")
    app = world.app()
    world.add_leads(3)
    world.cycle(app)
    (held,) = world.add_leads(1)
    world.cycle(app)
    given = Views(app.store).history()[0].entry.decided_at
    answer = asked(world, app, held, "ann")
    free = (given + dt.timedelta(minutes=11)).strftime("%H:%M")
    assert [(one.gate, one.change) for one in answer.obstacles] == [
        ("ramping", f"from {free} Europe/London, when the ramp window moves on")
    ]
    world.clock.pass_by(minutes=10)
    assert asked(world, app, held, "ann").outcome != "stopped"


def test_an_item_given_away_says_from_what_was_kept_who_outranked_whom(world: World) -> None:
    app = world.app()
    (lead,) = world.add_leads(1)
    world.cycle(app)
    winner = world.name_of(world.owner(lead))
    for name in world.people:
        answer = asked(world, app, lead, name)
        assert (answer.basis, answer.outcome) == ("then", "theirs" if name == winner else "outranked")
    with pytest.raises(WrongUsage, match=r"no user 'zed@acme\.example' is known"):
        asked(world, app, lead, "zed")


def test_a_paused_person_is_told_of_the_pause_then_and_now(world: World) -> None:
    app = world.app()
    app.store.pause("user", world.people["ann"], Pause("dentist"))
    (lead,) = world.add_leads(1)
    world.cycle(app)
    assert [one.gate for one in asked(world, app, lead, "ann").obstacles] == ["paused"]


def paused_lead(world: World, app: App) -> str:
    app.store.pause("all", "", Pause("stocktaking"))
    (lead,) = world.add_leads(1)
    world.cycle(app)
    app.store.pause("all", "", None)
    return lead


def test_another_policy_decides_over_the_same_memory_and_nothing_is_written(world: World) -> None:
    app = world.app()
    lead = paused_lead(world, app)
    calls, other = app.org.calls, read_policy(POLICY + "    method: least_loaded\n", "new.yaml")
    otherwise = decide_otherwise(present(world, app), other, Views(app.store).explain(lead))
    shown = as_explanation(otherwise)
    assert (shown.state, shown.group, len(shown.members), otherwise.caveats) == ("assigned", "Web leads", 3, ())
    assert "by least_loaded" in (shown.sentence or "")
    assert otherwise.policy == other.hash
    assert (world.owner(lead), app.org.calls, Views(app.store).history()) == (world.queue, calls, ())
    assert Views(app.store).explain(lead).sentence == "everything is paused: stocktaking"


def test_a_policy_that_needs_what_was_never_read_names_all_of_it(world: World) -> None:
    app = world.app()
    lead = paused_lead(world, app)
    text = POLICY.replace("source: \"Owner.Name = 'Web Leads'\"", "source: \"Rating = 'Hot' AND Account__c = 'x'\"")
    text = text.replace("UserRole.Name = 'SDR'", "Division = 'EMEA'") + "    available: {omni: [Available]}\n"
    text += "  - {name: Cases, object: Case, source: \"Origin = 'Web'\", members: [ann@acme.example]}\n"
    with pytest.raises(WrongUsage) as refused:
        decide_otherwise(present(world, app), read_policy(text, "new.yaml"), Views(app.store).explain(lead))
    for part in ("Lead.Account__c", "Lead.Rating", "Omni-Channel presence", "User.Division", "the object Case"):
        assert part in str(refused.value)


def test_where_the_memory_was_filled_for_the_present_policy_it_is_said(world: World) -> None:
    app = world.app()
    lead = paused_lead(world, app)
    text = POLICY.replace("name: Web leads", "name: Everything").replace("= 'Web Leads'", "LIKE 'Web%'")
    text = text.replace("UserRole.Name = 'SDR'", "UserRole.Name LIKE 'S%'") + "objects: {Lead: {load: {base: 2}}}\n"
    otherwise = decide_otherwise(present(world, app), read_policy(text, "n.yaml"), Views(app.store).explain(lead))
    assert [caveat.split(" ", 2)[:2] for caveat in otherwise.caveats] == [
        ["new", "groups"],
        ["only", "users"],
        ["only", "items"],
        ["the", "load"],
    ]


def test_an_item_given_away_cannot_be_decided_again(world: World) -> None:
    app = world.app()
    (lead,) = world.add_leads(1)
    world.cycle(app)
    with pytest.raises(WrongUsage, match="does not wait"):
        decide_otherwise(present(world, app), app.policy, Views(app.store).explain(lead))


def test_a_policy_that_takes_the_item_nowhere_says_so(world: World) -> None:
    app = world.app()
    lead = paused_lead(world, app)
    other = read_policy(POLICY.replace("'Web Leads'", "'Elsewhere'"), "new.yaml")
    shown = as_explanation(decide_otherwise(present(world, app), other, Views(app.store).explain(lead)))
    assert shown.sentence == "no enabled group of this policy takes it"


def test_the_report_of_an_even_morning(world: World) -> None:
    app = world.app()
    world.add_leads(6)
    world.cycle(app)
    since = world.clock.now() - dt.timedelta(hours=1)
    now = present(world, app)
    report = make_report(Views(app.store).journal_sums(since), now.snapshot(), app.policy, since)
    (group,) = report.groups
    assert (group.group, group.method, group.outcomes.assigned) == ("Web leads", "round_robin", 6)
    assert (group.jain, group.gini) == (1, 0)
    assert [line.username for line in report.members] == [f"{name}@acme.example" for name in ("ann", "bob", "cyd")]
    assert {(line.share, line.entitled_share, line.items) for line in report.members} == {(1 / 3, 1 / 3, 2)}
    assert report.policies == {app.policy.hash: 6}


def test_a_group_that_left_the_policy_keeps_its_figures_and_promises_nothing(world: World) -> None:
    app = world.app()
    world.add_leads(3)
    world.cycle(app)
    since = world.clock.now() - dt.timedelta(hours=1)
    other = read_policy(POLICY.replace("name: Web leads", "name: New"), "new.yaml")
    now = Present(app.store, other, world.clock.now(), dt.timedelta(minutes=2))
    report = make_report(Views(app.store).journal_sums(since), now.snapshot(), other, since)
    assert [(line.group, line.method, line.outcomes.assigned, line.jain) for line in report.groups] == [
        ("New", "round_robin", 0, None),
        ("Web leads", None, 3, None),
    ]
    old = [line for line in report.members if line.group == "Web leads"]
    assert {(line.share, line.entitled_share) for line in old} == {(1 / 3, None)}


RATED = (
    "objects: {Lead: {closed: \"IsConverted = true OR Rating = 'Cold'\"}}\n"
    + POLICY
    + "    method: weighted_round_robin\n    weight: {performance: 90d}\n"
)


def test_performance_over_records_that_were_never_counted_cannot_be_answered(world: World) -> None:
    app = world.app()
    lead = paused_lead(world, app)
    with pytest.raises(WrongUsage, match=r"it also needs won and closed records \(Lead 90d: "):
        decide_otherwise(present(world, app), read_policy(RATED, "new.yaml"), Views(app.store).explain(lead))


def test_performance_over_the_same_records_is_answered_with_its_figures(world: World) -> None:
    world.write_policy(RATED)
    app = world.app()
    lead = paused_lead(world, app)
    other = read_policy(RATED.replace("weighted_round_robin", "least_loaded"), "new.yaml")
    shown = as_explanation(decide_otherwise(present(world, app), other, Views(app.store).explain(lead)))
    assert "÷ weight 1 (1 × performance 1: 0 of 0 won, nothing closed in the group)" in (shown.sentence or "")


def test_milestones_that_were_never_followed_cannot_be_answered(world: World) -> None:
    app = world.app()
    lead = paused_lead(world, app)
    due = "objects: {Case: {score: {deadline: {field: milestone, within: 2h, add: 9}}}, Lead: {load: {base: 1}}}\n"
    with pytest.raises(WrongUsage, match="it also needs the object Case, the open milestones of Cases"):
        decide_otherwise(present(world, app), read_policy(POLICY + due, "new.yaml"), Views(app.store).explain(lead))
