"""How values lie in a column, so that SQLite and PostgreSQL store, compare and sum them alike. Used by `tables`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.types import TypeDecorator

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
POINT_SCALE = 1_000_000
"""Load points are kept as whole millionths: sums moved by differences stay exact, where floats would drift."""

ROWS_PER_STATEMENT = 900
"""Ids per IN list: SQLite before 3.32 takes 999 variables in one statement."""

T = TypeVar("T")

_encode = json.JSONEncoder(separators=(",", ":")).encode


class UtcMicros(TypeDecorator[dt.datetime]):
    """An aware UTC time, kept as whole microseconds since 1970. A naive time is a TypeError."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        return None if value is None else EPOCH + dt.timedelta(microseconds=int(value))


def to_millionths(points: float) -> int:
    return round(points * POINT_SCALE)


def from_millionths(points: int) -> float:
    return points / POINT_SCALE


def dump(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """JSON as ASCII: escapes keep characters that PostgreSQL refuses in text (NUL, lone surrogates)."""
    return _encode(value)


def storable(text: str | None) -> str | None:
    """Somebody else's words, without what a text column refuses."""
    return None if text is None else text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def chunks(values: Iterable[T], size: int = ROWS_PER_STATEMENT) -> Iterator[list[T]]:
    rows = list(values)
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
