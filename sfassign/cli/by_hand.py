"""`sfassign reassign` and `sfassign undo`: items to somebody else by hand, and back to the owner they had."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sfassign.cli.ordering import order
from sfassign.cli.periods import period
from sfassign.cli.screen import AsJson, complain, console, plain, print_json, working

PATIENCE_SECONDS = 600.0
"""As long as an order may wait to be taken up; hundreds of items take minutes."""

MOST_DECISIONS = 2**63 - 1
"""What a database can count to."""

_NUMBERS = "Numbers, as 'sfassign history' shows them."

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; nothing is written to the org.")]


def reassign(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID…", help="Record Ids, 15 or 18 characters.", show_default=False)
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="USER", help="Who gets them: a Username or Id.", show_default="the group's method"
        ),
    ] = None,
    giver: Annotated[
        str | None,
        typer.Option("--from", metavar="USER", help="All active items of this Username or Id.", show_default=False),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            "--group",
            metavar="NAME",
            help="Whose members and limits count; with --from only the items that belong to this group.",
            show_default="the group that gave the item last, or takes it",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Past the gates; needs --to.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Give items to somebody else, through the same gates as an assignment. Ends with 3 where a gate refused.

    Example: sfassign reassign 00Q000000000001EAA --to bob@acme.example

    Example: sfassign reassign --from ann@acme.example --dry-run
    """
    asked = {"ids": ids or [], "to": to, "from": giver, "group": group, "force": force, "dry_run": dry_run}
    with working("reassigning …"):
        answer = order("reassign", asked, patience_seconds=PATIENCE_SECONDS, dry_run=dry_run)
    _tell(answer, as_json, "would be reassigned" if answer["dry_run"] else "reassigned")


def undo(
    decisions: Annotated[
        list[int] | None,
        typer.Argument(metavar="DECISION…", help=_NUMBERS, show_default=False, min=1, max=MOST_DECISIONS),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Everything decided this long ago or later: 10m, 2h.", show_default=False)
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="HASH", help="Everything this policy decided: sha256:, 8 digits or more.", show_default=False
        ),
    ] = None,
    pause: Annotated[
        bool, typer.Option("--pause", help="First pause the groups that would assign the items again.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Give items back to the owner they had, where nobody touched them since. Ends with 3 where some were left alone.

    An item is left alone when it has another owner than the one we wrote, when the record was changed after our write,
    or when its owner created or changed a task or event under it. Caps, rotation and fields set on assignment stay.

    Example: sfassign undo --since 10m --pause

    Example: sfassign undo 481 482 --dry-run
    """
    asked = {"decisions": decisions or [], "policy": policy, "pause": pause, "dry_run": dry_run}
    seconds = {} if since is None else {"since_seconds": period("--since", since).total_seconds()}
    with working("giving back …"):
        answer = order("undo", {**asked, **seconds}, patience_seconds=PATIENCE_SECONDS, dry_run=dry_run)
    _tell(answer, as_json, "would be given back" if answer["dry_run"] else "given back")


def _tell(answer: dict[str, Any], as_json: bool, done: str) -> None:
    code = int(answer.pop("exit_code"))
    if as_json:
        print_json(answer)
    else:
        _show(answer, done)
    raise typer.Exit(code)


def _show(answer: dict[str, Any], done: str) -> None:
    out = console()
    for line in answer["reassigned"]:
        out.print(f"{line['object']} {line['id']} {done}: {plain(line['sentence'])}", markup=False)
    for line in answer["refused"]:
        out.print(f"{_named(line)} stays: {plain(line['reason'])}", markup=False)
    for line in answer["lost_race"]:
        out.print(f"{line['object']} {line['id']} lost: {plain(line['why'])}", markup=False)
    for line in answer["failed"]:
        out.print(f"{line['object']} {line['id']} failed: {line['code']}: {plain(line['message'])}", markup=False)
    for warning in answer["warnings"]:
        complain(warning)
    if answer["left"]:
        out.print(f"{answer['left']:,} more were not looked at; run the same command again", markup=False)
    _show_waiting(answer)
    stayed = len(answer["refused"]) + len(answer["lost_race"]) + len(answer["failed"])
    out.print(f"{len(answer['reassigned'])} {done}, {stayed} left as they are", markup=False)


def _show_waiting(answer: dict[str, Any]) -> None:
    """Items that went back to a queue would be assigned again in the next cycle."""
    out = console()
    for name in answer["paused"]:
        out.print(f"paused: {plain(name)}; 'sfassign resume --group \"{plain(name)}\"' ends it", markup=False)
    open_ones = {name: count for name, count in answer["waits_again"].items() if name not in answer["paused"]}
    for name, count in open_ones.items():
        advice = f"'sfassign pause --group \"{plain(name)}\"' (or --all) first, or --pause, prevents that"
        out.print(f"{count} wait again for {plain(name)} and may be assigned in the next cycle; {advice}", markup=False)


def _named(line: dict[str, Any]) -> str:
    words = [line["object"], line["id"], f"(decision {line['decision']})" if line["decision"] is not None else None]
    return " ".join(str(word) for word in words if word is not None)
