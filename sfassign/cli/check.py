"""`sfassign check`: everything a start needs, one line per finding."""

from __future__ import annotations

import typer

from sfassign.checks import run_checks
from sfassign.cli.screen import AsJson, console, plain, print_json, progress
from sfassign.finding import Check
from sfassign.logs import set_up_logs
from sfassign.settings import read_settings

MARKS = {"ok": "ok     ", "warning": "warning", "error": "error  "}


def check(as_json: AsJson = False) -> None:
    """Connect and prove that this deployment can work: login, rights, conditions, queues, who is there, API calls.

    Each condition of the policy is run in the org and its answers compared with ours; nothing is written.

    Ends with 2 for a wrong policy or environment, 1 where the org or the database cannot be used.
    Example: sfassign check
    """
    settings = read_settings()
    set_up_logs(settings.log_format, settings.log_level)
    with progress("asking the org") as tell:
        found = tuple(run_checks(settings, tell))
    if as_json:
        print_json({"ok": not any(c.level == "error" for c in found), "checks": [_document(c) for c in found]})
    else:
        for one in found:
            console().print(f"{MARKS[one.level]} {one.what}: {plain(one.said)}", markup=False, soft_wrap=True)
            if one.mend:
                console().print(f"        {plain(one.mend)}", markup=False, soft_wrap=True)
    raise typer.Exit(max((one.exit_code for one in found), default=0))


def _document(one: Check) -> dict[str, str | None]:
    return {"check": one.what, "level": one.level, "message": one.said, "mend": one.mend}
