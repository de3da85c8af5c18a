"""Records that lock one another: the org locks a record's parent while it writes the record, and a second transaction
that wants the same parent for more than ten seconds gets UNABLE_TO_LOCK_ROW. Such records go into one call.

Source: Salesforce, record locking cheat sheet: an update of a Case locks its Account and parent Case, one of an
Opportunity or a Contact its Account. Used by whoever makes up calls (`deliver`, `children`) and `reading`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from sfassign.core.model import Record

T = TypeVar("T")

PARENT_FIELDS = ("AccountId", "ParentId")
"""The parent that counts comes first: cases of one account mostly share the account only."""


def family(record_id: str, values: Record) -> str:
    """What the record is locked with: its account, its parent, or itself, since others may have it as their parent."""
    parents = (values.get(name.lower()) for name in PARENT_FIELDS)
    return next((str(parent) for parent in parents if parent), record_id)


def together(things: Sequence[T], family_of: Callable[[T], str]) -> list[T]:
    """The same things, each with the rest of its family right behind it, otherwise in order."""
    families: defaultdict[str, list[T]] = defaultdict(list)
    for thing in things:
        families[family_of(thing)].append(thing)
    return [thing for members in families.values() for thing in members]
