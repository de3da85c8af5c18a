"""Durations as people write them, `90s`, `10m`, `4h`, `2d`: one reading for policy, environment and commands."""

from __future__ import annotations

import datetime as dt
import re

LONGEST = dt.timedelta(days=3650)
"""Ten years: what is longer was mistyped, and moments so far away are no dates any more."""

TOO_LONG = "longer than ten years; at most 3650d"

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"([0-9]{1,9})([smhd])")


def parse_duration(text: str) -> dt.timedelta | None:
    """The duration, None where the text is none. `0` alone is no time at all. It may be longer than `LONGEST`."""
    if text == "0":
        return dt.timedelta(0)
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    return dt.timedelta(**{_UNITS[found[2]]: int(found[1])})


def duration_text(duration: dt.timedelta) -> str:
    """The duration in its largest whole unit: `10m`, `90s`, `2d`, `0s`."""
    seconds = int(duration.total_seconds())
    if seconds == 0:
        return "0s"
    for letter, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"
