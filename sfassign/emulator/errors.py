"""What the org refuses, in Salesforce's words. Raised anywhere in the engine, turned into a reply by `rest`."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refusal: Salesforce's errorCode, its message, the HTTP status of a single-record call, the fields named."""

    def __init__(self, code: str, message: str, status: int = 400, fields: tuple[str, ...] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields

    def row(self) -> dict[str, Any]:
        """The error as single-resource replies show it."""
        shown: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            shown["fields"] = list(self.fields)
        return shown

    def collection_row(self) -> dict[str, Any]:
        """The error as sObject Collections show it: the key is `statusCode` there."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields or ())}


class Dropped(Exception):
    """The connection breaks without an answer (a planned fault)."""


def unforeseen(number: int) -> ApiError:
    """What an org says of a fault of its own; `number` leads to it in the log."""
    message = f"An unexpected error occurred. Please include this ErrorId if you contact support: {number}"
    return ApiError("UNKNOWN_EXCEPTION", message, 500)


def limit_exceeded(kind: str) -> ApiError:
    return ApiError("REQUEST_LIMIT_EXCEEDED", f"{kind} Limit exceeded.", 403)


def malformed(what: str) -> ApiError:
    """The JSON of a request has another shape than the resource takes."""
    return ApiError("JSON_PARSER_ERROR", what)


def no_such_record() -> ApiError:
    return ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", 404, ())


def entity_is_deleted() -> ApiError:
    return ApiError("ENTITY_IS_DELETED", "entity is deleted", 404, ())


def not_found() -> ApiError:
    return ApiError("NOT_FOUND", "The requested resource does not exist", 404)
