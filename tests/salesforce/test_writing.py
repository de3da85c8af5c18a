from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import MaxRetryError, NewConnectionError

from sfassign.errors import ApiLimitReached, LoginFailed, OrgError, OrgRefused, OrgUnreachable, WriteUnproven
from sfassign.ports import Answer, ObjectRead, OwnerChange
from sfassign.salesforce import AccessToken, SalesforceOrg
from tests.salesforce.answers import (
    ALICE,
    BOB,
    COMPOSITE,
    HOST,
    LEAD,
    NOON,
    QUEUE,
    TOKEN,
    SteppingClock,
    composite,
    dated,
    lead,
    page,
    refused,
)
from tests.salesforce.conftest import Answering

SECOND = "00Q000000000002EAA"
CASE = "500000000000001AAA"
READS = {"Lead": ObjectRead("Lead", ("Rating",), since=NOON), "Case": ObjectRead("Case", ())}
GUARD = dt.datetime(2026, 11, 23, 11, 0, 1, 999_000, tzinfo=dt.UTC)


def change(entry: int = 1, record: str = LEAD, name: str = "Lead", **fields: Any) -> OwnerChange:
    return OwnerChange(entry, name, record, ALICE, GUARD, fields)


def case() -> dict[str, Any]:
    return {**lead(CASE, ALICE), "attributes": {"type": "Case", "url": "…"}}


