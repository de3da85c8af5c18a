"""Activity History and Open Activities: what was done, and what is still to do, about a record.

They are no objects of their own but views of tasks and events, seen only below the record they are about. A task is
history once it is closed, an event once it is over. Source: Object Reference, ActivityHistory and OpenActivity.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable

from .schema import Schema, SObject
from .wire import milliseconds

OVER = {"ActivityHistory": True, "OpenActivity": False}
"""The two, and whether their activities are over."""

_ACCOUNT = """COALESCE("AccountId", CASE substr("WhatId", 1, 3) WHEN '001' THEN "WhatId" END)"""
_OVER = '"EndDateTime" IS NOT NULL AND "EndDateTime" < org_now()'
_SPECIAL = {
    "Task": {"AccountId": _ACCOUNT, "IsTask": "1", "ActivitySubtype": '"TaskSubtype"'},
    "Event": {"AccountId": _ACCOUNT, "ActivitySubtype": "'Event'", "IsClosed": f"({_OVER})"},
}
_ENDED = {"Task": '"IsClosed" = 1', "Event": _OVER}
# Row numbers of the two tables must not meet.
_ROW = {"Task": "rowid", "Event": "-rowid"}


def register(connection: sqlite3.Connection, clock: Callable[[], dt.datetime]) -> None:
    """Give SQL the function `org_now()`, in milliseconds."""
    connection.create_function("org_now", 0, lambda: milliseconds(clock()))


def view(schema: Schema, name: str) -> str:
    """The statement that makes the view."""
    thing = schema.object(name)
    parts = [_part(thing, schema.object(source), over=OVER[name]) for source in ("Task", "Event")]
    return f'CREATE VIEW "{name}" AS {" UNION ALL ".join(parts)}'


def _part(thing: SObject, source: SObject, *, over: bool) -> str:
    special = _SPECIAL[source.name]
    columns = [f"{_ROW[source.name]} AS rowid"]
    for one in thing.fields.values():
        plain = f'"{one.name}"' if source.has(one.name) else "0" if one.type == "boolean" else "NULL"
        columns.append(f'{special.get(one.name, plain)} AS "{one.name}"')
    ended = f"({_ENDED[source.name]})"
    return f'SELECT {", ".join(columns)} FROM "{source.name}" WHERE {ended if over else f"NOT {ended}"}'  # noqa: S608
