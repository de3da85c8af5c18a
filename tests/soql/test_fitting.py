"""Conditions too long for a query: what is asked instead takes every record that was asked for, and fits."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfassign.soql import matches, parse_condition
from sfassign.soql.fitting import in_parts, url_bytes, weakened
from sfassign.soql.tree import And, Condition, Not, Or

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
COUNTRIES = [f"Country {number}" for number in range(30)]

LEAVES = st.one_of(
    st.lists(st.sampled_from(COUNTRIES), min_size=1, max_size=12, unique=True).map(
        lambda names: parse_condition(f"Country IN ({', '.join(repr(name) for name in names)})")
    ),
    st.lists(st.sampled_from(COUNTRIES), min_size=1, max_size=6, unique=True).map(
        lambda names: parse_condition(f"Country NOT IN ({', '.join(repr(name) for name in names)})")
    ),
    st.sampled_from([parse_condition("Rating = 'Hot'"), parse_condition("Rating = null")]),
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=4).map(lambda terms: And(tuple(terms))),
        st.lists(inner, min_size=2, max_size=4).map(lambda terms: Or(tuple(terms))),
    ),
    max_leaves=8,
)
RECORDS = [{"country": name, "rating": rating} for name in (*COUNTRIES[::3], None) for rating in ("Hot", "Cold", None)]


def holds(condition: Condition, record: dict[str, str | None]) -> bool:
    return matches(condition, record, NOW, dt.UTC)


@given(CONDITIONS, st.integers(20, 400))
def test_what_is_asked_instead_fits_and_takes_every_record_that_was_asked_for(condition: Condition, room: int) -> None:
    shorter = weakened(condition, room)
    if shorter is None:
        return
    assert url_bytes(shorter) <= room
    assert parse_condition(str(shorter)) == shorter
    assert all(holds(shorter, record) for record in RECORDS if holds(condition, record))


@given(CONDITIONS, st.integers(20, 400))
def test_the_parts_fit_each_and_together_take_every_record(condition: Condition, room: int) -> None:
    parts = in_parts(condition, room)
    if parts is None:
        return
    assert all(url_bytes(part) <= room and parse_condition(str(part)) == part for part in parts)
    assert all(any(holds(part, record) for part in parts) for record in RECORDS if holds(condition, record))


def test_of_terms_that_must_all_hold_only_the_longest_is_left_out() -> None:
    listed = ", ".join(f"'{number}'" for number in range(100))
    source = parse_condition(f"IsConverted = false AND (OwnerId IN ({listed}) AND Rating = 'Hot')")
    assert str(weakened(source, 200)) == "IsConverted = FALSE AND Rating = 'Hot'"


def test_a_long_list_alone_is_cut_and_nothing_of_it_is_asked_twice() -> None:
    names = [f"'u{number}@acme.example'" for number in range(450)]
    parts = in_parts(parse_condition(f"Username IN ({', '.join(names)})"), 6_000)
    assert parts is not None
    assert sorted(name for part in parts for name in str(part)[13:-1].split(", ")) == sorted(names)


@pytest.mark.parametrize("text", ["(NOT Country LIKE 'a%')", "Country LIKE 'abc%'"])
def test_what_can_be_neither_cut_nor_left_out_is_said_to_need_every_record(text: str) -> None:
    assert weakened(parse_condition(text), 5) is None
    assert in_parts(parse_condition(text), 5) is None
