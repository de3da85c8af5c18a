"""A made-up sales and service floor inside the local org: sixty people, their customers, their work, their days.

For demonstrations and trials: `org --people` and `demo` build one and let it run while a router assigns. The people
only ever see the org; they know nothing of who assigns.
"""

from __future__ import annotations

import datetime as dt
from importlib import resources

from sfassign.emulator.floor.chance import stream
from sfassign.emulator.floor.simulation import Floor, build_floor

__all__ = ["Floor", "build_floor", "floor_policy", "floor_start"]


def floor_policy() -> str:
    """The text of a policy file for this floor."""
    return resources.files(__package__).joinpath("policy.yaml").read_text(encoding="utf-8")


def floor_start(seed: int, base: dt.date) -> dt.datetime:
    """A moment at which most people are in: half past nine UTC or a little later, on the first weekday from `base`."""
    day = base + dt.timedelta(days=7 - base.weekday() if base.weekday() >= 5 else 0)
    minute = stream(seed, "start", day).randrange(20)
    return dt.datetime.combine(day, dt.time(9, 30 + minute), dt.UTC)
