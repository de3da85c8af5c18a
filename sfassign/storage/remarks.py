"""What turns out about an owner change after it was settled, kept with it in the journal."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, update

from sfassign.storage.columns import storable
from sfassign.storage.tables import JOURNAL


def remark(connection: Connection, messages: Mapping[int, str]) -> None:
    """By the number of the entry."""
    for entry, message in messages.items():
        connection.execute(update(JOURNAL).where(JOURNAL.c.id == entry).values(message=storable(message)))
