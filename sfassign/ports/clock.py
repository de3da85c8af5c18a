"""Time, as the cycle sees it: this machine's, or a simulation's."""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    def now(self) -> dt.datetime:
        """This machine's (or the simulation's) time, aware UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds of this clock."""
        ...
