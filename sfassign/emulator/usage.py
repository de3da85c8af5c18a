"""The org's count of API requests over the last 24 hours, in minutes."""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .options import Settings

WINDOW = dt.timedelta(hours=24)
LONG = dt.timedelta(seconds=20)
"""A request that runs as long takes one of the org's places for long ones (Salesforce Developer Limits)."""


@dataclass(slots=True)
class Usage:
    """`total` counts since the org was made; `minutes` holds (start of minute, requests) within the window."""

    clock: Callable[[], dt.datetime]
    settings: Settings
    total: int = 0
    minutes: deque[tuple[dt.datetime, int]] = field(default_factory=deque)
    started: list[dt.datetime] = field(default_factory=list)
    """When the requests that run now began."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Around every request."""
        now = self.clock()
        with self._lock:
            self.started.append(now)
        try:
            yield
        finally:
            with self._lock:
                self.started.remove(now)

    def crowded(self) -> bool:
        """Whether as many long requests run at this moment as may at once."""
        edge = self.clock() - LONG
        with self._lock:
            here = sum(at <= edge for at in self.started)
        return here + self.settings.long_requests >= self.settings.concurrent_limit

    def used(self) -> int:
        """Requests of the last 24 hours, those of other integrations included."""
        with self._lock:
            return self._used()

    def _add(self) -> None:
        minute = self.clock().replace(second=0, microsecond=0)
        self.total += 1
        if self.minutes and self.minutes[-1][0] == minute:
            self.minutes[-1] = (minute, self.minutes[-1][1] + 1)
        else:
            self.minutes.append((minute, 1))

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
            self._add()
            return True

    def header(self) -> str:
        """The value of Sforce-Limit-Info."""
        return f"api-usage={self.used()}/{self.settings.daily_limit}"
