"""The daemon: one cycle at a time, for as long as it is left running.

    every SFASSIGN_POLL:   reload the policy if it changed → carry out orders → run one cycle → send messages
                           → tell systemd, also between cycles and with every answer of the org
    SIGHUP                 the policy is read again before the next cycle, and after a failure the login tried again
    SIGTERM, SIGINT        no new call is begun; the one in flight has ten seconds, then it is left to the next start

A failing org never ends the daemon: it says so once per failure, waits a little longer each time, and goes on when
the org answers again, or when the env file and the files that name secrets have another address or other credentials.
A refused login never ends it either, since a restart would send the same password again and lock the user. What ends
it: a policy that does not fit the org at the start or another org behind the same database (2), a lost lease or
database (1).
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from sfassign.bootstrap import App, open_policy
from sfassign.budget import Budget
from sfassign.cycle import preview, run_cycle
from sfassign.errors import (
    DatabaseUnusable,
    LeaseHeld,
    OrgError,
    SessionExpired,
    SfassignError,
    WrongOrg,
    WrongPolicy,
)
from sfassign.notify import notify
from sfassign.orders import answer_orders
from sfassign.outcome import CycleReport
from sfassign.resync import Verification, resync
from sfassign.settings import Settings, read_settings
from sfassign.systemd import tell_alive, tell_systemd

LAST_CALL_SECONDS = 10.0
"""How long a stop waits for the call in flight; systemd's own patience must be longer."""

LONGEST_PAUSE = dt.timedelta(minutes=5)
MISFIRE_GRACE_SECONDS = 3_600
"""A cycle that could not start in time (a sleeping laptop, a busy machine) starts late rather than never."""

LONGEST_SILENCE_SECONDS = 60.0
"""Where turns are further apart systemd is told in between, by the one worker that does both: a turn that hangs is
silent."""

log = structlog.get_logger()


