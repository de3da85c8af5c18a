"""The org without a socket: an adapter for `requests` that hands every request to the org in the same process."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.cookies import extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse

from .errors import Dropped
from .http import Request
from .org import LocalOrg


class InProcessAdapter(BaseAdapter):
    """Mount it on `https://`: whatever host is addressed, this org answers. There is no TLS; the time-out for reading
    is measured by the org's clock, when the answer is there."""

    def __init__(self, org: LocalOrg) -> None:
        super().__init__()
        self.org = org

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - the adapter's signature
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,  # noqa: ARG002
        cert: Any = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        patience = timeout[1] if isinstance(timeout, tuple) else timeout
        asked_at = self.org.clock()
        try:
            status, headers, body = self.org.handle(_asked(request))
        except Dropped:
            raise requests.ConnectionError("connection dropped", request=request) from None
        if patience is not None and (self.org.clock() - asked_at).total_seconds() > patience:
            raise requests.ReadTimeout("no answer in time", request=request)
        return _answered(request, status, headers, body, self)

    def close(self) -> None:
        """Nothing is open."""


def _asked(request: requests.PreparedRequest) -> Request:
    url = urlsplit(str(request.url))
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers.setdefault("host", url.netloc)
    target = url.path + (f"?{url.query}" if url.query else "")
    return Request(str(request.method), target, headers, _bytes(request.body), f"{url.scheme}://{url.netloc}")


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes):
        return body
    if hasattr(body, "read"):
        return bytes(body.read())
    parts: Iterable[bytes] = body
    return b"".join(parts)


def _answered(
    request: requests.PreparedRequest, status: int, headers: dict[str, str], body: bytes, adapter: InProcessAdapter
) -> requests.Response:
    raw = HTTPResponse(io.BytesIO(body), headers=headers, status=status, preload_content=False, decode_content=False)
    response = requests.Response()
    response.status_code = status
    response.headers = CaseInsensitiveDict(headers)
    response.encoding = get_encoding_from_headers(response.headers)
    response.raw = raw
    response.url = str(request.url)
    response.request = request
    response.connection = adapter  # type: ignore[assignment] # the stub knows HTTP adapters only
    extract_cookies_to_jar(response.cookies, request, raw)  # type: ignore[no-untyped-call] # untyped in the stub
    return response
