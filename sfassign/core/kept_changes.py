"""The smallest change against a gate, from the figures that were kept with a decision: the gate's own sentence.

Only the first gate that failed was kept, and not what happened since, so moments that depend on later events are told
in words. Used by `counterfactual` for items that were given away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from sfassign.core.changes import absent_change, away_change, owner_change, quota_change, threshold_change
from sfassign.core.decision import Gate
from sfassign.core.figures import millionths

_FIGURE = r"(-?\d+(?:\.\d+)?)"
_CLOCK = r"((?:\d{4}-\d\d-\d\d )?\d\d:\d\d \S+)"
_MATCH = r"^.*? (is not all in|has nothing in|is above|is below) (\S+) .*$"


def kept_change(gate: Gate, detail: str) -> str:
    """What would have let them through, from what was kept; in the gate's own words where it says no figures."""
    told = _TOLD.get(gate)
    return (None if told is None else told(detail)) or f"this should not have held: {detail}"


def _disabled(detail: str) -> str:
    return "a weight above 0" if detail.startswith("weight") else "switched on in this group"


def _paused(detail: str) -> str:
    until = re.search(f" until {_CLOCK}$", detail)
    return f"from {until[1]}, or resumed before" if until else "resumed before"


def _off_hours(detail: str) -> str | None:
    opens = re.search(f", open next {_CLOCK}$", detail)
    return f"from {opens[1]}, when the working hours opened" if opens else None


def _mismatch(detail: str) -> str | None:
    found = re.fullmatch(_MATCH, detail)
    if found is None:
        return None
    item = detail[: found.start(1)].strip()
    asked = {
        "is not all in": "all of",
        "has nothing in": "one of",
        "is above": "at least",
        "is below": "at most",
    }[found[1]]
    return f"{asked} {item} in {found[2]}" if " in" in found[1] else f"{found[2]} of {asked} {item}"


def _quota_full(detail: str) -> str | None:
    found = re.fullmatch(rf"(\d+) of {_FIGURE} active (\S+)", detail)
    return quota_change(int(found[1]), float(found[2]), found[3]) if found else None


def _threshold_full(detail: str) -> str | None:
    found = re.fullmatch(f"load {_FIGURE} \\+ {_FIGURE} > threshold {_FIGURE}", detail)
    return threshold_change(*(millionths(float(figure)) for figure in found.groups())) if found else None


def _cap_reached(detail: str) -> str | None:
    found = re.match(r"(\d+) of (\d+) ", detail)
    if found is None:
        return None
    fewer = int(found[1]) - int(found[2]) + 1
    return f"{fewer} fewer in that window, or a cap of {int(found[1]) + 1}"


def _ramping(detail: str) -> str | None:
    found = re.match(r"(\d+) of (\d+) over all groups in the last (\S+)$", detail)
    return f"{int(found[1]) - int(found[2]) + 1} fewer in those {found[3]}" if found else None


def _refused(detail: str) -> str | None:
    found = re.search(f", tried again {_CLOCK}$", detail)
    return f"from {found[1]}, or an org that accepts them" if found else None


_TOLD: Mapping[Gate, Callable[[str], str | None]] = MappingProxyType(
    {
        Gate.DISABLED: _disabled,
        Gate.INACTIVE: lambda detail: "the login unfrozen" if "frozen" in detail else "an active user",
        Gate.PAUSED: _paused,
        Gate.PRESENCE_STALE: lambda _: "a fresh reading of presence",
        Gate.ABSENT: absent_change,
        Gate.HOLIDAY: lambda detail: f"another day than {detail.split(' ', 1)[0]}",
        Gate.OFF_HOURS: _off_hours,
        Gate.OUT_OF_OFFICE: away_change,
        Gate.MISMATCH: _mismatch,
        Gate.PREVIOUS_OWNER: lambda _: owner_change(),
        Gate.QUOTA_FULL: _quota_full,
        Gate.THRESHOLD_FULL: _threshold_full,
        Gate.CAP_REACHED: _cap_reached,
        Gate.RAMPING: _ramping,
        Gate.REFUSED: _refused,
    }
)
