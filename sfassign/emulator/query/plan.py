"""One SOQL query compiled: checks of section "restrictions", then SELECT, FROM, WHERE, ORDER BY as SQL."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sfassign.soql.tree import From, Function, Path, Query, SelectField

from .. import activities
from ..schema import SObject
from ..state import State
from ..storage import quoted
from ..visibility import hidden_from
from . import activity_rules, bounds, problems
from .conditions import Conditions, Sql
from .cursors import Pages
from .functions import holds_aggregate
from .groups import Groups
from .keys import direction, sort_key
from .literals import Literals
from .moments import Asker
from .names import Column, Scope
from .select import Aggregates, Selection
from .semi_joins import check_places, check_shape, check_types
from .shape import Children, Printer, Record, Shape, long_texts
from .worked_out import from_sql

LONG_TEXTS_PAGE = 200
_MODES = frozenset({"SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"})
"""What WITH may say without another answer: fields and objects a user may not see are not there at all."""


@dataclass(slots=True)
class Plan:
    """`shape` for records, `aggregates` for groups, neither for COUNT(). `viewed`: whoever asks looks at the records
    (FOR VIEW, FOR REFERENCE)."""

    thing: SObject
    body: str
    values: list[Any]
    order: str
    limit: int | None
    offset: int | None
    columns: list[str]
    shape: Shape | None = None
    aggregates: Aggregates | None = None
    tail: str = ""
    viewed: bool = False

    def rows_per_page(self, asked: int) -> int:
        """Two long texts in a record make the page smaller, however many rows were asked for."""
        small = self.shape is not None and long_texts(self.shape) >= 2
        return min(asked, LONG_TEXTS_PAGE) if small else asked

    @property
    def bounds(self) -> str:
        if self.limit is None and not self.offset:
            return ""
        return f" LIMIT {-1 if self.limit is None else self.limit} OFFSET {self.offset or 0}"


@dataclass(slots=True)
class Compiler:
    """Compiles one query text, subqueries and semi-joins included. Without `pages` children come all at once."""

    state: State
    text: str
    asker: Asker
    pages: Pages | None = None
    scopes: int = field(default=0)
    semi_joins: int = field(default=0)

    def plan(self, query: Query) -> Plan:
        bounds.check(query, self.text)
        scope = self.scope(query, self._object(query.object))
        if _is_count(query):
            return self._count(query, scope)
        if query.group_by or any(
            isinstance(one, SelectField) and holds_aggregate(one.expression) for one in query.select
        ):
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
        first, *others = query.sources
        if first.alias:
            scope.aliases[first.alias.lower()] = ()
        for source in others:
            self._relate(scope, source, query.object)
        return scope

    def _relate(self, scope: Scope, source: From, driving: str) -> None:
        """Every object of FROM but the first is a relationship of one before it: `FROM Contact c, c.Account a`."""
        head, *rest = source.path.parts
        if not rest or head.lower() not in {*scope.aliases, scope.thing.name.lower()}:
            message = (
                "A driving SObject type has already been set, all other entity types in the FROM clause must be "
                f"relationships to the initial object. The driving object is {driving}."
            )
            raise problems.at(self.text, str(source.path), message, "INVALID_TYPE")
        parts = scope.parts(source.path)
        scope.node(parts, str(source.path))
        if source.alias:
            scope.aliases[source.alias.lower()] = parts

    def _selection(self, scope: Scope) -> Selection:
        return Selection(scope, self.asker, self.state.settings, lambda inner: self._children(scope, inner))

    def conditions(self, scope: Scope) -> Conditions:
        return Conditions(scope, Literals(self.asker.now, self.text), self.state.settings, self._semi_join)

    # --- the three kinds of query -------------------------------------------------------------------------------------

    def _count(self, query: Query, scope: Scope) -> Plan:
        if query.order_by:
            raise problems.malformed("ORDER BY is not allowed with COUNT()")
        if query.group_by:
            raise problems.not_offered("COUNT() together with GROUP BY")
        body, values = self.body(query, scope)
        return Plan(scope.thing, body, values, "", query.limit, query.offset, [f"{scope.alias}.rowid"])

    def _plain(self, query: Query, scope: Scope) -> Plan:
        selection = self._selection(scope)
        shape = selection.shape(query)
        order = self._order(query, scope)
        body, values = self.body(query, scope)
        viewed = "VIEW" in (word.upper() for word in query.for_clause)
        within = (query.limit, query.offset)
        return Plan(scope.thing, body, values, order, *within, selection.columns, shape, viewed=viewed)

    def _grouped(self, query: Query, scope: Scope) -> Plan:
        made = Groups(query, scope, self.asker, self.conditions(scope), lambda: self.body(query, scope)).compile()
        columns, within = made.made.columns, (query.limit, query.offset)
        return Plan(scope.thing, made.source, made.values, made.order, *within, columns, None, made.made, made.tail)

    # --- pieces -------------------------------------------------------------------------------------------------------

    def body(self, query: Query, scope: Scope, extra: Sequence[Sql] = ()) -> Sql:
        """FROM … WHERE …; call it last, when every path has found its join."""
        if query.with_filter and query.with_filter.upper() not in _MODES:
            raise problems.not_offered(f"WITH {query.with_filter}")
        tests: list[Sql] = list(extra)
        if query.where is not None:
            check_places(query.where)
            tests.append(self.conditions(scope).compile(query.where))
        tests += self._scoped(query, scope)
        if scope.thing.has("IsDeleted") and not self.asker.everything:
            tests.append((f"{scope.alias}.IsDeleted = 0", []))
        tests += hidden_from(self.state, self.asker.by, scope.thing, scope.alias)
        where = " AND ".join(f"({sql})" for sql, _ in tests) or "1"
        joins = " ".join(scope.joins)
        sql = f"FROM {from_sql(self.state, self.asker, query, scope.thing)} {scope.alias} {joins} WHERE {where}"
        return sql, [value for _, values in tests for value in values]

    def _scoped(self, query: Query, scope: Scope) -> list[Sql]:
        """USING SCOPE: everything, or the asker's own records."""
        match (query.scope or "everything").lower():
            case "everything":
                return []
            case "mine" if scope.thing.has("OwnerId"):
                return [(f"{scope.alias}.OwnerId = ?", [self.asker.by])]
            case _:
                raise problems.not_offered(f"USING SCOPE {query.scope} for {scope.thing.name}")

    def _order(self, query: Query, scope: Scope) -> str:
        keys = []
        for item in query.order_by:
            column = self.conditions(scope).operand(item.expression)
            if not column.field.sortable:
                message = f"field '{column.field.name}' can not be sorted in a query call"
                raise problems.at(self.text, column.name, message, "MALFORMED_QUERY")
            keys.append(f"{sort_key(column)}{direction(column, item, self.state.settings)}")
        return f" ORDER BY {', '.join(keys)}" if keys else ""

    # --- queries inside -----------------------------------------------------------------------------------------------

    def _semi_join(self, query: Query, outer: Column) -> Sql:
        self.semi_joins += 1
        thing = self._object(query.object)
        check_shape(query, thing, outer, self.semi_joins)
        scope = self.scope(query, thing)
        item = query.select[0]
        assert isinstance(item, SelectField) and isinstance(item.expression, Path)  # noqa: S101, PT018 - checked above
        column = scope.column(item.expression)
        check_types(column, outer)
        body, values = self.body(query, scope, [(f"{column.sql} IS NOT NULL", [])])
        return f"SELECT {column.sql} {body}", values

    def _children(self, parent: Scope, query: Query) -> tuple[str, Children]:
        child = parent.thing.children.get(query.object.lower())
        thing = self.state.schema.find(child.object) if child else None
        if child is None or thing is None:
            raise problems.no_such_child(self.text, query.object)
        guarded = thing.name in activities.OVER and self.asker.by != self.state.admin_id
        if guarded:
            activity_rules.check_subquery(query)
        scope = self.scope(query, thing)
        selection = self._selection(scope)
        shape = selection.shape(query)
        link = f"{scope.alias}.{quoted(child.field)}"
        order = self._order(query, scope)
        body, values = self.body(query, scope)
        plan = Plan(thing, body, values, order, query.limit, query.offset, selection.columns, shape)

        def rows(parents: list[str]) -> dict[str, Record]:
            if guarded:
                activity_rules.check_parents(child.name, parents)
            marks = ", ".join("?" * len(parents))
            columns = ", ".join([*selection.columns, f"{scope.alias}.rowid", link])
            sql = f"SELECT {columns} {body} AND {link} IN ({marks}){order}"
            found: dict[str, list[tuple[Any, ...]]] = {}
            for row in self.state.storage.tuples(sql, [*values, *parents]):
                found.setdefault(row[-1], []).append(row)
            start, stop = query.offset or 0, query.limit
            cut = {key: many[start : None if stop is None else start + stop] for key, many in found.items()}
            return {key: self._child_list(plan, many) for key, many in cut.items() if many}

        return child.name, Children(shape, rows, self.state.settings.childless_is_null)

    def _child_list(self, plan: Plan, rows: list[tuple[Any, ...]]) -> Record:
        """The children of one parent; a row's number is its last value but one."""
        assert plan.shape is not None  # noqa: S101 - children are records
        size = plan.rows_per_page(self.pages.size) if self.pages else len(rows)
        shown: Record = {"totalSize": len(rows), "done": len(rows) <= size}
        if self.pages and len(rows) > size:
            numbers = array("q", (row[-2] for row in rows))
            shown["nextRecordsUrl"] = self.pages.cursors.open(self.asker, plan, numbers, size)
        printer = Printer(self.state.schema, self.asker.version)
        return shown | {"records": printer.records(plan.shape, rows[:size])}


def _is_count(query: Query) -> bool:
    item = query.select[0]
    if not (isinstance(item, SelectField) and isinstance(item.expression, Function)):
        return False
    bare = item.expression.kind == "COUNT" and not item.expression.arguments
    if bare and len(query.select) > 1:
        raise problems.malformed("COUNT() must be the only element of the SELECT list")
    return bare
