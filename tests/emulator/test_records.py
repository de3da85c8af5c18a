"""One record at a time over REST: rights, types, conditional writes, what the org fills in itself."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sfassign.emulator import LocalOrg

from .conftest import NOON, Client, Clock, Company, new_lead


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({"Company": "Acme"}, "REQUIRED_FIELD_MISSING", ["LastName"]),
        ({"LastName": "Doe"}, "REQUIRED_FIELD_MISSING", ["Company"]),
        ({"LastName": "Doe", "Company": ""}, "REQUIRED_FIELD_MISSING", ["Company"]),
        ({"LastName": "x" * 81, "Company": "Acme"}, "STRING_TOO_LONG", ["LastName"]),
        ({"LastName": "Doe", "Company": "Acme", "Email": "nobody"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ({"LastName": "Doe", "Company": "Acme", "Nope__c": 1}, "INVALID_FIELD", None),
        (
            {"LastName": "Doe", "Company": "Acme", "SystemModstamp": "2026-01-01T00:00:00Z"},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            ["SystemModstamp"],
        ),
        ({"LastName": "Doe", "Company": "Acme", "NumberOfEmployees": "many"}, "JSON_PARSER_ERROR", None),
        (
            {"LastName": "Doe", "Company": "Acme", "NumberOfEmployees": 10**9},
            "NUMBER_OUTSIDE_VALID_RANGE",
            ["NumberOfEmployees"],
        ),
        ({"LastName": "Doe", "Company": "Acme", "IsUnreadByOwner": "maybe"}, "JSON_PARSER_ERROR", None),
        (
            {"LastName": "Doe", "Company": "Acme", "CleanStatus": "Shiny"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            ["CleanStatus"],
        ),
    ],
)
def test_wrong_lead_is_refused_with_the_field_named(
    org: LocalOrg, client: Client, fields: dict[str, Any], code: str, named: list[str] | None
) -> None:
    answer = client("POST", "sobjects/Lead", fields)
    assert (answer.status, answer.code, answer.body[0].get("fields")) == (400, code, named)
    assert org.count("Lead") == 0


def test_unknown_field_is_refused_in_salesforces_words(client: Client) -> None:
    answer = client("POST", "sobjects/Lead", {"LastName": "Doe", "Company": "Acme", "Nope__c": 1})
    assert answer.body[0]["message"] == "No such column 'Nope__c' on sobject of type Lead"


def test_created_record_has_a_location_and_system_fields(org: LocalOrg, client: Client) -> None:
    answer = client("POST", "sobjects/lead/", {"lastname": "Doe", "FIRSTNAME": "Jo", "Company": "Acme"})
    new = answer.body["id"]
    assert (answer.status, answer.body) == (201, {"id": new, "success": True, "errors": []})
    assert answer.headers["Location"] == f"/services/data/v62.0/sobjects/Lead/{new}"
    lead = org.get("Lead", new)
    assert (lead["Name"], lead["Status"], lead["OwnerId"]) == ("Jo Doe", "Open - Not Contacted", org.admin_id)
    assert lead["CreatedById"] == lead["LastModifiedById"] == org.admin_id
    assert lead["IsUnreadByOwner"] is True


def test_record_shows_the_asked_fields_and_always_its_id(org: LocalOrg, client: Client) -> None:
    lead = new_lead(org, City="Wien")
    answer = client("GET", f"sobjects/Lead/{lead}?fields=City,LastName")
    assert answer.body == {
        "attributes": {"type": "Lead", "url": f"/services/data/v62.0/sobjects/Lead/{lead}"},
        "City": "Wien",
        "LastName": "Doe",
        "Id": lead,
    }
    assert client("GET", f"sobjects/Lead/{lead}?fields=Nope").code == "INVALID_FIELD"


@pytest.mark.parametrize(
    ("method", "key", "status", "code"),
    [
        ("GET", "00Q000000000001EAA", 404, "NOT_FOUND"),
        ("PATCH", "00Q000000000001EAA", 404, "INVALID_CROSS_REFERENCE_KEY"),
        ("DELETE", "00Q000000000001EAA", 404, "INVALID_CROSS_REFERENCE_KEY"),
        ("PATCH", "001000000000001AAA", 400, "MALFORMED_ID"),
        ("GET", "00Q000000000001AAB", 404, "NOT_FOUND"),
        ("PUT", "00Q000000000001EAA", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_record_that_is_not_there(client: Client, method: str, key: str, status: int, code: str) -> None:
    answer = client(method, f"sobjects/Lead/{key}", {} if method == "PATCH" else None)
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_deleted_record_is_gone_for_every_method_but_stays_in_query_all(
    org: LocalOrg, client: Client, method: str
) -> None:
    lead = new_lead(org)
    assert client("DELETE", f"sobjects/Lead/{lead}").status == 204
    answer = client(method, f"sobjects/Lead/{lead}", {} if method == "PATCH" else None)
    assert (answer.status, answer.code) == (404, "ENTITY_IS_DELETED")
    assert client("GET", "query?q=SELECT+Id+FROM+Lead").body["totalSize"] == 0
    rows = client("GET", "queryAll?q=SELECT+IsDeleted+FROM+Lead").body["records"]
    assert [row["IsDeleted"] for row in rows] == [True]


@pytest.mark.parametrize(("seconds", "status"), [(-1, 412), (0, 204), (1, 204)])
def test_conditional_write_compares_whole_seconds(
    org: LocalOrg, company: Company, client: Client, clock: Clock, seconds: int, status: int
) -> None:
    clock.advance(milliseconds=700)
    lead = new_lead(org)
    since = (NOON + dt.timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    answer = client("PATCH", f"sobjects/Lead/{lead}", {"Rating": "Hot"}, If_Unmodified_Since=since)
    assert answer.status == status
    assert org.get("Lead", lead)["Rating"] == ("Hot" if status == 204 else None)


@pytest.mark.parametrize(("field", "status"), [("LastModifiedDate", 204), ("SystemModstamp", 412)])
def test_which_stamp_a_condition_means_is_a_switch(org: LocalOrg, client: Client, field: str, status: int) -> None:
    org.settings.precondition_field = field
    lead = new_lead(org, LastModifiedDate=NOON - dt.timedelta(hours=1), SystemModstamp=NOON)
    since = "Wed, 10 Jun 2026 11:30:00 GMT"
    assert client("PATCH", f"sobjects/Lead/{lead}", {"Rating": "Hot"}, If_Unmodified_Since=since).status == status


def test_org_that_ignores_conditions_can_be_had(org: LocalOrg, client: Client) -> None:
    org.settings.honours_preconditions = False
    since = "Wed, 10 Jun 2020 11:30:00 GMT"
    lead = new_lead(org)
    assert client("PATCH", f"sobjects/Lead/{lead}", {"Rating": "Hot"}, If_Unmodified_Since=since).status == 204


def test_condition_that_is_no_date_is_a_bad_request(org: LocalOrg, client: Client) -> None:
    answer = client("PATCH", f"sobjects/Lead/{new_lead(org)}", {}, If_Unmodified_Since="2026-06-10T12:00:00Z")
    assert answer.status == 400


@pytest.mark.parametrize(
    ("since", "status"), [("Wed, 10 Jun 2026 12:00:00 GMT", 304), ("Wed, 10 Jun 2026 11:59:59 GMT", 200)]
)
def test_unchanged_record_is_not_sent_again(org: LocalOrg, client: Client, since: str, status: int) -> None:
    answer = client("GET", f"sobjects/Lead/{new_lead(org)}", If_Modified_Since=since)
    assert answer.status == status


def test_case_is_numbered_and_closes_with_its_status(org: LocalOrg, client: Client, clock: Clock) -> None:
    case = client("POST", "sobjects/Case", {"Subject": "Help"}).body["id"]
    assert (org.get("Case", case)["CaseNumber"], org.get("Case", case)["Status"]) == ("00001001", "New")
    clock.advance(hours=1)
    client("PATCH", f"sobjects/Case/{case}", {"Status": "Closed"})
    closed = org.get("Case", case)
    assert (closed["IsClosed"], closed["ClosedDate"]) == (True, "2026-06-10T13:00:00.000+0000")
    client("PATCH", f"sobjects/Case/{case}", {"Status": "New"})
    assert (org.get("Case", case)["IsClosed"], org.get("Case", case)["ClosedDate"]) == (False, None)


def test_closed_task_moves_the_last_activity_of_its_lead(org: LocalOrg, client: Client) -> None:
    lead = new_lead(org)
    task = client("POST", "sobjects/Task", {"WhoId": lead, "Subject": "Call", "ActivityDate": "2026-06-12"}).body["id"]
    assert org.get("Lead", lead)["LastActivityDate"] is None
    client("PATCH", f"sobjects/Task/{task}", {"Status": "Completed"})
    assert org.get("Lead", lead)["LastActivityDate"] == "2026-06-12"
    assert org.get("Task", task)["IsClosed"] is True


def test_lookup_to_a_record_that_is_not_there_is_refused(client: Client) -> None:
    answer = client("POST", "sobjects/Case", {"AccountId": "001000000000001AAA"})
    assert (answer.status, answer.code) == (400, "INVALID_CROSS_REFERENCE_KEY")
    assert client("POST", "sobjects/Case", {"AccountId": "003000000000001AAA"}).code == "FIELD_INTEGRITY_EXCEPTION"


def test_external_id_upserts_and_reports_whether_it_created(org: LocalOrg, client: Client) -> None:
    org.add_field("Lead", name="Key__c", type="string", external_id=True)
    body = {"LastName": "Doe", "Company": "Acme"}
    first = client("PATCH", "sobjects/Lead/Key__c/k1", body)
    second = client("PATCH", "sobjects/Lead/Key__c/k1", {"LastName": "Roe"})
    assert (first.status, first.body["created"]) == (201, True)
    assert (second.status, second.body["created"], second.body["id"]) == (200, False, first.body["id"])
    assert client("GET", "sobjects/Lead/Key__c/k1").body["LastName"] == "Roe"
    new_lead(org, Key__c="k1")
    assert client("GET", "sobjects/Lead/Key__c/k1").status == 300


def test_post_may_stand_for_another_method(org: LocalOrg, client: Client) -> None:
    lead = new_lead(org)
    assert client("POST", f"sobjects/Lead/{lead}?_HttpMethod=PATCH", {"Rating": "Hot"}).status == 204
    assert org.get("Lead", lead)["Rating"] == "Hot"


def test_body_may_be_compressed_and_must_be_json(org: LocalOrg, client: Client) -> None:
    packed = gzip.compress(json.dumps({"LastName": "Doe", "Company": "Acme"}).encode())
    assert client("POST", "sobjects/Lead", packed, Content_Encoding="gzip").status == 201
    assert client("POST", "sobjects/Lead", b"{nope").code == "JSON_PARSER_ERROR"
    assert client("POST", "sobjects/Lead", b"<a/>", Content_Type="application/xml").status == 415


def test_changed_and_deleted_records_between_two_moments(org: LocalOrg, client: Client, clock: Clock) -> None:
    kept, gone = new_lead(org), new_lead(org)
    org.delete("Lead", gone)
    clock.advance(minutes=10)
    span = "start=2026-06-10T11:59:00%2B00:00&end=2026-06-10T12:05:00%2B00:00"
    assert client("GET", f"sobjects/Lead/updated/?{span}").body["ids"] == [kept]
    found = client("GET", f"sobjects/Lead/deleted/?{span}").body
    assert [row["id"] for row in found["deletedRecords"]] == [gone]
    assert client("GET", "sobjects/Lead/updated/?start=x&end=y").code == "INVALID_REPLICATION_DATE"


def test_validation_of_rights_follows_the_object(client: Client, org: LocalOrg) -> None:
    assert client("POST", "sobjects/LeadHistory", {}).code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    status = org.query("SELECT Id FROM CaseStatus")[0]["Id"]
    assert client("PATCH", f"sobjects/CaseStatus/{status}", {"SortOrder": 9}).status == 400


def test_hidden_field_and_switched_off_feature_look_as_if_they_did_not_exist(org: LocalOrg, client: Client) -> None:
    org.hide_field("Lead", "Rating")
    org.hide_object("UserServicePresence")
    assert client.query("SELECT Rating FROM Lead").code == "INVALID_FIELD"
    assert client.query("SELECT Id FROM UserServicePresence").code == "INVALID_TYPE"
    assert client("GET", "sobjects/UserServicePresence/describe").code == "NOT_FOUND"
    names = [one["name"] for one in client("GET", "sobjects/Lead/describe").body["fields"]]
    assert "Rating" not in names


def test_writers_at_the_same_time_do_not_disturb_each_other(org: LocalOrg, client: Client) -> None:
    def write(number: int) -> int:
        return client("POST", "sobjects/Lead", {"LastName": f"L{number}", "Company": "Acme"}).status

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(write, range(100))) == {201}
    assert (org.count("Lead"), org.calls, len(org.log)) == (100, 100, 100)


def test_org_on_disk_starts_with_a_new_file(clock: Clock, tmp_path: Path) -> None:
    path = str(tmp_path / "org.db")
    made = LocalOrg(clock, path=path)
    new_lead(made)
    assert made.count("Lead") == 1
    made.close()
    with pytest.raises(ValueError, match="is not empty"):
        LocalOrg(clock, path=path)


def test_same_seed_gives_the_same_ids_and_another_seed_others(clock: Clock) -> None:
    first, same, other = LocalOrg(clock, seed=7), LocalOrg(clock, seed=7), LocalOrg(clock, seed=8)
    assert new_lead(first) == new_lead(same) != new_lead(other)
    assert first.issue_token() == same.issue_token()
    for one in (first, same, other):
        one.close()


def test_history_of_the_org_can_be_written_at_earlier_moments(org: LocalOrg, company: Company) -> None:
    lead = org.insert("Lead", {"LastName": "Doe", "Company": "A"}, by=company.ann, at=NOON - dt.timedelta(days=3))
    assert org.get("Lead", lead)["CreatedDate"] == "2026-06-07T12:00:00.000+0000"
    assert org.get("Lead", lead)["CreatedById"] == company.ann
    assert org.query("SELECT Id FROM Lead WHERE CreatedDate = LAST_N_DAYS:2") == []


@pytest.mark.parametrize(
    ("sobject", "table", "key", "fields"),
    [
        ("Ticket__c", "Ticket__History", "ParentId", {"Name": "T-1"}),
        ("Contact", "ContactHistory", "ContactId", {"LastName": "Roe"}),
    ],
)
def test_any_objects_owner_history_can_be_switched_on(
    org: LocalOrg, company: Company, client: Client, sobject: str, table: str, key: str, fields: dict[str, str]
) -> None:
    org.add_object("Ticket__c")
    record = org.insert(sobject, {**fields, "OwnerId": company.ann})
    assert client.query(f"SELECT Id FROM {table}").code == "INVALID_TYPE"
    org.track_owner(sobject)
    org.update(sobject, record, {"OwnerId": company.bob})
    rows = client.query(f"SELECT {key}, OldValue, NewValue FROM {table} WHERE Field IN ('Owner') ORDER BY Id").body
    assert [(row[key], row["OldValue"], row["NewValue"]) for row in rows["records"]] == [
        (record, "Ann Abel", "Bob Bond"),
        (record, company.ann, company.bob),
    ]


def test_history_that_is_switched_off_stops_no_write(org: LocalOrg, company: Company) -> None:
    org.hide_object("LeadHistory")
    lead = new_lead(org, OwnerId=company.ann)
    org.update("Lead", lead, {"OwnerId": company.bob})
    assert org.get("Lead", lead)["OwnerId"] == company.bob


def test_milestones_come_from_the_entitlement_process_and_a_completion_date_completes_them(
    org: LocalOrg, client: Client, clock: Clock
) -> None:
    case = org.insert("Case", {"Subject": "x"})
    due = (NOON + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert client("POST", "sobjects/CaseMilestone", {"CaseId": case, "TargetDate": due}).status >= 400
    milestone = org.insert("CaseMilestone", {"CaseId": case, "TargetDate": due})
    made = org.get("CaseMilestone", milestone)
    assert (made["IsCompleted"], made["IsViolated"]) == (False, False)
    clock.advance(hours=2)
    done = {"CompletionDate": "2026-06-10T13:30:00Z"}
    assert client("PATCH", f"sobjects/CaseMilestone/{milestone}", done).status == 204
    late = org.get("CaseMilestone", milestone)
    assert (late["IsCompleted"], late["IsViolated"]) == (True, True)
    assert late["SystemModstamp"] > made["SystemModstamp"]
