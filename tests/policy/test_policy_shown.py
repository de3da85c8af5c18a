"""What is shown of a policy reads back as that policy, and is data that JSON takes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfassign.core.policy import Policy
from sfassign.policy import as_data, read_policy, show

SMALLEST = """\
version: 1
groups:
  - name: Web leads
    object: Lead
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
"""
EXAMPLE = Path(__file__).parents[2] / "config/policy.yaml"

CONDITIONS = st.sampled_from(
    [
        "Owner.Name = 'Web Leads'",
        "Status IN ('New', 'Open') AND (NOT (Rating = null OR AnnualRevenue >= 1000.50))",
        "CreatedDate = LAST_N_DAYS:7 OR Name LIKE 'O\\'Bri%'",
        "Langs__c INCLUDES ('de;fr', 'en') AND (A__c = true AND B__c != 'x  y')",
        "Owner.Name = 'Büro \u2028 \"A\": #1'",
    ]
)
WORDS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters="\ufeff"),
    min_size=1,
    max_size=12,
).filter(lambda text: text == text.strip() and len(text.splitlines()) == 1)
COUNTS = st.integers(1, 10**6)
POINTS = st.one_of(COUNTS, st.decimals(min_value="0.000001", max_value=10**6, places=6).map(float))
NUMBERS = st.one_of(st.integers(-(10**6), 10**6), st.decimals(-1000, 1000, places=4).map(float))
DURATIONS = st.builds("{}{}".format, st.integers(1, 500), st.sampled_from("smhd"))
FIELDS = st.fixed_dictionaries({"field": st.sampled_from(["Quota__c", "Load__c"])})
CAPS = st.fixed_dictionaries(
    {}, optional={"hour": COUNTS, "day": COUNTS, "week": COUNTS, "month": COUNTS, "rolling": st.booleans()}
)
RULES = st.lists(st.fixed_dictionaries({"when": CONDITIONS, "add": NUMBERS}), max_size=2)
USERS = st.sampled_from(["alice", "bob", "o'brien"]).map("{}@acme.example".format)

HOURS = st.fixed_dictionaries(
    {
        "days": st.sampled_from(
            [{"mon-fri": "09:00-12:30, 13:00-17:30"}, {"sun-thu": "00:00-24:00", "fri": "08:00-09:00"}]
        )
    },
    optional={
        "timezone": st.sampled_from(["UTC", "Europe/London"]),
        "holidays": st.lists(st.dates().map(str), max_size=3),
    },
)
OBJECTS = st.fixed_dictionaries(
    {"active": CONDITIONS},
    optional={
        "load": st.fixed_dictionaries({}, optional={"base": POINTS, "rules": RULES}),
        "score": st.fixed_dictionaries(
            {},
            optional={
                "base": NUMBERS,
                "rules": RULES,
                "aging": st.fixed_dictionaries({"add": NUMBERS, "every": DURATIONS}, optional={"at_most": POINTS}),
                "tiers": st.dictionaries(WORDS.filter(lambda name: name != "low"), st.just(0), max_size=1),
            },
        ),
    },
)
PEOPLE = st.fixed_dictionaries(
    {"user": st.one_of(USERS, CONDITIONS)},
    optional={
        "skills": st.lists(WORDS, max_size=3),
        "weight": st.one_of(POINTS, FIELDS),
        "quota": st.one_of(COUNTS, FIELDS, st.fixed_dictionaries({"Lead": st.one_of(COUNTS, FIELDS)})),
        "threshold": st.one_of(POINTS, FIELDS),
        "caps": CAPS,
        "hours": st.just("office"),
    },
)
MEMBERS = st.one_of(
    CONDITIONS,
    st.lists(
        st.one_of(
            USERS,
            st.fixed_dictionaries({"user": USERS}, optional={"weight": POINTS, "caps": CAPS, "enabled": st.booleans()}),
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda entry: str(entry["user"] if isinstance(entry, dict) else entry),
    ),
)
PAIRS = st.fixed_dictionaries(
    {"item": st.just("Language__c"), "member": st.sampled_from(["skills", "Languages__c"]), "required": st.just(True)},
    optional={"test": st.sampled_from(["equals", "any", "at_most", "at_least"])},
)
GROUPS = st.fixed_dictionaries(
    {"object": st.sampled_from(["Lead", "Case", "Ticket__c"]), "members": MEMBERS},
    optional={
        "was": WORDS.map("former {}".format),
        "enabled": st.booleans(),
        "hold": st.one_of(st.just(0), DURATIONS),
        "priority": st.integers(-9, 9),
        "available": st.fixed_dictionaries(
            {},
            optional={
                "logged_in": st.one_of(st.booleans(), st.fixed_dictionaries({"idle": st.just("30m")})),
                "omni": st.one_of(WORDS, st.lists(WORDS, min_size=1, max_size=2)),
                "hours": st.sampled_from(["office", "member"]),
            },
        ),
        "match": st.lists(PAIRS, max_size=2),
        "method": st.sampled_from(["round_robin", "weighted_round_robin", "least_loaded"]),
        "least_loaded": st.fixed_dictionaries({"by": st.sampled_from(["points", "count", "share", "spare"])}),
        "caps": CAPS,
        "group_caps": CAPS,
        "quota": st.one_of(COUNTS, FIELDS),
        "threshold": st.one_of(POINTS, FIELDS),
        "ramp": st.one_of(st.just("off"), st.fixed_dictionaries({"at_most": COUNTS, "per": DURATIONS})),
    },
)


def _numbered(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"name": f"group {at}", "source": f"Owner.Name = 'Queue {at}'", **group, **_heir(group, at)}
        for at, group in enumerate(groups)
    ]


def _heir(group: dict[str, Any], at: int) -> dict[str, Any]:
    return {"was": f"{group['was']} {at}"} if "was" in group else {}


POLICIES = st.fixed_dictionaries(
    {
        "version": st.just(1),
        "hours": st.fixed_dictionaries({"office": HOURS}),
        "objects": st.fixed_dictionaries({"Ticket__c": OBJECTS, "Lead": OBJECTS}),
        "groups": st.lists(GROUPS, min_size=1, max_size=3).map(_numbered),
    },
    optional={
        "timezone": st.sampled_from(["UTC", "America/New_York"]),
        "week_starts": st.sampled_from(["monday", "sunday"]),
        "people": st.lists(PEOPLE, max_size=2),
    },
)


class Plain(yaml.SafeDumper):
    """Writes no anchors, and numbers without an exponent."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


