from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import responses

from sfassign.errors import ApiLimitReached, OrgUnreachable
from sfassign.ports import ObjectRead, PollRequest
from sfassign.salesforce import SalesforceOrg
from tests.salesforce.answers import (
    BOB,
    NOON,
    SteppingClock,
    composite,
    lead,
    page,
    refused,
)
from tests.salesforce.conftest import Answering

LEADS = ObjectRead("Lead", ("Rating", "Owner.Name"), since=NOON)
EVERYTHING = PollRequest(
    objects=(LEADS, ObjectRead("Case", ()), ObjectRead("Opportunity", ())), sessions_since=NOON, omni=True, frozen=True
)


def sent(http: responses.RequestsMock, call: int) -> list[dict[str, Any]]:
    """The subrequests of a call."""
    body = json.loads(http.calls[call].request.body or "")
    assert body["allOrNone"] is False
    assert body["collateSubrequests"] is False
    parts: list[dict[str, Any]] = body["compositeRequest"]
    assert len({part["referenceId"] for part in parts}) == len(parts)
    return parts


@pytest.mark.parametrize(
    "failure",
    [
        {"body": requests.ConnectionError("reset")},
        {"body": requests.ReadTimeout("slow")},
        {"status": 503, "body": "<html>maintenance</html>"},
        {"status": 502, "body": ""},
        {"status": 420, "body": "edge"},
        {"status": 500, "json": refused("UNKNOWN_EXCEPTION")},
        {"status": 400, "json": refused("TOO_MANY_APEX_REQUESTS")},
        {"status": 403, "json": refused("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (…) Limit exceeded.")},
        {"body": '{"compositeResponse": [{"body": {"done": true, "rec'},
        {"body": "<html>log in to this network</html>"},
        {"json": {"hello": "world"}},
        {"json": 5},
        {"json": None},
        {"json": {"compositeResponse": []}},
        {"json": composite(q0=(503, refused("SERVER_UNAVAILABLE")))},
        {"json": composite(q0=(502, "<html>"))},
        {"json": composite(q0=(200, {"done": True}))},
        {"json": composite(q0=(200, {"done": True, "records": [None]}))},
        {"body": "[" * 100_000},
    ],
)
def test_a_read_is_tried_again_after_a_moment(
    org: SalesforceOrg, answer: Answering, clock: SteppingClock, failure: dict[str, Any]
) -> None:
    answer(**failure)
    answer(json=composite(q0=(200, page(lead()))))
    assert len(org.poll(PollRequest((LEADS,))).rows[0]) == 1
    assert len(clock.slept) == 1


def test_only_the_query_that_failed_is_asked_again(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    answer(json=composite(q0=(200, page(lead())), q1=(503, refused("SERVER_UNAVAILABLE"))))
    answer(json=composite(q1=(200, page({"UserId": BOB}))))
    polled = org.poll(PollRequest((LEADS,), frozen=True))
    assert polled.frozen == frozenset({BOB})
    assert [part["referenceId"] for part in sent(http, 1)] == ["q1"]


def test_a_read_that_keeps_failing_ends_after_four_tries(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering, clock: SteppingClock
) -> None:
    answer(status=503, body="<html>")
    with pytest.raises(OrgUnreachable, match="HTTP 503"):
        org.poll(PollRequest((LEADS,)))
    assert len(http.calls) == 4
    assert 0 < sum(clock.slept) <= 90


def test_what_will_not_pass_by_itself_is_not_tried_again(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    answer(status=403, json=refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
    with pytest.raises(ApiLimitReached):
        org.poll(PollRequest((LEADS,)))
    assert len(http.calls) == 1
