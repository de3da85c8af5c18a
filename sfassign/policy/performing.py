"""Doubts about `weight: {performance: …}`: whether there is anything to compare, and whether the weight counts.

Part of `doubts`; a rate is only one where what is won differs from what is closed.
"""

from __future__ import annotations

from collections.abc import Iterator

from sfassign.policy.document import Document
from sfassign.policy.document import Path as Steps
from sfassign.policy.findings import Finding
from sfassign.policy.parts import Part, groups, object_condition, whole
from sfassign.soql.tree import And, Condition, Not, Or

BY_LOAD_ALONE = ("share", "spare")


def performance(document: Document) -> Iterator[Finding]:
    for group in groups(document):
        name = group.text("object")
        if name is None or group.raw("weight", "performance") is None:
            continue
        path = (*group.path, "weight", "performance")
        success, closed = (object_condition(document, name, key) for key in ("success", "closed"))
        if success is None or closed is None:
            lacking = " and ".join(f"'{key}'" for key, one in (("success", success), ("closed", closed)) if one is None)
            message = f"'performance' of group '{group.name}' needs to know what counts as won and as closed"
            expected = f"{lacking} under objects › {name}"
            yield document.finding(path, message, at_key=True, expected=expected)
        elif _normal(success) == _normal(closed):
            yield _the_same(document, group, path, name)
        yield from _weightless(document, group, path)


def _the_same(document: Document, group: Part, path: Steps, name: str) -> Finding:
    message = f"'performance' of group '{group.name}' compares nothing: 'success' and 'closed' of {name} are the same"
    said = {"success", "closed"} & set(whole(document).keys("objects", name))
    by_default = "" if said else ", as they are by default"
    expected = f"two different conditions under objects › {name}: 'closed' is won or lost"
    return document.finding(path, message + by_default, at_key=True, expected=expected)


def _weightless(document: Document, group: Part, path: Steps) -> Iterator[Finding]:
    """The methods that go by no weight."""
    method, by = group.text("method") or "round_robin", group.text("least_loaded", "by")
    if method == "round_robin":
        how, expected = "method 'round_robin'", "method: weighted_round_robin"
    elif method == "least_loaded" and by in BY_LOAD_ALONE:
        how, expected = f"least_loaded by '{by}' where everyone has a threshold", "by: points or count"
    else:
        return
    message = f"'performance' changes nothing in group '{group.name}' with {how}"
    yield document.finding(path, message, at_key=True, expected=expected, severity="warning")


def _normal(condition: Condition) -> str:
    """The same text for conditions that differ in capitals or in the order of their terms only."""
    if isinstance(condition, And | Or):
        word = " AND " if isinstance(condition, And) else " OR "
        return f"({word.join(sorted({_normal(term) for term in condition.terms}))})"
    return f"NOT {_normal(condition.term)}" if isinstance(condition, Not) else str(condition).casefold()
