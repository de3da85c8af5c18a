"""What the local org remembers of the requests it answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One answered request; `subrequests` are those of a composite or batch."""

    method: str
    path: str
    status: int
    user: str | None = None
    subrequests: tuple[LogEntry, ...] = ()
    origin: str = ""
