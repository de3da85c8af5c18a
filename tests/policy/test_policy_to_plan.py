"""From the text of a policy to who gets what: matching, tiers, deadlines and the methods that go by match."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

from sfassign.core.decision import Assign, Plan
from sfassign.core.engine import decide
from sfassign.core.model import WorkItem
from sfassign.policy import PolicyErrors, lint, read_policy
from sfassign.solver import solve
from tests.core.world import NOW, lead, member, snapshot, winners

TEAM = [
    member("alice", values={"languages__c": "German", "territory__c": "UK;France", "max_deal__c": 100}),
    member("bob", values={"languages__c": "English", "territory__c": "UK", "max_deal__c": 900}),
]


def plan(group: str, items: Sequence[WorkItem], above: str = "") -> Plan:
    text = f"""version: 1
{above}groups:
  - name: Web leads
    object: Lead
    source: "Owner.Name = 'Web Leads'"
    members: [alice@acme.example, bob@acme.example]
    {group}
"""
    under = read_policy(text, "policy.yaml")
    return decide(snapshot(items, TEAM, under), under, solve)


def test_an_optional_pair_raises_the_match_score() -> None:
    text = "match: [{item: Country, member: Territory__c, weight: 5}, {item: Language__c, member: Languages__c}]"
    items = [lead(1, values={"country": "France"}), lead(2, values={"country": "UK", "language__c": "English"})]
    assert winners(plan(f"{text}\n    method: best_match", items)) == ["alice", "bob"]


def test_a_pair_is_dropped_after_its_time() -> None:
    text = "match: [{item: Language__c, member: Languages__c, required: true, relax_after: 30m}]"
    items = [lead(n, minutes_old=age, values={"language__c": "Welsh"}) for n, age in ((1, 30), (2, 29))]
    assert winners(plan(text, items)) == ["alice", "-"]


HOT = """objects:
  Lead:
    score: {rules: [{when: "Rating = 'Hot'", add: 60}], aging: {add: 9, every: 1m}, tiers: {high: 60, medium: 20}}
"""


def test_a_group_takes_only_its_tiers_and_aging_does_not_lift_an_item_into_one() -> None:
    items = [lead(1, values={"rating": "Hot"}), lead(2, minutes_old=600)]
    found = plan("tiers: [high]", items, HOT)
    assert [(one.item.id[-1], one.score.tier) for one in found.decisions if isinstance(one, Assign)] == [("1", "high")]
    assert len(found.decisions) == 1, "no group takes the other one"
    assert len(plan("tiers: [low, high]", items, HOT).decisions) == 2


@pytest.mark.parametrize(
    ("due", "score"),
    [
        ("2026-11-19T13:00:00.000+0000", 0),
        ("2026-11-19T11:30:00.000+0000", 25),
        ("2026-11-19T10:00:00.000+0000", 100),
        ("2026-11-01T10:00:00.000+0000", 100),
        ("2026-11-19", 0),
        ("2026-11-18", 100),
        (None, 0),
    ],
)
def test_a_deadline_raises_the_score_as_it_comes_nearer(due: str | None, score: float) -> None:
    above = "timezone: UTC\nobjects: {Lead: {score: {deadline: {field: SlaExitDate, within: 2h, add: 100}}}}\n"
    (found,) = plan("ramp: off", [lead(1, values={"slaexitdate": due})], above).decisions
    assert isinstance(found, Assign)
    assert found.score.total == score
    assert NOW.hour == 10


def test_the_most_urgent_deadline_is_served_first() -> None:
    above = "objects: {Lead: {score: {deadline: {field: Due__c, within: 2h, add: 100}}}}\n"
    due = [lead(n, values={"due__c": f"2026-11-19T{hour}:00:00.000+0000"}) for n, hour in ((1, 13), (2, 11), (3, 10))]
    found = plan("ramp: off", due, above)
    assert [one.item.id[-1] for one in found.decisions if isinstance(one, Assign)] == ["3", "2", "1"]


@pytest.mark.parametrize("name", ["milestone", "Milestone"])
@pytest.mark.parametrize(
    ("due", "parts"),
    [
        ("2026-11-19T13:00:00+00:00", []),
        ("2026-11-19T11:30:00+00:00", [("deadline milestone 11:30 Europe/London", 25)]),
        ("2026-11-18T10:00:00+00:00", [("deadline milestone 2026-11-18 10:00 Europe/London", 100)]),
        (None, []),
    ],
)
def test_a_cases_earliest_open_milestone_raises_the_score_as_it_comes_nearer(
    name: str, due: str | None, parts: list[tuple[str, float]]
) -> None:
    text = f"""version: 1
