"""How figures are compared and written: whole millionths, so that sums are exact, and plain text without exponents.

The gates, rankers and explanations all count in millionths; the text is the same in every process.
"""

from __future__ import annotations

import datetime as dt
import math
from zoneinfo import ZoneInfo

from sfassign.core.model import WEIGHT_SCALE, FieldValue, Record
from sfassign.core.policy import FieldLimit, Limit


def millionths(value: float) -> int:
    """The figure in whole millionths."""
    return round(value * WEIGHT_SCALE)


def plain(value: float) -> str:
    """`3`, `0.5`, `1250000`: at most six decimals, none that say nothing."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def points_text(value: int) -> str:
    """The plain text of a figure in millionths."""
    whole, rest = divmod(value, WEIGHT_SCALE)
    return str(whole) if not rest else plain(value / WEIGHT_SCALE)


def points_words(value: int) -> str:
    """`1 point`, `2.5 points`: a figure in millionths with its unit."""
    return f"{points_text(value)} point{'' if value == WEIGHT_SCALE else 's'}"


def number(value: FieldValue) -> float | None:
    """The number in a field, None where it is empty or holds none (a text field may hold `15`)."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def limit_of(limit: Limit | None, values: Record) -> float | None:
    """The figure of a limit or weight for the user with these values; None where the policy or the field has none."""
    if isinstance(limit, FieldLimit):
        return number(values.get(limit.field.lower()))
    return limit


def clock_text(instant: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> str:
    """`09:12 Europe/London`, with the date in front where it is not today's."""
    local = instant.astimezone(zone)
    same_day = local.date() == now.astimezone(zone).date()
    return local.strftime("%H:%M" if same_day else "%Y-%m-%d %H:%M") + f" {zone.key}"
