"""How a command that asks the org for nothing opens the daemon's memory; what every command says of an empty one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sfassign.bootstrap import SystemClock
from sfassign.cli.screen import complain
from sfassign.settings import Settings, read_settings
from sfassign.storage import SqlStore, Views, open_store


@contextlib.contextmanager
def memory() -> Iterator[tuple[SqlStore, Settings]]:
    settings = read_settings()
    store = open_store(settings.database_url.get_secret_value(), SystemClock())
    try:
        tell_if_new(store)
        yield store, settings
    finally:
        store.close()


@contextlib.contextmanager
def views() -> Iterator[tuple[Views, Settings]]:
    """The read-only views, closed afterwards."""
    with memory() as (store, settings):
        yield Views(store), settings


def tell_if_new(store: SqlStore) -> None:
    """A command with other settings than the daemon's works on a database of its own, where nobody looks."""
    if not store.is_new:
        return
    relative = store.name.startswith("sqlite:///") and not store.name.startswith("sqlite:////")
    where = f" (in {Path.cwd()})" if relative else ""
    complain(
        f"{store.name}{where} is a new database;"
        " a daemon that runs with another SFASSIGN_DATABASE_URL knows nothing of it"
    )
