"""`/composite`: up to 25 subrequests in one API call, with references between them and, if wanted, all or none.

Subrequests inherit only Accept, Authorization and Content-Type; every other header is in their own `httpHeaders`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ..errors import ApiError, malformed
from ..http import Reply, failure
from ..versions import spoken
from .call import Call, refuse_composites

MAX_SUBREQUESTS = 25
MAX_QUERIES = 5
FORBIDDEN_HEADERS = frozenset({"accept", "authorization", "content-type"})
_VERSIONED = re.compile(r"/services/data/(v\d+\.\d)/(.+)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
_REFERENCE = re.compile(r"@\{([^{}.\[\]]+)((?:\.[^{}.\[\]]+|\[\d+\])*)\}")
_STEP = re.compile(r"\.([^{}.\[\]]+)|\[(\d+)\]")
_ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."


class _RollBack(Exception):
    """Undo everything: one subrequest failed under allOrNone."""


@dataclass(frozen=True, slots=True)
class Subrequest:
    method: str
    url: str
    name: str
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class _Run:
    """Replies so far, by reference; failed ones are in `failed`."""

    call: Call
    replies: list[tuple[Subrequest, Reply]] = field(default_factory=list)
    bodies: dict[str, Any] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def one(self, sub: Subrequest) -> Reply:
        try:
            url, body = self._resolved(sub.url), self._resolved(sub.body)
            return _answer(self.call, replace(sub, url=str(url), body=body))
        except ApiError as error:
            return failure(error)

    def keep(self, sub: Subrequest, reply: Reply) -> None:
        self.replies.append((sub, reply))
        self.call.subrequests.append((sub.method, sub.url, reply.status))
        self.bodies[sub.name] = reply.body
        if reply.status >= 400:
            self.failed.add(sub.name)

    def keep_or_undo(self, sub: Subrequest) -> None:
        """A failed row of an sObject Collection undoes everything as well, whatever its own allOrNone."""
        reply = self.one(sub)
        self.keep(sub, reply)
        if self.failed or _has_failed_row(reply):
            raise _RollBack

    def _resolved(self, value: Any) -> Any:
        """The value with every `@{…}` in its strings replaced."""
        if isinstance(value, str):
            whole = _REFERENCE.fullmatch(value)
            return self._lookup(whole) if whole else _REFERENCE.sub(lambda found: str(self._lookup(found)), value)
        if isinstance(value, dict):
            return {key: self._resolved(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._resolved(inner) for inner in value]
        return value

    def _lookup(self, found: re.Match[str]) -> Any:
        name, path = found[1], found[2]
        if name in self.failed or name not in self.bodies:
            raise _halted(f"Invalid reference specified. No value for {found[0][2:-1]} found in {name}")
        value = self.bodies[name]
        for key, index in _STEP.findall(path):
            try:
                value = value[key] if key else value[int(index)]
            except (KeyError, IndexError, TypeError):
                raise _halted(f"Invalid reference specified. No value for {found[0][2:-1]} found in {name}") from None
        return value


def composite(call: Call) -> Reply:
    call.allow("POST")
    body = call.json_object()
    subs = subrequests(body)
    refused = _too_many(subs)
    if refused:
        return Reply(200, {"compositeResponse": [_shown(None, failure(refused))]})
    return Reply(200, {"compositeResponse": carried_out(call, subs, all_or_none=body.get("allOrNone") is True)})


def subrequests(body: Mapping[str, Any]) -> list[Subrequest]:
    """The parts of a composite request or of a graph. Raises ApiError."""
    listed = body.get("compositeRequest")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ApiError("JSON_PARSER_ERROR", "compositeRequest must be a list of subrequests")
    subs = [_read(one) for one in listed]
    if len({sub.name for sub in subs}) < len(subs):
        raise ApiError("JSON_PARSER_ERROR", "Duplicate referenceId in the composite request")
    return subs


def carried_out(call: Call, subs: list[Subrequest], *, all_or_none: bool) -> list[dict[str, Any]]:
    """One after the other; what became of each, as the reply shows it."""
    run = _Run(call)
    if all_or_none:
        _all_or_none(run, subs)
    else:
        for sub in subs:
            run.keep(sub, run.one(sub))
    return [_shown(sub.name, reply) for sub, reply in run.replies]


def _all_or_none(run: _Run, subs: list[Subrequest]) -> None:
    try:
        with run.call.org.storage.transaction():
            for sub in subs:
                run.keep_or_undo(sub)
    except _RollBack:
        done = run.replies[-1]
        run.replies = [done if sub is done[0] else (sub, failure(_halted(_ROLLED_BACK))) for sub in subs]


def _has_failed_row(reply: Reply) -> bool:
    rows = reply.body if isinstance(reply.body, list) else []
    return any(isinstance(row, dict) and row.get("success") is False for row in rows)


def _read(raw: Mapping[str, Any]) -> Subrequest:
    name, url, method = (raw.get(key) for key in ("referenceId", "url", "method"))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ApiError("JSON_PARSER_ERROR", f"Invalid referenceId: {name}")
    if not isinstance(url, str) or not isinstance(method, str):
        raise ApiError("JSON_PARSER_ERROR", f"Subrequest {name} needs a method and a url")
    headers = raw.get("httpHeaders") or {}
    if not isinstance(headers, dict):
        raise malformed(f"httpHeaders of subrequest {name} must be an object")
    barred = [key for key in headers if key.lower() in FORBIDDEN_HEADERS]
    if barred:
        raise ApiError("INVALID_HTTP_HEADER", f"Headers not allowed in a subrequest: {', '.join(barred)}")
    return Subrequest(method, url, name, {key.lower(): str(value) for key, value in headers.items()}, raw.get("body"))


def _too_many(subs: list[Subrequest]) -> ApiError | None:
    if len(subs) > MAX_SUBREQUESTS:
        return ApiError("LIMIT_EXCEEDED", f"The request can’t contain more than {MAX_SUBREQUESTS} operations.")
    if sum(_is_heavy(sub.url) for sub in subs) > MAX_QUERIES:
        message = f"The request can’t contain more than {MAX_QUERIES} query or sObject Collections operations."
        return ApiError("LIMIT_EXCEEDED", message)
    return None


def _is_heavy(url: str) -> bool:
    match = _VERSIONED.fullmatch(url)
    rest = match[2] if match else ""
    return rest.startswith(("query/", "query?", "queryAll", "composite/sobjects"))


def _answer(call: Call, sub: Subrequest) -> Reply:
    """The reply to one subrequest, planned faults included."""
    match = _VERSIONED.fullmatch(sub.url)
    if not match:
        raise ApiError("INVALID_INPUT", f"The url must start with /services/data/vXX.X/: {sub.url}")
    if sub.method not in {"GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"}:
        raise ApiError("METHOD_NOT_ALLOWED", f"HTTP Method '{sub.method}' not allowed.", 405)
    spoken(match[1])
    inner = _inner(call, sub, match)
    refuse_composites(inner.segments)
    if call.org.settings.composite_checks_session and not call.org.sessions.holds(call.headers):
        raise ApiError("INVALID_SESSION_ID", "Session expired or invalid", 401)
    return call.org.faults.meet(sub.method, sub.url, lambda: call.dispatch(inner), inside=True)


def _inner(call: Call, sub: Subrequest, match: re.Match[str]) -> Call:
    parts = urlsplit(match[2])
    headers = dict(sub.headers)
    if call.org.settings.composite_inherits_auto_assign and "sforce-auto-assign" in call.headers:
        headers.setdefault("sforce-auto-assign", call.headers["sforce-auto-assign"])
    segments = tuple(unquote(one) for one in parts.path.split("/") if one)
    return replace(
        call,
        version=match[1],
        method=sub.method,
        segments=segments,
        params=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers=headers,
        body=sub.body,
        subrequests=[],
    )


def _halted(message: str) -> ApiError:
    return ApiError("PROCESSING_HALTED", message)


def _shown(name: str | None, reply: Reply) -> dict[str, Any]:
    body = None if reply.status in {204, 304} else reply.page or reply.body
    return {"body": body, "httpHeaders": reply.headers, "httpStatusCode": reply.status, "referenceId": name}
