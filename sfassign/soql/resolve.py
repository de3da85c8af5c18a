"""Date literals made explicit before a condition goes to the org.

The org reads TODAY in the time zone of the user who asks, which is the integration user's and not the policy's. The
Salesforce client therefore sends bounds instead of literals.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from sfassign.soql.dates import date_range, day_range
from sfassign.soql.literals import utc_text
from sfassign.soql.order import Calendar
from sfassign.soql.tree import (
    And,
    Comparator,
    Comparison,
    Condition,
    Date,
    DateLiteral,
    DateTime,
    Function,
    InList,
    InQuery,
    Null,
    Operand,
    Or,
    Path,
    SetOperator,
    Value,
)
from sfassign.soql.walk import with_leaves

KindOf = Callable[[Path], str]
"""`date` or `datetime`, by field."""

Bounds = Callable[[Operand, DateLiteral], tuple[Value, Value]]


def resolve_dates(
    condition: Condition,
    now: dt.datetime,
    timezone: dt.tzinfo,
    kind_of: KindOf,
    week_starts: int = 6,
    fiscal_start: int = 1,
) -> Condition:
    """The same condition with every date literal replaced by bounds: days for a date field, UTC for a datetime field.

    `kind_of` answers 'date' or 'datetime' for a field; DAY_ONLY is a date. `= TODAY` becomes `>= start AND < end`.
    Literals inside a semi-join are replaced too, by the same `kind_of`.
    """
    calendar = Calendar(timezone, week_starts, fiscal_start)

    def bounds(operand: Operand, literal: DateLiteral) -> tuple[Value, Value]:
        if _is_date(operand, kind_of):
            return _days(literal, now, calendar)
        return _moments(literal, now, calendar)

    return _resolve(condition, bounds)


def _is_date(operand: Operand, kind_of: KindOf) -> bool:
    if isinstance(operand, Function):
        return operand.kind == "DAY_ONLY"
    return kind_of(operand) == "date"


def _days(literal: DateLiteral, now: dt.datetime, calendar: Calendar) -> tuple[Value, Value]:
    today = now.astimezone(calendar.timezone).date()
    first, end = day_range(literal, today, calendar.week_starts, calendar.fiscal_start)
    return Date(first), Date(end)


def _moments(literal: DateLiteral, now: dt.datetime, calendar: Calendar) -> tuple[Value, Value]:
    start, end = date_range(literal, now, calendar.timezone, calendar.week_starts, calendar.fiscal_start)
    return _moment(start), _moment(end)


def _moment(at: dt.datetime) -> DateTime:
    return DateTime(at.astimezone(dt.UTC), utc_text(at))


def _resolve(condition: Condition, bounds: Bounds) -> Condition:
    return with_leaves(condition, lambda leaf: _resolved(leaf, bounds))


def _resolved(leaf: Comparison | InList | InQuery, bounds: Bounds) -> Condition:
    match leaf:
        case Comparison(operand, operator, DateLiteral() as literal):
            return _bounded(operand, operator, *bounds(operand, literal))
        case InList(operand, operator, values) if any(isinstance(value, DateLiteral) for value in values):
            return _listed(operand, operator, values, bounds)
        case InQuery(operand, operator, query) if query.where is not None:
            return InQuery(operand, operator, replace(query, where=_resolve(query.where, bounds)))
        case _:
            return leaf


def _bounded(operand: Operand, operator: Comparator, start: Value, end: Value) -> Condition:
    from_start = Comparison(operand, Comparator.GE, start)
    before_end = Comparison(operand, Comparator.LT, end)
    before = Comparison(operand, Comparator.LT, start)
    after = Comparison(operand, Comparator.GE, end)
    null = Comparison(operand, Comparator.EQ, Null())
    meaning: dict[Comparator, Condition] = {
        Comparator.EQ: And((from_start, before_end)),
        Comparator.NE: Or((before, after, null)),
        Comparator.LT: before,
        Comparator.LE: before_end,
        Comparator.GT: after,
        Comparator.GE: from_start,
    }
    return meaning[operator]


def _listed(operand: Operand, operator: SetOperator, values: tuple[Value, ...], bounds: Bounds) -> Condition:
    each = Comparator.EQ if operator is SetOperator.IN else Comparator.NE
    terms = tuple(_resolve(Comparison(operand, each, value), bounds) for value in values)
    if len(terms) == 1:
        return terms[0]
    return Or(terms) if operator is SetOperator.IN else And(terms)
