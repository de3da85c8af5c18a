"""How many records each owner has, by aggregate queries. Used by `org` for `count_by_owner`, and by `result_queries`.

An aggregate query has at most 2,000 groups and no further page (SOQL and SOSL Reference, GROUP BY): beyond them the
next query goes on behind the last owner. A query that names owners names 400 at most and so keeps below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote_plus

from sfassign.ports import CountRead, Unreadable
from sfassign.salesforce.asking import Asker
from sfassign.salesforce.failures import Refusal
from sfassign.salesforce.queries import plain_id
from sfassign.salesforce.rows import Raw, an_id, unexpected
from sfassign.soql import flatten
from sfassign.soql.fitting import MAX_URL_BYTES

MOST_GROUPS = 2_000
OWNERS_PER_QUERY = 400
"""27 bytes each in a URL."""

_PATH_BYTES = 64


def grouped(name: str, terms: Sequence[str]) -> str:
    return (
        f"SELECT OwnerId, COUNT(Id) n FROM {name}"  # noqa: S608 — SOQL only reads; names come from the policy
        f" WHERE {' AND '.join(terms)} GROUP BY OwnerId"
    )


def of_owners(owners: Sequence[str]) -> str:
    listed = ",".join(f"'{plain_id(owner)}'" for owner in owners)
    return f"OwnerId IN ({listed})"


def owners_in_parts(name: str, terms: Sequence[str], owners: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The owners cut into queries that fit a URL each."""
    bare = len(quote_plus(grouped(name, [*terms, of_owners(())]))) + _PATH_BYTES
    size = max(1, min(OWNERS_PER_QUERY, (MAX_URL_BYTES - bare) // 27))
    for start in range(0, len(owners), size):
        yield tuple(owners[start : start + size])


def owner_and_count(raw: Raw) -> tuple[str, int]:
    values = flatten(raw)
    count = values.get("n")
    if not isinstance(count, int | float) or isinstance(count, bool):
        raise unexpected("COUNT(Id) is not a number")
    return an_id(values, "ownerid", "AggregateResult"), int(count)


@dataclass(frozen=True, slots=True)
class _Question:
    """One query; `place` is that of the CountRead it belongs to."""

    place: int
    read: CountRead
    owners: tuple[str, ...] = ()
    after: str | None = None

    @property
    def soql(self) -> str:
        terms = [f"({self.read.where})"]
        if self.owners:
            return grouped(self.read.object, [*terms, of_owners(self.owners)])
        terms += [f"OwnerId > '{plain_id(self.after)}'"] if self.after is not None else []
        return f"{grouped(self.read.object, terms)} ORDER BY OwnerId LIMIT {MOST_GROUPS}"


def count_by_owner(asker: Asker, reads: Sequence[CountRead]) -> tuple[Mapping[str, int] | Unreadable, ...]:
    """Raises an OrgError; a count that the org refuses is Unreadable."""
    counts: list[dict[str, int]] = [{} for _ in reads]
    refused: dict[int, Unreadable] = {}
    questions = [one for place, read in enumerate(reads) for one in _questions(place, read)]
    while questions:
        _, outcomes = asker.records([one.soql for one in questions])
        further: list[_Question] = []
        for one, outcome in zip(questions, outcomes, strict=True):
            if isinstance(outcome, Refusal):
                refused[one.place] = Unreadable(outcome.code, outcome.message)
                continue
            found = [owner_and_count(raw) for raw in outcome]
            counts[one.place].update(found)
            if not one.owners and len(found) >= MOST_GROUPS:
                further.append(replace(one, after=found[-1][0]))
        questions = [one for one in further if one.place not in refused]
    return tuple(refused.get(place, counted) for place, counted in enumerate(counts))


def _questions(place: int, read: CountRead) -> list[_Question]:
    if read.owners is None:
        return [_Question(place, read)]
    parts = owners_in_parts(read.object, [f"({read.where})"], read.owners)
    return [_Question(place, read, some) for some in parts]
