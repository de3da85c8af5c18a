"""How single values are written in a policy file: the way back from `values` and `spans`. Used by `showing` alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sfassign.core.policy import Caps, FieldLimit, Limit, Span


def spans_text(spans: Iterable[Span]) -> str:
    return ", ".join(f"{span.start:%H:%M}-{_end(span.end)}" for span in spans)


def _end(end: dt.time) -> str:
    return f"{end:%H:%M}" if end != dt.time(0) else "24:00"


def number_data(value: float) -> int | float:
    """Whole numbers without a point."""
    return int(value) if value == int(value) else value


def limit_data(limit: Limit | None) -> int | float | dict[str, str] | None:
    if isinstance(limit, FieldLimit):
        return {"field": limit.field}
    return None if limit is None else number_data(limit)


def caps_data(caps: Caps) -> dict[str, Any]:
    periods = {"hour": caps.hour, "day": caps.day, "week": caps.week, "month": caps.month}
    return {**without_none(periods), "rolling": caps.rolling}


def without_none(data: Mapping[str, Any]) -> dict[str, Any]:
    """Only the keys that say something."""
    return {key: value for key, value in data.items() if value is not None}
