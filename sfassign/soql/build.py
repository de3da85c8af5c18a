"""The grammar's actions: each turns what the parser has matched into a node of the tree.

Called by lark while it parses, so no parse tree exists in between; the method names are the rule names of
`grammar.lark`. Clauses come back as (name of the field of Query, value).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar

from lark import Token, Transformer, v_args

from sfassign.soql import tree
from sfassign.soql.errors import SoqlSyntaxError
from sfassign.soql.literals import BadEscape, decode, quote, read_datetime, read_time

MAX_INTEGER = 2**31 - 1
"""The largest LIMIT and OFFSET Salesforce's parsers take."""

FIELD_SETS = frozenset({"ALL", "CUSTOM", "STANDARD"})

Clause = tuple[str, Any]
T = TypeVar("T")


def _path(token: Token) -> tree.Path:
    return tree.Path(tuple("".join(token.split()).split(".")))


def _name(token: Token) -> str:
    return "".join(token.split())


def _word(token: Token) -> str:
    return " ".join(token.upper().split())


def _text(token: Token, *, wildcards: bool = False) -> tree.Text:
    try:
        return tree.Text(*decode(token, wildcards=wildcards))
    except BadEscape as error:
        where = (token.start_pos or 0) + error.offset + 1
        wrong = token[error.offset : error.offset + 2]
        raise SoqlSyntaxError(
            f"{wrong} is no escape SOQL knows; a backslash itself is written \\\\", where, ("\\\\", "\\'", "\\n")
        ) from None


def _real(token: Token, read: Callable[[str], T], what: str) -> T:
    try:
        return read(str(token))
    except ValueError:
        raise SoqlSyntaxError(f"there is no such {what}: {token}", (token.start_pos or 0) + 1, (f"a {what}",)) from None


def _integer(token: Token) -> int:
    number = int("".join(token.split()))
    if abs(number) > MAX_INTEGER:
        raise SoqlSyntaxError(f"{number} is too large", (token.start_pos or 0) + 1, (f"at most {MAX_INTEGER}",))
    return number


