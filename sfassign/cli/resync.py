"""`sfassign resync`: verify the cached load against the org and repair it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from sfassign.cli.ordering import order
from sfassign.cli.screen import AsJson, console, print_json, print_table, working


def resync(
    full: Annotated[bool, typer.Option("--full", help="Read every active record and the org's objects again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Verify the cached load against the org, repair it and print what had drifted. Ends with 3 where an object could
    not be read.

    Example: sfassign resync --json
    """
    with working("reading every active record …" if full else "counting active work by owner …"):
        answer = order("resync", {"full": full})
    if as_json:
        print_json(answer)
    else:
        _print(answer)
    if answer["unread"]:
        raise typer.Exit(3)


def _print(answer: Mapping[str, Any]) -> None:
    rows = [
        (d["object"], d["owner"], d["cached_count"], d["org_count"], f"{d['cached_points']:g}", f"{d['org_points']:g}")
        for d in answer["drifted"]
    ]
    columns = ("object", "owner", "cached items", "in the org", "cached points", "in the org")
    print_table("drifted and repaired", columns, rows, "nothing had drifted")
    for name, why in answer["read_whole"].items():
        console().print(f"{name}: every active record was read again ({why})", markup=False)
    for name, why in answer["unread"].items():
        console().print(f"{name}: not verified, it cannot be read ({why})", markup=False)
    console().print(f"{answer['owners']} owners verified, {answer['api_calls']} API calls", markup=False)
