"""The tables behind the local org: SQLite, one table per object, one connection, one lock.

Only this module and `soql` write SQL. Rows are mappings of field name to stored value (see `wire`).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from . import activities
from .schema import NUMBER_TYPES, Field, Schema, SObject
from .wire import Stored

INDEXED = frozenset(
    [
        "OwnerId",
        "CreatedDate",
        "ParentId",
        "AccountId",
        "ContactId",
        "WhoId",
        "WhatId",
        "LeadId",
        "CaseId",
        "OpportunityId",
        "GroupId",
        "UserOrGroupId",
        "UserId",
        "UsersId",
        "QueueId",
        "RelatedToId",
        "WorkItemId",
        "RelatedRecordId",
        "ServiceResourceId",
        "UserRoleId",
        "Username",
        "LoginTime",
    ]
)
SEARCHED = frozenset({("Account", "Name"), ("Contact", "Email"), ("Lead", "Email")})
"""Text that records are looked up by; an org has its names and e-mail fields indexed too."""
_FRONT = (
    "Id",
    "IsDeleted",
    "SystemModstamp",
    "OwnerId",
    "LastModifiedDate",
    "CreatedDate",
    "Status",
    "IsClosed",
    "IsConverted",
)


_TEMPLATE_LOCK = threading.Lock()


def quoted(name: str) -> str:
    return f'"{name}"'


class Storage:
    """`lock` is held for every statement; `transaction` nests (savepoints)."""

    def __init__(self, path: str, *, template: bool = True) -> None:
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.create_function("fold", 1, fold, deterministic=True)
        self.connection.create_function("chosen", 1, chosen, deterministic=True)
        self._depth = 0
        if self.tuples("SELECT 1 FROM sqlite_master LIMIT 1"):
            raise ValueError(f"{path} is not empty: a local org starts with a new file")
        if template:
            with _TEMPLATE_LOCK:
                _standard_tables().backup(self.connection)

    def create(self, thing: SObject) -> None:
        """Make the table and the indexes of an object, where they are not there yet."""
        table = quoted(thing.name)
        columns = [self._column(one) for one in _ordered(thing.fields.values())]
        with self.lock:
            self.connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(columns)})")
            for one in thing.fields.values():
                self._index(thing, one)

    def add_column(self, thing: SObject, field: Field) -> None:
        with self.lock:
            self.connection.execute(f"ALTER TABLE {quoted(thing.name)} ADD COLUMN {self._column(field)}")
            self._index(thing, field)

    def _column(self, field: Field) -> str:
        kind = "REAL" if field.type in NUMBER_TYPES - {"int"} else "INTEGER" if field.type in _INTEGERS else "TEXT"
        extra = " PRIMARY KEY" if field.type == "id" else " DEFAULT 0" if field.type == "boolean" else ""
        return f"{quoted(field.name)} {kind}{extra}"

    def _index(self, thing: SObject, field: Field) -> None:
        if (thing.name, field.name) in SEARCHED:
            self._index_text(thing, field)
        wanted = field.name in INDEXED or field.name == "SystemModstamp" or field.external_id
        if field.name == "LastModifiedDate":
            wanted = not thing.has("SystemModstamp")
        if wanted or (field.custom and field.type == "reference"):
            over = ", ".join(quoted(name) for name in (field.name, *_also_indexed(thing, field)))
            name = quoted(f"{thing.name}.{field.name}")
            self.connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {quoted(thing.name)} ({over})")

    def _index_text(self, thing: SObject, field: Field) -> None:
        """One for either way in which `query.conditions` compares without regard to capitals."""
        column = quoted(field.name)
        for kind, over in (("plain", f"{column} COLLATE NOCASE"), ("folded", f"fold({column})")):
            name = quoted(f"{thing.name}.{field.name} {kind}")
            self.connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {quoted(thing.name)} ({over})")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing; may be nested."""
        with self.lock:
            name = f"level{self._depth}"
            self.connection.execute(f"SAVEPOINT {name}")
            self._depth += 1
            try:
                yield
            except BaseException:
                self.connection.execute(f"ROLLBACK TO {name}")
                raise
            finally:
                self._depth -= 1
                self.connection.execute(f"RELEASE {name}")

    def insert(self, thing: SObject, row: Mapping[str, Stored]) -> None:
        self.insert_many(thing, tuple(row), (tuple(row.values()),))

    def insert_many(self, thing: SObject, names: Sequence[str], rows: Iterable[Sequence[Stored]]) -> None:
        columns = ", ".join(map(quoted, names))
        marks = ", ".join("?" * len(names))
        with self.transaction():
            self.connection.executemany(f"INSERT INTO {quoted(thing.name)} ({columns}) VALUES ({marks})", rows)  # noqa: S608

    def update(self, thing: SObject, record_id: str, changes: Mapping[str, Stored]) -> None:
        if not changes:
            return
        sets = ", ".join(f"{quoted(name)} = ?" for name in changes)
        with self.lock:
            self.connection.execute(
                f"UPDATE {quoted(thing.name)} SET {sets} WHERE Id = ?",  # noqa: S608
                (*changes.values(), record_id),
            )

    def remove(self, thing: SObject, record_id: str) -> None:
        with self.lock:
            self.connection.execute(f"DELETE FROM {quoted(thing.name)} WHERE Id = ?", (record_id,))  # noqa: S608

    def get(self, thing: SObject, record_id: str) -> dict[str, Any] | None:
        """One row with all its stored values, deleted ones too."""
        found = self.rows(f"SELECT * FROM {quoted(thing.name)} WHERE Id = ?", (record_id,))  # noqa: S608
        return found[0] if found else None

    def where(self, thing: SObject, **equal: Stored) -> list[dict[str, Any]]:
        """The rows in which all these fields have these values, in order of Id."""
        test = " AND ".join(f"{quoted(name)} IS ?" for name in equal) or "1"
        return self.rows(f"SELECT * FROM {quoted(thing.name)} WHERE {test} ORDER BY Id", tuple(equal.values()))  # noqa: S608

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        with self.lock:
            cursor = self.connection.execute(sql, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def tuples(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.lock:
            return self.connection.execute(sql, values).fetchall()

    def analyze(self) -> None:
        """Let SQLite learn how selective each index is."""
        with self.lock:
            self.connection.execute("PRAGMA analysis_limit = 1000")
            self.connection.execute("ANALYZE")

    def close(self) -> None:
        with self.lock:
            self.connection.close()


_INTEGERS = frozenset({"int", "boolean", "datetime"})


def fold(text: str | None) -> str | None:
    """Text as comparisons see it: without regard to capitals."""
    return None if text is None else text.lower()


def chosen(text: str | None) -> str | None:
    """A multi-select picklist's value as a set: in a fixed order, without regard to capitals."""
    return None if text is None else ";".join(sorted({part for part in text.lower().split(";") if part}))


def _ordered(fields: Iterable[Field]) -> list[Field]:
    """Fields in front that queries filter by: SQLite reads a row from the left. Compound fields have no column."""
    rank = {name: place for place, name in enumerate(_FRONT)}
    return sorted((one for one in fields if one.type != "address"), key=lambda one: rank.get(one.name, len(rank)))


def _also_indexed(thing: SObject, field: Field) -> tuple[str, ...]:
    """Pages are read in the order of stamp and Id; work is counted by owner and openness."""
    if field.name in {"SystemModstamp", "LastModifiedDate"}:
        return ("Id",)
    if field.name == "OwnerId":
        return tuple(name for name in ("IsConverted", "IsClosed", "IsDeleted") if thing.has(name))
    return ()


@lru_cache(maxsize=1)
def _standard_tables() -> sqlite3.Connection:
    """The tables of a fresh org, made once per process: copying them is a hundred times faster than making them."""
    made, schema = Storage(":memory:", template=False), Schema()
    for thing in schema.objects.values():
        if thing.name not in activities.OVER:
            made.create(thing)
    for name in activities.OVER:
        made.connection.execute(activities.view(schema, name))
    return made.connection
