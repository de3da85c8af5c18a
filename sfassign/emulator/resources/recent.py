"""`/recent`: the records the user looked at last. Only `FOR VIEW` and `FOR REFERENCE` count as looking: a call of the
API leaves the list alone unless it says so (REST API Developer Guide, MRU Header)."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError, not_found
from ..http import Reply
from .call import Call

NAMED_BY = {"Case": "CaseNumber", "Task": "Subject", "Event": "Subject"}


def recent(call: Call) -> Reply:
    call.allow("GET", "HEAD")
    if len(call.segments) > 1:
        raise not_found()
    limit = call.params.get("limit", "200")
    if not limit.isdigit():
        raise ApiError("INVALID_QUERY_LIMIT", f"limit must be a number, not {limit}")
    return Reply(200, items(call)[: int(limit)])


def items(call: Call, sobject: str | None = None) -> list[dict[str, Any]]:
    """Those that are still there, the latest first."""
    shown = (_item(call, kind, one) for kind, one in call.org.recent.latest(call.user, sobject))
    return [one for one in shown if one is not None]


def _item(call: Call, sobject: str, record_id: str) -> dict[str, Any] | None:
    thing = call.org.schema.find(sobject)
    row = call.org.storage.get(thing, record_id) if thing else None
    if row is None or row.get("IsDeleted"):
        return None
    attributes = {"type": sobject, "url": f"{call.root}/sobjects/{sobject}/{record_id}"}
    name = NAMED_BY.get(sobject, "Name")
    return {"attributes": attributes, "Id": record_id, name: row.get(name)}
