"""simple-salesforce's own methods against the local org, over a socket, with none of our code in between."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_soql

from .conftest import LEADS, Served, real_time

Library = Any
"""A `Salesforce` object: its attributes are the org's objects, looked up by name at run time."""


class HostRewriting(HTTPAdapter):
    """Sends every https request to one plain address: the library knows only hosts of salesforce.com, by https."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        asked = urlsplit(str(request.url))
        request.headers["Host"] = asked.netloc
        request.url = urlunsplit((self.url.scheme, self.url.netloc, asked.path, asked.query, ""))
        return super().send(request, *args, **more)


@pytest.fixture
def wire(served: Served) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", HostRewriting(served.url))
    return session


@pytest.fixture
def sf(served: Served, wire: requests.Session) -> Library:
    return Salesforce(session_id=served.token, instance_url="https://acme.my.salesforce.com", session=wire)


# --- reading ----------------------------------------------------------------------------------------------------------


def test_query_gives_a_page_and_where_the_next_one_is(sf: Library) -> None:
    page = sf.query("SELECT Id, LastName FROM Contact ORDER BY LastName")
    assert (page["totalSize"], page["done"], len(page["records"])) == (LEADS, False, 200)
    following = sf.query_more(page["nextRecordsUrl"], identifier_is_url=True)
    assert following["records"][0]["LastName"] == "Contact 0200"
    locator = page["nextRecordsUrl"].rsplit("/", 1)[-1]
    assert sf.query_more(locator)["records"][0]["LastName"] == "Contact 0200"


def test_query_all_iter_walks_every_page(sf: Library, served: Served) -> None:
    names = [row["LastName"] for row in sf.query_all_iter("SELECT LastName FROM Contact ORDER BY LastName")]
    assert names == [f"Contact {number:04d}" for number in range(LEADS)]
    assert sum("/query/" in entry.path for entry in served.org.log) == 3
    assert sf.query_all("SELECT Id FROM Contact")["totalSize"] == LEADS


def test_deleted_records_come_only_when_asked_for(sf: Library, served: Served) -> None:
    gone = served.org.query("SELECT Id FROM Contact LIMIT 1")[0]["Id"]
    sf.Contact.delete(gone)
    assert sf.query("SELECT COUNT() FROM Contact")["totalSize"] == LEADS - 1
    assert sf.query("SELECT COUNT() FROM Contact", include_deleted=True)["totalSize"] == LEADS
    query = f"SELECT IsDeleted FROM Contact WHERE Id = '{gone}'"
    assert sf.query(query, include_deleted=True)["records"][0]["IsDeleted"] is True


def test_the_librarys_own_quoting_is_understood(sf: Library, served: Served) -> None:
    odd = 'O\'Neil \\ "50%" _x\n'
    served.org.insert("Lead", {"LastName": odd, "Company": "Acme"})
    query = format_soql(
        "SELECT LastName FROM Lead WHERE LastName = {} AND CreatedDate > {}",
        odd,
        dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    )
    assert [row["LastName"] for row in sf.query(query)["records"]] == [odd.strip("")]
    like = format_soql("SELECT LastName FROM Lead WHERE LastName LIKE '%{:like}%'", "50%")
    assert sf.query(like)["totalSize"] == 1


def test_search_finds_words(sf: Library, served: Served) -> None:
    lead = served.org.insert(
        "Lead", {"LastName": "Lovelace", "FirstName": "Ada", "Company": "Engines", "Email": "ada@x.example"}
    )
    served.org.insert("Account", {"Name": "Lovelace Engines"})
    found = sf.search("FIND {love*} IN NAME FIELDS RETURNING Lead(Id, Name ORDER BY Name LIMIT 5), Account(Name)")
    rows = found["searchRecords"]
    assert [(row["attributes"]["type"], row["Name"]) for row in rows] == [
        ("Lead", "Ada Lovelace"),
        ("Account", "Lovelace Engines"),
    ]
    assert [row["Id"] for row in sf.quick_search("ada@x.example")["searchRecords"]] == [lead]
    with pytest.raises(SalesforceMalformedRequest, match="MALFORMED_SEARCH"):
        sf.search("FIND Lovelace")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ada lovelace", ["Ada Lovelace"]),
        ('"ada lovelace"', ["Ada Lovelace"]),
        ('"lovelace ada"', []),
        ("ADA OR grace", ["Ada Lovelace", "Grace Hopper"]),
        ("engines AND NOT ada", ["Grace Hopper"]),
        ("(ada OR grace) AND hopper", ["Grace Hopper"]),
        ("?da lov*", ["Ada Lovelace"]),
        ("ad", []),
    ],
)
def test_words_of_a_search_are_combined_as_documented(
    sf: Library, served: Served, words: str, found: list[str]
) -> None:
    for first, last in (("Ada", "Lovelace"), ("Grace", "Hopper")):
        served.org.insert("Lead", {"FirstName": first, "LastName": last, "Company": "Engines"})
    rows = sf.search(f"FIND {{{words}}} IN ALL FIELDS RETURNING Lead(Name ORDER BY Name)")["searchRecords"]
    assert [row["Name"] for row in rows] == found


# --- one record -------------------------------------------------------------------------------------------------------


def test_a_record_is_made_read_changed_and_deleted(sf: Library, served: Served) -> None:
    made = sf.Lead.create({"LastName": "Lovelace", "Company": "Engines", "OwnerId": served.queue})
    assert made == {"id": made["id"], "success": True, "errors": []}
    assert sf.Lead.get(made["id"])["Name"] == "Lovelace"
    assert sf.Lead.update(made["id"], {"Rating": "Hot"}, headers={"Sforce-Auto-Assign": "FALSE"}) == 204
    assert served.org.get("Lead", made["id"])["Rating"] == "Hot"
    assert sf.Lead.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound, match="ENTITY_IS_DELETED"):
        sf.Lead.get(made["id"])
    with pytest.raises(SalesforceResourceNotFound, match="INVALID_CROSS_REFERENCE_KEY"):
        sf.Lead.update("00Q000000000000EAA", {"Rating": "Hot"})
    with pytest.raises(SalesforceMalformedRequest, match="REQUIRED_FIELD_MISSING"):
        sf.Lead.create({"Company": "Engines"})


def test_a_record_is_found_and_written_by_its_external_id(sf: Library, served: Served) -> None:
    assert sf.Account.upsert("Key__c/K-1", {"Name": "Keyed"}) == 201
    assert sf.Account.upsert("Key__c/K-1", {"Name": "Renamed"}) == 200
    assert sf.Account.get_by_custom_id("Key__c", "K-1")["Name"] == "Renamed"
    served.org.insert("Account", {"Name": "Twin", "Key__c": "K-1"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        sf.Account.get_by_custom_id("Key__c", "K-1")


def test_a_change_since_the_given_moment_is_refused(sf: Library, served: Served) -> None:
    lead = served.org.insert("Lead", {"LastName": "x", "Company": "y"})
    with pytest.raises(SalesforceGeneralError) as refused:
        sf.Lead.update(lead, {"Rating": "Hot"}, headers={"If-Unmodified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"})
    assert refused.value.status == 412


# --- about the org ----------------------------------------------------------------------------------------------------


def test_objects_and_limits_are_described(sf: Library, served: Served) -> None:
    assert {"Lead", "Case", "Opportunity"} <= {one["name"] for one in sf.describe()["sobjects"]}
    assert sf.Lead.describe()["keyPrefix"] == "00Q"
    about = sf.Lead.metadata()
    assert about["objectDescribe"]["name"] == "Lead"
    assert isinstance(about["recentItems"], list)
    assert sf.limits()["DailyApiRequests"]["Max"] == served.org.settings.daily_limit
    sf.query("SELECT Id FROM Lead")
    assert sf.api_usage["api-usage"].total == served.org.settings.daily_limit
    assert sf.is_sandbox() in {True, False}


def test_what_changed_and_what_was_deleted_is_listed(sf: Library, served: Served) -> None:
    kept, gone = (served.org.insert("Lead", {"LastName": name, "Company": "c"}) for name in "ab")
    served.org.delete("Lead", gone)
    start, end = real_time() - dt.timedelta(minutes=5), real_time() + dt.timedelta(minutes=5)
    assert sf.Lead.updated(start, end)["ids"] == [kept]
    assert [one["id"] for one in sf.Lead.deleted(start, end)["deletedRecords"]] == [gone]


def test_bulk_query_comes_as_csv_in_parts(sf: Library, served: Served) -> None:
    served.org.settings.bulk_seconds = 0.3
    parts = list(
        sf.bulk2.Contact.query(
            "SELECT LastName, Owner.Name, Email FROM Contact ORDER BY LastName", max_records=200, wait=0.1
        )
    )
    rows = [row for part in parts for row in csv.reader(io.StringIO(str(part)))]
    assert len(parts) == 3
    assert rows[0] == ["LastName", "Owner.Name", "Email"]
    assert rows[1] == ["Contact 0000", "Ann Abel", ""]
    assert len(rows) == LEADS + 3
    with pytest.raises(SalesforceMalformedRequest, match="GROUP BY"):
        list(sf.bulk2.Contact.query("SELECT COUNT(Id) FROM Contact", wait=0.1))


def test_collections_and_composite_go_through_restful(sf: Library, served: Served) -> None:
    leads = [served.org.insert("Lead", {"LastName": name, "Company": "c"}) for name in "ab"]
    records = [{"attributes": {"type": "Lead"}, "id": lead, "OwnerId": served.queue} for lead in leads]
    answers = sf.restful("composite/sobjects", method="PATCH", json={"allOrNone": False, "records": records})
    assert [one["success"] for one in answers] == [True, True]
    change = {
        "method": "PATCH",
        "url": f"/services/data/v{sf.sf_version}/sobjects/Lead/{leads[0]}",
        "referenceId": "a",
        "body": {"Rating": "Hot"},
    }
    answer = sf.restful("composite", method="POST", json={"compositeRequest": [change]})
    assert [one["httpStatusCode"] for one in answer["compositeResponse"]] == [204]
    assert served.org.get("Lead", leads[0])["Rating"] == "Hot"


# --- the four logins --------------------------------------------------------------------------------------------------


def who(sf: Library) -> str:
    """Whose session it is, from what it just wrote."""
    made = sf.Lead.create({"LastName": "mine", "Company": "c"})
    return str(sf.Lead.get(made["id"])["CreatedById"])


def test_password_and_security_token_log_in_by_soap(served: Served, wire: requests.Session) -> None:
    served.org.settings.soap_login = True
    served.org.set_password(served.ann, "secret", "TOKEN")
    given: dict[str, Any] = {"username": "ann@acme.example", "password": "secret", "session": wire, "version": "59.0"}
    assert who(Salesforce(security_token="TOKEN", **given)) == served.ann
    with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_LOGIN"):
        Salesforce(**given | {"password": "wrong"}, security_token="TOKEN")
    served.org.settings.soap_login = False
    with pytest.raises(SalesforceAuthenticationFailed):
        Salesforce(security_token="TOKEN", **given)


def test_a_signed_assertion_logs_in(served: Served, wire: requests.Session) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    served.org.add_client("the-app", "the-secret", certificate=public.decode())
    given: dict[str, Any] = {"username": "ann@acme.example", "privatekey": private.decode(), "session": wire}
    assert who(Salesforce(consumer_key="the-app", **given)) == served.ann
    with pytest.raises(SalesforceAuthenticationFailed, match="client identifier invalid"):
        Salesforce(consumer_key="another-app", **given)


def test_client_credentials_log_in_as_the_apps_user(served: Served, wire: requests.Session) -> None:
    served.org.add_client("the-app", "the-secret", run_as=served.ann)
    given: dict[str, Any] = {"consumer_key": "the-app", "domain": "acme.my", "session": wire}
    assert who(Salesforce(consumer_secret="the-secret", **given)) == served.ann
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid client credentials"):
        Salesforce(consumer_secret="wrong", **given)


def test_password_with_a_consumer_key_logs_in_by_oauth(served: Served, wire: requests.Session) -> None:
    served.org.add_client("the-app", "the-secret")
    served.org.set_password(served.ann, "secret", "TOKEN")
    given: dict[str, Any] = {
        "username": "ann@acme.example",
        "consumer_key": "the-app",
        "consumer_secret": "the-secret",
        "session": wire,
    }
    assert who(Salesforce(password="secretTOKEN", **given)) == served.ann
    with pytest.raises(SalesforceAuthenticationFailed, match="authentication failure"):
        Salesforce(password="wrong", **given)


def test_an_existing_session_works_until_it_ends(served: Served, wire: requests.Session) -> None:
    token = served.token
    sf: Library = Salesforce(session_id=token, instance_url="https://acme.my.salesforce.com", session=wire)
    assert who(sf) == served.ann
    served.org.expire_token(token)
    with pytest.raises(SalesforceExpiredSession, match="INVALID_SESSION_ID"):
        sf.query("SELECT Id FROM Lead")


def test_a_session_that_ends_is_renewed_by_the_library(served: Served, wire: requests.Session) -> None:
    served.org.add_client("the-app", "the-secret", run_as=served.ann)
    sf: Library = Salesforce(consumer_key="the-app", consumer_secret="the-secret", domain="acme.my", session=wire)
    served.org.expire_token(sf.session_id)
    assert sf.query("SELECT COUNT() FROM Contact")["totalSize"] == LEADS
