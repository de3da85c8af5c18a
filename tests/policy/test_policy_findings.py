"""Each mistake a writer can make, and the very line they get for it."""

from __future__ import annotations

import pytest

from sfassign.policy import PolicyErrors, lint, read_policy

HEAD = "version: 1\n"
GROUP = """\
groups:
  - name: Web leads
    object: Lead
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
"""
ZERO = "0 is not a limit: leave the key out for no limit (some products read 0 as unlimited, others as none)"
DURATION = "a duration such as 30s, 10m, 4h or 2d"


def said(text: str) -> list[str]:
    """What `lint` says, without the file's name."""
    return [str(finding).removeprefix("p.yaml:") for finding in lint(text, "p.yaml")]


# One key added to the group of the smallest policy (line 7, from column 5).
IN_GROUP = [
    ("sorce: x", "7:5: unknown key 'sorce' in group 'Web leads'; did you mean 'source'? (expected: name, was, "),
    ("caps: {day:5}", "7:12: 'day:5' has no value (expected: put a space after the colon)"),
    (
        "caps: {dya: 5}",
        "7:12: unknown key 'dya' in group 'Web leads' › caps; did you mean 'day'? "
        "(expected: hour, day, week, month or rolling)",
    ),
    ("caps: {day: 0}", f"7:17: group 'Web leads' › caps › day: {ZERO} (expected: a whole number of 1 or more)"),
    ("caps: {day: -1}", "7:17: group 'Web leads' › caps › day: -1 is below 0 (expected: a whole number of 1 or more)"),
    (
        "caps: {day: many}",
        "7:17: group 'Web leads' › caps › day: 'many' is not a whole number (expected: a whole number such as 20)",
    ),
    ("caps: 5", "7:11: group 'Web leads' › caps: '5' cannot stand here (expected: hour, day, week, month or rolling)"),
    (
        "caps: {rolling: yes}",
        "7:21: group 'Web leads' › caps › rolling: 'yes' is neither true nor false; "
        "did you mean 'true'? (expected: true or false)",
    ),
    ("quota: 0", f"7:12: group 'Web leads' › quota: {ZERO} (expected: a whole number of 1 or more)"),
    (
        "quota: {feld: X}",
        "7:13: unknown key 'feld' in group 'Web leads' › quota; did you mean 'field'? (expected: field)",
    ),
    ("threshold: 0", f"7:16: group 'Web leads' › threshold: {ZERO} (expected: a number above 0)"),
    (
        "threshold: 1,000",
        "7:16: group 'Web leads' › threshold: '1,000' is not a number; did you mean '1000'? "
        "(expected: a plain number such as 20 or 1.5)",
    ),
    (
        "threshold: .inf",
        "7:16: group 'Web leads' › threshold: '.inf' is not a number (expected: a plain number such as 20 or 1.5)",
    ),
    (
        "hold: 5",
        f"7:11: group 'Web leads' › hold: '5' is not a duration without its unit; did you mean '5m'? "
        f"(expected: {DURATION})",
    ),
    ("hold: 5 minutes", f"7:11: group 'Web leads' › hold: '5 minutes' is not a duration (expected: {DURATION})"),
    ("hold: 9999d", "7:11: group 'Web leads' › hold: '9999d' is longer than ten years (expected: at most 3650d)"),
    (
        "ramp: no",
        "7:11: group 'Web leads' › ramp: 'no' cannot stand here "
        "(expected: off, or a mapping such as {at_most: 3, per: 10m})",
    ),
    ("ramp: {at_most: 3}", "7:5: 'per' is missing in group 'Web leads' › ramp (expected: at_most and per)"),
    (
        "ramp: {at_most: 3, per: 0s}",
        "7:29: group 'Web leads' › ramp › per: '0s' is no time at all "
        f"(expected: {DURATION}; leave the key out for none)",
    ),
    (
        "enabled: off",
        "7:14: group 'Web leads' › enabled: 'off' is neither true nor false; did you mean 'false'? "
        "(expected: true or false)",
    ),
    (
        "enabled: TRUE",
        "7:14: group 'Web leads' › enabled: 'TRUE' is neither true nor false; did you mean 'true'? "
        "(expected: true or false)",
    ),
    (
        "method: round robin",
        "7:13: group 'Web leads' › method: unknown method 'round robin'; "
        "did you mean 'round_robin'? "
        "(expected: round_robin | weighted_round_robin | least_loaded | best_match | optimal)",
    ),
    (
        "priority: high",
        "7:15: group 'Web leads' › priority: 'high' is not a whole number (expected: a whole number such as 20)",
    ),
    (
        "available: {logged_in: {idle: 5m}}",
        "7:35: group 'Web leads' › available › logged_in › idle: 5m is too short: "
        "Salesforce refreshes a session's time stamp too seldom to tell (expected: 6m or more)",
    ),
    ("available: {omni: []}", "7:23: group 'Web leads' › available › omni is empty (expected: at least one entry)"),
    ("available: {hours: office}", "7:24: unknown hours 'office' in group 'Web leads' › available (expected: member)"),
    ("match: {item: A, member: B}", "7:12: group 'Web leads' › match: a mapping cannot stand here (expected: a list)"),
    (
        "match: [{item: A, member: B, required: true, test: same}]",
        "7:56: group 'Web leads' › match › test: unknown test 'same' (expected: equals | any | at_most | at_least)",
    ),
    (
        "match: [{item: A B, member: skills, required: true}]",
        "7:20: group 'Web leads' › match › item: 'A B' is not a "
        "field name (expected: an API name such as Country or Account.Industry)",
    ),
    (
        "match: [{item: A, required: true}]",
        "7:13: 'member' is missing in group 'Web leads' › match (expected: item and member)",
    ),
    (
        "was: ' x'",
        "7:10: group 'Web leads' › was: the name 'x' begins or ends with a space or spans several lines "
        "(expected: a name in one line)",
    ),
    (
        "least_loaded: {by: points}",
        "7:5: warning: 'least_loaded' changes nothing in group 'Web leads' with method "
        "'round_robin' (expected: method: least_loaded)",
    ),
    (
        "weight: {headroom: true}\n    method: weighted_round_robin",
        "7:14: warning: 'headroom' changes nothing in group "
        "'Web leads': no member has a threshold (expected: a 'threshold')",
    ),
    (
        "weight: {performance: 90d}",
        "7:14: 'performance' of group 'Web leads' compares nothing: 'success' and 'closed' of Lead are the same, as "
        "they are by default (expected: two different conditions under objects › Lead: 'closed' is won or lost)",
    ),
    (
        "weight: {performance: 90d}",
        "7:14: warning: 'performance' changes nothing in group 'Web leads' with method 'round_robin' "
        "(expected: method: weighted_round_robin)",
    ),
    (
        "tiers: [high]",
        "7:13: unknown tier 'high' in group 'Web leads' › tiers "
        "(expected: none is defined in this file; define the tier first)",
    ),
    (
        "match: [{item: Country, member: Territory__c}]",
        "7:13: warning: a pair that is not required is only shown in group 'Web leads': method 'round_robin' does not "
        "go by match (expected: method: best_match or optimal)",
    ),
    (
        "match: [{item: Country, member: Territory__c, required: true, weight: 2}]",
        "7:67: warning: the 'weight' of a required pair is only shown in group 'Web leads'",
    ),
    (
        "prefer: [acount_owner]",
        "7:14: group 'Web leads' › prefer: unknown value 'acount_owner'; did you mean 'account_owner'?",
    ),
    (
        "overflow: {after: 5m, to: {queue: Web Leads}}",
        "7:39: warning: queue 'Web Leads' is where group 'Web leads' takes its items from: what group 'Web leads' sends"
        " there by 'overflow' is given out again (expected: a queue that no source names, or a user)",
    ),
    (
        "neglect: {untouched_for: 5m, finally: {queue: web leads}}",
        "7:51: warning: queue 'web leads' is where group 'Web leads' takes its items from: what group 'Web leads' sends"
        " there by 'neglect' is given out again (expected: a queue that no source names, or a user)",
    ),
    (
        "prefer_wait: 30m",
        "7:5: warning: 'prefer_wait' changes nothing in group 'Web leads': it prefers nobody (expected: 'prefer')",
    ),
    (
        "prefer: [account_owner]\n    prefer_wait: 30m\n    overflow: {after: 20m, to: {queue: Other}}",
        "8:18: warning: items of group 'Web leads' that wait for whom they prefer overflow only after that wait "
        "(expected: less than the 20m after which others overflow)",
    ),
    (
        "method: least_loaded\n    least_loaded: {by: share}\n    weight: {performance: 90d}",
        "9:14: warning: 'performance' changes nothing in group 'Web leads' with least_loaded by 'share' where everyone "
        "has a threshold (expected: by: points or count)",
    ),
    (
        "neglect: {untouched_for: 5m, remind_before: 5m}",
        "7:49: the reminder of group 'Web leads' would come before the "
        "clock starts (expected: less than untouched_for (5m))",
    ),
    (
        "neglect: {untouched_for: 5h, quiet_for: 1h, remind_before: 2h}",
        "7:64: the reminder of group 'Web leads' would come before the "
        "clock starts (expected: less than quiet_for (1h))",
    ),
    (
        "neglect: {untouched_for: 5m, finally: {queue: A, user: b@c.d}}",
        "7:34: 'finally' names 2 destinations in group 'Web leads' › neglect (expected: exactly one of queue or user)",
    ),
    (
        "overflow: {after: 5m, to: {group: Web leads}}",
        "7:39: overflow leads back to where it came from: Web leads → Web leads (expected: an end)",
    ),
    (
        "overflow: {after: 5m, to: {group: Web lead}}",
        "7:39: unknown group 'Web lead' in group 'Web leads' › overflow › "
        "to; did you mean 'Web leads'? (expected: Web leads)",
    ),
    ("name: Again", "7:5: 'name' is given twice here; the first one is in line 3"),
]


