"""A short day of the real product: it logs in, polls, assigns, races, loses pages and sessions, tells and takes back.

For the tests of what Salesforce's documentation leaves open: the laws at its end hold whatever an org does.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from sfassign.cycle import run_cycle
from sfassign.notify import notify
from sfassign.outcome import CycleReport
from sfassign.resync import resync
from tests.cycle.world import URL, World

SOURCE = "Owner.Name = 'Web Leads' AND Rating != 'Cold' AND CreatedDate = THIS_WEEK"
POLICY = f"""
version: 1
timezone: Europe/London
groups:
  - name: Web leads
    object: Lead
    source: "{SOURCE}"
    members: "UserRole.Name = 'SDR'"
    ramp: off
    notify: [task]
    neglect: {{untouched_for: 30m, then: reassign}}
  - name: Cases
    object: Case
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
    ramp: off
"""
TRAP = "trap@acme.example"
"""Whoever owns what is written without `Sforce-Auto-Assign: FALSE`."""
ROWS_PER_PAGE = 10
SESSION_SECONDS = 600
PAUSE_SECONDS = 290
POLL = dt.timedelta(minutes=1)
"""Cycles may be ten polls apart without being downtime."""


class ShortDay:
    """`claimed` are leads a colleague took between our reading and our writing, `touched` the one its owner edited."""

    def __init__(self, folder: Path, key: rsa.RSAPrivateKey, switches: Mapping[str, object]) -> None:
        self.world = World(folder)
        self.org = self.world.org
        self.trap = self.org.add_user(TRAP, "Trap")
        self.robot = self.org.add_user("robot@acme.example", "Robot")
        self.colleague = self.org.add_user("colleague@acme.example", "Colleague")
        self.org.set_assignment_rule("Lead", self.trap)
        self.org.settings.page_size = ROWS_PER_PAGE
        self.org.settings.session_seconds = SESSION_SECONDS
        for name, value in switches.items():
            setattr(self.org.settings, name, self.trap if value == TRAP else value)
        self.world.write_policy(POLICY)
        login = self._login(folder, key)
        self.app = self.world.app(instance_url=None, access_token=None, login_url=URL, poll=POLL, **login)
        self.claimed: set[str] = set()
        self.touched: tuple[str, str] | None = None
        self.reports: list[CycleReport] = []

    def _login(self, folder: Path, key: rsa.RSAPrivateKey) -> dict[str, Any]:
        encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        public = key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
        file = folder / "key.pem"
        file.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
        self.org.add_client("the-app", "the-secret", certificate=public, approved=frozenset({self.robot}))
        return {"consumer_key": SecretStr("the-app"), "private_key_file": file, "username": "robot@acme.example"}

    # --- what happens -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        self._turn()
        self._morning()
        self._claims()
        self._pages_lost()
        self._session_lost()
        self._neglect()
        self._turn()

    def _turn(self, pause: float = 15) -> None:
        self.reports.append(notify(self.app.post, run_cycle(self.app.ports, self.app.policy)))
        self.world.clock.pass_by(seconds=pause)

    def _morning(self) -> None:
        for rating in ("Hot", None, "Cold", "Warm"):
            self.world.add_leads(1, Rating=rating)
        for number in range(4):
            self.org.insert("Case", {"Subject": f"{number}", "OwnerId": self.world.queue})
        self.world.clock.pass_by(seconds=5)
        self._turn()

    def _claims(self) -> None:
        """Twice: an org that overwrites a claim does so once."""
        for _ in range(2):
            first, *_ = self.world.add_leads(3, Rating="Hot")
            self.claimed.add(first)
            self.org.faults.between(lambda lead=first: self._claim(lead), method="POST", path="composite$", after=True)  # type: ignore[misc]
            self._turn()

    def _claim(self, lead: str) -> None:
        self.world.clock.pass_by(seconds=1)
        self.org.update("Lead", lead, {"OwnerId": self.colleague}, by=self.colleague)

    def _pages_lost(self) -> None:
        """The cursor is gone before the second page."""
        lost = self.org.queries.cursors.opened.clear
        self.org.faults.between(lost, method="GET", path="query/01g")
        self.world.add_leads(ROWS_PER_PAGE + 2, Rating="Hot")
        self._turn()

    def _session_lost(self) -> None:
        lost = self.org.sessions.expire_all
        self.org.faults.between(lost, method="PATCH", path="sobjects/Lead", after=True)
        leads = self.world.add_leads(4, Rating="Hot")
        self._turn()
        lead, owner = leads[0], self.world.owner(leads[0])
        self.org.update("Lead", lead, {"Title": "Boss"}, by=owner)
        self.touched = lead, owner

    def _neglect(self) -> None:
        """Pauses just shorter than half a session."""
        for _ in range(8):
            self._turn(PAUSE_SECONDS)

    # --- what holds at its end ----------------------------------------------------------------------------------------

    def hold_the_laws(self) -> None:
        owners = {row["Id"]: row["OwnerId"] for row in self.org.query("SELECT Id, OwnerId FROM Lead")}
        self._nothing_waits_or_is_trapped(owners)
        self._claims_are_kept(owners)
        self._each_is_given_once()
        self._neglect_moves_all_but_the_touched(owners)
        self._everybody_is_told_once()
        assert self.app.store.open_entries() == ()
        assert resync(self.app.org, self.app.store, self.app.ports.gatherer).drifted == ()

    def _nothing_waits_or_is_trapped(self, owners: Mapping[str, str]) -> None:
        assert self.org.query(f"SELECT Id FROM Lead WHERE {SOURCE}") == []
        cases = {row["OwnerId"] for row in self.org.query("SELECT OwnerId FROM Case")}
        assert cases <= {*self.world.people.values()}
        assert self.trap not in owners.values()

    def _claims_are_kept(self, owners: Mapping[str, str]) -> None:
        """Whether the org honours the date of a write or not."""
        assert {lead for lead in self.claimed if owners[lead] != self.colleague} == set()

    def _each_is_given_once(self) -> None:
        """Out of the queue, or out of the hands of whoever's claim was overwritten."""
        where = f"Field = 'Owner' AND DataType = 'EntityId' AND CreatedById = '{self.robot}'"
        rows = self.org.query(f"SELECT LeadId, OldValue FROM LeadHistory WHERE {where}")
        given = Counter(row["LeadId"] for row in rows if row["OldValue"] in {self.world.queue, self.colleague})
        assert set(given.values()) == {1}
        assert {*given} == {line.id for report in self.reports for line in report.assigned if line.object == "Lead"}

    def _neglect_moves_all_but_the_touched(self, owners: Mapping[str, str]) -> None:
        moved = {line.id for report in self.reports for line in report.reassigned}
        assert self.touched is not None
        lead, owner = self.touched
        assert owners[lead] == owner
        assert moved == {one for one, now in owners.items() if now in self.world.people.values()} - {lead}

    def _everybody_is_told_once(self) -> None:
        rows = self.org.query(f"SELECT OwnerId, WhoId, Subject FROM Task WHERE CreatedById = '{self.robot}'")
        told = Counter((row["OwnerId"], row["WhoId"], row["Subject"]) for row in rows)
        assert set(told.values()) == {1}
        given = {(line.owner, line.id) for report in self.reports for line in report.assigned if line.object == "Lead"}
        assert given <= {(owner, lead) for owner, lead, _ in told}
