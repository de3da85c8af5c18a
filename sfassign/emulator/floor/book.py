"""What lies on whose desk: the active items by owner, kept from the org's own after-write hook.

The hook runs in whatever thread wrote (a router's request too), so changes only queue up there; the simulation takes
them in at its own moments, in order.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sfassign.emulator.state import Change

LOST_LEAD = "Closed - Not Converted"
DONE_FLAGS = {"Lead": "IsConverted", "Case": "IsClosed", "Opportunity": "IsClosed"}


@dataclass(slots=True)
class Item:
    """One active item as its owner sees it. `ready_at`: when there is next something to do; None: not yet noticed.

    `modified_at` is its last stamp in the org; `acts` how often the present owner has worked on it.
    """

    object: str
    id: str
    owner: str
    modified_at: dt.datetime
    ready_at: dt.datetime | None = None
    acts: int = 0


class Book:
    """Active items by owner Id, in the order in which each owner got them."""

    def __init__(self) -> None:
        self._news: deque[tuple[str, str, Mapping[str, object] | None]] = deque()
        self._items: dict[str, Item] = {}
        self._by_owner: dict[str, dict[str, Item]] = {}

    def hear(self, change: Change) -> None:
        """The org's after-write hook."""
        if change.object in DONE_FLAGS:
            self._news.append((change.object, change.id, change.after))

    def read(self, sobject: str, record: Mapping[str, object]) -> None:
        """Take in a record that was there before the hook was."""
        self._news.append((sobject, str(record["Id"]), record))

    def take_in(self) -> list[Item]:
        """Everything heard since the last time; returns the items that have a new owner."""
        moved: dict[str, Item] = {}
        while self._news:
            sobject, record_id, record = self._news.popleft()
            if record is None or not is_active(sobject, record):
                self._drop(record_id)
                moved.pop(record_id, None)
            elif self._keep(sobject, record_id, record):
                moved[record_id] = self._items[record_id]
        return list(moved.values())

    def of(self, owner: str) -> tuple[Item, ...]:
        return tuple(self._by_owner.get(owner, {}).values())

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def holds(self, item: Item) -> bool:
        """Still active, and still with the same owner?"""
        return self._items.get(item.id) is item

    def _keep(self, sobject: str, record_id: str, record: Mapping[str, object]) -> bool:
        owner, modified = str(record["OwnerId"]), dt.datetime.fromisoformat(str(record["SystemModstamp"]))
        known = self._items.get(record_id)
        if known and known.owner == owner:
            known.modified_at = modified
            return False
        self._drop(record_id)
        self._items[record_id] = item = Item(sobject, record_id, owner, modified)
        self._by_owner.setdefault(owner, {})[record_id] = item
        return True

    def _drop(self, record_id: str) -> None:
        known = self._items.pop(record_id, None)
        if known:
            del self._by_owner[known.owner][record_id]


def is_active(sobject: str, record: Mapping[str, object]) -> bool:
    return not record[DONE_FLAGS[sobject]] and record.get("Status") != LOST_LEAD
