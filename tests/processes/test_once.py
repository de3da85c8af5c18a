"""`once` and its neighbours as a person or cron runs them: output, exit codes, no traceback, no secret."""

from __future__ import annotations

import json

import pytest

from tests.processes.conftest import POLICY, Done, Site

NO_ADDRESS = {"SFASSIGN_INSTANCE_URL": None, "SFASSIGN_ACCESS_TOKEN": None, "SFASSIGN_CA_BUNDLE": None}


def said(done: Done, site: Site) -> str:
    text = done.stdout + done.stderr
    assert "Traceback" not in text
    assert site.address["access_token"] not in text
    return text


def test_once_needs_only_five_variables_and_prints_the_documented_document(site: Site) -> None:
    leads = site.add_leads(3)
    done = site.spawn("once", "--json")
    assert done.returncode == 0, said(done, site)
    document = json.loads(done.stdout)
    assert {*document} >= {
        *("cycle", "started_at", "seconds", "dry_run", "api_calls"),
        *("assigned", "reassigned", "waiting", "review", "lost_race", "failed"),
    }
    mine = [line for line in document["assigned"] if line["id"] in leads]
    assert {line["id"] for line in mine} == {*leads}
    assert {*mine[0]} >= {
        *("object", "id", "owner", "owner_username", "group", "method"),
        *("score", "tier", "points", "decision"),
    }
    assert {line["owner_username"] for line in mine} <= {f"{name}@acme.example" for name in ("ann", "bob", "cyd")}
    assert sorted(site.owners(leads)) == sorted(line["owner"] for line in mine)


def test_explain_tells_of_every_member_and_knows_what_it_does_not_know(site: Site) -> None:
    (lead,) = site.add_leads(1)
    site.run("once")
    document = json.loads(site.run("explain", lead, "--json").stdout)
    assert document["state"] == "assigned"
    assert len(document["members"]) == 3
    assert {member["gate"] for member in document["members"]} == {None}
    assert site.run("explain", lead).returncode == 0
    unknown = site.run("explain", "00Q000000000009EAA", "--json")
    assert (unknown.returncode, json.loads(unknown.stdout)["state"]) == (1, "unknown")
    assert site.run("explain", "nonsense").returncode == 2


def test_a_dry_run_writes_nothing(site: Site) -> None:
    leads = site.add_leads(2)
    before = site.owners(leads)
    document = json.loads(site.run("once", "--dry-run", "--json").stdout)
    assert {line["id"] for line in document["assigned"]} >= {*leads}
    assert site.owners(leads) == before
    site.run("once")


def test_the_screens_show_the_line_the_people_and_the_journal(site: Site) -> None:
    (lead,) = site.add_leads(1)
    site.run("pause", "--all", "--reason", "stocktaking")
    site.run("once")
    waiting = json.loads(site.run("waiting", "--json").stdout)
    assert lead in {line["id"] for line in waiting}
    assert all("stocktaking" in line["why"] for line in waiting)
    site.run("resume", "--all")
    site.run("once")
    assert json.loads(site.run("waiting", "--json").stdout) == []
    members = json.loads(site.run("members", "--json").stdout)
    assert [member["username"] for member in members] == [f"{name}@acme.example" for name in ("ann", "bob", "cyd")]
    assert lead in {line["id"] for line in json.loads(site.run("history", "--json").stdout)}
    for screen in ("waiting", "members", "history"):
        done = site.run(screen)
        assert done.returncode == 0, said(done, site)


REVIEWED = """
    overflow: {after: 20m, to: {queue: QUEUE}}
objects: {Lead: {review: [{when: "Title = 'Flagged'", reason: "this one needs a look"}]}}
"""


def test_flagged_leads_are_shown_with_their_reason(site: Site) -> None:
    policy = site.folder / "policy.yaml"
    policy.write_text(policy.read_text() + REVIEWED.replace("QUEUE", "Web_Leads"))
    (lead,) = site.add_leads(1)
    site.call("PATCH", f"sobjects/Lead/{lead}", {"Title": "Flagged"})
    document = json.loads(site.run("once", "--json").stdout)
    reason = "this one needs a look"
    assert document["review"] == [{"object": "Lead", "id": lead, "reason": reason}]
    assert (document["overflowed"], document["refused_values"], document["warnings"]) == ([], [], [])
    (line,) = json.loads(site.run("review", "--json").stdout)
    assert (line["id"], line["reason"]) == (lead, reason)
    assert reason in site.run("review").stdout
    assert reason in site.run("once").stdout
    site.call("DELETE", f"sobjects/Lead/{lead}")


def test_check_names_a_queue_that_the_org_does_not_have(site: Site) -> None:
    policy = site.folder / "policy.yaml"
    good = policy.read_text()
    policy.write_text(good + REVIEWED.replace("QUEUE", "Web_Leads"))
    assert site.run("check").returncode == 0
    policy.write_text(good + REVIEWED.replace("QUEUE", "Web Leeds"))
    done = site.run("check")
    assert done.returncode == 2, said(done, site)
    assert "the org has no queue 'Web Leeds'" in done.stdout + done.stderr


