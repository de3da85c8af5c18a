"""Planned misfortune: what the next matching request meets. Used by tests that pull the plug around every effect."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .errors import ApiError, Dropped
from .http import Reply
from .ids import to18


@dataclass(frozen=True, slots=True)
class Failure:
    """Another answer than the org's: an error row, or a page of HTML."""

    status: int
    code: str
    message: str
    html: str | None = None

    def on(self, _reply: Reply | None) -> Reply:
        if self.html is not None:
            return Reply(self.status, page=self.html)
        return Reply(self.status, [{"message": self.message, "errorCode": self.code}])


@dataclass(frozen=True, slots=True)
class Drop:
    """No answer: the connection breaks."""

    def on(self, _reply: Reply | None) -> Reply:
        raise Dropped


@dataclass(frozen=True, slots=True)
class Cut:
    """The org's own answer, with so many bytes of its body before the connection is closed; None: with its status and
    no body at all, in good order."""

    keep: int | None

    def on(self, reply: Reply | None) -> Reply:
        answer = reply or Reply(200)
        return Reply(answer.status, None, answer.headers) if self.keep is None else replace(answer, sent=self.keep)


Hook = Callable[[], None]


@dataclass(slots=True)
class Fault:
    """One planned effect on a request whose method and path match. `after`: the request takes effect first. `times` is
    how many more requests it hits; -1 is all of them."""

    method: str | None
    path: re.Pattern[str]
    after: bool
    times: int
    effect: Failure | Drop | Cut | Hook

    def hits(self, method: str, path: str, *, after: bool, inside: bool) -> bool:
        fits = self.after is after and self.method in {None, method} and bool(self.path.search(path))
        if not fits or self.times == 0 or (inside and isinstance(self.effect, Cut)):
            return False
        self.times -= 1 if self.times > 0 else 0
        return True


@dataclass(slots=True)
class Faults:
    """The plan. Paths are regular expressions searched in `/services/…?query`; composite subrequests are matched too,
    with their own method and URL, except by what cuts a whole answer."""

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
        effect = Drop() if drop else Failure(status, code, message, html)
        self.planned.append(Fault(method, re.compile(path), after, times, effect))

    def cut(self, keep: int | None = 10, *, method: str | None = None, path: str = "", times: int = 1) -> None:
        """Let the next `times` matching requests take effect, and of the body of the answer (as it is sent, compressed
        perhaps) send `keep` bytes, then close the connection; None: the answer comes without a body."""
        self.planned.append(Fault(method, re.compile(path), True, times, Cut(keep)))

    def slow(
        self,
        seconds: float,
        *,
        method: str | None = None,
        path: str = "",
        after: bool = False,
        times: int = 1,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Let the next `times` matching requests wait so many seconds before they take effect, or `after` that before
        they are answered. `wait` lets them pass; over a socket the time has to be real for a client to give up, in the
        process the org's clock has to go on."""
        self.between(lambda: wait(seconds), method=method, path=path, after=after, times=times)

    def between(
        self,
        hook: Hook,
        *,
        method: str | None = None,
        path: str = "",
        after: bool = False,
        times: int = 1,
    ) -> None:
        """Call `hook` right before (or after) the next matching request takes effect: between a client's read and its
        write, or between two subrequests of a composite."""
        self.planned.append(Fault(method, re.compile(path), after, times, hook))

    def refuse(self, record_id: str, code: str, message: str = "refused", status: int = 400) -> None:
        """Refuse every write of a client to this record until `allow`."""
        self.refused[to18(record_id)] = ApiError(code, message, status, ())

    def allow(self, record_id: str) -> None:
        self.refused.pop(to18(record_id), None)

    def clear(self) -> None:
        self.planned.clear()
        self.refused.clear()

    def check_record(self, record_id: str) -> None:
        if record_id in self.refused:
            raise self.refused[record_id]

    def meet(self, method: str, path: str, answer: Callable[[], Reply], *, inside: bool = False) -> Reply:
        """The reply to this request, or to this subrequest `inside` another: `answer`'s, unless something is planned
        instead of it or after it. Raises Dropped."""
        before = self._effect(method, path, after=False, inside=inside)
        if before:
            return before.on(None)
        reply = answer()
        after = self._effect(method, path, after=True, inside=inside)
        return after.on(reply) if after else reply

    def _effect(self, method: str, path: str, *, after: bool, inside: bool) -> Failure | Drop | Cut | None:
        """What is planned for this request at this point; hooks that match are called on the way."""
        with self._lock:
            hit = [one.effect for one in self.planned if one.hits(method, path, after=after, inside=inside)]
        for effect in hit:
            if not isinstance(effect, Failure | Drop | Cut):
                effect()
        return next((one for one in hit if isinstance(one, Failure | Drop | Cut)), None)