@dataclass
class Daemon:
    """Runs cycles on a schedule. `each` is told every report; `poll_seconds` is real time."""

    app: App
    poll_seconds: float
    each: Callable[[CycleReport], None]
    renewed_settings: Callable[[], Settings] = read_settings
    stop: threading.Event = field(default_factory=threading.Event)
    exit_code: int = 0
    _idle: threading.Event = field(default_factory=threading.Event)
    _reload: threading.Event = field(default_factory=threading.Event)
    _policy_checked: bool = False
    _cut_off: bool = False
    _retry_login: threading.Event = field(default_factory=threading.Event)
    _failures: int = 0
    _not_before: dt.datetime | None = None
    _policy_stamp: tuple[int, int] | None = None
    _verification: Verification | None = None
    _budget: Budget | None = None
    _calls_counted: int = 0
    _turn: dt.timedelta = dt.timedelta(0)

    def run(self) -> int:
        """Work until told to stop. Returns the exit code."""
        with self.app.lease(wait_seconds=0):
            self.begin()
            scheduler = self._scheduler()
            scheduler.start()
            log.info("started", action="daemon.start", policy=self.app.policy.hash, poll_seconds=self.poll_seconds)
            tell_systemd("READY=1")
            self.stop.wait()
            tell_systemd("STOPPING=1")
            scheduler.shutdown(wait=False)
            finished = self._idle.wait(LAST_CALL_SECONDS)
            log.info("stopped", action="daemon.stop", in_flight=not finished)
        if not finished:
            os._exit(self.exit_code)
        return self.exit_code

    def begin(self) -> None:
        """What holds from now on: the policy as it is, when the load is verified next, what calls may be spent."""
        settings = self.app.settings
        self._budget = Budget(self.app.store, settings.api_budget, settings.poll)
        self._idle.set()
        self._policy_stamp = _stamp(self.app.settings.policy)
        self._verification = Verification(self.app.store, settings.resync)
        self._verification.begin(self.app.clock.now())

    def listen(self) -> None:
        """Take the signals of the process; only the main thread may."""
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGINT, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop.set()

    def _on_reload(self, _number: int, _frame: FrameType | None) -> None:
        self._reload.set()
        self._retry_login.set()

    def _scheduler(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(1)}, timezone=dt.UTC)
        scheduler.add_job(
            self.tick,
            "interval",
            seconds=self.poll_seconds,
            next_run_time=dt.datetime.now(dt.UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=MISFIRE_GRACE_SECONDS,
        )
        if self.poll_seconds > LONGEST_SILENCE_SECONDS:
            scheduler.add_job(tell_alive, "interval", seconds=LONGEST_SILENCE_SECONDS, max_instances=1, coalesce=True)
        return scheduler

    def tick(self) -> None:
        """One turn of the schedule; nothing it meets escapes it."""
        if self.stop.is_set():
            return
        if self._resting():
            tell_alive()
            return
        self._idle.clear()
        try:
            self._work()
        except (WrongPolicy, WrongOrg, LeaseHeld, DatabaseUnusable) as error:
            log.error("ending", action="daemon.end", error=str(error))
            self.exit_code = error.exit_code
            self.stop.set()
        except SfassignError as error:
            self._fail(error)
        except Exception:
            log.exception("a fault in the program", action="cycle.fault")
            self._rest()
        finally:
            self._idle.set()
            tell_alive()

    def _work(self) -> None:
        if self._retry_login.is_set():
            self._retry_login.clear()
            if self._cut_off:
                self._log_in_again()
        if not self._policy_checked:
            self.app.check_policy()
            self._policy_checked = True
        self._reload_if_changed()
        answer_orders(self.app)
        if self._verification is not None and self._verification.is_due(self.app.clock.now()):
            self._resync(self._verification)
        begun = self.app.clock.now()
        report = preview(self.app.ports, self.app.policy) if self.app.settings.dry_run else self._cycle()
        if self._failures:
            log.info("the org answers again", action="cycle.recovered", failures=self._failures)
        self._failures, self._not_before, self._cut_off = 0, None, False
        report = report if report.dry_run else notify(self.app.post, report)
        self.each(self._within_budget(report, begun))

    def _within_budget(self, report: CycleReport, begun: dt.datetime) -> CycleReport:
        """Put the next cycle off where the API budget wants it; the report says so. After a login afresh the calls are
        counted from the beginning."""
        budget, calls = self._budget, self.app.org.calls
        if budget is None:
            return report
        since = self._calls_counted if calls >= self._calls_counted else 0
        wait = budget.after_turn(calls - since, self.app.org.usage, self.app.clock.now())
        self._turn = wait
        self._calls_counted, said = calls, budget.said
        if said is None:
            return report
        self._not_before = begun + wait
        return replace(report, notices=(*report.notices, said))

    def _cycle(self) -> CycleReport:
        """Neglect clocks stand still where cycles fail to come; one put off for the budget's sake does not."""
        ports = self.app.ports
        return run_cycle(replace(ports, poll=max(ports.poll, self._turn)), self.app.policy)

    def _resync(self, verification: Verification) -> None:
        """A resync that fails must not keep anybody from their work: it is tried again later, beside the cycles."""
        now = self.app.clock.now()
        again = verification.tried(now)
        try:
            report = resync(self.app.org, self.app.store, self.app.ports.gatherer)
        except OrgError as error:
            _tell_unverified(str(error), again)
            return
        for name, why in report.unread.items():
            _tell_unverified(f"{name} cannot be read: {why}", again)
        if not report.unread:
            verification.worked(now)
        for name, why in report.read_whole.items():
            log.info("read whole", action="resync.read_whole", object=name, reason=why)
        for drift in report.drifted:
            log.warning("the cached load had drifted", action="resync.drift", object=drift.object, owner=drift.owner)

    # --- the policy ---------------------------------------------------------------------------------------------------

    def _reload_if_changed(self) -> None:
        stamp = _stamp(self.app.settings.policy)
        if not self._reload.is_set() and stamp == self._policy_stamp:
            return
        self._reload.clear()
        self._policy_stamp = stamp
        try:
            self.app.use(open_policy(self.app.settings.policy))
        except OrgError:
            self._reload.set()
            raise
        except SfassignError as error:
            log.error("the last good policy stays in force", action="policy.refused", error=str(error))
        else:
            log.info("policy in force", action="policy.loaded", policy=self.app.policy.hash)

    # --- failures -----------------------------------------------------------------------------------------------------

    def _fail(self, error: SfassignError) -> None:
        log.error("cycle failed", action="cycle.failed", error=str(error), kind=type(error).__name__)
        self._cut_off = isinstance(error, OrgError)
        if self._cut_off:
            self._log_in_again(only_if_changed=not isinstance(error, SessionExpired))
        self._rest()

    def _log_in_again(self, *, only_if_changed: bool = False) -> None:
        try:
            settings = self.renewed_settings()
            if only_if_changed:
                self.app.reconnect_if_changed(settings)
            else:
                self.app.reconnect(settings)
        except SfassignError as error:
            log.error("cannot log in again", action="login.failed", error=str(error))

    def _rest(self) -> None:
        """Wait longer after each failure in a row: one poll, two, four … five minutes at the most."""
        self._failures += 1
        pause = min(dt.timedelta(seconds=self.poll_seconds) * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE)
        self._not_before = self.app.clock.now() + pause

    def _resting(self) -> bool:
        return self._not_before is not None and self.app.clock.now() < self._not_before


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size


def _tell_unverified(error: str, again: dt.datetime) -> None:
    log.error("the cached load could not be verified", action="resync.failed", error=error, again_at=again.isoformat())