@pytest.mark.parametrize(("line", "finding"), IN_GROUP)
def test_a_mistake_in_a_group_is_told_with_its_place(line: str, finding: str) -> None:
    found = said(f"{HEAD}{GROUP}    {line}\n")
    assert any(text.startswith(finding) for text in found), found


# Something above the group of the smallest policy (from line 2 on), or instead of it.
ABOVE = [
    (
        "timezone: Europe/Londn",
        "2:11: timezone: unknown time zone 'Europe/Londn'; did you mean 'Europe/London'? "
        "(expected: a name of the IANA time zone database such as Europe/London)",
    ),
    (
        "week_starts: mon",
        "2:14: week_starts: unknown day of the week 'mon'; did you mean 'monday'? (expected: "
        "monday | tuesday | wednesday | thursday | friday | saturday | sunday)",
    ),
    (
        "timzone: UTC",
        "2:1: unknown key 'timzone' in the policy; did you mean 'timezone'? "
        "(expected: version, timezone, week_starts, hours, objects, people or groups)",
    ),
    (
        "hours: {office: {days: {mon-fry: '09:00-10:00'}}}",
        "2:25: hours 'office' › days › mon-fry: unknown day "
        "'mon-fry' (expected: mon | tue | wed | thu | fri | sat | sun, or a range such as mon-fri)",
    ),
    (
        "hours: {office: {days: {mon: '09:00-10:00, 09:30-11:00'}}}",
        "2:30: hours 'office' › days › mon: the spans "
        "09:00-10:00 and 09:30-11:00 overlap (expected: spans that follow each other)",
    ),
    (
        "hours: {office: {days: {mon: '09:00-10:00, 12:00-11:00'}}}",
        "2:44: hours 'office' › days › mon: the span "
        "'12:00-11:00' ends before it starts (expected: an end after its start; a night is two spans: up to 24:00, "
        "and from 00:00 on the next day)",
    ),
    (
        "hours: {office: {days: {mon: '09:00-24:01'}}}",
        "2:31: hours 'office' › days › mon: '09:00-24:01' is no time of day (expected: times from 00:00 to 24:00)",
    ),
    (
        "hours: {office: {days: {mon-fri: '09:00-10:00', wed: '11:00-12:00'}}}",
        "2:49: 'wed' has hours already (expected: each day once)",
    ),
    ("hours: {office: {days: {}}}", "2:24: hours 'office' › days is empty (expected: at least one entry)"),
    (
        "hours: {office: {holidays: [2026-12-25]}}",
        "2:9: hours 'office' have neither of 'days' and 'business_hours' (expected: one of the two)",
    ),
    (
        "hours: {office: {days: {mon: '09:00-10:00'}, holidays: [2026-02-30]}}",
        "2:57: hours 'office' › holidays: '2026-02-30' is no date (expected: a date such as 2026-12-25)",
    ),
    (
        "hours: {member: {days: {mon: '09:00-10:00'}}}",
        "2:9: hours cannot be called 'member': the word has a meaning of its own (expected: another name)",
    ),
    ("objects: {Lead: {load: {base: -1}}}", "2:31: object 'Lead' › load › base: -1 is below 0 (expected: 0 or more)"),
    (
        "objects: {Lead: {score: {tiers: {low: 1}}}}",
        "2:34: 'low' is what lies below the last tier (expected: another name)",
    ),
    (
        "objects: {Lead: {score: {tiers: {a: 1, b: 1}}}}",
        "2:43: tiers 'a' and 'b' begin at the same score (expected: a score of its own for each tier)",
    ),
    (
        "objects: {Lead: {score: {aging: {add: 1, every: 10m, at_most: 0}}}}",
        f"2:63: object 'Lead' › score › aging › at_most: {ZERO} (expected: a number above 0)",
    ),
    (
        "objects: {lead: {load: {base: 1}}}",
        "2:11: the object 'lead' is written 'Lead'; did you mean 'Lead'? (expected: the same capitals as in the org)",
    ),
    (
        "objects: {Ticket__c: {load: {base: 1}}}",
        "2:11: object 'Ticket__c' must say what counts as active work "
        "(expected: objects: {Ticket__c: {active: a SOQL condition}}; Lead, Case, Opportunity have one by default)",
    ),
    (
        "objects: {Lead: {touched: [edits]}}",
        "2:28: object 'Lead' › touched: unknown value 'edits'; did you mean "
        "'edit'? (expected: status | activity | edit)",
    ),
    (
        "people: [{user: alice}]",
        "2:17: people entry 'alice' › user: 'alice' is neither a Username nor a SOQL condition "
        "(expected: a Username such as alice@acme.example, or a SOQL condition on User)",
    ),
    (
        "people: [{user: a@b.c, quota: {Lad: 3}}]",
        "2:32: 'Lad' is no object that counts, in people entry 'a@b.c'; did you mean 'Lead'? (expected: Lead)",
    ),
    (
        "people: [{user: a@b.c, hours: offce}]\nhours: {office: {days: {mon: '09:00-10:00'}}}",
        "2:31: unknown hours 'offce' in people entry 'a@b.c'; did you mean 'office'? (expected: office)",
    ),
    ("people: [{quota: 3}]", "2:10: 'user' is missing in people entry number 1 (expected: user)"),
    ("people:", "2:1: 'people' has no value (expected: a value, or leave the key out)"),
]


