"""`explain --why-not`, `explain --policy` and `report` as a person runs them: output, exit codes, no org asked."""

from __future__ import annotations

import csv
import json

import pytest

from tests.processes.conftest import POLICY, Site

NO_ORG = {"SFASSIGN_INSTANCE_URL": None, "SFASSIGN_ACCESS_TOKEN": None, "SFASSIGN_CA_BUNDLE": None}


def test_why_not_somebody_else_is_answered_in_words_and_as_json(site: Site) -> None:
    site.run("once")
    (lead,) = site.add_leads(1)
    assert site.run("pause", "ann@acme.example", "--reason", "dentist").returncode == 0
    site.run("once")
    done = site.run("explain", lead, "--why-not", "ann@acme.example", **NO_ORG)
    assert done.returncode == 0, done.stderr
    assert "why not ann@acme.example, at the decision of" in done.stdout
    assert "dentist" in done.stdout
    document = json.loads(site.run("explain", lead, "--why-not", "ann@acme.example", "--json", **NO_ORG).stdout)
    assert document["state"] == "assigned"
    assert document["why_not"]["basis"] == "then"
    assert [one["gate"] for one in document["why_not"]["obstacles"]] == ["paused"]
    winner = document["decision"]["owner"]
    assert "they got it" in site.run("explain", lead, "--why-not", winner, **NO_ORG).stdout
    other = {"bob@acme.example", "cyd@acme.example"} - {
        member["username"] for member in document["members"] if member["user"] == winner
    }
    assert "passed every gate and were ranked 2" in site.run("explain", lead, "--why-not", *other, **NO_ORG).stdout
    stranger = site.run("explain", lead, "--why-not", "zed@acme.example", **NO_ORG)
    assert (stranger.returncode, "no user 'zed@acme.example' is known" in stranger.stderr) == (2, True)
    for shortened in ("ann", "anne@acme.example", "ANNN"):
        done = site.run("explain", lead, "--why-not", shortened, **NO_ORG)
        assert (done.returncode, "did you mean ann@acme.example?" in done.stderr) == (2, True)


def test_what_another_policy_would_decide_of_a_waiting_item(site: Site) -> None:
    (lead,) = site.add_leads(1)
    site.run("pause", "--group", "Web leads")
    site.run("once")
    waiting = site.run("explain", lead, "--why-not", "ann@acme.example", **NO_ORG).stdout
    assert "as things stand now" in waiting
    assert "sfassign resume --group" in waiting
    (site.folder / "new.yaml").write_text(POLICY.replace("name: Web leads", "name: New leads"))
    new = ("explain", lead, "--policy", "new.yaml")
    done = site.run(*new, **NO_ORG)
    assert done.returncode == 0, done.stderr
    assert "New leads → " in done.stdout
    assert "nothing was written" in done.stdout
    assert "but: new groups start without rotation" in done.stdout
    document = json.loads(site.run(*new, "--why-not", "ann@acme.example", "--json", **NO_ORG).stdout)
    assert (document["hypothetical"], document["group"], document["state"]) == (True, "New leads", "assigned")
    assert document["why_not"]["outcome"] in {"theirs", "outranked"}
    assert [line["id"] for line in json.loads(site.run("waiting", "--json").stdout)] == [lead]
    (site.folder / "new.yaml").write_text(POLICY.replace("Department", "Division"))
    refused = site.run(*new, **NO_ORG)
    assert (refused.returncode, "it also needs User.Division" in refused.stderr) == (2, True)
    (site.folder / "new.yaml").write_text(POLICY.replace("source:", "sorce:"))
    assert site.run(*new, **NO_ORG).returncode == 2
    site.run("resume", "--group", "Web leads")
    site.run("once")


def test_an_id_nobody_knows_stays_unknown_whatever_is_asked(site: Site) -> None:
    for question in (("--why-not", "ann@acme.example"), ("--policy", "policy.yaml")):
        done = site.run("explain", "00Q000000000009EAA", *question, **NO_ORG)
        assert (done.returncode, "nothing is known" in done.stdout) == (1, True)


