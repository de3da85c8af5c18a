"""Working hours and periods on wall clocks, over both daylight-saving changes."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfassign.core.calendar import Calendar, end_of, instant_of, start_of, zone_of
from sfassign.core.policy import Hours, Period, Span
from tests.core.world import open_seconds

LONDON, BERLIN, NEW_YORK, LORD_HOWE = "Europe/London", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
HAVANA, SANTIAGO, KOLKATA = "America/Havana", "America/Santiago", "Asia/Kolkata"


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def span(text: str) -> Span:
    start, end = text.split("-")
    return Span(dt.time.fromisoformat(start), dt.time.fromisoformat(end) if end != "24:00" else dt.time())


def calendar(*spans: str, zone: str = LONDON, days: range = range(7), holidays: tuple[str, ...] = ()) -> Calendar:
    opens = {day: tuple(map(span, spans)) for day in days}
    return Calendar(Hours("office", zone, opens, frozenset(map(dt.date.fromisoformat, holidays))), "UTC")


@pytest.mark.parametrize(
    ("period", "instant", "zone", "starts"),
    [
        pytest.param("day", "2026-11-19 10:00", LONDON, "2026-11-19 00:00", id="a winter day in London"),
        pytest.param("day", "2026-07-01 22:59", LONDON, "2026-06-30 23:00", id="a summer day in London"),
        pytest.param("day", "2026-07-01 23:00", LONDON, "2026-07-01 23:00", id="the first instant of a summer day"),
        pytest.param("day", "2026-03-29 12:00", LONDON, "2026-03-29 00:00", id="the day of 23 hours"),
        pytest.param("day", "2026-10-25 23:30", LONDON, "2026-10-24 23:00", id="the day of 25 hours"),
        pytest.param("day", "2026-11-01 20:00", NEW_YORK, "2026-11-01 04:00", id="25 hours in New York"),
        pytest.param("day", "2026-03-08 12:00", HAVANA, "2026-03-08 05:00", id="a day whose midnight is missing"),
        pytest.param("day", "2026-11-01 05:30", HAVANA, "2026-11-01 04:00", id="a day with two midnights: the first"),
        pytest.param("day", "2026-04-05 03:30", SANTIAGO, "2026-04-04 03:00", id="the hour before midnight, repeated"),
        pytest.param("hour", "2026-11-19 10:59:59", LONDON, "2026-11-19 10:00", id="an hour"),
        pytest.param("hour", "2026-11-19 10:00", KOLKATA, "2026-11-19 09:30", id="an hour where offsets have halves"),
        pytest.param("hour", "2026-10-25 00:30", LONDON, "2026-10-25 00:00", id="the repeated hour, first pass"),
        pytest.param("hour", "2026-10-25 01:30", LONDON, "2026-10-25 01:00", id="the repeated hour, second pass"),
        pytest.param("hour", "2026-03-29 01:10", LONDON, "2026-03-29 01:00", id="the hour after the missing one"),
        pytest.param("hour", "2026-04-04 15:10", LORD_HOWE, "2026-04-04 14:00", id="half an hour repeated"),
        pytest.param("week", "2026-11-19 10:00", LONDON, "2026-11-16 00:00", id="the week from Monday"),
        pytest.param("week", "2026-10-25 12:00", LONDON, "2026-10-18 23:00", id="the week the clocks go back"),
        pytest.param("month", "2026-10-31 12:00", LONDON, "2026-09-30 23:00", id="a month begun in summer time"),
        pytest.param("month", "2026-03-31 22:59", LONDON, "2026-03-01 00:00", id="the month the clocks go forward"),
    ],
)
def test_periods_begin_where_the_wall_clock_says(period: str, instant: str, zone: str, starts: str) -> None:
    assert start_of(Period(period), utc(instant), zone_of(zone)) == utc(starts)


def test_a_time_that_the_clock_jumps_over_is_when_it_jumps_and_one_shown_twice_is_the_first() -> None:
    assert instant_of(dt.date(2026, 3, 29), dt.time(1, 30), zone_of(LONDON)) == utc("2026-03-29 01:00")
    assert instant_of(dt.date(2026, 10, 25), dt.time(1, 30), zone_of(LONDON)) == utc("2026-10-25 00:30")


def test_a_week_may_begin_on_sunday() -> None:
    assert start_of(Period.WEEK, utc("2026-11-19 10:00"), zone_of(LONDON), week_starts=6) == utc("2026-11-15 00:00")
    assert start_of(Period.WEEK, utc("2026-11-15 00:00"), zone_of(LONDON), week_starts=6) == utc("2026-11-15 00:00")


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        ("2026-11-19 08:59:59", False),
        ("2026-11-19 09:00:00", True),
        ("2026-11-19 12:29:59", True),
        ("2026-11-19 12:30:00", False),
        ("2026-11-19 13:30:00", True),
        ("2026-11-19 17:30:00", False),
        ("2026-07-01 08:00:00", True),
        ("2026-11-22 10:00:00", False),
        ("2026-12-25 10:00:00", False),
    ],
)
def test_the_office_is_open_from_the_start_of_a_span_until_before_its_end(instant: str, is_open: bool) -> None:
    office = calendar("09:00-12:30", "13:30-17:30", days=range(5), holidays=("2026-12-25",))
    assert office.is_open(utc(instant)) is is_open


def test_a_span_until_midnight_ends_with_the_day() -> None:
    late = calendar("20:00-24:00", days=range(5))
    assert late.is_open(utc("2026-11-20 23:59:59"))
    assert not late.is_open(utc("2026-11-21 00:00"))
    assert open_seconds(late, utc("2026-11-20 00:00"), utc("2026-11-22 00:00")) == 4 * 3600


def test_a_holiday_is_the_wall_clocks_day() -> None:
    office = calendar("00:00-24:00", zone=NEW_YORK, holidays=("2026-12-25",))
    assert office.holiday(utc("2026-12-25 04:59")) is None
    assert office.holiday(utc("2026-12-25 05:00")) is not None
    assert office.holiday(utc("2026-12-26 04:59")) is not None


@pytest.mark.parametrize(
    ("after", "opens"),
    [
        ("2026-11-19 10:00", "2026-11-19 10:00"),
        ("2026-11-19 12:30", "2026-11-19 13:30"),
        ("2026-11-20 17:30", "2026-11-23 09:00"),
        ("2026-12-24 17:30", "2026-12-28 09:00"),
        ("2026-03-27 18:00", "2026-03-30 08:00"),
    ],
)
def test_the_next_opening_skips_nights_weekends_and_holidays(after: str, opens: str) -> None:
    office = calendar("09:00-12:30", "13:30-17:30", days=range(5), holidays=("2026-12-25",))
    assert office.next_opening(utc(after)) == utc(opens)


def test_hours_without_a_span_never_open() -> None:
    assert calendar().next_opening(utc("2026-11-19 10:00")) is None


def test_an_opening_inside_the_missing_hour_is_when_the_clock_jumps() -> None:
    assert calendar("01:30-05:00").next_opening(utc("2026-03-29 00:00")) == utc("2026-03-29 01:00")


@pytest.mark.parametrize(
    ("spans", "start", "end", "hours"),
    [
        pytest.param(("09:00-17:00",), "2026-11-19 00:00", "2026-11-20 00:00", 8, id="a plain day"),
        pytest.param(("09:00-17:00",), "2026-11-19 10:00", "2026-11-19 11:30", 1.5, id="within a span"),
        pytest.param(("09:00-17:00",), "2026-11-19 12:00", "2026-11-19 12:00", 0, id="no time at all"),
        pytest.param(("00:00-24:00",), "2026-03-29 00:00", "2026-03-29 23:00", 23, id="the day of 23 hours"),
        pytest.param(("00:00-24:00",), "2026-10-24 23:00", "2026-10-26 00:00", 25, id="the day of 25 hours"),
        pytest.param(("01:00-02:00",), "2026-03-29 00:00", "2026-03-29 23:00", 0, id="the hour that is missing"),
        pytest.param(("01:00-02:00",), "2026-10-24 23:00", "2026-10-26 00:00", 2, id="the hour that comes twice"),
        pytest.param(("01:15-01:30",), "2026-10-24 23:00", "2026-10-26 00:00", 0.5, id="a quarter that comes twice"),
        pytest.param(("00:00-08:00",), "2026-10-24 23:00", "2026-10-26 00:00", 9, id="a night shift in autumn"),
    ],
)
def test_working_time_is_counted_in_real_seconds(spans: tuple[str, ...], start: str, end: str, hours: float) -> None:
    assert open_seconds(calendar(*spans), utc(start), utc(end)) == hours * 3600


instants = st.integers(0, 365 * 86_400_000).map(lambda ms: utc("2026-01-01") + dt.timedelta(milliseconds=ms))
zones = st.sampled_from([LONDON, BERLIN, NEW_YORK, LORD_HOWE, HAVANA, SANTIAGO, KOLKATA])


@given(instants, instants, instants, zones)
def test_working_time_adds_up(one: dt.datetime, two: dt.datetime, three: dt.datetime, zone: str) -> None:
    first, middle, last = sorted((one, two, three))
    office = calendar("00:30-02:30", "09:00-17:00", zone=zone, days=range(6))
    parts = open_seconds(office, first, middle) + open_seconds(office, middle, last)
    assert parts == pytest.approx(open_seconds(office, first, last), abs=1e-3)


@given(instants, zones)
def test_open_and_next_opening_agree(instant: dt.datetime, zone: str) -> None:
    office = calendar("00:30-02:30", "09:00-17:00", zone=zone, days=range(6))
    opens = office.next_opening(instant)
    assert opens is not None
    assert office.is_open(opens)
    assert (opens == instant) is office.is_open(instant)


@given(instants, zones, st.sampled_from(list(Period)))
def test_a_period_begins_no_later_than_now_and_is_its_own_start(
    instant: dt.datetime, zone: str, period: Period
) -> None:
    start = start_of(period, instant, zone_of(zone))
    assert start <= instant
    assert start_of(period, start, zone_of(zone)) == start


@given(instants, zones, st.sampled_from(list(Period)))
def test_a_period_ends_when_the_next_one_begins(instant: dt.datetime, zone: str, period: Period) -> None:
    start, end = start_of(period, instant, zone_of(zone)), end_of(period, instant, zone_of(zone))
    assert start <= instant < end
    assert start_of(period, end, zone_of(zone)) == end
    assert start_of(period, end - dt.timedelta(microseconds=1), zone_of(zone)) == start
