"""When work arrives."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfassign.emulator.floor.arrivals import (
    BURSTS,
    PEAK_PER_MINUTE,
    SHARE_BY_HOUR,
    arrivals_of_hour,
    burst_of_day,
    rate_per_minute,
)

from .world import MONDAY

WEEKDAYS = [MONDAY + dt.timedelta(days=day) for day in range(70) if day % 7 < 5]
OBJECTS = sorted(PEAK_PER_MINUTE)


def hour_of(day: dt.date, hour: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), dt.UTC)


def expected(seed: int, name: str, hour: dt.datetime) -> float:
    return sum(rate_per_minute(seed, name, hour + dt.timedelta(minutes=minute)) for minute in range(60))


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("hour", range(24))
def test_arrivals_follow_the_curve_of_the_day(name: str, hour: int) -> None:
    hours = [hour_of(day, hour) for day in WEEKDAYS]
    wanted = sum(expected(7, name, one) for one in hours)
    came = sum(len(arrivals_of_hour(7, name, one)) for one in hours)
    assert abs(came - wanted) <= 4.5 * math.sqrt(wanted) + 1


def test_the_busiest_hour_brings_three_items_a_minute() -> None:
    assert max(SHARE_BY_HOUR) == 1.0
    assert sum(PEAK_PER_MINUTE.values()) == pytest.approx(3.0, abs=0.2)


@given(st.integers(0, 1000), st.sampled_from(OBJECTS), st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)))
@settings(max_examples=60)
def test_an_hour_has_its_arrivals_in_order_inside_it_and_always_the_same(seed: int, name: str, day: dt.date) -> None:
    hour = hour_of(day, 10)
    came = arrivals_of_hour(seed, name, hour)
    assert came == arrivals_of_hour(seed, name, hour)
    assert [one.at for one in came] == sorted(one.at for one in came)
    assert all(hour <= one.at < hour + dt.timedelta(hours=1) and one.at.microsecond == 0 for one in came)
    assert len({one.key for one in came}) == len(came)


@pytest.mark.parametrize("name", sorted(BURSTS))
def test_now_and_then_a_campaign_or_an_outage_brings_much_more_about_one_product(name: str) -> None:
    bursts = [burst for day in WEEKDAYS if (burst := burst_of_day(7, name, day))]
    assert 0.15 < len(bursts) / len(WEEKDAYS) < 0.65
    inside = [
        one
        for burst in bursts
        for hour in (burst.start.hour, burst.end.hour)
        for one in arrivals_of_hour(7, name, hour_of(burst.start.date(), hour))
        if one.burst
    ]
    minutes = sum((burst.end - burst.start) / dt.timedelta(minutes=1) for burst in bursts)
    assert len(inside) / minutes > 1.5 * PEAK_PER_MINUTE[name]


@pytest.mark.parametrize("name", OBJECTS)
def test_weekends_are_quiet(name: str) -> None:
    saturday = MONDAY + dt.timedelta(days=5)
    assert rate_per_minute(7, name, hour_of(saturday, 10)) < 0.2 * rate_per_minute(7, name, hour_of(MONDAY, 10))
    assert burst_of_day(7, name, saturday) is None
