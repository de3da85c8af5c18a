"""`sfassign report` of a floor where things changed hands: as a table, as JSON, as a CSV file."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
from unittest import mock

import pytest
import structlog

from sfassign.cli import run_command
from sfassign.cli.once import show_report
from sfassign.cli.run import log_report
from tests.cycle.test_cherry_picking import takes
from tests.cycle.world import POLICY, World

ALWAYS = ("--since", "3650d")
"""The world's clock is not this machine's."""


def report(world: World, *arguments: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("SFASSIGN_")}
    env |= {
        "SFASSIGN_POLICY": str(world.policy_path),
        "SFASSIGN_DATABASE_URL": f"sqlite:///{world.folder}/sfassign.db",
    }
    out = io.StringIO()
    with (
        mock.patch.dict(os.environ, env, clear=True),
        contextlib.chdir(world.folder),
        contextlib.redirect_stdout(out),
    ):
        assert run_command(["report", *ALWAYS, *arguments]) == 0
    return out.getvalue()


def test_the_report_shows_who_helped_themselves_and_what_was_taken_back(world: World) -> None:
    world.write_policy(POLICY + "    hold: 10m\n    cherry_picking: return\n")
    app = world.app()
    world.cycle(app)
    taken, other = world.add_leads(2)
    world.cycle(app)
    assert "nothing was decided" in report(world)
    takes(world, taken)
    world.cycle(app)
    world.clock.pass_by(minutes=10)
    world.cycle(app)
    assert {world.owner(taken), world.owner(other)} == {world.people["ann"], world.people["bob"]}
    document = json.loads(report(world, "--json"))
    (group,) = document["groups"]
    hands = ("assigned", "reassigned", "taken_away", "cherry_picked", "overflowed")
    assert [group[name] for name in hands] == [2, {}, {"cherry_picked": 1}, {"returned": 1}, 0]
    (ann,) = [line for line in document["members"] if line["username"] == "ann@acme.example"]
    assert (ann["assigned"], ann["share"], ann["cherry_picked_share"]) == (1, 0.5, 0.5)
    assert (ann["taken_away"], ann["cherry_picked"]) == ({"cherry_picked": 1}, {"returned": 1})
    assert [line["username"].split("@")[0] for line in document["members"]] == ["ann", "bob", "cyd"]
    shown = report(world, "--csv", "report.csv")
    assert "changed hands" in shown
    assert "1 returned (50.0 %)" in shown
    assert "overflowed" not in shown, "a column with nothing in it is left out"
    with (world.folder / "report.csv").open(newline="") as file:
        rows = {(row["level"], row["username"]): row for row in csv.DictReader(file)}
    assert rows["member", "ann@acme.example"]["cherry_picked_states"] == "1 returned"
    assert (rows["group", ""]["taken_away"], rows["group", ""]["assigned"]) == ("1", "2")


def test_a_pick_is_told_on_the_screen_and_in_the_log(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.write_policy(POLICY + "    hold: 1h\n    cherry_picking: report\n")
    app = world.app()
    world.cycle(app)
    (lead,) = world.add_leads(1)
    world.cycle(app)
    takes(world, lead, "bob")
    cycle = world.cycle(app)
    show_report(cycle)
    told = "Web leads: bob@acme.example made themselves the owner (last modified by them)"
    assert f"Lead {lead} cherry-picked (reported): {told}" in capsys.readouterr().out
    with structlog.testing.capture_logs() as lines:
        log_report(cycle)
    (line,) = [line for line in lines if line["action"] == "item.cherry_picked"]
    assert (line["event"], line["id"], line["state"]) == (told, lead, "reported")


def test_where_nothing_changed_hands_the_report_says_nothing_of_it(world: World) -> None:
    world.add_leads(3)
    world.cycle(world.app())
    assert "changed hands" not in report(world)


def test_picks_alone_are_worth_a_report(world: World) -> None:
    world.write_policy(POLICY + "    hold: 1h\n    cherry_picking: report\n")
    app = world.app()
    world.cycle(app)
    (lead,) = world.add_leads(1)
    world.cycle(app)
    takes(world, lead, "bob")
    world.cycle(app)
    shown = report(world)
    assert "bob@acme.example" in shown
    assert "1 reported (100.0 %)" in shown
