"""Whose turn it is: what changes slowly in the org takes turns in the query slots that a poll leaves free, and goes in
any case once it is due or asks for other things than before. Used by `gather`.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import asdict

from sfassign.named_owners import NAMED_USERS, QUEUES, NamedOwners, kept_owners
from sfassign.ports import Clock, Org, Polled, PollRequest, Store, Unreadable
from sfassign.reading import Reading
from sfassign.slow import RESULTS, SLOW_PARTS, Asking, SlowPart, asking

QUERIES_PER_CALL = 5
ONE_PAGE = 2_000
"""More rows than this need several calls: they are then read only when due, not whenever a slot is free."""

UNSWEPT = "unswept"
"""The facts that keep when and why a sweep was refused."""

RESULTS_DIGEST = "digest:results"
"""What won and closed records were counted over last."""


class Turns:
    """The slow parts of one policy. `resweep`: every part is read that often at least; `overlap`: how far a reading of
    differences reaches back."""

    def __init__(self, org: Org, store: Store, clock: Clock, *, resweep: dt.timedelta, overlap: dt.timedelta) -> None:
        self._org, self._store, self._clock = org, store, clock
        self._resweep, self._overlap = resweep, overlap

    def fill(self, request: PollRequest, reading: Reading, now: dt.datetime, *, whole: bool) -> PollRequest:
        """Fill the free slots with what is nearest to being due; what is due goes in any case."""
        ask = self._asking(reading, now)
        parts = [part for part in SLOW_PARTS if part.needed(reading)]
        for part in sorted(parts, key=lambda part: -self._waited(part, now)):
            free = -_queries(request) % QUERIES_PER_CALL
            fills_up = free > 0 and part.rests is None and not self._is_many(part)
            if whole or self._part_is_due(part, ask) or fills_up:
                request = part.with_it(request, ask)
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

    def sweep_is_due(self, name: str, now: dt.datetime) -> bool:
        """Whether the object's waiting items have not been read whole, or refused, for a resweep."""
        return self._is_older(f"swept:{name}", now, self._resweep) and not self._refused_lately(name, now)

    def whole_is_due(self, name: str, now: dt.datetime) -> bool:
        """Whether the object's active items have not been read whole for long. Those that take several pages are read
        as many times more seldom, so that the calls for it stay the same; very many are left to the resync."""
        rows = self._store.fact(f"whole:{name}:rows")
        if not rows or self._refused_lately(name, now):
            return False
        return self._is_older(f"whole:{name}", now, self._resweep * max(1, math.ceil(int(rows) / ONE_PAGE)))

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

    def _refused_lately(self, name: str, now: dt.datetime) -> bool:
        text = self._store.fact(f"{UNSWEPT}:{name}")
        return bool(text) and now - dt.datetime.fromisoformat(json.loads(text or "")[0]) < self._resweep

    def _is_older(self, fact: str, now: dt.datetime, age: dt.timedelta) -> bool:
        text = self._store.fact(fact)
        return text is None or now - dt.datetime.fromisoformat(text) >= age

    def count_anew(self, reading: Reading) -> tuple[PollRequest, Polled] | None:
        """What performance needs to know is asked for at once where the policy counts other records than before: the
        users it counts for have just been read."""
        wanted = "\n".join(reading.bases)
        if not wanted or self._store.fact(RESULTS_DIGEST) == wanted:
            return None
        request = RESULTS.with_it(PollRequest(), self._asking(reading, self._clock.now()))
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
        return asking(reading, self._store, now, self._overlap)

    def _part_is_due(self, part: SlowPart, ask: Asking) -> bool:
        changed = part.basis is not None and self._store.fact(f"basis:{part.name}") != part.basis(ask)
        return changed or self._waited(part, ask.now) >= 1

    def _waited(self, part: SlowPart, now: dt.datetime) -> float:
        """How long ago it was read, as a share of the time after which it is due."""
        text = self._store.fact(f"read:{part.name}")
        every = part.rests or min(part.every or self._resweep, self._resweep)
        return math.inf if text is None else (now - dt.datetime.fromisoformat(text)) / every

    def _is_many(self, part: SlowPart) -> bool:
        return int(self._store.fact(f"{part.name}:count") or 0) > ONE_PAGE


def _queries(request: PollRequest) -> int:
    asked = sum(part.queries_in(request) for part in SLOW_PARTS)
    others = (request.omni, request.organization, request.sessions_since is not None)
    return len(request.objects) + asked + sum(others)