@pytest.mark.parametrize(("lines", "finding"), ABOVE)
def test_a_mistake_in_another_part_is_told_with_its_place(lines: str, finding: str) -> None:
    found = said(f"{HEAD}{lines}\n{GROUP}")
    assert any(text.startswith(finding) for text in found), found


CONDITIONS = [
    ("\"Owner.Name = 'Web' AN Foo\"", 13 + 20, "unexpected 'AN'"),
    ("'Owner.Name = ''Web'' AN Foo'", 13 + 22, "unexpected 'AN'"),
    ("Owner.Name = 'Web' AN Foo", 13 + 19, "unexpected 'AN'"),
    ("\"\\x4fwner.Name = 'Web' AN Foo\"", 13 + 23, "unexpected 'AN'"),
    (">-\n      Owner.Name = 'Web' AN Foo", 13, "unexpected 'AN'"),
    ("\"Owner.Name =\n      'Web' AN Foo\"", 13, "unexpected 'AN'"),
]


@pytest.mark.parametrize(("scalar", "column", "reason"), CONDITIONS)
def test_a_fault_in_a_condition_is_told_at_its_column_in_the_file(scalar: str, column: int, reason: str) -> None:
    text = f"{HEAD}groups:\n  - name: Web leads\n    object: Lead\n    source: {scalar}\n    members: [a@b.c]\n"
    (finding,) = lint(text, "p.yaml")
    assert (finding.line, finding.column) == (5, column)
    assert finding.message == f"group 'Web leads' › source: not a SOQL condition: {reason}"
    assert finding.expected


