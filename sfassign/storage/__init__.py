"""The daemon's memory in SQLite or PostgreSQL: `open_store` for the cycle, `Views` for the commands' screens."""

from sfassign.storage.requests import Request
from sfassign.storage.store import SqlStore, holder_text, open_store

__all__ = ["Request", "SqlStore", "holder_text", "open_store"]
