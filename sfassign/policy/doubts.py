"""Policies that are well formed and would still not do what was meant: errors where it is certain, else warnings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from pydantic_core import PydanticCustomError

from sfassign.policy.document import Document
from sfassign.policy.findings import Finding
from sfassign.policy.parts import Part, groups, whole
from sfassign.policy.performing import performance
from sfassign.policy.values import duration_or_zero
from sfassign.soql import paths
from sfassign.soql.fitting import CONDITION_BYTES, MAX_URL_BYTES, TOO_LONG_ADVICE, url_bytes
from sfassign.soql.tree import Comparator, Comparison, Condition, InQuery, Path, SetOperator, Text
from sfassign.soql.walk import leaves

BY_MATCH = ("best_match", "optimal")


def check(document: Document) -> Iterator[Finding]:
    for rule in _RULES:
        yield from rule(document)


def unreachable(document: Document) -> Iterator[Finding]:
    takers: dict[tuple[str | None, str], Part] = {}
    for group in groups(document):
        source = group.tree("source")
        if source is None or not group.enabled:
            continue
        key = (group.text("object"), str(source).casefold())
        if key in takers:
            earlier = takers[key]
            line = document.places[earlier.path].line
            message = (
                f"group '{group.name}' never gets an item: '{earlier.name}' (line {line}) takes the same source first"
            )
            yield document.finding(
                (*group.path, "source"), message, expected="another source, or 'tiers' in the earlier group"
            )
        elif group.raw("tiers") is None:
            takers[key] = group


def never_leaves(document: Document) -> Iterator[Finding]:
    for group in groups(document):
        source = group.tree("source")
        if source is None:
            continue
        written = {name.lower() for name in group.keys("on_assigned", "set")}
        named = {path.key for path in paths(source)}
        if not any(_is_owner(name) or name in written for name in named):
            message = f"the source of group '{group.name}' names neither the owner nor a field that 'on_assigned' sets"
            expected = "a condition that no longer holds once the item is assigned, such as Owner.Name = 'Web Leads'"
            yield document.finding((*group.path, "source"), message, expected=expected, severity="warning")


def picked_unseen(document: Document) -> Iterator[Finding]:
    for group in groups(document):
        source = group.tree("source")
        if source is None or group.text("cherry_picking") not in ("report", "return"):
            continue
        if not any(_is_owner(path.key) for path in paths(source)):
            message = (
                f"'cherry_picking' sees little in group '{group.name}': its source does not name the owner, so an item"
                " that a member took waits on"
            )
            expected = "a source that no longer holds with another owner, such as Owner.Name = 'Web Leads'"
            path = (*group.path, "cherry_picking")
            yield document.finding(path, message, at_key=True, expected=expected, severity="warning")


def back_into_line(document: Document) -> Iterator[Finding]:
    """Overflow and the end of neglect into a queue that a source takes from: the item is given out again at once."""
    taken = {
        (group.text("object"), name): group
        for group in groups(document)
        if group.enabled and (source := group.tree("source")) is not None
        for name in _owner_names(source)
    }
    for group in groups(document):
        for steps in (("neglect", "finally", "queue"), ("overflow", "to", "queue")):
            queue = group.text(*steps)
            taker = None if queue is None else taken.get((group.text("object"), queue.casefold()))
            if taker is not None:
                message = (
                    f"queue '{queue}' is where group '{taker.name}' takes its items from: what group '{group.name}'"
                    f" sends there by '{steps[0]}' is given out again"
                )
                expected = "a queue that no source names, or a user"
                yield document.finding((*group.path, *steps), message, expected=expected, severity="warning")


def _owner_names(source: Condition) -> Iterator[str]:
    for leaf in leaves(source):
        if isinstance(leaf, InQuery) or not isinstance(leaf.operand, Path) or leaf.operand.key != "owner.name":
            continue
        values = (leaf.value,) if isinstance(leaf, Comparison) else leaf.values
        if leaf.operator in (Comparator.EQ, SetOperator.IN):
            yield from (value.value.casefold() for value in values if isinstance(value, Text))


def headroom(document: Document) -> Iterator[Finding]:
    people = any(person.raw("threshold") is not None for person in whole(document).parts("people"))
    for group in groups(document):
        if group.raw("weight", "headroom") != "true":
            continue
        path = (*group.path, "weight", "headroom")
        if group.raw("threshold") is None and not people:
            message = f"'headroom' changes nothing in group '{group.name}': no member has a threshold"
            yield document.finding(path, message, at_key=True, expected="a 'threshold'", severity="warning")
        if group.text("method") != "weighted_round_robin":
            message = f"'headroom' changes nothing in group '{group.name}'"
            yield document.finding(
                path, message, at_key=True, expected="method: weighted_round_robin", severity="warning"
            )


def idle_settings(document: Document) -> Iterator[Finding]:
    for group in groups(document):
        method = group.text("method") or "round_robin"
        if group.raw("least_loaded") is not None and method != "least_loaded":
            message = f"'least_loaded' changes nothing in group '{group.name}' with method '{method}'"
            path = (*group.path, "least_loaded")
            yield document.finding(path, message, at_key=True, expected="method: least_loaded", severity="warning")
        if method == "round_robin":
            for entry in group.parts("members"):
                if len(entry.path) == 4 and entry.raw("weight") is not None:
                    message = f"'weight' changes nothing in group '{group.name}' with method 'round_robin'"
                    path = (*entry.path, "weight")
                    yield document.finding(
                        path, message, at_key=True, expected="method: weighted_round_robin", severity="warning"
                    )


def idle_pairs(document: Document) -> Iterator[Finding]:
    for group in groups(document):
        method = group.text("method") or "round_robin"
        if method in BY_MATCH:
            continue
        for pair in group.parts("match"):
            required = pair.raw("required") == "true"
            if required and pair.raw("weight") is None:
                continue
            path = (*pair.path, "weight") if required else pair.path
            what = "the 'weight' of a required pair" if required else "a pair that is not required"
            message = f"{what} is only shown in group '{group.name}': method '{method}' does not go by match"
            yield document.finding(
                path, message, at_key=required, expected="method: best_match or optimal", severity="warning"
            )


def idle_waits(document: Document) -> Iterator[Finding]:
    for group in groups(document):
        path, wait = (*group.path, "prefer_wait"), _span(group.text("prefer_wait"))
        if not wait:
            continue
        if not group.raw("prefer"):
            message = f"'prefer_wait' changes nothing in group '{group.name}': it prefers nobody"
            yield document.finding(path, message, at_key=True, expected="'prefer'", severity="warning")
        after = _span(group.text("overflow", "after"))
        if group.raw("prefer") and after is not None and after <= wait:
            message = f"items of group '{group.name}' that wait for whom they prefer overflow only after that wait"
            expected = f"less than the {group.text('overflow', 'after')} after which others overflow"
            yield document.finding(path, message, expected=expected, severity="warning")


def _span(text: str | None) -> dt.timedelta | None:
    """The duration; None where there is none or it is wrong, which was reported when it was typed."""
    try:
        return None if text is None else duration_or_zero(text)
    except PydanticCustomError:
        return None


def too_long(document: Document) -> Iterator[Finding]:
    """What the org cannot be asked as a whole: more comes from there, and is judged here."""
    asked = [((*group.path, key), group.tree(key)) for group in groups(document) for key in ("source", "members")]
    file = whole(document)
    asked += [(path, file.tree(*path)) for name in file.keys("objects") for path in [("objects", name, "active")]]
    for path, tree in asked:
        if tree is not None and (size := url_bytes(tree)) > CONDITION_BYTES:
            message = f"this condition takes {size:,} bytes of a URL; the org takes {MAX_URL_BYTES:,}, fields included"
            yield document.finding(path, message, expected=TOO_LONG_ADVICE, severity="warning")


def nothing_enabled(document: Document) -> Iterator[Finding]:
    found = groups(document)
    if found and not any(group.enabled for group in found):
        yield document.finding(
            ("groups",), "no group is enabled: nothing will be assigned", at_key=True, severity="warning"
        )


def _is_owner(field: str) -> bool:
    return field == "ownerid" or field.startswith("owner.")


_RULES: tuple[Callable[[Document], Iterator[Finding]], ...] = (
    unreachable,
    never_leaves,
    picked_unseen,
    back_into_line,
    headroom,
    performance,
    idle_settings,
    idle_pairs,
    idle_waits,
    too_long,
    nothing_enabled,
)
