"""Who changed an owner, as the org's field history tells it."""

from __future__ import annotations

import datetime as dt

import pytest

from sfassign.core.picking import OwnerStep
from sfassign.ports import Unreadable
from sfassign.salesforce.history import in_parts, owner_step, owner_steps_query, table_of
from tests.salesforce.acme import Acme
from tests.salesforce.answers import NOON

LONG_AGO = NOON - dt.timedelta(days=30)


def test_every_change_of_owner_is_one_step_with_ids_and_who_made_it(acme: Acme) -> None:
    first, second, third = acme.leads(3)
    acme.local.update("Lead", first, {"OwnerId": acme.alice}, by=acme.alice)
    acme.local.update("Lead", first, {"Status": "Working - Contacted"}, by=acme.bob)
    acme.local.update("Lead", second, {"OwnerId": acme.bob}, by=acme.alice)
    acme.local.update("Lead", third, {"OwnerId": acme.bob}, by=acme.bob)
    org = acme.connect()
    steps = org.owner_steps("Lead", [first, second, first], LONG_AGO)
    assert isinstance(steps, tuple)
    assert sorted((one.item, one.by, one.owner_before, one.owner) for one in steps) == sorted(
        [(first, acme.alice, acme.queue, acme.alice), (second, acme.alice, acme.queue, acme.bob)]
    )
    assert org.calls == 1


def test_only_what_happened_since_is_read(acme: Acme) -> None:
    [lead] = acme.leads(1)
    acme.local.update("Lead", lead, {"OwnerId": acme.alice}, by=acme.alice)
    assert acme.connect().owner_steps("Lead", [lead], acme.clock.now() + dt.timedelta(minutes=1)) == ()


def test_a_case_and_an_opportunity_have_their_own_histories(acme: Acme) -> None:
    case = acme.local.insert("Case", {"Subject": "Help", "OwnerId": acme.queue})
    acme.local.update("Case", case, {"OwnerId": acme.bob}, by=acme.bob)
    deal = {"Name": "Doe", "StageName": "Prospecting", "CloseDate": dt.date(2026, 12, 31), "OwnerId": acme.alice}
    found = acme.local.insert("Opportunity", deal)
    acme.local.update("Opportunity", found, {"OwnerId": acme.bob}, by=acme.alice)
    org = acme.connect()
    for name, item, by in (("Case", case, acme.bob), ("Opportunity", found, acme.alice)):
        steps = org.owner_steps(name, [item], LONG_AGO)
        assert isinstance(steps, tuple)
        assert [(one.item, one.by, one.owner) for one in steps] == [(item, by, acme.bob)]


def test_a_history_that_is_hidden_is_unreadable(acme: Acme) -> None:
    [lead] = acme.leads(1)
    acme.local.hide_object("LeadHistory")
    found = acme.connect().owner_steps("Lead", [lead], LONG_AGO)
    assert isinstance(found, Unreadable)
    assert found.code == "INVALID_TYPE"


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("Lead", ("LeadHistory", "LeadId")),
        ("Case", ("CaseHistory", "CaseId")),
        ("Opportunity", ("OpportunityFieldHistory", "OpportunityId")),
        ("Account", ("AccountHistory", "AccountId")),
        ("Invoice__c", ("Invoice__History", "ParentId")),
    ],
)
def test_where_an_objects_history_lies(name: str, table: tuple[str, str]) -> None:
    assert table_of(name) == table


def test_the_row_with_names_is_no_step_and_short_ids_are_made_long() -> None:
    row = {
        "LeadId": "00Q000000000001EAA",
        "CreatedById": "005000000000001",
        "CreatedDate": "2026-11-23T10:00:00.000+0000",
    }
    assert owner_step("Lead", row | {"OldValue": "Web Leads", "NewValue": "Alice"}) is None
    assert owner_step("Lead", row | {"OldValue": "00G000000000001", "NewValue": "005000000000001"}) == OwnerStep(
        "00Q000000000001EAA",
        dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC),
        "005000000000001AAA",
        "00G000000000001EAA",
        "005000000000001AAA",
    )


def test_the_accept_button_counts_as_a_change_of_owner() -> None:
    query = owner_steps_query("Case", ["500000000000001AAA"], NOON)
    assert "Field IN ('Owner', 'ownerAccepted')" in query


def test_many_records_are_cut_into_queries_that_fit_a_call() -> None:
    ids = [f"00Q{number:012d}EAA" for number in range(2_000)]
    parts = in_parts(ids)
    assert len(parts) == 5
    assert [one for part in parts for one in part] == ids
