"""`/query?q=…&columns=true`: the columns of a result, which the Salesforce CLI asks for before it prints a table.

No guide describes it. The shape is that of the answers the CLI's own tests hold on to (salesforcecli/plugin-data):
`joinColumns` are the fields of a parent, `aggregate` is true for a subquery and for a function, whose `displayName` is
its text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sfassign.soql.tree import Function

from ..http import Reply
from ..query.plan import Plan
from ..query.select import Aggregates
from ..query.shape import Cases, Children, Compound, Item, Leaf, Shape
from ..schema import NUMBER_TYPES, Field, Schema, SObject
from .call import Call

Column = dict[str, Any]
_APEX = {
    **dict.fromkeys(("id", "reference"), "Id"),
    **{"boolean": "Boolean", "int": "Integer", "date": "Date", "datetime": "Datetime", "time": "Time"},
    **dict.fromkeys(NUMBER_TYPES - {"int"}, "Double"),
}


def columns(call: Call, soql: str) -> Reply:
    """The columns of a query, which is not run. Raises ApiError."""
    runner = call.org.queries
    plan = runner.compile(soql, runner.asker(call.user, version=call.version))
    found = list(_all(call.org.schema, plan))
    return Reply(
        200,
        {
            "columnMetadata": found,
            "entityName": plan.thing.name,
            "groupBy": plan.aggregates is not None and " GROUP BY " in plan.tail,
            "idSelected": any(one["columnName"] == "Id" for one in found),
            "keyPrefix": plan.thing.prefix,
        },
    )


def _all(schema: Schema, plan: Plan) -> Iterable[Column]:
    if plan.aggregates is not None:
        return _grouped(plan.aggregates)
    return _of_shape(schema, plan.shape, plan.thing) if plan.shape is not None else ()


def _grouped(made: Aggregates) -> Iterator[Column]:
    for key, field, call in zip(made.keys, made.fields, made.calls, strict=True):
        if call is None:
            yield _column(key, field)
        else:
            yield _column(key, field) | {"aggregate": True, "apexType": None, "displayName": _text(call)} | _FIXED


def _text(call: Function) -> str:
    """`avg(Amount)`: functions are shown in small letters, however they were written."""
    return f"{call.name.lower()}({', '.join(map(str, call.arguments))})"


def _of_shape(schema: Schema, shape: Shape, thing: SObject) -> Iterator[Column]:
    for name, item in shape.items.items():
        yield _of_item(schema, name, item, thing)


def _of_item(schema: Schema, name: str, item: Item, thing: SObject) -> Column:
    match item:
        case Leaf() | Compound():
            return _column(name, item.field)
        case Children(inner):
            below = schema.find(inner.kind or "")
            joined = list(_of_shape(schema, inner, below)) if below else []
            return _join(name, joined) | {"aggregate": True}
        case Shape():
            return _parent(schema, name, [item], thing)
        case Cases(options, otherwise):
            return _parent(schema, name, [*options, *([otherwise] if otherwise else [])], thing)


def _parent(schema: Schema, name: str, shapes: Iterable[Shape], thing: SObject) -> Column:
    key = thing.relationships[name.lower()]
    joined: dict[str, Column] = {}
    for shape in shapes:
        there = schema.find(shape.kind or "Name") or schema.object("Name")
        joined |= {one["columnName"]: one for one in _of_shape(schema, shape, there)}
    return _join(name, list(joined.values())) | {"foreignKeyName": key.name}


_FIXED = {"insertable": False, "updatable": False}


def _join(name: str, joined: list[Column]) -> Column:
    return _column(name, Field(name, "")) | {"apexType": None, "textType": False, "joinColumns": joined} | _FIXED


def _column(name: str, field: Field) -> Column:
    apex = _APEX.get(field.type, "String")
    return {
        "aggregate": False,
        "apexType": apex,
        "booleanType": field.type == "boolean",
        "columnName": name,
        "custom": field.custom,
        "displayName": name,
        "foreignKeyName": None,
        "insertable": field.createable,
        "joinColumns": [],
        "numberType": field.type in NUMBER_TYPES,
        "textType": apex == "String",
        "updatable": field.updateable,
    }
