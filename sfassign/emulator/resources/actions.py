"""Messages to people: custom notifications, e-mail and Chatter posts. Nothing leaves; `org.sent` keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..access import sees
from ..errors import ApiError, malformed, not_found
from ..http import Reply
from .call import Call

MAX_TITLE, MAX_BODY, MAX_RECIPIENTS, MAX_POST, MAX_MENTIONS = 250, 750, 500, 10_000, 25
MAX_ADDRESSES, MAX_MAIL_BYTES = 5, 4_000
RECIPIENTS_RENAMED_IN = 65


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
        return Reply(200, {"name": name, "inputs": [{"name": one} for one in _inputs(call, name)], "standard": True})
    inputs = call.json_object().get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
        raise malformed("inputs must be a list of objects")
    results = [_run(call, name, one) for one in inputs]
    return Reply(200 if all(one["isSuccess"] for one in results) else 400, results)


def _run(call: Call, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        outcome = _ACTIONS[name](call, given)
    except ApiError as error:
        return {"actionName": name, "errors": [error.collection_row()], "isSuccess": False, "outputValues": None}
    call.org.sent.append(Sent(name, call.user, dict(given)))
    return {"actionName": name, "errors": None, "isSuccess": True, "outputValues": outcome}


def _inputs(call: Call, name: str) -> tuple[str, ...]:
    """`emailSimple` calls its recipients otherwise since version 65 (Actions Developer Guide)."""
    renamed = name == "emailSimple" and int(call.version[1:].split(".")[0]) >= RECIPIENTS_RENAMED_IN
    return tuple("recipientAddresses" if renamed and one == "emailAddresses" else one for one in _INPUTS[name])


def _notification(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    senders = call.org.settings.notification_senders
    if senders is not None and call.user not in senders:
        raise ApiError("INSUFFICIENT_ACCESS", "You need the Send Custom Notifications permission")
    kind = call.org.storage.get(call.org.schema.object("CustomNotificationType"), str(given.get("customNotifTypeId")))
    if kind is None:
        raise ApiError("INVALID_INPUT", "The custom notification type doesn't exist")
    for name, most in (("title", MAX_TITLE), ("body", MAX_BODY)):
        if not given.get(name) or len(str(given[name])) > most:
            raise ApiError("INVALID_INPUT", f"{name} is required and at most {most} characters long")
    recipients = given.get("recipientIds") or []
    if not isinstance(recipients, list):
        raise malformed("recipientIds must be a list")
    if not 0 < len(recipients) <= MAX_RECIPIENTS:
        raise ApiError("INVALID_INPUT", f"Between 1 and {MAX_RECIPIENTS} recipients are needed")
    if not (given.get("targetId") or given.get("targetPageRef")):
        raise ApiError("INVALID_INPUT", "Either targetId or targetPageRef is required")
    return {"SuccessMessage": "Your custom notification is processed successfully."}


def _mail(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    known = _inputs(call, "emailSimple")
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ApiError("INVALID_INPUT", f"emailSimple has no input {unknown[0]}")
    addresses = [one.strip() for one in str(given.get(known[0]) or "").split(",") if one.strip()]
    if not addresses or not given.get("emailSubject") or not given.get("emailBody"):
        raise ApiError("REQUIRED_FIELD_MISSING", "Recipients, emailSubject and emailBody are required")
    if len(addresses) > MAX_ADDRESSES or not all("@" in one for one in addresses):
        raise ApiError("INVALID_EMAIL_ADDRESS", f"Between 1 and {MAX_ADDRESSES} valid addresses are needed")
    if len(str(given["emailBody"]).encode()) > MAX_MAIL_BYTES:
        raise ApiError("INVALID_INPUT", f"emailBody is longer than {MAX_MAIL_BYTES} bytes")
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
    segments = _segments(body.get("body") or {})
    subject = body.get("subjectId")
    if body.get("feedElementType") != "FeedItem" or not subject or not segments:
        raise ApiError("INVALID_INPUT", "feedElementType FeedItem, subjectId and messageSegments are required")
    if call.org.schema.find("FeedItem") is None:
        raise ApiError("FUNCTIONALITY_NOT_ENABLED", "This feature is not currently enabled for this user type.", 403)
    _check_post(call, str(subject), segments)
    if sum(one.get("type") == "Mention" for one in segments) > MAX_MENTIONS:
        raise ApiError("LIMIT_EXCEEDED", f"At most {MAX_MENTIONS} mentions per post")
    call.org.sent.append(Sent("feed-elements", call.user, body))
    new = call.org.state.ids.allocate("0D5")
    return Reply(201, {"id": new, "feedElementType": "FeedItem", "url": f"{call.root}/chatter/feed-elements/{new}"})


def _segments(body: Any) -> list[Mapping[str, Any]]:
    found = (body.get("messageSegments") or []) if isinstance(body, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise malformed("messageSegments must be a list of segments")
    return found


def _check_post(call: Call, subject: str, segments: list[Mapping[str, Any]]) -> None:
    """The subject is there, mentions are of users, and the text is no longer than a post may be."""
    mentioned = [str(one.get("id")) for one in segments if one.get("type") == "Mention"]
    for one in (subject, *mentioned):
        thing = call.org.schema.of_id(one)
        row = call.org.storage.get(thing, one) if thing is not None else None
        hidden = thing is not None and not sees(call.org.state, thing, one, call.user)
        if row is None or row.get("IsDeleted") or hidden:
            raise ApiError("INVALID_ID_FIELD", f"Invalid identifier: {one}", 404)
        if one in mentioned and thing is not None and thing.name not in ("User", "Group"):
            raise ApiError("INVALID_ID_FIELD", f"Not a user or group: {one}")
    if sum(len(str(one.get("text") or "")) for one in segments) > MAX_POST:
        raise ApiError("POST_BODY_TOO_LONG", f"A post has at most {MAX_POST:,} characters")
