"""Resync: compare the cached load with the org, repair it, and name what had drifted. For the daemon and `resync`.

1. Take in the differences, so that honest changes of the last minutes are no drift.
2. Let the org count the load of every owner (`counting`) and compare with the cached sums.
3. Whoever differs is counted once more, between two readings of differences: what changed between two counts is no
   drift either.
4. Only owners that still differ are read again and put right; an object that cannot be counted is read whole.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

from sfassign.counting import Counting, Sums, counting
from sfassign.errors import OrgRefused
from sfassign.gather import Gatherer
from sfassign.portioning import MOST_BY_PAGES
from sfassign.ports import Drift, Org, Store, Unreadable

NOTHING = (0, 0.0)

FIRST_PAUSE = dt.timedelta(minutes=5)
LONGEST_PAUSE = dt.timedelta(hours=1)
_FACT = "load_verified_at"

Cached = Mapping[tuple[str, str], tuple[int, float]]


@dataclasses.dataclass(frozen=True, slots=True)
class ResyncReport:
    """What a resync found: the owners whose load was wrong, and what it cost. `read_whole` are the objects whose every
    active record was read, and why; `unread` those that could not be verified."""

    owners: int
    drifted: tuple[Drift, ...]
    api_calls: int
    read_whole: Mapping[str, str] = dataclasses.field(default_factory=dict)
    unread: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Verification:
    """When the cached load is to be verified: every so often after the last time that it was, which a restart does not
    forget; where that fails again in five minutes, ten, twenty … an hour at the most. Times are aware UTC."""

    store: Store
    every: dt.timedelta
    _failures: int = 0
    _not_before: dt.datetime | None = None

    def begin(self, now: dt.datetime) -> None:
        """A database without any verification counts as verified: it is about to be filled."""
        if self.store.fact(_FACT) is None:
            self.worked(now)

    def is_due(self, now: dt.datetime) -> bool:
        """A clock that was set back makes it due as well."""
        kept = self.store.fact(_FACT)
        fresh = kept is not None and dt.timedelta(0) <= now - dt.datetime.fromisoformat(kept) < self.every
        return not fresh and (self._not_before is None or now >= self._not_before)

    def tried(self, now: dt.datetime) -> dt.datetime:
        """One is begun. Returns when the next one is, unless this one works."""
        self._not_before = now + min(FIRST_PAUSE * (1 << min(self._failures, 10)), LONGEST_PAUSE, self.every)
        self._failures += 1
        return self._not_before

    def worked(self, now: dt.datetime) -> None:
        """The load was verified."""
        self._failures, self._not_before = 0, None
        self.store.keep_fact(_FACT, now.isoformat())


def resync(org: Org, store: Store, gatherer: Gatherer, *, full: bool = False) -> ResyncReport:
    """Verify by counting, or with `full` by reading everything again. Raises OrgError."""
    calls = org.calls
    gatherer.forget_milestones()
    gathered = gatherer.gather()
    at = gathered.at
    verifying = _Verifying(org, store, gatherer)
    suspects = {} if full else verifying.look(at)
    before = store.load_sums()
    if full:
        verifying.miss(gatherer.gather(whole=True).unread)
    else:
        verifying.miss(gathered.unread)
        verifying.repair(suspects, at)
    after = store.load_sums()
    return ResyncReport(len(after), _drifts(before, after), org.calls - calls, verifying.read_whole, verifying.unread)


class _Verifying:
    """One pass. `read_whole` has by object why it cannot be counted, `unread` why not even read."""

    def __init__(self, org: Org, store: Store, gatherer: Gatherer) -> None:
        self._org, self._store, self._gatherer = org, store, gatherer
        self.read_whole: dict[str, str] = {}
        self.unread: dict[str, str] = {}

    def look(self, at: dt.datetime) -> Mapping[str, Sums]:
        """By object the owners that differ for good, with what the org counts of them."""
        countings = self._countings(at)
        found = self._counted(list(countings.values()))
        first = self._differing(found, self._store.load_sums())
        if not first:
            return {}
        self._gatherer.gather()
        earlier = self._store.load_sums()
        again = self._counted([countings[name].of(sorted(sums)) for name, sums in first.items()])
        self._gatherer.gather()
        asked = {
            name: {owner: again.get(name, {}).get(owner, NOTHING) for owner in sums} for name, sums in first.items()
        }
        asked = {name: sums for name, sums in asked.items() if name not in self.read_whole}
        both = (self._differing(asked, earlier, first), self._differing(asked, self._store.load_sums(), first))
        names = [name for name in both[0] if name in both[1]]
        still = {name: {one: sums for one, sums in both[0][name].items() if one in both[1][name]} for name in names}
        return {name: sums for name, sums in still.items() if sums}

    def repair(self, suspects: Mapping[str, Sums], at: dt.datetime) -> None:
        """Read again what differs; whole where that is more than pages are for."""
        for name, sums in suspects.items():
            if name in self.read_whole or name in self.unread:
                continue
            if sum(count for count, _ in sums.values()) > MOST_BY_PAGES:
                self.read_whole[name] = f"{len(sums)} owners of very many records differ"
            else:
                self._gatherer.read_again(name, sorted(sums), at)
        if self.read_whole:
            self.miss(self._gatherer.gather(again=frozenset(self.read_whole)).unread)

    def miss(self, unread: Mapping[str, Unreadable]) -> None:
        """These objects are not verified: without their differences every sum may honestly differ."""
        for name, why in unread.items():
            self.read_whole.pop(name, None)
            self.unread[name] = f"{why.code}: {why.message}"

    def _countings(self, at: dt.datetime) -> dict[str, Counting]:
        reading = self._gatherer.reading()
        found: dict[str, Counting] = {}
        for name in reading.objects:
            made = counting(reading, name, at)
            if isinstance(made, Counting):
                found[name] = made
            else:
                self.read_whole[name] = made
        return found

    def _counted(self, countings: Sequence[Counting]) -> dict[str, Sums]:
        """All of them in as few calls as they take; what the org refuses to count is read whole."""
        reads = [read for one in countings for read in one.reads]
        try:
            answers = iter(self._org.count_by_owner(reads) if reads else ())
        except OrgRefused as refused:
            self.read_whole |= {one.object: str(refused) for one in countings}
            return {}
        found: dict[str, Sums] = {}
        for one in countings:
            counts: list[Mapping[str, int]] = []
            for answer in [next(answers) for _ in one.reads]:
                if isinstance(answer, Unreadable):
                    self.read_whole[one.object] = f"{answer.code}: {answer.message}"
                else:
                    counts.append(answer)
            if len(counts) == len(one.reads):
                found[one.object] = one.sums(counts)
        return found

    def _differing(
        self, found: Mapping[str, Sums], cached: Cached, only: Mapping[str, Sums] | None = None
    ) -> dict[str, Sums]:
        """Owners with other sums in the cache than in the org, with what the org counts; owners that only one of the
        two has differ as well."""
        differing: dict[str, Sums] = {}
        for name, sums in found.items():
            owners = {*sums, *(owner for kind, owner in cached if kind == name)} if only is None else set(only[name])
            wrong = {o: sums.get(o, NOTHING) for o in owners if sums.get(o, NOTHING) != cached.get((name, o), NOTHING)}
            if wrong:
                differing[name] = wrong
        return differing


def _drifts(before: Cached, after: Cached) -> tuple[Drift, ...]:
    return tuple(
        Drift(name, owner, *_pairs(before.get((name, owner), NOTHING), after.get((name, owner), NOTHING)))
        for name, owner in sorted({*before, *after})
        if before.get((name, owner), NOTHING) != after.get((name, owner), NOTHING)
    )


def _pairs(cached: tuple[int, float], found: tuple[int, float]) -> tuple[int, int, float, float]:
    return cached[0], found[0], cached[1], found[1]
