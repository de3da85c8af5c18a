"""A day of the daemon beside a floor of sixty people at work, in bad weather. For the test and the benchmark of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from pydantic import SecretStr

from sfassign.bootstrap import App, build
from sfassign.core.policy import Policy
from sfassign.daemon import Daemon
from sfassign.demo.audit import Attendance
from sfassign.emulator import LocalOrg
from sfassign.emulator.floor import build_floor, floor_start
from sfassign.outcome import CycleReport
from sfassign.resync import ResyncReport, resync
from sfassign.settings import Settings
from tests.cycle.weather import Unplugged, Weather, Weathered
from tests.cycle.world import URL, HandClock

POLL = dt.timedelta(seconds=15)
MONDAY = dt.date(2026, 11, 23)
POLICY = (Path(__file__).parent / "day_policy.yaml").read_text(encoding="utf-8")
OPERATIONS = "ops@acme.example"


@dataclass(frozen=True, slots=True)
class Script:
    """When what happens, from the beginning of the day."""

    lasts: dt.timedelta
    session_ends_every: dt.timedelta
    limit_reached_at: dt.timedelta
    limit_lasts: dt.timedelta
    policy_changes_at: dt.timedelta
    plug_pulled_at: dt.timedelta
    calm_lasts: dt.timedelta = dt.timedelta(minutes=15)


def hours(count: float) -> dt.timedelta:
    return dt.timedelta(hours=count)


def script(lasting: dt.timedelta) -> Script:
    """A day, or the same things closer together."""
    return Script(lasting, lasting / 12, lasting * 0.3, lasting / 24, lasting * 0.45, lasting * 0.6)


@dataclass
class Day:
    """One run. `over_quota` and `to_absent` are what should not have happened, found by looking at the org's own
    records after every cycle."""

    folder: Path
    script: Script
    seed: int = 7
    reports: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    policies: dict[str, Policy] = field(default_factory=dict)
    waiting_notices: int = 0
    given_up: list[str] = field(default_factory=list)
    to_absent: list[str] = field(default_factory=list)
    over_quota: list[str] = field(default_factory=list)
    log: list[MutableMapping[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = HandClock(floor_start(self.seed, MONDAY))
        self.started_at = self.last_turn_at = self.clock.now()
        self.org = LocalOrg(self.clock.now, self.seed)
        self.floor = build_floor(self.org, self.seed)
        self.robot = self.org.add_user("robot@acme.example", "Robot")
        self.operations = self.org.add_user(OPERATIONS, "Operations")
        self.org.add_client("the-app", "the-secret", run_as=self.robot)
        named = {"DeveloperName": "sfassign", "MasterLabel": "Work", "CustomNotifTypeName": "sfassign"}
        self.org.insert("CustomNotificationType", named)
        self.attendance = Attendance(self.org)
        self.weather = Weather(self.org, self.clock, self.seed)
        self.write_policy(POLICY)
        self._start()

    # --- the process --------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self.app: App = build(self._settings(), self.clock)
        self.daemon = Daemon(self.app, POLL.total_seconds(), self._saw, self._settings)
        self.daemon.begin()
        self.counted["starts"] += 1

    def _settings(self) -> Settings:
        return Settings(
            login_url=URL,
            consumer_key=SecretStr("the-app"),
            consumer_secret=SecretStr("the-secret"),
            policy=self.folder / "policy.yaml",
            database_url=SecretStr(f"sqlite:///{self.folder}/sfassign.db"),
            poll=POLL,
        )

    def write_policy(self, text: str) -> None:
        (self.folder / "policy.yaml").write_text(text.replace('"OPS"', OPERATIONS), encoding="utf-8")

    def _tick(self) -> None:
        """One turn; a daemon that connected afresh still reaches this org and no other."""
        self.app.org.transport.mount("https://", Weathered(self.weather))
        try:
            self.daemon.tick()
        except Unplugged:
            self.weather.unplug = None
            self.app.close()
            self._start()

    def _saw(self, report: CycleReport) -> None:
        self.reports += 1
        self.policies[self.app.policy.hash] = self.app.policy
        self.counted["notified"] += report.notified
        self.waiting_notices = report.notices_waiting
        self.given_up += report.notices_given_up
        for name in ("assigned", "reassigned", "lost_race", "failed", "overflowed", "reminded", "neglected"):
            self.counted[name] += len(getattr(report, name))
        for line in report.assigned:
            if self.attendance.was_away(line.owner, report.started_at):
                self.to_absent.append(f"{line.id} to {line.owner_username} at {report.started_at}")
        if report.assigned:
            self._look_at_quotas(report)

    def _look_at_quotas(self, report: CycleReport) -> None:
        held = self.held()
        groups = {group.name: group for group in self.app.policy.groups}
        for line in report.assigned:
            quota = groups[line.group].quota
            if isinstance(quota, int | float) and held[line.object, line.owner] > quota:
                self.over_quota.append(f"{line.owner_username} holds {held[line.object, line.owner]} at {report.cycle}")

    # --- the day ------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """The whole day, and the calm after it."""
        with structlog.testing.capture_logs() as self.log:
            end = self.started_at + self.script.lasts
            happenings = self._happenings()
            while self.clock.now() < end:
                self._turn(happenings)
            self.weather.clear_up()
            while self.clock.now() < end + self.script.calm_lasts:
                self._turn(happenings)

    def _turn(self, happenings: list[tuple[dt.timedelta, Any]]) -> None:
        planned = self.clock.now() + POLL
        while happenings and self.started_at + happenings[0][0] <= self.clock.now():
            happenings.pop(0)[1]()
        self.floor.advance(self.clock.now())
        self.last_turn_at = self.clock.now()
        self._tick()
        if self.clock.now() < planned:
            self.clock.sleep((planned - self.clock.now()).total_seconds())

    def _happenings(self) -> list[tuple[dt.timedelta, Any]]:
        day = self.script
        ends = [day.session_ends_every * number for number in range(1, int(day.lasts / day.session_ends_every) + 1)]
        others = [
            (day.limit_reached_at, lambda: self._let_others_call(self.org.settings.daily_limit)),
            (day.limit_reached_at + day.limit_lasts, lambda: self._let_others_call(0)),
            (day.policy_changes_at, lambda: self.write_policy(changed(POLICY))),
            (day.plug_pulled_at, lambda: setattr(self.weather, "unplug", "after")),
        ]
        return sorted([*((end, self.org.sessions.expire_all) for end in ends), *others], key=lambda one: one[0])

    def _let_others_call(self, count: int) -> None:
        self.org.settings.limit_excess_calls = count

    # --- what became of it --------------------------------------------------------------------------------------------

    def held(self) -> Counter[tuple[str, str]]:
        """Active items by object and owner, counted in the org."""
        found: Counter[tuple[str, str]] = Counter()
        for name, work in self.app.policy.objects.items():
            grouped = f"SELECT OwnerId, COUNT(Id) n FROM {name} WHERE {work.active} GROUP BY OwnerId"
            found.update({(name, row["OwnerId"]): int(row["n"]) for row in self.org.query(grouped)})
        return found

    def resync(self) -> ResyncReport:
        return resync(self.app.org, self.app.store, self.app.ports.gatherer)

    def said(self, *actions: str) -> Sequence[MutableMapping[str, Any]]:
        return [line for line in self.log if line.get("action") in actions]

    def close(self) -> None:
        self.app.close()
        self.org.close()


def changed(policy: str) -> str:
    """The policy from the middle of the day on: another cap, another time, another name."""
    wanted = policy.replace("caps: {hour: 12, day: 60}", "caps: {hour: 9, day: 55}")
    wanted = wanted.replace("untouched_for: 15m, covers", "untouched_for: 12m, covers")
    renamed = wanted.replace("- name: Intake opportunities\n", "- name: New deals\n    was: Intake opportunities\n")
    if renamed.count("\n") != policy.count("\n") + 1:
        raise AssertionError("the policy of the day has changed: change this too")
    return renamed
