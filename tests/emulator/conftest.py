"""One small org with two people and a queue, and a client that speaks REST to it without a socket."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest

from sfassign.emulator import LocalOrg
from sfassign.emulator.http import Request

NOON = dt.datetime(2026, 6, 10, 12, 0, 0, tzinfo=dt.UTC)


@dataclass
class Clock:
    now: dt.datetime = NOON

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += dt.timedelta(**span)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The errorCode of a refused request."""
        return str(self.body[0]["errorCode"])


@dataclass
class Client:
    org: LocalOrg
    token: str
    version: str = "v62.0"
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """`path` without a leading slash is below the version; header names have `_` for `-`."""
        target = path if path.startswith("/") else f"/services/data/{self.version}/{path}"
        sent = {"authorization": f"Bearer {self.token}", "content-type": "application/json"} | self.headers
        sent |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        status, given, content = self.org.handle(Request(method, target, sent, raw))
        if given.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        is_json = given.get("Content-Type", "").startswith("application/json")
        return Answer(status, given, json.loads(content) if is_json else content.decode())

    def query(self, soql: str, **headers: str) -> Answer:
        return self("GET", f"query?q={quote(soql)}", **headers)

    def composite(self, *subrequests: dict[str, Any], **more: Any) -> Answer:
        return self("POST", "composite", {"compositeRequest": list(subrequests), **more})


@dataclass
class Company:
    """The people and the queue of the tests; the queue may own leads and cases."""

    ann: str
    bob: str
    gone: str
    queue: str


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def org(clock: Clock) -> Iterator[LocalOrg]:
    made = LocalOrg(clock)
    yield made
    made.close()


@pytest.fixture
def company(org: LocalOrg) -> Company:
    return Company(
        ann=org.add_user("ann@acme.example", "Abel", "Ann"),
        bob=org.add_user("bob@acme.example", "Bond", "Bob"),
        gone=org.add_user("gone@acme.example", "Gone", IsActive=False),
        queue=org.add_queue("Web Leads", ["Lead", "Case"]),
    )


@pytest.fixture
def client(org: LocalOrg) -> Client:
    return Client(org, org.issue_token(org.admin_id))


def new_lead(org: LocalOrg, **fields: Any) -> str:
    return org.insert("Lead", {"LastName": "Doe", "Company": "Acme"} | fields)


def new_deal(org: LocalOrg, **fields: Any) -> str:
    return org.insert("Opportunity", {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-07-01"} | fields)
