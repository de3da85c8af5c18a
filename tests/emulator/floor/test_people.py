"""Who works on the floor."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfassign.emulator.floor.people import LANGUAGES, MANAGER_ROLES, Standing, Team, cast

SEEDS = st.integers(0, 10_000)


@given(SEEDS)
@settings(max_examples=50)
def test_every_cast_has_unique_usernames_in_the_reserved_domain(seed: int) -> None:
    names = [person.username for person in cast(seed)]
    assert len(set(names)) == len(names)
    assert all(name.endswith("@acme.example") and name == name.lower() and " " not in name for name in names)


def test_about_sixty_people_of_whom_two_left_and_one_is_frozen() -> None:
    people = cast(1)
    assert 55 <= len(people) <= 65
    standings = Counter(person.standing for person in people)
    assert (standings[Standing.LEFT], standings[Standing.FROZEN]) == (2, 1)


def test_the_same_seed_gives_the_same_people_and_another_one_does_not() -> None:
    assert cast(3) == cast(3)
    assert cast(3) != cast(4)


@given(SEEDS)
@settings(max_examples=30)
def test_everyone_but_the_chief_reports_to_someone_above_them(seed: int) -> None:
    people = cast(seed)
    assert people[0].manager is None
    for person in people[1:]:
        assert person.manager is not None
        boss = people[person.manager]
        assert boss.number < person.number
        assert boss.role in {MANAGER_ROLES[person.team], MANAGER_ROLES[Team.OPERATIONS]}


@pytest.mark.parametrize("role", ["SDR", "Enterprise SDR", "Support Agent"])
@pytest.mark.parametrize("language", LANGUAGES[:4])
def test_every_language_of_the_customers_is_spoken_in_every_team(role: str, language: str) -> None:
    speakers = [person for person in cast(7) if person.role == role and language in person.languages]
    assert any(person.standing is Standing.EMPLOYED for person in speakers)


def test_some_sell_better_than_others() -> None:
    success = [person.habits.success for person in cast(7) if person.takes_items]
    assert max(success) > 1.5 * min(success)
