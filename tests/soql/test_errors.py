"""A message names the place, what was wrong there, and how to mend it."""

from __future__ import annotations

import pytest

from sfassign.soql import SoqlSyntaxError, parse, parse_condition


@pytest.mark.parametrize(
    ("condition", "column", "says"),
    [
        ("A = 1 AND B = 2 OR C = 3", 17, "without parentheses: write (A AND B) OR C"),
        ("A = 1 OR B = 2 AND C = 3", 16, "without parentheses"),
        ("(A = 1 OR B = 2) AND C = 3 OR D = 4", 28, "without parentheses"),
        ("NOT A = 1 AND B = 2", 11, "write (NOT A) AND B"),
        ("A = 1 AND NOT B = 2", 11, "write A AND (NOT B)"),
        ("A == 1", 4, "a single ="),
        ("A IS NULL", 3, "write = null"),
        ("A IS NOT NULL", 3, "write != null"),
        ("A BETWEEN 1 AND 2", 3, "write A >= 1 AND A <= 2"),
        ("A NOT LIKE 'x'", 3, "write (NOT A LIKE"),
        ('A = "x"', 5, "single quotes"),
        ("A = 'it''s'", 9, "written \\'"),
        ("A = 'open", 5, "no closing quote"),
        ("A = 'a\nb'", 5, "end of a line"),
        ("Status = New", 10, "needs single quotes: 'New'"),
        ("A IN ()", 7, "at least one"),
        ("A IN ('x',)", 11, "at least one"),
        ("A = ", 4, "too early: expected a value"),
        ("A", 2, "too early"),
        ("", 1, "too early: expected a field"),
        ("(A = 1", 7, "expected )"),
        ("A = 1)", 6, "unexpected ')': expected the end"),
        ("A = 1 B = 2", 7, "unexpected 'B': expected the end, AND or OR"),
        ("A = 2026-1-1", 5, "written 2026-01-31"),
        ("D > 2026-01-01T00:00:00", 5, "ends in its zone"),
        ("D = 2026-02-30", 5, "no such date"),
        ("D = 2026-01-01T25:00:00Z", 5, "no such datetime"),
        ("D = 2026-01-01T00:00:00+19:00", 5, "no such datetime"),
        ("D = LAST_N_DAYS", 5, "LAST_N_DAYS:7"),
        ("D = LAST_N_HOURS:5", 5, "no date literal LAST_N_HOURS"),
        ("D = TODAY:5", 5, "takes no number"),
        ("A = 'ab\\q'", 8, "no escape"),
        ("A = 'a\\%'", 7, "no escape"),
        ("A = :x", 5, "bind"),
        ("A = 1 && B = 2", 7, "write AND"),
        ("A = 1 || B = 2", 7, "write OR"),
        ("! A = 1", 1, "write NOT"),
        ("A = 1;", 6, "semicolon"),
        ("A = 1 /* x */", 7, "comments"),
        ("WHERE A = 1", 1, "WHERE"),
        ("SELECT Id FROM Lead", 1, "whole query"),
    ],
)
def test_condition_error_names_place_and_remedy(condition: str, column: int, says: str) -> None:
    with pytest.raises(SoqlSyntaxError) as caught:
        parse_condition(condition)
    assert says in caught.value.message
    assert caught.value.column == column
    assert str(caught.value).endswith(f"(column {column})")


@pytest.mark.parametrize(
    ("query", "column", "says"),
    [
        ("SELECT * FROM Lead", 8, "FIELDS(ALL)"),
        ("SELECT Id, FROM Lead", 12, "unexpected 'FROM': expected a field"),
        ("SELECT Id FROM", 15, "too early: expected a field"),
        ("SELECT Id FROM Lead FOR UPDATE", 25, "Apex only"),
        ("SELECT Id FROM Lead ALL ROWS", 25, "queryAll"),
        ("SELECT Id FROM Lead LIMIT '5'", 27, "expected a whole number"),
        ("SELECT Id FROM Lead OFFSET 1 LIMIT 2", 30, "LIMIT"),
        ("SELECT Id FROM Lead LIMIT 99999999999", 27, "too large"),
        ("SELECT COUNT() c FROM Lead", 16, "expected FROM"),
        ("SELECT Id FROM Lead USING mine", 21, "USING SCOPE"),
        ("UPDATE Lead SET a=1", 1, "expected SELECT"),
        ("SELECT Id FROM Lead WHERE a = 1\n  AND b == 2", 42, "a single ="),
    ],
)
def test_query_error_names_place_and_remedy(query: str, column: int, says: str) -> None:
    with pytest.raises(SoqlSyntaxError) as caught:
        parse(query)
    assert says in caught.value.message
    assert caught.value.column == column


def test_expected_lists_what_could_have_stood_there() -> None:
    with pytest.raises(SoqlSyntaxError) as caught:
        parse_condition("Amount")
    assert caught.value.expected == ("=", "a comparison", "EXCLUDES", "IN", "INCLUDES", "LIKE", "NOT IN")
    assert isinstance(caught.value, ValueError)