def test_each_update_carries_its_own_guard_and_keeps_assignment_rules_out(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    answer(json=composite(e1=(204, None), e2=(204, None), r0=(200, page(lead(owner=ALICE))), r1=(200, page(case()))))
    org.write([change(1, Status="Working"), change(2, CASE, "Case")], READS)
    [call] = http.calls
    assert call.request.req_kwargs["timeout"] == (7, 28)  # type: ignore[attr-defined] # responses adds it
    body = json.loads(call.request.body or "")
    assert (body["allOrNone"], body["collateSubrequests"]) == (False, False)
    first, second, *read_backs = body["compositeRequest"]
    headers = {"Sforce-Auto-Assign": "FALSE", "If-Unmodified-Since": "Mon, 23 Nov 2026 11:00:01 GMT"}
    assert first == {
        "method": "PATCH",
        "url": f"/services/data/v62.0/sobjects/Lead/{LEAD}",
        "referenceId": "e1",
        "httpHeaders": headers,
        "body": {"Status": "Working", "OwnerId": ALICE},
    }
    assert second["httpHeaders"] == headers
    assert second["body"] == {"OwnerId": ALICE}
    assert [(part["method"], part["referenceId"]) for part in read_backs] == [("GET", "r0"), ("GET", "r1")]
    assert "Rating" in read_backs[0]["url"]
    assert "SystemModstamp+%3E" not in read_backs[0]["url"]


def test_every_change_gets_its_own_answer_and_the_record_as_it_is_now(org: SalesforceOrg, answer: Answering) -> None:
    locked = refused("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    answer(
        json=composite(
            r0=(200, page(lead(owner=ALICE), lead(SECOND, BOB))),
            e3=(400, locked),
            e2=(412, refused("PRECONDITION_FAILED")),
            e1=(204, None),
        )
    )
    first, second, third = org.write([change(1), change(2, SECOND), change(3, "00Q000000000003EAA")], READS)
    assert (first.entry, first.answer, first.code) == (1, Answer.ACCEPTED, None)
    assert first.row is not None
    assert first.row.owner == ALICE
    assert (second.answer, second.code) == (Answer.CHANGED_SINCE, None)
    assert second.row is not None
    assert second.row.owner == BOB
    assert (third.answer, third.code) == (Answer.REFUSED, "UNABLE_TO_LOCK_ROW")
    assert third.message == "unable to obtain exclusive access to this record"
    assert (third.row, third.read_back) == (None, True)


@pytest.mark.parametrize("body", [None, "", [], [{"message": "x"}], "<html>"])
def test_412_is_told_by_its_status_alone(org: SalesforceOrg, answer: Answering, body: object) -> None:
    answer(json=composite(e1=(412, body), r0=(200, page(lead()))))
    [result] = org.write([change()], READS)
    assert result.answer is Answer.CHANGED_SINCE


@pytest.mark.parametrize(
    "read_back",
    [
        (503, refused("SERVER_UNAVAILABLE")),
        (400, "<html>"),
        (200, {"done": False, "records": [], "nextRecordsUrl": "/services/data/v62.0/query/01g-1"}),
        (200, page(lead(SystemModstamp="soon"))),
        (200, page(lead(SystemModstamp="9999-12-31T23:59:59.000-1200"))),
        (200, {"done": True}),
        (200, {"done": True, "records": [None]}),
        (200, {"done": True, "records": ["00Q000000000001EAA"]}),
    ],
)
def test_a_failed_read_back_is_not_taken_for_a_missing_record(
    org: SalesforceOrg, answer: Answering, read_back: tuple[int, Any]
) -> None:
    answer(json=composite(e1=(204, None), r0=read_back))
    [result] = org.write([change()], READS)
    assert (result.answer, result.row, result.read_back) == (Answer.ACCEPTED, None, False)


@pytest.mark.parametrize(
    "failure",
    [
        {"body": requests.ReadTimeout("slow")},
        {"body": requests.ConnectionError("Connection aborted.", ConnectionResetError())},
        {"body": requests.exceptions.ChunkedEncodingError("cut")},
        {"status": 503, "body": "<html>maintenance</html>"},
        {"status": 500, "json": refused("UNKNOWN_EXCEPTION")},
        {"status": 503, "json": refused("SERVER_UNAVAILABLE")},
        {"status": 420, "body": ""},
        {"status": 401, "body": "<html>who are you?</html>"},
        {"status": 400, "body": "<html>Bad Request</html>"},
        {"body": '{"compositeResponse": [{"body": null, "httpStatusCode": 204, "refer'},
        {"body": "[" * 100_000},
        {"json": {"hello": "world"}},
        {"json": composite()},
        {"json": {"compositeResponse": [{"referenceId": "e1"}]}},
    ],
)
def test_a_write_without_a_usable_answer_is_unknown_and_never_repeated(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering, clock: SteppingClock, failure: dict[str, Any]
) -> None:
    answer(**failure)
    results = org.write([change(1), change(2, SECOND)], READS)
    assert [(r.entry, r.answer, r.row, r.read_back) for r in results] == [
        (1, Answer.UNKNOWN, None, False),
        (2, Answer.UNKNOWN, None, False),
    ]
    assert len(http.calls) == 1
    assert clock.slept == []


def test_a_change_the_answer_does_not_mention_is_unknown(org: SalesforceOrg, answer: Answering) -> None:
    answer(json=composite(e1=(204, None), r0=(200, page(lead(owner=ALICE)))))
    results = org.write([change(1), change(2, SECOND)], READS)
    assert [result.answer for result in results] == [Answer.ACCEPTED, Answer.UNKNOWN]


REFUSED_CONNECTION = MaxRetryError(None, "/", NewConnectionError(None, "Connection refused"))  # type: ignore[arg-type] # as requests wraps it


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ({"body": requests.ConnectTimeout("slow")}, OrgUnreachable),
        ({"body": requests.ConnectionError(REFUSED_CONNECTION)}, OrgUnreachable),
        ({"body": requests.exceptions.ProxyError("407")}, OrgUnreachable),
        ({"status": 403, "json": refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")}, ApiLimitReached),
        ({"status": 403, "json": refused("API_DISABLED_FOR_ORG")}, OrgRefused),
        ({"status": 400, "json": refused("JSON_PARSER_ERROR")}, OrgRefused),
        ({"status": 401, "json": refused("INVALID_AUTH_HEADER")}, LoginFailed),
    ],
)
def test_a_write_of_which_nothing_was_carried_out_is_an_error(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering, failure: dict[str, Any], error: type[OrgError]
) -> None:
    answer(**failure)
    with pytest.raises(error):
        org.write([change()], READS)
    assert len(http.calls) == 1


@pytest.mark.parametrize(
    "failure",
    [
        {"status": 409, "json": refused("SOMETHING_NEW")},
        {"status": 403, "json": refused("INSUFFICIENT_ACCESS")},
        {"status": 302},
        {"status": 304},
    ],
)
def test_a_refusal_that_may_stand_in_front_of_a_write_that_was_carried_out_proves_nothing(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering, failure: dict[str, Any]
) -> None:
    answer(**failure)
    with pytest.raises(WriteUnproven, match="read in the next cycle"):
        org.write([change()], READS)
    assert len(http.calls) == 1


@pytest.mark.parametrize("status", [400, 404, 405, 413, 414, 415, 431])
def test_a_call_the_org_did_not_understand_wrote_nothing(org: SalesforceOrg, answer: Answering, status: int) -> None:
    answer(status=status, json=refused("JSON_PARSER_ERROR"))
    with pytest.raises(OrgRefused):
        org.write([change()], READS)


def test_requests_that_never_left_are_not_counted(org: SalesforceOrg, answer: Answering) -> None:
    answer(body=requests.ConnectTimeout("slow"))
    with pytest.raises(OrgUnreachable):
        org.write([change()], READS)
    assert org.calls == 0
    answer(body=requests.ReadTimeout("slow"))


def mixed(objects: Sequence[str]) -> list[OwnerChange]:
    return [change(index, LEAD, name) for index, name in enumerate(objects)]


def fresh_org() -> SalesforceOrg:
    return SalesforceOrg(AccessToken(HOST, TOKEN), SteppingClock())


@pytest.mark.parametrize(
    ("objects", "sizes"),
    [
        ([], []),
        (["Lead"] * 24, [24]),
        (["Lead"] * 25, [24, 1]),
        (["Lead"] * 100, [24, 24, 24, 24, 4]),
        (["Lead"] * 20 + ["Case"] * 10, [23, 7]),
        (["A", "B", "C", "D", "E", "F"], [5, 1]),
    ],
)
def test_a_call_holds_25_parts_read_backs_included(objects: list[str], sizes: list[int]) -> None:
    assert [len(batch) for batch in fresh_org().batches(mixed(objects))] == sizes


@given(st.lists(st.sampled_from(["Lead", "Case", "Opportunity", "Account", "Contact", "Task", "X__c"]), max_size=120))
def test_batches_keep_every_change_in_order_and_fit_the_orgs_limits(objects: list[str]) -> None:
    changes = mixed(objects)
    batches = fresh_org().batches(changes)
    assert [one for batch in batches for one in batch] == changes
    for batch in batches:
        distinct = {one.object for one in batch}
        assert batch
        assert len(batch) + len(distinct) <= 25
        assert len(distinct) <= 5


def test_slow_writes_make_calls_smaller_and_quick_ones_larger_again(
    org: SalesforceOrg, http: responses.RequestsMock, clock: SteppingClock
) -> None:
    seconds_per_change = 1.0

    def working(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        parts = json.loads(request.body or "")["compositeRequest"]
        clock.pass_by(seconds_per_change * (len(parts) - 1))
        return 200, dated(clock), json.dumps(composite(r0=(200, page())))

    http.add_callback(responses.POST, COMPOSITE, callback=working)
    sizes = []
    for pace in (1.0, 1.0, 3.0, 3.0, 0.1, 0.1, 0.1, 0.1, 0.1):
        seconds_per_change = pace
        batch = org.batches(mixed(["Lead"] * 60))[0]
        sizes.append(len(batch))
        org.write(batch, READS)
    assert sizes == [24, 10, 10, 5, 5, 10, 15, 20, 24]


def test_a_record_under_approval_holds_nobody_else_up(org: SalesforceOrg, answer: Answering) -> None:
    answer(
        json=composite(
            e1=(400, refused("ENTITY_IS_LOCKED")), e2=(204, None), r0=(200, page(lead(), lead(SECOND, ALICE)))
        )
    )
    first, second = org.write([change(1), change(2, SECOND)], READS)
    assert first.answer is Answer.REFUSED
    assert first.row is not None
    assert first.row.owner == QUEUE
    assert second.answer is Answer.ACCEPTED
