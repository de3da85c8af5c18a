"""The org's count of API requests over the last 24 hours, in minutes."""

from __future__ import annotations

import datetime as dt
import threading
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
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, requests: int) -> None:
        """Count requests that were already let in (those of a batch)."""
        with self._lock:
            self._add(requests)

    def used(self) -> int:
        """Requests of the last 24 hours, those of other integrations included."""
        with self._lock:
            return self._used()

    def _add(self, requests: int) -> None:
        minute = self.clock().replace(second=0, microsecond=0)
        self.total += requests
        if self.minutes and self.minutes[-1][0] == minute:
            self.minutes[-1] = (minute, self.minutes[-1][1] + requests)
        else:
            self.minutes.append((minute, requests))

    def _used(self) -> int:
        edge = self.clock() - WINDOW
        while self.minutes and self.minutes[0][0] <= edge:
            self.minutes.popleft()
        return sum(count for _, count in self.minutes) + self.settings.limit_excess_calls

    def take(self) -> bool:
        """Count one more request; False, and uncounted, where the daily limit is used up."""
        with self._lock:
            if self._used() >= self.settings.daily_limit:
                return False
            self._add(1)
            return True

    def header(self) -> str:
        """The value of Sforce-Limit-Info."""
        return f"api-usage={self.used()}/{self.settings.daily_limit}"
