"""SOQL over REST: result shapes, pages, order, groups, and what the org refuses."""

from __future__ import annotations

from typing import Any

import pytest

from sfassign.emulator import ApiError, LocalOrg

from .conftest import Client, Clock, Company, new_deal, new_lead


def test_parent_is_an_object_and_a_missing_parent_is_null(org: LocalOrg, company: Company, client: Client) -> None:
    account = org.insert("Account", {"Name": "Acme", "OwnerId": company.ann})
    contact = org.insert("Contact", {"LastName": "Roe", "AccountId": account})
    case = org.insert("Case", {"Subject": "Help", "ContactId": contact, "OwnerId": company.queue})
    org.insert("Case", {"Subject": "Lost"})
    answer = client.query(
        "SELECT Contact.Account.Owner.Name, Subject, Owner.Type, Owner.Name FROM Case ORDER BY Subject"
    )
    assert answer.body["totalSize"] == 2
    assert answer.body["done"] is True
    first, second = answer.body["records"]
    assert list(first) == ["attributes", "Contact", "Subject", "Owner"]
    assert first["attributes"] == {"type": "Case", "url": f"/services/data/v62.0/sobjects/Case/{case}"}
    assert first["Contact"]["Account"]["Owner"]["Name"] == "Ann Abel"
    assert first["Contact"]["attributes"]["type"] == "Contact"
    assert (first["Owner"]["Type"], first["Owner"]["Name"]) == ("Queue", "Web Leads")
    assert first["Owner"]["attributes"]["url"].endswith(f"/Group/{company.queue}")
    assert second["Contact"] is None
    assert second["Owner"]["Type"] == "User"


@pytest.mark.parametrize(("kind", "shown"), [("Name", "Name"), ("", "Group")])
def test_type_of_an_owner_that_may_be_a_queue_is_a_switch(
    org: LocalOrg, company: Company, client: Client, kind: str, shown: str
) -> None:
    org.settings.polymorphic_type = kind
    new_lead(org, OwnerId=company.queue)
    record = client.query("SELECT Owner.Name FROM Lead").body["records"][0]
    assert record["Owner"]["attributes"]["type"] == shown


def test_count_has_a_total_and_no_records(org: LocalOrg, client: Client) -> None:
    new_lead(org)
    new_lead(org)
    assert client.query("SELECT COUNT() FROM Lead").body == {"totalSize": 2, "done": True, "records": []}


def test_groups_are_named_by_alias_or_number(org: LocalOrg, company: Company, client: Client) -> None:
    for owner, amount in ((company.ann, 10), (company.ann, 20), (company.bob, 5)):
        new_deal(org, OwnerId=owner, Amount=amount)
    answer = client.query(
        "SELECT OwnerId, COUNT(Id) n, SUM(Amount), MAX(Amount) FROM Opportunity GROUP BY OwnerId "
        "HAVING COUNT(Id) > 0 ORDER BY COUNT(Id) DESC"
    )
    assert answer.body["records"] == [
        {"attributes": {"type": "AggregateResult"}, "OwnerId": company.ann, "n": 2, "expr0": 30.0, "expr1": 20.0},
        {"attributes": {"type": "AggregateResult"}, "OwnerId": company.bob, "n": 1, "expr0": 5.0, "expr1": 5.0},
    ]
    by_name = client.query("SELECT Owner.Name, COUNT(Id) FROM Opportunity GROUP BY Owner.Name ORDER BY Owner.Name")
    assert [(row["Name"], row["expr0"]) for row in by_name.body["records"]] == [("Ann Abel", 2), ("Bob Bond", 1)]


