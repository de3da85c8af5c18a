"""What stands under `set` in the policy becomes a field's value: placeholders filled in, typed by the field itself.

`org_writes` asks before any write whether a value can be one (`trouble`), `filling` makes the values (`value_of`).
Text is cut to the field's length with an ellipsis, and loses what no field of the org takes: control characters and
halves of characters. Types and lengths are those of describe.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sfassign.core.model import FieldValue
from sfassign.ports import FieldShape
from sfassign.soql import is_id, to18

PLACEHOLDERS = ("now", "reason", "owner", "group")
ELLIPSIS = "…"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:[0-5]\d)?", re.ASCII)
_LINES = frozenset("\n\t")
_CUT = frozenset({"string", "textarea", "combobox", "picklist", "phone", "encryptedstring"})


@dataclass(frozen=True, slots=True)
class Filling:
    """What the placeholders stand for. `now` is the cycle's instant; a date is its day in `zone`."""

    now: dt.datetime
    zone: ZoneInfo
    reason: str = ""
    owner: str = ""
    group: str = ""

    def fill(self, text: str) -> str:
        """The text with every placeholder filled in, each once: what is filled in is not looked at again."""
        said = {"now": _instant(self.now), "reason": self.reason, "owner": self.owner, "group": self.group}
        return _PLACEHOLDER.sub(lambda found: said.get(found[1], found[0]), text)


def value_of(shape: FieldShape, text: str, filling: Filling) -> FieldValue:
    """The value to write. Raises ValueError, saying what was expected, where the text cannot be one."""
    if text == "{now}" and shape.type == "date":
        return filling.now.astimezone(filling.zone).date().isoformat()
    return typed(shape, filling.fill(text))


def typed(shape: FieldShape, text: str) -> FieldValue:
    """The text as the field's own type; empty text empties the field. Raises ValueError with what was expected."""
    reader = _READERS.get(shape.type)
    if reader is None:
        raise ValueError(f"a field that can be set by text, this one is of type {shape.type}")
    if not text and shape.type != "boolean":
        return None
    return reader(shape, text)


def trouble(shape: FieldShape, text: str, known: tuple[str, ...]) -> str | None:
    """What would be expected instead of this text; None where it can be a value. `known` placeholders are filled."""
    found = _PLACEHOLDER.findall(text)
    for name in found:
        if name not in known:
            return f"one of {', '.join('{' + one + '}' for one in known)}, not {{{name}}}"
    if found and shape.type not in _TEXTS and not (text == "{now}" and shape.type in ("date", "datetime")):
        return f"a value of type {shape.type} without placeholders"
    try:
        if not found:
            typed(shape, text)
    except ValueError as wrong:
        return str(wrong)
    return None


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _boolean(_shape: FieldShape, text: str) -> FieldValue:
    if text not in ("true", "false"):
        raise ValueError("true or false")
    return text == "true"


def _whole(_shape: FieldShape, text: str) -> FieldValue:
    if not _NUMBER.fullmatch(text) or not float(text).is_integer():
        raise ValueError("a whole number")
    return int(float(text))


def _number(_shape: FieldShape, text: str) -> FieldValue:
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError("a number")
    return float(text)


def _date(_shape: FieldShape, text: str) -> FieldValue:
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=dt.UTC).date().isoformat()
    except ValueError:
        raise ValueError("a date such as 2026-11-22, or {now}") from None


def _datetime(_shape: FieldShape, text: str) -> FieldValue:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("a date and time with its zone such as 2026-11-22T09:00:00Z, or {now}")
    return _instant(moment)


def _time(_shape: FieldShape, text: str) -> FieldValue:
    if not _TIME.fullmatch(text):
        raise ValueError("a time of day such as 09:30")
    return f"{text if text.count(':') == 2 else text + ':00'}.000Z"


def _reference(_shape: FieldShape, text: str) -> FieldValue:
    if not is_id(text):
        raise ValueError("an Id of 15 or 18 characters")
    return to18(text)


def _choice(shape: FieldShape, text: str) -> FieldValue:
    chosen = text.split(";") if shape.type == "multipicklist" else [text]
    if shape.values and not all(one in shape.values for one in chosen):
        raise ValueError(f"one of {', '.join(shape.values)}")
    return _text(shape, text)


def _text(shape: FieldShape, text: str) -> FieldValue:
    kept = _LINES if shape.type == "textarea" else frozenset[str]()
    clean = "".join(one if one in kept or _is_plain(one) else " " for one in text)
    cuttable = shape.type in _CUT and shape.length > 0 and not shape.values
    return _cut(clean, shape.length) if cuttable else clean


def _is_plain(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in "\ufffe\uffff"


def _cut(text: str, length: int) -> str:
    """At most so many UTF-16 units, which is how the org counts: one of Java's characters."""
    if _units(text) <= length:
        return text
    left = length - _units(ELLIPSIS)
    kept = text[: max(left, 0)]
    while _units(kept) > left and kept:
        kept = kept[:-1]
    return kept + ELLIPSIS


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


_TEXTS = frozenset(
    {"string", "textarea", "combobox", "picklist", "multipicklist", "phone", "url", "email", "encryptedstring"}
)
_READERS: Mapping[str, Callable[[FieldShape, str], FieldValue]] = MappingProxyType(
    {
        **dict.fromkeys(_TEXTS, _text),
        **dict.fromkeys(("picklist", "multipicklist"), _choice),
        **dict.fromkeys(("double", "currency", "percent"), _number),
        **dict.fromkeys(("id", "reference"), _reference),
        "boolean": _boolean,
        "int": _whole,
        "long": _whole,
        "date": _date,
        "datetime": _datetime,
        "time": _time,
    }
)
