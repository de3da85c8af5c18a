"""What the tests of this room share: a clock that only moves when told, and the org's answers as its documentation
shows them."""

from __future__ import annotations

import datetime as dt
import email.utils
from dataclasses import dataclass, field
from typing import Any

NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
HOST = "https://acme.my.salesforce.com"
COMPOSITE = f"{HOST}/services/data/v62.0/composite"
TOKEN = "00D000000000001!AQ-marked-secret-token"
LEAD = "00Q000000000001EAA"
QUEUE = "00G000000000001EAA"
ALICE = "005000000000001AAA"
BOB = "005000000000002AAA"


@dataclass
class SteppingClock:
    """Stands still until somebody sleeps; `slept` are the waits."""

    time: dt.datetime = NOON
    slept: list[float] = field(default_factory=list)

    def now(self) -> dt.datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.time += dt.timedelta(seconds=seconds)


def dated(clock: SteppingClock) -> dict[str, str]:
    """The headers every answer of the org has."""
    return {"Date": email.utils.format_datetime(clock.now(), usegmt=True), "Sforce-Limit-Info": "api-usage=18/5000"}


def lead(record_id: str = LEAD, owner: str = QUEUE, **fields: Any) -> dict[str, Any]:
    """A Lead as a query returns it."""
    return {
        "attributes": {"type": "Lead", "url": f"/services/data/v62.0/sobjects/Lead/{record_id}"},
        "Id": record_id,
        "OwnerId": owner,
        "CreatedDate": "2026-11-23T10:00:00.000+0000",
        "LastModifiedDate": "2026-11-23T11:00:00.000+0000",
        "LastModifiedById": ALICE,
        "SystemModstamp": "2026-11-23T11:00:01.500+0000",
        **fields,
    }


def page(*records: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    """One page of a query's result."""
    more = {"nextRecordsUrl": following} if following else {}
    return {"totalSize": len(records), "done": following is None, **more, "records": list(records)}


def composite(**parts: tuple[int, Any]) -> dict[str, Any]:
    """An answer of /composite: reference=(status, body)."""
    return {
        "compositeResponse": [
            {"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": reference}
            for reference, (status, body) in parts.items()
        ]
    }


def refused(code: str, message: str = "no") -> list[dict[str, Any]]:
    """The org's error array."""
    return [{"message": message, "errorCode": code, "fields": []}]
