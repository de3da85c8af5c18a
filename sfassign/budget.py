"""The API budget: how long the daemon waits between two turns so that it stays inside its share of the org's calls.

A token bucket (J. Turner: New directions in communications, IEEE Communications Magazine 24, 1986) holds a tenth of the
day's budget and is refilled with the other nine in the course of 24 hours, so that no 24 hours see more than the whole,
however they are cut. Turns are stretched as the bucket empties; half of it is kept for writes, which are never put off
for the budget's sake. The daemon asks after every turn.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import dataclass
from typing import Any, Protocol

from sfassign.core.durations import duration_text

DAY_SECONDS = 86_400.0
BUCKET_SHARE = 0.1
RESERVE_SHARE = 0.5
IDLE_SHARE = 1 - BUCKET_SHARE
"""An idle day within this share of the budget is never slowed down."""

SPEND_SURPLUS_SECONDS = 3_600.0
"""What lies in the bucket beyond the reserve may be spent within an hour."""

LONGEST = dt.timedelta(minutes=15)
NEARLY_USED_UP = 0.95
ORG_PAUSE = dt.timedelta(minutes=5)
"""How often the daemon looks while the org's own limit is nearly used up, by whomever."""

_SMOOTHING = 0.2
_FACT = "api_budget"


class Facts(Protocol):
    """What the budget needs of the store: a restart must not fill the bucket."""

    def fact(self, key: str) -> str | None: ...

    def keep_fact(self, key: str, value: str) -> None: ...


def calls_per_day(setting: str, allowed: int) -> int:
    """The budget in requests per 24 hours: `20%` of what the org allows, or the number given; at least 1."""
    if setting.endswith("%"):
        return max(1, allowed * int(setting.removesuffix("%")) // 100)
    return int(setting)


@dataclass
class Budget:
    """One daemon's budget. `setting` is SFASSIGN_API_BUDGET; `poll` the wanted time between two turns."""

    store: Facts
    setting: str
    poll: dt.timedelta
    said: str | None = None
    _turn_calls: float = 1.0
    _level: float | None = None
    _at: dt.datetime | None = None

    def after_turn(self, calls: int, usage: tuple[int, int] | None, now: dt.datetime) -> dt.timedelta:
        """How long to wait from the start of a turn that cost so many calls to the start of the next. `usage` is
        (used, allowed) of the whole org in the last 24 hours, None while it is not known: then a share of it is not
        known either, but a number of calls is kept to all the same."""
        if usage is None and self.setting.endswith("%"):
            self.said = None
            return self.poll
        used, allowed = usage or (0, 0)
        whole = calls_per_day(self.setting, allowed)
        size = whole * BUCKET_SHARE
        refill = whole * IDLE_SHARE / DAY_SECONDS
        level = min(size, self._filled(size, refill, now)) - calls
        self._keep(level, now)
        self._turn_calls += _SMOOTHING * (calls - self._turn_calls)
        wait = self._wait(level - size * RESERVE_SHARE, refill)
        nearly = usage is not None and used >= allowed * NEARLY_USED_UP
        wait = max(wait, ORG_PAUSE) if nearly else wait
        self.said = self._words(wait, whole, usage if nearly else None) if wait > self.poll else None
        return wait

    def _filled(self, size: float, refill: float, now: dt.datetime) -> float:
        if self._level is None or self._at is None:
            kept = self.store.fact(_FACT)
            known: dict[str, Any] = json.loads(kept) if kept else {"level": size, "at": now.isoformat()}
            self._level, self._at = float(known["level"]), dt.datetime.fromisoformat(known["at"])
        return self._level + refill * max(0.0, (now - self._at).total_seconds())

    def _keep(self, level: float, now: dt.datetime) -> None:
        self._level, self._at = level, now
        self.store.keep_fact(_FACT, json.dumps({"level": round(level, 3), "at": now.isoformat()}))

    def _wait(self, surplus: float, refill: float) -> dt.timedelta:
        rate = refill + surplus / SPEND_SURPLUS_SECONDS if surplus > 0 else refill
        seconds = max(self._turn_calls, 1.0) / rate
        return min(max(self.poll, dt.timedelta(seconds=math.ceil(seconds))), max(self.poll, LONGEST))

    def _words(self, wait: dt.timedelta, whole: int, nearly_used_up: tuple[int, int] | None) -> str:
        every = f"a cycle every {duration_text(wait)} instead of every {duration_text(self.poll)}"
        if nearly_used_up is not None:
            used, allowed = nearly_used_up
            return f"{every}: the org has used {used:,} of its {allowed:,} API calls of the last 24 hours"
        return f"{every}, to stay inside SFASSIGN_API_BUDGET: {self.setting} is {whole:,} calls in 24 hours"
