"""When people are at work."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfassign.emulator.floor import floor_start
from sfassign.emulator.floor.people import Person, Standing, cast
from sfassign.emulator.floor.shifts import Doing, changes_between, changes_of_day, doing_at

from .world import MONDAY

PEOPLE = st.sampled_from(cast(7))
DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2027, 12, 31))


@given(PEOPLE, DAYS)
@settings(max_examples=300)
def test_a_day_runs_from_logging_in_to_logging_out_with_pauses_in_between(person: Person, day: dt.date) -> None:
    changes = changes_of_day(7, person, day)
    if not changes:
        return
    assert [one.at for one in changes] == sorted({one.at for one in changes})
    assert changes[0].doing is Doing.WORKING
    assert changes[-1].doing is Doing.GONE
    assert all((one.doing is Doing.WORKING) == (place % 2 == 0) for place, one in enumerate(changes))
    assert dt.timedelta(hours=4) < changes[-1].at - changes[0].at < dt.timedelta(hours=10)


@given(PEOPLE, st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 31), timezones=st.just(dt.UTC)))  # noqa: DTZ001
@settings(max_examples=100)
def test_what_someone_is_at_is_their_latest_change(person: Person, at: dt.datetime) -> None:
    past = list(changes_between(7, person, at - dt.timedelta(days=5), at + dt.timedelta(microseconds=1)))
    assert doing_at(7, person, at.replace(microsecond=0)) == (past[-1].doing if past else Doing.GONE)


@pytest.mark.parametrize("standing", [Standing.LEFT, Standing.FROZEN])
def test_who_left_or_is_frozen_never_comes(standing: Standing) -> None:
    gone = [person for person in cast(7) if person.standing is standing]
    assert gone
    assert not any(changes_of_day(7, one, MONDAY + dt.timedelta(days=day)) for one in gone for day in range(30))


@pytest.mark.parametrize("seed", range(12))
def test_most_people_are_in_when_the_simulation_starts(seed: int) -> None:
    at = floor_start(seed, MONDAY)
    people = [person for person in cast(seed) if person.standing is Standing.EMPLOYED]
    doing = Counter(doing_at(seed, person, at) for person in people)
    assert doing[Doing.WORKING] >= 0.6 * len(people)
    assert doing[Doing.GONE] > 0


@pytest.mark.parametrize(
    ("base", "day"), [("2026-11-20", "2026-11-20"), ("2026-11-21", "2026-11-23"), ("2026-11-22", "2026-11-23")]
)
def test_the_start_is_the_next_weekday_morning(base: str, day: str) -> None:
    start = floor_start(7, dt.date.fromisoformat(base))
    assert start.date().isoformat() == day
    assert dt.time(9, 30) <= start.time() < dt.time(9, 50)
    assert start.tzinfo is dt.UTC


def test_people_spend_most_of_their_shift_working_and_miss_a_day_now_and_then() -> None:
    people = [person for person in cast(7) if person.standing is Standing.EMPLOYED]
    weekdays = [MONDAY + dt.timedelta(days=day) for day in range(60) if day % 7 < 5]
    spent: Counter[Doing] = Counter()
    missed = 0
    for day in weekdays:
        for person in people:
            changes = changes_of_day(7, person, day)
            missed += not changes
            for here, ahead in pairwise(changes):
                spent[here.doing] += (ahead.at - here.at) // dt.timedelta(seconds=1)
    assert 0.8 < spent[Doing.WORKING] / spent.total() < 0.92
    assert 0.04 < missed / (len(people) * len(weekdays)) < 0.10


def test_offices_hand_over_to_each_other_during_the_day() -> None:
    people = [person for person in cast(7) if person.standing is Standing.EMPLOYED]

    def zones_at(hour: int) -> set[str]:
        at = dt.datetime.combine(MONDAY, dt.time(hour, 20), dt.UTC)
        return {person.timezone for person in people if doing_at(7, person, at) is Doing.WORKING}

    assert zones_at(5) == {"Asia/Kolkata"}
    assert zones_at(10) == {"Asia/Kolkata", "Europe/Berlin", "Europe/London"}
    assert zones_at(15) == {"America/New_York", "Asia/Kolkata", "Europe/Berlin", "Europe/London"}
    assert zones_at(20) == {"America/New_York"}
