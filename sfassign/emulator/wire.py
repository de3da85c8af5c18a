"""Values on their way between JSON and the tables.

Tables hold datetimes as integer milliseconds since 1970 UTC, dates as ISO text, booleans as 0 and 1, numbers as they
are, everything else as text; an empty string is null, as in Salesforce. `stored` checks what a client sends,
`shown` prints what the org answers.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from typing import Any

from .errors import ApiError
from .ids import to18
from .schema import NUMBER_TYPES, Field

Stored = int | float | str | None
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)
_DATETIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{3}))?)?Z?")


def milliseconds(moment: dt.datetime) -> int:
    """An aware moment as the tables hold it."""
    return (moment - _EPOCH) // _MILLISECOND


def moment(stamp: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(milliseconds=stamp)


def wire_datetime(stamp: int) -> str:
    """`2013-05-07T22:07:19.000+0000`."""
    when = moment(stamp)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}+0000"


def parse_datetime(text: str) -> int:
    """Milliseconds of a datetime as Salesforce accepts it; ValueError otherwise."""
    match = _DATETIME.fullmatch(text)
    if not match:
        raise ValueError(text)
    day, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in "Zz" else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    micro = (fraction or "0").ljust(6, "0")[:6]
    return milliseconds(dt.datetime.fromisoformat(f"{day}T{clock}.{micro}{zone}"))


def shown(field: Field, value: Any) -> Any:
    """A stored value as JSON shows it."""
    if value is None:
        return False if field.type == "boolean" else None
    match field.type:
        case "datetime":
            return wire_datetime(value)
        case "boolean":
            return bool(value)
        case "double" | "currency" | "percent":
            return float(value)
        case _:
            return value


def stored(field: Field, value: Any) -> Stored:
    """What a client sent, checked against the field's type and length; ApiError in Salesforce's words."""
    if value is None or value == "":
        return 0 if field.type == "boolean" else None
    return _READERS.get(field.type, _text)(field, value)


def _mismatch(field: Field, value: Any) -> ApiError:
    kind = "STRING" if isinstance(value, str) else "TRUE" if value is True else "NUMBER"
    wanted = {"currency": "double", "percent": "double"}.get(field.type, field.type)
    return ApiError(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {wanted} from VALUE_{kind} value {value} or request may be missing a required "
        "field at [line:1, column:1]",
    )


def _boolean(field: Field, value: Any) -> int:
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return int(value.lower() == "true")
    if not isinstance(value, bool):
        raise _mismatch(field, value)
    return int(value)


def _datetime(field: Field, value: Any) -> int:
    if isinstance(value, dt.datetime):
        return milliseconds(value)
    try:
        return parse_datetime(value)
    except (ValueError, TypeError):
        raise _mismatch(field, value) from None


def _date(field: Field, value: Any) -> str:
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return value.isoformat()
    try:
        return dt.date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise _mismatch(field, value) from None


def _time(field: Field, value: Any) -> str:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise _mismatch(field, value)
    hours, minutes, seconds, fraction = match.groups()
    return f"{hours}:{minutes}:{seconds or '00'}.{fraction or '000'}Z"


def _reference(field: Field, value: Any) -> str:
    try:
        return to18(value)
    except (ValueError, TypeError):
        raise ApiError(
            "MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", 400, (field.name,)
        ) from None


def _number(field: Field, value: Any) -> float | int:
    try:
        number = float(value) if not isinstance(value, bool) else None
    except (ValueError, TypeError, OverflowError):
        number = None
    if number is None or not math.isfinite(number) or (field.type == "int" and number != int(number)):
        raise _mismatch(field, value)
    whole = field.digits - field.scale
    if abs(number) >= 10**whole:
        raise ApiError(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.label}: value outside of valid range on numeric field: {value}",
            400,
            (field.name,),
        )
    return int(number) if field.type == "int" else round(number, field.scale)


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _mismatch(field, value)
    if field.length and len(value) > field.length:
        raise ApiError(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {value} (max length={field.length})",
            400,
            (field.name,),
        )
    if field.type == "email" and not _EMAIL.fullmatch(value):
        raise ApiError("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {value}", 400, (field.name,))
    if field.restricted and field.values and value not in field.values:
        raise ApiError(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{field.label}: bad value for restricted picklist field: {value}",
            400,
            (field.name,),
        )
    return value


_READERS: dict[str, Callable[[Field, Any], Stored]] = {
    "boolean": _boolean,
    "datetime": _datetime,
    "date": _date,
    "time": _time,
    "id": _reference,
    "reference": _reference,
} | dict.fromkeys(NUMBER_TYPES, _number)
