"""The types of single values: text in, a typed value or a reason in admin words out. `schema` annotates with them.

Every function takes what `document` read (text, list, mapping or nothing); each type carries its JSON Schema.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from sfassign.core.durations import LONGEST, parse_duration
from sfassign.policy.wrong import not_among, shown, spoken, wrong

DURATION = "a duration such as 30s, 10m, 4h or 2d"
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_FIELD_PATH = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*){0,5}", re.ASCII)
_USERNAME = re.compile(r"[^\s=<>()!,;@]+@[^\s=<>()!,;@]+")
NO_LIMIT = "0 is not a limit: leave the key out for no limit (some products read 0 as unlimited, others as none)"


def text_of(value: Any, expected: str) -> str:
    """The text of a scalar that is not blank."""
    if not isinstance(value, str):
        raise wrong(f"{spoken(value)} cannot stand here", expected)
    if not value.strip():
        raise wrong("this text is empty", expected)
    return value


def text(value: Any) -> str:
    return text_of(value, "text")


def any_text(value: Any) -> str:
    """Text that may be empty: what is written into a field."""
    if not isinstance(value, str):
        raise wrong(f"{spoken(value)} cannot stand here", "text, a number, true or false")
    return value


def name(value: Any) -> str:
    found = text_of(value, "a name")
    if found != found.strip() or len(found.splitlines()) > 1:
        raise wrong(
            f"the name '{shown(found)}' begins or ends with a space or spans several lines", "a name in one line"
        )
    return found


def yes_or_no(value: Any) -> bool:
    found = text_of(value, "true or false")
    if found not in ("true", "false"):
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false", "y": "true", "n": "false"}
        close = meant.get(found.lower(), found.lower() if found.lower() in ("true", "false") else None)
        raise wrong(f"'{shown(found)}' is neither true nor false", "true or false", close)
    return found == "true"


def whole(value: Any) -> int:
    found = text_of(value, "a whole number")
    if not _WHOLE.fullmatch(found):
        raise wrong(f"'{shown(found)}' is not a whole number", "a whole number such as 20")
    return int(found)


def number(value: Any) -> float:
    found = text_of(value, "a number")
    if not _NUMBER.fullmatch(found):
        plain = found.replace(",", "").replace("_", "")
        hint = plain if _NUMBER.fullmatch(plain) else None
        raise wrong(f"'{shown(found)}' is not a number", "a plain number such as 20 or 1.5", hint)
    return float(found)


def not_negative(value: Any) -> float:
    found = number(value)
    if found < 0:
        raise wrong(f"{value} is below 0", "0 or more")
    return found


def count(value: Any) -> int:
    """A limit in whole numbers: 1 or more."""
    found = whole(value)
    if found == 0:
        raise wrong(NO_LIMIT, "a whole number of 1 or more")
    if found < 0:
        raise wrong(f"{value} is below 0", "a whole number of 1 or more")
    return found


def count_or_none(value: Any) -> int:
    found = whole(value)
    if found < 0:
        raise wrong(f"{value} is below 0", "a whole number of 0 or more")
    return found


def points(value: Any) -> float:
    """A limit in points: more than 0."""
    found = number(value)
    if found == 0:
        raise wrong(NO_LIMIT, "a number above 0")
    if found < 0:
        raise wrong(f"{value} is below 0", "a number above 0")
    return found


def duration_or_zero(value: Any) -> dt.timedelta:
    found = text_of(value, DURATION)
    parsed = parse_duration(found)
    if parsed is None:
        unit = " without its unit" if found.isdigit() else ""
        raise wrong(
            f"'{shown(found)}' is not a duration{unit}", DURATION, f"{found}m" if unit and len(found) < 6 else None
        )
    if parsed > LONGEST:
        raise wrong(f"'{found}' is longer than ten years", "at most 3650d")
    return parsed


def duration(value: Any) -> dt.timedelta:
    found = duration_or_zero(value)
    if not found:
        raise wrong(f"'{value}' is no time at all", f"{DURATION}; leave the key out for none")
    return found


def idle_time(value: Any) -> dt.timedelta:
    found = duration(value)
    if found < dt.timedelta(minutes=6):
        raise wrong(
            f"{value} is too short: Salesforce refreshes a session's time stamp too seldom to tell",
            "6m or more",
        )
    return found


def field_path(value: Any) -> str:
    found = text_of(value, "a field name")
    if not _FIELD_PATH.fullmatch(found):
        raise wrong(f"'{shown(found)}' is not a field name", "an API name such as Country or Account.Industry")
    return found


def object_name(value: Any) -> str:
    found = text_of(value, "an object")
    if not _FIELD_PATH.fullmatch(found) or "." in found:
        raise wrong(f"'{shown(found)}' is not an object name", "an API name such as Lead or Ticket__c")
    return found


def is_username(value: str) -> bool:
    """Whether the text is a Username (which look like e-mail addresses) and not a condition."""
    return _USERNAME.fullmatch(value) is not None


def username(value: Any) -> str:
    found = text_of(value, "a Username")
    if not is_username(found):
        raise wrong(f"'{shown(found)}' is not a Username", "a Username such as alice@acme.example")
    return found


def version(value: Any) -> int:
    if value != "1":
        raise wrong(f"{spoken(value)} is unknown", "version: 1")
    return 1


def off(value: Any) -> str:
    if value != "off":
        raise wrong(f"{spoken(value)} cannot stand here", "off, or a mapping such as {at_most: 3, per: 10m}")
    return "off"


def choice(*names: str, what: str = "value") -> Callable[[Any], str]:
    """A validator for one of these words."""

    def chosen(value: Any) -> str:
        found = text_of(value, " | ".join(names))
        if found not in names:
            raise not_among(found, names, what)
        return found

    return chosen


_DURATION_SCHEMA = {"type": "string", "pattern": "^[0-9]{1,9}[smhd]$"}

Text = Annotated[str, PlainValidator(text), WithJsonSchema({"type": "string", "minLength": 1})]
SetValue = Annotated[str, PlainValidator(any_text), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Name = Annotated[str, PlainValidator(name), WithJsonSchema({"type": "string", "minLength": 1})]
YesNo = Annotated[bool, PlainValidator(yes_or_no), WithJsonSchema({"type": "boolean"})]
Whole = Annotated[int, PlainValidator(whole), WithJsonSchema({"type": "integer"})]
Number = Annotated[float, PlainValidator(number), WithJsonSchema({"type": "number"})]
NotNegative = Annotated[float, PlainValidator(not_negative), WithJsonSchema({"type": "number", "minimum": 0})]
Count = Annotated[int, PlainValidator(count), WithJsonSchema({"type": "integer", "minimum": 1})]
CountOrNone = Annotated[int, PlainValidator(count_or_none), WithJsonSchema({"type": "integer", "minimum": 0})]
Points = Annotated[float, PlainValidator(points), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]
Duration = Annotated[dt.timedelta, PlainValidator(duration), WithJsonSchema(_DURATION_SCHEMA)]
DurationOrZero = Annotated[
    dt.timedelta,
    PlainValidator(duration_or_zero),
    WithJsonSchema({"anyOf": [_DURATION_SCHEMA, {"const": 0}]}),
]
IdleTime = Annotated[dt.timedelta, PlainValidator(idle_time), WithJsonSchema(_DURATION_SCHEMA)]
FieldPath = Annotated[str, PlainValidator(field_path), WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]"})]
ObjectName = Annotated[
    str, PlainValidator(object_name), WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]\\w*$"})
]
Username = Annotated[str, PlainValidator(username), WithJsonSchema({"type": "string", "pattern": "@"})]
Version = Annotated[int, PlainValidator(version), WithJsonSchema({"const": 1})]

Off = Annotated[str, PlainValidator(off), WithJsonSchema({"const": "off"})]


def word(*names: str, what: str = "value") -> Any:
    """The type of one of these words, for `Annotated[str, *word(…)]`."""
    return PlainValidator(choice(*names, what=what)), WithJsonSchema({"type": "string", "enum": list(names)})
