"""Whose turn it is: what changes slowly in the org takes turns in the query slots that a poll leaves free, and goes in
any case once it is due or asks for other things than before; and how far a reading of differences reaches back. What is
due is told by our clock, what is asked for by the org's. Used by `gather`.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from sfassign.named_owners import NAMED_USERS, QUEUES, NamedOwners, kept_owners
from sfassign.ports import Clock, Org, Polled, PollRequest, Store, Unreadable
from sfassign.reading import Reading
from sfassign.slow import LONGEST_TRANSACTION, RESULTS, SLOW_PARTS, Asking, SlowPart, asking

QUERIES_PER_CALL = 5
ONE_PAGE = 2_000
"""More rows than this need several calls: they are then read only when due, not whenever a slot is free."""

UNSWEPT = "unswept"
"""The facts that keep when and why a sweep was refused."""
RAREST_LOOK_BACK = dt.timedelta(hours=1)
"""However much changes, what was committed late is looked for this often."""

RESULTS_DIGEST = "digest:results"
"""What won and closed records were counted over last."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One part at one poll. `waited` is a share of the time after which it is due; `queries` are those of its asking;
    `is_many`: it brings several pages."""

    part: SlowPart
    waited: float
    queries: int
    changed: bool = False
    is_many: bool = False


def taken(turns: Iterable[Turn], queries: int) -> Iterator[Turn]:
    """Those that go along with so many other queries: what is nearest to being due fills the free slots, what is due
    goes in any case."""
    for turn in sorted(turns, key=lambda turn: -turn.waited):
        fills_up = -queries % QUERIES_PER_CALL > 0 and turn.part.rests is None and not turn.is_many
        if turn.changed or turn.waited >= 1 or fills_up:
            queries += turn.queries
            yield turn


def due_after(part: SlowPart, resweep: dt.timedelta) -> dt.timedelta:
    """How long after its last reading a part is due."""
    return part.rests or min(part.every or resweep, resweep)


def pages_of(rows: int) -> int:
    """What takes several pages is read as many times more seldom."""
    return max(1, math.ceil(rows / ONE_PAGE))


class Turns:
    """The slow parts of one policy. `resweep`: every part is read that often at least; `overlap`: how far every reading
    of differences reaches back."""

    def __init__(self, org: Org, store: Store, clock: Clock, *, resweep: dt.timedelta, overlap: dt.timedelta) -> None:
        self._org, self._store, self._clock = org, store, clock
        self._resweep, self._overlap = resweep, overlap

    def fill(self, request: PollRequest, reading: Reading, now: dt.datetime, *, whole: bool) -> PollRequest:
        """Fill the free slots with what is nearest to being due; what is due goes in any case. `now` is the org's
        clock, as in everything that asks."""
        ask = self._asking(reading, now)
        parts = [part for part in SLOW_PARTS if part.needed(reading)]
        turns = [self._turn(part, ask) for part in parts]
        for turn in turns if whole else taken(turns, _queries(request)):
            request = turn.part.with_it(request, ask)
        return request

    def keep(self, polled: Polled, request: PollRequest, reading: Reading) -> None:
        """Keep what the poll brought of them. The pools that users were asked by are the ones kept until then."""
        facts: dict[str, str] = {}
        ask = self._asking(reading, polled.at)
        for part in SLOW_PARTS:
            if not part.asked_in(request):
                continue
            found = part.found_in(polled)
            facts[f"read:{part.name}"] = self._clock.now().isoformat()
            facts[f"refused:{part.name}"] = json.dumps(asdict(found)) if isinstance(found, Unreadable) else ""
            if part.basis is not None and not isinstance(found, Unreadable):
                facts[f"basis:{part.name}"] = part.basis(ask)
            if isinstance(found, tuple | frozenset):
                facts[f"{part.name}:count"] = str(len(found))
            part.take(self._store, polled)
        self._store.keep_facts(facts)

    def owners(self) -> NamedOwners:
        """Who is called as the policy's conditions say, as far as it has been asked."""
        return kept_owners(*map(self._store.fact, (f"basis:{NAMED_USERS}", NAMED_USERS, QUEUES)))

    def differences_since(self, name: str, watermark: dt.datetime, now: dt.datetime) -> dt.datetime:
        """From when on the object's differences are read: a little before the last reading, and once a resweep so far
        back that nothing is missed which was stamped but not committed at the last look back. Where that brings several
        pages it is done as many times more seldom."""
        last = self._looked_back(name) or watermark
        pages = pages_of(int(self._store.fact(f"looked_back:{name}:rows") or 0))
        due = now - last >= min(self._resweep * pages, max(self._resweep, RAREST_LOOK_BACK))
        return min(watermark - self._overlap, last - LONGEST_TRANSACTION) if due else watermark - self._overlap

    def read_since(self, name: str, since: dt.datetime | None, at: dt.datetime, rows: int) -> None:
        """The object was read at `at`, the org's clock: its differences, or (`since` None) all of it."""
        last = self._looked_back(name)
        if since is None or last is None or since <= last - LONGEST_TRANSACTION:
            found = {f"looked_back:{name}": at.isoformat(), f"looked_back:{name}:rows": str(rows if since else 0)}
            self._store.keep_facts(found)

    def _looked_back(self, name: str) -> dt.datetime | None:
        text = self._store.fact(f"looked_back:{name}")
        return None if text is None else dt.datetime.fromisoformat(text)

    def sweep_is_due(self, name: str) -> bool:
        """Whether the object's waiting items have not been read whole, or refused, for a resweep."""
        return self._is_older(f"swept:{name}", self._resweep) and not self._refused_lately(name)

    def whole_is_due(self, name: str) -> bool:
        """Whether the object's active items have not been read whole for long. Those that take several pages are read
        as many times more seldom, so that the calls for it stay the same; very many are left to the resync."""
        rows = self._store.fact(f"whole:{name}:rows")
        if not rows or self._refused_lately(name):
            return False
        return self._is_older(f"whole:{name}", self._resweep * pages_of(int(rows)))

    def swept(self, name: str, *, whole: bool, rows: int | None) -> None:
        """The waiting items were read whole, or all active ones. `rows` None: so many that they came in portions."""
        now = self._clock.now().isoformat()
        facts = {f"swept:{name}": now, f"{UNSWEPT}:{name}": ""}
        if whole:
            facts |= {f"whole:{name}": now, f"whole:{name}:rows": "" if rows is None else str(rows)}
        self._store.keep_facts(facts)

    def not_swept(self, name: str, why: Unreadable) -> None:
        """The org refused to show the items whole: it is asked again after a resweep."""
        self._store.keep_fact(f"{UNSWEPT}:{name}", json.dumps([self._clock.now().isoformat(), why.code, why.message]))

    def unswept(self, reading: Reading) -> dict[str, Unreadable]:
        """The objects whose last sweep was refused; told until one is not."""
        names = [name for name in reading.objects if name in reading.swept or name in reading.swept_whole]
        kept = ((name, self._store.fact(f"{UNSWEPT}:{name}")) for name in names)
        return {name: Unreadable(*json.loads(text)[1:]) for name, text in kept if text}

    def _refused_lately(self, name: str) -> bool:
        text = self._store.fact(f"{UNSWEPT}:{name}")
        if not text:
            return False
        return self._clock.now() - dt.datetime.fromisoformat(json.loads(text)[0]) < self._resweep

    def _is_older(self, fact: str, age: dt.timedelta) -> bool:
        text = self._store.fact(fact)
        return text is None or self._clock.now() - dt.datetime.fromisoformat(text) >= age

    def count_anew(self, reading: Reading, now: dt.datetime) -> tuple[PollRequest, Polled] | None:
        """What performance needs to know is asked for at once where the policy counts other records than before: the
        users it counts for have just been read."""
        wanted = "\n".join(reading.bases)
        if not wanted or self._store.fact(RESULTS_DIGEST) == wanted:
            return None
        request = RESULTS.with_it(PollRequest(), self._asking(reading, now))
        if not RESULTS.asked_in(request):
            return None
        polled = self._org.poll(request)
        self._store.keep_fact(RESULTS_DIGEST, wanted)
        return request, polled

    def refused(self, reading: Reading) -> list[tuple[SlowPart, Unreadable]]:
        """The parts that were refused when it was their turn; told until they are read."""
        kept = ((part, self._store.fact(f"refused:{part.name}")) for part in SLOW_PARTS if part.needed(reading))
        return [(part, Unreadable(**json.loads(text))) for part, text in kept if text]

    def _asking(self, reading: Reading, now: dt.datetime) -> Asking:
        return asking(reading, self._store, now)

    def _turn(self, part: SlowPart, ask: Asking) -> Turn:
        read, rows = self._store.fact(f"read:{part.name}"), self._store.fact(f"{part.name}:count")
        passed = None if read is None else self._clock.now() - dt.datetime.fromisoformat(read)
        return Turn(
            part,
            math.inf if passed is None else passed / due_after(part, self._resweep),
            part.queries_in(part.with_it(PollRequest(), ask)),
            changed=part.basis is not None and self._store.fact(f"basis:{part.name}") != part.basis(ask),
            is_many=int(rows or 0) > ONE_PAGE,
        )


def _queries(request: PollRequest) -> int:
    asked = sum(part.queries_in(request) for part in SLOW_PARTS)
    others = (request.omni, request.organization, request.sessions_since is not None)
    return len(request.objects) + asked + sum(others)
