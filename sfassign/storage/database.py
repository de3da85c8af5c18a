"""Opens SQLite or PostgreSQL and hands out transactions; every error of the database leaves as `DatabaseUnusable`.

Used by `store` and `views`. A password never gets into a text: URLs are shown masked, statements without parameters.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.schema import Table

from sfassign.errors import DatabaseUnusable

LOCK_WAIT_SECONDS = 30
"""How long a transaction waits for another process's transaction before it gives up."""

CONNECT_SECONDS = 10
WRITER_LOCK = 0x5FA551
"""Key of the advisory lock that makes PostgreSQL, like SQLite, run one writing transaction at a time: sums are then
moved by differences without two writers taking the same difference."""

_OUR_FAULTS = (IntegrityError, ProgrammingError, DataError)
_SECRET_OPTIONS = ("password", "sslpassword")

Insert = sqlite.Insert | postgresql.Insert


class Database:
    """One database, opened. `name` is its masked URL, for messages."""

    def __init__(self, url: str) -> None:
        self._url = _checked(url)
        self.name = _masked(self._url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            _make_private(self._url.database or "", self.name)
        self._engine = _sqlite_engine(self._url) if self.is_sqlite else _postgres_engine(self._url)
        self._readers = self._engine if self.is_sqlite else _repeatable(self._engine)
        self._writers = self._engine.execution_options(writes=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that sees one state of the database throughout."""
        with self._plainly(), self._readers.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, the only one that writes while it lasts."""
        with self._plainly(), self._writers.begin() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITER_LOCK})
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, PoolTimeoutError) as error:
            if isinstance(error, _OUR_FAULTS) and error.statement is not None:
                raise
            reason = _without_secrets(str(getattr(error, "orig", None) or error), self._url)
            raise DatabaseUnusable(f"{self.name}: {reason}") from None


def insert_into(connection: Connection, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *updated: str) -> None:
    """Insert rows; where the primary key exists, replace the `updated` columns (none named: all of the row's)."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    names = updated or tuple(name for name in rows[0] if name not in keys)
    statement = insert_into(connection, table)
    changes = {name: statement.excluded[name] for name in names}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes), rows)


def _checked(url: str) -> URL:
    """The URL, parsed. Raises DatabaseUnusable, without quoting it: who mistypes a URL mistypes it around a secret.

    Where a password holds an @ that is not written as %40, its end would pass for the host, and be shown.
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError):
        raise DatabaseUnusable(
            "SFASSIGN_DATABASE_URL is no database URL: expected sqlite:///FILE or postgresql+psycopg://…"
        ) from None
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise DatabaseUnusable("the database URL names no file: a journal in memory is gone with the process")
    if backend == "sqlite" and (parsed.query or parsed.host):
        raise DatabaseUnusable("SFASSIGN_DATABASE_URL: expected sqlite:///FILE, with three slashes and no options")
    if backend != "sqlite" and url.count("@") > 1:
        raise DatabaseUnusable(
            "SFASSIGN_DATABASE_URL: expected a single @, before the host; any other, as in a password, is written %40"
        )
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise DatabaseUnusable(f"{parsed.drivername}: expected sqlite:///FILE or postgresql+psycopg://…")
    return parsed


def _masked(url: URL) -> str:
    hidden = {key: "***" for key in _SECRET_OPTIONS if key in url.query}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def _without_secrets(message: str, url: URL) -> str:
    secrets = [url.password, *(url.query.get(key) for key in _SECRET_OPTIONS)]
    for secret in secrets:
        if isinstance(secret, str) and secret:
            message = message.replace(secret, "***")
    return " ".join(message.split())


def _make_private(path: str, name: str) -> None:
    """Create the file for its owner alone (records hold personal data), and find out early whether it can be."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseUnusable(f"{name}: {error.strerror} ({Path(path).absolute()})") from None


def _sqlite_engine(url: URL) -> Engine:
    """Autocommit in the driver, so that the transactions are ours: the driver begins none before a SELECT or DDL."""
    connect = {"isolation_level": None, "timeout": LOCK_WAIT_SECONDS}
    engine = create_engine(url, hide_parameters=True, connect_args=connect)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """WAL: commands read while the daemon writes. synchronous=FULL: in WAL mode the default of many builds (NORMAL)
    may lose the last commits on a power cut, and a journal entry must outlive it before the org hears of the write.
    """
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={LOCK_WAIT_SECONDS * 1000}")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-65536")
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        cursor.execute("PRAGMA journal_mode=WAL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the write lock at once: one that read first and writes later could find its reading outdated."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres_engine(url: URL) -> Engine:
    limits = f"-c lock_timeout={LOCK_WAIT_SECONDS}s -c timezone=UTC"
    connect = {"connect_timeout": CONNECT_SECONDS, "options": limits, "application_name": "sfassign"}
    try:
        return create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=connect)
    except ModuleNotFoundError:
        raise DatabaseUnusable("PostgreSQL needs its driver: pip install 'sfassign[postgres]'") from None


def _repeatable(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
