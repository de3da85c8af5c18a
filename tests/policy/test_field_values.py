"""What stands under `set` becomes a value of the field's own type, whatever is filled in."""

from __future__ import annotations

import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfassign.policy.field_values import PLACEHOLDERS, Filling, trouble, value_of
from sfassign.ports import FieldShape

AT = dt.datetime(2026, 11, 22, 23, 30, 5, 900_000, tzinfo=dt.UTC)
SAID = Filling(AT, ZoneInfo("Asia/Tokyo"), reason="3 absent, 1 at cap", owner="ann@acme.example", group="Web leads")


def shape(kind: str, length: int = 0, values: tuple[str, ...] = ()) -> FieldShape:
    return FieldShape("X__c", kind, True, True, False, None, (), length, values)


GOOD = [
    ("boolean", "true", True),
    ("boolean", "false", False),
    ("int", "-3", -3),
    ("double", "2.50", 2.5),
    ("currency", "1000", 1000.0),
    ("date", "2026-02-28", "2026-02-28"),
    ("date", "{now}", "2026-11-23"),
    ("datetime", "{now}", "2026-11-22T23:30:05Z"),
    ("datetime", "2026-11-22T10:00:00+01:00", "2026-11-22T09:00:00Z"),
    ("time", "09:30", "09:30:00.000Z"),
    ("reference", "00500000000000A", "00500000000000AAAQ"),
    ("string", "{owner}, {group}: {reason}", "ann@acme.example, Web leads: 3 absent, 1 at cap"),
    ("string", "at {now}", "at 2026-11-22T23:30:05Z"),
    ("string", "", None),
    ("double", "", None),
    ("picklist", "New", "New"),
]
BAD = [
    ("boolean", "yes", "true or false"),
    ("boolean", "", "true or false"),
    ("boolean", "{now}", "without placeholders"),
    ("int", "2.5", "a whole number"),
    ("double", "1e999", "a number"),
    ("double", "nan", "a number"),
    ("double", "١٢", "a number"),
    ("date", "28.02.2026", "a date"),
    ("date", "2026-02-30", "a date"),
    ("date", "2026-11-22T10:00:00Z", "a date"),
    ("datetime", "2026-11-22T10:00:00", "with its zone"),
    ("datetime", "{reason}", "without placeholders"),
    ("reference", "{owner}", "without placeholders"),
    ("reference", "ann", "an Id"),
    ("address", "x", "type address"),
    ("string", "{today}", "{now}"),
]


@pytest.mark.parametrize(("kind", "text", "value"), GOOD)
def test_text_becomes_a_value_of_the_fields_type(kind: str, text: str, value: object) -> None:
    assert trouble(shape(kind, 255), text, PLACEHOLDERS) is None
    found = value_of(shape(kind, 255), text, SAID)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("kind", "text", "expected"), BAD)
def test_text_that_cannot_be_one_says_what_was_expected(kind: str, text: str, expected: str) -> None:
    found = trouble(shape(kind, 255), text, PLACEHOLDERS)
    assert found is not None
    assert expected in found


def test_a_restricted_picklist_takes_its_own_values_only() -> None:
    status = shape("picklist", 40, ("New", "Working"))
    assert trouble(status, "Working", PLACEHOLDERS) is None
    assert trouble(status, "working", PLACEHOLDERS) == "one of New, Working"
    assert trouble(shape("multipicklist", 40, ("A", "B")), "A;B", PLACEHOLDERS) is None
    assert trouble(shape("multipicklist", 40, ("A", "B")), "A;C", PLACEHOLDERS) == "one of A, B"


def test_an_owner_is_known_only_where_there_is_a_new_one() -> None:
    assert trouble(shape("string"), "{owner}", ("now", "reason", "group")) is not None


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    nasty = Filling(AT, ZoneInfo("UTC"), reason="{owner}", owner="{reason}", group="{now}")
    assert value_of(shape("string"), "{group} {owner} {reason} {other}", nasty) == "{now} {reason} {owner} {other}"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "a\x00b\x1b[31m\nc\ud800", "a b [31m c "),
        ("textarea", "a\x00b\nc", "a b\nc"),
        ("string", "O'Brien \"; DROP\\", "O'Brien \"; DROP\\"),
    ],
)
def test_control_characters_become_spaces_and_quotes_stay(kind: str, text: str, value: str) -> None:
    assert value_of(shape(kind, 255), text, SAID) == value


@given(text=st.text(), reason=st.text(), length=st.integers(1, 40))
def test_no_text_is_longer_than_its_field_and_all_of_it_can_be_sent(text: str, reason: str, length: int) -> None:
    filling = Filling(AT, ZoneInfo("UTC"), reason=reason)
    found = value_of(shape("string", length), f"{text}{{reason}}", filling)
    if found is not None:
        assert isinstance(found, str)
        assert len(found.encode("utf-16-le")) // 2 <= length
        json.dumps(found).encode("utf-8")
        assert found.endswith("…") or len(found) == len(f"{text}{reason}") or "{" in text


@given(text=st.text(max_size=30), kind=st.sampled_from(["boolean", "int", "double", "date", "datetime", "time", "id"]))
def test_whatever_the_check_lets_through_can_be_written(text: str, kind: str) -> None:
    if trouble(shape(kind), text, PLACEHOLDERS) is None:
        value_of(shape(kind), text, SAID)
