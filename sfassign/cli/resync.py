"""`sfassign resync`: verify the cached load against the org and repair it."""

from __future__ import annotations

from typing import Annotated

import typer

from sfassign.cli.ordering import order
from sfassign.cli.screen import AsJson, console, print_json, print_table, working


def resync(
    full: Annotated[bool, typer.Option("--full", help="Read every active record and the org's objects again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Verify the cached load against the org, repair it and print what had drifted.

    Example: sfassign resync --json
    """
    with working("reading every active record …" if full else "counting active work by owner …"):
        answer = order("resync", {"full": full})
    if as_json:
        print_json(answer)
        return
    rows = [
        (d["object"], d["owner"], d["cached_count"], d["org_count"], f"{d['cached_points']:g}", f"{d['org_points']:g}")
        for d in answer["drifted"]
    ]
    columns = ("object", "owner", "cached items", "in the org", "cached points", "in the org")
    print_table("drifted and repaired", columns, rows, "nothing had drifted")
    for name, why in answer["read_whole"].items():
        console().print(f"{name}: every active record was read again ({why})", markup=False)
    console().print(f"{answer['owners']} owners verified, {answer['api_calls']} API calls", markup=False)