def test_an_id_with_a_wrong_checksum_is_no_id_whoever_reads_it(site: Site) -> None:
    for command in (("explain",), ("reassign",), ("reassign", "--dry-run")):
        done = site.run(*command, "00Q000000000009AAA")
        assert (done.returncode, "'00Q000000000009AAA' is no record Id" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", ["pause", "resume", "reassign --from", "reassign 00Q000000000009EAA --to"])
def test_who_is_not_named_in_full_is_told_whom_they_may_mean(site: Site, command: str) -> None:
    site.run("once")
    done = site.run(*command.split(), "cyd")
    assert (done.returncode, "did you mean cyd@acme.example?" in done.stderr) == (2, True), done.stderr


def test_the_report_says_who_got_how_much_how_fast_and_how_evenly(site: Site) -> None:
    site.add_leads(3)
    site.run("once")
    document = json.loads(site.run("report", "--since", "1h", "--json", **NO_ORG).stdout)
    (group,) = document["groups"]
    assert (group["group"], group["method"], group["assigned"]) == ("Web leads", "round_robin", 3)
    assert (group["jain"], group["gini"]) == (1, 0)
    assert set(group["seconds_to_assign"]) == {"p50", "p90", "p99"}
    assert [member["share"] for member in document["members"]] == [0.333333] * 3
    assert list(document["policies"].values()) == [3]
    done = site.run("report", "--csv", "report.csv", **NO_ORG)
    assert done.returncode == 0, done.stderr
    assert "33.3 %" in done.stdout
    with (site.folder / "report.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["level"] for row in rows] == ["group", "member", "member", "member"]
    assert {(row["assigned"], row["entitled_share"]) for row in rows[1:]} == {("1", "0.333333")}


def test_a_journal_without_decisions_is_one_clear_sentence(site: Site) -> None:
    done = site.run("report", "--since", "4h", **NO_ORG)
    assert (done.returncode, done.stdout) == (0, "nothing was decided in the last 4h: there is nothing to report\n")
    assert json.loads(site.run("report", "--json", **NO_ORG).stdout)["decisions"] == 0


def test_a_wrong_question_says_what_is_wrong(site: Site) -> None:
    assert "--since: 'yesterday' is no duration" in site.run("report", "--since", "yesterday", **NO_ORG).stderr
    done = site.run("report", "--csv", "nowhere/report.csv", **NO_ORG)
    assert (done.returncode, "--csv" in done.stderr) == (2, True)
    assert "Example:" in site.run("report", "--help", **NO_ORG).stdout


def test_performance_is_shown_by_members_explain_and_report(site: Site) -> None:
    won = 'objects: {Lead: {success: "Rating = \'Hot\'", closed: "Rating != null"}}\n'
    text = won + POLICY + "    method: weighted_round_robin\n    weight: {performance: 90d}\n"
    (site.folder / "policy.yaml").write_text(text)
    users = {row["Username"][:3]: row["Id"] for row in site.query("SELECT Id, Username FROM User WHERE Alias != null")}
    for name, hot, cold in (("ann", 6, 2), ("bob", 3, 5), ("cyd", 0, 8)):
        for rating in ["Hot"] * hot + ["Cold"] * cold:
            site.create("Lead", LastName="x", Company="x", OwnerId=users[name], Rating=rating)
    (lead,) = site.add_leads(1)
    done = site.run("once")
    assert done.returncode == 0, done.stderr
    told = "performance 1.8: 6 of 8 won, group 37.5 %, prior 2"
    assert told in " ".join(site.run("members", **NO_ORG).stdout.split())
    ann, bob, cyd = json.loads(site.run("members", "--json", **NO_ORG).stdout)
    assert ann["performance"] == {"performance": 1.8, "won": 6, "closed": 8, "group_rate": 0.375, "prior": 2}
    assert (ann["own_weight"], ann["weight"], bob["weight"], cyd["weight"]) == (1, 1.8, 1, 0.5)
    document = json.loads(site.run("explain", lead, "--json", **NO_ORG).stdout)
    assert document["members"][0]["key"].items() >= {"performance": 1.8, "won": 6, "closed": 8, "prior": 2}.items()
    assert "performance 1.8" in site.run("explain", lead, **NO_ORG).stdout
    report = site.run("report", "--csv", "report.csv", **NO_ORG).stdout
    assert "6 of 8, 75 % (41-93 %)" in report
    with (site.folder / "report.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["level"] == "member"]
    assert [(row["success_won"], row["success_closed"], row["success_rate"]) for row in rows] == [
        ("6", "8", "0.75"),
        ("3", "8", "0.375"),
        ("0", "8", "0"),
    ]
