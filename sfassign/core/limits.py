"""Caps and the flood guard: which windows a policy counts in, and how much of each is used.

The sync asks `windows_of` what to count before it takes a snapshot; the engine asks `Given` for the counts. Only what
was given *before* this plan stands here: the plan's own assignments are decided at `taken_at` and so lie inside every
window, the engine adds them itself.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sfassign.core.calendar import ROLLING, end_of, start_of, zone_of
from sfassign.core.durations import duration_text
from sfassign.core.figures import clock_text
from sfassign.core.model import Snapshot, Window
from sfassign.core.policy import Caps, Period, Policy, Ramp

_SAID = {Period.HOUR: "this hour", Period.DAY: "today", Period.WEEK: "this week", Period.MONTH: "this month"}


@dataclass(frozen=True, slots=True)
class CapLine:
    """One cap of one period: at most `limit` assignments in `window`; `said` names the window to people. `ends` is
    when a fixed window ends; a sliding one has its `length` instead."""

    limit: int
    window: Window
    said: str
    ends: dt.datetime | None = None
    length: dt.timedelta | None = None


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods that run at one instant in one zone."""

    taken_at: dt.datetime
    zone: ZoneInfo
    week_starts: int
    known: dict[Caps, tuple[CapLine, ...]] = field(default_factory=dict)

    def lines(self, caps: Caps) -> tuple[CapLine, ...]:
        """The caps that are set, shortest period first; worked out once for everyone who has the same."""
        if caps not in self.known:
            self.known[caps] = tuple(self._lines(caps))
        return self.known[caps]

    def _lines(self, caps: Caps) -> Iterator[CapLine]:
        found = ((period, caps.of(period)) for period in Period)
        return (self._line(period, limit, caps.rolling) for period, limit in found if limit is not None)

    def _line(self, period: Period, limit: int, rolling: bool) -> CapLine:
        if rolling:
            length = ROLLING[period]
            window = Window(self.taken_at - length, after=True)
            return CapLine(limit, window, f"in the last {duration_text(length)}", length=length)
        since = start_of(period, self.taken_at, self.zone, self.week_starts)
        ends = end_of(period, self.taken_at, self.zone, self.week_starts)
        said = f"{_SAID[period]} (since {clock_text(since, self.taken_at, self.zone)})"
        return CapLine(limit, Window(since), said, ends=ends)

    def ramp(self, ramp: Ramp) -> Window:
        return Window(self.taken_at - ramp.per, after=True)


def periods_of(policy: Policy, taken_at: dt.datetime, org_timezone: str) -> Periods:
    """The periods of the policy's zone (the org's where it names none) at this instant."""
    return Periods(taken_at, zone_of(policy.timezone or org_timezone), policy.week_starts)


def listed_caps(group: Caps, listed: Caps | None) -> Caps:
    """A member's caps in a group: period by period what the list gives them, else what the group gives everyone.

    The windows slide where either says so.
    """
    if listed is None:
        return group
    return Caps(
        listed.hour or group.hour,
        listed.day or group.day,
        listed.week or group.week,
        listed.month or group.month,
        listed.rolling or group.rolling,
    )


def _all_caps(policy: Policy) -> Iterator[Caps]:
    yield from (person.caps for person in policy.people)
    for group in policy.enabled_groups:
        yield from (group.caps, group.group_caps)
        yield from (listed_caps(group.caps, one.caps) for one in group.members.listed or ())


def windows_of(policy: Policy, taken_at: dt.datetime, org_timezone: str) -> tuple[Window, ...]:
    """Every window in which this policy counts assignments at this instant, each once, in order of their start.

    `Snapshot.given[window][(group, user)]` must hold the settled assignments of each.
    """
    periods = periods_of(policy, taken_at, org_timezone)
    windows = {line.window for caps in _all_caps(policy) for line in periods.lines(caps)}
    windows |= {periods.ramp(group.ramp) for group in policy.enabled_groups if group.ramp is not None}
    return tuple(sorted(windows, key=lambda window: (window.since, window.after)))


class MissingWindow(Exception):
    """The snapshot was not counted for this policy and instant: a fault in the program, never a user's."""


class Given:
    """What was given before this plan, settled and in flight, per window: to a user in a group, in all, by a group."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._counts: dict[Window, tuple[Counter[tuple[str, str]], Counter[str], Counter[str]]] = {}

    def in_group(self, window: Window, group: str, user: str) -> int:
        return self._of(window)[0][group, user]

    def in_all(self, window: Window, user: str) -> int:
        return self._of(window)[1][user]

    def by_group(self, window: Window, group: str) -> int:
        return self._of(window)[2][group]

    def _of(self, window: Window) -> tuple[Counter[tuple[str, str]], Counter[str], Counter[str]]:
        if window not in self._counts:
            self._counts[window] = self._count(window)
        return self._counts[window]

    def _count(self, window: Window) -> tuple[Counter[tuple[str, str]], Counter[str], Counter[str]]:
        given = self._snapshot.given
        if given and window not in given:
            raise MissingWindow(f"the snapshot has no counts for the window from {window.since.isoformat()}")
        pairs = Counter(given.get(window, {}))
        for flight in self._snapshot.in_flight:
            if flight.decided_at > window.since or (flight.decided_at == window.since and not window.after):
                pairs[flight.group, flight.to] += 1
        users: Counter[str] = Counter()
        groups: Counter[str] = Counter()
        for (group, user), count in pairs.items():
            users[user] += count
            groups[group] += count
        return pairs, users, groups
