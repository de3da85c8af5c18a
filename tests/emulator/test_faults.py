"""Misfortune as planned: what a request meets instead of the org's answer, or on the way to it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sfassign.emulator import LocalOrg
from sfassign.emulator.errors import Dropped

from .conftest import Client, Clock, Company, new_lead


@pytest.mark.parametrize(("after", "owner"), [(False, "admin"), (True, "ann")])
def test_write_fails_before_or_after_it_took_effect(
    org: LocalOrg, company: Company, client: Client, after: bool, owner: str
) -> None:
    lead = new_lead(org)
    org.faults.fail(method="PATCH", path="sobjects/Lead", after=after)
    answer = client("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": company.ann})
    assert (answer.status, answer.code) == (503, "SERVER_UNAVAILABLE")
    assert org.get("Lead", lead)["OwnerId"] == (company.ann if owner == "ann" else org.admin_id)
    assert client("PATCH", f"sobjects/Lead/{lead}", {"OwnerId": company.ann}).status == 204


def test_page_of_html_and_a_broken_connection(org: LocalOrg, client: Client) -> None:
    org.faults.fail(path="limits", html="<html>Down for maintenance</html>")
    answer = client("GET", "limits")
    assert (answer.status, answer.body) == (503, "<html>Down for maintenance</html>")
    org.faults.fail(path="limits", drop=True)
    with pytest.raises(Dropped):
        client("GET", "limits")
    assert org.log[-1].status == 0


def test_subrequest_can_fail_alone(org: LocalOrg, client: Client) -> None:
    leads = [new_lead(org), new_lead(org)]
    org.faults.fail(method="PATCH", path=leads[0], status=400, code="UNABLE_TO_LOCK_ROW", message="locked")
    subs = [
        {"method": "PATCH", "url": f"/services/data/v62.0/sobjects/Lead/{one}", "referenceId": one, "body": {}}
        for one in leads
    ]
    answer = client.composite(*subs)
    assert [one["httpStatusCode"] for one in answer.body["compositeResponse"]] == [400, 204]


def test_a_page_of_html_may_stand_for_one_subrequest(org: LocalOrg, client: Client) -> None:
    lead = new_lead(org)
    org.faults.fail(method="PATCH", path=lead, status=502, html="<html>Bad Gateway</html>")
    sub = {"method": "PATCH", "url": f"/services/data/v62.0/sobjects/Lead/{lead}", "referenceId": "a", "body": {}}
    (part,) = client.composite(sub).body["compositeResponse"]
    assert (part["httpStatusCode"], part["body"]) == (502, "<html>Bad Gateway</html>")


def test_a_subrequest_cannot_cut_the_answer_it_is_part_of(org: LocalOrg, client: Client) -> None:
    org.faults.cut(path="/limits$")
    sub = {"method": "GET", "url": "/services/data/v62.0/limits", "referenceId": "a"}
    assert client.composite(sub).body["compositeResponse"][0]["httpStatusCode"] == 200
    assert len(org.faults.planned) == 1


def test_long_requests_leave_no_place_for_others(org: LocalOrg, client: Client) -> None:
    org.settings.long_requests = 24
    assert client("GET", "limits").status == 200
    org.settings.long_requests = 25
    calls = org.calls
    answer = client("GET", "limits")
    assert (answer.status, answer.code) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert answer.body[0]["message"].startswith("ConcurrentRequests")
    assert org.calls == calls


def test_requests_that_hang_in_the_org_are_the_long_ones(org: LocalOrg, clock: Clock, client: Client) -> None:
    org.settings.concurrent_limit = 3
    inside, free = threading.Semaphore(0), threading.Event()

    def hang(_seconds: float) -> None:
        inside.release()
        free.wait()

    org.faults.slow(30, path="/limits$", times=3, wait=hang)
    with ThreadPoolExecutor(3) as pool:
        hanging = [pool.submit(client, "GET", "limits") for _ in range(3)]
        for _ in hanging:
            inside.acquire()
        assert client("GET", "sobjects").status == 200, "they are not long yet"
        clock.advance(seconds=21)
        assert client("GET", "sobjects").code == "REQUEST_LIMIT_EXCEEDED"
        free.set()
    assert client("GET", "sobjects").status == 200


def test_refused_record_stays_refused_until_allowed(org: LocalOrg, client: Client) -> None:
    lead, other = new_lead(org), new_lead(org)
    org.faults.refuse(lead, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Phone is missing")
    for _ in range(2):
        assert client("PATCH", f"sobjects/Lead/{lead}", {"Rating": "Hot"}).code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert client("PATCH", f"sobjects/Lead/{other}", {"Rating": "Hot"}).status == 204
    org.faults.allow(lead)
    assert client("PATCH", f"sobjects/Lead/{lead}", {"Rating": "Hot"}).status == 204
