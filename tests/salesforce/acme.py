"""A small company's org on this machine, reached in the process or over TLS, as the tests of this room use it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sfassign.emulator import InProcessAdapter, LocalOrg
from sfassign.ports import ObjectRead, OwnerChange, PollRequest, Row
from sfassign.salesforce import AccessToken, Credentials, JwtBearer, SalesforceOrg, UsernamePassword
from tests.salesforce.answers import NOON, SteppingClock

PASSWORD = 'p&ss<w>"ör d'
SECURITY_TOKEN = "tOk3n"
SOAP_LOGIN = "/services/Soap/u/64.0"

LEADS = ObjectRead("Lead", ("Rating", "Status", "Owner.Name"), since=NOON - dt.timedelta(days=1))
READS = {
    name: ObjectRead(name, ("Owner.Name",), since=NOON - dt.timedelta(days=1))
    for name in ("Lead", "Case", "Opportunity")
}


@dataclass
class Acme:
    """A small company's org, and how it is reached."""

    clock: SteppingClock
    local: LocalOrg
    url: str
    ca_bundle: Path | None
    opened: list[SalesforceOrg] = field(default_factory=list)
    alice: str = ""
    bob: str = ""
    robot: str = ""
    queue: str = ""
    key: str = ""

    def populate(self) -> None:
        self.alice = self.local.add_user("alice@acme.example", "Ames")
        self.bob = self.local.add_user("bob@acme.example", "Bell")
        self.robot = self.local.add_user("robot@acme.example", "Robot")
        self.queue = self.local.add_queue("Web", ["Lead", "Case"])

    def make_ready(self, key: rsa.RSAPrivateKey) -> None:
        """People, a queue, and an app that the robot may log in with; the key is its certificate's."""
        self.populate()
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.key = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        self.local.add_client("the-app", "the-secret", run_as=self.robot, certificate=public.decode())
        self.clock.pass_by(60)

    def connect(self, credentials: Credentials | None = None) -> SalesforceOrg:
        """The org as the robot sees it."""
        given = credentials or AccessToken(self.url, self.local.issue_token(self.robot))
        org = SalesforceOrg(given, self.clock, ca_bundle=self.ca_bundle)
        if self.ca_bundle is None and self.url.startswith("https://"):
            org.transport.mount("https://", InProcessAdapter(self.local))
        self.opened.append(org)
        return org

    def bearer(self) -> SalesforceOrg:
        """With credentials that renew themselves."""
        return self.connect(JwtBearer(self.url, "the-app", self.key, "robot@acme.example"))

    def password(self, password: str = PASSWORD, token: str = SECURITY_TOKEN) -> SalesforceOrg:
        """With the robot's user name and this password, in an org that lets SOAP log in."""
        self.local.settings.soap_login = True
        self.local.set_password(self.robot, PASSWORD, SECURITY_TOKEN)
        return self.connect(UsernamePassword(self.url, "robot@acme.example", password, token))

    def leads(self, count: int) -> list[str]:
        return [
            self.local.insert("Lead", {"LastName": f"L{n}", "Company": "C", "OwnerId": self.queue})
            for n in range(count)
        ]

    def owner(self, record: str, name: str = "Lead") -> str:
        return str(self.local.get(name, record)["OwnerId"])

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(path in entry.path for entry in self.local.log)


def changes_of(rows: tuple[Row, ...], owner: str) -> list[OwnerChange]:
    return [OwnerChange(n, row.object, row.id, owner, row.guard_at) for n, row in enumerate(rows)]


def read(org: SalesforceOrg) -> tuple[Row, ...]:
    return org.poll(PollRequest((LEADS,))).rows[0]
