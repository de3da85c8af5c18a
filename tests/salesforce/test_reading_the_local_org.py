from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest

from sfassign.errors import OrgRefused, OrgUnreachable
from sfassign.ports import ObjectRead, PollRequest, Unreadable, UserRead
from sfassign.soql import parse_condition
from tests.salesforce.acme import LEADS, READS, Acme, read
from tests.salesforce.answers import NOON

EVERYONE = UserRead(("Email", "Profile.Name"), parse_condition("IsActive = true AND Username LIKE '%@acme.example'"))


def present(acme: Acme, user: str) -> None:
    status = acme.local.insert("ServicePresenceStatus", {"MasterLabel": "Available", "DeveloperName": "Available"})
    acme.local.insert(
        "UserServicePresence", {"UserId": user, "ServicePresenceStatusId": status, "IsCurrentState": True}
    )


def test_three_objects_and_the_sessions_are_one_call(acme: Acme) -> None:
    [lead] = acme.leads(1)
    case = acme.local.insert("Case", {"Subject": "Help", "OwnerId": acme.queue})
    acme.local.insert("AuthSession", {"UsersId": acme.alice, "SessionType": "UI", "NumSecondsValid": 7200})
    org = acme.connect()
    before = acme.clock.now()
    polled = org.poll(PollRequest(tuple(READS.values()), sessions_since=NOON - dt.timedelta(days=1)))
    assert [[row.id for row in rows] for rows in polled.rows] == [[lead], [case], []]
    assert polled.rows[0][0].values["owner.name"] == "Web"
    assert isinstance(polled.sessions, tuple)
    assert (acme.alice, "UI") in {(row.user, row.session_type) for row in polled.sessions}
    assert before - dt.timedelta(seconds=1) < polled.at <= before
    assert org.calls == acme.local.usage.total == 1


def test_people_and_the_organization_are_read_as_they_are(acme: Acme) -> None:
    acme.local.insert("UserLogin", {"UserId": acme.local.admin_id, "IsFrozen": True, "IsPasswordLocked": False})
    present(acme, acme.bob)
    polled = acme.connect().poll(PollRequest(users=EVERYONE, frozen=True, omni=True, organization=True))
    assert isinstance(polled.users, tuple)
    assert [user.username for user in polled.users] == ["alice@acme.example", "bob@acme.example", "robot@acme.example"]
    assert polled.users[0].is_active
    assert "profile.name" in polled.users[0].values
    assert polled.frozen == frozenset({acme.local.admin_id})
    assert isinstance(polled.omni, tuple)
    assert [(row.user, row.status, row.developer_name) for row in polled.omni] == [(acme.bob, "Available", "Available")]
    assert polled.organization is not None
    assert polled.organization.id == acme.local.org_id


def test_an_org_without_omni_channel_is_read_without_it(acme: Acme) -> None:
    acme.leads(1)
    acme.local.hide_object("UserServicePresence")
    polled = acme.connect().poll(PollRequest((LEADS,), omni=True))
    assert len(polled.rows[0]) == 1
    assert isinstance(polled.omni, Unreadable)
    assert polled.omni.code == "INVALID_TYPE"


def test_without_the_permission_for_developer_names_labels_still_come(acme: Acme) -> None:
    present(acme, acme.bob)
    acme.local.hide_field("ServicePresenceStatus", "DeveloperName")
    org = acme.connect()
    for calls in (2, 3):
        polled = org.poll(PollRequest(omni=True))
        assert isinstance(polled.omni, tuple)
        assert [(row.status, row.developer_name) for row in polled.omni] == [("Available", None)]
        assert org.calls == calls


def test_only_rows_for_which_the_condition_holds_come(acme: Acme) -> None:
    _, second = acme.leads(2)
    acme.local.update("Lead", second, {"Rating": "Hot"})
    hot = ObjectRead("Lead", (), since=LEADS.since, where=parse_condition("Rating = 'Hot' OR Rating = 'Warm'"))
    assert [row.id for row in acme.connect().poll(PollRequest((hot,))).rows[0]] == [second]
    later = ObjectRead("Lead", (), since=acme.clock.now() + dt.timedelta(seconds=1))
    assert acme.connect().poll(PollRequest((later,))).rows == ((),)


def test_every_page_is_read_whatever_its_size(acme: Acme) -> None:
    acme.local.settings.page_size, acme.local.settings.page_shrink = 200, 60
    ids = set(acme.leads(450))
    org = acme.connect()
    assert {row.id for row in read(org)} == ids
    assert org.calls == math.ceil(450 / 140)


def test_two_long_texts_among_the_fields_cost_calls_and_no_record(acme: Acme) -> None:
    ids = {acme.local.insert("Case", {"Subject": "s", "Description": "long", "Comments": "long"}) for _ in range(450)}
    org = acme.connect()
    cases = ObjectRead("Case", ("Description", "Comments"), since=LEADS.since)
    assert {row.id for row in org.poll(PollRequest((cases,))).rows[0]} == ids
    assert org.calls == math.ceil(450 / 200)


def test_a_cursor_that_expires_between_two_pages_costs_nothing_but_a_call(acme: Acme) -> None:
    acme.local.settings.page_size = 200
    ids = set(acme.leads(450))
    org = acme.bearer()
    acme.local.faults.between(lambda: acme.clock.pass_by(49 * 3600), path="/query/01g")
    assert {row.id for row in read(org)} == ids


def test_records_that_are_gone_are_missing_from_a_fetch(acme: Acme) -> None:
    first, second = acme.leads(2)
    acme.local.delete("Lead", second)
    _, rows = acme.connect().fetch(LEADS, [first, second])
    assert [row.id for row in rows] == [first]


def test_describe_tells_what_a_user_may_see(acme: Acme) -> None:
    acme.local.hide_field("Lead", "Rating")
    org = acme.connect()
    shape = org.describe("lead")
    assert shape is not None
    assert shape.name == "Lead"
    assert shape.fields["ownerid"].references == ("Group", "User")
    assert shape.fields["ownerid"].relationship == "Owner"
    assert "rating" not in shape.fields
    assert org.describe("Nope__c") is None


def test_a_field_that_does_not_exist_fails_the_poll_with_the_orgs_words(acme: Acme) -> None:
    with pytest.raises(OrgRefused, match=r"INVALID_FIELD.*Nope__c"):
        acme.connect().poll(PollRequest((ObjectRead("Lead", ("Nope__c",), since=NOON),)))


@pytest.mark.parametrize(
    "failure",
    [
        {"path": "composite", "html": "<html>maintenance</html>"},
        {"path": "composite", "drop": True},
        {"path": "composite", "drop": True, "after": True},
        {"path": r"composite|query\?", "status": 500, "code": "UNKNOWN_EXCEPTION", "after": True},
    ],
)
def test_a_short_failure_is_waited_out(acme: Acme, failure: dict[str, Any]) -> None:
    acme.leads(3)
    org = acme.connect()
    acme.local.faults.fail(**failure)
    assert len(read(org)) == 3
    assert len(acme.clock.slept) == 1


def test_a_long_failure_is_told(acme: Acme) -> None:
    org = acme.connect()
    acme.local.faults.fail(path="composite", times=-1)
    with pytest.raises(OrgUnreachable, match="SERVER_UNAVAILABLE"):
        read(org)
    assert acme.asked("composite") == 4