Plain.add_representer(float, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:.6f}"))


def without_hash(policy: Policy) -> Policy:
    return dataclasses.replace(policy, hash="")


@given(POLICIES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_shown_reads_back_as_the_same_policy(data: dict[str, Any]) -> None:
    policy = read_policy(yaml.dump(data, Dumper=Plain, allow_unicode=True, sort_keys=False), "p.yaml")
    shown = show(policy)
    again = read_policy(shown, "shown.yaml")
    assert without_hash(again) == without_hash(policy)
    assert show(again) == shown


def test_the_data_is_what_is_shown() -> None:
    policy = read_policy(SMALLEST, "p.yaml")
    data = as_data(policy)
    assert json.loads(json.dumps(data)) == data
    assert yaml.safe_load(show(policy)) == data


def test_the_smallest_policy_is_shown_with_its_defaults() -> None:
    group = as_data(read_policy(SMALLEST, "p.yaml"))["groups"][0]
    assert group["method"] == "round_robin"
    assert group["ramp"] == {"at_most": 5, "per": "5m"}
    assert group["hold"] == "0s"
    assert as_data(read_policy(SMALLEST, "p.yaml"))["objects"] == {
        "Lead": {
            "active": "IsConverted = FALSE",
            "load": {"base": 1, "rules": []},
            "score": {"base": 0, "rules": []},
            "touched": ["status", "activity", "edit"],
            "success": "IsConverted = TRUE",
            "closed": "IsConverted = TRUE",
        }
    }


def test_the_example_of_the_product_has_no_findings_and_reads_back() -> None:
    policy = read_policy(EXAMPLE.read_text(encoding="utf-8"), "policy.yaml")
    assert [group.name for group in policy.groups] == ["Web leads", "Support cases", "Intake opportunities"]
    assert without_hash(read_policy(show(policy), "shown.yaml")) == without_hash(policy)