def test_children_come_along_and_none_is_null(org: LocalOrg, client: Client) -> None:
    busy, idle = new_lead(org, LastName="Busy"), new_lead(org, LastName="Idle")
    for subject in ("b", "a", "c"):
        org.insert("Task", {"WhoId": busy, "Subject": subject})
    query = "SELECT Id, (SELECT Subject FROM Tasks ORDER BY Subject LIMIT 2) FROM Lead ORDER BY LastName"
    rows = client.query(query).body["records"]
    assert [row["Id"] for row in rows] == [busy, idle]
    assert rows[0]["Tasks"]["totalSize"] == 2
    assert [task["Subject"] for task in rows[0]["Tasks"]["records"]] == ["a", "b"]
    assert rows[1]["Tasks"] is None


def test_semi_and_anti_join(org: LocalOrg, company: Company) -> None:
    anns, queues = new_lead(org, OwnerId=company.ann), new_lead(org, OwnerId=company.queue)

    def found(where: str) -> list[Any]:
        return [row["Id"] for row in org.query(f"SELECT Id FROM Lead WHERE {where} ORDER BY Id")]

    assert found("OwnerId IN (SELECT Id FROM User WHERE LastName = 'abel')") == [anns]
    assert found("OwnerId NOT IN (SELECT Id FROM User)") == [queues]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("Rating", ["none", "hot", "warm"]),
        ("Rating NULLS LAST", ["hot", "warm", "none"]),
        ("Rating DESC", ["none", "warm", "hot"]),
        ("LastName DESC", ["warm", "none", "hot"]),
        ("NumberOfEmployees", ["none", "warm", "hot"]),
    ],
)
def test_order_puts_nulls_first_and_picklists_as_set_up(org: LocalOrg, order: str, names: list[str]) -> None:
    new_lead(org, LastName="warm", Rating="Warm", NumberOfEmployees=1)
    new_lead(org, LastName="hot", Rating="Hot", NumberOfEmployees=2)
    new_lead(org, LastName="none")
    assert [row["LastName"] for row in org.query(f"SELECT LastName FROM Lead ORDER BY {order}")] == names


def test_long_result_comes_in_pages_of_the_asked_size(org: LocalOrg, client: Client) -> None:
    ids = org.bulk_insert("Lead", ({"LastName": f"{n:04d}", "Company": "A"} for n in range(450)))
    answer = client.query("SELECT Id FROM Lead ORDER BY LastName", Sforce_Query_Options="batchSize=200")
    seen = [row["Id"] for row in answer.body["records"]]
    assert (answer.body["totalSize"], answer.body["done"], len(seen)) == (450, False, 200)
    assert answer.body["nextRecordsUrl"].endswith("-200")
    while "nextRecordsUrl" in answer.body:
        answer = client("GET", answer.body["nextRecordsUrl"], Sforce_Query_Options="batchSize=200")
        assert answer.body["totalSize"] == 450
        seen += [row["Id"] for row in answer.body["records"]]
    assert seen == ids
    assert answer.body["done"] is True


@pytest.mark.parametrize(("rows", "done"), [(199, True), (200, True), (201, False)])
def test_result_that_fits_one_page_has_no_next(org: LocalOrg, client: Client, rows: int, done: bool) -> None:
    org.bulk_insert("Lead", ({"LastName": "x", "Company": "A"} for _ in range(rows)))
    body = client.query("SELECT Id FROM Lead", Sforce_Query_Options="batchSize=200").body
    assert (body["totalSize"], body["done"], "nextRecordsUrl" in body) == (rows, done, not done)


def test_pages_keep_their_ids_but_show_values_of_now(org: LocalOrg, client: Client) -> None:
    ids = org.bulk_insert("Lead", ({"LastName": f"{n:04d}", "Company": "A"} for n in range(300)))
    answer = client.query("SELECT Id, Rating FROM Lead ORDER BY Id", Sforce_Query_Options="batchSize=200")
    org.update("Lead", ids[250], {"Rating": "Hot"})
    org.insert("Lead", {"LastName": "late", "Company": "A"})
    rest = client("GET", answer.body["nextRecordsUrl"]).body["records"]
    assert len(rest) == 100
    assert rest[50] == {"attributes": rest[50]["attributes"], "Id": ids[250], "Rating": "Hot"}


