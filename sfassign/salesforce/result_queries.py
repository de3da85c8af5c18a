"""Won and closed records per owner: two counts for each basis, in queries that name the owners. Used by `reading`.

An aggregate query has at most 2,000 groups and no further page (SOQL and SOSL Reference, GROUP BY): naming at most 400
owners in each keeps below that, and every query fits a URL.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

from sfassign.core.records import ResultsRecord
from sfassign.ports import ResultsRead
from sfassign.salesforce.composite import MAX_URL_BYTES
from sfassign.salesforce.rows import Raw, an_id, unexpected
from sfassign.soql import flatten

OWNERS_PER_QUERY = 400
"""27 bytes each in a URL."""

_PATH_BYTES = 64


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records of one owner one query found. `won`: among the closed ones, those that are a success."""

    basis: str
    won: bool
    user: str
    count: int


def counting(read: ResultsRead) -> Iterator[tuple[bool, str]]:
    """The queries of one basis, and whether each counts the won ones."""
    for won in (False, True):
        terms = f"({read.closed}) AND ({read.success})" if won else f"({read.closed})"
        bare = _soql(read, terms, ())
        size = max(1, min(OWNERS_PER_QUERY, (MAX_URL_BYTES - _PATH_BYTES - len(quote_plus(bare))) // 27))
        for start in range(0, len(read.owners), size):
            yield won, _soql(read, terms, read.owners[start : start + size])


def _soql(read: ResultsRead, terms: str, owners: Sequence[str]) -> str:
    listed = ",".join(f"'{owner}'" for owner in owners)
    since = read.since.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f"SELECT OwnerId, COUNT(Id) n FROM {read.object}"  # noqa: S608 — SOQL only reads; names come from the policy
        f" WHERE CreatedDate >= {since} AND OwnerId IN ({listed}) AND {terms} GROUP BY OwnerId"
    )


def counted(basis: str, won: bool, raws: Sequence[Raw]) -> tuple[Counted, ...]:
    return tuple(_counted(basis, won, raw) for raw in raws)


def _counted(basis: str, won: bool, raw: Raw) -> Counted:
    values = flatten(raw)
    count = values.get("n")
    if not isinstance(count, int | float) or isinstance(count, bool):
        raise unexpected("COUNT(Id) is not a number")
    return Counted(basis, won, an_id(values, "ownerid", "AggregateResult"), int(count))


def summed(reads: Sequence[ResultsRead], found: Sequence[Counted]) -> tuple[ResultsRecord, ...]:
    """Everybody asked about. The two counts are taken one after the other: what was won in between is left out."""
    counts: defaultdict[tuple[str, bool, str], int] = defaultdict(int)
    for one in found:
        counts[one.basis, one.won, one.user] += one.count
    return tuple(ResultsRecord(read.basis, tuple(_of(read, user, counts) for user in read.owners)) for read in reads)


def _of(read: ResultsRead, user: str, counts: defaultdict[tuple[str, bool, str], int]) -> tuple[str, int, int]:
    closed = counts[read.basis, False, user]
    return user, min(counts[read.basis, True, user], closed), closed
