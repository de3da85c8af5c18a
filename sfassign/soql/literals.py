"""Literals between their text and their value: strings with escapes, dates, times; and Python values as SOQL.

`build.py` reads with it, `render.py` writes with it, and callers that put values into a query use `literal`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal

MAX_OFFSET_MINUTES = 18 * 60
"""The widest zone offset Salesforce's parsers take in a datetime."""

_ESCAPE = re.compile(r"\\(?:[uU]([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
_WRITTEN = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


class BadEscape(ValueError):
    """A backslash SOQL does not know. `offset` counts characters from the opening quote."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def decode(quoted: str, *, wildcards: bool = False) -> tuple[str, str]:
    r"""The value and the LIKE pattern of a quoted string. `\%` and `\_` exist only where `wildcards` do, after LIKE."""
    body = quoted[1:-1]
    if "\\" not in body:
        return body, body
    value: list[str] = []
    pattern: list[str] = []
    end = 0
    for match in _ESCAPE.finditer(body):
        before, meant = body[end : match.start()], _meaning(match, wildcards=wildcards)
        value += (before, meant)
        pattern += (before, "\\" + meant if meant in ("\\", "%", "_") else meant)
        end = match.end()
    return "".join([*value, body[end:]]), "".join([*pattern, body[end:]])


def _meaning(match: re.Match[str], *, wildcards: bool) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    letter = match[2]
    if wildcards and letter in "%_":
        return letter
    try:
        return _LETTERS[letter.lower()]
    except KeyError:
        raise BadEscape(match.start() + 1) from None


def quote(value: str) -> str:
    """A string as a SOQL literal, escaped."""
    return "'" + "".join(_WRITTEN.get(char, char) for char in value) + "'"


def quote_pattern(pattern: str) -> str:
    """A LIKE pattern as a SOQL literal; its backslashes already escape what follows them."""
    return "'" + "".join(char if char == "\\" else _WRITTEN.get(char, char) for char in pattern) + "'"


def read_datetime(raw: str) -> dt.datetime:
    """A datetime literal in UTC. Raises ValueError where the calendar, the clock or the zone has no such moment."""
    local = dt.datetime.fromisoformat(raw.upper())
    _check_offset(local.utcoffset())
    try:
        return local.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError(f"{raw} is outside the calendar") from None


def read_time(raw: str) -> dt.time:
    """A time literal as the time of day in UTC. Raises ValueError where the clock has no such time."""
    local = dt.time.fromisoformat(raw.upper())
    offset = local.utcoffset() or dt.timedelta()
    _check_offset(offset)
    moment = dt.datetime.combine(dt.date(2000, 1, 2), local.replace(tzinfo=None)) - offset
    return moment.time()


def _check_offset(offset: dt.timedelta | None) -> None:
    if offset is None or abs(offset) > dt.timedelta(minutes=MAX_OFFSET_MINUTES):
        raise ValueError("the zone must be within 18 hours of UTC")


def utc_text(moment: dt.datetime) -> str:
    """An aware moment as SOQL: UTC, milliseconds only where there are any. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone has no meaning in SOQL")
    utc = moment.astimezone(dt.UTC)
    milliseconds = utc.microsecond // 1000
    fraction = f".{milliseconds:03d}" if milliseconds else ""
    return f"{utc.year:04d}-{utc:%m-%dT%H:%M:%S}{fraction}Z"


Literal = str | int | float | bool | dt.date | dt.datetime | None


def literal(value: Literal | Sequence[Literal]) -> str:
    """A Python value as SOQL, escaped; a list becomes a parenthesised list for IN.

    Datetimes are written in UTC, cut to milliseconds. Raises ValueError for an empty list (SOQL has none), a naive
    datetime, and numbers that are not finite.
    """
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, Sequence):
        if not value:
            raise ValueError("SOQL has no empty list: leave the condition out, or do not ask")
        return "(" + ", ".join(literal(one) for one in value) + ")"
    return _scalar(value)


def _scalar(value: Literal) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, dt.datetime):
        return utc_text(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no SOQL literal")


def _number(value: float) -> str:
    text = repr(value)
    if "n" in text:
        raise ValueError(f"{text} is not a number SOQL can say")
    return format(Decimal(text), "f")
