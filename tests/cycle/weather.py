"""Bad weather between the daemon and the local org: a seeded share of all requests meets with a misfortune."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from sfassign.emulator import InProcessAdapter, LocalOrg
from tests.cycle.world import HandClock

SLOW_SECONDS = 25.0
TOO_SLOW_SECONDS = 125.0
"""Longer than any time-out of ours, that of writes included."""


class Unplugged(BaseException):
    """The plug is pulled: nothing of ours runs after it."""


@dataclass
class Weather:
    """`share` of the requests meet with one of `MISFORTUNES`, of those that write `share_of_writes`; `met` counts.

    `unplug`: the process dies at its next write, `after` the org carried it out or before.
    """

    org: LocalOrg
    clock: HandClock
    seed: int
    share: float = 0.02
    share_of_writes: float = 0.10
    met: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    unplug: str | None = None

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def clear_up(self) -> None:
        self.share = self.share_of_writes = 0.0

    def misfortune(self, *, writes: bool) -> str | None:
        """What happens to the next request, if anything."""
        self.requests += 1
        if self._dice.random() >= (self.share_of_writes if writes else self.share):
            return None
        return self._dice.choice([name for name in MISFORTUNES if writes or name != "row locked"])

    def arrange(self, name: str) -> None:
        self.met[name] += 1
        MISFORTUNES[name](self)


MISFORTUNES: Mapping[str, Callable[[Weather], None]] = {
    "no connection": lambda it: it.org.faults.fail(drop=True),
    "answer lost": lambda it: it.org.faults.fail(drop=True, after=True),
    "503": lambda it: it.org.faults.fail(status=503),
    "500 after all": lambda it: it.org.faults.fail(status=500, code="UNKNOWN_EXCEPTION", message="oops", after=True),
    "a proxy's page": lambda it: it.org.faults.fail(status=502, html="<html>Bad Gateway</html>"),
    "session gone": lambda it: it.org.sessions.expire_all(),
    "row locked": lambda it: it.org.faults.fail(
        method="PATCH", path="/sobjects/", status=400, code="UNABLE_TO_LOCK_ROW", message="unable to obtain exclusive"
    ),
    "body cut": lambda it: it.org.faults.cut(40),
    "no body": lambda it: it.org.faults.cut(None),
    "slow": lambda it: it.org.faults.slow(SLOW_SECONDS, wait=it.clock.sleep),
    "slow after all": lambda it: it.org.faults.slow(SLOW_SECONDS, after=True, wait=it.clock.sleep),
    "too slow": lambda it: it.org.faults.slow(TOO_SLOW_SECONDS, after=True, wait=it.clock.sleep),
}


class Weathered(InProcessAdapter):
    """The way to the org, through the weather. What a request did not meet does not wait for the next one."""

    def __init__(self, weather: Weather) -> None:
        super().__init__(weather.org)
        self._weather = weather

    def send(self, request: requests.PreparedRequest, *args: Any, **named: Any) -> requests.Response:
        writes = b"PATCH" in _body(request)
        if writes and self._weather.unplug == "before":
            raise Unplugged
        name = self._weather.misfortune(writes=writes)
        if name is not None:
            self._weather.arrange(name)
        try:
            answer = super().send(request, *args, **named)
        finally:
            self.org.faults.clear()
        if writes and self._weather.unplug == "after":
            raise Unplugged
        return answer


def _body(request: requests.PreparedRequest) -> bytes:
    body = request.body or b""
    return body if isinstance(body, bytes) else str(body).encode()
