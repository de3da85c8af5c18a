"""An independent look at the demonstration: did anyone get something while away, or more than their caps allow?

It asks the org's own records and counts plainly; nothing of the engine is used.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from sfassign.core.policy import Period, Policy, Ramp
from sfassign.emulator import LocalOrg
from sfassign.emulator.state import Change

Given = tuple[dt.datetime, str, str]
"""When (UTC), to whom (Id), by which group."""


class Attendance:
    """Who is logged in to the org, and since when who is not. Hears of every session from the org itself."""

    def __init__(self, org: LocalOrg) -> None:
        self._clock = org.clock
        self._sessions: dict[str, set[str]] = {}
        self._left_at: dict[str, dt.datetime] = {}
        for row in org.query("SELECT Id, UsersId FROM AuthSession"):
            self._sessions.setdefault(row["UsersId"], set()).add(row["Id"])
        org.on_write(self._hear)

    def was_away(self, user: str, since: dt.datetime) -> bool:
        """Whether the user had no session at any time from this moment until now."""
        return not self._sessions.get(user) and self._left_at.get(user, since) <= since

    def _hear(self, change: Change) -> None:
        record = change.after or change.before
        if change.object != "AuthSession" or record is None:
            return
        user = str(record["UsersId"])
        sessions = self._sessions.setdefault(user, set())
        if change.after is None or change.after.get("IsDeleted"):
            sessions.discard(change.id)
            self._left_at[user] = self._clock()
        else:
            sessions.add(change.id)


def over_caps(given: Sequence[Given], policy: Policy) -> int:
    """How many assignments went beyond a cap of an hour, a day or the flood guard of their group."""
    zone = ZoneInfo(policy.timezone or "UTC")
    groups = {group.name: group for group in policy.groups}
    beyond = 0
    for period in (Period.HOUR, Period.DAY):
        counts = Counter((user, group, _slot(at, zone, period)) for at, user, group in given)
        for (_, group, _), count in counts.items():
            caps = groups[group].caps
            limit = caps.of(period)
            beyond += max(0, count - limit) if limit is not None and not caps.rolling else 0
    return beyond + sum(_floods(given, at, user, groups[group].ramp) for at, user, group in given)


def _slot(at: dt.datetime, zone: ZoneInfo, period: Period) -> tuple[int, ...]:
    local = at.astimezone(zone)
    return (local.toordinal(), local.hour) if period is Period.HOUR else (local.toordinal(),)


def _floods(given: Iterable[Given], at: dt.datetime, user: str, ramp: Ramp | None) -> bool:
    """Whether this assignment found the flood guard already used up by earlier cycles."""
    if ramp is None:
        return False
    return sum(1 for when, who, _ in given if who == user and at - ramp.per < when < at) >= ramp.at_most
