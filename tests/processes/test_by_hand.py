"""`reassign` and `undo` as a person runs them: with no daemon, and through one that runs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.processes.conftest import Site, eventually


@pytest.fixture
def leads(site: Site) -> Iterator[list[str]]:
    """Three leads that the colleagues have got, one each."""
    found = site.add_leads(3)
    assert site.run("once").returncode == 0
    yield found
    site.run("resume", "--all")
    site.run("once")


def owner_names(site: Site, leads: list[str]) -> list[str]:
    names = {row["Id"]: row["Username"].split("@")[0] for row in site.query("SELECT Id, Username FROM User")}
    return [names.get(owner, "queue") for owner in site.owners(leads)]


def test_a_lead_is_given_to_a_colleague_by_name(site: Site, leads: list[str]) -> None:
    names = owner_names(site, leads)
    lead, other = leads[0], next(name for name in ("ann", "bob", "cyd") if name != names[0])
    rehearsed = site.run("reassign", lead, "--to", f"{other}@acme.example", "--dry-run")
    assert (rehearsed.returncode, "would be reassigned" in rehearsed.stdout) == (0, True)
    assert owner_names(site, [lead]) == names[:1]
    done = site.run("reassign", lead, "--to", f"{other}@acme.example", "--json")
    assert done.returncode == 0, done.stderr
    (line,) = json.loads(done.stdout)["reassigned"]
    assert (line["id"], line["owner_username"], line["why"]) == (lead, f"{other}@acme.example", "by_hand")
    assert owner_names(site, [lead]) == [other]
    assert line["from"] != line["owner"]


def test_what_a_gate_refuses_ends_with_3_and_the_members_own_reason(site: Site, leads: list[str]) -> None:
    (name,) = owner_names(site, leads[:1])
    other = next(one for one in ("ann", "bob", "cyd") if one != name)
    site.run("pause", f"{other}@acme.example", "--reason", "dentist")
    done = site.run("reassign", leads[0], "--to", f"{other}@acme.example")
    site.run("resume", f"{other}@acme.example")
    assert done.returncode == 3
    assert f"Lead {leads[0]} stays: {other}@acme.example: paused dentist" in done.stdout
    assert "0 reassigned, 1 left as they are" in done.stdout
    forced = site.run("reassign", leads[0], "--to", f"{other}@acme.example", "--force")
    assert (forced.returncode, "by hand, past the gates" in forced.stdout) == (0, True)


WRONG = (
    (("reassign",), "name either the items"),
    (("reassign", "nonsense"), "'nonsense' is no record Id"),
    (("reassign", "00Q000000000001EAA", "--to", "bop@acme.example"), "did you mean bob@acme.example"),
    (("reassign", "--from", "ann@acme.example", "--force"), "--to USER"),
    (("undo",), "name exactly one"),
    (("undo", "--since", "soon"), "'soon' is no duration"),
    (("undo", "--policy", "sha256:12"), "at least its first 8 digits"),
)


def test_wrong_usage_ends_with_2_and_says_what_to_write(site: Site) -> None:
    site.run("once")
    for arguments, words in WRONG:
        done = site.run(*arguments)
        assert (done.returncode, words in done.stderr, "Traceback" in done.stderr) == (2, True, False), arguments


def test_a_bad_batch_is_taken_back_and_stays_in_the_queue(site: Site, leads: list[str]) -> None:
    warned = site.run("undo", "--since", "10m", "--dry-run")
    assert "3 wait again for Web leads and may be assigned in the next cycle" in warned.stdout
    assert "'sfassign pause --group \"Web leads\"'" in warned.stdout
    done = site.run("undo", "--since", "10m", "--pause")
    assert done.returncode == 0, done.stderr
    assert "paused: Web leads" in done.stdout
    assert "3 given back, 0 left as they are" in done.stdout
    assert owner_names(site, leads) == ["queue"] * 3
    site.run("once")
    assert owner_names(site, leads) == ["queue"] * 3
    again = site.run("undo", "--since", "10m", "--json")
    assert (again.returncode, json.loads(again.stdout)["reassigned"]) == (0, [])
    site.run("resume", "--group", "Web leads")


def test_both_through_a_running_daemon_and_as_processes(site: Site) -> None:
    daemon = site.start("run", SFASSIGN_POLL="1s")
    try:
        leads = site.add_leads(4)
        eventually(lambda: "queue" not in owner_names(site, leads))
        names = owner_names(site, leads)
        mine = [lead for lead, name in zip(leads, names, strict=True) if name == names[0]]
        done = site.spawn("reassign", "--from", f"{names[0]}@acme.example", "--json")
        assert done.returncode == 0, done.stderr
        assert {line["id"] for line in json.loads(done.stdout)["reassigned"]} >= {*mine}
        assert names[0] not in owner_names(site, leads)
        undone = site.run("undo", "--since", "10m", "--pause", "--json")
        document = json.loads(undone.stdout)
        assert document["paused"] == ["Web leads"]
        assert owner_names(site, leads) == ["queue"] * 4
        wrong = site.run("reassign", leads[0], "--to", "nobody@acme.example")
        assert (wrong.returncode, "the org has no user 'nobody@acme.example'" in wrong.stderr) == (2, True)
        assert daemon.poll() is None
    finally:
        daemon.terminate()
        assert daemon.wait(timeout=30) == 0
    site.run("resume", "--group", "Web leads")
    site.run("once")
