"""Single values: what is taken, for what it stands, and what is refused."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from sfassign.core.durations import duration_text
from sfassign.core.policy import Span
from sfassign.policy import spans, values, written


@given(st.timedeltas(min_value=dt.timedelta(0), max_value=dt.timedelta(days=3650)))
def test_a_duration_is_written_so_that_it_reads_as_itself(length: dt.timedelta) -> None:
    whole = dt.timedelta(seconds=int(length.total_seconds()))
    assert values.duration_or_zero(duration_text(whole)) == whole


@given(st.integers(1, 999), st.sampled_from("smhd"))
def test_a_duration_is_its_number_of_units(number: int, unit: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    assert values.duration(f"{number}{unit}") == dt.timedelta(seconds=number * seconds)


@pytest.mark.parametrize("text", ["0", "0s", "5", "m", "1h30m", "-5m", "5M", "1.5h", "5 m", "99999d", "", " "])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        values.duration(text)


@st.composite
def working_days(draw: st.DrawFn) -> tuple[Span, ...]:
    """Spans of one day that do not overlap."""
    edges = sorted(draw(st.sets(st.integers(0, 24 * 60), min_size=2, max_size=8)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple(Span(_time(start), _time(end)) for start, end in pairs)


def _time(minutes: int) -> dt.time:
    return dt.time(minutes // 60 % 24, minutes % 60)


@given(working_days(), st.randoms())
def test_spans_read_as_themselves_in_any_order(day: tuple[Span, ...], random: Random) -> None:
    parts = written.spans_text(day).split(", ")
    random.shuffle(parts)
    assert spans.spans(",".join(parts)) == day


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09:00-24:00", (Span(dt.time(9), dt.time(0)),)),
        ("0:00-24:00", (Span(dt.time(0), dt.time(0)),)),
        ("13:00-14:00, 09:00-13:00", (Span(dt.time(9), dt.time(13)), Span(dt.time(13), dt.time(14)))),
    ],
)
def test_a_day_may_end_at_midnight_and_spans_may_touch(text: str, expected: tuple[Span, ...]) -> None:
    assert spans.spans(text) == expected


@pytest.mark.parametrize("text", ["9-17", "09:00", "22:00-06:00", "09:00-09:00", "09:60-10:00", "25:00-26:00", "a", ""])
def test_what_is_no_span_of_a_day_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        spans.spans(text)


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("mon", (0,)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("sun-thu", (6, 0, 1, 2, 3)),
        ("Sat - Sun", (5, 6)),
        ("wed-wed", (2,)),
    ],
)
def test_days_are_single_or_ranges_over_the_weekend_too(key: str, days: tuple[int, ...]) -> None:
    assert spans.days_of(key) == days


@pytest.mark.parametrize(
    ("text", "is_user"),
    [
        ("alice@acme.example", True),
        ("o'brien@acme.example.uat", True),
        ("UserRole.Name = 'SDR'", False),
        ("Email='a@b.c'", False),
        ("alice", False),
        ("a@b@c", False),
    ],
)
def test_a_username_is_told_from_a_condition(text: str, is_user: bool) -> None:
    assert values.is_username(text) is is_user


@pytest.mark.parametrize(("text", "number"), [("1.5", 1.5), ("-3", -3.0), ("1000000", 1e6), ("007", 7.0)])
def test_numbers_are_plain_decimals(text: str, number: float) -> None:
    assert values.number(text) == number


@pytest.mark.parametrize("text", ["1e9", "nan", "inf", "0x10", "1_000", "1,5", "٣", ".5", "1.", "9" * 30])
def test_other_notations_of_numbers_are_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        values.number(text)
