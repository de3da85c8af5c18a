"""Working hours as written: days and day ranges, spans of the day, holidays, time zones, the start of the week."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import zoneinfo
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from sfassign.core.policy import Span
from sfassign.policy.findings import nearest
from sfassign.policy.values import text_of
from sfassign.policy.wrong import not_among, shown, spoken, wrong

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = tuple(day[:3] for day in WEEKDAYS)
SPANS = 'spans such as "09:00-12:30, 13:30-17:30"'
_SPAN = re.compile(r"\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?", re.ASCII)
_DAY_MINUTES = 24 * 60


@cache
def zone_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def zone(value: Any) -> str:
    found = text_of(value, "a time zone")
    if found not in zone_names():
        expected = "a name of the IANA time zone database such as Europe/London"
        raise wrong(f"unknown time zone '{shown(found)}'", expected, nearest(found, zone_names()))
    return found


def weekday(value: Any) -> int:
    found = text_of(value, "a day of the week").lower()
    if found not in WEEKDAYS:
        raise not_among(found, WEEKDAYS, "day of the week")
    return WEEKDAYS.index(found)


def days_of(key: Any) -> tuple[int, ...]:
    """The days (Monday 0) of `wed` or `mon-fri`; a range may run over the weekend (`sun-thu`)."""
    ends = [part.strip() for part in str(key).lower().split("-")]
    if len(ends) > 2 or any(end not in DAYS for end in ends):
        close = nearest(ends[0][:3], DAYS) if len(ends) == 1 else None
        raise wrong(
            f"unknown day '{shown(str(key))}'",
            "mon | tue | wed | thu | fri | sat | sun, or a range such as mon-fri",
            close,
        )
    first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
    return tuple(day % 7 for day in range(first, last + 1 if last >= first else last + 8))


def spans(value: Any) -> tuple[Span, ...]:
    """The spans of one day, in order of time."""
    found = text_of(value, SPANS)
    minutes = sorted(_span(part, offset) for part, offset in _parts(found))
    for before, after in itertools.pairwise(minutes):
        if after[0] < before[1]:
            raise wrong(f"the spans {_clock(before)} and {_clock(after)} overlap", "spans that follow each other")
    return tuple(Span(_time(start), _time(end)) for start, end in minutes)


def _parts(found: str) -> list[tuple[str, int]]:
    parts, offset = [], 0
    for part in found.split(","):
        parts.append((part, offset + len(part) - len(part.lstrip())))
        offset += len(part) + 1
    return parts


def _span(part: str, offset: int) -> tuple[int, int]:
    """Start and end in minutes of the day."""
    match = _SPAN.fullmatch(part)
    if not match:
        raise wrong(f"'{shown(part)}' is not a span of time", SPANS, offset=offset)
    start, end = (int(match[at]) * 60 + int(match[at + 1]) for at in (1, 3))
    if int(match[2]) > 59 or int(match[4]) > 59 or start >= _DAY_MINUTES or end > _DAY_MINUTES:
        raise wrong(f"'{shown(part)}' is no time of day", "times from 00:00 to 24:00", offset=offset)
    if end <= start:
        advice = "an end after its start; a night is two spans: up to 24:00, and from 00:00 on the next day"
        raise wrong(f"the span '{shown(part)}' ends before it starts", advice, offset=offset)
    return start, end


def _time(minutes: int) -> dt.time:
    return dt.time(minutes // 60 % 24, minutes % 60)


def _clock(span: tuple[int, int]) -> str:
    return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in span)


def is_date(text: str) -> bool:
    """Whether a holiday is meant as a date and not as the name of one."""
    return _DATE.fullmatch(text) is not None


def holiday(value: Any) -> dt.date | str:
    """A date, or the name of a Holiday record of the org."""
    found = text_of(value, "a date such as 2026-12-25, or the name of a holiday of the org")
    if not is_date(found):
        return found
    try:
        return dt.date.fromisoformat(found)
    except ValueError:
        raise wrong(f"'{found}' is no date", "a date such as 2026-12-25") from None


def holidays(value: Any) -> list[Any]:
    """A list, or one text alone (`all`)."""
    if isinstance(value, dict) or value is None:
        raise wrong(f"{spoken(value)} cannot stand here", "a list of dates or holiday names, or all")
    return value if isinstance(value, list) else [value]


Zone = Annotated[str, PlainValidator(zone), WithJsonSchema({"type": "string"})]
Weekday = Annotated[int, PlainValidator(weekday), WithJsonSchema({"type": "string", "enum": list(WEEKDAYS)})]
Spans = Annotated[tuple[Span, ...], PlainValidator(spans), WithJsonSchema({"type": "string"})]
Days = Annotated[tuple[int, ...], PlainValidator(days_of), WithJsonSchema({"type": "string"})]
Holiday = Annotated[dt.date | str, PlainValidator(holiday), WithJsonSchema({"type": "string"})]
Holidays = Annotated[
    list[Holiday],
    BeforeValidator(holidays),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
