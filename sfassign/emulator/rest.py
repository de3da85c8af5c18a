"""The front door: one request in, one reply out, no socket. `serve` and `transport` bring the bytes.

Order of checks, as a request meets them: planned faults, length, version, session, daily limit, resource. Every reply
carries the org's own `Date`, so that a client can tell the org's clock from its own.
"""

from __future__ import annotations

import gzip
import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .errors import ApiError, Dropped, limit_exceeded, not_found, unforeseen
from .http import MAX_URI_BYTES, Reply, Request, failure, http_date, read_json
from .oauth import identity, token, userinfo
from .resources.actions import actions, chatter
from .resources.call import Call
from .resources.composites import composites
from .resources.jobs import jobs
from .resources.limits import limits
from .resources.queries import query
from .resources.recent import recent
from .resources.rows import sobjects
from .resources.search import search
from .soap import soap
from .versions import check_version, versions

if TYPE_CHECKING:
    from .org import LocalOrg

_RESOURCES = {
    "sobjects": sobjects,
    "query": query,
    "queryAll": query,
    "composite": composites,
    "limits": limits,
    "actions": actions,
    "chatter": chatter,
    "jobs": jobs,
    "search": search,
    "recent": recent,
}
_BASE = re.compile(r"/services/data(?:/(v(\d+)\.(\d)))?(/.*)?")
_JSON_BODY = frozenset({"application/json", ""})

log = logging.getLogger(__name__)
"""An error here is a fault of the local org itself, never of its client."""


def handle(org: LocalOrg, request: Request) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body; where the connection is to be closed in the middle of the body, this holds less than
    the Content-Length says. Raises `Dropped` where the plan says that the connection breaks."""
    call_log: list[Call] = []
    try:
        with org.usage.running():
            reply = org.faults.meet(request.method, request.target, lambda: _sure_answer(org, request, call_log))
    except Dropped:
        org.note(request, 0, call_log)
        raise
    org.note(request, reply.status, call_log)
    return _finished(org, request, reply)


def _sure_answer(org: LocalOrg, request: Request, call_log: list[Call]) -> Reply:
    try:
        return _answer(org, request, call_log)
    except ApiError as error:
        return failure(error)
    except Dropped:
        raise
    except Exception:
        log.exception("a fault of the local org, number %d, in %s %s", org.calls, request.method, request.target)
        return failure(unforeseen(org.calls))


def _answer(org: LocalOrg, request: Request, call_log: list[Call]) -> Reply:
    _check_length(request)
    path = request.path
    if path == "/services/oauth2/token":
        return token(org, request)
    if path.startswith("/services/Soap/"):
        return soap(org, request)
    if path == "/services/oauth2/userinfo":
        return userinfo(org, request, _user(org, request))
    if path.startswith("/id/"):
        return identity(org, request, _user(org, request))
    match = _BASE.fullmatch(request.coded_path)
    if not match:
        raise not_found()
    version, rest = match[1], match[4] or ""
    if version is None:
        if rest.strip("/"):
            raise not_found()
        return Reply(200, versions())
    warning = check_version(int(match[2]), match[3])
    user = _user(org, request)
    _admit(org)
    reply = _resource(org, request, version, rest, user, call_log)
    reply.headers |= warning
    return reply


def _admit(org: LocalOrg) -> None:
    """ApiError where the org takes no request of anybody's now; else one more is counted."""
    if not org.settings.api_enabled:
        raise ApiError("API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner", 403)
    if org.usage.crowded():
        raise limit_exceeded("ConcurrentRequests (Concurrent API Requests)")
    if not org.usage.take():
        raise limit_exceeded("TotalRequests")


def _check_length(request: Request) -> None:
    uri = len(request.target.encode())
    if uri > MAX_URI_BYTES:
        raise ApiError("URI_TOO_LONG", "The URI is longer than 16,384 bytes", 414)
    if uri + sum(len(name) + len(value) for name, value in request.headers.items()) > MAX_URI_BYTES:
        raise ApiError("REQUEST_HEADER_FIELDS_TOO_LARGE", "URI and headers are longer than 16,384 bytes", 431)


def _user(org: LocalOrg, request: Request) -> str:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    user = org.sessions.user_of(secret.strip()) if kind.lower() in {"bearer", "oauth"} else None
    if user is None:
        raise ApiError("INVALID_SESSION_ID", "Session expired or invalid", 401)
    return user


def _resource(org: LocalOrg, request: Request, version: str, rest: str, user: str, call_log: list[Call]) -> Reply:
    segments = tuple(unquote(one) for one in rest.removesuffix(".json").split("/") if one)
    params = request.params
    method = params.pop("_HttpMethod", request.method) if request.method == "POST" else request.method
    if not segments:
        resources = {name: f"/services/data/{version}/{name}" for name in sorted(_RESOURCES)}
        return Reply(200, resources | {"identity": f"{request.origin}/id/{org.org_id}/{user}"})
    call = Call(org, user, version, method, segments, params, request.headers, _body(request), _dispatch)
    call_log.append(call)
    return _dispatch(call)


def _body(request: Request) -> Any:
    content = request.content()
    if not content.strip():
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _JSON_BODY:
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", f"Content-Type not supported: {kind}", 415)
    return read_json(content)


def _dispatch(call: Call) -> Reply:
    resource = _RESOURCES.get(call.segments[0]) if call.segments else None
    if resource is None:
        raise not_found()
    return resource(replace(call, segments=call.segments))


def _finished(org: LocalOrg, request: Request, reply: Reply) -> tuple[int, dict[str, str], bytes]:
    body = reply.encoded(pretty=request.headers.get("x-prettyprint") == "1")
    headers = {"Date": http_date(org.clock())} | reply.headers
    if re.match(r"/services/data/v\d", request.path):
        headers["Sforce-Limit-Info"] = org.usage.header()
    if body:
        headers.setdefault("Content-Type", f"{'text/html' if reply.page else 'application/json'};charset=UTF-8")
    if len(body) > org.settings.compress_above_bytes and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 1)
        headers["Content-Encoding"] = "gzip"
    if request.method == "HEAD":
        body = b""
    if reply.sent is not None:
        headers["Content-Length"] = str(len(body))
        body = body[: reply.sent]
    return reply.status, headers, body