REFUSED_CONDITIONS = [
    (
        "Id IN (SELECT WhoId FROM Task)",
        "'Id IN (SELECT WhoId FROM Task)' asks another object (a semi-join), which a policy cannot",
    ),
    ("OwnerId = null AND COUNT(Id) > 1", "the aggregate 'COUNT(Id)' cannot be used in a policy's condition"),
    (
        "CALENDAR_YEAR(CreatedDate) = 2026",
        "the function 'CALENDAR_YEAR(CreatedDate)' cannot be used in a policy's condition",
    ),
    ("AnnualRevenue > USD5000", "'AnnualRevenue > USD5000' compares with a currency, which only the org can"),
    ("NOT (" * 60 + "Id = null" + ")" * 60, "this condition is too deeply nested"),
]


@pytest.mark.parametrize(("condition", "reason"), REFUSED_CONDITIONS)
def test_a_condition_that_has_no_meaning_here_is_refused(condition: str, reason: str) -> None:
    text = f'{HEAD}groups:\n  - name: A\n    object: Lead\n    source: "{condition}"\n    members: [a@b.c]\n'
    (finding,) = lint(text, "p.yaml")
    assert (finding.line, finding.column, finding.message) == (5, 13, f"group 'A' › source: {reason}")


def test_every_problem_is_told_in_one_go_by_line() -> None:
    text = f"{HEAD}timezone: Mars\n{GROUP}    hold: soon\n    sorce: x\n  - name: B\n"
    with pytest.raises(PolicyErrors) as refused:
        read_policy(text, "p.yaml")
    assert [(found.line, found.column) for found in refused.value.findings] == [
        (2, 11),
        (8, 11),
        (9, 5),
        (10, 5),
        (10, 5),
        (10, 5),
    ]
    assert str(refused.value).count("\n") == 5


