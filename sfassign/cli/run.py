"""`sfassign run`: the daemon."""

from __future__ import annotations

import threading

import structlog
import typer

from sfassign.cli.opening import open_app
from sfassign.cli.screen import plain
from sfassign.daemon import Daemon
from sfassign.outcome import CycleReport, refused_text
from sfassign.systemd import tell_alive

log = structlog.get_logger()


def run() -> None:
    """Run the daemon: a cycle every SFASSIGN_POLL until SIGTERM; SIGHUP reads the policy again.

    Example: SFASSIGN_ENV_FILE=/etc/sfassign/sfassign.env sfassign run
    """
    stop = threading.Event()
    app = open_app(stopping=stop.is_set, alive=tell_alive)
    daemon = Daemon(app, app.settings.poll.total_seconds(), log_report, stop=stop)
    daemon.listen()
    if app.store.is_new:
        log.info("a new database", action="database.made", database=app.store.name)
    try:
        code = daemon.run()
    finally:
        app.close()
    raise typer.Exit(code)


def log_report(report: CycleReport) -> None:
    """One line per assignment, overflow, lost race, failure and warning; one for the cycle when it did something."""
    for line in report.assigned:
        log.info(plain(line.why), action="item.assigned", object=line.object, id=line.id, decision=line.decision)
    for again in report.reassigned:
        log.info(
            plain(again.sentence), action="item.reassigned", object=again.object, id=again.id, decision=again.decision
        )
    for moved in report.overflowed:
        log.info(plain(moved.why), action="item.overflowed", object=moved.object, id=moved.id, decision=moved.decision)
    for picked in report.cherry_picked:
        log.info(plain(picked.why), action="item.cherry_picked", object=picked.object, id=picked.id, state=picked.state)
    for lost in report.lost_race:
        log.info(plain(lost.why), action="item.lost_race", object=lost.object, id=lost.id, owner_now=lost.owner_now)
    for failed in report.failed:
        log.warning(plain(failed.message), action="item.failed", object=failed.object, id=failed.id, code=failed.code)
    _log_neglect(report)
    _log_troubles(report)
    level = log.info if report.assigned or report.reassigned or report.failed else log.debug
    level(
        "cycle",
        action="cycle.done",
        cycle=report.cycle,
        assigned=len(report.assigned),
        waiting=len(report.waiting),
        notified=report.notified,
        api_calls=report.api_calls,
        seconds=round(report.seconds, 3),
    )


def _log_neglect(report: CycleReport) -> None:
    for reminded in report.reminded:
        log.info(plain(reminded.why), action="item.reminded", object=reminded.object, id=reminded.id)
    for neglected in report.neglected:
        log.info(plain(neglected.why), action="item.neglected", object=neglected.object, id=neglected.id)


def _log_troubles(report: CycleReport) -> None:
    for part in report.unreadable:
        log.warning(plain(part), action="poll.unreadable")
    for value in report.refused_values:
        log.warning(plain(refused_text(value)), action="values.refused", group=value.group, count=value.count)
    for warning in (*report.warnings, *report.notices):
        log.warning(plain(warning), action="cycle.warning")
    for given_up in report.notices_given_up:
        log.warning(plain(given_up), action="notice.given_up")
