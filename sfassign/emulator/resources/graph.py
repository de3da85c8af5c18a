"""`/composite/graph`: several composite requests in one API call, each wholly done or not at all.

Source: REST API Developer Guide, Composite Graph and Composite Graph Limits.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from ..errors import ApiError, not_found
from ..http import Reply
from .call import Call
from .composite import Subrequest, carried_out, subrequests

SINCE_VERSION = 50.0
MAX_GRAPHS = 75
MAX_NODES = 500
MAX_FAILURES = 14
_NODE = re.compile(r"/services/data/v\d+\.\d/sobjects/.+")
_NAME = re.compile(r"[A-Za-z0-9][^.]*")
_HALTED = "Processing was halted because too many graphs of the request failed."
Graph = tuple[str, list[Subrequest]]


def graph(call: Call) -> Reply:
    call.allow("POST")
    if float(call.version.removeprefix("v")) < SINCE_VERSION:
        raise not_found()
    replies: list[dict[str, Any]] = []
    for name, subs in _graphs(call):
        halted = sum(not one["isSuccessful"] for one in replies) > MAX_FAILURES
        replies.append(_halted(name, subs) if halted else _reply(name, carried_out(call, subs, all_or_none=True)))
    return Reply(200, {"graphs": replies})


def _graphs(call: Call) -> list[Graph]:
    listed = call.json_object().get("graphs")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ApiError("JSON_PARSER_ERROR", "graphs must be a list of graphs")
    found = [(_name(one.get("graphId")), subrequests(one)) for one in listed]
    if len({name for name, _ in found}) < len(found):
        raise ApiError("JSON_PARSER_ERROR", "Duplicate graphId in the request")
    if len(found) > MAX_GRAPHS or sum(len(subs) for _, subs in found) > MAX_NODES:
        message = f"The request can’t contain more than {MAX_GRAPHS} graphs and {MAX_NODES} nodes."
        raise ApiError("LIMIT_EXCEEDED", message)
    for sub in (sub for _, subs in found for sub in subs):
        if not _NODE.fullmatch(urlsplit(sub.url).path):
            raise ApiError("INVALID_INPUT", f"A node of a graph is a record, below /sobjects: {sub.url}")
    return found


def _name(given: object) -> str:
    if not isinstance(given, str) or not _NAME.fullmatch(given):
        raise ApiError("JSON_PARSER_ERROR", f"Invalid graphId: {given}")
    return given


def _reply(name: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    fine = all(part["httpStatusCode"] < 400 for part in parts)
    return {"graphId": name, "graphResponse": {"compositeResponse": parts}, "isSuccessful": fine}


def _halted(name: str, subs: list[Subrequest]) -> dict[str, Any]:
    body = [ApiError("PROCESSING_HALTED", _HALTED).row()]
    parts = [{"body": body, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": sub.name} for sub in subs]
    return _reply(name, parts)
