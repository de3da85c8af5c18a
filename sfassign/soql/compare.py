"""What a literal means against one JSON value: the tests out of which `evaluate.py` builds conditions.

The rules are those of section "Comparison semantics" of the project's API notes: text ignores case, '' is null, null
differs from every value but is neither smaller nor larger, a null boolean is false, a date literal is a range. A value
of another kind than the literal (a date against a datetime, a number against a text) equals nothing and has no order.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from sfassign.soql.dates import date_range, day_range, moment
from sfassign.soql.errors import SoqlNotEvaluable
from sfassign.soql.ids import is_id, to18
from sfassign.soql.literals import read_time
from sfassign.soql.tree import (
    Boolean,
    Comparator,
    Date,
    DateLiteral,
    DateTime,
    Null,
    Number,
    Path,
    Text,
    Time,
    Value,
)

Test = Callable[[object, dt.datetime], bool]
"""Whether a JSON value passes, now."""

Sign = Callable[[object, dt.datetime], int | None]
"""Below (-1), equal to or inside (0), above (1) the literal; None where there is no order."""

_HOLDS: dict[Comparator, frozenset[int]] = {
    Comparator.EQ: frozenset({0}),
    Comparator.LT: frozenset({-1}),
    Comparator.LE: frozenset({-1, 0}),
    Comparator.GT: frozenset({1}),
    Comparator.GE: frozenset({0, 1}),
}


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose days, weeks and fiscal years are meant."""

    timezone: dt.tzinfo
    week_starts: int
    fiscal_start: int


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
    if isinstance(value, Null) or (isinstance(value, Text) and not value.value):
        return lambda found, _: found is None or found == "" or found is False
    if isinstance(value, Boolean):
        wanted = value.value
        return lambda found, _: (found is True) is wanted if found is None or isinstance(found, bool) else False
    if isinstance(value, Text):
        return _text_equality(value.value, path)
    sign = _sign(value, calendar)
    return lambda found, now: sign(found, now) == 0


def _ordering(operator: Comparator, value: Value, calendar: Calendar) -> Test:
    if isinstance(value, Null):
        return lambda _found, _now: False
    sign, holds = _sign(value, calendar), _HOLDS[operator]
    return lambda found, now: sign(found, now) in holds


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


# --- order ------------------------------------------------------------------------------------------------------------


def _sign(value: Value, calendar: Calendar) -> Sign:
    if isinstance(value, Text):
        return _text_sign(value.value.lower())
    if isinstance(value, Number):
        return _number_sign(value)
    if isinstance(value, Date):
        return _date_sign(value.value.isoformat())
    if isinstance(value, DateTime):
        return _datetime_sign(value.value)
    if isinstance(value, Time):
        return _time_sign(value.value)
    if isinstance(value, DateLiteral):
        return _range_sign(value, calendar)
    raise SoqlNotEvaluable(f"{value} has no order")


def _text_sign(wanted: str) -> Sign:
    def sign(found: object, _: dt.datetime) -> int | None:
        if not isinstance(found, str) or not found:
            return None
        text = found.lower()
        return (text > wanted) - (text < wanted)

    return sign


def _number_sign(value: Number) -> Sign:
    if value.currency:
        raise SoqlNotEvaluable(f"only the org knows the exchange rate of {value}")
    exact = value.value
    wanted = int(exact) if exact.denominator == 1 else exact

    def sign(found: object, _: dt.datetime) -> int | None:
        if not isinstance(found, int | float) or isinstance(found, bool):
            return None
        number = found if isinstance(wanted, int) else Fraction(repr(found))
        return (number > wanted) - (number < wanted)

    return sign


def _date_sign(wanted: str) -> Sign:
    def sign(found: object, _: dt.datetime) -> int | None:
        if not isinstance(found, str) or len(found) != len("2026-01-31"):
            return None
        return (found > wanted) - (found < wanted)

    return sign


def _datetime_sign(wanted: dt.datetime) -> Sign:
    def sign(found: object, _: dt.datetime) -> int | None:
        at = moment(found)
        if at is None or at.tzinfo is None:
            return None
        return (at > wanted) - (at < wanted)

    return sign


def _time_sign(wanted: dt.time) -> Sign:
    def sign(found: object, _: dt.datetime) -> int | None:
        try:
            time = read_time(found) if isinstance(found, str) else None
        except ValueError:
            time = None
        return None if time is None else (time > wanted) - (time < wanted)

    return sign


def _range_sign(literal: DateLiteral, calendar: Calendar) -> Sign:
    """The ranges are computed once per instant: a cycle asks thousands of records at the same one."""
    known: tuple[dt.datetime, tuple[dt.datetime, dt.datetime], tuple[dt.datetime, dt.datetime]] | None = None

    def sign(found: object, now: dt.datetime) -> int | None:
        nonlocal known
        at = moment(found)
        if at is None:
            return None
        current = known
        if current is None or current[0] != now:
            current = known = (now, *_ranges(literal, now, calendar))
        start, end = current[2] if at.tzinfo is None else current[1]
        return -1 if at < start else int(at >= end)

    return sign


def _ranges(
    literal: DateLiteral, now: dt.datetime, calendar: Calendar
) -> tuple[tuple[dt.datetime, dt.datetime], tuple[dt.datetime, dt.datetime]]:
    """For datetimes, in UTC; and for dates, as naive midnights."""
    start, end = date_range(literal, now, calendar.timezone, calendar.week_starts, calendar.fiscal_start)
    today = now.astimezone(calendar.timezone).date()
    first, after = day_range(literal, today, calendar.week_starts, calendar.fiscal_start)
    midnight = dt.time()
    return (
        (start.astimezone(dt.UTC), end.astimezone(dt.UTC)),
        (dt.datetime.combine(first, midnight), dt.datetime.combine(after, midnight)),
    )
