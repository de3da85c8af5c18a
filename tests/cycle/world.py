"""A small local org, its clock, and the whole product around it, for tests of the cycle and the daemon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from sfassign.bootstrap import App, build
from sfassign.cycle import run_cycle
from sfassign.emulator import InProcessAdapter, LocalOrg
from sfassign.guards import Guards
from sfassign.outcome import CycleReport
from sfassign.settings import Settings

MONDAY = dt.datetime(2026, 11, 23, 10, 0, 0, 250_000, tzinfo=dt.UTC)
URL = "https://acme.my.salesforce.com"

POLICY = """
version: 1
timezone: Europe/London
groups:
  - name: Web leads
    object: Lead
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
"""


class HandClock:
    """A clock that moves only when it is moved, or slept on."""

    def __init__(self, now: dt.datetime = MONDAY) -> None:
        self._now = now

    def now(self) -> dt.datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += dt.timedelta(seconds=seconds)

    def pass_by(self, **parts: float) -> None:
        self._now += dt.timedelta(**parts)


@dataclass
class World:
    """One org with a queue and three people; `apps` are closed by the fixture. `org_ahead`: of our clock."""

    folder: Path
    clock: HandClock = field(default_factory=HandClock)
    apps: list[App] = field(default_factory=list)
    org_ahead: dt.timedelta = dt.timedelta()

    def __post_init__(self) -> None:
        self.org = LocalOrg(lambda: self.clock.now() + self.org_ahead)
        self.role = self.org.insert("UserRole", {"Name": "SDR", "DeveloperName": "SDR"})
        self.people = {name: self.add_person(name) for name in ("ann", "bob", "cyd")}
        self.queue = self.org.add_queue("Web Leads", ["Lead", "Case"])
        self.token = self.org.issue_token()
        self.write_policy(POLICY)
        self.clock.pass_by(minutes=10)

    @property
    def policy_path(self) -> Path:
        return self.folder / "policy.yaml"

    def write_policy(self, text: str) -> None:
        self.policy_path.write_text(text, encoding="utf-8")

    def add_person(self, name: str, **fields: Any) -> str:
        return self.org.add_user(f"{name}@acme.example", name.title(), UserRoleId=self.role, **fields)

    def add_lead(self, owner: str | None = None, **fields: Any) -> str:
        record = {"LastName": "Doe", "Company": "Doe Ltd", "OwnerId": owner or self.queue, **fields}
        return self.org.insert("Lead", record)

    def add_leads(self, count: int, **fields: Any) -> list[str]:
        found = [self.add_lead(**fields) for _ in range(count)]
        self.clock.pass_by(seconds=5)
        return found

    def app(self, alive: Callable[[], None] = lambda: None, **settings: Any) -> App:
        """The product against this org, with its database in the folder."""
        values: dict[str, Any] = {
            "instance_url": URL,
            "access_token": SecretStr(self.token),
            "policy": self.policy_path,
            "database_url": SecretStr(f"sqlite:///{self.folder}/sfassign.db"),
        }
        app = build(Settings(**(values | settings)), self.clock, alive=alive)
        app.org.transport.mount("https://", InProcessAdapter(self.org))
        self.apps.append(app)
        return app

    def met(self, app: App, name: str = "Lead") -> App:
        """The first call to this object is over: it is known that the org honours the date of a write."""
        Guards(app.store, self.clock).keep(name, honoured=True)
        return app

    def cycle(self, app: App) -> CycleReport:
        """One cycle, and then a poll's time passes."""
        report = run_cycle(app.ports, app.policy)
        self.clock.pass_by(seconds=15)
        return report

    def owner(self, lead: str, sobject: str = "Lead") -> str:
        return str(self.org.get(sobject, lead)["OwnerId"])

    def name_of(self, owner: str) -> str:
        return next(name for name, user in self.people.items() if user == owner)
