"""What a query may not say although it is well-formed: numbers, texts and objects out of bounds.

The parser takes what Salesforce's own parsers take; these are refused when the query is run. Sources: SOQL and SOSL
Reference (LIMIT, OFFSET, FROM with aliases); Salesforce Developer Limits (lengths of a query and of its texts).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sfassign.soql.tree import Condition, InQuery, Query, SubQuery, Text
from sfassign.soql.walk import leaves, values_of

from ..errors import ApiError
from . import problems

MAX_CHARACTERS = 100_000
MAX_TEXT = 4_000
MAX_OFFSET = 2_000
FIRST_DAY, LAST_DAY = dt.date(1700, 1, 1), dt.date(4000, 12, 31)


def check_length(text: str) -> None:
    """Raises ApiError."""
    if len(text) > MAX_CHARACTERS:
        raise problems.malformed(f"SOQL statements cannot be longer than {MAX_CHARACTERS:,} characters.")


def check(query: Query, text: str) -> None:
    """The query with all that are inside of it. Raises ApiError."""
    _check_rows("LIMIT", query.limit, text)
    _check_rows("OFFSET", query.offset, text)
    if query.offset and query.offset > MAX_OFFSET:
        raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}")
    for condition in (query.where, query.having):
        if condition is not None:
            _check_texts(condition)
    for inner in _inside(query):
        check(inner, text)


def check_day(text: str, name: str, day: dt.date) -> None:
    """Raises ApiError for a day no date field of an org can hold."""
    if not FIRST_DAY <= day <= LAST_DAY:
        message = f"value of filter criterion for field '{name}' must lie between {FIRST_DAY} and {LAST_DAY}"
        raise problems.at(text, name, message, "INVALID_QUERY_FILTER_OPERATOR")


def _check_rows(word: str, number: int | None, text: str) -> None:
    if number is not None and number < 0:
        raise problems.at(text, word, f"unexpected token: '{number}'", "MALFORMED_QUERY")


def _check_texts(condition: Condition) -> None:
    for leaf in leaves(condition):
        if any(isinstance(value, Text) and len(value.value) > MAX_TEXT for value in values_of(leaf)):
            raise problems.malformed(f"a text in a condition cannot be longer than {MAX_TEXT:,} characters")


def _inside(query: Query) -> Iterator[Query]:
    yield from (item.query for item in query.select if isinstance(item, SubQuery))
    for leaf in leaves(query.where) if query.where else ():
        if isinstance(leaf, InQuery):
            yield leaf.query
