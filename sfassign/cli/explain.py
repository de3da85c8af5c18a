"""`sfassign explain ID`: why an item went where it went, or still waits."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from sfassign.cli.memory import views
from sfassign.cli.screen import AsJson, console, plain, print_json, print_table
from sfassign.errors import WrongUsage
from sfassign.storage import Explanation


def explain(
    item: Annotated[str, typer.Argument(metavar="ID", help="The record's Id, 15 or 18 characters.")],
    as_json: AsJson = False,
) -> None:
    """Say of every member why they did or did not get this item. Ends with 1 for an Id nobody knows.

    Example: sfassign explain 00Q000000000001AAA
    """
    if not re.fullmatch(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", item):
        raise WrongUsage(f"'{plain(item)}' is no record Id: it has 15 or 18 letters and digits")
    with views() as (shown, _):
        found = shown.explain(item)
    if as_json:
        print_json(found.document())
    else:
        _show(found)
    raise typer.Exit(1 if found.state == "unknown" else 0)


def _show(found: Explanation) -> None:
    out = console()
    if found.state == "unknown":
        out.print(f"{found.id}: nothing is known of this item; it never waited in a group's source", markup=False)
        return
    out.print(f"{found.object} {found.id}: {found.state} ({plain(found.group)})", markup=False)
    if found.sentence:
        out.print(plain(found.sentence), markup=False, soft_wrap=True)
    if found.score is not None:
        parts = ", ".join(f"{plain(part['rule'])} {part['add']:+g}" for part in found.score["parts"])
        out.print(f"score {found.score['total']:g}" + (f" ({parts})" if parts else ""), markup=False)
    if found.entry is not None:
        became = f"{found.code}: {plain(found.message)}" if found.code else found.entry.state.value
        out.print(f"decision {found.entry.id} at {found.entry.decided_at:%Y-%m-%d %H:%M:%SZ}: {became}", markup=False)
    rows = [(m["username"], _outcome(m), _detail(m)) for m in found.members]
    print_table("every member", ("member", "outcome", "figures"), rows, "no member was considered")


def _outcome(member: Any) -> str:
    return f"ranked {member['rank']}" if member.get("gate") is None else str(member["gate"])


def _detail(member: Any) -> str:
    if member.get("gate") is not None:
        return str(member.get("detail") or "")
    return ", ".join(f"{name} {value}" for name, value in member.get("key", {}).items())
