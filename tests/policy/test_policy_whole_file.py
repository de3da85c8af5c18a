"""The whole file of the policy's contract, typed: every value stands where the core expects it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from sfassign.core import policy as core
from sfassign.core.policy import Caps, Destination, FieldLimit, MatchPair, MatchTest, Span
from sfassign.policy import lint, policy_hash, read_policy, show, type_policy
from sfassign.soql import parse_condition

TEXT = (Path(__file__).parent / "whole_file.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def policy() -> core.Policy:
    return type_policy(TEXT, "policy.yaml")


@pytest.fixture(scope="module")
def group(policy: core.Policy) -> core.Group:
    return policy.groups[0]


def minutes(number: int) -> dt.timedelta:
    return dt.timedelta(minutes=number)


def test_the_top_of_the_file(policy: core.Policy) -> None:
    assert policy.hash == policy_hash(TEXT)
    assert policy.timezone == "Europe/London"
    assert policy.week_starts == 0
    assert [group.name for group in policy.groups] == ["Enterprise leads", "Everyone else"]


def test_working_hours(policy: core.Policy) -> None:
    weekday = (Span(dt.time(9), dt.time(12, 30)), Span(dt.time(13, 30), dt.time(17, 30)))
    saturday = (Span(dt.time(10), dt.time(14)),)
    assert policy.hours["office"] == core.Hours(
        name="office",
        timezone="Europe/London",
        days={0: weekday, 1: weekday, 2: weekday, 3: weekday, 4: weekday, 5: saturday},
        holidays=frozenset({dt.date(2026, 12, 25), dt.date(2026, 12, 26)}),
    )
    assert policy.hours["service"] == core.Hours("service", business_hours="Default", holiday_names=("all",))


def test_what_work_on_a_lead_is(policy: core.Policy) -> None:
    lead = policy.objects["Lead"]
    assert lead.active == parse_condition("IsConverted = false AND Status NOT IN ('Unqualified')")
    assert lead.load == core.LoadRules(
        1,
        (
            core.Rule(parse_condition("AnnualRevenue >= 1000000"), 2, "AnnualRevenue >= 1000000"),
            core.Rule(parse_condition("NumberOfEmployees >= 500"), 1, "NumberOfEmployees >= 500"),
        ),
    )
    assert lead.score == core.ScoreRules(
        base=0,
        rules=(
            core.Rule(parse_condition("Rating = 'Hot'"), 50, "Rating = 'Hot'"),
            core.Rule(
                parse_condition("LeadSource IN ('Demo request', 'Web')"), 20, "LeadSource IN ('Demo request', 'Web')"
            ),
        ),
        aging=core.Aging(1, minutes(10), 60),
        deadline=core.Deadline("SlaExitDate", dt.timedelta(hours=2), 100),
        tiers=(("high", 60), ("medium", 20)),
    )
    assert lead.review == (
        core.ReviewRule(parse_condition("Email = null AND Phone = null"), "no way to reach this lead"),
    )
    assert lead.touched == ("status", "activity", "edit")
    assert lead.success == parse_condition("IsConverted = true")
    assert lead.closed == parse_condition("IsConverted = true OR Status IN ('Unqualified')")


def test_objects_that_say_little_get_their_defaults(policy: core.Policy) -> None:
    assert list(policy.objects) == ["Lead", "Case", "Opportunity"]
    assert policy.objects["Case"] == core.WorkObject(
        name="Case",
        active=parse_condition("IsClosed = false"),
        success=parse_condition("IsClosed = true"),
        closed=parse_condition("IsClosed = true"),
    )
    assert policy.objects["Opportunity"] == core.WorkObject(
        name="Opportunity",
        active=parse_condition("IsClosed = false"),
        success=parse_condition("IsWon = true"),
        closed=parse_condition("IsClosed = true"),
    )


def test_people(policy: core.Policy) -> None:
    assert policy.people == (
        core.Person(
            username="alice@acme.example",
            condition=None,
            skills=("German", "Enterprise"),
            object_quotas={"Lead": 15, "Opportunity": 40},
            threshold=FieldLimit("Workload__c"),
            caps=Caps(day=30),
            hours="office",
        ),
    )


def test_what_belongs_to_a_group(group: core.Group) -> None:
    assert (group.name, group.was, group.enabled, group.object) == ("Enterprise leads", "Enterprise", True, "Lead")
    assert group.source == parse_condition(
        "Owner.Name = 'Web Leads' AND Country = 'United Kingdom' AND NumberOfEmployees >= 1000"
    )
    assert group.tiers == ("high", "medium")
    assert (group.hold, group.priority) == (minutes(2), 10)
    assert group.members == core.Members(condition=parse_condition("UserRole.Name = 'Enterprise SDR'"))


def test_who_counts_as_available(group: core.Group) -> None:
    assert group.available == core.Availability(
        logged_in=core.LoggedIn(minutes(30)),
        omni=("Available", "Available - Cases"),
        hours="office",
        out_of_office=True,
    )


def test_how_items_and_members_are_matched(group: core.Group) -> None:
    assert group.match == (
        MatchPair("Language__c", "Languages__c", required=True),
        MatchPair("Product__c", "skills", required=True, relax_after=minutes(30)),
        MatchPair("AnnualRevenue", "Max_Deal__c", MatchTest.AT_MOST, required=True),
        MatchPair("Country", "Territory__c", weight=5),
    )
    assert group.prefer == ("account_owner", "previous_owner", "same_email")
    assert group.prefer_wait == dt.timedelta(0)


def test_method_weights_and_limits(group: core.Group) -> None:
    assert group.method is core.Method.WEIGHTED_ROUND_ROBIN
    assert group.weight == core.WeightRules(dt.timedelta(days=90), headroom=True)
    assert group.least_loaded is core.LoadMeasure.POINTS
    assert group.caps == Caps(hour=3, day=20, week=80, month=300)
    assert group.group_caps == Caps(day=200)
    assert (group.quota, group.threshold) == (15, 30)
    assert group.ramp == core.Ramp(3, minutes(10))


def test_overflow_neglect_and_cherry_picking(group: core.Group) -> None:
    assert group.overflow == core.Overflow(minutes(20), Destination(group="Everyone else"))
    assert group.neglect == core.Neglect(
        untouched_for=minutes(30),
        quiet_for=dt.timedelta(days=5),
        covers="ours",
        hours="office",
        remind_before=minutes(5),
        then="reassign",
        exclude_last=1,
        at_most=3,
        finally_=Destination(user="manager@acme.example"),
        mark_away=False,
    )
    assert group.cherry_picking == "report"


def test_what_is_written_and_who_hears_of_it(group: core.Group) -> None:
    assert group.on_assigned == core.FieldWrites({"Status": "Assigned", "Assigned_At__c": "{now}"}, ("Task",))
    assert group.on_not_assigned == core.FieldWrites({"Routing_Problem__c": "{reason}"}, after=dt.timedelta(hours=1))
    assert group.on_review == core.FieldWrites({"Needs_Review__c": "true", "Review_Reason__c": "{reason}"})
    assert group.notify == ("salesforce", "chatter", "slack", "email", "task")


def test_a_group_that_says_little_gets_the_defaults(policy: core.Policy) -> None:
    assert policy.groups[1] == core.Group(
        name="Everyone else",
        object="Lead",
        source=parse_condition("Owner.Name = 'The rest'"),
        members=core.Members(public_group="All SDRs"),
    )


def test_what_is_shown_reads_back(policy: core.Policy) -> None:
    again = type_policy(show(policy), "shown.yaml")
    assert dataclasses.replace(again, hash=policy.hash) == policy


def test_nothing_of_the_whole_file_is_refused() -> None:
    assert read_policy(TEXT, "policy.yaml").groups[0].neglect is not None


def test_the_whole_file_has_two_doubts() -> None:
    warnings = [finding for finding in lint(TEXT, "policy.yaml") if finding.severity == "warning"]
    assert [str(warning) for warning in warnings] == [
        "policy.yaml:58:9: warning: a pair that is not required is only shown in group 'Enterprise leads': method "
        "'weighted_round_robin' does not go by match (expected: method: best_match or optimal)",
        "policy.yaml:64:5: warning: 'least_loaded' changes nothing in group 'Enterprise leads' "
        "with method 'weighted_round_robin' (expected: method: least_loaded)",
    ]
