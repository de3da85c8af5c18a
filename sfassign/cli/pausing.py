"""`sfassign pause` and `sfassign resume`: take a person, a group or everything out of routing, and back."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sfassign.bootstrap import SystemClock
from sfassign.cli.ordering import order
from sfassign.cli.periods import moment_ahead
from sfassign.cli.screen import AsJson, console, plain, print_json
from sfassign.errors import WrongUsage

User = Annotated[str | None, typer.Argument(help="Username or Id.", show_default=False)]
GroupName = Annotated[str | None, typer.Option("--group", help="A group of the policy.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="Everything.")]


def pause(
    user: User = None,
    group: GroupName = None,
    everything: Everything = False,
    until: Annotated[
        str | None, typer.Option(help="How long (30m, 4h, 2d) or until when (2026-12-01T09:00Z).", show_default=False)
    ] = None,
    reason: Annotated[str, typer.Option(help="Shown wherever the pause is.")] = "paused by hand",
    as_json: AsJson = False,
) -> None:
    """Take a person, a group or everything out of routing until resumed.

    Example: sfassign pause alice@acme.example --until 4h --reason "dentist"
    """
    moment = None if until is None else moment_ahead("--until", until, SystemClock().now()).isoformat()
    answer = order("pause", {**_target(user, group, everything), "until": moment, "reason": reason})
    _tell("paused", answer, as_json)


def resume(user: User = None, group: GroupName = None, everything: Everything = False, as_json: AsJson = False) -> None:
    """Take a person, a group or everything back into routing; clears what the org refused of a person.

    Example: sfassign resume --group "Web leads"
    """
    _tell("resumed", order("resume", _target(user, group, everything)), as_json)


def _target(user: str | None, group: str | None, everything: bool) -> dict[str, Any]:
    given = [user is not None, group is not None, everything]
    if given.count(True) != 1:
        raise WrongUsage("name exactly one: a USER, --group NAME, or --all")
    if user is not None:
        return {"kind": "user", "target": user}
    return {"kind": "group", "target": group} if group is not None else {"kind": "all", "target": ""}


def _tell(done: str, answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json({done: answer})
    else:
        what = "everything" if answer["kind"] == "all" else plain(answer["target"])
        console().print(f"{done}: {what}", markup=False)
