"""What `check` says about the org's hours, holidays, queues, groups and calendars, as far as the policy names them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfassign.core.hours import hours_troubles
from sfassign.core.performance import percent, prior_of
from sfassign.core.pools import pool_troubles, resolve
from sfassign.core.records import Directory, OrgRecords, Pool, ResultsRecord
from sfassign.named_owners import NAMED_USERS, QUEUES, named_owners
from sfassign.ports import Org, Polled, PollRequest, Unreadable
from sfassign.reading import Reading
from sfassign.rights import RIGHTS, called
from sfassign.slow import SLOW_PARTS, Asking

_OTHERS = ("users", "frozen")
"""Checked with the people themselves."""
_UNPRAISED = (QUEUES, NAMED_USERS)
"""Every policy asks for these."""


@dataclass(frozen=True, slots=True)
class RecordFinding:
    what: str
    level: str
    said: str
    mend: str | None = None


@dataclass(frozen=True, slots=True)
class ReadRecords:
    """One reading of every slow record the policy needs."""

    polled: Polled
    records: OrgRecords
    asked: tuple[str, ...]


def read_records(org: Org, reading: Reading, now: dt.datetime) -> ReadRecords:
    """Raises an OrgError where nothing could be asked at all."""
    request, asking = PollRequest(), Asking(reading, now, (), milestones_since=now)
    parts = [part for part in SLOW_PARTS if part.name not in _OTHERS and part.needed(reading)]
    for part in parts:
        request = part.with_it(request, asking)
    polled = org.poll(request)
    directory = Directory(_read(polled.groups), _read(polled.links), _read(polled.roles))
    records = OrgRecords(
        business_hours=_read(polled.business_hours),
        holidays=_read(polled.holidays),
        skills=_read(polled.skills),
        away=_read(polled.away),
        away_at=polled.at,
        pools=resolve(reading.policy, directory),
    )
    return ReadRecords(polled, records, tuple(part.name for part in parts if part.asked_in(request)))


def knowing_owners(reading: Reading, read: ReadRecords) -> Reading:
    """The reading that asks for owners by Id, as the daemon does."""
    users, queues = read.polled.users_named, read.polled.queues
    if not isinstance(users, tuple) or not isinstance(queues, tuple):
        return reading
    return replace(reading, owners=named_owners(reading.owner_names, users, queues))


def record_findings(reading: Reading, read: ReadRecords) -> Iterator[RecordFinding]:
    """What cannot be read, what the org does not have, and one line of praise where all of it is there."""
    found = [*_refused(read), *_missing(reading, read)]
    yield from found
    praised = [name for name in read.asked if name not in _UNPRAISED]
    if praised and not found:
        names = ", ".join(map(called, praised))
        yield RecordFinding("records", "ok", f"the org has what the policy asks of it: {names}")


def results_findings(
    org: Org, reading: Reading, users: Any, pools: Sequence[Pool], now: dt.datetime
) -> tuple[RecordFinding, ...]:
    """What was won and closed, counted once for the people who may be members now. Raises an OrgError."""
    wanted = reading.results(now, reading.membership(users or (), pools, now))
    if not wanted:
        return ()
    found = org.poll(PollRequest(results=wanted)).results
    if isinstance(found, Unreadable):
        said = f"{called('results')} cannot be read: {found.message}"
        return (RecordFinding("performance", "warning", said, RIGHTS["results"]),)
    return tuple(_rated(record) for record in found or ())


def _rated(record: ResultsRecord) -> RecordFinding:
    prior = prior_of([(won, closed) for _, won, closed in record.members])
    if prior is None:
        said = f"{record.basis}: nothing closed yet by {len(record.members)} people, so all count alike"
        return RecordFinding("performance", "warning", said, "compare `closed` and the period with the org's records")
    closed = sum(one[2] for one in record.members)
    said = f"{record.basis}: {percent(prior.mean)} of {closed} closed by {len(record.members)} people"
    return RecordFinding("performance", "ok", said)


def _refused(read: ReadRecords) -> Iterator[RecordFinding]:
    for name in read.asked:
        value = getattr(read.polled, name)
        if isinstance(value, Unreadable):
            yield RecordFinding("records", "warning", f"{called(name)} cannot be read: {value.message}", RIGHTS[name])


def _missing(reading: Reading, read: ReadRecords) -> Iterator[RecordFinding]:
    for said in hours_troubles(reading.policy, read.records):
        yield RecordFinding("hours", "warning", said, "compare Setup › Business Hours and Holidays with `hours`")
    for said in pool_troubles(reading.policy, read.records):
        yield RecordFinding("members", "warning", said, "compare Setup › Queues and Public Groups with `members`")


def _read(value: Any) -> Any:
    return value if isinstance(value, tuple) else None
