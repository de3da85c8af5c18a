"""Business hours and holidays of the org, turned into working hours."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfassign.core.calendar import Calendar
from sfassign.core.hours import hours_troubles, with_org_hours
from sfassign.core.policy import Hours, Span
from sfassign.core.records import BusinessHoursRecord, DayTimes, HolidayRecord, OrgRecords
from sfassign.core.recurrence import days_of, rule_of
from tests.core.world import NOW, open_seconds, policy

YEAR = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
NINE, FIVE, MIDNIGHT = dt.time(9), dt.time(17), dt.time()
SUN, MON, TUE, WED, THU, FRI, SAT = (1 << day for day in range(7))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def holiday(recurs: str | None = None, starts: str = "2026-01-01", **said: Any) -> HolidayRecord:
    return HolidayRecord("Feast", None, recurs=recurs, starts=day(starts), **said)


def business_hours(*days: DayTimes, zone: str = "Europe/Berlin", **said: Any) -> BusinessHoursRecord:
    fields: dict[str, Any] = {"name": "Support", "is_active": True}
    return BusinessHoursRecord(timezone=zone, days=days or ((NINE, FIVE),) * 7, **(fields | said))


SERVICE = Hours("service", business_hours="support", holiday_names=("all",))


def resolved(records: OrgRecords, hours: Hours = SERVICE) -> Hours:
    return with_org_hours(policy(hours={hours.name: hours}), records, NOW).hours[hours.name]


def troubles(records: OrgRecords, hours: Hours = SERVICE) -> tuple[str, ...]:
    return hours_troubles(policy(hours={hours.name: hours}), records)


@pytest.mark.parametrize(
    ("record", "first", "count"),
    [
        pytest.param(HolidayRecord("x", day("2026-12-25")), ["2026-12-25"], 1, id="once"),
        pytest.param(holiday("RecursDaily", interval=100), ["2026-01-01", "2026-04-11", "2026-07-20"], 4, id="daily"),
        pytest.param(holiday("RecursEveryWeekday"), ["2026-01-01", "2026-01-02", "2026-01-05"], 261, id="weekdays"),
        pytest.param(
            holiday("RecursWeekly", interval=2, weekdays=FRI | SUN),
            ["2026-01-02", "2026-01-11", "2026-01-16"], 52, id="every second week, which begins on Sunday",
        ),
        pytest.param(
            holiday("RecursMonthly", interval=1, day_of_month=31), ["2026-01-31", "2026-03-31", "2026-05-31"], 7,
            id="the 31st, where there is one",
        ),
        pytest.param(
            holiday("RecursMonthlyNth", interval=3, weekdays=MON, instance="Last"),
            ["2026-01-26", "2026-04-27", "2026-07-27"], 4, id="the last Monday of every third month",
        ),
        pytest.param(
            holiday("RecursMonthlyNth", interval=1, weekdays=MON | TUE | WED | THU | FRI, instance="First"),
            ["2026-01-01", "2026-02-02", "2026-03-02"], 12, id="the first weekday of the month",
        ),
        pytest.param(
            holiday("RecursYearly", "2020-11-23", day_of_month=23, month="November"), ["2026-11-23"], 1, id="yearly"
        ),
        pytest.param(
            holiday("RecursYearlyNth", weekdays=THU, instance="Fourth", month="November"), ["2026-11-26"], 1,
            id="Thanksgiving",
        ),
        pytest.param(
            holiday("RecursDaily", ends=day("2026-01-03")), ["2026-01-01", "2026-01-02", "2026-01-03"], 3, id="ends"
        ),
        pytest.param(holiday("RecursDaily", "2026-12-30"), ["2026-12-30", "2026-12-31"], 2, id="begins"),
    ],
)  # fmt: skip
def test_a_holiday_falls_on_the_days_its_recurrence_says(record: HolidayRecord, first: list[str], count: int) -> None:
    days = sorted(days_of(record, *YEAR))
    assert [one.isoformat() for one in days[: len(first)]] == first
    assert len(days) == count


@pytest.mark.parametrize(
    "record",
    [
        HolidayRecord("no date", None),
        HolidayRecord("recurs from nowhere", None, recurs="RecursDaily"),
        holiday("RecursByTheMoon"),
        holiday(""),
        holiday("RecursDaily", interval=0),
        holiday("RecursWeekly", interval=1),
        holiday("RecursWeekly", weekdays=128),
        holiday("RecursMonthly", day_of_month=32),
        holiday("RecursMonthlyNth", weekdays=MON, instance="Fifth"),
        holiday("RecursYearly", day_of_month=1, month="Nivôse"),
        holiday("RecursYearly", day_of_month=1, month="May", interval=2),
        holiday("RecursYearlyNth", weekdays=MON, instance="First"),
    ],
    ids=lambda record: f"{record.name} {record.recurs}",
)
def test_what_cannot_be_interpreted_is_a_trouble_and_closes_nothing(record: HolidayRecord) -> None:
    assert rule_of(record) is None
    records = OrgRecords(business_hours=(business_hours(),), holidays=(record,))
    assert resolved(records).holidays == frozenset()
    assert [record.name in one and "cannot be interpreted" in one for one in troubles(records)] == [True]


def test_business_hours_take_their_zone_their_days_and_round_the_clock_as_the_org_says() -> None:
    closed, whole, half = (None, None), (MIDNIGHT, MIDNIGHT), (dt.time(12), MIDNIGHT)
    hours = resolved(OrgRecords((business_hours((NINE, FIVE), closed, whole, half, closed, closed, closed),), ()))
    assert hours.timezone == "Europe/Berlin"
    assert dict(hours.days) == {0: (Span(NINE, FIVE),), 2: (Span(MIDNIGHT, MIDNIGHT),), 3: (Span(*half),)}
    calendar = Calendar(hours, "UTC")
    wednesday = dt.datetime(2026, 11, 18, tzinfo=dt.UTC)
    assert open_seconds(calendar, wednesday, wednesday + dt.timedelta(days=1)) == 23 * 3600


@pytest.mark.parametrize(
    ("records", "unknown"),
    [
        (OrgRecords(), "the business hours 'support' were not read"),
        (OrgRecords(()), "the org has no business hours 'support'"),
        (OrgRecords((business_hours(), business_hours())), "the org has 2 business hours 'support'"),
        (OrgRecords((business_hours(is_active=False),)), "the business hours 'support' are inactive"),
        (
            OrgRecords((business_hours(zone="Mars/Base"),)),
            "the time zone 'Mars/Base' of the business hours 'support' is unknown",
        ),
        (
            OrgRecords((business_hours((NINE, None)),)),
            "the times of the business hours 'support' cannot be interpreted",
        ),
        (
            OrgRecords((business_hours((FIVE, NINE)),)),
            "the times of the business hours 'support' cannot be interpreted",
        ),
    ],
)
def test_hours_that_cannot_be_found_never_open(records: OrgRecords, unknown: str) -> None:
    hours = replace(SERVICE, holiday_names=())
    found = resolved(records, hours)
    assert (found.unknown, Calendar(found, "UTC").next_opening(NOW)) == (unknown, None)
    assert troubles(records, hours) == (f"hours 'service' never open: {unknown}",)


def test_a_holiday_is_taken_by_its_name_in_any_capitals_and_one_that_is_missing_is_told() -> None:
    feast, fast = HolidayRecord("Feast", day("2026-12-25")), HolidayRecord("Fast", day("2026-12-26"))
    records = OrgRecords((business_hours(),), (feast, fast, replace(feast, day=day("2027-12-25"))))
    named = replace(SERVICE, holiday_names=("FEAST", "Easter"), holidays=frozenset({day("2026-12-31")}))
    assert resolved(records, named).holidays == {day("2026-12-25"), day("2027-12-25"), day("2026-12-31")}
    assert troubles(records, named) == ("hours 'service': the org has no holiday 'Easter'",)
    assert len(resolved(records).holidays) == 3
    assert troubles(OrgRecords((business_hours(),))) == (
        "holidays of hours 'service' were not read: they close nothing",
    )


@pytest.mark.parametrize(
    ("minutes", "left"),
    [
        ((10 * 60, 11 * 60), 7),
        ((0, 12 * 60), 5),
        ((12 * 60, 24 * 60), 3),
        ((0, 24 * 60), 0),
        ((18 * 60, 20 * 60), 8),
    ],
)
def test_a_timed_holiday_closes_only_its_hours(minutes: tuple[int, int], left: int) -> None:
    records = OrgRecords((business_hours(),), (HolidayRecord("Stock taking", NOW.date(), minutes),))
    calendar = Calendar(resolved(records), "UTC")
    start = dt.datetime(2026, 11, 18, 23, tzinfo=dt.UTC)
    assert open_seconds(calendar, start, start + dt.timedelta(days=1)) == left * 3600


@given(st.integers(0, 1439), st.integers(1, 1440), st.integers(0, 95))
def test_closed_and_open_time_share_the_working_day(start: int, length: int, quarter: int) -> None:
    minutes = start, min(start + length, 1440)
    records = OrgRecords((business_hours(zone="UTC"),), (HolidayRecord("x", NOW.date(), minutes),))
    calendar = Calendar(resolved(records), "UTC")
    instant = dt.datetime(2026, 11, 19, tzinfo=dt.UTC) + dt.timedelta(minutes=15 * quarter)
    minute = 15 * quarter
    assert (calendar.holiday(instant) is not None) is (minutes[0] <= minute < minutes[1])
    assert calendar.is_open(instant) is (9 * 60 <= minute < 17 * 60 and not minutes[0] <= minute < minutes[1])


@pytest.mark.parametrize("minutes", [(None, 600), (600, None), (600, 600), (700, 600), (0, 1441)])
def test_times_of_a_holiday_that_make_no_sense_are_told(minutes: tuple[int | None, int | None]) -> None:
    records = OrgRecords((business_hours(),), (HolidayRecord("Odd", NOW.date(), minutes),))
    assert troubles(records) == ("holiday 'Odd' closes nothing: its times cannot be interpreted",)
    assert resolved(records).closures == {}


def test_hours_written_in_the_policy_stay_as_they_are() -> None:
    under = policy(hours={"office": Hours("office", days={0: (Span(NINE, FIVE),)})})
    assert with_org_hours(under, OrgRecords(), NOW) is under
