"""The README names every command and every setting, and the two commands first."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from sfassign.cli import app
from sfassign.settings import Settings

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_every_command_is_documented() -> None:
    group = typer.main.get_group(app)
    names = [f"sfassign {name}" for name in group.commands if name != "policy"]
    names += [f"sfassign policy {name}" for name in group.commands["policy"].commands]  # type: ignore[attr-defined]
    assert len(names) >= 14
    assert [name for name in names if f"`{name}" not in README] == []


def test_every_setting_is_documented() -> None:
    variables = [f"SFASSIGN_{name.upper()}" for name in Settings.model_fields]
    assert [name for name in variables if f"`{name}`" not in README] == []


def test_what_is_not_built_yet_is_named_and_nothing_that_is_built() -> None:
    group = typer.main.get_group(app)
    (named,) = re.findall(r"- Not built yet: .*? the commands\n?(.*?), which are", README, re.DOTALL)
    assert re.findall(r"`(.*?)`", named) == ["simulate", "init", "report --html"]
    assert not {"simulate", "init"} & set(group.commands)
    assert "--html" not in [name for option in group.commands["report"].params for name in option.opts]


def test_the_two_commands_come_first() -> None:
    assert README.index("scripts/demo") < README.index("scripts/test") < README.index("## A policy in ten lines")
