"""Messages that leave through the org: custom notifications, Chatter posts, e-mail and tasks. Used by `notify`.

Shapes and limits are those of the Actions Developer Guide (customNotificationAction, emailSimple), the Connect REST
API Developer Guide (feed elements) and sObject Collections. Nothing here is tried again by itself: `notify` does that
later, so a call that got no answer may have been carried out and is doubled, except for tasks, which are looked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

from sfassign.core.notice import Message, is_address, one_line, shortened
from sfassign.core.refusals import Kind, classify
from sfassign.errors import OrgError, OrgRefused
from sfassign.ports import SENT, Outcome, Sending
from sfassign.salesforce.connection import Connection
from sfassign.salesforce.failures import Undetermined

NOTIFICATION_TYPE = "sfassign"
"""DeveloperName of the CustomNotificationType that an administrator creates for us."""
TIMEOUT_SECONDS = (5.0, 5.0)
"""Connect and read: a message may be late, a cycle may not."""
MOST_INPUTS = 50
LONGEST_TITLE, LONGEST_BODY, LONGEST_POST, LONGEST_SUBJECT = 250, 750, 10_000, 255
LONGEST_MAIL_BYTES = 4_000
MOST_SKEW = dt.timedelta(minutes=10)
"""How far our clock, which says when a task became due, may be ahead of the org's, which stamps it."""
_RECIPIENTS = ("emailAddresses", "recipientAddresses")
"""What `emailSimple` calls its recipients, by version of the API; the action itself tells which."""

Payload = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Lookup:
    """One small query, asked once and no more: the reads of a cycle are patient, messages are not."""

    connection: Connection

    def __call__(self, soql: str) -> Sequence[Mapping[str, object]]:
        """Its records. Raises an OrgError."""
        answer = self.connection.call(
            lambda client: client.restful("query", params={"q": soql}, timeout=TIMEOUT_SECONDS)
        )
        records = answer.get("records") if isinstance(answer, Mapping) else None
        if not isinstance(records, list):
            raise Undetermined("the answer to a query has no records")
        return records


def no_type(name: str) -> str:
    return f"the org has no custom notification type '{name}'; create it under Setup › Custom Notifications"


def notification_type(query: Lookup, name: str) -> str | None:
    """The Id of the type, None where the org has none of this name. Raises an OrgError."""
    found = query(f"SELECT Id FROM CustomNotificationType WHERE DeveloperName = '{name}'")  # noqa: S608 — our constant
    return str(found[0]["Id"]) if found else None


def addresses_of(query: Lookup, users: Sequence[str]) -> dict[str, str]:
    """The e-mail addresses of active users by Id. Raises an OrgError."""
    found = query(f"SELECT Id, Email FROM User WHERE IsActive = true AND Id IN ({_listed(users)})")  # noqa: S608 — Ids
    return {str(row["Id"]): str(row["Email"]) for row in found if row.get("Email")}


def mail_recipients(connection: Connection) -> str | None:
    """What this org's `emailSimple` calls its recipients, None where it has no such action. Raises an OrgError."""
    path = "actions/standard/emailSimple"
    answer = connection.call(lambda client: client.restful(path, timeout=TIMEOUT_SECONDS))
    inputs = answer.get("inputs") if isinstance(answer, Mapping) else None
    names = {one.get("name") for one in inputs or () if isinstance(one, Mapping)}
    return next((name for name in _RECIPIENTS if name in names), None)


@dataclass
class Bell:
    """The bell of the browser and the phone: one call for many notifications."""

    connection: Connection
    query: Lookup
    type_name: str = NOTIFICATION_TYPE
    most: int = MOST_INPUTS
    _type: str | None = None

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        return _guarded(messages, self._send)

    def _send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        self._type = self._type or notification_type(self.query, self.type_name)
        if self._type is None:
            return (Outcome(Sending.LATER, no_type(self.type_name)),) * len(messages)
        kind = self._type
        return _run_action(
            self.connection, "customNotificationAction", [_notification(message, kind) for message in messages]
        )


@dataclass
class Feed:
    """A post on the record (a list: on the person's own feed) that mentions the person."""

    connection: Connection
    most: int = 1

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        return _guarded(messages, self._send)

    def _send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        for message in messages:
            _post(self.connection, "chatter/feed-elements", _feed_item(message))
        return (SENT,) * len(messages)


@dataclass
class OrgMail:
    """E-mail sent by the org in the name of our user."""

    connection: Connection
    query: Lookup
    most: int = MOST_INPUTS
    _recipients: str | None = None

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        return _guarded(messages, self._send)

    def _send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        self._recipients = self._recipients or mail_recipients(self.connection)
        if self._recipients is None:
            return (Outcome(Sending.REFUSED, "the org has no action emailSimple: set SFASSIGN_SMTP_URL"),) * len(
                messages
            )
        addresses = addresses_of(self.query, [message.user for message in messages])
        known = [message for message in messages if is_address(addresses.get(message.user))]
        mails = [_mail(message, self._recipients, addresses[message.user]) for message in known]
        sent = iter(_run_action(self.connection, "emailSimple", mails) if mails else ())
        return tuple(next(sent) if message in known else NO_ADDRESS for message in messages)


