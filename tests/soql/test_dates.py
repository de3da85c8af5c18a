"""Date literals are the ranges of the reference, in the user's zone, over clock changes and the edges of units."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfassign.soql import compile_condition, date_range, has_date_literal, parse_condition, resolve_dates
from sfassign.soql.tree import Comparison, DateLiteral, Path

NOW = dt.datetime(2026, 11, 22, 9, 30, 15, 250_000, tzinfo=dt.UTC)  # a Sunday
BERLIN = ZoneInfo("Europe/Berlin")


def literal(text: str) -> DateLiteral:
    condition = parse_condition(f"A = {text}")
    assert isinstance(condition, Comparison)
    assert isinstance(condition.value, DateLiteral)
    return condition.value


def days(text: str, now: dt.datetime = NOW, zone: dt.tzinfo = dt.UTC, **calendar: int) -> tuple[str, str]:
    start, end = date_range(literal(text), now, zone, **calendar)
    assert (start.timetz().replace(tzinfo=None), end.time()) == (dt.time(), dt.time())
    return start.date().isoformat(), end.date().isoformat()


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("YESTERDAY", "2026-11-21", "2026-11-22"),
        ("TODAY", "2026-11-22", "2026-11-23"),
        ("TOMORROW", "2026-11-23", "2026-11-24"),
        ("LAST_WEEK", "2026-11-15", "2026-11-22"),
        ("THIS_WEEK", "2026-11-22", "2026-11-29"),
        ("NEXT_WEEK", "2026-11-29", "2026-12-06"),
        ("LAST_MONTH", "2026-10-01", "2026-11-01"),
        ("THIS_MONTH", "2026-11-01", "2026-12-01"),
        ("NEXT_MONTH", "2026-12-01", "2027-01-01"),
        ("NEXT_90_DAYS", "2026-11-23", "2027-02-21"),
        ("LAST_QUARTER", "2026-07-01", "2026-10-01"),
        ("THIS_QUARTER", "2026-10-01", "2027-01-01"),
        ("NEXT_QUARTER", "2027-01-01", "2027-04-01"),
        ("LAST_YEAR", "2025-01-01", "2026-01-01"),
        ("THIS_YEAR", "2026-01-01", "2027-01-01"),
        ("NEXT_YEAR", "2027-01-01", "2028-01-01"),
        ("NEXT_N_DAYS:3", "2026-11-23", "2026-11-26"),
        ("N_DAYS_AGO:3", "2026-11-19", "2026-11-20"),
        ("N_DAYS_AGO:0", "2026-11-22", "2026-11-23"),
        ("LAST_N_WEEKS:2", "2026-11-08", "2026-11-22"),
        ("NEXT_N_WEEKS:2", "2026-11-29", "2026-12-13"),
        ("N_WEEKS_AGO:2", "2026-11-08", "2026-11-15"),
        ("LAST_N_MONTHS:12", "2025-11-01", "2026-11-01"),
        ("NEXT_N_MONTHS:3", "2026-12-01", "2027-03-01"),
        ("N_MONTHS_AGO:11", "2025-12-01", "2026-01-01"),
        ("LAST_N_QUARTERS:4", "2025-10-01", "2026-10-01"),
        ("NEXT_N_QUARTERS:1", "2027-01-01", "2027-04-01"),
        ("N_QUARTERS_AGO:4", "2025-10-01", "2026-01-01"),
        ("LAST_N_YEARS:2", "2024-01-01", "2026-01-01"),
        ("NEXT_N_YEARS:2", "2027-01-01", "2029-01-01"),
        ("N_YEARS_AGO:1", "2025-01-01", "2026-01-01"),
        ("THIS_FISCAL_YEAR", "2026-01-01", "2027-01-01"),
        ("LAST_N_YEARS:100000", "1700-01-01", "2026-01-01"),
        ("NEXT_N_DAYS:99999999", "2026-11-23", "4001-01-01"),
    ],
)
def test_literal_covers_its_days(text: str, first: str, end: str) -> None:
    assert days(text) == (first, end)


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("THIS_FISCAL_QUARTER", "2026-11-01", "2027-02-01"),
        ("LAST_FISCAL_QUARTER", "2026-08-01", "2026-11-01"),
        ("NEXT_FISCAL_QUARTER", "2027-02-01", "2027-05-01"),
        ("THIS_FISCAL_YEAR", "2026-02-01", "2027-02-01"),
        ("LAST_FISCAL_YEAR", "2025-02-01", "2026-02-01"),
        ("NEXT_FISCAL_YEAR", "2027-02-01", "2028-02-01"),
        ("LAST_N_FISCAL_QUARTERS:2", "2026-05-01", "2026-11-01"),
        ("NEXT_N_FISCAL_QUARTERS:2", "2027-02-01", "2027-08-01"),
        ("N_FISCAL_QUARTERS_AGO:1", "2026-08-01", "2026-11-01"),
        ("LAST_N_FISCAL_YEARS:1", "2025-02-01", "2026-02-01"),
        ("NEXT_N_FISCAL_YEARS:2", "2027-02-01", "2029-02-01"),
        ("N_FISCAL_YEARS_AGO:2", "2024-02-01", "2025-02-01"),
        ("THIS_QUARTER", "2026-10-01", "2027-01-01"),
    ],
)
def test_fiscal_literals_start_with_the_fiscal_year(text: str, first: str, end: str) -> None:
    assert days(text, fiscal_start=2) == (first, end)


@pytest.mark.parametrize(("starts", "first"), [(6, "2026-11-22"), (0, "2026-11-16"), (5, "2026-11-21")])
def test_the_week_starts_where_the_locale_says(starts: int, first: str) -> None:
    assert days("THIS_WEEK", week_starts=starts)[0] == first


@pytest.mark.parametrize(
    ("now", "text", "first", "end"),
    [
        ("2026-01-01T00:00:00", "LAST_MONTH", "2025-12-01", "2026-01-01"),
        ("2026-12-31T23:59:59", "NEXT_MONTH", "2027-01-01", "2027-02-01"),
        ("2026-03-31T12:00:00", "LAST_MONTH", "2026-02-01", "2026-03-01"),
        ("2024-02-29T12:00:00", "N_YEARS_AGO:1", "2023-01-01", "2024-01-01"),
        ("2026-03-31T23:59:59", "THIS_QUARTER", "2026-01-01", "2026-04-01"),
        ("2026-04-01T00:00:00", "LAST_QUARTER", "2026-01-01", "2026-04-01"),
    ],
)
def test_edges_of_months_and_quarters(now: str, text: str, first: str, end: str) -> None:
    assert days(text, dt.datetime.fromisoformat(now).replace(tzinfo=dt.UTC)) == (first, end)


@pytest.mark.parametrize(
    ("zone", "noon", "start", "hours"),
    [
        ("Europe/Berlin", "2026-03-29T12:00:00", "2026-03-28T23:00:00", 23),
        ("Europe/Berlin", "2026-10-25T12:00:00", "2026-10-24T22:00:00", 25),
        ("Africa/Cairo", "2026-04-24T12:00:00", "2026-04-23T22:00:00", 23),  # clocks skip midnight itself
        ("Asia/Kolkata", "2026-11-22T12:00:00", "2026-11-21T18:30:00", 24),
    ],
)
def test_days_of_clock_changes_are_shorter_or_longer(zone: str, noon: str, start: str, hours: int) -> None:
    now = dt.datetime.fromisoformat(noon).replace(tzinfo=dt.UTC)
    first, end = (at.astimezone(dt.UTC) for at in date_range(literal("TODAY"), now, ZoneInfo(zone)))
    assert first.replace(tzinfo=None).isoformat() == start
    assert end - first == dt.timedelta(hours=hours)


@pytest.mark.parametrize(("text", "first"), [("LAST_N_DAYS:7", "2026-11-15"), ("LAST_90_DAYS", "2026-08-24")])
def test_last_days_run_up_to_the_current_second(text: str, first: str) -> None:
    start, end = date_range(literal(text), NOW, dt.UTC)
    assert start.isoformat() == f"{first}T00:00:00+00:00"
    assert end.isoformat() == "2026-11-22T09:30:16+00:00"


# --- resolved for the org ---------------------------------------------------------------------------------------------


def kind(path: Path) -> str:
    return "date" if path.key == "closedate" else "datetime"


@pytest.mark.parametrize(
    ("condition", "resolved"),
    [
        ("C = TODAY", "C >= 2026-11-21T23:00:00Z AND C < 2026-11-22T23:00:00Z"),
        ("C < TODAY", "C < 2026-11-21T23:00:00Z"),
        ("C <= TODAY", "C < 2026-11-22T23:00:00Z"),
        ("C > TODAY", "C >= 2026-11-22T23:00:00Z"),
        ("C >= TODAY", "C >= 2026-11-21T23:00:00Z"),
        ("C != TODAY", "C < 2026-11-21T23:00:00Z OR C >= 2026-11-22T23:00:00Z OR C = NULL"),
        ("C = LAST_N_DAYS:1", "C >= 2026-11-20T23:00:00Z AND C < 2026-11-22T09:30:16Z"),
        ("CloseDate = TODAY", "CloseDate >= 2026-11-22 AND CloseDate < 2026-11-23"),
        ("CloseDate = LAST_N_DAYS:1", "CloseDate >= 2026-11-21 AND CloseDate < 2026-11-23"),
        ("DAY_ONLY(C) < TODAY", "DAY_ONLY(C) < 2026-11-22"),
        ("C IN (TODAY)", "C >= 2026-11-21T23:00:00Z AND C < 2026-11-22T23:00:00Z"),
        ("C IN (null, TODAY)", "C = NULL OR (C >= 2026-11-21T23:00:00Z AND C < 2026-11-22T23:00:00Z)"),
        (
            "CloseDate NOT IN (TODAY, NEXT_WEEK)",
            "(CloseDate < 2026-11-22 OR CloseDate >= 2026-11-23 OR CloseDate = NULL)"
            " AND (CloseDate < 2026-11-29 OR CloseDate >= 2026-12-06 OR CloseDate = NULL)",
        ),
        ("A = 'x' AND (NOT C > TODAY)", "A = 'x' AND (NOT C >= 2026-11-22T23:00:00Z)"),
        (
            "Id IN (SELECT LeadId FROM X WHERE C > TODAY)",
            "Id IN (SELECT LeadId FROM X WHERE C >= 2026-11-22T23:00:00Z)",
        ),
    ],
)
def test_literals_become_bounds_of_the_kind_of_field(condition: str, resolved: str) -> None:
    tree = resolve_dates(parse_condition(condition), NOW, BERLIN, kind)
    assert str(tree) == resolved
    assert parse_condition(resolved) == tree
    assert not has_date_literal(tree)


START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
NAMES = (
    [f"{when}_{unit}" for when in ("THIS", "LAST", "NEXT") for unit in ("WEEK", "MONTH", "QUARTER", "FISCAL_YEAR")]
    + ["TODAY", "YESTERDAY", "LAST_90_DAYS", "NEXT_90_DAYS"]
    + [f"{when}:3" for when in ("LAST_N_DAYS", "NEXT_N_DAYS", "N_DAYS_AGO", "LAST_N_WEEKS", "N_MONTHS_AGO")]
)


@settings(deadline=None)  # the grammar is built within the first example
@given(
    name=st.sampled_from(NAMES),
    operator=st.sampled_from(["= {}", "!= {}", "< {}", "<= {}", "> {}", ">= {}", "IN ({}, TOMORROW)", "NOT IN ({})"]),
    field=st.sampled_from(["C", "CloseDate"]),
    now=st.integers(0, 10 * 365 * 86_400).map(lambda seconds: START + dt.timedelta(seconds=seconds)),
    away=st.none() | st.integers(-200 * 24, 200 * 24),
    zone=st.sampled_from([dt.UTC, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")]),
)
def test_resolved_condition_agrees_with_the_original(
    name: str, operator: str, field: str, now: dt.datetime, away: int | None, zone: dt.tzinfo
) -> None:
    condition = parse_condition(f"{field} {operator.format(name)}")
    resolved = resolve_dates(condition, now, zone, kind, week_starts=0, fiscal_start=4)
    at = None if away is None else now + dt.timedelta(hours=away)
    value = at and (at.astimezone(zone).date().isoformat() if field == "CloseDate" else at.isoformat())
    record = {field.lower(): value}
    expected = compile_condition(condition, zone, 0, 4)(record, now)
    assert compile_condition(resolved, dt.UTC)(record, now) is expected
