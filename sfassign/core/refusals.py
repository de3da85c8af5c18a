"""What the org's error codes mean for us, as a table: what to do next with the owner, the item or the whole work.

The cycle asks for refused owner changes, the Salesforce room for reads it may repeat. Codes are never translated by
the org, messages are (they follow the user's language), so a message never decides alone: what refines a code is
what no translation touches, Ids, names of codes, and whether the owner we wrote is a queue. Source: Salesforce SOAP
API Developer Guide (StatusCode and ExceptionCode) and REST API Developer Guide (status codes), as collected in the
project's API notes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType


class Kind(str, Enum):
    """What the caller does next."""

    TRANSIENT = "transient"
    """The same request may well go through in seconds."""
    OWNER = "owner"
    """The org does not take this owner; another one may do."""
    ITEM = "item"
    """The org does not take a change of this record until somebody changes the record or the configuration."""
    ITEM_SOON = "item_soon"
    """Something else held this record just then; soon again."""
    STOP = "stop"
    """Nothing of ours goes through for now: pause, it concerns no single record."""
    GONE = "gone"
    """The record is deleted, merged or converted."""


PASSES = frozenset({Kind.TRANSIENT, Kind.ITEM_SOON, Kind.STOP})
"""What waiting cures: nothing about the record or its owner has to change before it is tried again."""

_KINDS: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        Kind.TRANSIENT: (
            "TOO_MANY_APEX_REQUESTS",
            "SERVER_UNAVAILABLE",
            "UNKNOWN_EXCEPTION",
            "TEMPORARY_QUERY_MORE_FAILURE",
        ),
        Kind.OWNER: (
            "INACTIVE_OWNER_OR_USER",
            "TRANSFER_REQUIRES_READ",
            "INVALID_CROSS_REFERENCE_KEY",
            "MALFORMED_ID",
        ),
        Kind.ITEM_SOON: (
            "UNABLE_TO_LOCK_ROW",
            "RECORD_IN_USE_BY_WORKFLOW",
            "PROCESSING_HALTED",
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "BATCH_PROCESSING_HALTED",
        ),
        Kind.STOP: (
            "REQUEST_LIMIT_EXCEEDED",
            "API_DISABLED_FOR_ORG",
            "API_CURRENTLY_DISABLED",
            "FUNCTIONALITY_TEMPORARILY_UNAVAILABLE",
            "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
            "INVALID_SESSION_ID",
            "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
            "ORG_LOCKED",
            "UNSUPPORTED_API_VERSION",
        ),
        Kind.GONE: ("ENTITY_IS_DELETED", "NOT_FOUND", "CANNOT_UPDATE_CONVERTED_LEAD"),
    }
)

KINDS: Mapping[str, Kind] = MappingProxyType({code: kind for kind, codes in _KINDS.items() for code in codes})
"""Every code that is not `Kind.ITEM`, which is what any other code means: one record is held, the rest goes on."""

_OWNER_ID = re.compile(r"\b(?:005|00G)[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?\b")
_CASE_SENSITIVE_ID = 15
"""The characters that tell one Id from another; the other three repeat their upper and lower case."""
_TRANSIENT_STATUS = re.compile(r"HTTP_(?:408|420|429|5\d\d)")
_CONCURRENCY = ("ConcurrentRequests", "ConcurrentPerOrgLongTxn", "Concurrent API Requests")


def _automation(message: str) -> Kind:
    """An Apex trigger or flow failed; a lock it ran into stands in its text only."""
    locked = "UNABLE_TO_LOCK_ROW" in message or "unable to obtain exclusive access" in message
    return Kind.ITEM_SOON if locked else Kind.ITEM


def _request_limit(message: str) -> Kind:
    """The day's requests are used up, or, as the limit's name tells, too many long ones run at this moment."""
    return Kind.TRANSIENT if any(name in message for name in _CONCURRENCY) else Kind.STOP


def _cross_reference(message: str) -> Kind:
    """No access to a referenced record: the new owner, or a parent or record type of the item."""
    return Kind.OWNER if _OWNER_ID.search(message) else Kind.ITEM


def _operation(message: str) -> Kind:
    """`Queue not associated with this SObject type`, or a record locked by an approval."""
    return Kind.OWNER if "queue" in message.lower() and "approval" not in message.lower() else Kind.ITEM


def _integrity(message: str) -> Kind:
    """`Owner ID: id value of incorrect type`, or data of the record that does not fit together."""
    return Kind.OWNER if message.startswith("Owner ID") else Kind.ITEM


_REFINED: Mapping[str, Callable[[str], Kind]] = MappingProxyType(
    {
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": _automation,
        "CANNOT_EXECUTE_FLOW_TRIGGER": _automation,
        "REQUEST_LIMIT_EXCEEDED": _request_limit,
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": _cross_reference,
        "INVALID_OPERATION": _operation,
        "FIELD_INTEGRITY_EXCEPTION": _integrity,
    }
)


_QUEUE_TROUBLES = frozenset({"INVALID_OPERATION", "FIELD_INTEGRITY_EXCEPTION"})
"""What the org says where a queue may not own records of this object; in English the message says so too."""


def classify(code: str | None, message: str | None, owner: str | None = None) -> Kind:
    """What an errorCode and its message mean, for a change of the owner to `owner` (15 or 18 characters) where it was
    one. `HTTP_<status>` stands for an answer that had no errorCode. Words that name another user or queue than `owner`
    concern what the item has, such as its owner until now, who may be inactive."""
    kind = _by_code(code, message, owner)
    elsewhere = kind is Kind.OWNER and owner is not None and _names(message) and not names(message, owner)
    return Kind.ITEM if elsewhere else kind


def names(message: str | None, owner: str) -> bool:
    """Whether the org's words name this user or queue by Id."""
    return owner[:_CASE_SENSITIVE_ID] in _names(message)


def _names(message: str | None) -> set[str]:
    return {found[:_CASE_SENSITIVE_ID] for found in _OWNER_ID.findall(message or "")}


def _by_code(code: str | None, message: str | None, owner: str | None) -> Kind:
    if code is None:
        return Kind.ITEM
    if code in _QUEUE_TROUBLES and (owner or "").startswith("00G") and "approval" not in (message or ""):
        return Kind.OWNER
    if code in _REFINED:
        return _REFINED[code](message or "")
    if _TRANSIENT_STATUS.fullmatch(code):
        return Kind.TRANSIENT
    return KINDS.get(code, Kind.ITEM)
