"""The org on a loopback port, with HTTPS and a certificate made at each start, or plain HTTP."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

import trustme
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .errors import Dropped
from .http import Request
from .org import LocalOrg

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_START_SECONDS = 10.0
_CLOSING_SECONDS = 0.05
_LAST_REQUESTS_SECONDS = 0.3
_HOST = "127.0.0.1"


class Server:
    """A running org. A context manager; `url` has no trailing slash, `ca_bundle` is None for plain HTTP."""

    def __init__(self, org: LocalOrg, port: int = 0, https: bool = True) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="local-org-")
        self._socket = socket.create_server((_HOST, port))
        # asyncio does this only for sockets made with an explicit protocol number; without it every reply waits 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}
        files = _certificate(Path(self._folder.name)) if https else {}
        config = uvicorn.Config(
            _application(org, self._transports),
            http=_protocol(self._transports),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
            **files,
        )
        self._server = uvicorn.Server(config)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{'https' if https else 'http'}://{_HOST}:{self.port}"
        self.ca_bundle: str | None = str(Path(self._folder.name) / "ca.pem") if https else None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="local-org", daemon=True)
        self._thread.start()
        self._wait()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._socket])
        self._hang_up()
        await asyncio.sleep(_CLOSING_SECONDS)

    def _hang_up(self) -> None:
        """Clients that keep their connection alive would hold up the end, and leave half-closed transports behind."""
        for transport in tuple(self._transports.values()):
            transport.abort()

    def _wait(self) -> None:
        """uvicorn tells nobody when it is ready, so look."""
        pause = threading.Event()
        waited = 0.0
        while not self._server.started:
            if not self._thread.is_alive() or waited > _START_SECONDS:
                raise RuntimeError("the local org's server did not start")
            pause.wait(0.01)
            waited += 0.01

    def stop(self) -> None:
        """Close the port; requests under way get a moment to end."""
        self._server.should_exit = True
        self._loop.call_soon_threadsafe(self._loop.call_later, _LAST_REQUESTS_SECONDS, self._hang_up)
        self._thread.join(_START_SECONDS)
        self._socket.close()
        self._folder.cleanup()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(org: LocalOrg, port: int = 0, https: bool = True) -> Server:
    """Serve the org on 127.0.0.1; port 0 takes a free one."""
    return Server(org, port, https)


def _certificate(folder: Path) -> dict[str, Any]:
    """A certificate for the loopback names, its authority next to it, in a folder only this user can read."""
    authority = trustme.CA()
    issued = authority.issue_cert(_HOST, "localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
    (folder / "chain.pem").write_bytes(chain)
    return {"ssl_certfile": str(folder / "chain.pem"), "ssl_keyfile": str(folder / "key.pem")}


def _protocol(transports: dict[tuple[str, int], asyncio.Transport]) -> type[asyncio.Protocol]:
    """HTTP/1.1 that remembers each client's transport, so that a planned fault can cut the line."""

    class Remembering(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._peer = transport.get_extra_info("peername")[:2]
            transports[self._peer] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            transports.pop(self._peer, None)
            super().connection_lost(exc)

    return Remembering


def _application(
    org: LocalOrg, transports: dict[tuple[str, int], asyncio.Transport]
) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        request = _request(scope, await _whole_body(receive))
        try:
            status, headers, body = await asyncio.to_thread(org.handle, request)
        except Dropped:
            await _end(_transport(transports, scope).abort, receive)
            return
        short = int(headers.setdefault("Content-Length", str(len(body)))) > len(body)
        if status in {204, 304}:
            del headers["Content-Length"]
        coded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": coded})
        await send({"type": "http.response.body", "body": body, "more_body": short})
        if short:
            await _end(_transport(transports, scope).close, receive)

    return application


async def _whole_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _transport(transports: dict[tuple[str, int], asyncio.Transport], scope: Scope) -> asyncio.Transport:
    return transports[tuple(scope["client"][:2])]


async def _end(hang_up: Callable[[], None], receive: Receive) -> None:
    """Break or close the connection, and wait until the server has noticed, so that it sends nothing after it."""
    hang_up()
    while (await receive())["type"] != "http.disconnect":
        pass


def _request(scope: Scope, body: bytes) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    origin = f"{scope['scheme']}://{headers.get('host', _HOST)}"
    return Request(scope["method"], target, headers, body, origin)