def test_a_paused_person_gets_nothing(site: Site) -> None:
    assert site.run("once").returncode == 0
    assert site.run("pause", "ANN@acme.example", "--until", "1h").returncode == 0
    leads = site.add_leads(4)
    document = json.loads(site.run("once", "--json").stdout)
    assert {line["id"] for line in document["assigned"]} == {*leads}
    assert "ann@acme.example" not in {line["owner_username"] for line in document["assigned"]}


def test_resync_names_the_owners_that_had_drifted(site: Site) -> None:
    site.add_leads(2)
    site.run("once")
    answer = json.loads(site.run("resync", "--json").stdout)
    assert answer["drifted"] == []
    assert answer["owners"] >= 1
    assert site.run("resync").returncode == 0


def test_check_proves_a_working_deployment(site: Site) -> None:
    done = site.run("check", "--json")
    document = json.loads(done.stdout)
    assert document["ok"], document
    assert {"policy", "database", "org", "fields", "people", "API calls"} <= {c["check"] for c in document["checks"]}
    assert site.run("check").returncode == 0


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"SFASSIGN_POLLL": "15s"}, 2, "did you mean SFASSIGN_POLL?"),
        ({"SFASSIGN_POLICY": "nowhere.yaml"}, 2, "nowhere.yaml"),
        (NO_ADDRESS, 2, "no login is configured"),
        ({"SFASSIGN_ACCESS_TOKEN": None}, 2, "SFASSIGN_ACCESS_TOKEN must be set as well"),
        ({"SFASSIGN_INSTANCE_URL": "http://acme.my.salesforce.com"}, 2, "HTTPS"),
        ({"SFASSIGN_INSTANCE_URL": "https://localhost:1"}, 1, "localhost:1"),
        ({"SFASSIGN_ACCESS_TOKEN": "00D000000000001!expired"}, 1, "session"),
        ({"SFASSIGN_DATABASE_URL": "sqlite:////nowhere/at/all.db"}, 1, "/nowhere/at/all.db"),
        ({"SFASSIGN_DATABASE_URL": "nonsense"}, 1, "SFASSIGN_DATABASE_URL"),
        ({"SFASSIGN_ORG_ID": "00D000000000009"}, 2, "SFASSIGN_ORG_ID"),
    ],
)
def test_what_a_user_can_get_wrong_has_a_message_and_an_exit_code(
    site: Site, changes: dict[str, str | None], code: int, message: str
) -> None:
    done = site.run("once", **changes)
    assert message.lower() in said(done, site).lower()
    assert done.returncode == code


def test_a_bad_policy_is_refused_before_the_org_is_asked(site: Site) -> None:
    (site.folder / "policy.yaml").write_text(POLICY.replace("source:", "sorce:"))
    done = site.run("once", SFASSIGN_INSTANCE_URL="https://localhost:1")
    assert done.returncode == 2
    assert "policy.yaml:7:5" in said(done, site)
    assert "did you mean 'source'?" in done.stderr


def test_a_field_the_org_does_not_have_is_refused_with_the_nearest_name(site: Site) -> None:
    (site.folder / "policy.yaml").write_text(POLICY.replace("Department", "Departement"))
    done = site.run("once")
    assert done.returncode == 2
    assert "Department" in said(done, site)


def test_the_policy_commands_need_no_org(site: Site) -> None:
    assert site.run("policy", "check", **NO_ADDRESS).returncode == 0
    assert json.loads(site.run("policy", "schema", **NO_ADDRESS).stdout)["type"] == "object"
    assert "round_robin" in site.run("policy", "show", **NO_ADDRESS).stdout
    (site.folder / "bad.yaml").write_text("version: 1\ngroups: [{name: x}]\n")
    assert site.run("policy", "check", "bad.yaml", **NO_ADDRESS).returncode == 2


def test_every_command_has_help_with_an_example(site: Site) -> None:
    for command in (
        "demo",
        "check",
        "run",
        "once",
        "resync",
        "explain",
        "waiting",
        "review",
        "members",
        "pause",
        "org",
    ):
        done = site.run(command, "--help", **NO_ADDRESS)
        assert done.returncode == 0
        assert "Example:" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command"),
        (["once", "--nonsense"], "No such option"),
        (["explain"], "Missing"),
        (["demo", "--speed", "fast"], "valid number"),
        (["org", "--port", "70000"], "port"),
        (["org", "--empty", "--people"], "--empty"),
        (["pause"], "name exactly one"),
        (["pause", "--all", "--until", "yesterday"], "neither a duration"),
        (["pause", "--all", "--until", "2020-01-01T09:00Z"], "is past"),
        (["pause", "--all", "--until", "2030-01-01T09:00"], "has no time zone"),
        (["resume", "--group", "Nobody"], "no group"),
        (["history", "--since", "ever"], "is no duration"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_was_expected(site: Site, arguments: list[str], message: str) -> None:
    done = site.run(*arguments)
    assert done.returncode == 2
    assert message.lower() in said(done, site).lower()


def test_a_command_group_alone_shows_its_commands(site: Site) -> None:
    assert "check" in said(site.run("policy"), site)
    assert "once" in said(site.run(), site)
