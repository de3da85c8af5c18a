"""Planned misfortune: what the next matching request meets. Used by tests that pull the plug around every effect."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from .errors import ApiError


@dataclass(slots=True)
class Fault:
    """One planned failure of a request whose method and path match. `after`: it takes effect first. `times` is how
    many more requests it hits; -1 is all of them."""

    method: str | None
    path: re.Pattern[str]
    after: bool
    status: int
    code: str
    message: str
    html: str | None
    drop: bool
    times: int
    hook: Callable[[], None] | None = None

    def hits(self, method: str, path: str, after: bool) -> bool:
        fits = self.after is after and self.method in {None, method} and bool(self.path.search(path))
        if not fits or self.times == 0:
            return False
        self.times -= 1 if self.times > 0 else 0
        return True


@dataclass(slots=True)
class Faults:
    """The plan. Paths are regular expressions searched in `/services/…?query`; composite subrequests are matched too,
    with their own method and URL."""

    planned: list[Fault] = field(default_factory=list)
    refused: dict[str, ApiError] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(
        self,
        *,
        method: str | None = None,
        path: str = "",
        after: bool = False,
        status: int = 503,
        code: str = "SERVER_UNAVAILABLE",
        message: str = "We can't process your request right now. Try again later.",
        html: str | None = None,
        drop: bool = False,
        times: int = 1,
    ) -> None:
        """Fail the next `times` matching requests, before or after they took effect: with an error row, with an HTML
        page, or by dropping the connection."""
        self.planned.append(Fault(method, re.compile(path), after, status, code, message, html, drop, times))

    def between(
        self,
        hook: Callable[[], None],
        *,
        method: str | None = None,
        path: str = "",
        after: bool = False,
        times: int = 1,
    ) -> None:
        """Call `hook` right before (or after) the next matching request takes effect: between a client's read and its
        write, or between two subrequests of a composite."""
        self.planned.append(Fault(method, re.compile(path), after, 200, "", "", None, False, times, hook))

    def refuse(self, record_id: str, code: str, message: str = "refused", status: int = 400) -> None:
        """Refuse every write of a client to this record until `allow`."""
        self.refused[record_id] = ApiError(code, message, status, ())

    def allow(self, record_id: str) -> None:
        self.refused.pop(record_id, None)

    def clear(self) -> None:
        self.planned.clear()
        self.refused.clear()

    def check_record(self, record_id: str) -> None:
        if record_id in self.refused:
            raise self.refused[record_id]

    def meet(self, method: str, path: str, *, after: bool) -> Fault | None:
        """The failure this request meets now, if any; hooks that match are called on the way."""
        with self._lock:
            hit = [one for one in self.planned if one.hits(method, path, after)]
        for one in hit:
            if one.hook:
                one.hook()
        return next((one for one in hit if not one.hook), None)
