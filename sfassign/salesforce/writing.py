"""Owner changes: one composite call of conditional updates and their read-back. Used by `org`.

Each update carries its own guard (`guarding`: it happens only where nobody changed the record after we saw it) and its
own `Sforce-Auto-Assign: FALSE`. A call is never repeated: what a lost answer did is learnt by reading.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Mapping, Sequence

import structlog

from sfassign.errors import OrgError, WriteUnproven
from sfassign.ports import Clock, ObjectRead, OwnerChange, Row, WriteResult
from sfassign.salesforce import guarding, queries, rows
from sfassign.salesforce.composite import CompositeCall, Subrequest, Subresponse, query_subrequest
from sfassign.salesforce.connection import Connection
from sfassign.salesforce.failures import Undetermined, nothing_done

FEWEST, MOST = 5, 24
"""Changes per call: one place of the 25 is the read-back's."""
LONGEST_CALL_SECONDS = 10.0
"""Half of what Salesforce counts as a long-running request (20 s, of which an org may run few at once)."""
_GROWTH = 5
WHO_COLUMNS = ("Owner.Name", "LastModifiedBy.Name")
"""Asked with every read-back, so that whoever changed the owner after us is known by name."""

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
        return tuple(tuple(batch) for batch in guarding.families_together(self._size, changes))

    def write(self, changes: Sequence[OwnerChange], reads: Mapping[str, ObjectRead]) -> tuple[WriteResult, ...]:
        """One result per change, in order. Raises an OrgError where nothing of the call was carried out, and
        WriteUnproven where it was refused as a whole in a way that does not prove it."""
        objects = tuple(dict.fromkeys(change.object for change in changes))
        updates = guarding.updates(changes, self._connection.resource)
        read_backs = [self._read_back(name, index, changes, reads) for index, name in enumerate(objects)]
        call = self._exchange([*updates, *read_backs], [change.entry for change in changes])
        seen = {
            name: _rows_read(name, call.answers.get(part.reference))
            for name, part in zip(objects, read_backs, strict=True)
        }
        return tuple(_result(change, call.answers, seen[change.object]) for change in changes)

    def _exchange(self, parts: Sequence[Subrequest], entries: Sequence[int]) -> CompositeCall:
        """The call with its answers; none at all where the call may have reached the org and was not answered."""
        call = CompositeCall(parts, self._timeout)
        began = self._clock.now()
        try:
            self._connection.call(call)
        except OrgError as failure:
            if not call.carried_out and nothing_done(failure):
                raise
            log.warning(
                "a write got no usable answer", action="org.write_unknown", entries=entries, reason=str(failure)
            )
            if not call.carried_out and not isinstance(failure, Undetermined):
                raise WriteUnproven(f"{failure}; what it wrote is read in the next cycle") from failure
        self._learn(len(entries), self._clock.now() - began)
        return call

    def _read_back(
        self, name: str, index: int, changes: Sequence[OwnerChange], reads: Mapping[str, ObjectRead]
    ) -> Subrequest:
        told = dataclasses.replace(reads[name], fields=(*reads[name].fields, *WHO_COLUMNS))
        soql = queries.by_ids(told, [change.id for change in changes if change.object == name])
        return query_subrequest(self._connection.resource("query"), soql, f"r{index}")

    def _learn(self, count: int, took: dt.timedelta) -> None:
        """As many changes per call as would have taken ten seconds this time; fewer at once, more step by step."""
        seconds = max(took.total_seconds(), 0.001)
        affordable = int(LONGEST_CALL_SECONDS * count / seconds)
        with self._lock:
            self._size = max(FEWEST, min(affordable, self._size + _GROWTH, MOST))


def _rows_read(name: str, answer: Subresponse | None) -> Mapping[str, Row] | None:
    """The records of a read-back by Id; None where it was not answered whole, or not as documented."""
    body = answer.body if answer is not None and answer.ok else None
    records = rows.records(body)
    if not isinstance(body, Mapping) or body.get("done") is not True or records is None:
        return None
    try:
        return {row.id: row for row in (rows.row(name, raw) for raw in records)}
    except OrgError as odd:
        log.warning("a read-back cannot be understood", action="org.read_back_odd", object=name, reason=str(odd))
        return None


def _result(change: OwnerChange, answers: Mapping[str, Subresponse], seen: Mapping[str, Row] | None) -> WriteResult:
    said, code, message = guarding.verdict(change, answers)
    row = seen.get(change.id) if seen is not None else None
    proof = guarding.proof(change, answers)
    return WriteResult(change.entry, said, code, message, row, seen is not None, proof)
