"""Our HTTP session underneath simple-salesforce: everything that must hold for every single request.

A time-out and a length for the whole answer, no redirects (they would carry the token to another host), nothing from
the environment (a CA bundle or a proxy there would override ours), `Sforce-Auto-Assign: FALSE` (the org's assignment
rules would re-own what we write), the count of requests, the org's clock. Made and used by `connection`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from sfassign.ports import Clock
from sfassign.salesforce.adapters import LoopbackAdapter, OrgAdapter
from sfassign.salesforce.addresses import Host
from sfassign.salesforce.failures import AnswerTooLong, was_sent
from sfassign.salesforce.secrets import HIDDEN, Secret, mask
from sfassign.salesforce.server_clock import ServerClock
from sfassign.salesforce.soap_login import SOAP_PATH

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 — a path
LOGIN_PATHS = (TOKEN_PATH, SOAP_PATH)
LONGEST_LOGIN_ANSWER_BYTES = 65_536
"""No login's answer comes near; what is longer is cut off, and then is no answer."""

LONGEST_ANSWER_BYTES = 268_435_456
"""256 MiB, unpacked: ten times a page of 50,000 rows of a query job, the longest answer there is. It is in memory as a
whole; what is longer is given up."""

_CHUNK_BYTES = 65_536

_USAGE = re.compile(r"(?<!per-app-)api-usage=(\d+)/(\d+)")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class OrgSession(requests.Session):
    """One session per org. `calls` and `usage` are what the org counts against its daily limit.

    `usage` is (used, allowed) from the newest `Sforce-Limit-Info`, None before the first. `answered` is called after
    every answer: whoever waits for a long reading hears that it goes on.
    """

    def __init__(
        self,
        clock: Clock,
        timeout_seconds: float,
        ca_bundle: Path | None,
        proxy: str | None,
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = str(ca_bundle) if ca_bundle else True
        self.headers.update({"Sforce-Auto-Assign": "FALSE", "Sforce-Call-Options": "client=sfassign"})
        if proxy:
            self.proxies = {"https": proxy, **{f"{s}://{host}": "" for s in ("http", "https") for host in _LOOPBACK}}
        self.mount("https://", OrgAdapter())
        self.server_clock = ServerClock()
        self.calls = 0
        self.usage: tuple[int, int] | None = None
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._answered = answered
        self._lock = threading.Lock()
        self._hidden: dict[str, Secret] = {}
        self._hidden_at_login: dict[str, Secret] = {}

    def hide(self, **secrets: str) -> None:
        """Never let these texts come back in an answer or a message; a name used again replaces its text."""
        self._hidden.update({name: Secret(text) for name, text in secrets.items()})

    def hide_at_login(self, **secrets: str) -> None:
        """The same for texts that only a login sends. They may be words, such as a password that is also somebody's
        name: in records they stand for themselves."""
        self._hidden_at_login.update({name: Secret(text) for name, text in secrets.items()})

    def masked(self, text: str) -> str:
        """The text without any of the hidden ones."""
        return mask(text, *self._hidden_at_login.values(), *self._hidden.values())

    def allow_plain(self, host: Host) -> None:
        """Let this host be spoken to in plain HTTP where its URL says so. Such a host is on this machine."""
        if host.plain and host.loopback:
            self.mount(f"https://{host.netloc}/", LoopbackAdapter())

    def request(self, method: str | bytes, url: str | bytes, **kwargs: Any) -> requests.Response:  # type: ignore[override] # the stub spells out seventeen parameters, simple-salesforce passes them by name
        kwargs["allow_redirects"] = False
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = (self._timeout_seconds, self._timeout_seconds)
        return super().request(method, url, **kwargs)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        sent = self._clock.now()
        login = urlsplit(request.url or "").path in LOGIN_PATHS
        try:
            response = super().send(request, **(kwargs | {"stream": True}))
            whole = _read(response, LONGEST_LOGIN_ANSWER_BYTES if login else LONGEST_ANSWER_BYTES)
            if not whole and not login:
                raise AnswerTooLong(f"the answer is longer than {LONGEST_ANSWER_BYTES:,} bytes")
        except requests.RequestException as error:
            if was_sent(error):
                self._count(request)
            raise
        self._mask(response)
        self.server_clock.saw(sent, self._clock.now(), response.headers.get("Date"))
        self._count(request, response.headers.get("Sforce-Limit-Info", ""))
        self._answered()
        return response

    def _mask(self, response: requests.Response) -> None:
        """Answers, of proxies above all, may repeat what they were sent. A login's token is the one thing meant."""
        login = urlsplit(response.url).path in LOGIN_PATHS
        if response.ok and login:
            return
        for secret in (*(self._hidden_at_login.values() if login else ()), *self._hidden.values()):
            if secret.text and secret.text.encode() in response.content:
                response._content = response.content.replace(secret.text.encode(), HIDDEN.encode())

    def _count(self, request: requests.PreparedRequest, limit_info: str = "") -> None:
        counted = re.match(r"/services/data/v", urlsplit(request.url or "").path)
        usage = _USAGE.search(limit_info)
        with self._lock:
            self.calls += 1 if counted else 0
            if usage:
                self.usage = int(usage[1]), int(usage[2])


def _read(response: requests.Response, most_bytes: int) -> bool:
    """Take the content of a streamed answer, unpacked, up to this length; the rest is never read. True where it is
    all of it."""
    chunks: list[bytes] = []
    length = 0
    for chunk in response.iter_content(_CHUNK_BYTES):
        chunks.append(chunk)
        length += len(chunk)
        if length > most_bytes:
            response.close()
            break
    response._content = b"".join(chunks)[:most_bytes]
    return length <= most_bytes
