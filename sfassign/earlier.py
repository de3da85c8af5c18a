"""What earlier writes came to, as far as the writes of one cycle depend on it. Used by `deliver`.

Tries that came to nothing say when an item has its next one, and put it behind the others. A write without an answer
that had no effect when its record was read may still be carried out for as long as a request lives.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence

from sfassign.answers import Before
from sfassign.core.journal import Entry, landed_late
from sfassign.core.tries import REMEMBERED, Try, held_up_in_a_row
from sfassign.ports import Org, Row, Store


class Earlier:
    """Empty until `remember` looks into the journal."""

    def __init__(self, org: Org, store: Store) -> None:
        self._org, self._store = org, store
        self._tries: Mapping[str, Sequence[Try]] = {}
        self.lapsed: tuple[Entry, ...] = ()

    def remember(self, now: dt.datetime) -> None:
        self._tries = self._store.tries(now - REMEMBERED)
        self.lapsed = self._store.may_still_land(now)

    def of(self, item: str, family: str) -> Before:
        return Before(self._tries.get(item, ()), family)

    def held_up(self, item: str) -> bool:
        """Whether its last try was."""
        return held_up_in_a_row(self._tries.get(item, ())) > 0

    def carried_out_late(self, rows: Iterable[Row], entries: Collection[Entry]) -> list[tuple[Entry, Row]]:
        """Lapsed entries that these records show to have landed, unless it was one of `entries` that landed; each is
        told once. Raises an OrgError where the org has to say who we are."""
        seen = {(row.id, row.owner): row for row in rows}
        newer = {(entry.item, entry.owner) for entry in entries}
        places = {(one.item, one.owner): one for one in self.lapsed}
        pairs = [(one, seen[place]) for place, one in places.items() if place in seen and place not in newer]
        us = self._org.identify() if pairs else None
        late = [(one, row) for one, row in pairs if landed_late(one, row.owner, row.modified_by, us)]
        told = {one.id for one, _ in late}
        self.lapsed = tuple(one for one in self.lapsed if one.id not in told)
        return late
