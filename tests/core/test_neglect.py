"""The laws of neglect clocks, and what a touch is."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfassign.core.calendar import Calendar
from sfassign.core.model import Member, Snapshot
from sfassign.core.neglect import (
    ClockState,
    NeglectClock,
    Standstill,
    Step,
    moment_after,
    next_step,
    start_of_clock,
    touch_in_row,
    touched,
)
from sfassign.core.policy import Destination, Hours, Neglect, Span
from sfassign.core.records import HolidayRecord, OrgRecords
from sfassign.core.standstill import unknown_since
from sfassign.core.terms import Terms, hours_name, terms_from, terms_of, terms_text
from sfassign.core.touches import Sign, SignKind, status_field, status_of, touched_at
from sfassign.policy import read_policy
from tests.core.world import open_seconds

MONDAY = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
OWNER, COLLEAGUE, US = "005OWNER", "005COLLEAGUE", "005US"
KINDS = ("status", "activity", "edit")
OFFICE = Hours(
    "office",
    "Europe/London",
    {day: (Span(dt.time(9), dt.time(12, 30)), Span(dt.time(13, 30), dt.time(17, 30))) for day in range(5)},
)

half_years = st.integers(0, 180 * 86_400).map(lambda seconds: MONDAY + dt.timedelta(seconds=seconds))
calendars = st.sampled_from([None, Calendar(OFFICE, "UTC"), Calendar(replace(OFFICE, timezone="Asia/Kolkata"), "UTC")])
durations = st.integers(1, 40 * 3_600).map(lambda seconds: dt.timedelta(seconds=seconds))


@st.composite
def stoppages(draw: st.DrawFn) -> tuple[Standstill, ...]:
    found = []
    for _ in range(draw(st.integers(0, 4))):
        since = draw(half_years)
        until = draw(st.none() | st.integers(1, 5 * 86_400).map(lambda seconds: dt.timedelta(seconds=seconds)))
        found.append(Standstill(draw(st.sampled_from(["", "A", "B"])), since, None if until is None else since + until))
    return tuple(found)


def clock(**more: object) -> NeglectClock:
    terms = Terms(Neglect(dt.timedelta(minutes=30)), None, "UTC", KINDS)
    made = NeglectClock("00Q1", "Lead", 1, "A", OWNER, MONDAY, MONDAY, "New", None, terms)
    return replace(made, **more)  # type: ignore[arg-type]


def within(minutes: float) -> dt.datetime:
    return MONDAY + dt.timedelta(minutes=minutes)


def counted_seconds(
    calendar: Calendar | None, since: dt.datetime, now: dt.datetime, stops: tuple[Standstill, ...], group: str
) -> float:
    """The time that counts between two instants, piece by piece between any two edges."""
    if now <= since:
        return 0.0
    opened = [(since, now)] if calendar is None else list(calendar.intervals(since, now))
    stood = [(one.since, one.until or now) for one in stops if one.group in ("", group)]
    edges = sorted({edge for pair in (*opened, *stood) for edge in pair if since <= edge <= now} | {since, now})
    return sum(
        (high - low).total_seconds()
        for low, high in itertools.pairwise(edges)
        if any(opens <= low and high <= closes for opens, closes in opened)
        and not any(begins <= low and high <= ends for begins, ends in stood)
    )


# --- time -------------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(calendars, half_years, durations, stoppages(), half_years)
def test_a_step_is_never_later_than_the_moment_the_time_is_full_and_never_early(
    calendar: Calendar | None,
    since: dt.datetime,
    limit: dt.timedelta,
    stops: tuple[Standstill, ...],
    now: dt.datetime,
) -> None:
    one = clock(started_at=since, terms=Terms(Neglect(limit), None, "UTC", KINDS))
    step = next_step(one, calendar, stops, now)
    counted = counted_seconds(calendar, since, now, stops, "A")
    full = counted >= limit.total_seconds()
    assert (step.step is Step.ACT) == full
    if step.step is Step.WAIT:
        assert step.at > now
        just_before = step.at - dt.timedelta(seconds=1)
        assert counted_seconds(calendar, since, just_before, stops, "A") < limit.total_seconds()


@settings(max_examples=150, deadline=None)
@given(calendars, half_years, half_years, stoppages())
def test_no_second_counts_that_is_closed_or_stood_still(
    calendar: Calendar | None, since: dt.datetime, now: dt.datetime, stops: tuple[Standstill, ...]
) -> None:
    counted = counted_seconds(calendar, since, now, stops, "A")
    opened = (now - since).total_seconds() if calendar is None else open_seconds(calendar, since, now)
    assert 0 <= counted <= max(0, opened)
    stood = sorted((one.since, one.until or now) for one in stops if one.group in ("", "A"))
    if len(stood) == 1:
        low, high = max(stood[0][0], since), min(stood[0][1], now)
        lost = 0.0
        if high > low:
            lost = (high - low).total_seconds() if calendar is None else open_seconds(calendar, low, high)
        assert counted == pytest.approx(max(0, opened - lost))
    assert counted_seconds(calendar, since, now, (), "A") == pytest.approx(max(0, opened))


@settings(max_examples=100, deadline=None)
@given(calendars, half_years, durations, stoppages())
def test_the_first_look_is_never_too_late(
    calendar: Calendar | None, since: dt.datetime, limit: dt.timedelta, stops: tuple[Standstill, ...]
) -> None:
    """A new clock is looked at after plain time, whatever its hours: working time never runs faster."""
    before = dt.timedelta(seconds=int(limit.total_seconds() / 3))
    one = clock(started_at=since, terms=Terms(Neglect(limit, remind_before=before), None, "UTC", KINDS))
    apart = sorted((stop.since, stop.until or since) for stop in stops if stop.until)
    merged: list[tuple[dt.datetime, dt.datetime]] = []
    for low, high in apart:
        if merged and low <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    truly = moment_after(calendar, since, limit - before, merged)
    due = start_of_clock(one).due_at
    assert truly is not None
    assert due is not None
    assert due <= truly


@settings(max_examples=100, deadline=None)
@given(calendars, half_years, st.lists(st.integers(60, 200_000), min_size=3, max_size=12), stoppages())
def test_the_action_always_follows_the_reminder_by_its_whole_time(
    calendar: Calendar | None, since: dt.datetime, gaps: list[int], stops: tuple[Standstill, ...]
) -> None:
    before = dt.timedelta(minutes=20)
    terms = Terms(Neglect(dt.timedelta(hours=2), remind_before=before), None, "UTC", KINDS)
    one, now = clock(started_at=since, terms=terms), since
    for gap in gaps:
        now += dt.timedelta(seconds=gap)
        step = next_step(one, calendar, stops, now)
        if step.step is Step.REMIND:
            assert one.reminded_at is None
            one = replace(one, reminded_at=now)
        elif step.step is Step.ACT:
            assert one.reminded_at is not None
            assert counted_seconds(calendar, one.reminded_at, now, stops, "A") >= before.total_seconds()
            break


def test_hours_that_never_open_are_looked_at_again_after_a_day() -> None:
    never = Calendar(Hours("never"), "UTC")
    step = next_step(clock(), never, (), within(600))
    assert (step.step, step.at) == (Step.WAIT, within(600) + dt.timedelta(days=1))


def test_a_holiday_the_org_declares_later_stops_running_clocks_too() -> None:
    hours = replace(OFFICE, holiday_names=("all",))
    terms = Terms(Neglect(dt.timedelta(minutes=30)), hours, "Europe/London", KINDS)
    plain = terms.calendar(OrgRecords(holidays=()), MONDAY)
    shut = terms.calendar(OrgRecords(holidays=(HolidayRecord("Snow", MONDAY.date()),)), MONDAY)
    assert next_step(clock(terms=terms), plain, (), within(31)).step is Step.ACT
    assert next_step(clock(terms=terms), shut, (), within(31)).at == within(24 * 60 + 30)


# --- touches ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "sign", "expected"),
    [
        ("a task the owner made", Sign("i", SignKind.TASK, OWNER, within(5), COLLEAGUE), 5),
        ("a task the owner made before", Sign("i", SignKind.TASK, OWNER, within(-5), OWNER), None),
        ("a task somebody made for them", Sign("i", SignKind.TASK, COLLEAGUE, within(5), OWNER), None),
        ("… and they completed it", Sign("i", SignKind.TASK, COLLEAGUE, within(-9), OWNER, within(7)), 7),
        ("… completed before", Sign("i", SignKind.TASK, COLLEAGUE, within(-9), OWNER, within(-7)), None),
        ("a call logged for them", Sign("i", SignKind.TASK, COLLEAGUE, within(5), OWNER, None, "Call"), 5),
        ("an e-mail logged for them", Sign("i", SignKind.TASK, COLLEAGUE, within(5), OWNER, None, "Email"), 5),
        ("an old call", Sign("i", SignKind.TASK, COLLEAGUE, within(-5), OWNER, None, "Call"), None),
        ("a call of a colleague", Sign("i", SignKind.TASK, COLLEAGUE, within(5), COLLEAGUE, within(6), "Call"), None),
        ("a task of ours, completed", Sign("i", SignKind.TASK, US, within(5), OWNER, within(6)), None),
        ("an event the owner made", Sign("i", SignKind.EVENT, OWNER, within(5)), 5),
        ("an event of a colleague", Sign("i", SignKind.EVENT, COLLEAGUE, within(5)), None),
        ("a mail they sent", Sign("i", SignKind.EMAIL, OWNER, within(5)), 5),
        ("a comment of theirs", Sign("i", SignKind.COMMENT, OWNER, within(5)), 5),
        ("a comment of a colleague", Sign("i", SignKind.COMMENT, COLLEAGUE, within(5)), None),
        ("a tracked field they changed", Sign("i", SignKind.HISTORY, OWNER, within(5)), 5),
        ("a tracked field we changed", Sign("i", SignKind.HISTORY, US, within(5)), None),
    ],
)
def test_what_is_a_touch(what: str, sign: Sign, expected: float | None) -> None:
    found = touched_at([sign], OWNER, MONDAY, US, KINDS)
    assert found == (None if expected is None else within(expected)), what


@pytest.mark.parametrize(
    ("kind", "counts_as"),
    [
        (SignKind.TASK, "activity"),
        (SignKind.EVENT, "activity"),
        (SignKind.EMAIL, "activity"),
        (SignKind.COMMENT, "activity"),
        (SignKind.HISTORY, "edit"),
    ],
)
def test_only_what_the_policy_counts(kind: SignKind, counts_as: str) -> None:
    sign = Sign("i", kind, OWNER, within(5))
    assert touched_at([sign], OWNER, MONDAY, US, [counts_as]) == within(5)
    others = [name for name in KINDS if name != counts_as]
    assert touched_at([sign], OWNER, MONDAY, US, others) is None


@pytest.mark.parametrize(
    ("what", "kinds", "status", "by", "minute", "seen"),
    [
        ("another status, whoever changed it", KINDS, "Working", COLLEAGUE, 5, True),
        ("a status that was emptied", KINDS, "", COLLEAGUE, 5, True),
        ("the same status", KINDS, "New", COLLEAGUE, 5, False),
        ("a status that was not read", KINDS, None, COLLEAGUE, 5, False),
        ("an edit of the owner", KINDS, "New", OWNER, 5, True),
        ("an edit of the owner before it was theirs", KINDS, "New", OWNER, -5, False),
        ("another status where only edits count", ("edit",), "Working", COLLEAGUE, 5, False),
        ("an edit where only the status counts", ("status",), "New", OWNER, 5, False),
    ],
)
def test_what_the_record_itself_shows(
    what: str, kinds: tuple[str, ...], status: str | None, by: str, minute: float, seen: bool
) -> None:
    one = clock(terms=Terms(Neglect(dt.timedelta(minutes=30)), None, "UTC", kinds))
    assert (touch_in_row(one, status, by, within(minute)) is not None) == seen, what


def test_a_touch_is_never_unlearnt() -> None:
    quiet = Terms(Neglect(dt.timedelta(minutes=30), quiet_for=dt.timedelta(hours=1)), None, "UTC", KINDS)
    after = touched(clock(terms=quiet, reminded_at=within(9)), within(10), "Working")
    assert (after.touched_at, after.status_then, after.reminded_at) == (within(10), "Working", None)
    again = touched(after, within(5), None)
    assert (again.touched_at, again.status_then) == (within(10), "Working")
    assert next_step(after, None, (), within(69)).step is Step.WAIT
    assert next_step(after, None, (), within(70)).step is Step.ACT
    over = touched(clock(), within(10), "Working")
    assert (over.state, over.due_at) == (ClockState.OVER, None)
    assert touched(over, within(90), "New") == over


def test_where_the_status_stands() -> None:
    assert (status_field("Lead"), status_field("Opportunity"), status_field("Ticket__c")) == (
        "Status",
        "StageName",
        "Status",
    )
    assert status_of("Opportunity", {"stagename": "Won"}) == "Won"
    assert status_of("Lead", {"status": None}) == ""
    assert status_of("Lead", {}) is None


# --- terms ------------------------------------------------------------------------------------------------------------

POLICY = """
version: 1
timezone: Europe/London
hours: {office: {days: {mon-fri: "09:00-17:00"}, holidays: [2026-12-25]}, early: {business_hours: Default}}
objects: {Lead: {active: "IsConverted = false", touched: [status]}}
groups:
  - name: Web leads
    object: Lead
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
    available: {hours: office, logged_in: true}
    neglect: {untouched_for: 30m, quiet_for: 2d, remind_before: 5m, at_most: 2, finally: {user: boss@acme.example}}
