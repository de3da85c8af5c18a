"""Who may own what, in the words of the API documentation."""

from __future__ import annotations

from typing import Any

import pytest

from sfassign.emulator import ApiError, LocalOrg

from .conftest import Client, Clock, Company, new_deal, new_lead

UNKNOWN_USER = "005000000000001AAA"


def owner_of(company: Company, who: str) -> str | None:
    return {"null": None, "unknown": UNKNOWN_USER, "checksum": f"{company.ann[:15]}ZZZ", "text": "Ann"}.get(
        who, getattr(company, who, None)
    )


@pytest.mark.parametrize(
    ("sobject", "who", "status", "code"),
    [
        ("Lead", "null", 400, "INVALID_EMPTY_KEY_OWNER"),
        ("Lead", "unknown", 400, "INVALID_CROSS_REFERENCE_KEY"),
        ("Lead", "checksum", 400, "MALFORMED_ID"),
        ("Lead", "text", 400, "MALFORMED_ID"),
        ("Lead", "gone", 400, "INACTIVE_OWNER_OR_USER"),
        ("Case", "gone", 400, "INACTIVE_OWNER_OR_USER"),
        ("Opportunity", "queue", 400, "FIELD_INTEGRITY_EXCEPTION"),
        ("Account", "queue", 400, "FIELD_INTEGRITY_EXCEPTION"),
        ("Task", "queue", 400, "INVALID_OPERATION"),
    ],
)
def test_owner_the_org_would_not_accept_is_refused_and_nothing_changes(
    org: LocalOrg, company: Company, client: Client, sobject: str, who: str, status: int, code: str
) -> None:
    samples: dict[str, dict[str, Any]] = {
        "Lead": {"LastName": "Doe", "Company": "Acme"},
        "Case": {},
        "Opportunity": {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-07-01"},
        "Account": {"Name": "Acme"},
        "Task": {"Subject": "Call"},
    }
    record = org.insert(sobject, samples[sobject])
    before = org.get(sobject, record)

    answer = client("PATCH", f"sobjects/{sobject}/{record}", {"OwnerId": owner_of(company, who)})

    assert (answer.status, answer.code) == (status, code)
    assert org.get(sobject, record) == before


def lead_of_a_leaver(org: LocalOrg, company: Company) -> str:
    lead = new_lead(org, OwnerId=company.ann)
    org.update("User", company.ann, {"IsActive": False})
    return lead


def test_a_record_whose_owner_is_inactive_is_edited_by_users_with_that_permission_only(
    org: LocalOrg, company: Company, client: Client
) -> None:
    lead = lead_of_a_leaver(org, company)
    answer = client("PATCH", f"sobjects/Lead/{lead}", {"Rating": "Hot"})
    assert (answer.status, answer.code) == (400, "INACTIVE_OWNER_OR_USER")
    assert answer.body[0]["message"] == f"operation performed with inactive user [{company.ann[:15]}] as owner of lead"
    org.settings.inactive_owner_editors = frozenset({org.admin_id})
    assert client("PATCH", f"sobjects/Lead/{lead}", {"Rating": "Hot"}).status == 204


@pytest.mark.parametrize(("exempt", "status"), [(True, 204), (False, 400)])
def test_whether_giving_away_what_an_inactive_user_owns_is_such_an_edit_is_a_switch(
    org: LocalOrg, company: Company, client: Client, exempt: bool, status: int
) -> None:
    org.settings.transfers_from_inactive_owners = exempt
    lead = lead_of_a_leaver(org, company)
    assert client("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": company.bob}).status == status


def test_inactive_owner_is_named_with_the_object_in_small_letters(
    org: LocalOrg, company: Company, client: Client
) -> None:
    answer = client("PATCH", f"sobjects/Lead/{new_lead(org)}", {"OwnerId": company.gone})
    assert answer.body[0]["message"] == f"operation performed with inactive user [{company.gone[:15]}] as owner of lead"


def test_group_that_is_no_queue_owns_nothing(org: LocalOrg, client: Client) -> None:
    group = org.insert("Group", {"Name": "Everyone", "Type": "Regular"})
    answer = client("PATCH", f"sobjects/Lead/{new_lead(org)}", {"OwnerId": group})
    assert answer.code == "FIELD_INTEGRITY_EXCEPTION"


def test_fifteen_character_owner_is_accepted_and_kept_with_eighteen(
    org: LocalOrg, company: Company, client: Client
) -> None:
    lead = new_lead(org)
    assert client("PATCH", f"sobjects/Lead/{lead[:15]}", {"OwnerId": company.ann[:15]}).status == 204
    assert org.get("Lead", lead)["OwnerId"] == company.ann


def test_change_of_owner_writes_two_history_rows_and_marks_the_lead_unread(
    org: LocalOrg, company: Company, client: Client, clock: Clock
) -> None:
    lead = new_lead(org, OwnerId=company.queue, IsUnreadByOwner=False)
    clock.advance(minutes=5)

    client("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": company.ann}, Sforce_Auto_Assign="FALSE")

    rows = org.query("SELECT OldValue, NewValue, DataType FROM LeadHistory WHERE Field = 'Owner' ORDER BY Id")
    assert [(row["OldValue"], row["NewValue"], row["DataType"]) for row in rows] == [
        ("Web Leads", "Ann Abel", "Text"),
        (company.queue, company.ann, "EntityId"),
    ]
    after = org.get("Lead", lead)
    assert after["IsUnreadByOwner"] is True
    assert after["LastModifiedDate"] == after["SystemModstamp"] == "2026-06-10T12:05:00.000+0000"
    assert after["CreatedDate"] == "2026-06-10T12:00:00.000+0000"


