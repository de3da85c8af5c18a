"""Query errors in Salesforce's words, with the piece of the query, the caret and row and column."""

from __future__ import annotations

import re

from ..errors import ApiError

_CONTEXT = 40


def located(text: str, column: int, message: str) -> str:
    """`message` under the snippet around `column` (1-based)."""
    start = max(0, column - 1 - _CONTEXT)
    snippet = text[start : column - 1 + _CONTEXT].replace("\n", " ")
    return f"\n{snippet}\n{' ' * (column - 1 - start)}^\nERROR at Row:1:Column:{column}\n{message}"


def at(text: str, name: str, message: str, code: str = "INVALID_FIELD") -> ApiError:
    """An error about `name`, pointing at its first place in the query."""
    match = re.search(rf"(?<![\w.]){re.escape(name)}(?![\w])", text, re.IGNORECASE)
    return ApiError(code, located(text, (match.start() if match else 0) + 1, message))


def no_such_column(text: str, name: str, entity: str) -> ApiError:
    last = name.rsplit(".", 1)[-1]
    return at(
        text,
        name,
        f"No such column '{last}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append "
        "the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate "
        "names.",
    )


def no_such_relationship(text: str, name: str, entity: str, relation: str) -> ApiError:
    return at(
        text,
        name,
        f"Didn't understand relationship '{relation}' in field path. If you are attempting to use a custom "
        "relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or "
        f"the describe call for the appropriate names. (entity '{entity}')",
    )


def no_such_object(text: str, name: str) -> ApiError:
    return at(
        text,
        name,
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the "
        "'__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
        "INVALID_TYPE",
    )


def no_such_child(text: str, name: str) -> ApiError:
    return at(
        text,
        name,
        f"Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a custom "
        "relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or "
        "the describe call for the appropriate names.",
        "INVALID_TYPE",
    )


def malformed(message: str) -> ApiError:
    return ApiError("MALFORMED_QUERY", message)


def wrong_type(text: str, name: str, wanted: str, *, quotes: bool) -> ApiError:
    ending = "should be enclosed in quotes" if quotes else "should not be enclosed in quotes"
    return at(text, name, f"value of filter criterion for field '{name}' must be of type {wanted} and {ending}")


def wrong_operator(text: str, name: str, kind: str) -> ApiError:
    return at(text, name, f"invalid operator on {kind} field", "INVALID_QUERY_FILTER_OPERATOR")


def not_offered(what: str) -> ApiError:
    """Loud refusal of a part of SOQL this org does not have."""
    return ApiError("MALFORMED_QUERY", f"The local org does not offer {what}.")
