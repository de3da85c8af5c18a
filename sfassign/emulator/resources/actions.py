"""Messages to people: custom notifications, e-mail and Chatter posts. Nothing leaves; `org.sent` keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ApiError, not_found
from ..http import Reply
from .call import Call

MAX_TITLE, MAX_BODY, MAX_RECIPIENTS, MAX_POST, MAX_MENTIONS = 250, 750, 500, 10_000, 25


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as a client asked for it; `channel` is the action's name or `feed-elements`."""

    channel: str
    by: str
    content: Mapping[str, Any]


def actions(call: Call) -> Reply:
    if call.segments[1:2] != ("standard",) or len(call.segments) > 3:
        raise not_found()
    if len(call.segments) == 2:
        call.allow("GET")
        return Reply(200, {"actions": [{"name": name, "type": name.upper()} for name in sorted(_ACTIONS)]})
    name = call.segments[2]
    if name not in _ACTIONS:
        raise not_found()
    call.allow("GET", "POST")
    if call.method == "GET":
        return Reply(200, {"name": name, "inputs": [{"name": one} for one in _INPUTS[name]], "standard": True})
    inputs = call.json_object().get("inputs")
    if not isinstance(inputs, list):
        raise ApiError("JSON_PARSER_ERROR", "inputs must be a list")
    results = [_run(call, name, one) for one in inputs]
    return Reply(200 if all(one["isSuccess"] for one in results) else 400, results)


def _run(call: Call, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        outcome = _ACTIONS[name](call, given)
    except ApiError as error:
        return {"actionName": name, "errors": [error.collection_row()], "isSuccess": False, "outputValues": None}
    call.org.sent.append(Sent(name, call.user, dict(given)))
    return {"actionName": name, "errors": None, "isSuccess": True, "outputValues": outcome}


def _notification(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    kind = call.org.storage.get(call.org.schema.object("CustomNotificationType"), str(given.get("customNotifTypeId")))
    if kind is None:
        raise ApiError("INVALID_INPUT", "The custom notification type doesn't exist")
    for name, most in (("title", MAX_TITLE), ("body", MAX_BODY)):
        if not given.get(name) or len(str(given[name])) > most:
            raise ApiError("INVALID_INPUT", f"{name} is required and at most {most} characters long")
    if not 0 < len(given.get("recipientIds") or ()) <= MAX_RECIPIENTS:
        raise ApiError("INVALID_INPUT", f"Between 1 and {MAX_RECIPIENTS} recipients are needed")
    if not (given.get("targetId") or given.get("targetPageRef")):
        raise ApiError("INVALID_INPUT", "Either targetId or targetPageRef is required")
    return {"SuccessMessage": "Your custom notification is processed successfully."}


def _mail(_call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    addressed = any(given.get(name) for name in ("emailAddresses", "emailAddressesArray", "recipientAddresses"))
    if not addressed or not given.get("emailSubject") or not given.get("emailBody"):
        raise ApiError("REQUIRED_FIELD_MISSING", "Recipients, emailSubject and emailBody are required")
    return {}


def _post(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    if not given.get("subjectNameOrId") or len(str(given.get("text", ""))) > MAX_POST:
        raise ApiError("INVALID_INPUT", "subjectNameOrId and a text of at most 10,000 characters are required")
    return {"feedItemId": call.org.state.ids.allocate("0D5")}


_ACTIONS: dict[str, Callable[[Call, Mapping[str, Any]], dict[str, Any]]] = {
    "customNotificationAction": _notification,
    "emailSimple": _mail,
    "chatterPost": _post,
}
_INPUTS = {
    "customNotificationAction": ("customNotifTypeId", "recipientIds", "senderId", "title", "body", "targetId"),
    "emailSimple": ("emailAddresses", "emailSubject", "emailBody", "senderType", "senderAddress"),
    "chatterPost": ("subjectNameOrId", "text", "communityId", "visibility"),
}


def chatter(call: Call) -> Reply:
    if call.segments[1:] != ("feed-elements",):
        raise not_found()
    call.allow("POST")
    body = call.json_object()
    segments = (body.get("body") or {}).get("messageSegments") or []
    subject = body.get("subjectId")
    if body.get("feedElementType") != "FeedItem" or not subject or not segments:
        raise ApiError("INVALID_INPUT", "feedElementType FeedItem, subjectId and messageSegments are required")
    if sum(one.get("type") == "Mention" for one in segments) > MAX_MENTIONS:
        raise ApiError("LIMIT_EXCEEDED", f"At most {MAX_MENTIONS} mentions per post")
    call.org.sent.append(Sent("feed-elements", call.user, body))
    new = call.org.state.ids.allocate("0D5")
    return Reply(201, {"id": new, "feedElementType": "FeedItem", "url": f"{call.root}/chatter/feed-elements/{new}"})
