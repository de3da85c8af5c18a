"""The org's count of API requests over the last 24 hours, in minutes."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from .options import Settings

WINDOW = dt.timedelta(hours=24)


@dataclass(slots=True)
class Usage:
    """`total` counts since the org was made; `minutes` holds (start of minute, requests) within the window."""

    clock: Callable[[], dt.datetime]
    settings: Settings
    total: int = 0
    minutes: deque[tuple[dt.datetime, int]] = field(default_factory=deque)

    def add(self, requests: int = 1) -> None:
        minute = self.clock().replace(second=0, microsecond=0)
        self.total += requests
        if self.minutes and self.minutes[-1][0] == minute:
            self.minutes[-1] = (minute, self.minutes[-1][1] + requests)
        else:
            self.minutes.append((minute, requests))

    def used(self) -> int:
        edge = self.clock() - WINDOW
        while self.minutes and self.minutes[0][0] <= edge:
            self.minutes.popleft()
        return sum(count for _, count in self.minutes) + self.settings.limit_excess_calls

    def exhausted(self) -> bool:
        return self.used() >= self.settings.daily_limit

    def header(self) -> str:
        """The value of Sforce-Limit-Info."""
        return f"api-usage={self.used()}/{self.settings.daily_limit}"
