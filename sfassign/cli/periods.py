"""Options that say how long: one reading and one limit for every command."""

from __future__ import annotations

import datetime as dt

from sfassign.core.durations import LONGEST, TOO_LONG, parse_duration
from sfassign.errors import WrongUsage


def period(option: str, text: str, such_as: str = "10m, 4h or 7d") -> dt.timedelta:
    """More than no time, at most ten years. Raises WrongUsage naming the option."""
    found = parse_duration(text)
    if not found:
        raise WrongUsage(f"{option}: '{text}' is no duration; write {such_as}")
    if found > LONGEST:
        raise WrongUsage(f"{option}: '{text}' is {TOO_LONG}")
    return found


def moment_ahead(option: str, text: str, now: dt.datetime) -> dt.datetime:
    """A moment after now, at most ten years ahead: a duration from now, or a time with its zone. Raises WrongUsage."""
    if parse_duration(text) is not None:
        return now + period(option, text, "30m, 4h or 2d")
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise WrongUsage(
            f"{option}: '{text}' is neither a duration such as 4h nor a time such as 2026-12-01T09:00Z"
        ) from None
    if moment.tzinfo is None:
        raise WrongUsage(f"{option}: '{text}' has no time zone; write 2026-12-01T09:00Z or 2026-12-01T09:00+01:00")
    if moment <= now:
        raise WrongUsage(f"{option}: {text} is past")
    if moment - now > LONGEST:
        raise WrongUsage(f"{option}: {text} is {TOO_LONG} from now")
    return moment
