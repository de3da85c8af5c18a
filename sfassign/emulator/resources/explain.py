"""`/query?explain=…`: how the org would find the records of a query, the cheapest way first. The query is not run.

Source: REST API Developer Guide, Query Performance Feedback (beta); thresholds of selectivity: Query & Search
Optimization Cheat Sheet, standard indexes. What real orgs estimate is counted here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfassign.soql.tree import And, Comparator, Comparison, Condition, InList, Path, Query, SetOperator

from ..http import Reply
from ..schema import Field, SObject
from .call import Call

_INDEXED = frozenset({"Id", "Name", "OwnerId", "CreatedDate", "SystemModstamp", "RecordTypeId"})
_MILLION = 1_000_000
_UNINDEXED = "Not considering filter for optimization because unindexed"
Leaf = Comparison | InList


def explain(call: Call, soql: str) -> Reply:
    """Raises ApiError."""
    runner = call.org.queries
    asker = runner.asker(call.user, version=call.version)
    plan = runner.compile(soql, asker)
    query, thing = runner.parsed(soql), plan.thing
    whole = call.org.count(thing.name)
    usable = [(leaf, field) for leaf, field in _leaves(query, thing) if _indexed(leaf, field)]
    notes = [_note(field, thing) for leaf, field in _leaves(query, thing) if not _indexed(leaf, field)]
    plans = [_plan("TableScan", whole, whole, thing, [], notes)]
    for leaf, field in usable:
        found = call.org.count(thing.name, str(leaf), by=call.user)
        plans.append(_plan("Index", found, whole, thing, [field.name], notes))
    return Reply(200, {"plans": sorted(plans, key=lambda one: float(one["relativeCost"]))})


def _leaves(query: Query, thing: SObject) -> Iterator[tuple[Leaf, Field]]:
    """The comparisons all of which must hold, with the object's own fields they are about."""
    for leaf in _parts(query.where) if query.where else ():
        path = leaf.operand if isinstance(leaf, Comparison | InList) else None
        found = thing.fields.get(path.key) if isinstance(path, Path) else None
        if isinstance(leaf, Comparison | InList) and found is not None:
            yield leaf, found


def _parts(condition: Condition) -> tuple[Condition, ...]:
    return condition.terms if isinstance(condition, And) else (condition,)


def _indexed(leaf: Leaf, field: Field) -> bool:
    """Negative operators and LIKE are not looked up in an index."""
    known = field.name in _INDEXED or field.external_id or field.type == "reference"
    return known and leaf.operator not in {Comparator.NE, Comparator.LIKE, SetOperator.NOT_IN}


def _plan(kind: str, found: int, whole: int, thing: SObject, fields: list[str], notes: list[Any]) -> dict[str, Any]:
    threshold = min(0.3 * min(whole, _MILLION) + 0.15 * max(0, whole - _MILLION), _MILLION)
    return {
        "cardinality": found,
        "fields": fields,
        "leadingOperationType": kind,
        "notes": notes,
        "relativeCost": round(found / threshold, 3) if threshold else 0.0,
        "sobjectCardinality": whole,
        "sobjectType": thing.name,
    }


def _note(field: Field, thing: SObject) -> dict[str, Any]:
    return {"description": _UNINDEXED, "fields": [field.name], "tableEnumOrId": thing.name}
