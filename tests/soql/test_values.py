"""Values on their way into SOQL, and Ids in their two lengths."""

from __future__ import annotations

import datetime as dt
import doctest
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sfassign.soql
from sfassign.soql import has_date_literal, is_id, literal, matches, parse, parse_condition, paths, to18
from sfassign.soql.literals import Literal
from sfassign.soql.tree import Comparison, Number, Text

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("O'Bri\\en\n", r"'O\'Bri\\en\n'"),
        ("", "''"),
        (5, "5"),
        (-1.5, "-1.5"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (dt.date(2026, 1, 31), "2026-01-31"),
        (dt.datetime(2026, 1, 31, 1, 30, tzinfo=ZoneInfo("Europe/Berlin")), "2026-01-31T00:30:00Z"),
        (dt.datetime(2026, 1, 31, 1, 30, 0, 250_999, tzinfo=dt.UTC), "2026-01-31T01:30:00.250Z"),
        (["a", "b"], "('a', 'b')"),
        ((1, None), "(1, null)"),
    ],
)
def test_value_becomes_soql(value: Literal, text: str) -> None:
    assert literal(value) == text


@pytest.mark.parametrize("value", [[], (), dt.datetime(2026, 1, 1), float("nan"), float("inf")])  # noqa: DTZ001
def test_value_without_meaning_in_soql_is_refused(value: Literal) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the message is for people)
        literal(value)


@settings(deadline=None)  # the grammar is built within the first example
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"])))
def test_any_text_survives_quoting(text: str) -> None:
    tree = parse_condition(f"A = {literal(text)}")
    assert isinstance(tree, Comparison)
    assert isinstance(tree.value, Text)
    assert tree.value.value == text
    assert matches(tree, {"a": text}, NOW, dt.UTC)


@settings(deadline=None)  # the grammar is built within the first example
@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_any_number_survives(number: float) -> None:
    tree = parse_condition(f"A = {literal(number)}")
    assert isinstance(tree, Comparison)
    assert isinstance(tree.value, Number)
    assert tree.value.value == Decimal(repr(number))


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("005000000000001", "005000000000001AAA"),
        ("001D000000IqhSL", "001D000000IqhSLIAZ"),
        ("00D000000000062", "00D000000000062EAA"),
        ("ABCDEFGHIJKLMNO", "ABCDEFGHIJKLMNO555"),
    ],
)
def test_ids_get_the_checksum_of_their_capitals(short: str, long: str) -> None:
    assert to18(short) == long
    assert to18(long) == long
    assert is_id(short)
    assert is_id(long)
    assert not is_id(long[:15].swapcase() + long[15:]) or long[:15].isdigit()


@pytest.mark.parametrize("text", ["", "005", "00500000000000_", "005000000000001AAB", "005000000000001AA", "ä" * 15])
def test_what_is_no_id_is_refused(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(ValueError, match="not a Salesforce Id"):
        to18(text)


def test_paths_are_named_once_in_order_without_those_of_other_objects() -> None:
    tree = parse(
        "SELECT Id, Owner.Name, COUNT(Amount), (SELECT Subject FROM Tasks), TYPEOF What WHEN User THEN Email END "
        "FROM Case WHERE owner.name = 'x' AND CALENDAR_YEAR(convertTimezone(ClosedDate)) = 2026 "
        "AND Id IN (SELECT CaseId FROM X WHERE Y = 1) GROUP BY Type HAVING MAX(B) > 1 ORDER BY Id, Z"
    )
    assert [str(path) for path in paths(tree)] == [
        "Id", "Owner.Name", "Amount", "What", "ClosedDate", "Type", "B", "Z",
    ]  # fmt: skip
    assert [str(path) for path in paths(parse_condition("NOT (A = 1 OR B IN (2) OR a = 3)"))] == ["A", "B"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("A = TODAY", True),
        ("A = 1 OR (NOT B IN (2026-01-01, LAST_N_DAYS:5))", True),
        ("Id IN (SELECT LeadId FROM X WHERE C > TODAY)", True),
        ("Id IN (SELECT LeadId FROM X)", False),
        ("A = 2026-01-01 AND B = 'TODAY'", False),
    ],
)
def test_conditions_that_change_with_the_clock_are_known(condition: str, expected: bool) -> None:
    assert has_date_literal(parse_condition(condition)) is expected


def test_the_example_of_the_package_runs() -> None:
    failed, tried = doctest.testmod(sfassign.soql)
    assert (failed, tried > 0) == (0, True)