timezone: Europe/London
objects: {{Case: {{score: {{deadline: {{field: {name}, within: 2h, add: 100}}, tiers: {{soon: 25}}}}}}}}
groups: [{{name: A, object: Case, source: "Owner.Name = 'Web Leads'", members: "IsActive = true"}}]
"""
    values = {} if due is None else {"milestone": due}
    under = read_policy(text, "p.yaml")
    (found,) = decide(snapshot([lead(1, object="Case", values=values)], [member("alice")], under), under).decisions
    assert isinstance(found, Assign)
    assert [(part.rule, part.add) for part in found.score.parts] == parts
    assert found.score.tier == ("soon" if parts else "low")


@pytest.mark.parametrize("name", ["milestone", "Milestone"])
def test_milestones_are_of_cases_only_and_another_object_is_told_what_to_name(name: str) -> None:
    text = f"""version: 1
objects: {{Lead: {{score: {{deadline: {{field: {name}, within: 2h, add: 100}}}}}}}}
groups: [{{name: A, object: Lead, source: "Owner.Name = 'Q'", members: "IsActive = true"}}]
"""
    with pytest.raises(PolicyErrors) as refused:
        read_policy(text, "p.yaml")
    assert [str(one) for one in refused.value.findings] == [
        "p.yaml:2:44: only a Case has milestones in object 'Lead' › score › deadline "
        "(expected: a date or date/time field of the object)"
    ]


def test_the_best_plan_of_all_items_together() -> None:
    text = "match: [{item: Country, member: Territory__c}]\n    quota: 1\n    method: "
    items = [lead(1, values={"country": "UK"}), lead(2, minutes_old=5, values={"country": "France"})]
    assert winners(plan(f"{text}best_match", items)) == ["alice", "bob"]
    assert winners(plan(f"{text}optimal", items)) == ["bob", "alice"]


def test_headroom_counts_by_the_policy() -> None:
    text = "method: weighted_round_robin\n    weight: {headroom: true}\n    threshold: 4\n    ramp: off"
    found = plan(text, [lead(n) for n in range(8)])
    assert sorted(winners(found)) == ["alice"] * 4 + ["bob"] * 4
    assert "headroom, 1 − 0 ÷ 4" in getattr(found.decisions[0], "sentence", "")


SMALLEST = """version: 1
groups: [{name: A, object: Lead, source: "Owner.Name = 'Q'", members: "IsActive = true", method: optimal}]
"""
WITHOUT_SCIPY = """
import sys
sys.modules["scipy"] = None
from sfassign.policy import PolicyErrors, lint, read_policy
print(*lint(sys.argv[1], "p.yaml"), sep="\\n")
try:
    read_policy(sys.argv[1], "p.yaml")
except PolicyErrors as error:
    print(error)
read_policy(sys.argv[1].replace("optimal", "best_match"), "p.yaml")
"""


def test_optimal_without_its_extra_is_refused_with_the_mend_and_everything_else_goes_on() -> None:
    command = [sys.executable, "-c", WITHOUT_SCIPY, SMALLEST]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    expected = (
        "p.yaml:2:98: method 'optimal' in group 'A' needs the extra 'optimal', which is not installed here "
        "(expected: pip install 'sfassign[optimal]')"
    )
    assert told == [expected, expected]


def test_optimal_with_its_extra_is_good() -> None:
    assert lint(SMALLEST, "p.yaml") == ()


def test_the_new_owner_hears_of_it_once_by_each_outlet_the_policy_names() -> None:
    (decision,) = plan("notify: [slack, task, slack]", [lead(1)]).decisions
    assert isinstance(decision, Assign)
    assert decision.notify == ("slack", "task")
