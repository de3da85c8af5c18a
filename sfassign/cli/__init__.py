"""The commands: one file per noun, no logic of their own. `main` turns every failure into a message and an exit code.

0 done; 1 the work could not be done; 2 wrong usage, environment or policy; 3 done, but some records failed.
"""

from __future__ import annotations

import sys

import typer

from sfassign.cli import by_hand, check, demo, explain, once, org, pausing, policy, report, run, tables
from sfassign.cli import resync as resync_command
from sfassign.cli.screen import complain
from sfassign.errors import SfassignError, WrongUsage

app = typer.Typer(
    name="sfassign",
    help="Hands every unassigned Salesforce record to the best available person, fairly, and says why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo.demo)
app.command()(check.check)
app.command()(run.run)
app.command()(once.once)
app.command("resync")(resync_command.resync)
app.command()(explain.explain)
app.command()(tables.waiting)
app.command()(tables.review)
app.command()(tables.members)
app.command()(tables.history)
app.command()(report.report)
app.command()(pausing.pause)
app.command()(pausing.resume)
app.command()(by_hand.reassign)
app.command()(by_hand.undo)
app.add_typer(policy.app, name="policy")
app.command()(org.org)


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run one command; returns its exit code. No traceback for anything a user can cause."""
    try:
        _refuse_what_is_no_text(arguments)
        app(arguments, prog_name="sfassign")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except SfassignError as error:
        complain(str(error))
        return error.exit_code
    return 0


def _refuse_what_is_no_text(arguments: list[str]) -> None:
    """Bytes that are no UTF-8 arrive as lone surrogates, which no database, file or org could take."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise WrongUsage(f"'{argument}': expected UTF-8 text") from None
