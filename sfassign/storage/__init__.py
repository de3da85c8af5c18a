"""The daemon's memory in SQLite or PostgreSQL: `open_store` for the cycle, `Views` for the commands' screens."""

from sfassign.storage.explaining import Explanation
from sfassign.storage.hands import Hands
from sfassign.storage.past import Gift, Past
from sfassign.storage.reporting import JournalSums, Outcomes
from sfassign.storage.requests import Request
from sfassign.storage.shown import HistoryRow, MemberShown, WaitingItem
from sfassign.storage.store import SqlStore, open_store
from sfassign.storage.views import Views

__all__ = [
    "Explanation",
    "Gift",
    "Hands",
    "HistoryRow",
    "JournalSums",
    "MemberShown",
    "Outcomes",
    "Past",
    "Request",
    "SqlStore",
    "Views",
    "WaitingItem",
    "open_store",
]
