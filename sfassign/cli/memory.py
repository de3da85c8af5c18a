"""How a command that asks the org for nothing opens the daemon's memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sfassign.bootstrap import SystemClock
from sfassign.settings import Settings, read_settings
from sfassign.storage import SqlStore, Views, open_store


@contextlib.contextmanager
def memory() -> Iterator[tuple[SqlStore, Settings]]:
    settings = read_settings()
    store = open_store(settings.database_url.get_secret_value(), SystemClock())
    try:
        yield store, settings
    finally:
        store.close()


@contextlib.contextmanager
def views() -> Iterator[tuple[Views, Settings]]:
    """The read-only views, closed afterwards."""
    with memory() as (store, settings):
        yield Views(store), settings