def test_page_may_be_smaller_than_asked(org: LocalOrg, client: Client) -> None:
    org.settings.page_shrink = 50
    org.bulk_insert("Lead", ({"LastName": "x", "Company": "A"} for _ in range(300)))
    assert len(client.query("SELECT Id FROM Lead", Sforce_Query_Options="batchSize=200").body["records"]) == 150


@pytest.mark.parametrize("trouble", ["late", "other user", "unknown"])
def test_locator_lives_two_days_and_belongs_to_its_user(
    org: LocalOrg, company: Company, client: Client, clock: Clock, trouble: str
) -> None:
    org.bulk_insert("Lead", ({"LastName": "x", "Company": "A"} for _ in range(300)))
    url = client.query("SELECT Id FROM Lead", Sforce_Query_Options="batchSize=200").body["nextRecordsUrl"]
    if trouble == "late":
        clock.advance(hours=49)
        client.token = org.issue_token()
    elif trouble == "other user":
        client.token = org.issue_token(company.ann)
    else:
        url = url.replace("01g", "01h")
    answer = client("GET", url)
    assert (answer.status, answer.code) == (400, "INVALID_QUERY_LOCATOR")


def test_null_rules_of_unequal_are_a_switch(org: LocalOrg) -> None:
    new_lead(org)
    new_lead(org, Rating="Cold")
    for query in ("Rating != 'Hot'", "Rating NOT IN ('Hot')", "(NOT Rating = 'Hot')"):
        assert org.count("Lead", query) == 2
    org.settings.unequal_finds_null = False
    assert org.count("Lead", "Rating != 'Hot'") == 1
    assert org.count("Lead", "Rating NOT IN ('Hot')") == 1


def test_today_is_the_users_today(org: LocalOrg, company: Company, clock: Clock) -> None:
    clock.now = clock.now.replace(hour=2)
    new_lead(org)
    org.update("User", company.ann, {"TimeZoneSidKey": "Europe/Vienna"})
    clock.now = clock.now.replace(hour=8)
    query = "SELECT Id FROM Lead WHERE CreatedDate = TODAY"
    assert len(org.query(query, by=company.ann)) == 1
    assert len(org.query(query, by=org.admin_id)) == 0  # still yesterday in Los Angeles when it was made


def test_sessions_of_others_can_be_masked(org: LocalOrg, company: Company) -> None:
    for user in (company.ann, company.bob):
        org.insert("AuthSession", {"UsersId": user, "SessionType": "UI"})
    assert len(org.query("SELECT UsersId FROM AuthSession", by=company.ann)) == 2
    org.settings.session_viewers = frozenset({org.admin_id})
    assert [row["UsersId"] for row in org.query("SELECT UsersId FROM AuthSession", by=company.ann)] == [company.ann]
    assert len(org.query("SELECT UsersId FROM AuthSession")) == 2


def test_custom_object_and_lookup_are_queried_like_standard_ones(org: LocalOrg, company: Company) -> None:
    org.add_object("Ticket__c")
    org.add_field("Ticket__c", name="Lead__c", type="reference", references=["Lead"])
    lead = new_lead(org, City="Wien")
    org.insert("Ticket__c", {"Name": "T1", "Lead__c": lead})
    assert org.query("SELECT Name, Lead__r.City FROM Ticket__c")[0]["Lead__r"]["City"] == "Wien"
    assert org.query("SELECT (SELECT Name FROM Tickets__r) FROM Lead")[0]["Tickets__r"]["totalSize"] == 1


