"""Resync: compare the cached load with the org, repair it, and name what had drifted. For the daemon and `resync`."""

from __future__ import annotations

import dataclasses

from sfassign.gather import Gatherer
from sfassign.ports import Drift, Org, Store


@dataclasses.dataclass(frozen=True, slots=True)
class ResyncReport:
    """What a resync found: the owners whose load was wrong, and what it cost."""

    owners: int
    drifted: tuple[Drift, ...]
    api_calls: int


def resync(org: Org, store: Store, gatherer: Gatherer) -> ResyncReport:
    """Take in the differences, then read every active record again and compare the sums of each owner.

    The first reading keeps honest changes of the last minutes from counting as drift. Raises OrgError.
    """
    calls = org.calls
    gatherer.gather()
    before = store.load_sums()
    gatherer.gather(whole=True)
    after = store.load_sums()
    return ResyncReport(len(after), _drifts(before, after), org.calls - calls)


Sums = dict[tuple[str, str], tuple[int, float]]


def _drifts(before: Sums, after: Sums) -> tuple[Drift, ...]:
    nothing = (0, 0.0)
    return tuple(
        Drift(name, owner, *_pairs(before.get((name, owner), nothing), after.get((name, owner), nothing)))
        for name, owner in sorted({*before, *after})
        if before.get((name, owner), nothing) != after.get((name, owner), nothing)
    )


def _pairs(cached: tuple[int, float], found: tuple[int, float]) -> tuple[int, int, float, float]:
    return cached[0], found[0], cached[1], found[1]
