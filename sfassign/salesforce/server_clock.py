"""The org's clock, as far as its answers prove it. Asked by every read for `at`, fed by every exchange.

The `Date` header D of an answer is the org's time cut to whole seconds at some moment t between our sending s and
our receiving r. So its clock showed at least D at t, and at most one second more:

    D - r  ≤  org - ours at t  <  D + 1 s - s

Every exchange thus bounds the difference from below (D - r) and from above (D + 1 s - s). The greatest lower bound of
the last exchanges is the sharpest that is still safe: `s + bound` is never later than what the org's clock showed at
s, so that a watermark taken from it skips nothing. Clocks drift and get set: only the last exchanges count, and when
the newest one contradicts an older one (its upper bound lies below that one's lower bound), the older ones go.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import threading
from collections import deque

KEPT_EXCHANGES = 32
"""A few minutes of polling: enough to find a quick answer among them, short enough for drift not to matter."""

_SECOND = dt.timedelta(seconds=1)


class ServerClock:
    """The safe lower bound of the difference between the org's clock and ours. May be fed from several threads."""

    def __init__(self) -> None:
        self._lower_bounds: deque[dt.timedelta] = deque(maxlen=KEPT_EXCHANGES)
        self._lock = threading.Lock()

    def saw(self, sent: dt.datetime, received: dt.datetime, date_header: str | None) -> None:
        """Learn from one exchange: our aware times around it, and the answer's `Date` (ignored where unreadable)."""
        date = _http_date(date_header)
        if date is None:
            return
        lower, upper = date - received, date + _SECOND - sent
        with self._lock:
            if any(older > upper for older in self._lower_bounds):
                self._lower_bounds.clear()
            self._lower_bounds.append(lower)

    def at(self, ours: dt.datetime) -> dt.datetime | None:
        """The org's time when our clock showed `ours`, never later than it truly was; None before any `Date`."""
        with self._lock:
            return ours + max(self._lower_bounds) if self._lower_bounds else None


def _http_date(header: str | None) -> dt.datetime | None:
    """The moment as aware UTC; None for what cannot be read, and for the last year of the calendar, from which nothing
    can be counted on."""
    if not header:
        return None
    try:
        date = email.utils.parsedate_to_datetime(header)
        utc = date.astimezone(dt.UTC) if date.tzinfo else date.replace(tzinfo=dt.UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return utc if utc.year < dt.MAXYEAR else None
