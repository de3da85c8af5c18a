"""Queries with GROUP BY or aggregate functions: their SELECT list, HAVING and ORDER BY."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sfassign.soql import tree
from sfassign.soql.tree import Function, Path, Query, SelectField
from sfassign.soql.walk import leaves

from . import problems
from .conditions import Conditions, Sql
from .formats import formatted
from .functions import AGGREGATES, aggregate, date_function
from .keys import direction, group_key, sort_key
from .moments import DATE_FUNCTIONS, Asker
from .names import Column, Scope
from .select import Aggregates
from .subtotals import MAX_FIELDS, Subtotals, grouping


@dataclass(frozen=True, slots=True)
class Grouped:
    """`source` is FROM … WHERE …, `tail` GROUP BY … HAVING …, `order` ORDER BY …; `values` are theirs, in order."""

    made: Aggregates
    source: str
    values: list[Any]
    tail: str
    order: str


@dataclass(slots=True)
class Groups:
    """Compiles one grouped query. `body` compiles FROM and WHERE; it is called last, when all joins are known."""

    query: Query
    scope: Scope
    asker: Asker
    conditions: Conditions
    body: Callable[[], Sql]
    grouped: list[Column] = field(default_factory=list)

    def compile(self) -> Grouped:
        self.grouped = self._groups()
        made = self._select()
        if not self.query.group_by and self.query.limit is not None:
            raise problems.malformed("Non-grouped query that uses overall aggregate functions cannot also use LIMIT")
        having = self._having()
        order = [self._order_item(item, made) for item in self.query.order_by]
        if self.query.group_by and self.query.group_by.kind:
            return self._with_subtotals(self.query.group_by.kind, made, having, order)
        source, values = self.body()
        tail = f" GROUP BY {', '.join(group_key(one) for one in self.grouped)}" if self.grouped else ""
        if having:
            tail, values = f"{tail} HAVING {having[0]}", values + having[1]
        keys = ", ".join(f"{sort_key(column)}{words}" for column, words in order)
        return Grouped(made, source, values, tail, f" ORDER BY {keys}" if keys else "")

    def _with_subtotals(
        self, kind: str, made: Aggregates, having: Sql | None, order: list[tuple[Column, str]]
    ) -> Grouped:
        if len(self.grouped) > MAX_FIELDS:
            raise problems.malformed(f"GROUP BY {kind} takes at most {MAX_FIELDS} fields")
        if self.query.having and any(isinstance(leaf.operand, Path) for leaf in leaves(self.query.having)):
            raise problems.not_offered(f"a field in HAVING together with GROUP BY {kind}")
        columns = [
            Column(sql, one, self.scope.thing, key)
            for sql, one, key in zip(made.columns, made.fields, made.keys, strict=True)
        ]
        subtotals = Subtotals(kind, self.grouped, columns, order)
        source, values = subtotals.union(self.body(), having)
        made.columns = [f"k{place}" for place in range(len(columns))]
        return Grouped(made, source, values, "", subtotals.sorting())

    def _groups(self) -> list[Column]:
        return [self._groupable(item) for item in self.query.group_by.items] if self.query.group_by else []

    def _groupable(self, item: tree.Operand) -> Column:
        column = self._dated(item) if isinstance(item, Function) else self.scope.column(item)
        if not column.field.groupable:
            message = f"field '{column.field.name}' can not be grouped in a query call"
            raise problems.at(self.scope.text, column.name, message, "MALFORMED_QUERY")
        return column

    def _dated(self, call: Function) -> Column:
        if call.kind in DATE_FUNCTIONS:
            return date_function(self.scope, self.asker.now, call)
        raise problems.malformed(f"unexpected token: '{call.name}'")

    def _select(self) -> Aggregates:
        made = Aggregates()
        unnamed = 0
        for item in self.query.select:
            if not isinstance(item, SelectField):
                raise problems.malformed("Grouped query cannot use child relationships in the SELECT list")
            column = self._item(item.expression)
            key = item.alias or (column.field.name if isinstance(item.expression, Path) else f"expr{unnamed}")
            unnamed += isinstance(item.expression, Function) and item.alias is None
            made.add(key, column, item.expression)
        return made

    def _item(self, item: tree.Operand) -> Column:
        if isinstance(item, Function):
            special = self._special(item)
            if special:
                return special
        column = self.scope.column(item) if isinstance(item, Path) else self._dated(item)
        if column.sql not in {one.sql for one in self.grouped}:
            message = f"Field must be grouped or aggregated: {column.name}"
            raise problems.at(self.scope.text, column.name, message, "MALFORMED_QUERY")
        return column

    def _special(self, call: Function) -> Column | None:
        if call.kind in AGGREGATES:
            return self._aggregate(call)
        inner = call.arguments[0] if call.arguments else None
        if call.kind == "FORMAT" and isinstance(inner, Path | Function):
            return formatted(self._item(inner), self.asker, str(call))
        return None

    def _aggregate(self, call: Function) -> Column:
        if call.kind != "GROUPING":
            return aggregate(self.scope, call)
        kind = self.query.group_by.kind if self.query.group_by else None
        return grouping(self.scope, call, self.grouped if kind else ())

    def _having(self) -> Sql | None:
        if self.query.having is None:
            return None
        for leaf in leaves(self.query.having):
            self._item(leaf.operand)
        self.conditions.aggregate = self._aggregate
        return self.conditions.compile(self.query.having)

    def _order_item(self, item: tree.OrderItem, made: Aggregates) -> tuple[Column, str]:
        named = _alias_place(item.expression, made)
        if named is None:
            column = self._item(item.expression)
        else:
            column = Column(made.columns[named], made.fields[named], self.scope.thing, made.keys[named])
        return column, direction(column, item, self.conditions.settings)


def _alias_place(item: tree.Operand, made: Aggregates) -> int | None:
    if not isinstance(item, Path) or len(item.parts) > 1:
        return None
    return next((place for place, key in enumerate(made.keys) if key.lower() == item.key), None)
