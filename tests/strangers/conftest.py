"""An org on a loopback port, by the real clock, as programs written elsewhere meet it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sfassign.emulator import LocalOrg, serve

LEADS = 450


def real_time() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass
class Served:
    """`url` is plain HTTP; `ann` is a user, `queue` may own leads."""

    org: LocalOrg
    url: str
    ann: str
    queue: str

    @property
    def token(self) -> str:
        return self.org.issue_token(self.ann)


@pytest.fixture
def served() -> Iterator[Served]:
    org = LocalOrg(real_time)
    org.add_field("Account", name="Key__c", type="string", length=20, external_id=True)
    ann = org.add_user("ann@acme.example", "Abel", "Ann")
    queue = org.add_queue("Web", ["Lead"], [ann])
    names = [f"Contact {number:04d}" for number in range(LEADS)]
    org.bulk_insert("Contact", [{"LastName": name, "OwnerId": ann} for name in names])
    org.settings.page_size = 200
    with serve(org, https=False) as server:
        yield Served(org, server.url, ann, queue)
    org.close()
