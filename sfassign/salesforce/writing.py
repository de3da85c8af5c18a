"""Owner changes: one composite call of conditional updates and their read-back. Used by `org`.

Each update carries its own `If-Unmodified-Since` (it happens only where nobody changed the record after we saw it)
and its own `Sforce-Auto-Assign: FALSE` (subrequests inherit neither). A call is never repeated: what a lost answer
did is learnt by reading.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import threading
from collections.abc import Mapping, Sequence

import structlog

from sfassign.errors import OrgError
from sfassign.ports import Answer, Clock, ObjectRead, OwnerChange, Row, WriteResult
from sfassign.salesforce import queries, rows
from sfassign.salesforce.composite import (
    MAX_QUERIES,
    MAX_SUBREQUESTS,
    CompositeCall,
    Subrequest,
    Subresponse,
    query_subrequest,
)
from sfassign.salesforce.connection import Connection
from sfassign.salesforce.failures import Undetermined

FEWEST, MOST = 5, 24
"""Changes per call: one place of the 25 is the read-back's."""
LONGEST_CALL_SECONDS = 10.0
"""Half of what Salesforce counts as a long-running request (20 s, of which an org may run few at once)."""
_GROWTH = 5

log = structlog.get_logger()


class Writer:
    """Writes for `SalesforceOrg`."""

    def __init__(self, connection: Connection, clock: Clock, timeout: tuple[float, float]) -> None:
        self._connection = connection
        self._clock = clock
        self._timeout = timeout
        self._size = MOST
        self._lock = threading.Lock()

    def batches(self, changes: Sequence[OwnerChange]) -> tuple[tuple[OwnerChange, ...], ...]:
        """The changes in order, cut into calls of at most 25 subrequests, read-backs included, and of a size that
        kept a call under ten seconds lately."""
        cut: list[list[OwnerChange]] = []
        for change in changes:
            if not cut or not self._fits(cut[-1], change):
                cut.append([])
            cut[-1].append(change)
        return tuple(tuple(batch) for batch in cut)

    def _fits(self, batch: Sequence[OwnerChange], change: OwnerChange) -> bool:
        objects = {member.object for member in batch} | {change.object}
        size = len(batch) + 1
        return size <= self._size and size + len(objects) <= MAX_SUBREQUESTS and len(objects) <= MAX_QUERIES

    def write(self, changes: Sequence[OwnerChange], reads: Mapping[str, ObjectRead]) -> tuple[WriteResult, ...]:
        """One result per change, in order. Raises an OrgError only where nothing of the call was carried out."""
        objects = tuple(dict.fromkeys(change.object for change in changes))
        updates = [self._update(change) for change in changes]
        read_backs = [self._read_back(name, index, changes, reads) for index, name in enumerate(objects)]
        answers = self._exchange([*updates, *read_backs], [change.entry for change in changes])
        seen = {
            name: _rows_read(name, answers.get(part.reference)) for name, part in zip(objects, read_backs, strict=True)
        }
        return tuple(_result(change, answers.get(_reference(change)), seen[change.object]) for change in changes)

    def _exchange(self, parts: Sequence[Subrequest], entries: Sequence[int]) -> Mapping[str, Subresponse]:
        """The answers by reference; none at all where the call may have reached the org and was not answered."""
        call = CompositeCall(parts, self._timeout)
        began = self._clock.now()
        try:
            self._connection.call(call)
        except OrgError as failure:
            if not isinstance(failure, Undetermined) and not call.carried_out:
                raise
            log.warning(
                "a write got no usable answer", action="org.write_unknown", entries=entries, reason=str(failure)
            )
        self._learn(len(entries), self._clock.now() - began)
        return call.answers

    def _update(self, change: OwnerChange) -> Subrequest:
        guard = change.guard_at.astimezone(dt.UTC).replace(microsecond=0)
        headers = {
            "Sforce-Auto-Assign": "FALSE",
            "If-Unmodified-Since": email.utils.format_datetime(guard, usegmt=True),
        }
        path = self._connection.resource(f"sobjects/{change.object}/{change.id}")
        body = dict(change.fields) if change.owner is None else {**change.fields, "OwnerId": change.owner}
        return Subrequest("PATCH", path, _reference(change), headers, body)

    def _read_back(
        self, name: str, index: int, changes: Sequence[OwnerChange], reads: Mapping[str, ObjectRead]
    ) -> Subrequest:
        soql = queries.by_ids(reads[name], [change.id for change in changes if change.object == name])
        return query_subrequest(self._connection.resource("query"), soql, f"r{index}")

    def _learn(self, count: int, took: dt.timedelta) -> None:
        """As many changes per call as would have taken ten seconds this time; fewer at once, more step by step."""
        seconds = max(took.total_seconds(), 0.001)
        affordable = int(LONGEST_CALL_SECONDS * count / seconds)
        with self._lock:
            self._size = max(FEWEST, min(affordable, self._size + _GROWTH, MOST))


def _reference(change: OwnerChange) -> str:
    return f"e{change.entry}" if change.entry >= 0 else f"n{-change.entry}"


def _rows_read(name: str, answer: Subresponse | None) -> Mapping[str, Row] | None:
    """The records of a read-back by Id; None where it was not answered whole, or not as documented."""
    body = answer.body if answer is not None and answer.ok else None
    if not isinstance(body, Mapping) or body.get("done") is not True or not isinstance(body.get("records"), list):
        return None
    try:
        return {row.id: row for row in (rows.row(name, raw) for raw in body["records"])}
    except OrgError as odd:
        log.warning("a read-back cannot be understood", action="org.read_back_odd", object=name, reason=str(odd))
        return None


def _result(change: OwnerChange, answer: Subresponse | None, seen: Mapping[str, Row] | None) -> WriteResult:
    verdict, code, message = _verdict(answer)
    row = seen.get(change.id) if seen is not None else None
    return WriteResult(change.entry, verdict, code, message, row, seen is not None)


def _verdict(answer: Subresponse | None) -> tuple[Answer, str | None, str | None]:
    if answer is None:
        return Answer.UNKNOWN, None, None
    if answer.ok:
        return Answer.ACCEPTED, None, None
    if answer.status == 412:
        return Answer.CHANGED_SINCE, None, None
    refusal = answer.refusal
    return Answer.REFUSED, refusal.code, refusal.message
