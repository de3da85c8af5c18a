"""Functions of SOQL as columns: date functions and aggregates."""

from __future__ import annotations

from sfassign.soql.tree import Function, Path

from ..schema import NUMBER_TYPES, Field
from . import problems
from .moments import DATE_FUNCTIONS, Now
from .names import Column, Scope

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX", "GROUPING"})
_SQL = {"COUNT_DISTINCT": "COUNT(DISTINCT {})", "SUM": "SUM({})", "AVG": "AVG({})", "MIN": "MIN({})", "MAX": "MAX({})"}


def is_aggregate(item: object) -> bool:
    return isinstance(item, Function) and item.kind in AGGREGATES


def holds_aggregate(item: object) -> bool:
    """An aggregate function, or FORMAT() around one."""
    return is_aggregate(item) or (isinstance(item, Function) and any(map(is_aggregate, item.arguments)))


def date_function(scope: Scope, now: Now, call: Function) -> Column:
    """`CALENDAR_YEAR(CreatedDate)`: in UTC, or in the user's zone inside convertTimezone."""
    inner = call.arguments[0] if len(call.arguments) == 1 else None
    zone = "UTC"
    if isinstance(inner, Function) and inner.kind == "CONVERTTIMEZONE" and len(inner.arguments) == 1:
        inner, zone = inner.arguments[0], now.zone.key
    if call.kind not in DATE_FUNCTIONS or not isinstance(inner, Path):
        raise problems.malformed(f"unexpected token: '{call.name}'")
    column = scope.column(inner)
    if column.field.type not in {"date", "datetime"}:
        raise problems.at(scope.text, str(inner), f"field {column.field.name} does not support function {call.kind}")
    kind = "date" if call.kind == "DAY_ONLY" else "int"
    sql = f"datepart('{call.kind}', {column.sql}, '{zone}', {now.fiscal_start})"
    return Column(sql, Field(call.kind, kind), column.thing, str(call))


def aggregate(scope: Scope, call: Function) -> Column:
    """`COUNT(Id)`, `SUM(Amount)`; ApiError where the field cannot be aggregated so."""
    if call.kind == "COUNT" and not call.arguments:
        return Column("COUNT(*)", Field("COUNT", "int"), scope.thing, "COUNT()")
    inner = call.arguments[0]
    if not isinstance(inner, Path):
        raise problems.malformed(f"unexpected token: '{call.name}'")
    column = scope.column(inner)
    kind = column.field.type
    summable = call.kind not in {"SUM", "AVG"} or kind in NUMBER_TYPES
    if not column.field.aggregatable or not summable:
        message = f"field {column.field.name} does not support aggregate operator {call.kind}"
        raise problems.at(scope.text, str(inner), message, "MALFORMED_QUERY")
    result = {"COUNT": "int", "COUNT_DISTINCT": "int", "AVG": "double"}.get(call.kind, kind)
    # A field that is never null needs no look at it: the index alone can count.
    whole = call.kind == "COUNT" and column.thing is scope.thing and not column.field.nillable
    sql = "COUNT(*)" if whole else _SQL.get(call.kind, "COUNT({})").format(column.sql)
    return Column(sql, Field(call.kind, result, scale=column.field.scale), column.thing, str(call))