@dataclass
class Tasks:
    """A task on the item for its new owner. `me`: the Id of our own user, None where it cannot be learnt."""

    connection: Connection
    query: Lookup
    me: Callable[[], str | None]
    most: int = MOST_INPUTS

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        return _guarded(messages, self._send)

    def _send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        there = self._there([message for message in messages if message.tried])
        new = [message for message in messages if _mark(message) not in there]
        made = iter(self._create(new) if new else ())
        return tuple(next(made) if message in new else SENT for message in messages)

    def _there(self, tried: Sequence[Message]) -> set[tuple[object, ...]]:
        """Of the ones that may exist already, those that do: ours, for this person and item, with this subject."""
        if not tried:
            return set()
        me = self.me()
        since = (min(message.since for message in tried) - MOST_SKEW).strftime("%Y-%m-%dT%H:%M:%SZ")
        items = _listed([message.item for message in tried])
        mine = f" AND CreatedById = '{me}'" if me else ""
        soql = (
            "SELECT OwnerId, WhoId, WhatId, Subject FROM Task"  # noqa: S608 — Ids and a time stamp
            f" WHERE CreatedDate >= {since}{mine} AND (WhoId IN ({items}) OR WhatId IN ({items}))"
        )
        return {(row["OwnerId"], row["WhoId"] or row["WhatId"], row["Subject"]) for row in self.query(soql)}

    def _create(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        body = {"allOrNone": False, "records": [_task(message) for message in messages]}
        results = _post(self.connection, "composite/sobjects", body)
        return _outcomes(results, "success", len(messages))


NO_ADDRESS = Outcome(Sending.REFUSED, "the user is not active or has no usable e-mail address")


# --- one payload each, and the only places where text meets the org's formats -----------------------------------------


def _notification(message: Message, kind: str) -> Payload:
    """Plain text, both parts."""
    return {
        "customNotifTypeId": kind,
        "recipientIds": [message.user],
        "title": shortened(message.title, LONGEST_TITLE),
        "body": shortened(message.text, LONGEST_BODY),
        "targetId": message.item,
    }


def _feed_item(message: Message) -> Payload:
    """In segments, so that no text is read as a mention, a link or markup."""
    text = {"type": "Text", "text": " " + shortened(message.text, LONGEST_POST - 200)}
    return {
        "feedElementType": "FeedItem",
        "subjectId": message.user if message.several else message.item,
        "body": {"messageSegments": [{"type": "Mention", "id": message.user}, text]},
    }


def _mail(message: Message, recipients: str, address: str) -> Payload:
    """Plain text; the subject is one line already."""
    body = message.text.encode()[:LONGEST_MAIL_BYTES].decode(errors="ignore")
    return {
        recipients: address,
        "emailSubject": shortened(message.title, LONGEST_SUBJECT),
        "emailBody": body,
        "senderType": "CurrentUser",
    }


def _task(message: Message) -> Payload:
    """People hang on `WhoId`, everything else on `WhatId`."""
    return {
        "attributes": {"type": "Task"},
        "OwnerId": message.user,
        "WhoId" if message.object in ("Lead", "Contact") else "WhatId": message.item,
        "Subject": _subject(message),
        "Description": message.text,
        "ActivityDate": message.day.isoformat(),
    }


def _subject(message: Message) -> str:
    return one_line(message.title, LONGEST_SUBJECT)


def _mark(message: Message) -> tuple[object, ...]:
    return message.user, message.item, _subject(message)


# --- answers ----------------------------------------------------------------------------------------------------------


def _guarded(
    messages: Sequence[Message], send: Callable[[Sequence[Message]], tuple[Outcome, ...]]
) -> tuple[Outcome, ...]:
    """What stops the whole call stops every message of it: for good where the org refused it, else for now."""
    try:
        return send(messages)
    except OrgRefused as refused:
        outcome = _refusal(refused.code, str(refused).removeprefix(f"{refused.code}: "))
    except OrgError as failure:
        outcome = Outcome(Sending.LATER, str(failure))
    return (outcome,) * len(messages)


def _post(connection: Connection, path: str, body: Payload) -> object:
    return connection.call(lambda client: client.restful(path, method="POST", json=body, timeout=TIMEOUT_SECONDS))


def _run_action(connection: Connection, name: str, inputs: Sequence[Payload]) -> tuple[Outcome, ...]:
    """One result per input; where one of them failed the whole answer is a 400 with the same list."""

    def exchange(client: Salesforce) -> object:
        path = f"actions/standard/{name}"
        try:
            return client.restful(path, method="POST", json={"inputs": list(inputs)}, timeout=TIMEOUT_SECONDS)
        except SalesforceError as error:
            if isinstance(error.content, list) and all("isSuccess" in one for one in error.content):
                return error.content
            raise

    return _outcomes(connection.call(exchange), "isSuccess", len(inputs))


def _outcomes(results: object, success: str, count: int) -> tuple[Outcome, ...]:
    """The results of an action or a collection, in the order of what was sent."""
    if not isinstance(results, list) or len(results) != count:
        return (Outcome(Sending.LATER, "the org's answer has another number of results than were sent"),) * count
    return tuple(SENT if one.get(success) is True else _failed(one.get("errors")) for one in results)


def _failed(errors: object) -> Outcome:
    first = errors[0] if isinstance(errors, list) and errors else {}
    return _refusal(str(first.get("statusCode") or "UNKNOWN"), str(first.get("message") or "the org gave no reason"))


def _refusal(code: str, message: str) -> Outcome:
    passing = classify(code, message) in (Kind.TRANSIENT, Kind.ITEM_SOON, Kind.STOP)
    return Outcome(Sending.LATER if passing else Sending.REFUSED, f"{code}: {message}")


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(f"'{one}'" for one in sorted(set(ids)) if one.isalnum())
