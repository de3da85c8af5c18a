"""A day on which nothing happens, played through poll by poll: what the daemon's own turns cost where the org has as
much as it has. Used by `cost_checks`.

Neglect, notices and preferences cost nothing then: nothing waits that they are about and no clock is due.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

from sfassign.core.pools import by_pool, resolve
from sfassign.core.records import Directory, Pool
from sfassign.counting import Counting, counting
from sfassign.portioning import MOST_BY_PAGES
from sfassign.ports import PollRequest
from sfassign.reading import CASE, Reading
from sfassign.salesforce import SalesforceOrg, Size
from sfassign.settings import Settings
from sfassign.slow import POOL_PARTS, RESULTS, SLOW_PARTS, Asking, SlowPart
from sfassign.turns import ONE_PAGE, QUERIES_PER_CALL, Turn, due_after, pages_of, taken

DAY = dt.timedelta(days=1)
NAMED_PER_QUERY = 400
"""Owners that a count of results, Cases that a look-up of milestones names."""

PRESENCE = ("sessions", "omni")


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is to read: of every part of a poll, and by object what waits and what is active, where these are
    read whole from time to time. `counts` are the queries of a resync."""

    parts: Mapping[str, Size]
    sources: Mapping[str, Size]
    active: Mapping[str, Size]
    counts: int


def measure(org: SalesforceOrg, reading: Reading, now: dt.datetime) -> Extent:
    """Five queries a call, first pages only. `now` is the org's clock. Raises an OrgError."""
    waiting = [name for name in reading.objects if name in reading.swept or (name == CASE and reading.milestones)]
    active = [name for name in reading.objects if name in reading.swept_whole]
    wheres = [(name, reading.sources(name, now)) for name in waiting]
    wheres += [(name, reading.active(name, now)) for name in active]
    request = PollRequest(
        objects=tuple(reading.object_read(name, where=where) for name, where in wheres),
        sessions_since=reading.since(now),
        omni=reading.omni,
    )
    ask = Asking(reading, now, _pools(org, reading))
    for part in SLOW_PARTS:
        if part.needed(reading):
            request = part.with_it(request, ask)
    objects, parts = org.sizes(request)
    resyncs = (counting(reading, name, now) for name in reading.objects)
    counts = sum(len(one.reads) for one in resyncs if isinstance(one, Counting))
    named = dict(zip(waiting, objects, strict=False))
    return Extent(parts, named, dict(zip(active, objects[len(waiting) :], strict=True)), counts)


def calls_of_a_poll(reading: Reading, extent: Extent) -> int:
    """One in which nothing is due, its free slots filled or not."""
    queries = len(reading.objects) + _presence_queries(extent)
    return math.ceil(queries / QUERIES_PER_CALL) + _presence_pages(extent)


def idle_day(settings: Settings, reading: Reading, extent: Extent) -> int:
    """Calls of the polls and of the resyncs of a day."""
    played = _Played(settings, reading, extent)
    polls = round(DAY / settings.poll)
    resync = calls_of_a_poll(reading, extent) + math.ceil(extent.counts / QUERIES_PER_CALL)
    return sum(played.poll(number * settings.poll) for number in range(1, polls + 1)) + DAY // settings.resync * resync


class _Played:
    """The daemon's polls as time passes. Everything was read at the time 0."""

    def __init__(self, settings: Settings, reading: Reading, extent: Extent) -> None:
        self._resweep, self._reading, self._extent = settings.resweep, reading, extent
        self._parts = [part for part in SLOW_PARTS if part.needed(reading)]
        self._at: dict[str, dt.timedelta] = {}

    def poll(self, now: dt.timedelta) -> int:
        swept = [self._object(name, now) for name in self._reading.objects]
        queries = sum(queries for queries, _ in swept) + _presence_queries(self._extent)
        further = sum(calls for _, calls in swept) + _presence_pages(self._extent)
        for turn in taken([self._turn(part, now) for part in self._parts], queries):
            name = turn.part.name
            self._at[name] = now
            queries += len(self._reading.bases) * 2 * self._member_parts() if name == RESULTS.name else turn.queries
            further += self._size(name).pages - 1
        return math.ceil(queries / QUERIES_PER_CALL) + further

    def _object(self, name: str, now: dt.timedelta) -> tuple[int, int]:
        """Its queries, and the calls for further pages."""
        active, sources = self._extent.active.get(name), self._extent.sources.get(name, Size())
        by_pages = active is not None and active.rows <= MOST_BY_PAGES
        if active is not None and by_pages and self._is_due(f"whole:{name}", now, pages_of(active.rows)):
            self._at |= {f"whole:{name}": now, f"swept:{name}": now}
            follows = name == CASE and self._reading.milestones
            return 2, active.pages - 1 + (_look_up_calls(sources.rows) if follows else 0)
        if name in self._reading.swept and self._is_due(f"swept:{name}", now):
            self._at[f"swept:{name}"] = now
            return 2, sources.pages - 1
        return 1, 0

    def _is_due(self, what: str, now: dt.timedelta, times: int = 1) -> bool:
        return now - self._at.get(what, dt.timedelta()) >= self._resweep * times

    def _turn(self, part: SlowPart, now: dt.timedelta) -> Turn:
        waited = (now - self._at.get(part.name, dt.timedelta())) / due_after(part, self._resweep)
        return Turn(part, waited, self._queries(part.name), is_many=self._size(part.name).rows > ONE_PAGE)

    def _queries(self, name: str) -> int:
        """As the daemon reckons with them when it fills slots."""
        if name == RESULTS.name:
            return 2 * len(self._reading.bases)
        return 0 if name == "milestones" and not self._extent.sources[CASE].rows else 1

    def _member_parts(self) -> int:
        return max(1, math.ceil(self._size("users").rows / NAMED_PER_QUERY))

    def _size(self, name: str) -> Size:
        return self._extent.parts.get(name, Size())


def _presence_queries(extent: Extent) -> int:
    return sum(name in extent.parts for name in PRESENCE)


def _presence_pages(extent: Extent) -> int:
    """Calls a poll pays for further pages."""
    return sum(extent.parts[name].pages - 1 for name in PRESENCE if name in extent.parts)


def _look_up_calls(cases: int) -> int:
    return math.ceil(math.ceil(cases / NAMED_PER_QUERY) / QUERIES_PER_CALL)


def _pools(org: SalesforceOrg, reading: Reading) -> tuple[Pool, ...]:
    if not by_pool(reading.policy):
        return ()
    polled = org.poll(PollRequest(groups=True, links=True, roles=True))
    found = (getattr(polled, part) for part in POOL_PARTS)
    groups, links, roles = (part if isinstance(part, tuple) else None for part in found)
    return resolve(reading.policy, Directory(groups, links, roles))
