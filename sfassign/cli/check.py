"""`sfassign check`: everything a start needs, one line per finding."""

from __future__ import annotations

from typing import Annotated

import typer

from sfassign.checks import run_checks
from sfassign.cli.screen import AsJson, console, plain, print_json, progress
from sfassign.finding import Check
from sfassign.logs import set_up_logs
from sfassign.settings import read_settings
from sfassign.write_checks import write_test as try_writing

MARKS = {"ok": "ok     ", "warning": "warning", "error": "error  "}


WriteTest = Annotated[
    str,
    typer.Option(
        "--write-test",
        metavar="RECORD_ID",
        help="also write to this record the owner it has, to learn whether the org honours the guard of writes",
    ),
]


def check(write_test: WriteTest = "", as_json: AsJson = False) -> None:
    """Connect and prove that this deployment can work: login, rights, conditions, queues, who is there, API calls.

    Each condition of the policy is run in the org and its answers compared with ours; nothing is written without
    --write-test.

    Ends with 2 for a wrong policy or environment, 1 where the org or the database cannot be used.
    --write-test stamps the record as last modified by our user and may start automations of the org; it says what it
    wrote. No daemon may run meanwhile. Name a record that nobody works on.
    Example: sfassign check; sfassign check --write-test 00Q…
    """
    settings = read_settings()
    set_up_logs(settings.log_format, settings.log_level, settings.masked)
    with progress("asking the org") as tell:
        found = tuple(run_checks(settings, tell))
        if write_test and all(one.level != "error" for one in found):
            tell("writing to the record")
            found = (*found, *try_writing(settings, write_test))
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
