"""What a semi-join or anti-join may not be, in Salesforce's words.

Source: SOQL and SOSL Reference, Comparison Operators, considerations for semi-join and anti-join queries.
"""

from __future__ import annotations

from sfassign.soql.tree import And, Condition, InQuery, Not, Or, Path, Query, SelectField

from ..errors import ApiError
from ..schema import SObject
from . import problems
from .names import Column

NOT_INSIDE = frozenset({"Task", "Event", "ActivityHistory", "OpenActivity", "Note", "Attachment"})
MAX_SEMI_JOINS = 2


def check_places(where: Condition | None, *, within: str = "AND") -> None:
    """Semi-joins stand alone or between ANDs: not below an OR, not behind a NOT. Raises ApiError."""
    match where:
        case InQuery() if within != "AND":
            raise problems.malformed(f"Semi join sub-selects are not allowed with the '{within}' operator")
        case Not(term):
            check_places(term, within="NOT")
        case And(terms):
            for one in terms:
                check_places(one, within=within)
        case Or(terms):
            for one in terms:
                check_places(one, within="OR")


def check_shape(query: Query, thing: SObject, outer: Column, count: int) -> None:
    """`thing` is the object inside, `outer` the left operand, `count` how many semi-joins there are so far."""
    item = query.select[0] if len(query.select) == 1 else None
    plain = isinstance(item, SelectField) and isinstance(item.expression, Path)
    if not plain or "." in str(item):
        raise problems.malformed("Semi join sub-selects must select exactly one Id or reference field")
    if count > MAX_SEMI_JOINS:
        raise ApiError("EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", "Maximum 2 semi join sub-selects are allowed")
    if thing.name in NOT_INSIDE:
        raise problems.malformed(f"Entity '{thing.name}' is not supported for semi join inner selects")
    if thing is outer.thing:
        raise problems.malformed("The inner and outer selects should not be on the same object type")
    if outer.field.type not in {"id", "reference"} or outer.hops:
        raise problems.malformed("The left operand of a semi-join must be an Id or reference field without dots")
    if query.order_by or query.limit is not None or query.group_by or _nested(query.where):
        raise problems.malformed("ORDER BY, LIMIT, GROUP BY and semi-joins are not allowed in a semi-join")


def check_types(inner: Column, outer: Column) -> None:
    """Both sides must be Ids of the same object."""
    if inner.field.type not in {"id", "reference"}:
        raise problems.malformed("The inner select field in a semi-join must be an Id or reference field")
    if not _targets(inner) & _targets(outer):
        raise problems.malformed(
            f"The selected field '{inner.name}' in the subquery and the left operand field '{outer.name}' in the where "
            "expression in the outer query should point to the same object type"
        )


def _targets(column: Column) -> set[str]:
    return {column.thing.name} if column.field.type == "id" else set(column.field.references)


def _nested(condition: Condition | None) -> bool:
    match condition:
        case InQuery():
            return True
        case Not(term):
            return _nested(term)
        case And(terms) | Or(terms):
            return any(map(_nested, terms))
        case _:
            return False