def test_a_group_behind_another_with_the_same_source_is_refused() -> None:
    again = GROUP.removeprefix("groups:\n").replace("Web leads", "Late").replace("Owner.Name =", "owner.name=")
    (finding,) = said(f"{HEAD}{GROUP}{again}")
    assert finding == (
        "9:13: group 'Late' never gets an item: 'Web leads' (line 3) takes the same source first "
        "(expected: another source, or 'tiers' in the earlier group)"
    )


@pytest.mark.parametrize("change", ["    enabled: false\n", "    object: Case\n"])
def test_the_same_source_is_fine_where_the_other_group_does_not_take_it(change: str) -> None:
    first = GROUP.replace("    object: Lead\n", change) if "object" in change else GROUP + change
    again = GROUP.removeprefix("groups:\n").replace("Web leads", "Late").replace("'Late'", "'Web Leads'")
    assert said(f"{HEAD}{first}{again}") == []


def test_a_source_that_still_holds_after_the_assignment_is_doubtful() -> None:
    (finding,) = said(HEAD + GROUP.replace("Owner.Name = 'Web Leads'", "Status = 'New'"))
    assert finding.startswith("5:13: warning: the source of group 'Web leads' names neither the owner nor a field")


def test_cherry_picking_over_a_source_that_does_not_name_the_owner_is_doubtful() -> None:
    lead = HEAD + GROUP.replace("Owner.Name = 'Web Leads'", "Status = 'Open'")
    told = "'cherry_picking' sees little in group 'Web leads': its source does not name the owner"
    for mode, doubted in (("off", False), ("report", True), ("return", True)):
        found = said(f"{lead}    cherry_picking: {mode}\n")
        assert any(told in text and "warning" in text for text in found) is doubted
    assert not any(told in text for text in said(f"{HEAD}{GROUP}    cherry_picking: return\n"))


def test_a_source_over_a_field_that_the_assignment_sets_is_no_doubt() -> None:
    text = HEAD + GROUP.replace("Owner.Name = 'Web Leads'", "Status = 'New'")
    found = lint(f"{text}    on_assigned: {{set: {{status: Assigned}}}}\n", "p.yaml")
    assert all(finding.severity == "error" for finding in found)


@pytest.mark.parametrize(
    ("members", "finding"),
    [
        ("[]", "6:14: group 'Web leads' › members is empty (expected: at least one entry)"),
        (
            "[alice]",
            "6:15: group 'Web leads' › members: 'alice' is not a Username "
            "(expected: a Username such as alice@acme.example)",
        ),
        ("[a@b.c, A@B.C]", "6:22: 'A@B.C' is listed twice in group 'Web leads' (expected: each user once)"),
        (
            "[{user: a@b.c, wieght: 2}]",
            "6:29: unknown key 'wieght' in group 'Web leads' › members; did you mean 'weight'? "
            "(expected: user, weight, caps or enabled)",
        ),
        (
            "[{user: a@b.c, weight: -1}]",
            "6:37: group 'Web leads' › members › weight: -1 is below 0 (expected: 0 or more)",
        ),
        ("{}", "6:5: 'queue' is missing in group 'Web leads' › members (expected: queue)"),
        (
            "[{user: a@b.c, weight: 2}]",
            "6:29: warning: 'weight' changes nothing in group 'Web leads' with method 'round_robin' "
            "(expected: method: weighted_round_robin)",
        ),
    ],
)
def test_members_that_cannot_be_meant_are_told(members: str, finding: str) -> None:
    text = HEAD + GROUP.replace("\"UserRole.Name = 'SDR'\"", members)
    assert finding in said(text)