REFUSED = [
    ("SELECT Id FORM Lead", "MALFORMED_QUERY", "ERROR at Row:1:Column:"),
    ("SELECT Id FROM Lead WHERE Id IN ()", "MALFORMED_QUERY", "ERROR at Row:1:Column:"),
    ("SELECT Id, Nope__c FROM Lead", "INVALID_FIELD", "Row:1:Column:12\nNo such column 'Nope__c' on entity 'Lead'."),
    ("SELECT Id FROM Lead WHERE Nope__c = 1", "INVALID_FIELD", "No such column 'Nope__c' on entity 'Lead'."),
    ("SELECT Nope__r.Id FROM Lead", "INVALID_FIELD", "Didn't understand relationship 'Nope__r'"),
    ("SELECT Id FROM Nope__c", "INVALID_TYPE", "ERROR at Row:1:Column:16\nsObject type 'Nope__c' is not supported."),
    ("SELECT Id, (SELECT Id FROM Nopes) FROM Lead", "INVALID_TYPE", "Didn't understand relationship 'Nopes'"),
    ("SELECT Id, Id FROM Lead", "INVALID_FIELD", "duplicate field selected: Id"),
    ("SELECT Owner.Type FROM Opportunity", "INVALID_FIELD", "No such column 'Type' on entity 'User'"),
    ("SELECT Owner.TimeZoneSidKey FROM Lead", "INVALID_FIELD", "No such column 'TimeZoneSidKey' on entity 'Name'"),
    ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered in a query call"),
    ("SELECT Id FROM LoginHistory WHERE Status = 'x'", "INVALID_FIELD", "can not be filtered in a query call"),
    ("SELECT Id FROM Lead ORDER BY Description", "MALFORMED_QUERY", "can not be sorted in a query call"),
    ("SELECT Id FROM Lead WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "'CreatedDate' must be of type dateTime and should not be enclosed in quotes"),  # noqa: E501
    ("SELECT Id FROM Lead WHERE ConvertedDate > 2026-01-01T00:00:00Z", "INVALID_FIELD", "must be of type date and"),
    ("SELECT Id FROM Lead WHERE IsConverted = 'true'", "INVALID_FIELD", "must be of type boolean"),
    ("SELECT Id FROM Lead WHERE City = 5", "INVALID_FIELD", "must be of type string and should be enclosed in quotes"),
    ("SELECT Id FROM Lead WHERE NumberOfEmployees = '5'", "INVALID_FIELD", "must be of type int"),
    ("SELECT Id FROM Lead WHERE OwnerId = 'nobody'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: nobody"),
    ("SELECT Id FROM Lead WHERE OwnerId LIKE '005%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id field"),
    ("SELECT Id FROM Lead WHERE City INCLUDES ('a')", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on string"),
    ("SELECT Id FROM Lead LIMIT 1 OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"),
    ("SELECT Id, COUNT(Id) FROM Lead GROUP BY OwnerId", "MALFORMED_QUERY", "Field must be grouped or aggregated: Id"),
    ("SELECT COUNT(Id) FROM Lead LIMIT 5", "MALFORMED_QUERY", "cannot also use LIMIT"),
    ("SELECT COUNT() FROM Lead ORDER BY Id", "MALFORMED_QUERY", ""),
    ("SELECT CreatedDate, COUNT(Id) FROM Lead GROUP BY CreatedDate", "MALFORMED_QUERY", "can not be grouped"),
    ("SELECT SUM(City) FROM Lead", "MALFORMED_QUERY", "does not support aggregate operator SUM"),
    ("SELECT MAX(IsConverted) FROM Lead", "MALFORMED_QUERY", "does not support aggregate operator MAX"),
    ("SELECT FIELDS(ALL) FROM Lead", "MALFORMED_QUERY", "LIMIT"),
    ("SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task)", "MALFORMED_QUERY", "not supported for semi join"),
    ("SELECT Id FROM Lead WHERE Id IN (SELECT ConvertedAccountId FROM Lead)", "MALFORMED_QUERY", "same object type"),
    ("SELECT Id FROM ActivityHistory", "INVALID_TYPE", "is not supported"),
]  # fmt: skip


@pytest.mark.parametrize(("soql", "code", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_query_the_org_does_not_understand(client: Client, soql: str, code: str, message: str) -> None:
    answer = client.query(soql)
    assert (answer.status, answer.code) == (400, code)
    assert message in answer.body[0]["message"]


def test_engine_raises_what_the_api_answers(org: LocalOrg) -> None:
    with pytest.raises(ApiError, match="No such column"):
        org.query("SELECT Nope FROM Lead")


@pytest.mark.parametrize(
    "soql",
    [
        "select id, owner.name from lead where owner.type = 'queue'",
        "SELECT l.Id, l.Owner.Name FROM Lead l WHERE l.IsConverted = false",
        "SELECT Lead.Id FROM Lead USING SCOPE mine",
        "SELECT Id FROM Contact c, c.Account a WHERE a.Name = 'x'",
        "SELECT toLabel(Status) FROM Lead",
        "SELECT CALENDAR_YEAR(convertTimezone(CreatedDate)), COUNT(Id) FROM Lead GROUP BY CALENDAR_YEAR(convertTimezone(CreatedDate))",  # noqa: E501
        "SELECT DAY_ONLY(CreatedDate) d, COUNT_DISTINCT(OwnerId) FROM Lead GROUP BY DAY_ONLY(CreatedDate) ORDER BY DAY_ONLY(CreatedDate)",  # noqa: E501
        "SELECT UserId, ServicePresenceStatus.DeveloperName FROM UserServicePresence WHERE IsCurrentState = true",
        "SELECT UsersId, SessionType, NumSecondsValid FROM AuthSession WHERE LastModifiedDate > 2026-06-10T00:00:00Z",
        "SELECT UserOrGroupId, Group.Name FROM GroupMember WHERE Group.Type = 'Queue'",
        "SELECT Address, Owner.Profile.Name, Owner.UserRole.Name FROM Lead WHERE Owner.IsActive = false",
        "SELECT FIELDS(STANDARD) FROM Case",
        "SELECT StageName, MIN(CloseDate), MAX(CreatedDate) FROM Opportunity GROUP BY StageName ORDER BY StageName",
        "SELECT Who.Name, Who.Type, What.Name FROM Task WHERE What.Type = 'Case'",
        "SELECT Id FROM Lead WHERE (NOT (City LIKE 'W%' OR Rating IN ('Hot', null))) AND CreatedDate = LAST_N_DAYS:30",
    ],
)
def test_documented_query_is_answered(org: LocalOrg, company: Company, client: Client, soql: str) -> None:
    new_lead(org, OwnerId=company.queue)
    assert client.query(soql).status == 200


def test_every_history_row_says_which_table_it_is_from(org: LocalOrg, company: Company, client: Client) -> None:
    case, deal = org.insert("Case", {"Subject": "Help"}), new_deal(org)
    org.update("Case", case, {"OwnerId": company.ann})
    org.update("Opportunity", deal, {"StageName": "Closed Lost"})
    for table, field, rows in (("CaseHistory", "Owner", 2), ("OpportunityFieldHistory", "StageName", 1)):
        found = client.query(f"SELECT Field FROM {table} WHERE Field = '{field}'").body["records"]
        assert len(found) == rows
        assert f"/sobjects/{table}/017" in found[0]["attributes"]["url"]


def test_task_about_a_custom_object_is_accepted(org: LocalOrg) -> None:
    org.add_object("Ticket__c")
    ticket = org.insert("Ticket__c", {"Name": "T1"})
    task = org.insert(
        "Task", {"WhatId": ticket, "Subject": "Look", "ActivityDate": "2026-06-12", "Status": "Completed"}
    )
    assert org.get("Task", task)["WhatId"] == ticket
    assert org.get("Ticket__c", ticket)["LastActivityDate"] == "2026-06-12"
