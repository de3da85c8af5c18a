"""`/query`, `/queryAll` and their pages. A locator lives two days and belongs to the user who opened it."""

from __future__ import annotations

import datetime as dt
import re
from array import array
from dataclasses import dataclass
from typing import Any

from ..errors import ApiError, not_found
from ..http import Reply
from ..query.moments import Asker
from ..query.plan import Plan
from .call import Call

MIN_BATCH, MAX_BATCH = 200, 2000
_BATCH = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The rest of a long result; `rows` are its row numbers."""

    asker: Asker
    plan: Plan
    rows: array[int]
    opened_at: dt.datetime


def query(call: Call) -> Reply:
    call.allow("GET", "HEAD")
    if len(call.segments) == 2:
        return _next(call, call.segments[1])
    if "q" not in call.params or len(call.segments) > 2:
        raise not_found()
    runner = call.org.queries
    asker = runner.asker(call.user, everything=call.segments[0] == "queryAll", version=call.version)
    size = _page_size(call)
    answer = runner.run(call.params["q"], asker, size)
    if call.params.get("columns", "").lower() == "true":
        return Reply(200, _columns(answer.plan))
    if answer.rest is None:
        return _page(answer.total, answer.records, None)
    name = call.org.state.ids.allocate("01g")
    call.org.cursors[name] = Cursor(asker, answer.plan, answer.rest, call.org.clock())
    return _page(answer.total, answer.records, f"{call.root}/query/{name}-{size}")


def _page(total: int, records: list[dict[str, Any]], following: str | None) -> Reply:
    body: dict[str, Any] = {"totalSize": total, "done": following is None}
    if following:
        body["nextRecordsUrl"] = following
    return Reply(200, body | {"records": records})


def _page_size(call: Call) -> int:
    asked = _BATCH.search(call.headers.get("sforce-query-options", ""))
    size = min(max(int(asked[1]), MIN_BATCH), MAX_BATCH) if asked else call.org.settings.page_size
    return max(1, size - call.org.settings.page_shrink)


def _next(call: Call, locator: str) -> Reply:
    name, _, start = locator.partition("-")
    cursor = call.org.cursors.get(name)
    lifetime = dt.timedelta(hours=call.org.settings.locator_hours)
    fine = cursor is not None and cursor.asker.by == call.user and call.org.clock() - cursor.opened_at <= lifetime
    if cursor is None or not fine or not start.isdigit() or int(start) >= len(cursor.rows):
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator", call.org.settings.locator_error_status)
    size = _page_size(call)
    stop = int(start) + size
    records = call.org.queries.page(cursor.plan, cursor.asker, cursor.rows[int(start) : stop])
    following = f"{call.root}/query/{name}-{stop}" if stop < len(cursor.rows) else None
    return _page(len(cursor.rows), records, following)


def _columns(plan: Plan) -> dict[str, Any]:
    """The column metadata the Salesforce CLI asks for before it prints a table."""
    names = list(plan.shape.items) if plan.shape else plan.aggregates.keys if plan.aggregates else []
    return {
        "columnMetadata": [
            {
                "aggregate": plan.aggregates is not None,
                "booleanType": False,
                "columnName": name,
                "custom": name.endswith("__c"),
                "displayName": name,
                "foreignKeyName": None,
                "joinColumns": [],
                "numberType": False,
                "textType": True,
            }
            for name in names
        ],
        "entityName": plan.shape.kind if plan.shape else None,
        "groupBy": plan.aggregates is not None,
        "idSelected": "Id" in names,
        "keyPrefix": None,
    }
