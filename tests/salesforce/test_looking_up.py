"""Whom the org's records name for an item, as the real adapter asks the local org."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sfassign.ports import LookedUp, LookUp
from tests.salesforce.acme import Acme

LONG_AGO = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
ODD_NAMES = ('O\'Neil & "Sons"', "50% \\ more_", "Ünïcödé + 株式会社", "line\nbreak", "it''s' OR Name != '")


def account(acme: Acme, name: str, owner: str) -> str:
    return acme.local.insert("Account", {"Name": name, "OwnerId": owner})


def lead(acme: Acme, **fields: Any) -> str:
    return acme.local.insert("Lead", {"LastName": "Doe", "Company": "Doe Ltd", "OwnerId": acme.queue, **fields})


def contact(acme: Acme, email: str, owner: str, at: dt.datetime | None = None) -> str:
    return acme.local.insert("Contact", {"LastName": "Roe", "Email": email, "OwnerId": owner}, at=at)


def looked_up(acme: Acme, *asked: LookUp) -> LookedUp:
    return acme.connect().look_up(asked)


def one(acme: Acme, kind: str, item: str, by: str, name: str = "Lead") -> str | None:
    """The answer to a single look-up."""
    found = looked_up(acme, LookUp(name, item, kind, by))
    assert found.refused == {}
    return found.users[item, kind]


# account owners ------------------------------------------------------------------------------------------------------


def test_the_owner_of_the_items_account_is_found_by_its_id(acme: Acme) -> None:
    known = account(acme, "Acme", acme.alice)
    case = acme.local.insert("Case", {"AccountId": known, "OwnerId": acme.queue})
    assert one(acme, "account_owner", case, known, "Case") == acme.alice
    assert one(acme, "account_owner", case, "001000000000009AAA", "Case") is None


def test_a_leads_account_is_the_only_one_called_like_its_company(acme: Acme) -> None:
    account(acme, "Acme Ltd", acme.alice)
    item = lead(acme)
    assert one(acme, "account_owner", item, "ACME ltd") == acme.alice
    assert one(acme, "account_owner", item, "Acme") is None
    account(acme, "acme LTD", acme.bob)
    assert one(acme, "account_owner", item, "Acme Ltd") is None


def test_names_are_the_same_only_where_the_org_would_say_so(acme: Acme) -> None:
    account(acme, "Straße", acme.alice)
    account(acme, "STRASSE", acme.bob)
    first, second = lead(acme), lead(acme)
    found = looked_up(
        acme, LookUp("Lead", first, "account_owner", "straße"), LookUp("Lead", second, "account_owner", "Strasse")
    )
    assert (found.users[first, "account_owner"], found.users[second, "account_owner"]) == (acme.alice, acme.bob)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_stays_a_name_whatever_stands_in_it(acme: Acme, name: str) -> None:
    account(acme, name, acme.alice)
    account(acme, "Somebody else", acme.bob)
    assert one(acme, "account_owner", lead(acme), name) == acme.alice


# previous owners -----------------------------------------------------------------------------------------------------


def hand_over(acme: Acme, item: str, *owners: str, name: str = "Lead") -> None:
    for owner in owners:
        acme.clock.pass_by(60)
        acme.local.update(name, item, {"OwnerId": owner})


def test_the_previous_owner_is_the_last_user_before_the_queues(acme: Acme) -> None:
    other = acme.local.add_queue("Other", ["Lead"])
    item = lead(acme, OwnerId=acme.bob)
    hand_over(acme, item, acme.alice, other, acme.queue)
    assert one(acme, "previous_owner", item, acme.queue) == acme.alice
    untouched = lead(acme)
    assert one(acme, "previous_owner", untouched, acme.queue) is None


def test_a_user_called_like_an_id_is_still_only_a_name(acme: Acme) -> None:
    namesake = acme.local.add_user("namesake@acme.example", "005 Roe")
    item = lead(acme, OwnerId=namesake)
    hand_over(acme, item, acme.queue)
    assert one(acme, "previous_owner", item, acme.queue) == namesake


def test_an_intake_user_is_not_its_own_predecessor(acme: Acme) -> None:
    deal = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-12-01", "OwnerId": acme.robot}
    item = acme.local.insert("Opportunity", deal)
    hand_over(acme, item, acme.alice, acme.robot, acme.bob, acme.robot, name="Opportunity")
    assert one(acme, "previous_owner", item, acme.robot, "Opportunity") == acme.bob
    fresh = acme.local.insert("Opportunity", deal)
    assert one(acme, "previous_owner", fresh, acme.robot, "Opportunity") is None


def test_other_changes_of_the_record_say_nothing_of_owners(acme: Acme) -> None:
    case = acme.local.insert("Case", {"OwnerId": acme.alice, "Status": "New"})
    hand_over(acme, case, acme.queue, name="Case")
    acme.clock.pass_by(60)
    acme.local.update("Case", case, {"Status": "Escalated"})
    assert one(acme, "previous_owner", case, acme.queue, "Case") == acme.alice


def test_a_custom_object_has_a_history_of_its_own(acme: Acme) -> None:
    acme.local.add_object("Ticket__c")
    acme.local.track_owner("Ticket__c")
    queue = acme.local.add_queue("Tickets", ["Ticket__c"])
    item = acme.local.insert("Ticket__c", {"Name": "T-1", "OwnerId": acme.alice})
    hand_over(acme, item, queue, name="Ticket__c")
    assert one(acme, "previous_owner", item, queue, "Ticket__c") == acme.alice


# owners of the same e-mail -------------------------------------------------------------------------------------------


def test_the_newest_open_lead_or_contact_with_the_address_decides(acme: Acme) -> None:
    item = lead(acme, Email="jo@roe.example")
    assert one(acme, "same_email", item, "jo@roe.example") is None
    contact(acme, "Jo@Roe.example", acme.alice, at=LONG_AGO)
    assert one(acme, "same_email", item, "jo@roe.example") == acme.alice
    acme.clock.pass_by(60)
    other = lead(acme, Email="JO@roe.example", OwnerId=acme.bob)
    assert one(acme, "same_email", item, "jo@roe.example") == acme.bob
    acme.clock.pass_by(60)
    acme.local.convert_lead(other, opportunity=False)
    converted = acme.local.query("SELECT Id FROM Contact WHERE OwnerId = '" + acme.bob + "'")
    for row in converted:
        acme.local.delete("Contact", row["Id"])
    assert one(acme, "same_email", item, "jo@roe.example") == acme.alice


def test_the_item_itself_and_records_in_queues_name_nobody(acme: Acme) -> None:
    item = lead(acme, Email="jo@roe.example", OwnerId=acme.robot)
    acme.clock.pass_by(60)
    lead(acme, Email="jo@roe.example")
    assert one(acme, "same_email", item, "jo@roe.example") is None
    contact(acme, "jo@roe.example", acme.alice, at=LONG_AGO)
    assert one(acme, "same_email", item, "jo@roe.example") == acme.alice


# many at once, and what cannot be known ------------------------------------------------------------------------------


def test_many_items_share_the_queries_of_one_call(acme: Acme) -> None:
    items = [lead(acme, Company=f"Company {number}", Email=f"{number}@roe.example") for number in range(150)]
    for number in range(0, 150, 2):
        account(acme, f"Company {number}", acme.alice)
        contact(acme, f"{number}@roe.example", acme.bob)
    for item in items[::3]:
        hand_over(acme, item, acme.alice, acme.queue)
    org = acme.connect()
    asked = [
        LookUp("Lead", item, kind, by)
        for number, item in enumerate(items)
        for kind, by in (
            ("account_owner", f"Company {number}"),
            ("previous_owner", acme.queue),
            ("same_email", f"{number}@roe.example"),
        )
    ]
    before = org.calls
    found = org.look_up(asked)
    assert org.calls - before == 1
    assert len(found.users) == len(asked)
    for number, item in enumerate(items):
        even, third = number % 2 == 0, number % 3 == 0
        assert found.users[item, "account_owner"] == (acme.alice if even else None)
        assert found.users[item, "previous_owner"] == (acme.alice if third else None)
        assert found.users[item, "same_email"] == (acme.bob if even else None)


def test_lists_are_cut_so_that_no_url_gets_too_long(acme: Acme) -> None:
    names = [f"株式会社{'社' * 120} {number}" for number in range(60)]
    for name in names[::2]:
        account(acme, name, acme.alice)
    asked = [LookUp("Lead", f"00Q{number:012d}AAA", "account_owner", name) for number, name in enumerate(names)]
    found = looked_up(acme, *asked)
    assert list(found.users.values()).count(acme.alice) == 30
    assert found.refused == {}


def test_a_shared_address_or_name_of_thousands_is_settled_in_turns(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sfassign.salesforce.looking_up.MOST_ROWS", 3)
    for _ in range(4):
        account(acme, "Private", acme.bob)
        contact(acme, "info@roe.example", acme.bob)
        acme.clock.pass_by(60)
    account(acme, "Acme", acme.alice)
    contact(acme, "jo@roe.example", acme.alice, at=LONG_AGO)
    ids = [f"00Q{number:012d}AAA" for number in range(2)]
    asked = [LookUp("Lead", ids[0], "account_owner", "Private"), LookUp("Lead", ids[1], "account_owner", "Acme")]
    asked += [
        LookUp("Lead", ids[0], "same_email", "info@roe.example"),
        LookUp("Lead", ids[1], "same_email", "jo@roe.example"),
    ]
    first = looked_up(acme, *asked)
    assert dict(first.users) == {(ids[0], "account_owner"): None, (ids[0], "same_email"): acme.bob}
    rest = looked_up(acme, *(one for one in asked if (one.item, one.kind) not in first.users))
    assert dict(rest.users) == {(ids[1], "account_owner"): acme.alice, (ids[1], "same_email"): acme.alice}


@pytest.mark.parametrize(
    ("hidden", "kind", "by"),
    [
        ("Account", "account_owner", "Acme"),
        ("LeadHistory", "previous_owner", "q"),
        ("Contact", "same_email", "jo@roe.example"),
    ],
)
def test_records_the_login_may_not_read_are_told_and_the_rest_is_answered(
    acme: Acme, hidden: str, kind: str, by: str
) -> None:
    account(acme, "Acme", acme.alice)
    lead(acme, Email="jo@roe.example", OwnerId=acme.alice)
    item = lead(acme, OwnerId=acme.alice)
    hand_over(acme, item, acme.queue)
    acme.local.hide_object(hidden)
    others = {"account_owner": "Acme", "previous_owner": acme.queue, "same_email": "jo@roe.example"} | {kind: by}
    found = looked_up(acme, *(LookUp("Lead", item, name, about) for name, about in others.items()))
    assert list(found.refused) == [("Lead", kind)]
    assert found.refused["Lead", kind].code == "INVALID_TYPE"
    known = dict.fromkeys(others, acme.alice)
    assert dict(found.users) == {
        (item, name): known[name] if name != kind or hidden == "Contact" else None for name in others
    }
