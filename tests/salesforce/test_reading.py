from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from sfassign.errors import OrgRefused, OrgUnreachable
from sfassign.ports import ObjectRead, PollRequest, Unreadable
from sfassign.salesforce import SalesforceOrg
from tests.salesforce.answers import (
    ALICE,
    BOB,
    HOST,
    LEAD,
    NOON,
    QUEUE,
    SteppingClock,
    composite,
    dated,
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


def soql(part: dict[str, Any]) -> str:
    url = urlsplit(str(part["url"]))
    assert url.path == "/services/data/v62.0/query"
    [text] = parse_qs(url.query, strict_parsing=True)["q"]
    return text


def test_a_poll_asks_for_what_changed_oldest_first(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    answer(json=composite(q0=(200, page())))
    since = NOON.astimezone(dt.timezone(dt.timedelta(hours=2))) + dt.timedelta(milliseconds=900)
    org.poll(PollRequest((ObjectRead("Lead", ("Rating", "ownerid", "Account.Name", "RATING"), since),)))
    assert soql(sent(http, 0)[0]) == (
        "SELECT Id, OwnerId, CreatedDate, LastModifiedDate, LastModifiedById, SystemModstamp, Rating, Account.Name"
        " FROM Lead WHERE SystemModstamp >= 2026-11-23T12:00:00Z ORDER BY SystemModstamp, Id"
    )


def test_a_row_is_strictly_typed_and_its_guard_is_the_later_stamp(org: SalesforceOrg, answer: Answering) -> None:
    raw = lead(Rating="Hot", Owner={"attributes": {"type": "Name", "url": "…"}, "Name": "Web"})
    answer(json=composite(q0=(200, page(raw))))
    [[row]] = org.poll(PollRequest((LEADS,))).rows
    assert (row.object, row.id, row.owner, row.modified_by) == ("Lead", LEAD, QUEUE, ALICE)
    assert row.created_at == dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
    assert row.guard_at == dt.datetime(2026, 11, 23, 11, 0, 1, 500_000, tzinfo=dt.UTC)
    assert row.values["rating"] == "Hot"
    assert row.values["owner.name"] == "Web"


@pytest.mark.parametrize(
    "wrong",
    [
        {"SystemModstamp": "2026-11-23T11:00:00"},
        {"CreatedDate": None},
        {"CreatedDate": "9999-12-31T23:59:59.000-1200"},
        {"LastModifiedDate": 1790000000},
        {"OwnerId": None},
        {"Id": "00Q"},
    ],
)
def test_an_answer_that_is_not_understood_is_never_guessed_at(
    org: SalesforceOrg, answer: Answering, wrong: dict[str, Any]
) -> None:
    answer(json=composite(q0=(200, page(lead(**wrong)))))
    with pytest.raises(OrgRefused, match="UNEXPECTED_ANSWER"):
        org.poll(PollRequest((LEADS,)))


def test_more_than_five_queries_take_a_second_call(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    five = {f"q{index}": (200, page()) for index in range(5)}
    answer(json=composite(**five))
    answer(json=composite(q0=(200, page())))
    org.poll(EVERYTHING)
    assert [len(sent(http, call)) for call in (0, 1)] == [5, 1]
    assert org.calls == 2


def test_one_unreadable_object_fails_the_poll_and_another_part_does_not(org: SalesforceOrg, answer: Answering) -> None:
    no_omni = refused("INVALID_TYPE", "sObject type 'UserServicePresence' is not supported.")
    answer(json=composite(q0=(200, page(lead())), q1=(400, no_omni)))
    polled = org.poll(PollRequest((LEADS,), omni=True))
    assert isinstance(polled.omni, Unreadable)
    assert polled.omni.code == "INVALID_TYPE"
    assert len(polled.rows[0]) == 1
    answer(json=composite(q0=(400, refused("INVALID_FIELD", "No such column 'Rating'"))))
    with pytest.raises(OrgRefused, match="No such column 'Rating'"):
        org.poll(PollRequest((LEADS,)))


def test_an_object_asked_for_apart_fails_for_itself_and_what_stops_everything_stops_the_poll(
    org: SalesforceOrg, answer: Answering
) -> None:
    both = PollRequest((LEADS, ObjectRead("Case", (), since=LEADS.since)), apart=True)
    answer(json=composite(q0=(200, page(lead())), q1=(400, refused("QUERY_TIMEOUT", "running for too long"))))
    polled = org.poll(both)
    assert ([len(rows) for rows in polled.rows], [*polled.refused]) == ([1, 0], [1])
    assert "QUERY_TIMEOUT" in str(polled.refused[1])
    answer(json=composite(q0=(200, page(lead())), q1=(403, refused("API_DISABLED_FOR_ORG", "not enabled"))))
    with pytest.raises(OrgRefused, match="API_DISABLED_FOR_ORG"):
        org.poll(both)


def test_omni_statuses_are_read_without_developer_names_where_those_are_hidden(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    present = {"UserId": ALICE, "IsAway": False, "ServicePresenceStatus": {"MasterLabel": "Available"}}
    answer(json=composite(q0=(400, refused("INVALID_FIELD", "No such column 'DeveloperName'"))))
    answer(json=composite(q0=(200, page(present))))
    for _ in range(2):
        [row] = org.poll(PollRequest(omni=True)).omni  # type: ignore[misc] # None and Unreadable would fail
        assert (row.user, row.status, row.developer_name, row.is_away) == (ALICE, "Available", None, False)
    assert ["DeveloperName" in soql(sent(http, call)[0]) for call in range(3)] == [True, False, False]


def test_a_child_session_counts_as_the_session_it_belongs_to(org: SalesforceOrg, answer: Answering) -> None:
    def session(number: int, kind: str, parent: str | None, user: str | None = ALICE) -> dict[str, Any]:
        return {
            "Id": f"0Ak00000000000{number}",
            "UsersId": user,
            "SessionType": kind,
            "CreatedDate": f"2026-11-23T0{number}:00:00.000+0000",
            "LastModifiedDate": "2026-11-23T11:30:00.000+0000",
            "NumSecondsValid": 7200,
            "ParentId": parent,
        }

    top = "0Ak000000000001"
    answer(
        json=composite(
            q0=(
                200,
                page(
                    session(1, "UI", top),
                    session(2, "Visualforce", top),
                    session(3, "Aura", "0Ak000000000002"),
                    session(4, "Content", "0Ak000000000009", BOB),
                    session(5, "UI", None, None),
                ),
            )
        )
    )
    polled = org.poll(PollRequest(sessions_since=NOON))
    assert isinstance(polled.sessions, tuple)
    assert [(row.user, row.session_type) for row in polled.sessions] == [
        (ALICE, "UI"),
        (ALICE, "UI"),
        (ALICE, "UI"),
        (BOB, "Content"),
    ]
    assert polled.sessions[0].valid_until == dt.datetime(2026, 11, 23, 13, 30, tzinfo=dt.UTC)
    assert [row.begun_at and row.begun_at.hour for row in polled.sessions] == [1, 1, 1, 4], "when they logged in"


NEXT = "/services/data/v62.0/query/01g000000000001AAA-2000"


def test_pages_are_followed_as_paths_on_the_current_host(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering, clock: SteppingClock
) -> None:
    answer(json=composite(q0=(200, page(lead(), following=f"https://old-host.example{NEXT}"))))
    http.add(responses.GET, f"{HOST}{NEXT}", json=page(lead("00Q000000000002EAA")), headers=dated(clock))
    [rows] = org.poll(PollRequest((LEADS,))).rows
    assert [row.id for row in rows] == [LEAD, "00Q000000000002EAA"]
    assert org.calls == 2


@pytest.mark.parametrize("following", ["@evil.example/steal", "//evil.example/x", "/secur/logout.jsp", ""])
def test_a_next_page_outside_the_api_is_not_fetched(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering, following: str
) -> None:
    answer(json=composite(q0=(200, {**page(lead()), "done": False, "nextRecordsUrl": following})))
    with pytest.raises(OrgUnreachable, match="nowhere in the org's API"):
        org.poll(PollRequest((LEADS,)))
    assert {urlsplit(str(call.request.url)).hostname for call in http.calls} == {"acme.my.salesforce.com"}


def test_a_query_whose_cursor_the_org_forgot_is_begun_again(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering, clock: SteppingClock
) -> None:
    answer(json=composite(q0=(200, page(lead(), following=NEXT))))
    answer(json=composite(q0=(200, page(lead(), lead("00Q000000000002EAA")))))
    gone = refused("INVALID_QUERY_LOCATOR", "invalid query locator")
    http.add(responses.GET, f"{HOST}{NEXT}", status=400, json=gone, headers=dated(clock))
    [rows] = org.poll(PollRequest((LEADS,))).rows
    assert len(rows) == 2


def test_a_cursor_that_is_forgotten_again_and_again_fails_the_poll(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering, clock: SteppingClock
) -> None:
    answer(json=composite(q0=(200, page(lead(), following=NEXT))))
    gone = refused("INVALID_QUERY_LOCATOR", "invalid query locator")
    http.add(responses.GET, f"{HOST}{NEXT}", status=400, json=gone, headers=dated(clock))
    with pytest.raises(OrgRefused, match="INVALID_QUERY_LOCATOR"):
        org.poll(PollRequest((LEADS,)))
    assert len(http.calls) == 6


def test_an_overlong_query_is_refused_before_it_is_sent(org: SalesforceOrg, http: responses.RequestsMock) -> None:
    fields = tuple(f"A_Field_With_A_Long_Name_{index}__c" for index in range(600))
    with pytest.raises(OrgRefused, match="16,384: name fewer fields"):
        org.poll(PollRequest((ObjectRead("Lead", fields),)))
    assert not http.calls


def test_a_poll_is_dated_by_the_orgs_clock_before_it_began(
    org: SalesforceOrg, http: responses.RequestsMock, clock: SteppingClock
) -> None:
    """The org is an hour ahead; the answer takes three seconds."""

    def slow(_request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        clock.pass_by(3)
        ahead = SteppingClock(clock.now() + dt.timedelta(hours=1))
        return 200, dated(ahead), json.dumps(composite(q0=(200, page())))

    http.add_callback(responses.POST, f"{HOST}/services/data/v62.0/composite", callback=slow)
    began = clock.now() + dt.timedelta(hours=1)
    assert org.poll(PollRequest((LEADS,))).at == began


def test_without_the_orgs_clock_nothing_is_dated(org: SalesforceOrg, http: responses.RequestsMock) -> None:
    http.add(responses.POST, f"{HOST}/services/data/v62.0/composite", json=composite(q0=(200, page())))
    with pytest.raises(OrgUnreachable, match="Date"):
        org.poll(PollRequest((LEADS,)))


def test_records_by_id_come_in_queries_that_fit(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    ids = [f"00Q{number:012d}" for number in range(1, 1201)]
    answer(json=composite(q0=(200, page(lead())), q1=(200, page()), q2=(200, page())))
    wide = ObjectRead("Lead", tuple(f"Field_{index}__c" for index in range(300)), since=NOON)
    answer(json=composite(q0=(200, page()), q1=(200, page()), q2=(200, page()), q3=(200, page()), q4=(200, page())))
    _, rows = org.fetch(ObjectRead("Lead", ("Rating",), since=NOON), [*ids, ids[0]])
    assert [row.id for row in rows] == [LEAD]
    parts = sent(http, 0)
    assert sum(soql(part).count("00Q") for part in parts) == 1200
    assert all(len(part["url"]) <= 16_384 and "SystemModstamp >=" not in soql(part) for part in parts)
    org.fetch(wide, ids)
    assert all(len(part["url"]) <= 16_384 for part in sent(http, 1))


def test_no_ids_are_no_question(org: SalesforceOrg, http: responses.RequestsMock) -> None:
    assert org.fetch(LEADS, []) == (NOON, ())
    assert not http.calls


def test_what_is_no_id_is_refused_as_the_org_would(org: SalesforceOrg, http: responses.RequestsMock) -> None:
    with pytest.raises(OrgRefused, match="MALFORMED_ID"):
        org.fetch(LEADS, ["00Q' OR Name != '"])
    assert not http.calls


def test_an_objects_shape_is_read_from_describe(
    org: SalesforceOrg, http: responses.RequestsMock, clock: SteppingClock
) -> None:
    owner = {
        "name": "OwnerId",
        "type": "reference",
        "filterable": True,
        "updateable": True,
        "calculated": False,
        "relationshipName": "Owner",
        "referenceTo": ["Group", "User"],
    }
    url = f"{HOST}/services/data/v62.0/sobjects/Lead/describe"
    http.add(responses.GET, url, json={"name": "Lead", "fields": [owner]}, headers=dated(clock))
    shape = org.describe("Lead")
    assert shape is not None
    field = shape.fields["ownerid"]
    assert (shape.name, field.name, field.relationship, field.references) == (
        "Lead",
        "OwnerId",
        "Owner",
        ("Group", "User"),
    )


def test_an_object_the_org_does_not_know_has_no_shape(
    org: SalesforceOrg, http: responses.RequestsMock, clock: SteppingClock
) -> None:
    url = f"{HOST}/services/data/v62.0/sobjects/Nope__c/describe"
    http.add(responses.GET, url, status=404, json=refused("NOT_FOUND"), headers=dated(clock))
    assert org.describe("Nope__c") is None
    assert org.describe("../../limits") is None
    assert [call.request.url for call in http.calls] == [url, f"{HOST}/services/data"], "is it the version? not counted"
    assert org.calls == 1
