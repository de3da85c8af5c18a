"""`sfassign once`: one whole cycle now."""

from __future__ import annotations

from typing import Annotated

import typer

from sfassign.cli.memory import tell_if_new
from sfassign.cli.opening import open_app
from sfassign.cli.screen import AsJson, complain, console, plain, print_json, working
from sfassign.cycle import preview, run_cycle
from sfassign.notify import notify
from sfassign.orders import answer_orders
from sfassign.outcome import CycleReport, refused_text

WAIT_FOR_LEASE_SECONDS = 30.0


def once(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide and record, never write to the org.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run one whole cycle now: read what changed, decide, write, read back.

    Example: sfassign once --dry-run --json
    """
    app = open_app()
    try:
        tell_if_new(app.store)
        with working("one cycle …"):
            app.check_policy()
            if dry_run or app.settings.dry_run:
                report = preview(app.once(), app.policy)
            else:
                with app.lease(WAIT_FOR_LEASE_SECONDS):
                    answer_orders(app)
                    report = notify(app.post, run_cycle(app.once(), app.policy))
    finally:
        app.close()
    if as_json:
        print_json(report.as_json())
    else:
        show_report(report)
    raise typer.Exit(report.exit_code)


def show_report(report: CycleReport) -> None:
    """The report as lines a person reads."""
    out = console()
    would = "would be assigned" if report.dry_run else "assigned"
    _show_owners(report, would)
    for waiting in report.waiting:
        out.print(f"{waiting.object} {waiting.id} waits in {plain(waiting.group)}: {plain(waiting.why)}", markup=False)
    for flagged in report.review:
        out.print(f"{flagged.object} {flagged.id} is in review: {plain(flagged.reason)}", markup=False)
    for moved in report.overflowed:
        goes = "would overflow" if report.dry_run else "overflowed"
        out.print(f"{moved.object} {moved.id} {goes}: {plain(moved.why)}", markup=False)
    for picked in report.cherry_picked:
        out.print(f"{picked.object} {picked.id} cherry-picked ({picked.state}): {plain(picked.why)}", markup=False)
    lying = [(line.object, line.id, line.why) for line in report.reminded]
    for kind, item, why in (*lying, *((line.object, line.id, line.why) for line in report.neglected)):
        out.print(f"{kind} {item}: {plain(why)}", markup=False)
    for lost in report.lost_race:
        out.print(f"{lost.object} {lost.id} lost: {plain(lost.why)}", markup=False)
    for failed in report.failed:
        out.print(f"{failed.object} {failed.id} failed: {failed.code}: {plain(failed.message)}", markup=False)
    _complain(report)
    out.print(
        f"cycle {report.cycle}: {len(report.assigned)} {would}, {len(report.waiting)} waiting,"
        f" {len(report.lost_race)} lost, {len(report.failed)} failed, {report.notified} told;"
        f" {report.api_calls} API calls,"
        f" {report.seconds:.1f} s",
        markup=False,
    )


def _show_owners(report: CycleReport, would: str) -> None:
    out = console()
    for line in report.assigned:
        out.print(f"{line.object} {line.id} {would}: {plain(line.why)}", markup=False)
    goes = "would be reassigned" if report.dry_run else "reassigned"
    for again in report.reassigned:
        out.print(f"{again.object} {again.id} {goes} ({again.why}): {plain(again.sentence)}", markup=False)


def _complain(report: CycleReport) -> None:
    for part in report.unreadable:
        complain(f"could not be read: {part}")
    for value in report.refused_values:
        complain(refused_text(value))
    for warning in (*report.warnings, *report.notices, *report.notices_given_up):
        complain(warning)
