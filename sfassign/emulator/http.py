"""Requests and replies as values, so that the same org answers over a socket and in the process."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .errors import ApiError

MAX_URI_BYTES = 16_384
_HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"


@dataclass(frozen=True, slots=True)
class Request:
    """`target` is path and query as sent; header names are lower case; `origin` is scheme and host, for links."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    origin: str = "https://localhost"

    @property
    def path(self) -> str:
        """Without doubled slashes in front: Salesforce's command line sends them, and orgs answer it."""
        return unquote(self.coded_path)

    @property
    def coded_path(self) -> str:
        """The path as it was sent: what is coded in it, a slash above all, is part of a segment."""
        return urlsplit(self._address).path

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self._address).query, keep_blank_values=True))

    @property
    def _address(self) -> str:
        return f"/{self.target.lstrip('/')}"

    def content(self) -> bytes:
        """The body, decompressed. ApiError where it is not what its Content-Encoding says."""
        try:
            match self.headers.get("content-encoding", "").lower():
                case "gzip":
                    return gzip.decompress(self.body)
                case "deflate":
                    return zlib.decompress(self.body)
                case _:
                    return self.body
        except (OSError, EOFError, zlib.error) as error:
            raise ApiError("JSON_PARSER_ERROR", f"The request body cannot be decompressed: {error}") from error


@dataclass(slots=True)
class Reply:
    """`body` becomes JSON; None is no body at all. `page` is an HTML body instead, or one of
    the Content-Type in `headers`. `sent` is how many bytes of the body leave the org before the connection is closed;
    None: all, and it is not."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    page: str | None = None
    sent: int | None = None

    def encoded(self, *, pretty: bool) -> bytes:
        if self.page is not None:
            return self.page.encode()
        if self.body is None or self.status in {204, 304}:
            return b""
        return json.dumps(self.body, ensure_ascii=False, indent=2 if pretty else None).encode()


def failure(error: ApiError) -> Reply:
    """A refused single-resource request: a JSON array with one row."""
    return Reply(error.status, [error.row()])


def http_date(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime(_HTTP_DATE)


def read_http_date(text: str) -> dt.datetime:
    """ValueError for anything but `EEE, dd MMM yyyy HH:mm:ss GMT`."""
    return dt.datetime.strptime(text.strip(), _HTTP_DATE).replace(tzinfo=dt.UTC)


def read_json(raw: bytes) -> Any:
    """ApiError JSON_PARSER_ERROR where the body is not JSON, or holds halves of characters."""
    try:
        found = json.loads(raw, parse_constant=_no_number)
        if b"\\u" in raw:
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ApiError("JSON_PARSER_ERROR", f"Unexpected character at [line:1, column:1]: {error!r:.200}") from error
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")
