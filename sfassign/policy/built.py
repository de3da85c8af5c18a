"""What the schema knows and this version does not do yet. A later version only deletes rows here.

A key of this table is read, typed and checked like any other, and then refused, so that nobody relies on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sfassign.policy.document import Data, Document, Path
from sfassign.policy.findings import Finding
from sfassign.policy.spans import is_date
from sfassign.policy.wording import within


@dataclass(frozen=True, slots=True)
class NotBuilt:
    """`path` with `*` for any name or place in a list; `when` tells for which values (default: any)."""

    path: tuple[str, ...]
    name: str
    when: Callable[[Data], bool] = lambda _: True
    advice: str = "remove it"


def _is_optional(pair: Data) -> bool:
    return isinstance(pair, dict) and pair.get("required") != "true"


def _is_named_holiday(value: Data) -> bool:
    return isinstance(value, str) and not is_date(value)


NOT_BUILT: tuple[NotBuilt, ...] = (
    NotBuilt(("hours", "*", "business_hours"), "'business_hours'", advice="write the days out under 'days'"),
    NotBuilt(("hours", "*", "holidays"), "holidays by name", _is_named_holiday, "list their dates"),
    NotBuilt(("hours", "*", "holidays", "*"), "a holiday by name", _is_named_holiday, "write its date"),
    NotBuilt(("objects", "*", "score", "deadline"), "'deadline'"),
    NotBuilt(("objects", "*", "touched"), "'touched'"),
    NotBuilt(("objects", "*", "success"), "'success'"),
    NotBuilt(("objects", "*", "closed"), "'closed'"),
    NotBuilt(("groups", "*", "tiers"), "'tiers'"),
    NotBuilt(("groups", "*", "members", "queue"), "members by queue", advice="use a condition on User or a list"),
    NotBuilt(
        ("groups", "*", "members", "public_group"),
        "members by public group",
        advice="use a condition on User or a list",
    ),
    NotBuilt(("groups", "*", "available", "out_of_office"), "'out_of_office'", lambda value: value != "false"),
    NotBuilt(
        ("groups", "*", "match", "*"),
        "an optional pair (without 'required: true')",
        _is_optional,
        "add 'required: true' or remove it",
    ),
    NotBuilt(("groups", "*", "match", "*", "weight"), "'weight'"),
    NotBuilt(("groups", "*", "match", "*", "relax_after"), "'relax_after'"),
    NotBuilt(("groups", "*", "prefer"), "'prefer'"),
    NotBuilt(("groups", "*", "prefer_wait"), "'prefer_wait'"),
    NotBuilt(
        ("groups", "*", "method"), "method 'best_match'", lambda value: value == "best_match", "choose another method"
    ),
    NotBuilt(("groups", "*", "method"), "method 'optimal'", lambda value: value == "optimal", "choose another method"),
    NotBuilt(("groups", "*", "weight"), "'weight'"),
    NotBuilt(("groups", "*", "neglect"), "'neglect'"),
    NotBuilt(
        ("groups", "*", "cherry_picking"), "'cherry_picking'", lambda value: value != "off", "remove it, or write off"
    ),
    NotBuilt(("groups", "*", "notify"), "'notify'"),
)


def refusals(document: Document) -> Iterator[Finding]:
    """A finding for every key of the file that is not built yet."""
    for row in NOT_BUILT:
        for path, value in _at(document.data, row.path):
            if value is not None and row.when(value):
                message = f"{row.name}{within(path, document.data)} is not built yet in this version; {row.advice}"
                yield document.finding(path, message, at_key=isinstance(path[-1], str))


def is_built(*path: str) -> bool:
    """Whether a key does something whatever its value is; `path` has `*` for names."""
    return all(row.path != path for row in NOT_BUILT)


def _at(data: Data, pattern: tuple[str, ...], path: Path = ()) -> Iterator[tuple[Path, Data]]:
    if not pattern:
        yield path, data
        return
    step, rest = pattern[0], pattern[1:]
    if isinstance(data, dict):
        for key in list(data) if step == "*" else [step] if step in data else []:
            yield from _at(data[key], rest, (*path, key))
    elif isinstance(data, list) and step == "*":
        for at, entry in enumerate(data):
            yield from _at(entry, rest, (*path, at))
