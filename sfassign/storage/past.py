"""The journal as people act on it by hand: which group gave an item last, which decisions to take back.

Asked by `reassign` and `undo`. Like `views` it only reads; each method is one transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from sfassign.core.journal import BACK, UNDO, Entry, State
from sfassign.storage.columns import chunks
from sfassign.storage.journaling import entry_of, last_entries
from sfassign.storage.store import SqlStore
from sfassign.storage.tables import JOURNAL, USER

_CONFIRMED = (JOURNAL.c.state == State.CONFIRMED.value, JOURNAL.c.dry_run.is_(False))
_DONE = (*_CONFIRMED, JOURNAL.c.method != UNDO)


@dataclass(frozen=True, slots=True)
class Gift:
    """The last time an item was given away: in which group, and since when it aged (None: that is over)."""

    group: str
    aging_since: dt.datetime | None


class Past:
    """What was decided. Every method may raise DatabaseUnusable."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def last_gifts(self, items: Iterable[str]) -> dict[str, Gift]:
        """By item, of those that we ever gave away; giving back does not count."""
        with self._store.reading() as connection:
            rows = last_entries(connection, items, *_CONFIRMED, JOURNAL.c.method.not_in(sorted(BACK)))
        return {item: Gift(row.group_name, None if row.aging_over else row.aging_since) for item, row in rows.items()}

    def decisions(self, numbers: Iterable[int]) -> dict[int, Entry]:
        """Any entries, by their numbers."""
        found: dict[int, Entry] = {}
        with self._store.reading() as connection:
            for some in chunks(numbers):
                rows = connection.execute(select(JOURNAL).where(JOURNAL.c.id.in_(some)))
                found.update((row.id, entry_of(row)) for row in rows)
        return found

    def decided_since(self, moment: dt.datetime, most: int) -> tuple[Entry, ...]:
        """Owner changes that landed, decided at that moment or later, newest first; undos aside."""
        return self._newest((JOURNAL.c.decided_at >= moment,), most)

    def decided_by(self, policy_hash: str, most: int) -> tuple[Entry, ...]:
        """Owner changes that landed, decided by this policy, newest first; undos aside."""
        return self._newest((JOURNAL.c.policy_hash == policy_hash,), most)

    def changes_of(self, items: Iterable[str]) -> dict[str, tuple[Entry, ...]]:
        """By item every owner change that landed, oldest first."""
        found: dict[str, list[Entry]] = {}
        with self._store.reading() as connection:
            for ids in chunks(items):
                ours = select(JOURNAL).where(JOURNAL.c.item.in_(ids), *_CONFIRMED).order_by(JOURNAL.c.id)
                for row in connection.execute(ours):
                    found.setdefault(row.item, []).append(entry_of(row))
        return {item: tuple(entries) for item, entries in found.items()}

    def policies(self, beginning: str) -> tuple[str, ...]:
        """The hashes of policies that decided something and begin like this (letters and digits alone)."""
        like = select(JOURNAL.c.policy_hash).where(JOURNAL.c.policy_hash.like(f"{beginning}%")).distinct()
        with self._store.reading() as connection:
            return tuple(sorted(connection.execute(like).scalars()))

    def usernames(self) -> tuple[str, ...]:
        """Of everybody who may be a member."""
        with self._store.reading() as connection:
            return tuple(connection.execute(select(USER.c.username)).scalars())

    def _newest(self, where: Sequence[ColumnElement[bool]], most: int) -> tuple[Entry, ...]:
        newest = select(JOURNAL).where(*where, *_DONE).order_by(JOURNAL.c.id.desc()).limit(most)
        with self._store.reading() as connection:
            return tuple(entry_of(row) for row in connection.execute(newest))
