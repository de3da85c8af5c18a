"""How a long result is cut into pages: what counts against the size of a page, and where the children go on."""

from __future__ import annotations

from typing import Any

import pytest

from sfassign.emulator import LocalOrg

from .conftest import Client, Company


def pages(client: Client, soql: str, **headers: str) -> list[Any]:
    """Every page of a query."""
    found = [client.query(soql, **headers).body]
    while not found[-1]["done"]:
        found.append(client("GET", found[-1]["nextRecordsUrl"], **headers).body)
    return found


def sizes(found: list[Any]) -> list[int]:
    return [len(page["records"]) for page in found]


@pytest.fixture
def account(org: LocalOrg) -> str:
    """An account with 450 contacts, beside one without any."""
    org.settings.page_size = 200
    full, _ = (org.insert("Account", {"Name": name}) for name in ("Full", "Empty"))
    org.bulk_insert("Contact", [{"LastName": f"C{n:03}", "AccountId": full} for n in range(450)])
    return full


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("TextBody", [450]),
        ("TextBody, HtmlBody", [200, 200, 50]),
        ("TextBody, Parent.Description", [200, 200, 50]),
    ],
)
def test_two_long_texts_make_pages_of_200(org: LocalOrg, client: Client, columns: str, expected: list[int]) -> None:
    case = org.insert("Case", {"Subject": "s", "Description": "long"})
    org.bulk_insert("EmailMessage", [{"ParentId": case, "TextBody": "t", "HtmlBody": "h"} for _ in range(450)])
    found = pages(client, f"SELECT Id, {columns} FROM EmailMessage")
    assert sizes(found) == expected
    assert {page["totalSize"] for page in found} == {450}
    assert len({row["Id"] for page in found for row in page["records"]}) == 450


def test_children_beyond_a_page_have_pages_of_their_own(client: Client, account: str) -> None:
    soql = f"SELECT Id, (SELECT Id, LastName FROM Contacts ORDER BY LastName) FROM Account WHERE Id = '{account}'"
    (parent,) = client.query(soql).body["records"]
    children = parent["Contacts"]
    assert list(children) == ["totalSize", "done", "nextRecordsUrl", "records"]
    assert (children["totalSize"], children["done"], len(children["records"])) == (450, False, 200)
    names = [row["LastName"] for row in children["records"]]
    while not children["done"]:
        children = client("GET", children["nextRecordsUrl"]).body
        names += [row["LastName"] for row in children["records"]]
    assert names == [f"C{n:03}" for n in range(450)]
    assert children["totalSize"] == 450


def test_children_count_against_the_page_of_their_parents(org: LocalOrg, client: Client) -> None:
    org.settings.page_size = 200
    accounts = org.bulk_insert("Account", [{"Name": f"A{n:02}"} for n in range(20)])
    org.bulk_insert("Contact", [{"LastName": "C", "AccountId": one} for one in accounts for _ in range(39)])
    found = pages(client, "SELECT Name, (SELECT Id FROM Contacts) FROM Account ORDER BY Name")
    assert sizes(found) == [5, 5, 5, 5]
    assert [row["Name"] for page in found for row in page["records"]] == [f"A{n:02}" for n in range(20)]
    assert {page["totalSize"] for page in found} == {20}


def test_a_parent_with_more_children_than_a_page_holds_is_a_page_alone(client: Client, account: str) -> None:
    found = pages(client, "SELECT Name, (SELECT Id FROM Contacts) FROM Account ORDER BY Name DESC")
    assert [[row["Name"] for row in page["records"]] for page in found] == [["Full"], ["Empty"]]


def test_code_in_the_process_gets_all_children_at_once(org: LocalOrg, account: str) -> None:
    found = org.query("SELECT Id, (SELECT Id FROM Contacts) FROM Account ORDER BY Name DESC")
    assert (len(found[0]["Contacts"]["records"]), found[0]["Contacts"]["done"]) == (450, True)


def test_a_childs_cursor_is_its_users_own(org: LocalOrg, client: Client, company: Company, account: str) -> None:
    soql = "SELECT Id, (SELECT Id FROM Contacts) FROM Account ORDER BY Name DESC"
    following = client.query(soql).body["records"][0]["Contacts"]["nextRecordsUrl"]
    other = Client(org, org.issue_token(company.ann))
    assert other("GET", following).code == "INVALID_QUERY_LOCATOR"


@pytest.mark.parametrize(("null", "expected"), [(True, None), (False, {"totalSize": 0, "done": True, "records": []})])
def test_no_children_are_null_or_an_empty_list(org: LocalOrg, client: Client, null: bool, expected: object) -> None:
    org.settings.childless_is_null = null
    org.insert("Account", {"Name": "Empty"})
    (row,) = client.query("SELECT Id, (SELECT Id FROM Contacts) FROM Account").body["records"]
    assert row["Contacts"] == expected


@pytest.mark.parametrize(("clamps", "asked", "expected"), [(True, 20, 200), (False, 20, 450), (False, 250, 250)])
def test_a_batch_size_out_of_range_is_the_nearest_one_or_not_heard(
    org: LocalOrg, client: Client, clamps: bool, asked: int, expected: int
) -> None:
    org.settings.clamps_batch_size = clamps
    org.bulk_insert("Contact", [{"LastName": "C"} for _ in range(450)])
    found = client.query("SELECT Id FROM Contact", Sforce_Query_Options=f"batchSize={asked}").body
    assert len(found["records"]) == expected