@v_args(inline=True)
class TreeBuilder(Transformer[Token, Any]):
    """One method per rule of the grammar."""

    # --- values ---

    def text(self, token: Token) -> tree.Text:
        return _text(token)

    def number(self, token: Token) -> tree.Number:
        return tree.Number(_name(token))

    def currency(self, token: Token) -> tree.Number:
        return tree.Number(token[3:].rstrip("."), token[:3])

    def boolean(self, token: Token) -> tree.Boolean:
        return tree.Boolean(token.upper() == "TRUE")

    def null(self, _: Token) -> tree.Null:
        return tree.Null()

    def date(self, token: Token) -> tree.Date:
        return tree.Date(_real(token, dt.date.fromisoformat, "date"))

    def datetime(self, token: Token) -> tree.DateTime:
        return tree.DateTime(_real(token, read_datetime, "datetime"), str(token))

    def time(self, token: Token) -> tree.Time:
        return tree.Time(_real(token, read_time, "time"), str(token))

    def date_literal(self, token: Token) -> tree.DateLiteral:
        name, _, number = _name(token).upper().partition(":")
        return tree.DateLiteral(name, int(number) if number else None)

    # --- operands ---

    def path(self, token: Token) -> tree.Path:
        return _path(token)

    def function(self, name: Token, argument: tree.Path | tree.Function) -> tree.Function:
        return tree.Function(str(name), (argument,))

    def distance(
        self, name: Token, path: tree.Path, place: Token, latitude: Token, longitude: Token, unit: Token
    ) -> tree.Function:
        here = tree.Function(str(place), (self.number(latitude), self.number(longitude)))
        return tree.Function(str(name), (path, here, _text(unit)))

    # --- conditions ---

    def comparator(self, token: Token) -> tree.Comparator:
        operator = _name(token)
        return tree.Comparator.NE if operator == "<>" else tree.Comparator(operator)

    def comparison(self, operand: tree.Operand, operator: tree.Comparator, value: tree.Value) -> tree.Comparison:
        return tree.Comparison(operand, operator, value)

    def likeness(self, operand: tree.Operand, _: Token, value: tree.Value | Token) -> tree.Comparison:
        pattern = _text(value, wildcards=True) if isinstance(value, Token) else value
        return tree.Comparison(operand, tree.Comparator.LIKE, pattern)

    def in_list(self, operand: tree.Operand, operator: Token, *values: tree.Value) -> tree.InList:
        return tree.InList(operand, tree.SetOperator(_word(operator)), values)

    def in_query(self, operand: tree.Operand, operator: Token, query: tree.Query) -> tree.InQuery:
        return tree.InQuery(operand, tree.SetOperator(_word(operator)), query)

    def negation(self, term: tree.Condition) -> tree.Not:
        return tree.Not(term)

    def conjunction(self, *terms: tree.Condition) -> tree.And:
        return tree.And(terms)

    def disjunction(self, *terms: tree.Condition) -> tree.Or:
        return tree.Or(terms)

    # --- what is selected ---

    def count_all(self, token: Token) -> tuple[tree.SelectItem, ...]:
        return (tree.SelectField(tree.Function(str(token[:5]))),)

    def items(self, *items: tree.SelectItem) -> tuple[tree.SelectItem, ...]:
        return items

    def select_field(self, expression: tree.Operand, alias: Token | None = None) -> tree.SelectItem:
        if isinstance(expression, tree.Function) and expression.kind == "FIELDS" and alias is None:
            return _field_set(expression)
        return tree.SelectField(expression, alias and _name(alias))

    def subquery(self, query: tree.Query, alias: Token | None = None) -> tree.SubQuery:
        return tree.SubQuery(query, alias and _name(alias))

    def paths(self, *tokens: Token) -> tuple[tree.Path, ...]:
        return tuple(_path(token) for token in tokens)

    def when(self, name: Token, fields: tuple[tree.Path, ...]) -> tree.When:
        return tree.When(_name(name), fields)

    def otherwise(self, fields: tuple[tree.Path, ...]) -> tuple[tree.Path, ...]:
        return fields

    def typeof(self, path: Token, *rest: tree.When | tuple[tree.Path, ...] | Token) -> tree.TypeOf:
        whens = tuple(part for part in rest if isinstance(part, tree.When))
        otherwise = next((part for part in rest if isinstance(part, tuple)), None)
        alias = _name(rest[-1]) if isinstance(rest[-1], Token) else None
        return tree.TypeOf(_path(path), whens, otherwise, alias)

    # --- clauses ---

    def from_list(self, *sources: tree.From) -> tuple[tree.From, ...]:
        return sources

    def from_item(self, path: Token, alias: Token | None = None) -> tree.From:
        return tree.From(_path(path), alias and _name(alias))

    def using(self, *scopes: Token) -> Clause:
        return "scope", ", ".join(scopes)

    def where(self, condition: tree.Condition) -> Clause:
        return "where", condition

    def having(self, condition: tree.Condition) -> Clause:
        return "having", condition

    def with_key(self, key: Token, value: Token) -> str:
        return f"{_name(key)} = {quote(_text(value).value)}"

    def with_setting(self, key: Token, value: Token) -> str:
        return f"{_name(key)} = {value}"

    def with_settings(self, name: Token, *settings: str) -> str:
        return f"{_name(name)} ({', '.join(settings)})"

    def category(self, group: Token, operator: Token, chosen: Token | tuple[tree.Path, ...]) -> str:
        which = _name(chosen) if isinstance(chosen, Token) else f"({', '.join(map(str, chosen))})"
        return f"{_name(group)} {operator.upper()} {which}"

    def with_categories(self, *categories: str) -> str:
        return "DATA CATEGORY " + " AND ".join(categories)

    def with_mode(self, mode: Token) -> str:
        if "." in mode:
            raise SoqlSyntaxError(f"{mode} is no mode", (mode.start_pos or 0) + 1, ("SECURITY_ENFORCED", "USER_MODE"))
        return _name(mode)

    def with_(self, *filters: str) -> Clause:
        return "with_filter", " WITH ".join(filters)

    def group_by(self, *items: tree.Operand) -> Clause:
        return "group_by", tree.GroupBy(items)

    def group_by_kind(self, kind: Token, *items: tree.Operand) -> Clause:
        return "group_by", tree.GroupBy(items, kind.upper())

    def order_item(self, expression: tree.Operand, *words: Token) -> tree.OrderItem:
        said = {word.type for word in words}
        nulls_last = "LAST" in said if said & {"FIRST", "LAST"} else None
        return tree.OrderItem(expression, "DESC" in said, nulls_last)

    def order(self, *items: tree.OrderItem) -> Clause:
        return "order_by", items

    def limit(self, number: Token) -> Clause:
        return "limit", _integer(number)

    def offset(self, number: Token) -> Clause:
        return "offset", _integer(number)

    def for_(self, *purposes: Token) -> Clause:
        return "for_clause", tuple(map(_word, purposes))

    def update(self, *statistics: Token) -> Clause:
        return "update", tuple(map(_word, statistics))

    def semi_join(self, operand: tree.Operand, sources: tuple[tree.From, ...], *clauses: Clause) -> tree.Query:
        return tree.Query((tree.SelectField(operand),), sources, **dict(clauses))

    def query(
        self, select: tuple[tree.SelectItem, ...], sources: tuple[tree.From, ...], *clauses: Clause
    ) -> tree.Query:
        return tree.Query(select, sources, **dict(clauses))


def _field_set(function: tree.Function) -> tree.SelectItem:
    which = str(function.arguments[0]).upper()
    return tree.FieldSet(which) if which in FIELD_SETS else tree.SelectField(function)