def test_groups_that_overflow_in_a_circle_are_refused() -> None:
    def group(name: str, to: str) -> str:
        return (
            f"  - name: {name}\n    object: Lead\n    source: \"Owner.Name = '{name}'\"\n    members: [a@b.c]\n"
            f"    overflow: {{after: 5m, to: {{group: {to}}}}}\n"
        )

    text = f"{HEAD}groups:\n{group('A', 'B')}{group('B', 'C')}{group('C', 'B')}"
    circles = [found for found in lint(text, "p.yaml") if "leads back" in found.message]
    assert [(found.line, found.message) for found in circles] == [
        (12, "overflow leads back to where it came from: B → C → B"),
        (17, "overflow leads back to where it came from: C → B → C"),
    ]


def test_two_groups_cannot_share_a_name_or_a_former_name() -> None:
    second = GROUP.removeprefix("groups:\n").replace("'Web Leads'", "'Other'")
    assert said(f"{HEAD}{GROUP}{second}") == [
        "7:11: a second group 'Web leads'; the first one is in line 3 (expected: a name of its own for each group)"
    ]
    renamed = second.replace("name: Web leads", "name: New\n    was: Web leads")
    assert said(f"{HEAD}{GROUP}{renamed}") == [
        "8:10: 'was: Web leads' in group 'New' names a group that still exists "
        "(expected: the name this group had before)"
    ]


def test_a_policy_without_an_enabled_group_is_doubtful() -> None:
    assert said(f"{HEAD}{GROUP}    enabled: false\n") == ["2:1: warning: no group is enabled: nothing will be assigned"]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("version: 2\n" + GROUP, "1:10: version: '2' is unknown (expected: version: 1)"),
        (GROUP, "1:1: 'version' is missing in the policy (expected: version and groups)"),
        (HEAD, "1:1: 'groups' is missing in the policy (expected: version and groups)"),
        (HEAD + "groups: []", "2:9: groups is empty (expected: at least one entry)"),
    ],
)
def test_a_policy_has_a_version_and_groups(text: str, finding: str) -> None:
    assert said(text) == [finding]


def performing(objects: str, name: str = "Lead") -> list[str]:
    group = GROUP.replace("object: Lead", f"object: {name}")
    return said(f"{HEAD}objects: {{{objects}}}\n{group}    method: least_loaded\n    weight: {{performance: 90d}}\n")


@pytest.mark.parametrize(
    "same",
    [
        'success: "IsConverted = true"',
        "success: \"A__c = 1 OR (NOT B__c = 'x')\", closed: \"(NOT b__C = 'X') OR a__c = 1\"",
        'closed: "isconverted = TRUE"',
    ],
)
def test_a_rate_of_what_is_the_same_is_refused_however_it_is_written(same: str) -> None:
    (found,) = performing(f"Lead: {{{same}}}")
    assert found.startswith("9:14: 'performance' of group 'Web leads' compares nothing: 'success' and 'closed' of Lead")
    assert "as they are by default" not in found


@pytest.mark.parametrize(
    ("given", "lacking"),
    [("", "'success' and 'closed'"), (', success: "Won__c = true"', "'closed'"), (', closed: "A__c = 1"', "'success'")],
)
def test_an_object_of_ones_own_must_say_what_is_won_and_what_is_closed(given: str, lacking: str) -> None:
    assert performing(f'Order__c: {{active: "Open__c = true"{given}}}', "Order__c") == [
        "9:14: 'performance' of group 'Web leads' needs to know what counts as won and as closed (expected: "
        f"{lacking} under objects › Order__c)"
    ]


def test_performance_over_two_different_conditions_is_fine() -> None:
    assert performing("Lead: {closed: \"IsConverted = true OR Status = 'Unqualified'\"}") == []
    assert performing('Opportunity: {active: "IsClosed = false"}', "Opportunity") == []
