"""Conditions that call owners by name mean the same by Id, whoever is called so."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfassign.named_owners import (
    MOST_IDS,
    UNKNOWN_OWNERS,
    NamedOwners,
    by_id,
    kept_owners,
    named_owners,
    names_in,
    names_text,
    queues_text,
    users_text,
)
from sfassign.ports import NamedUser, QueueRow
from sfassign.soql import compile_condition, parse_condition

WEB, OLD_WEB, NEWS = (f"00G00000000000{n}AAA" for n in range(3))
ANN, WEB_TOO = (f"00500000000000{n}AAA" for n in range(2))
QUEUES = (QueueRow(WEB, "Web Leads", False), QueueRow(OLD_WEB, "web leads", False), QueueRow(NEWS, "News", True))
USERS = (NamedUser(ANN, "Ann", "ann@acme.example"), NamedUser(WEB_TOO, "Web Leads", "web@acme.example"))
ASKED = names_in(
    [parse_condition("Owner.Name IN ('WEB leads', 'Ann', 'Nobody') OR Owner.Username = 'Ann@acme.example'")]
)
KNOWN = named_owners(ASKED, USERS, QUEUES)
OWNERS = {one.id: (one.name, getattr(one, "username", None)) for one in (*QUEUES, *USERS)}
ALL_CALLED_SO = f"'{ANN}'", f"'{WEB_TOO}', '{WEB}', '{OLD_WEB}'"


@pytest.mark.parametrize(
    ("by_name", "sent"),
    [
        ("Owner.Name = 'Ann'", f"OwnerId IN ({ALL_CALLED_SO[0]})"),
        ("owner.name = 'WEB LEADS'", f"OwnerId IN ({ALL_CALLED_SO[1]})"),
        ("Owner.Name != 'Ann'", f"OwnerId NOT IN ({ALL_CALLED_SO[0]})"),
        ("Owner.Name IN ('Ann', 'Web Leads')", f"OwnerId IN ({', '.join(ALL_CALLED_SO)})"),
        ("Owner.Username = 'ann@acme.example'", f"OwnerId IN ('{ANN}')"),
        ("Owner.Name = 'Nobody'", "Owner.Name = 'Nobody'"),
        ("Owner.Name = 'Never asked for'", "Owner.Name = 'Never asked for'"),
        ("Owner.Name IN ('Ann', 'Nobody')", f"OwnerId IN ('{ANN}') OR Owner.Name IN ('Nobody')"),
        ("Owner.Name NOT IN ('Ann', 'Nobody')", f"OwnerId NOT IN ('{ANN}') AND Owner.Name NOT IN ('Nobody')"),
        ("Owner.Name LIKE 'Web%'", "Owner.Name LIKE 'Web%'"),
        ("Owner.Name = null", "Owner.Name = null"),
        ("Owner.Name > 'Ann'", "Owner.Name > 'Ann'"),
        ("Account.Owner.Name = 'Ann'", "Account.Owner.Name = 'Ann'"),
        ("NOT (Owner.Name = 'Ann' AND City = 'Ann')", f"NOT (OwnerId IN ('{ANN}') AND City = 'Ann')"),
    ],
)
def test_what_is_sent_for_an_owner_by_name(by_name: str, sent: str) -> None:
    assert str(by_id(parse_condition(by_name), KNOWN)) == str(parse_condition(sent))


def test_before_anybody_was_asked_names_are_sent_as_they_are_written() -> None:
    condition = parse_condition("Owner.Name IN ('Ann', 'Web Leads')")
    assert by_id(condition, UNKNOWN_OWNERS) == condition


def test_a_name_of_very_many_users_stays_a_name_since_so_many_ids_would_not_fit_a_url() -> None:
    many = NamedOwners({("owner.name", "ann"): tuple(f"{n:018d}" for n in range(MOST_IDS + 1))})
    condition = parse_condition("Owner.Name = 'Ann'")
    assert by_id(condition, many) == condition


def test_what_is_known_is_kept_as_text_and_read_again() -> None:
    kept = names_text(ASKED), users_text(USERS), queues_text(QUEUES)
    assert kept_owners(*kept) == KNOWN
    for missing in range(3):
        assert kept_owners(*(None if place == missing else text for place, text in enumerate(kept))) == UNKNOWN_OWNERS


def test_somebody_who_was_asked_for_and_is_not_there_is_known_to_be_nobody() -> None:
    assert KNOWN.knows([("owner.name", "nobody")])
    assert not KNOWN.knows([("owner.name", "never asked for")])


NAMES = st.sampled_from(["Ann", "ANN", "Web Leads", "News", "Nobody", "Other"])
USERNAMES = st.sampled_from(["ann@acme.example", "web@acme.example", "nobody@acme.example"])


@st.composite
def conditions(draw: st.DrawFn) -> str:
    field, values = draw(st.sampled_from([("Owner.Name", NAMES), ("Owner.Username", USERNAMES)]))
    if draw(st.booleans()):
        return f"{field} {draw(st.sampled_from(['=', '!=']))} '{draw(values)}'"
    listed = ", ".join(f"'{one}'" for one in draw(st.lists(values, min_size=1, max_size=3)))
    return f"{field} {draw(st.sampled_from(['IN', 'NOT IN']))} ({listed})"


@given(conditions(), st.sampled_from(sorted(OWNERS)))
def test_the_condition_by_id_takes_exactly_the_records_that_it_takes_by_name(text: str, owner: str) -> None:
    condition = parse_condition(text)
    name, username = OWNERS[owner]
    record = {"ownerid": owner, "owner.name": name, "owner.username": username}
    at = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    owners = named_owners(names_in([condition]), USERS, QUEUES)
    both = [compile_condition(one, dt.UTC)(record, at) for one in (condition, by_id(condition, owners))]
    assert both[0] is both[1]
