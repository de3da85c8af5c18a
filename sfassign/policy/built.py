"""What the schema knows and this version does not do yet. A later version only deletes rows here.

A key of this table is read, typed and checked like any other, and then refused, so that nobody relies on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sfassign.policy.document import Data, Document, Path
from sfassign.policy.fields import MILESTONE
from sfassign.policy.findings import Finding
from sfassign.policy.wording import within


@dataclass(frozen=True, slots=True)
class NotBuilt:
    """`path` with `*` for any name or place in a list; `when` tells for which values (default: any)."""

    path: tuple[str, ...]
    name: str
    when: Callable[[Data], bool] = lambda _: True
    advice: str = "remove it"


def _is_milestone(value: Data) -> bool:
    return isinstance(value, str) and value.lower() == MILESTONE


NOT_BUILT: tuple[NotBuilt, ...] = (
    NotBuilt(
        ("objects", "*", "score", "deadline", "field"),
        "a deadline by milestone",
        _is_milestone,
        "name a date or date/time field of the object",
    ),
    NotBuilt(("objects", "*", "success"), "'success'"),
    NotBuilt(("objects", "*", "closed"), "'closed'"),
    NotBuilt(("groups", "*", "prefer"), "'prefer'"),
    NotBuilt(("groups", "*", "prefer_wait"), "'prefer_wait'"),
    NotBuilt(("groups", "*", "weight", "performance"), "'performance'"),
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
