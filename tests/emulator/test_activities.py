"""Activity History and Open Activities below the record they are about."""

from __future__ import annotations

from typing import Any

import pytest

from sfassign.emulator import LocalOrg

from .conftest import Client, Clock, Company, new_lead

ALL = "SELECT Id, (SELECT Subject, IsTask FROM ActivityHistories), (SELECT Subject FROM OpenActivities) FROM"


def activities(client: Client, sobject: str) -> list[list[str]]:
    """Subjects of what is done and of what is to do, of the only record."""
    (record,) = client.query(f"{ALL} {sobject}").body["records"]
    lists: list[Any] = [record["ActivityHistories"], record["OpenActivities"]]
    return [[row["Subject"] for row in one["records"]] if one else [] for one in lists]


@pytest.mark.parametrize(
    ("sobject", "link"),
    [("Lead", "WhoId"), ("Contact", "WhoId"), ("Account", "WhatId"), ("Case", "WhatId"), ("Opportunity", "WhatId")],
)
def test_a_task_moves_into_the_history_when_it_is_closed(
    org: LocalOrg, client: Client, sobject: str, link: str
) -> None:
    named = {"Case": {"Subject": "s"}, "Account": {"Name": "n"}, "Lead": {"LastName": "n", "Company": "c"}}
    named |= {"Contact": {"LastName": "n"}}
    named |= {"Opportunity": {"Name": "n", "StageName": "Prospecting", "CloseDate": "2026-07-01"}}
    record = org.insert(sobject, named[sobject])
    task = org.insert("Task", {"Subject": "Call", link: record})
    assert activities(client, sobject) == [[], ["Call"]]
    org.update("Task", task, {"Status": "Completed"})
    assert activities(client, sobject) == [["Call"], []]


def test_an_event_is_history_once_it_is_over(org: LocalOrg, client: Client, clock: Clock) -> None:
    lead = new_lead(org)
    times = {"StartDateTime": "2026-06-10T12:15:00Z", "EndDateTime": "2026-06-10T12:45:00Z"}
    org.insert("Event", {"Subject": "Visit", "WhoId": lead, "DurationInMinutes": 30, **times})
    assert activities(client, "Lead") == [[], ["Visit"]]
    clock.advance(minutes=50)
    assert activities(client, "Lead") == [["Visit"], []]


def test_a_deleted_task_is_no_activity(org: LocalOrg, client: Client) -> None:
    task = org.insert("Task", {"Subject": "Call", "WhoId": new_lead(org)})
    org.delete("Task", task)
    assert activities(client, "Lead") == [[], []]


@pytest.mark.parametrize(
    ("subquery", "said"),
    [
        ("SELECT Id FROM ActivityHistories WHERE IsTask = true", "WHERE is not allowed"),
        ("SELECT Id FROM ActivityHistories ORDER BY Subject", "ActivityDate, LastModifiedDate"),
        ("SELECT Id FROM OpenActivities LIMIT 501", "at most 500"),
        ("SELECT Id FROM OpenActivities", "one record only"),
    ],
)
def test_who_may_not_view_all_data_asks_within_narrow_bounds(
    org: LocalOrg, client: Client, company: Company, subquery: str, said: str
) -> None:
    for _ in range(2):
        org.insert("Task", {"Subject": "Call", "WhoId": new_lead(org)})
    agent = Client(org, org.issue_token(company.ann))
    answer = agent.query(f"SELECT Id, ({subquery}) FROM Lead")
    assert answer.code == "MALFORMED_QUERY"
    assert said in answer.body[0]["message"]
    assert client.query(f"SELECT Id, ({subquery}) FROM Lead").status == 200


def test_they_ask_for_one_record_in_the_order_salesforce_gives(org: LocalOrg, company: Company) -> None:
    lead = new_lead(org)
    org.insert("Task", {"Subject": "Call", "WhoId": lead})
    order = "ORDER BY ActivityDate DESC, LastModifiedDate DESC LIMIT 500"
    agent = Client(org, org.issue_token(company.ann))
    soql = f"SELECT Id, (SELECT Subject FROM OpenActivities {order}) FROM Lead WHERE Id = '{lead}'"
    assert agent.query(soql).body["records"][0]["OpenActivities"]["totalSize"] == 1


def test_activities_are_described_and_cannot_be_written(client: Client) -> None:
    described = client("GET", "sobjects/ActivityHistory/describe").body
    assert (described["queryable"], described["createable"], described["keyPrefix"]) == (False, False, None)
    children = {one["relationshipName"] for one in client("GET", "sobjects/Lead/describe").body["childRelationships"]}
    assert {"ActivityHistories", "OpenActivities"} <= children
    assert client("POST", "sobjects/OpenActivity", {"Subject": "x"}).status == 400
