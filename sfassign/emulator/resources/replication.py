"""`/sobjects/X/updated/` and `/deleted/`: what changed between two moments, cut to whole seconds."""

from __future__ import annotations

import datetime as dt

from ..errors import ApiError
from ..http import Reply
from ..schema import SObject
from ..storage import quoted
from ..visibility import hidden_from
from ..wire import milliseconds, parse_datetime, wire_datetime
from .call import Call

UPDATED_DAYS = 30
DELETED_DAYS = 15


def updated(call: Call, thing: SObject) -> Reply:
    call.allow("GET")
    start, end = _span(call, UPDATED_DAYS)
    return Reply(
        200, {"ids": [row[0] for row in _rows(call, thing, 0, start, end)], "latestDateCovered": wire_datetime(end)}
    )


def deleted(call: Call, thing: SObject) -> Reply:
    call.allow("GET")
    start, end = _span(call, DELETED_DAYS)
    rows = [{"id": row[0], "deletedDate": wire_datetime(row[1])} for row in _rows(call, thing, 1, start, end)]
    earliest = milliseconds(call.org.clock() - dt.timedelta(days=DELETED_DAYS))
    return Reply(
        200,
        {
            "deletedRecords": rows,
            "earliestDateAvailable": wire_datetime(earliest),
            "latestDateCovered": wire_datetime(end),
        },
    )


def _rows(call: Call, thing: SObject, gone: int, start: int, end: int) -> list[tuple[str, int]]:
    if not (thing.has("SystemModstamp") and thing.has("IsDeleted")):
        raise ApiError("INVALID_TYPE_FOR_OPERATION", f"{thing.name} is not replicateable")
    shared = hidden_from(call.org.state, call.user, thing, "t")
    tests = ["SystemModstamp >= ?", "SystemModstamp < ?", "IsDeleted = ?", *(f"({sql})" for sql, _ in shared)]
    return call.org.storage.tuples(
        f"SELECT Id, SystemModstamp FROM {quoted(thing.name)} t WHERE {' AND '.join(tests)} "  # noqa: S608 - our names
        "ORDER BY SystemModstamp, Id",
        (start, end, gone, *(value for _, values in shared for value in values)),
    )


def _span(call: Call, days: int) -> tuple[int, int]:
    try:
        start, end = (parse_datetime(call.params[name]) // 1000 * 1000 for name in ("start", "end"))
    except (KeyError, ValueError):
        raise ApiError("INVALID_REPLICATION_DATE", "start and end must be datetimes with a zone") from None
    if start >= end:
        raise ApiError("INVALID_REPLICATION_DATE", "startDate before endDate must be at least one minute apart")
    if start < milliseconds(call.org.clock() - dt.timedelta(days=days)):
        raise ApiError("INVALID_REPLICATION_DATE", f"startDate cannot be more than {days} days ago")
    return start, end
