"""How bytes come from the org: over HTTPS, or plain HTTP on this machine, and the whole of an answer in time.

The time-out of requests is for each wait for bytes, so an answer that trickles would hold its caller for as long as it
likes: status line, headers and body alike. Here the read time-out of a request is for the answer as a whole, by setting
what is left of it before every wait. Used by `transport`.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

POOL_SIZE = 8
"""Connections kept open per host: the cycle, the neglect pass and a command at once, with room."""


class OrgAdapter(HTTPAdapter):
    """Sends requests and gives up answers that are not whole in time: requests.ReadTimeout, or ConnectionError once
    the headers are there."""

    def __init__(self) -> None:
        super().__init__(pool_maxsize=POOL_SIZE)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class LoopbackAdapter(OrgAdapter):
    """Speaks plain HTTP for https:// URLs, which simple-salesforce insists on. For a host on this machine only."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = "http://" + (request.url or "").removeprefix("https://")
        return super().send(request, *args, **kwargs)


class _InTime(io.RawIOBase):
    """The bytes of one answer, as long as the socket's present time-out lasts. Raises TimeoutError after it."""

    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected
        self._bytes = connected.makefile("rb", buffering=0)
        patience = connected.gettimeout()
        self._until = None if patience is None else time.monotonic() + patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer is not whole in time")
            self._connected.settimeout(left)
        return self._bytes.readinto(buffer)

    def close(self) -> None:
        self._bytes.close()
        super().close()


class _Source:
    """What http.client wants of a socket: a file to read one answer from."""

    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_InTime(self._connected))


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_Source(sock), *args, **kwargs)  # type: ignore[arg-type] # makefile is all it asks of it


class _Plain(HTTPConnection):
    response_class = _Answer


class _Safe(HTTPSConnection):
    response_class = _Answer


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SafePool(HTTPSConnectionPool):
    ConnectionCls = _Safe


_POOLS = {"http": _PlainPool, "https": _SafePool}
