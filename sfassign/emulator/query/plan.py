"""One SOQL query compiled: checks of section "restrictions", then SELECT, FROM, WHERE, ORDER BY as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sfassign.soql import tree
from sfassign.soql.tree import Function, InQuery, Path, Query, SelectField

from ..errors import ApiError
from ..schema import SObject
from ..state import State
from ..storage import quoted
from . import problems
from .conditions import Conditions, Sql
from .functions import AGGREGATES, aggregate, date_function, is_aggregate
from .keys import group_key, sort_key
from .literals import Literals
from .moments import DATE_FUNCTIONS, Asker
from .names import Column, Scope
from .select import Aggregates, Selection
from .shape import ChildRows, Printer, Record, Shape
from .visibility import hidden_from

MAX_OFFSET = 2000
NO_SEMI_JOIN = frozenset({"Task", "Event", "ActivityHistory", "OpenActivity", "Note", "Attachment"})
MAX_SEMI_JOINS = 2


@dataclass(slots=True)
class Plan:
    """`shape` for records, `aggregates` for groups, neither for COUNT()."""

    body: str
    values: list[Any]
    order: str
    limit: int | None
    offset: int | None
    columns: list[str]
    shape: Shape | None = None
    aggregates: Aggregates | None = None
    tail: str = ""

    @property
    def bounds(self) -> str:
        if self.limit is None and not self.offset:
            return ""
        return f" LIMIT {-1 if self.limit is None else self.limit} OFFSET {self.offset or 0}"


@dataclass(slots=True)
class Compiler:
    """Compiles one query text, subqueries and semi-joins included."""

    state: State
    text: str
    asker: Asker
    scopes: int = field(default=0)
    semi_joins: int = field(default=0)

    def plan(self, query: Query) -> Plan:
        scope = self.scope(query, self._object(query.object))
        if query.offset and query.offset > MAX_OFFSET:
            raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}")
        if _is_count(query):
            return self._count(query, scope)
        if query.group_by or any(isinstance(one, SelectField) and is_aggregate(one.expression) for one in query.select):
            return self._grouped(query, scope)
        return self._plain(query, scope)

    def _object(self, name: str) -> SObject:
        thing = self.state.schema.find(name)
        if thing is None or not thing.queryable:
            raise problems.no_such_object(self.text, name)
        return thing

    def scope(self, query: Query, thing: SObject) -> Scope:
        scope = Scope(self.state.schema, thing, f"t{self.scopes}", self.text)
        self.scopes += 1
        for source in query.sources:
            if source.alias:
                inner = source.path.parts if source is not query.sources[0] else ()
                scope.aliases[source.alias.lower()] = scope.parts(Path(inner)) if inner else ()
        return scope

    def conditions(self, scope: Scope) -> Conditions:
        return Conditions(scope, Literals(self.asker.now, self.text), self.state.settings, self._semi_join)

    # --- the three kinds of query -------------------------------------------------------------------------------------

    def _count(self, query: Query, scope: Scope) -> Plan:
        if query.order_by:
            raise problems.malformed("ORDER BY is not allowed with COUNT()")
        body, values = self.body(query, scope)
        return Plan(body, values, "", query.limit, query.offset, [f"{scope.alias}.rowid"])

    def _plain(self, query: Query, scope: Scope) -> Plan:
        selection = Selection(scope, self.state.settings.polymorphic_type, lambda inner: self._children(scope, inner))
        shape = selection.shape(query)
        order = self._order(query, scope)
        body, values = self.body(query, scope)
        return Plan(body, values, order, query.limit, query.offset, selection.columns, shape)

    def _grouped(self, query: Query, scope: Scope) -> Plan:
        grouped = self._groups(query, scope)
        made = self._aggregate_list(query, scope, grouped)
        if not query.group_by and query.limit is not None:
            raise problems.malformed("Non-grouped query that uses overall aggregate functions cannot also use LIMIT")
        having = self._having(query, scope)
        order = self._group_order(query, scope, made)
        body, values = self.body(query, scope)
        tail = f" GROUP BY {', '.join(group_key(one) for one in grouped)}" if grouped else ""
        if having:
            tail += f" HAVING {having[0]}"
            values = values + having[1]
        return Plan(body, values, order, query.limit, query.offset, made.columns, None, made, tail)

    # --- pieces -------------------------------------------------------------------------------------------------------

    def body(self, query: Query, scope: Scope, extra: Sequence[Sql] = ()) -> Sql:
        """FROM … WHERE …; call it last, when every path has found its join."""
        tests: list[Sql] = list(extra)
        if query.where is not None:
            tests.append(self.conditions(scope).compile(query.where))
        if query.scope and query.scope.lower() == "mine" and scope.thing.has("OwnerId"):
            tests.append((f"{scope.alias}.OwnerId = ?", [self.asker.by]))
        if scope.thing.has("IsDeleted") and not self.asker.everything:
            tests.append((f"{scope.alias}.IsDeleted = 0", []))
        tests += hidden_from(self.state, self.asker, scope.thing.name, scope.alias)
        where = " AND ".join(f"({sql})" for sql, _ in tests) or "1"
        joins = " ".join(scope.joins)
        sql = f"FROM {quoted(scope.thing.name)} {scope.alias} {joins} WHERE {where}"
        return sql, [value for _, values in tests for value in values]

    def _order(self, query: Query, scope: Scope) -> str:
        keys = []
        for item in query.order_by:
            column = self.conditions(scope).operand(item.expression)
            if not column.field.sortable:
                message = f"field '{column.field.name}' can not be sorted in a query call"
                raise problems.at(self.text, column.name, message, "MALFORMED_QUERY")
            keys.append(self._direction(column, item))
        return f" ORDER BY {', '.join(keys)}" if keys else ""

    def _direction(self, column: Column, item: tree.OrderItem) -> str:
        last = item.nulls_last
        if last is None:
            last = item.descending and not self.state.settings.nulls_first_descending
        # Stating the place of nulls where there are none would keep SQLite from using the index.
        nulls = "" if not column.field.nillable else " NULLS LAST" if last else " NULLS FIRST"
        return f"{sort_key(column)}{' DESC' if item.descending else ''}{nulls}"

    def _groups(self, query: Query, scope: Scope) -> list[Column]:
        if query.group_by is None:
            return []
        if query.group_by.kind:
            raise problems.not_offered(f"GROUP BY {query.group_by.kind}")
        return [self._groupable(scope, item) for item in query.group_by.items]

    def _groupable(self, scope: Scope, item: tree.Operand) -> Column:
        column = self._dated(scope, item) if isinstance(item, Function) else scope.column(item)
        if not column.field.groupable:
            message = f"field '{column.field.name}' can not be grouped in a query call"
            raise problems.at(self.text, column.name, message, "MALFORMED_QUERY")
        return column

    def _dated(self, scope: Scope, call: Function) -> Column:
        if call.kind in DATE_FUNCTIONS:
            return date_function(scope, self.asker.now, call)
        raise problems.malformed(f"unexpected token: '{call.name}'")

    def _aggregate_list(self, query: Query, scope: Scope, grouped: list[Column]) -> Aggregates:
        made = Aggregates()
        unnamed = 0
        allowed = {one.sql for one in grouped}
        for item in query.select:
            if not isinstance(item, SelectField):
                raise problems.malformed("Grouped query cannot use child relationships in the SELECT list")
            column = self._aggregate_item(scope, item.expression, allowed)
            key = item.alias or (column.field.name if isinstance(item.expression, Path) else f"expr{unnamed}")
            unnamed += isinstance(item.expression, Function) and item.alias is None
            made.add(key, column)
        return made

    def _aggregate_item(self, scope: Scope, item: tree.Operand, allowed: set[str]) -> Column:
        if isinstance(item, Function) and item.kind in AGGREGATES:
            return aggregate(scope, item)
        column = scope.column(item) if isinstance(item, Path) else self._dated(scope, item)
        if column.sql not in allowed:
            raise problems.at(
                self.text, column.name, f"Field must be grouped or aggregated: {column.name}", "MALFORMED_QUERY"
            )
        return column

    def _having(self, query: Query, scope: Scope) -> Sql | None:
        if query.having is None:
            return None
        conditions = self.conditions(scope)
        conditions.aggregate = lambda call: aggregate(scope, call)
        return conditions.compile(query.having)

    def _group_order(self, query: Query, scope: Scope, made: Aggregates) -> str:
        keys = []
        for item in query.order_by:
            named = _alias_place(item.expression, made)
            if named is not None:
                column = Column(made.columns[named], made.fields[named], scope.thing, made.keys[named])
            else:
                column = self._aggregate_item(scope, item.expression, set(made.columns))
            keys.append(self._direction(column, item))
        return f" ORDER BY {', '.join(keys)}" if keys else ""

    # --- queries inside -----------------------------------------------------------------------------------------------

    def _semi_join(self, query: Query, outer: Column) -> Sql:
        self.semi_joins += 1
        self._check_semi_join(query, outer)
        scope = self.scope(query, self._object(query.object))
        item = query.select[0]
        assert isinstance(item, SelectField) and isinstance(item.expression, Path)  # noqa: S101, PT018 - checked above
        column = scope.column(item.expression)
        if column.field.type not in {"id", "reference"}:
            raise problems.malformed("The inner select field in a semi-join must be an Id or reference field")
        body, values = self.body(query, scope, [(f"{column.sql} IS NOT NULL", [])])
        return f"SELECT {column.sql} {body}", values

    def _check_semi_join(self, query: Query, outer: Column) -> None:
        item = query.select[0] if len(query.select) == 1 else None
        plain = isinstance(item, SelectField) and isinstance(item.expression, Path)
        if not plain or "." in str(item):
            raise problems.malformed("Semi join sub-selects must select exactly one Id or reference field")
        if self.semi_joins > MAX_SEMI_JOINS:
            raise ApiError("EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", "Maximum 2 semi join sub-selects are allowed")
        thing = self._object(query.object)
        if thing.name in NO_SEMI_JOIN:
            raise problems.malformed(f"Entity '{thing.name}' is not supported for semi join inner selects")
        if thing is outer.thing:
            raise problems.malformed("The inner and outer selects should not be on the same object type")
        if outer.field.type not in {"id", "reference"} or "." in outer.name:
            raise problems.malformed("The left operand of a semi-join must be an Id or reference field without dots")
        if query.order_by or query.limit is not None or query.group_by or _has_semi_join(query.where):
            raise problems.malformed("ORDER BY, LIMIT, GROUP BY and semi-joins are not allowed in a semi-join")

    def _children(self, parent: Scope, query: Query) -> tuple[str, ChildRows]:
        child = parent.thing.children.get(query.object.lower())
        thing = self.state.schema.find(child.object) if child else None
        if child is None or thing is None:
            raise problems.no_such_child(self.text, query.object)
        scope = self.scope(query, thing)
        selection = Selection(scope, self.state.settings.polymorphic_type, lambda inner: self._children(scope, inner))
        shape = selection.shape(query)
        link = f"{scope.alias}.{quoted(child.field)}"
        order = self._order(query, scope)
        body, values = self.body(query, scope)
        printer = Printer(self.state.schema, self.asker.version)

        def rows(parents: list[str]) -> dict[str, list[Record]]:
            marks = ", ".join("?" * len(parents))
            columns = ", ".join([*selection.columns, link])
            sql = f"SELECT {columns} {body} AND {link} IN ({marks}){order}"
            found: dict[str, list[tuple[Any, ...]]] = {}
            for row in self.state.storage.tuples(sql, [*values, *parents]):
                found.setdefault(row[-1], []).append(row)
            start, stop = query.offset or 0, query.limit
            cut = {key: many[start : None if stop is None else start + stop] for key, many in found.items()}
            return {key: printer.records(shape, many) for key, many in cut.items() if many}

        return child.name, rows


def _is_count(query: Query) -> bool:
    item = query.select[0]
    if not (isinstance(item, SelectField) and isinstance(item.expression, Function)):
        return False
    bare = item.expression.kind == "COUNT" and not item.expression.arguments
    if bare and len(query.select) > 1:
        raise problems.malformed("COUNT() must be the only element of the SELECT list")
    return bare


def _has_semi_join(condition: tree.Condition | None) -> bool:
    match condition:
        case InQuery():
            return True
        case tree.Not(term):
            return _has_semi_join(term)
        case tree.And(terms) | tree.Or(terms):
            return any(map(_has_semi_join, terms))
        case _:
            return False


def _alias_place(item: tree.Operand, made: Aggregates) -> int | None:
    if not isinstance(item, Path) or len(item.parts) > 1:
        return None
    return next((place for place, key in enumerate(made.keys) if key.lower() == item.key), None)
