"""Literals as SQL values, checked against the field they are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from sfassign.soql import date_range, tree
from sfassign.soql.dates import day_range
from sfassign.soql.tree import Comparator

from ..ids import to18
from ..schema import NUMBER_TYPES
from ..wire import milliseconds
from . import bounds, problems
from .moments import Now
from .names import Column

T = TypeVar("T")
_TOO_LARGE = 2**63
_STRINGS = frozenset(
    {"string", "picklist", "multipicklist", "textarea", "email", "phone", "url", "combobox", "anyType"}
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A value as the tables hold it; with `upper`, everything from `value` up to before `upper`."""

    value: Any = None
    upper: Any = None

    @property
    def null(self) -> bool:
        return self.value is None and self.upper is None


@dataclass(frozen=True, slots=True)
class Literals:
    now: Now
    text: str

    def bind(self, column: Column, value: tree.Value, operator: Comparator) -> Bound:
        """ApiError where the literal does not fit the field."""
        if isinstance(value, tree.Null) or (isinstance(value, tree.Text) and value.value == ""):
            return Bound()
        kind = column.field.type
        if operator is Comparator.LIKE and kind not in _STRINGS:
            raise problems.wrong_operator(self.text, column.name, "id" if kind in {"id", "reference"} else kind)
        if kind in {"date", "datetime"}:
            return self._day(column, value)
        if kind in _STRINGS:
            text = self._expect(column, value, tree.Text, "string", quotes=True)
            return Bound(text.pattern if operator is Comparator.LIKE else text.value)
        return Bound(self._plain(column, value))

    def _plain(self, column: Column, value: tree.Value) -> bool | float | str:
        kind = column.field.type
        if kind == "boolean":
            return self._expect(column, value, tree.Boolean, "boolean").value
        if kind in NUMBER_TYPES:
            wanted = "int" if kind == "int" else "double"
            number = _number(self._expect(column, value, tree.Number, wanted))
            if number is None:
                raise problems.wrong_type(self.text, column.name, wanted, quotes=False)
            return number
        if kind == "time":
            at = self._expect(column, value, tree.Time, "time").value
            return f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}Z"
        return self._id(column, value)

    def _expect(self, column: Column, value: tree.Value, wanted: type[T], name: str, *, quotes: bool = False) -> T:
        if not isinstance(value, wanted):
            raise problems.wrong_type(self.text, column.name, name, quotes=quotes)
        return value

    def _id(self, column: Column, value: tree.Value) -> str:
        text = self._expect(column, value, tree.Text, "string", quotes=True)
        try:
            return to18(text.value)
        except ValueError:
            raise problems.at(
                self.text, column.name, f"invalid ID field: {text.value}", "INVALID_QUERY_FILTER_OPERATOR"
            ) from None

    def _day(self, column: Column, value: tree.Value) -> Bound:
        precise = column.field.type == "datetime"
        if isinstance(value, tree.DateLiteral):
            return self._literal(value, precise=precise)
        if precise and isinstance(value, tree.DateTime):
            bounds.check_day(self.text, column.name, value.value.date())
            return Bound(milliseconds(value.value))
        if not precise and isinstance(value, tree.Date):
            bounds.check_day(self.text, column.name, value.value)
            return Bound(value.value.isoformat())
        wanted = "dateTime" if precise else "date"
        raise problems.wrong_type(self.text, column.name, wanted, quotes=False)

    def _literal(self, value: tree.DateLiteral, *, precise: bool) -> Bound:
        now = self.now
        if precise:
            start, end = date_range(value, now.at, now.zone, now.week_starts, now.fiscal_start)
            return Bound(milliseconds(start), milliseconds(end))
        today = now.at.astimezone(now.zone).date()
        first, after = day_range(value, today, now.week_starts, now.fiscal_start)
        return Bound(first.isoformat(), after.isoformat())


def _number(number: tree.Number) -> float | int | None:
    """None where it is larger than any number in the tables."""
    if abs(number.value) >= _TOO_LARGE:
        return None
    return int(number.value) if number.value.denominator == 1 else float(number.value)
