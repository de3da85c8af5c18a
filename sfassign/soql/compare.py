"""What a literal means against one JSON value: the tests out of which `evaluate.py` builds conditions.

The rules are those of section "Comparison semantics" of the project's API notes: text ignores case, '' is null, null
differs from every value but is neither smaller nor larger, a null boolean is false, a date literal is a range. A value
of another kind than the literal (a date against a datetime, a number against a text) equals nothing and has no order.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable

from sfassign.soql.errors import SoqlNotEvaluable
from sfassign.soql.ids import is_id, to18
from sfassign.soql.order import Calendar, sign_of
from sfassign.soql.tree import Boolean, Comparator, Null, Path, Text, Value

Test = Callable[[object, dt.datetime], bool]
"""Whether a JSON value passes, now."""

_HOLDS: dict[Comparator, frozenset[int]] = {
    Comparator.EQ: frozenset({0}),
    Comparator.LT: frozenset({-1}),
    Comparator.LE: frozenset({-1, 0}),
    Comparator.GT: frozenset({1}),
    Comparator.GE: frozenset({0, 1}),
}


def test_of(operator: Comparator, value: Value, path: Path | None, calendar: Calendar) -> Test:
    """The test behind one comparison operator. `path` is the field, None behind a function."""
    if operator is Comparator.NE:
        return negated(equality(value, path, calendar))
    if operator is Comparator.EQ:
        return equality(value, path, calendar)
    if operator is Comparator.LIKE:
        return likeness(value)
    return _ordering(operator, value, calendar)


def negated(test: Test) -> Test:
    return lambda value, now: not test(value, now)


def equality(value: Value, path: Path | None, calendar: Calendar) -> Test:
    """Equal to the literal; inside it, when it is a range."""
    if _is_null(value):
        return lambda found, _: found is None or found == "" or found is False
    if isinstance(value, Boolean):
        wanted = value.value
        return lambda found, _: (found is True) is wanted if found is None or isinstance(found, bool) else False
    if isinstance(value, Text):
        return _text_equality(value.value, path)
    sign = sign_of(value, calendar)
    return lambda found, now: sign(found, now) == 0


def _ordering(operator: Comparator, value: Value, calendar: Calendar) -> Test:
    if _is_null(value):
        return lambda _found, _now: False
    sign, holds = sign_of(value, calendar), _HOLDS[operator]
    return lambda found, now: sign(found, now) in holds


def membership(values: Iterable[Value], path: Path | None, calendar: Calendar) -> Test:
    """IN: equal to one of them. Plain texts, of which there can be hundreds, are looked up at once."""
    texts: set[str] = set()
    others: list[Test] = []
    for value in values:
        if isinstance(value, Text) and value.value and ";" not in value.value and not is_id(value.value):
            texts.add(value.value.lower())
        else:
            others.append(equality(value, path, calendar))

    def test(found: object, now: dt.datetime) -> bool:
        if isinstance(found, str) and found.lower() in texts:
            return True
        return bool(others) and any(one(found, now) for one in others)

    return test


def _is_null(value: Value) -> bool:
    return isinstance(value, Null) or (isinstance(value, Text) and not value.value)


# --- text -------------------------------------------------------------------------------------------------------------


def _text_equality(text: str, path: Path | None) -> Test:
    if is_id(text):
        return _id_equality(text, path)
    wanted = text.lower()
    if ";" not in text:
        return lambda found, _: isinstance(found, str) and found.lower() == wanted
    chosen = _choices(text)
    return lambda found, _: isinstance(found, str) and (found.lower() == wanted or _choices(found) == chosen)


def _id_equality(text: str, path: Path | None) -> Test:
    """Ids compare by case, 15 and 18 characters alike; a field that is no Id by name may also hold the text itself."""
    forms = frozenset({text[:15], to18(text)})
    if path is not None and path.key.endswith("id"):
        return lambda found, _: found in forms
    wanted = text.lower()
    return lambda found, _: isinstance(found, str) and (found in forms or found.lower() == wanted)


def likeness(value: Value) -> Test:
    """LIKE: `%` any run, `_` one character, case ignored; null is like nothing."""
    if not isinstance(value, Text):
        raise SoqlNotEvaluable(f"LIKE compares texts only, not {value}")
    matches = like_pattern(value.pattern).fullmatch
    return lambda found, _: isinstance(found, str) and matches(found) is not None


def like_pattern(pattern: str) -> re.Pattern[str]:
    """A LIKE pattern (`Text.pattern`) as a regular expression for the whole text."""
    parts = re.findall(r"\\.|%+|_|[^\\%_]+|\\", pattern, re.DOTALL)
    return re.compile("".join(map(_like_part, parts)), re.IGNORECASE | re.DOTALL)


def _like_part(part: str) -> str:
    if part[0] == "%":
        return ".*"
    if part == "_":
        return "."
    return re.escape(part[1:] if part[0] == "\\" and len(part) > 1 else part)


def _choices(text: str) -> frozenset[str]:
    return frozenset(text.lower().split(";"))


def includes(values: Iterable[Value]) -> Test:
    """INCLUDES over a multi-select value: all of `A;B`, or all of the next one."""
    wanted = tuple(_choices(_chosen(value)) for value in values)

    def test(found: object, _: dt.datetime) -> bool:
        have = _choices(found) if isinstance(found, str) else frozenset({""})
        return any(choices <= have for choices in wanted)

    return test


def _chosen(value: Value) -> str:
    if isinstance(value, Null):
        return ""
    if not isinstance(value, Text):
        raise SoqlNotEvaluable(f"INCLUDES and EXCLUDES compare texts only, not {value}")
    return value.value