@pytest.mark.parametrize("who", ["ann", "bob"])
@pytest.mark.parametrize(
    "path",
    [
        "sobjects/Lead/{}?fields=Id",
        "query?q=SELECT+LastName+FROM+Lead+WHERE+Id='{}'+FOR+VIEW",
        "query?q=SELECT+Id+FROM+Lead",
    ],
)
def test_a_lead_is_read_once_its_owner_has_viewed_it(org: LocalOrg, company: Company, who: str, path: str) -> None:
    lead, other = (new_lead(org, OwnerId=company.ann) for _ in range(2))
    before = org.get("Lead", lead)
    viewer = Client(org, org.issue_token(getattr(company, who)))
    assert viewer("GET", path.format(lead)).status == 200
    viewed = who == "ann" and "{}" in path
    assert org.get("Lead", lead) == before | {"IsUnreadByOwner": not viewed}, "a view moves no stamp"
    assert org.get("Lead", other)["IsUnreadByOwner"] is True


def test_edit_by_the_owner_marks_the_lead_read(org: LocalOrg, company: Company) -> None:
    lead = new_lead(org, OwnerId=company.ann)
    Client(org, org.issue_token(company.ann))("PATCH", f"sobjects/Lead/{lead}", {"Rating": "Hot"})
    assert org.get("Lead", lead)["IsUnreadByOwner"] is False


@pytest.mark.parametrize(
    ("header", "rules_run"), [(None, True), ("TRUE", True), ("true", True), ("FALSE", False), ("false", False)]
)
def test_assignment_rule_takes_the_lead_away_unless_the_header_says_false(
    org: LocalOrg, company: Company, client: Client, header: str | None, rules_run: bool
) -> None:
    lead = new_lead(org, OwnerId=company.queue)
    org.set_assignment_rule("Lead", company.bob)
    headers = {"Sforce_Auto_Assign": header} if header else {}

    assert client("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": company.ann}, **headers).status == 204

    assert org.get("Lead", lead)["OwnerId"] == (company.bob if rules_run else company.ann)


def test_rule_named_in_the_header_runs_although_another_is_active(
    org: LocalOrg, company: Company, client: Client
) -> None:
    lead = new_lead(org)
    named = org.set_assignment_rule("Lead", company.ann)
    org.update("AssignmentRule", named, {"Active": False})
    org.set_assignment_rule("Lead", company.bob)
    client("PATCH", f"sobjects/Lead/{lead}", {"Rating": "Hot"}, Sforce_Auto_Assign=named)
    assert org.get("Lead", lead)["OwnerId"] == company.ann


@pytest.mark.parametrize(("reset", "owner"), [(True, "bob"), (False, "ann")])
def test_case_without_an_active_rule_goes_to_the_default_case_owner(
    org: LocalOrg, company: Company, client: Client, reset: bool, owner: str
) -> None:
    org.settings.reset_case_owner = reset
    org.settings.default_case_owner = company.bob
    case = org.insert("Case", {"Subject": "Help"})
    client("PATCH", f"sobjects/Case/{case}", {"OwnerId": company.ann})
    assert org.get("Case", case)["OwnerId"] == getattr(company, owner)


def test_after_write_hook_may_take_the_record_back(org: LocalOrg, company: Company, client: Client) -> None:
    lead = new_lead(org)

    def flow(change: Any) -> None:
        if change.object == "Lead" and change.after["OwnerId"] == company.ann:
            org.update("Lead", change.id, {"OwnerId": company.queue})

    org.on_write(flow)
    assert client("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": company.ann}).status == 204
    assert org.get("Lead", lead)["OwnerId"] == company.queue


def test_a_merged_lead_names_its_master_and_leaves_its_tasks_to_it(org: LocalOrg, company: Company) -> None:
    loser, master = (org.insert("Lead", {"LastName": name, "Company": "C", "OwnerId": company.ann}) for name in "ab")
    task = org.insert("Task", {"Subject": "Call", "WhoId": loser, "OwnerId": company.ann})
    org.merge("Lead", master, loser)
    assert org.get("Lead", loser)["MasterRecordId"] == master
    assert [row["Id"] for row in org.query("SELECT Id FROM Lead")] == [master]
    assert {row["Id"] for row in org.query("SELECT Id FROM Lead", everything=True)} == {loser, master}
    assert org.get("Task", task)["WhoId"] == master
    with pytest.raises(ApiError, match="ENTITY_IS_DELETED"):
        org.merge("Lead", master, loser)


def test_converted_lead_is_read_only_and_leads_to_account_contact_and_opportunity(
    org: LocalOrg, company: Company, client: Client
) -> None:
    lead = new_lead(org, OwnerId=company.ann)
    made = org.convert_lead(lead)
    after = org.get("Lead", lead)
    assert after["IsConverted"] is True
    assert after["Status"] == "Closed - Converted"
    assert after["ConvertedDate"] == "2026-06-10"
    assert org.get("Opportunity", made["Opportunity"])["OwnerId"] == company.ann
    answer = client("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": company.bob})
    assert answer.code == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_opportunity_belongs_to_a_user_and_counts_its_stage_changes(
    org: LocalOrg, company: Company, client: Client, clock: Clock
) -> None:
    deal = new_deal(org, OwnerId=company.ann, Amount=1000)
    clock.advance(hours=1)
    client("PATCH", f"sobjects/Opportunity/{deal}", {"StageName": "Closed Won"})
    after = org.get("Opportunity", deal)
    assert (after["IsClosed"], after["IsWon"], after["Probability"]) == (True, True, 100.0)
    assert after["ExpectedRevenue"] == 1000.0
    assert after["LastStageChangeDate"] == "2026-06-10T13:00:00.000+0000"
