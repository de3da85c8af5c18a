"""What the local org says of its user's rights, and that its writes go by the same."""

from __future__ import annotations

import pytest

from sfassign.emulator import LocalOrg

from .conftest import Client, Company, new_lead

PERMISSIONS = "SELECT PermissionsManageUsers, PermissionsViewSetup FROM UserPermissionAccess"


def of(user: str, *records: str) -> str:
    listed = ", ".join(f"'{one}'" for one in records)
    return (
        "SELECT RecordId, HasEditAccess, HasTransferAccess, MaxAccessLevel FROM UserRecordAccess"
        f" WHERE UserId = '{user}' AND RecordId IN ({listed})"
    )


def test_a_user_is_told_the_own_permissions_and_no_others(org: LocalOrg, company: Company) -> None:
    ann, bob = (Client(org, org.issue_token(user)) for user in (company.ann, company.bob))
    org.settings.session_viewers = frozenset({company.ann})
    org.settings.setup_viewers = frozenset({company.bob})
    for client, sessions, setup in ((ann, True, False), (bob, False, True)):
        (row,) = client.query(PERMISSIONS).body["records"]
        assert (row["PermissionsManageUsers"], row["PermissionsViewSetup"]) == (sessions, setup)
    assert ann("GET", "limits").code == "INSUFFICIENT_ACCESS"
    assert bob("GET", "limits/recordCount?sObjects=Lead").status == 200


@pytest.mark.parametrize(
    ("switch", "edit", "transfer", "level"),
    [
        (None, True, True, "Transfer"),
        ("untransferable_objects", True, False, "Edit"),
        ("read_only_objects", False, False, "Read"),
    ],
)
def test_what_it_says_of_a_record_is_what_a_write_meets(
    org: LocalOrg, company: Company, switch: str | None, edit: bool, transfer: bool, level: str
) -> None:
    lead = new_lead(org, OwnerId=company.bob)
    ann = Client(org, org.issue_token(company.ann))
    if switch is not None:
        setattr(org.settings, switch, frozenset({"Lead"}))
    (row,) = ann.query(of(company.ann, lead)).body["records"]
    assert (row["HasEditAccess"], row["HasTransferAccess"], row["MaxAccessLevel"]) == (edit, transfer, level)
    assert (ann("PATCH", f"sobjects/Lead/{lead}", {"Rating": "Hot"}).status == 204) is edit
    assert (ann("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": company.ann}).status == 204) is transfer


def test_the_owner_of_a_record_may_do_all_with_it(org: LocalOrg, company: Company) -> None:
    lead = new_lead(org, OwnerId=company.ann)
    org.settings.read_only_objects = org.settings.untransferable_objects = frozenset({"Lead"})
    ann = Client(org, org.issue_token(company.ann))
    assert ann("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": company.bob}).status == 204
    refused = ann("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": company.ann})
    assert (refused.status, refused.code) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")


def test_records_that_the_asker_may_not_read_are_left_out(org: LocalOrg, company: Company) -> None:
    own, other = (new_lead(org, OwnerId=user) for user in (company.ann, company.bob))
    org.settings.private_objects = frozenset({"Lead"})
    ann = Client(org, org.issue_token(company.ann))
    assert [row["RecordId"] for row in ann.query(of(company.ann, own, other)).body["records"]] == [own]


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT RecordId FROM UserRecordAccess",
        "SELECT RecordId FROM UserRecordAccess WHERE UserId = '{user}'",
        "SELECT RecordId FROM UserRecordAccess WHERE RecordId = '{lead}'",
    ],
)
def test_it_has_to_be_asked_for_one_user_and_for_records(
    org: LocalOrg, company: Company, client: Client, soql: str
) -> None:
    lead = new_lead(org)
    assert client.query(soql.format(user=company.ann, lead=lead)).code == "MALFORMED_QUERY"
