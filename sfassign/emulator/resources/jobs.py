"""`/jobs/query`: Bulk API 2.0 query jobs. A job is made, polled until it is complete, and its rows fetched as CSV.
Ingest jobs are refused.

Source: Bulk API 2.0 and Bulk API Developer Guide. All values are quoted, null is empty, moments end in Z; results are
read with the API version the job was made with. The rows are those of the moment the job completes.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfassign.soql.tree import SubQuery, TypeOf

from ..errors import ApiError, not_found
from ..http import Reply
from ..query.moments import Asker
from ..query.shape import Compound, Shape
from ..wire import milliseconds, wire_datetime
from .call import Call

DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
OPERATIONS = {"query": False, "queryall": True}
MAX_ROWS = 1_000_000
ROWS_PER_BLOCK = 2_000
Rows = list[list[str]]


@dataclass(slots=True)
class Job:
    """`header` and `blocks` are filled when the job completes, at `done_at` by the org's clock."""

    asker: Asker
    facts: dict[str, Any]
    done_at: dt.datetime
    state: str = "UploadComplete"
    header: list[str] = field(default_factory=list)
    blocks: list[bytes] | None = None
    """The rows, so many in each and packed: as many as a large org has would not fit into memory as texts."""
    count: int = 0

    def rows(self, start: int, stop: int) -> Rows:
        blocks = self.blocks or []
        found: Rows = []
        for number in range(start // ROWS_PER_BLOCK, min(-(-stop // ROWS_PER_BLOCK), len(blocks))):
            first = number * ROWS_PER_BLOCK
            found += json.loads(zlib.decompress(blocks[number]))[max(0, start - first) : stop - first]
        return found


def jobs(call: Call) -> Reply:
    match call.segments[1:]:
        case ("query",):
            call.allow("GET", "POST")
            return _make(call) if call.method == "POST" else _all(call)
        case ("query", key):
            return _one(call, _job(call, key))
        case ("query", key, "results"):
            call.allow("GET")
            return _results(call, _job(call, key))
        case ("ingest", *_):
            raise ApiError("FEATURENOTENABLED", "The local org does not offer ingest jobs of the Bulk API")
        case _:
            raise not_found()


def _make(call: Call) -> Reply:
    body = call.json_object()
    operation, soql = str(body.get("operation")), body.get("query")
    if operation.lower() not in OPERATIONS or not isinstance(soql, str):
        raise ApiError("INVALIDJOB", "operation must be query or queryAll, and query the SOQL text")
    delimiter, ending = body.get("columnDelimiter", "COMMA"), body.get("lineEnding", "LF")
    if delimiter not in DELIMITERS or ending not in LINE_ENDINGS:
        raise ApiError("INVALIDJOB", f"columnDelimiter {delimiter} or lineEnding {ending} is not supported")
    runner = call.org.queries
    asker = runner.asker(call.user, everything=OPERATIONS[operation.lower()], version=call.version)
    _check(call, soql, asker)
    key = call.org.state.ids.allocate("750")
    now = call.org.clock()
    facts = {
        "id": key,
        "operation": operation,
        "object": runner.parsed(soql).object,
        "createdById": call.user,
        "createdDate": wire_datetime(milliseconds(now)),
        "systemModstamp": wire_datetime(milliseconds(now)),
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(call.version.removeprefix("v")),
        "lineEnding": ending,
        "columnDelimiter": delimiter,
        "query": soql,
    }
    job = Job(asker, facts, now + dt.timedelta(seconds=call.org.settings.bulk_seconds))
    call.org.jobs[key] = job
    return Reply(200, _shown(job))


def _check(call: Call, soql: str, asker: Asker) -> None:
    """Refuse at once what the Bulk API cannot do, and what is no query at all."""
    query = call.org.queries.parsed(soql)
    plan = call.org.queries.compile(soql, asker)
    missing = [
        ("GROUP BY and aggregate functions", plan.shape is None),
        ("OFFSET", query.offset is not None),
        ("TYPEOF", any(isinstance(one, TypeOf) for one in query.select)),
        ("parent-to-child queries", any(isinstance(one, SubQuery) for one in query.select)),
        ("compound fields", plan.shape is not None and _compound(plan.shape)),
    ]
    for what, found in missing:
        if found:
            raise ApiError("FEATURENOTENABLED", f"The Bulk API does not support {what} in a query")


def _compound(shape: Shape) -> bool:
    parts = shape.items.values()
    return any(isinstance(one, Compound) or (isinstance(one, Shape) and _compound(one)) for one in parts)


def _job(call: Call, key: str) -> Job:
    job = call.org.jobs.get(key)
    if job is None or job.asker.by != call.user:
        raise not_found()
    if job.state in {"UploadComplete", "InProgress"}:
        job.state = "InProgress"
        if call.org.clock() >= job.done_at and call.org.settings.bulk_failure is not None:
            job.state, job.facts["errorMessage"] = "Failed", call.org.settings.bulk_failure
        elif call.org.clock() >= job.done_at:
            _complete(call, job)
    return job


def _complete(call: Call, job: Job) -> None:
    plan, portions = call.org.queries.portions(job.facts["query"], job.asker, ROWS_PER_BLOCK)
    shape = plan.shape
    assert shape is not None  # noqa: S101 - a job without records is refused when it is made
    job.header, job.blocks = list(_names(shape, "")), []
    for records in portions:
        rows = [list(_values(shape, one)) for one in records]
        job.blocks.append(zlib.compress(json.dumps(rows).encode(), 1))
        job.count += len(rows)
    job.state = "JobComplete"


def _names(shape: Shape, before: str) -> Iterator[str]:
    for name, item in shape.items.items():
        if isinstance(item, Shape):
            yield from _names(item, f"{before}{name}.")
        else:
            yield before + name


def _values(shape: Shape, record: Mapping[str, Any]) -> Iterator[str]:
    """One text per column; those of a parent that is not there are empty."""
    for name, item in shape.items.items():
        if isinstance(item, Shape):
            yield from _values(item, record.get(name) or {})
        else:
            yield _text(record.get(name))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return f"{text[:-5]}Z" if text.endswith("+0000") and text[10:11] == "T" else text


def _one(call: Call, job: Job) -> Reply:
    call.allow("GET", "PATCH", "DELETE")
    if call.method == "DELETE":
        del call.org.jobs[job.facts["id"]]
        return Reply(204)
    if call.method == "PATCH":
        if call.json_object().get("state") != "Aborted" or job.state == "JobComplete":
            raise ApiError("INVALIDJOBSTATE", "Only a job that is not complete can be aborted")
        job.state = "Aborted"
    return Reply(200, _shown(job))


def _shown(job: Job) -> dict[str, Any]:
    facts = job.facts | {"state": job.state}
    if job.blocks is not None:
        facts |= {"numberRecordsProcessed": job.count, "retries": 0, "totalProcessingTime": 0}
    return facts


def _all(call: Call) -> Reply:
    own = [_shown(one) for one in call.org.jobs.values() if one.asker.by == call.user]
    return Reply(200, {"done": True, "records": own, "nextRecordsUrl": None})


def _results(call: Call, job: Job) -> Reply:
    if job.asker.version != call.version:
        raise ApiError("VERSIONMISMATCH", "Use the API version the job was made with", 409)
    if job.blocks is None:
        raise ApiError("INVALIDJOBSTATE", f"The job is {job.state}, its results are there once it is JobComplete")
    try:
        start = int(call.params.get("locator", "0"))
        size = int(call.params.get("maxRecords", MAX_ROWS))
    except ValueError:
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator") from None
    rows = job.rows(start, min(start + size, job.count))
    stop = start + len(rows)
    headers = {
        "Content-Type": "text/csv",
        "Sforce-NumberOfRecords": str(len(rows)),
        "Sforce-Locator": str(stop) if stop < job.count else "null",
    }
    return Reply(200, headers=headers, page=_csv(job, rows))


def _csv(job: Job, rows: Rows) -> str:
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=DELIMITERS[job.facts["columnDelimiter"]],
        lineterminator=LINE_ENDINGS[job.facts["lineEnding"]],
        quoting=csv.QUOTE_ALL,
    )
    writer.writerows([job.header, *rows])
    return text.getvalue()
