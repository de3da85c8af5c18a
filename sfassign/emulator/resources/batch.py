"""`/composite/batch`: up to 25 independent subrequests, run one after the other; each counts as an API call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ..errors import ApiError, limit_exceeded, malformed
from ..http import Reply, failure
from ..versions import spoken
from .call import Call, refuse_composites

MAX_REQUESTS = 25


def batch(call: Call) -> Reply:
    call.allow("POST")
    body = call.json_object()
    listed = body.get("batchRequests")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise malformed("batchRequests must be a list of subrequests")
    if len(listed) > MAX_REQUESTS:
        raise ApiError("LIMIT_EXCEEDED", f"The request can’t contain more than {MAX_REQUESTS} operations.")
    replies: list[Reply] = []
    for number, raw in enumerate(listed):
        if number and not call.org.usage.take():  # the batch itself was counted as its first
            replies.append(failure(limit_exceeded("TotalRequests")))
            continue
        if body.get("haltOnError") is True and any(one.status >= 400 for one in replies):
            halted = ApiError("BATCH_PROCESSING_HALTED", "Batch processing halted, since the request failed.", 412)
            replies.append(failure(halted))
            continue
        reply = _one(call, raw)
        call.subrequests.append((str(raw.get("method")), str(raw.get("url")), reply.status))
        replies.append(reply)
    results = [{"statusCode": one.status, "result": None if one.status == 204 else one.body} for one in replies]
    return Reply(200, {"hasErrors": any(one.status >= 400 for one in replies), "results": results})


def _one(call: Call, raw: Mapping[str, Any]) -> Reply:
    parts = urlsplit(str(raw.get("url", "")).removeprefix("/services/data").lstrip("/"))
    version, *segments = [unquote(one) for one in parts.path.split("/") if one] or [""]
    inner = replace(
        call,
        version=version,
        method=str(raw.get("method")),
        segments=tuple(segments),
        params=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers={},
        body=raw.get("richInput"),
        subrequests=[],
    )
    if not version.startswith("v") or _number(version) > _number(call.version):
        message = f"Version {version} is later than the batch's {call.version}"
        return failure(ApiError("INVALID_BATCH_REQUEST", message))
    try:
        spoken(version)
        refuse_composites(inner.segments)
        return call.dispatch(inner)
    except ApiError as error:
        return failure(error)


def _number(version: str) -> float:
    try:
        return float(version[1:])
    except ValueError:
        return float("inf")
