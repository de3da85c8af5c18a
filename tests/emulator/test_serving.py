"""simple-salesforce itself against the org, in the process and over TLS; what only a real socket shows."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceGeneralError, SalesforceMalformedRequest

from sfassign.emulator import InProcessAdapter, LocalOrg, Server, serve

from .conftest import Clock, Company, new_lead


@pytest.fixture
def server(org: LocalOrg) -> Iterator[Server]:
    with serve(org) as running:
        yield running


@pytest.fixture(params=["in process", "over TLS"])
def sf(request: pytest.FixtureRequest, org: LocalOrg) -> Iterator[Any]:
    with requests.Session() as session:
        session.trust_env = False
        if request.param == "in process":
            session.mount("https://", InProcessAdapter(org))
            yield Salesforce(
                session_id=org.issue_token(), instance_url="https://acme.my.salesforce.com", session=session
            )
            return
        with serve(org) as running:
            session.verify = running.ca_bundle
            yield Salesforce(session_id=org.issue_token(), instance_url=running.url, session=session)


def test_simple_salesforce_creates_reads_changes_and_deletes(org: LocalOrg, company: Company, sf: Any) -> None:
    new = sf.Lead.create({"LastName": "Doe", "Company": "Acme"})["id"]
    assert sf.Lead.update(new, {"OwnerId": company.ann}, headers={"Sforce-Auto-Assign": "FALSE"}) == 204
    assert sf.Lead.get(new)["OwnerId"] == company.ann
    assert sf.query("SELECT Owner.Name FROM Lead")["records"][0]["Owner"]["Name"] == "Ann Abel"
    assert sf.api_usage["api-usage"].used == 4
    assert sf.Lead.delete(new) == 204
    assert [row["Id"] for row in sf.query_all("SELECT Id FROM Lead", include_deleted=True)["records"]] == [new]


def test_simple_salesforce_pages_through_a_long_result(org: LocalOrg, sf: Any) -> None:
    ids = org.bulk_insert("Lead", ({"LastName": "x", "Company": "A"} for _ in range(4100)))
    assert [row["Id"] for row in sf.query_all_iter("SELECT Id FROM Lead ORDER BY Id")] == ids


def test_simple_salesforce_describes_and_sends_composites(org: LocalOrg, sf: Any) -> None:
    assert sf.Lead.describe()["keyPrefix"] == "00Q"
    assert "Opportunity" in [one["name"] for one in sf.describe()["sobjects"]]
    assert sf.limits()["DailyApiRequests"]["Max"] == org.settings.daily_limit
    sub = {"method": "GET", "url": "/services/data/v59.0/limits", "referenceId": "a"}
    body = sf.restful("composite", method="POST", json={"compositeRequest": [sub]})
    assert body["compositeResponse"][0]["httpStatusCode"] == 200


def test_simple_salesforce_raises_what_the_status_means(org: LocalOrg, company: Company, sf: Any) -> None:
    lead = new_lead(org)
    with pytest.raises(SalesforceMalformedRequest) as refused:
        sf.Lead.update(lead, {"OwnerId": company.gone})
    content: Any = refused.value.content
    assert content[0]["errorCode"] == "INACTIVE_OWNER_OR_USER"
    with pytest.raises(SalesforceGeneralError) as late:
        sf.Lead.update(lead, {"Rating": "Hot"}, headers={"If-Unmodified-Since": "Wed, 10 Jun 2020 12:00:00 GMT"})
    assert late.value.status == 412
    org.sessions.expire_all()
    with pytest.raises(SalesforceExpiredSession):
        sf.query("SELECT Id FROM Lead")


def test_broken_connection_reaches_the_client_whether_or_not_the_write_landed(org: LocalOrg, sf: Any) -> None:
    lead = new_lead(org)
    org.faults.fail(method="PATCH", drop=True, after=True)
    with pytest.raises(requests.ConnectionError):
        sf.Lead.update(lead, {"Rating": "Hot"})
    assert org.get("Lead", lead)["Rating"] == "Hot"
    assert sf.Lead.get(lead)["Rating"] == "Hot"


@pytest.mark.parametrize("keep", [0, 10])
def test_cut_answer_is_no_answer_and_the_write_landed(org: LocalOrg, sf: Any, keep: int) -> None:
    org.faults.cut(keep, method="POST", path="sobjects/Lead")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        sf.Lead.create({"LastName": "Doe", "Company": "Acme"})
    assert org.count("Lead") == 1
    assert sf.query("SELECT Id FROM Lead")["totalSize"] == 1


def test_cut_answer_may_be_compressed(org: LocalOrg, sf: Any) -> None:
    org.faults.cut(1_000, path="sobjects$")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        sf.describe()
    assert sf.describe()["sobjects"]


def test_answer_without_its_body_is_no_json_and_the_write_landed(org: LocalOrg, sf: Any) -> None:
    org.faults.cut(None, method="POST", path="sobjects/Lead")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        sf.Lead.create({"LastName": "Doe", "Company": "Acme"})
    assert sf.query("SELECT Id FROM Lead")["totalSize"] == 1


@pytest.mark.parametrize("after", [False, True])
def test_client_that_gives_up_waiting_does_not_undo_its_write(org: LocalOrg, server: Server, after: bool) -> None:
    gone, done = threading.Event(), threading.Event()

    def hang(_seconds: float) -> None:
        gone.wait()

    org.faults.slow(30, method="POST", path="sobjects/Lead", after=after, wait=hang)
    with requests.Session() as session:
        session.verify, session.trust_env = str(server.ca_bundle), False
        url = f"{server.url}/services/data/v62.0/sobjects/Lead"
        session.headers["Authorization"] = f"Bearer {org.issue_token()}"
        org.on_write(lambda _change: done.set())
        with pytest.raises(requests.ReadTimeout):
            session.post(url, json={"LastName": "Doe", "Company": "Acme"}, timeout=(5, 0.2))
        gone.set()
        assert done.wait(10)
    assert org.count("Lead") == 1


def test_in_the_process_the_orgs_clock_is_what_a_client_waits_by(org: LocalOrg, clock: Clock) -> None:
    with requests.Session() as session:
        session.mount("https://", InProcessAdapter(org))
        session.headers["Authorization"] = f"Bearer {org.issue_token()}"
        org.faults.slow(25, path="limits", times=3, wait=lambda seconds: clock.advance(seconds=seconds))
        url = "https://acme.my.salesforce.com/services/data/v62.0/limits"
        assert session.get(url, timeout=(5, 60)).status_code == session.get(url).status_code == 200
        with pytest.raises(requests.ReadTimeout):
            session.get(url, timeout=20)


def test_body_may_come_in_chunks_and_the_clock_is_the_orgs(org: LocalOrg, server: Server) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = server.ca_bundle or False
        body = json.dumps({"LastName": "Doe", "Company": "Acme"}).encode()
        headers = {"Authorization": f"Bearer {org.issue_token()}", "Content-Type": "application/json"}
        url = f"{server.url}/services/data/v62.0/sobjects/Lead"
        made = session.post(url, data=iter([body[:10], body[10:]]), headers=headers, timeout=10)
        assert made.status_code == 201
        assert made.headers["Date"] == "Wed, 10 Jun 2026 12:00:00 GMT"
        gone = session.delete(f"{url}/{made.json()['id']}", headers=headers, timeout=10)
        assert (gone.status_code, gone.content) == (204, b"")


def test_plain_http_is_for_clients_that_cannot_do_tls(org: LocalOrg) -> None:
    with serve(org, https=False) as running, requests.Session() as session:
        session.trust_env = False
        assert running.ca_bundle is None
        assert session.get(f"{running.url}/services/data", timeout=10).json()[-1]["version"] == "67.0"


def test_stopped_server_gives_its_port_back(org: LocalOrg) -> None:
    with serve(org, https=False) as first:
        port = first.port
    with serve(org, port=port, https=False) as second:
        assert second.port == port