"""


def test_terms_are_kept_as_they_are() -> None:
    policy = read_policy(POLICY, "p.yaml")
    terms = terms_of(policy, policy.groups[0], None, "UTC")
    assert terms is not None
    assert terms_from(terms_text(terms)) == terms
    assert terms.neglect.finally_ == Destination(user="boss@acme.example")
    assert (terms.hours and terms.hours.name, terms.touched, terms.timezone) == ("office", ("status",), "Europe/London")


@pytest.mark.parametrize(
    ("given_hours", "member_hours", "name"),
    [
        (None, "early", "office"),
        ("early", None, "early"),
        ("member", "early", "early"),
        ("member", None, None),
        ("always", None, None),
    ],
)
def test_whose_hours_a_clock_runs_in(given_hours: str | None, member_hours: str | None, name: str | None) -> None:
    group = read_policy(POLICY, "p.yaml").groups[0]
    neglect = replace(group.neglect or Neglect(dt.timedelta(1)), hours=given_hours)
    assert hours_name(replace(group, neglect=neglect), member_hours) == name


@pytest.mark.parametrize(("read_minutes_ago", "since"), [(None, 0.0), (0.0, None), (2.0, None), (2.5, -0.5)], ids=str)
def test_since_when_nobody_knows_who_is_there(read_minutes_ago: float | None, since: float | None) -> None:
    group = read_policy(POLICY, "p.yaml").groups[0]
    read = {} if read_minutes_ago is None else {"logged_in": within(-read_minutes_ago)}
    snapshot = Snapshot(MONDAY, "UTC", (), (Member(OWNER, "o", "O", True, "UTC"),), presence_at=read)
    assert unknown_since(group, snapshot) == (None if since is None else within(since))
