"""`sfassign check` as a person at a terminal, or a pipeline, sees it."""

from __future__ import annotations

import io
import json
import sys
import time

import pytest

from sfassign.bootstrap import SystemClock
from sfassign.cli import screen
from sfassign.ports import OrgFacts
from sfassign.storage import open_store
from tests.processes.conftest import POLICY, Site


def test_a_good_deployment_is_proven_subject_by_subject(site: Site) -> None:
    site.add_leads(2)
    done = site.run("check", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert document["ok"] is True
    subjects = {one["check"] for one in document["checks"]}
    assert subjects >= {"rights", "fields", "conditions", "queues", "routing", "people", "API calls"}
    (proof,) = [one for one in document["checks"] if one["check"] == "conditions"]
    assert (proof["level"], proof["message"].startswith("4 run in the org")) == ("ok", True)


def test_a_database_of_another_org_is_found_before_anything_is_asked_or_written(site: Site) -> None:
    (lead,) = site.add_leads(1)
    store = open_store(site.env["SFASSIGN_DATABASE_URL"], SystemClock())
    store.bind_org(OrgFacts("00D000000000009AAA", "Elsewhere Ltd", "UTC", is_sandbox=False))
    done = site.run("check", "--json", "--write-test", lead)
    assert done.returncode == 2, done.stdout + done.stderr
    (wrong,) = [one for one in json.loads(done.stdout)["checks"] if one["level"] == "error"]
    assert "this database belongs to Elsewhere Ltd" in wrong["message"]
    assert store.fact("shape:lead") is None
    store.close()


def test_every_finding_that_is_not_good_says_how_to_mend_it(site: Site) -> None:
    (site.folder / "policy.yaml").write_text(
        POLICY.replace("'Web Leads'", "'Nobody of that name'")
        + "    available: {omni: [Ready], logged_in: {idle: 6m}}\n"
    )
    found = json.loads(site.run("check", "--json").stdout)["checks"]
    bad = [one for one in found if one["level"] != "ok"]
    assert {one["check"] for one in bad} >= {"queues", "presence"}
    assert [one for one in bad if not one["mend"]] == []


def test_findings_are_lines_with_the_mending_below(site: Site) -> None:
    (site.folder / "policy.yaml").write_text(POLICY.replace("'Web Leads'", "'Nobody of that name'"))
    lines = site.run("check").stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("warning queues: group 'Web leads' takes"))
    assert lines[at + 1].strip() == "compare `source` with Setup › Queues; nothing waits there"


def test_a_policy_that_can_assign_nothing_is_no_good_deployment(site: Site) -> None:
    (site.folder / "policy.yaml").write_text(
        POLICY.replace("\"Department = 'Sales'\"", "[ann@acme.exmaple, bob@acme.exmaple]")
    )
    found = json.loads(site.run("check", "--json").stdout)["checks"]
    listed = [one for one in found if one["check"] == "members"]
    assert [one["level"] for one in listed] == ["warning"] * 3
    assert listed[0]["mend"].startswith("did you mean 'ann@acme.example'?")
    assert "people" not in {one["check"] for one in found}
    assert json.loads(site.run("once", "--json").stdout)["warnings"] == [
        "group 'Web leads' lists ann@acme.exmaple, bob@acme.exmaple: no such user"
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_far_it_has_got_once_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(screen, "PATIENCE_SECONDS", 0.05)
    with screen.progress("asking the org") as tell:
        tell("running 4 conditions in the org")
        deadline = time.monotonic() + 10
        while "running 4 conditions" not in shown.getvalue() and time.monotonic() < deadline:
            time.sleep(0.02)
    assert "asking the org: running 4 conditions in the org" in shown.getvalue()


def test_what_is_quick_and_what_goes_to_a_file_shows_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    for shown in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", shown)
        with screen.progress("asking the org") as tell:
            tell("logging in")
        assert shown.getvalue() == ""


def test_a_version_that_the_org_does_not_have_is_named_with_those_it_has(site: Site) -> None:
    for version in ("99.0", "20.0"):
        for command in ("once", "check", "reassign 00Q000000000009EAA"):
            done = site.run(*command.split(), SFASSIGN_API_VERSION=version)
            assert done.returncode == 2, done.stdout + done.stderr
            told = (
                f"SFASSIGN_API_VERSION: {site.address['instance_url'][8:]} has no REST API {version}; expected one from"
            )
            assert told in done.stdout + done.stderr
