"""Which items wait, where they belong, and in which order they are served."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sfassign.core.decision import Hold, Plan, Review, ScorePart
from sfassign.core.engine import decide
from sfassign.core.intake import NOT_WORK, Intake, Taken
from sfassign.core.limits import MissingWindow, windows_of
from sfassign.core.model import Pause, Record, Window, WorkItem
from sfassign.core.policy import (
    Aging,
    Caps,
    Deadline,
    LoadRules,
    Members,
    Method,
    Person,
    Policy,
    Ramp,
    ReviewRule,
    Rule,
    ScoreRules,
    WorkObject,
)
from tests.core.world import (
    CASE,
    LEAD,
    LONDON,
    NOW,
    flight,
    group,
    lead,
    listed,
    member,
    policy,
    snapshot,
    soql,
    user_id,
    winners,
)

MINUTE = dt.timedelta(minutes=1)
HOT = Rule(soql("Rating = 'Hot'"), 50, "Rating = 'Hot'")
ALICE = [member("alice")]


def scored(**said: Any) -> WorkObject:
    return WorkObject("Lead", LEAD.active, score=ScoreRules(**said))


def plan_of(items: list[WorkItem], under: Policy, **said: Any) -> Plan:
    return decide(snapshot(items, ALICE, under, **said), under)


def order(items: list[WorkItem], under: Policy) -> list[int]:
    return [int(decision.item.id[3:]) for decision in plan_of(items, under).decisions]


def test_older_items_are_served_first_and_equals_by_id() -> None:
    items = [lead(3, minutes_old=10), lead(1, minutes_old=10), lead(2, minutes_old=99)]
    assert order(items, policy()) == [2, 1, 3]


def test_a_higher_score_is_served_before_age() -> None:
    items = [lead(1, minutes_old=99), lead(2, minutes_old=10, values={"rating": "Hot"})]
    assert order(items, policy(objects=(scored(rules=(HOT,)),))) == [2, 1]


def test_waiting_raises_the_score_linearly_from_the_first_spell() -> None:
    aging = policy(objects=(scored(rules=(HOT,), aging=Aging(1, 10 * MINUTE, at_most=60)),))
    items = [lead(1, minutes_old=499), lead(2, minutes_old=0, values={"rating": "Hot"}), lead(3, minutes_old=501)]
    assert order(items, aging) == [3, 2, 1]
    returned = lead(1, minutes_old=1, aging_since=NOW - 25 * MINUTE)
    assert plan_of([returned], aging).decisions[0].score.parts == (ScorePart("aging", 2.5),)  # type: ignore[union-attr]
    ancient = lead(1, minutes_old=100_000)
    assert plan_of([ancient], aging).decisions[0].score.total == 60  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("due", "added"),
    [
        ("2026-11-19T12:00:00.000+0000", 0),
        ("2026-11-19T11:00:00.000+0000", 50),
        ("2026-11-19T10:00:00.000+0000", 100),
        ("2026-11-18T10:00:00.000+0000", 100),
        ("2026-11-18", 100),
        ("2026-11-19", 0),
        (None, 0),
        ("soon", 0),
    ],
)
def test_a_deadline_raises_the_score_until_it_is_reached(due: str | None, added: float) -> None:
    near = policy(objects=(scored(deadline=Deadline("Due__c", dt.timedelta(hours=2), 100)),))
    decision = plan_of([lead(1, values={"due__c": due})], near).decisions[0]
    assert decision.score.total == pytest.approx(added)  # type: ignore[union-attr]


def test_groups_of_higher_priority_are_served_first_and_the_file_says_who_an_item_belongs_to() -> None:
    under = policy(
        group("Hot", source=soql("Rating = 'Hot'"), priority=0),
        group("Rest", source=soql("Owner.Name = 'Web Leads'"), priority=5),
    )
    items = [lead(1, minutes_old=99, values={"rating": "Hot"}), lead(2, minutes_old=1)]
    assert [(one.item.id[-1], one.group) for one in plan_of(items, under).decisions] == [("2", "Rest"), ("1", "Hot")]


def test_an_item_belongs_to_the_first_group_whose_tiers_accept_it() -> None:
    work = scored(rules=(HOT,), tiers=(("high", 50),), aging=Aging(1, MINUTE))
    under = policy(group("Best", tiers=("high",)), group("Rest"), objects=(work,))
    items = [lead(1, values={"rating": "Hot"}), lead(2, minutes_old=500)]
    found = {one.item.id[-1]: (one.group, one.score.tier) for one in plan_of(items, under).decisions}  # type: ignore[union-attr]
    assert found == {"1": ("Best", "high"), "2": ("Rest", "low")}


@pytest.mark.parametrize(
    "item",
    [
        lead(1, values={"owner.name": "Elsewhere"}),
        lead(1, values={"isconverted": True}),
        lead(1, owner=user_id("bob"), last_given=user_id("bob")),
        lead(1, object="Opportunity"),
    ],
    ids=["no source takes it", "converted", "its owner is who we gave it to", "an object the policy does not count"],
)
def test_what_does_not_wait_is_not_in_the_plan(item: WorkItem) -> None:
    assert plan_of([item], policy()).decisions == ()


def test_an_item_returned_to_its_queue_waits_again() -> None:
    assert winners(plan_of([lead(1, owner="00G-web", last_given=user_id("bob"))], policy())) == ["alice"]


@pytest.mark.parametrize(
    ("item", "said", "why"),
    [
        (lead(1, blocked="an open write"), {}, "an open write"),
        (lead(1), {"paused_all": Pause("release")}, "everything is paused: release"),
        (lead(1), {"paused_groups": {"Web leads": Pause("stock-taking", NOW + 5 * MINUTE)}},
         "the group is paused: stock-taking until 10:05 Europe/London"),
        (lead(1), {"in_flight": (flight("alice", item=lead(1).id),)}, "an owner change is on its way"),
        (lead(1, minutes_old=1), {}, "held until 10:01 Europe/London, 2m after it was created"),
    ],
)  # fmt: skip
def test_an_item_that_is_left_alone_says_why(item: WorkItem, said: dict[str, Any], why: str) -> None:
    decision = plan_of([item], policy(group(hold=2 * MINUTE)), **said).decisions[0]
    assert isinstance(decision, Hold)
    assert (decision.why, decision.diagnosis) == (why, None)


def test_a_pause_that_ran_out_and_a_hold_that_is_over_hold_nothing() -> None:
    said = {"paused_all": Pause("release", NOW), "paused_groups": {"Other": Pause("x")}}
    assert winners(plan_of([lead(1, minutes_old=2)], policy(group(hold=2 * MINUTE)), **said)) == ["alice"]


def test_an_item_under_review_is_flagged_and_not_assigned() -> None:
    rule = ReviewRule(soql("Email = null AND Phone = null"), "no way to reach this lead")
    under = policy(objects=(WorkObject("Lead", LEAD.active, review=(rule,)),))
    plan = plan_of([lead(1), lead(2, values={"phone": "123"})], under)
    assert plan.decisions[0] == Review(plan.decisions[0].item, "Web leads", "no way to reach this lead")
    assert winners(plan) == ["-", "alice"]


def test_nobody_passes_and_the_reasons_are_tallied_in_the_order_of_the_gates() -> None:
    under = policy(group(members=listed("alice", "bob", "ghost"), caps=Caps(day=1)))
    past = [(NOW - MINUTE, "Web leads", user_id(name)) for name in ("alice", "bob")]
    plan = decide(snapshot([lead(1), lead(2)], [member("alice"), member("bob")], under, past), under)
    first, second = plan.decisions
    assert isinstance(first, Hold)
    assert isinstance(second, Hold)
    assert first.why == "0 of 3 can take it: 1 inactive, 2 at cap"
    assert first.diagnosis is second.diagnosis


@pytest.mark.parametrize("method", [Method.ROUND_ROBIN, Method.WEIGHTED_ROUND_ROBIN, Method.LEAST_LOADED])
def test_in_a_group_without_members_everything_waits(method: Method) -> None:
    empty = group(members=Members(condition=soql("Name = 'Nobody'")), method=method)
    decision = plan_of([lead(1)], policy(empty)).decisions[0]
    assert isinstance(decision, Hold)
    assert decision.why == "0 of 0 can take it"


def test_intake_says_what_a_record_is() -> None:
    hot = LoadRules(1, (Rule(soql("Rating = 'Hot'"), 2, ""), Rule(soql("Rating = 'Cold'"), -5, "")))
    intake = Intake(policy(objects=(WorkObject("Lead", LEAD.active, hot), CASE)), LONDON)
    assert intake.of("Lead", lead(1, values={"rating": "Hot"}).values, NOW) == Taken(True, 3, "Web leads")
    assert intake.of("Lead", lead(1, values={"rating": "Cold"}).values, NOW) == Taken(True, 0, "Web leads")
    assert intake.of("Lead", {"isconverted": False}, NOW) == Taken(True, 1, None)
    assert intake.of("Account", {}, NOW) == NOT_WORK


@pytest.mark.parametrize(("name", "flag"), [("Lead", "isconverted"), ("Case", "isclosed"), ("Opportunity", "isclosed")])
def test_what_the_org_says_is_closed_is_never_active_whatever_the_policy_says(name: str, flag: str) -> None:
    intake = Intake(policy(objects=(WorkObject(name, soql("Name = 'x'")),)), LONDON)
    assert intake.of(name, {"name": "x", flag: False}, NOW).active
    assert intake.of(name, {"name": "x", flag: True}, NOW) == NOT_WORK


def test_a_date_literal_is_read_anew_when_the_day_changes() -> None:
    intake = Intake(policy(group(source=soql("CreatedDate = TODAY"))), LONDON)
    record: Record = {"isconverted": False, "createddate": "2026-11-19T08:00:00.000+0000"}
    assert intake.of("Lead", record, NOW).group == "Web leads"
    assert intake.of("Lead", record, NOW + dt.timedelta(days=1)).group is None


def test_every_window_that_caps_or_guards_is_asked_for_once() -> None:
    under = policy(
        group("A", listed("alice", caps=Caps(hour=1)), caps=Caps(day=2), group_caps=Caps(week=9)),
        group("B", caps=Caps(day=5), ramp=Ramp(5, 5 * MINUTE)),
        group("C", caps=Caps(month=5), enabled=False),
        people=(Person("alice@acme.example", None, caps=Caps(day=1, rolling=True)),),
    )
    assert windows_of(under, NOW, "UTC") == (
        Window(dt.datetime(2026, 11, 16, tzinfo=dt.UTC)),
        Window(NOW - dt.timedelta(days=1), after=True),
        Window(dt.datetime(2026, 11, 19, tzinfo=dt.UTC)),
        Window(NOW - 5 * MINUTE, after=True),
        Window(NOW),
    )


def test_a_snapshot_counted_for_other_windows_is_a_fault_and_not_an_empty_cap() -> None:
    under = policy(group(caps=Caps(day=2)))
    with pytest.raises(MissingWindow):
        decide(snapshot([lead(1)], ALICE, under, given={Window(NOW): {}}), under)
