"""WHERE and HAVING as SQL, with the org's meaning: case-insensitive text, two-valued logic, null rules, date ranges.

Every leaf is checked against its field first (filterable, right kind of literal), so that a client's wrong query is
refused here as the org would refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfassign.soql import tree
from sfassign.soql.tree import And, Comparator, Comparison, Condition, InList, InQuery, Not, Or, SetOperator

from ..options import Settings
from ..schema import Field
from . import problems
from .distance import distance
from .functions import date_function, is_aggregate
from .literals import Bound, Literals
from .moments import DATE_FUNCTIONS
from .names import Column, Scope

Sql = tuple[str, list[Any]]
_CHOSEN = "instr(';' || fold({}) || ';', fold(?)) > 0"
_FLIPPED = {Comparator.EQ: "=", Comparator.NE: "<>"}
_SPACE = 400
"""Terms of one AND or OR are nested in halves from here on: SQLite limits the depth of an expression to 1,000."""


@dataclass(slots=True)
class Conditions:
    """Compiles the conditions of one query. `aggregate` compiles an aggregate function (HAVING only); `semi_join`
    compiles the query of IN (SELECT …)."""

    scope: Scope
    literals: Literals
    settings: Settings
    semi_join: Callable[[tree.Query, Column], Sql]
    aggregate: Callable[[tree.Function], Column] | None = None

    def compile(self, condition: Condition) -> Sql:
        match condition:
            case Comparison():
                return self._comparison(condition)
            case InList():
                return self._in_list(condition)
            case InQuery():
                return self._in_query(condition)
            case Not(term):
                sql, values = self.compile(term)
                return f"NOT IFNULL(({sql}), 0)", values
            case And(terms):
                return self._all(terms, "AND")
            case Or(terms):
                return self._all(terms, "OR")

    def _all(self, terms: Sequence[Condition], word: str) -> Sql:
        parts = [self.compile(term) for term in terms]
        while len(parts) > _SPACE:
            parts = [_joined(parts[start : start + _SPACE], word) for start in range(0, len(parts), _SPACE)]
        return _joined(parts, word)

    def operand(self, operand: tree.Operand) -> Column:
        if isinstance(operand, tree.Path):
            return self.scope.column(operand)
        if operand.kind in DATE_FUNCTIONS:
            return date_function(self.scope, self.literals.now, operand)
        if operand.kind == "DISTANCE":
            return distance(self.scope, operand)
        if is_aggregate(operand) and self.aggregate:
            return self.aggregate(operand)
        raise problems.malformed(f"unexpected token: '{operand.name}'")

    def _labelled(self, call: tree.Function) -> Column:
        """toLabel(Status): this org has one language, in which a value is its own label."""
        inner = call.arguments[0] if len(call.arguments) == 1 else None
        if not isinstance(inner, tree.Path):
            raise problems.malformed(f"unexpected token: '{call.name}'")
        column = self.scope.column(inner)
        if column.field.type not in {"picklist", "multipicklist"}:
            raise problems.at(self.scope.text, column.name, f"toLabel is not supported for field {column.field.name}")
        return column

    def _filterable(self, operand: tree.Operand) -> Column:
        if isinstance(operand, tree.Function) and operand.kind == "TOLABEL":
            column = self._labelled(operand)
        else:
            column = self.operand(operand)
        if not column.field.filterable or column.field.type == "address":
            raise problems.at(
                self.scope.text, column.name, f"field '{column.field.name}' can not be filtered in a query call"
            )
        return column

    # --- one value ----------------------------------------------------------------------------------------------------

    def _comparison(self, condition: Comparison) -> Sql:
        column, operator = self._filterable(condition.operand), condition.operator
        if column.field.name == "DISTANCE" and operator not in {Comparator.LT, Comparator.GT}:
            raise problems.wrong_operator(self.scope.text, "DISTANCE", "distance")
        bound = self.literals.bind(column, condition.value, operator)
        if column.field.type == "boolean":
            return self._boolean(column, operator, bound)
        if bound.null:
            return {Comparator.EQ: f"{column.sql} IS NULL", Comparator.NE: f"{column.sql} IS NOT NULL"}.get(
                operator, "0"
            ), []
        if operator is Comparator.LIKE:
            return _like(column, bound)
        if bound.upper is not None:
            return self._range(column, operator, bound)
        if operator is Comparator.EQ:
            return _narrowed(column, lambda one: _compared(one, operator, bound))
        sql, values = _compared(column, operator, bound)
        return self._or_null(column, sql, values) if operator is Comparator.NE else (sql, values)

    def _boolean(self, column: Column, operator: Comparator, bound: Bound) -> Sql:
        if operator not in _FLIPPED:
            raise problems.at(
                self.scope.text, column.name, "invalid operator on boolean field", "INVALID_QUERY_FILTER_OPERATOR"
            )
        # The bare column stays usable for an index; rows of a missing parent count as false.
        wanted = bool(bound.value) is (operator is Comparator.EQ)
        if column.thing is self.scope.thing:
            return f"{column.sql} = {int(wanted)}", []
        return f"IFNULL({column.sql}, 0) = {int(wanted)}", []

    def _range(self, column: Column, operator: Comparator, bound: Bound) -> Sql:
        """A date literal: from `value` up to, but not including, `upper`."""
        match operator:
            case Comparator.EQ:
                return f"({column.sql} >= ? AND {column.sql} < ?)", [bound.value, bound.upper]
            case Comparator.NE:
                return self._or_null(column, f"({column.sql} < ? OR {column.sql} >= ?)", [bound.value, bound.upper])
            case Comparator.LT | Comparator.GE:
                return f"{column.sql} {operator.value} ?", [bound.value]
            case Comparator.LE:
                return f"{column.sql} < ?", [bound.upper]
            case _:
                return f"{column.sql} >= ?", [bound.upper]

    def _or_null(self, column: Column, sql: str, values: list[Any]) -> Sql:
        return (f"({sql} OR {column.sql} IS NULL)" if self.settings.unequal_finds_null else sql), values

    # --- many values --------------------------------------------------------------------------------------------------

    def _in_list(self, condition: InList) -> Sql:
        column = self._filterable(condition.operand)
        if condition.operator in {SetOperator.INCLUDES, SetOperator.EXCLUDES}:
            return self._includes(column, condition)
        bounds = [self.literals.bind(column, value, Comparator.EQ) for value in condition.values]
        wanted = condition.operator is SetOperator.IN
        if column.field.type == "boolean":
            return self._boolean_in(column, bounds, wanted=wanted)
        ranges = [one for one in bounds if one.upper is not None]
        plain = [one for one in bounds if one.upper is None and not one.null]
        parts: list[Sql] = [_narrowed(column, lambda one: _member(one, plain))] if plain else []
        parts += [self._range(column, Comparator.EQ, one) for one in ranges]
        has_null = any(one.null for one in bounds)
        parts += [(f"{column.sql} IS NULL", [])] if has_null else []
        sql, values = _joined(parts, "OR")
        if wanted:
            return sql, values
        negated = f"NOT IFNULL(({sql}), 0)"
        if has_null or not self.settings.unequal_finds_null:
            negated = f"({negated} AND {column.sql} IS NOT NULL)"
        return negated, values

    def _boolean_in(self, column: Column, bounds: list[Bound], *, wanted: bool) -> Sql:
        marks = ", ".join(str(int(bool(one.value))) for one in bounds)
        return f"IFNULL({column.sql}, 0) {'' if wanted else 'NOT '}IN ({marks})", []

    def _includes(self, column: Column, condition: InList) -> Sql:
        if column.field.type != "multipicklist":
            raise problems.wrong_operator(self.scope.text, column.name, column.field.type)
        options: list[Sql] = []
        for value in condition.values:
            parts = self._choices(column, value)
            tests: list[Sql] = [(_CHOSEN.format(column.sql), [f";{one};"]) for one in parts]
            options.append(_joined(tests, "AND") if tests else (f"{column.sql} IS NULL", []))
        sql, values = _joined(options, "OR")
        if condition.operator is SetOperator.INCLUDES:
            return f"IFNULL(({sql}), 0)", values
        negated = f"NOT IFNULL(({sql}), 0)"
        return (negated if self.settings.unequal_finds_null else f"({negated} AND {column.sql} IS NOT NULL)"), values

    def _choices(self, column: Column, value: tree.Value) -> list[str]:
        if isinstance(value, tree.Null):
            return []
        if not isinstance(value, tree.Text):
            raise problems.wrong_type(self.scope.text, column.name, "string", quotes=True)
        return [part for part in value.value.split(";") if part]

    def _in_query(self, condition: InQuery) -> Sql:
        column = self._filterable(condition.operand)
        sql, values = self.semi_join(condition.query, column)
        if condition.operator is SetOperator.IN:
            return f"{column.sql} IN ({sql})", values
        negated = f"{column.sql} NOT IN ({sql})"
        return self._or_null(column, negated, values)


def _joined(parts: Sequence[Sql], word: str) -> Sql:
    if len(parts) == 1:
        return parts[0]
    return "(" + f" {word} ".join(sql for sql, _ in parts) + ")", [value for _, values in parts for value in values]


def _plain(field: Field) -> bool:
    """Compared as it is stored: numbers, dates and Ids. Everything else is text without regard to capitals."""
    return field.type in {"id", "reference", "datetime", "date", "time", "int", "double", "currency", "percent"}


def _narrowed(column: Column, test: Callable[[Column], Sql]) -> Sql:
    """The test; where the field is a parent's, with what follows from it: the key is one of those whose parent passes.
    The other rows need not be looked at then."""
    sql, values = test(column)
    if column.through is None:
        return sql, values
    key, ends = column.through
    parts = [(table, test(replace(column, sql=name))) for table, name in ends]
    keys = " UNION ALL ".join(f"SELECT Id FROM {table} WHERE {one}" for table, (one, _) in parts)  # noqa: S608
    return f"({sql} AND {key} IN ({keys}))", values + [value for _, (_, more) in parts for value in more]


def _compared(column: Column, operator: Comparator, bound: Bound) -> Sql:
    word = "<>" if operator is Comparator.NE else operator.value
    if _plain(column.field):
        return f"{column.sql} {word} ?", [bound.value]
    if column.field.type == "multipicklist" and operator in _FLIPPED:
        return f"chosen({column.sql}) {word} chosen(?)", [bound.value]
    if operator in _FLIPPED and str(bound.value).isascii():
        return f"{column.sql} {word} ? COLLATE NOCASE", [bound.value]
    return f"fold({column.sql}) {word} fold(?)", [bound.value]


def _member(column: Column, bounds: list[Bound]) -> Sql:
    marks, values = ", ".join("?" * len(bounds)), [one.value for one in bounds]
    if _plain(column.field):
        return f"{column.sql} IN ({marks})", values
    if column.field.type == "multipicklist":
        return f"chosen({column.sql}) IN ({', '.join(['chosen(?)'] * len(bounds))})", values
    if all(str(one).isascii() for one in values):
        return f"{column.sql} COLLATE NOCASE IN ({marks})", values
    return f"fold({column.sql}) IN ({', '.join(['fold(?)'] * len(bounds))})", values


def _like(column: Column, bound: Bound) -> Sql:
    if str(bound.value).isascii():
        return f"{column.sql} LIKE ? ESCAPE '\\'", [bound.value]
    return f"fold({column.sql}) LIKE fold(?) ESCAPE '\\'", [bound.value]
