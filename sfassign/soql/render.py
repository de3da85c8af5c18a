"""The way back: every node of the tree as SOQL that parses to the same tree. `str(node)` comes here.

One line, single spaces, keywords in capitals, names as their writer typed them.
"""

from __future__ import annotations

from functools import singledispatch

from sfassign.soql import tree
from sfassign.soql.literals import quote, quote_pattern


@singledispatch
def render(node: object) -> str:
    """The node as SOQL. Raises TypeError for what is no part of the tree."""
    raise TypeError(f"{type(node).__name__} is no part of a SOQL tree")


def _aliased(text: str, alias: str | None) -> str:
    return f"{text} {alias}" if alias else text


def _list(nodes: tuple[object, ...]) -> str:
    return ", ".join(map(str, nodes))


# --- values and operands ----------------------------------------------------------------------------------------------


@render.register
def _(node: tree.Text) -> str:
    return quote(node.value)


@render.register
def _(node: tree.Number) -> str:
    return f"{node.currency or ''}{node.raw}"


@render.register
def _(node: tree.Boolean) -> str:
    return "TRUE" if node.value else "FALSE"


@render.register
def _(_: tree.Null) -> str:
    return "NULL"


@render.register
def _(node: tree.Date) -> str:
    return node.value.isoformat()


@render.register
def _(node: tree.DateTime) -> str:
    return node.raw


@render.register
def _(node: tree.Time) -> str:
    return node.raw


@render.register
def _(node: tree.DateLiteral) -> str:
    return node.name if node.n is None else f"{node.name}:{node.n}"


@render.register
def _(node: tree.Function) -> str:
    return f"{node.name}({_list(node.arguments)})"


# --- what is selected -------------------------------------------------------------------------------------------------


@render.register
def _(node: tree.SelectField) -> str:
    return _aliased(str(node.expression), node.alias)


@render.register
def _(node: tree.FieldSet) -> str:
    return f"FIELDS({node.which})"


@render.register
def _(node: tree.When) -> str:
    return f"WHEN {node.object} THEN {_list(node.fields)}"


@render.register
def _(node: tree.TypeOf) -> str:
    otherwise = f" ELSE {_list(node.otherwise)}" if node.otherwise else ""
    return _aliased(f"TYPEOF {node.path} {' '.join(map(str, node.whens))}{otherwise} END", node.alias)


@render.register
def _(node: tree.SubQuery) -> str:
    return _aliased(f"({node.query})", node.alias)


# --- conditions -------------------------------------------------------------------------------------------------------


@render.register
def _(node: tree.Comparison) -> str:
    value = node.value
    if node.operator is tree.Comparator.LIKE and isinstance(value, tree.Text):
        return f"{node.operand} LIKE {quote_pattern(value.pattern)}"
    return f"{node.operand} {node.operator.value} {value}"


@render.register
def _(node: tree.InList) -> str:
    return f"{node.operand} {node.operator.value} ({_list(node.values)})"


@render.register
def _(node: tree.InQuery) -> str:
    return f"{node.operand} {node.operator.value} ({node.query})"


@render.register
def _(node: tree.Not) -> str:
    return f"NOT {_term(node.term)}"


@render.register
def _(node: tree.And) -> str:
    return " AND ".join(map(_term, node.terms))


@render.register
def _(node: tree.Or) -> str:
    return " OR ".join(map(_term, node.terms))


def _term(node: tree.Condition) -> str:
    """A condition inside another: whatever is joined or negated stands in parentheses."""
    return f"({node})" if isinstance(node, tree.And | tree.Or | tree.Not) else str(node)


# --- the query --------------------------------------------------------------------------------------------------------


@render.register
def _(node: tree.From) -> str:
    return _aliased(str(node.path), node.alias)


@render.register
def _(node: tree.OrderItem) -> str:
    nulls = {None: "", False: " NULLS FIRST", True: " NULLS LAST"}[node.nulls_last]
    return f"{node.expression}{' DESC' if node.descending else ''}{nulls}"


@render.register
def _(node: tree.GroupBy) -> str:
    items = _list(node.items)
    return f"{node.kind}({items})" if node.kind else items


@render.register
def _(node: tree.Query) -> str:
    clauses: tuple[tuple[str, object], ...] = (
        ("SELECT DISTINCT" if node.distinct else "SELECT", _list(node.select)),
        ("FROM", _list(node.sources)),
        ("USING SCOPE", node.scope),
        ("WHERE", node.where),
        ("WITH", node.with_filter),
        ("GROUP BY", node.group_by),
        ("HAVING", node.having),
        ("ORDER BY", _list(node.order_by) or None),
        ("LIMIT", node.limit),
        ("OFFSET", node.offset),
        ("FOR", ", ".join(node.for_clause) or None),
        ("UPDATE", ", ".join(node.update) or None),
    )
    return " ".join(f"{keyword} {value}" for keyword, value in clauses if value is not None)
