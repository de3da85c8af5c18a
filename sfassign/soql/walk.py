"""Questions about a tree: which fields it names, whether it speaks of relative dates."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sfassign.soql.tree import (
    And,
    Comparison,
    Condition,
    DateLiteral,
    Function,
    InList,
    InQuery,
    Not,
    Or,
    Path,
    Query,
    SelectField,
    TypeOf,
    Value,
)


def paths(tree: Condition | Query) -> tuple[Path, ...]:
    """All fields the tree names, in order, each once (capitals apart).

    What a subquery or semi-join names is left out: those fields belong to another object. Of TYPEOF it is the
    relationship itself.
    """
    distinct: dict[str, Path] = {}
    for path in _query_paths(tree) if isinstance(tree, Query) else _condition_paths(tree):
        distinct.setdefault(path.key, path)
    return tuple(distinct.values())


def _query_paths(query: Query) -> Iterator[Path]:
    for item in query.select:
        if isinstance(item, SelectField):
            yield from _operand_paths(item.expression)
        elif isinstance(item, TypeOf):
            yield item.path
    if query.where:
        yield from _condition_paths(query.where)
    for operand in query.group_by.items if query.group_by else ():
        yield from _operand_paths(operand)
    if query.having:
        yield from _condition_paths(query.having)
    for order in query.order_by:
        yield from _operand_paths(order.expression)


def _condition_paths(condition: Condition) -> Iterator[Path]:
    for leaf in leaves(condition):
        yield from _operand_paths(leaf.operand)


def _operand_paths(operand: Path | Function | Value) -> Iterator[Path]:
    if isinstance(operand, Path):
        yield operand
    elif isinstance(operand, Function):
        for argument in operand.arguments:
            yield from _operand_paths(argument)


def leaves(condition: Condition) -> Iterator[Comparison | InList | InQuery]:
    """The comparisons of a condition, in order."""
    match condition:
        case And(terms) | Or(terms):
            for term in terms:
                yield from leaves(term)
        case Not(term):
            yield from leaves(term)
        case Comparison() | InList() | InQuery():
            yield condition


def with_leaves(condition: Condition, changed: Callable[[Comparison | InList | InQuery], Condition]) -> Condition:
    """The condition with each of its comparisons replaced by what `changed` makes of it."""
    match condition:
        case And(terms) | Or(terms):
            return type(condition)(tuple(with_leaves(term, changed) for term in terms))
        case Not(term):
            return Not(with_leaves(term, changed))
        case Comparison() | InList() | InQuery():
            return changed(condition)


def has_date_literal(condition: Condition) -> bool:
    """Whether the condition's answer changes with the clock alone: TODAY, LAST_N_DAYS:7 and their kin."""
    return any(isinstance(value, DateLiteral) for leaf in leaves(condition) for value in values_of(leaf)) or any(
        leaf.query.where is not None and has_date_literal(leaf.query.where)
        for leaf in leaves(condition)
        if isinstance(leaf, InQuery)
    )


def values_of(leaf: Comparison | InList | InQuery) -> tuple[Value, ...]:
    """The literals a comparison is made with; a semi-join has none."""
    if isinstance(leaf, Comparison):
        return (leaf.value,)
    return leaf.values if isinstance(leaf, InList) else ()
