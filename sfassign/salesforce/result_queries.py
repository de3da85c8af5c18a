"""Won and closed records per owner: two counts for each basis, in queries that name the owners. Used by `reading`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sfassign.core.records import ResultsRecord
from sfassign.ports import ResultsRead
from sfassign.salesforce.owner_counts import grouped, of_owners, owner_and_count, owners_in_parts
from sfassign.salesforce.queries import instant
from sfassign.salesforce.rows import Raw


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records of one owner one query found. `won`: among the closed ones, those that are a success."""

    basis: str
    won: bool
    user: str
    count: int


def counting(read: ResultsRead) -> Iterator[tuple[bool, str]]:
    """The queries of one basis, and whether each counts the won ones."""
    since = f"CreatedDate >= {instant(read.since)}"
    for won in (False, True):
        terms = [since, f"({read.closed})", *([f"({read.success})"] if won else [])]
        for owners in owners_in_parts(read.object, terms, read.owners):
            yield won, grouped(read.object, [*terms, of_owners(owners)])


def counted(basis: str, won: bool, raws: Sequence[Raw]) -> tuple[Counted, ...]:
    return tuple(Counted(basis, won, *owner_and_count(raw)) for raw in raws)


def summed(reads: Sequence[ResultsRead], found: Sequence[Counted]) -> tuple[ResultsRecord, ...]:
    """Everybody asked about. The two counts are taken one after the other: what was won in between is left out."""
    counts: defaultdict[tuple[str, bool, str], int] = defaultdict(int)
    for one in found:
        counts[one.basis, one.won, one.user] += one.count
    return tuple(ResultsRecord(read.basis, tuple(_of(read, user, counts) for user in read.owners)) for read in reads)


def _of(read: ResultsRead, user: str, counts: defaultdict[tuple[str, bool, str], int]) -> tuple[str, int, int]:
    closed = counts[read.basis, False, user]
    return user, min(counts[read.basis, True, user], closed), closed
