"""The one door between the floor and the org: every act is a write by someone at the moment it happens.

The simulation runs in steps, so the moment of an act may lie a little before the org's clock. Stamps never run
backwards on a record, though: when a router wrote later than that, the act counts as done right after it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sfassign.emulator.leads import convert
from sfassign.emulator.org import LocalOrg
from sfassign.emulator.wire import milliseconds
from sfassign.emulator.writes import Write

Row = Mapping[str, object]


class Desk:
    """Writes to one org at given moments."""

    def __init__(self, org: LocalOrg) -> None:
        self.org = org

    def insert(self, sobject: str, fields: Row, *, by: str, at: dt.datetime) -> str:
        return self.org.insert(sobject, dict(fields), by=by, at=at)

    def insert_many(self, sobject: str, rows: Sequence[Row], *, by: str) -> list[str]:
        """Many at once, without after-write hooks; rows may carry CreatedDate and the other system fields."""
        return list(self.org.bulk_insert(sobject, [dict(row) for row in rows], by=by))

    def update(self, sobject: str, record_id: str, fields: Row, *, by: str, at: dt.datetime) -> None:
        self.org.update(sobject, record_id, dict(fields), by=by, at=at)

    def remove(self, sobject: str, record_id: str, *, by: str) -> None:
        self.org.delete(sobject, record_id, by=by)

    def convert(self, lead_id: str, *, by: str, at: dt.datetime, opportunity: bool) -> str | None:
        """Convert a lead at that moment; the Id of the opportunity made, if one was wanted."""
        with self.org.storage.lock:
            made = convert(self.org.state, lead_id, Write(by, milliseconds(at)), opportunity=opportunity)
        return made.get("Opportunity")

    def get(self, sobject: str, record_id: str) -> Row:
        return self.org.get(sobject, record_id)
