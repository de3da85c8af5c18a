"""Whom waiting items prefer, as looked up. Kept with the item in the line, so it is forgotten when the item leaves it.

Carries out `Store.keep_preferred` and `last_users`; `snapshots` reads what is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection, bindparam, update

from sfassign.core.journal import State
from sfassign.core.model import Preferred
from sfassign.storage.columns import dump
from sfassign.storage.journaling import last_entries
from sfassign.storage.tables import JOURNAL, LINE

NOTHING: Mapping[str, Preferred] = MappingProxyType({})


def keep(connection: Connection, found: Mapping[str, Mapping[str, Preferred]]) -> None:
    rows = [
        {"item": item, "found": dump({kind: [one.about, one.user] for kind, one in kinds.items()})}
        for item, kinds in found.items()
    ]
    if rows:
        connection.execute(
            update(LINE).where(LINE.c.id == bindparam("item")).values(preferred_json=bindparam("found")), rows
        )


def read(text: str | None) -> Mapping[str, Preferred]:
    return NOTHING if text is None else {kind: Preferred(*one) for kind, one in json.loads(text).items()}


def last_users(connection: Connection, items: Iterable[str]) -> dict[str, str]:
    """The last user each was given to, also where it was sent on to a queue since."""
    given = JOURNAL.c.state == State.CONFIRMED.value, JOURNAL.c.owner_username.is_not(None)
    return {item: row.owner for item, row in last_entries(connection, items, *given).items()}
