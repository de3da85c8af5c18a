"""The whole room against an org that behaves as Salesforce documents: in the process, and over TLS."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sfassign.emulator import InProcessAdapter, LocalOrg, serve
from sfassign.errors import ApiLimitReached, LoginFailed, OrgRefused, OrgUnreachable, SessionExpired
from sfassign.ports import Answer, ObjectRead, OwnerChange, PollRequest, Row, Unreadable, UserRead
from sfassign.salesforce import AccessToken, ClientCredentials, JwtBearer, SalesforceOrg
from sfassign.soql import parse_condition
from tests.salesforce.answers import NOON, SteppingClock

LEADS = ObjectRead("Lead", ("Rating", "Status", "Owner.Name"), since=NOON - dt.timedelta(days=1))
READS = {
    name: ObjectRead(name, ("Owner.Name",), since=NOON - dt.timedelta(days=1))
    for name in ("Lead", "Case", "Opportunity")
}
EVERYONE = UserRead(("Email", "Profile.Name"), parse_condition("IsActive = true AND Username LIKE '%@acme.example'"))


@dataclass
class Acme:
    """A small company's org, and how it is reached."""

    clock: SteppingClock
    local: LocalOrg
    url: str
    ca_bundle: Path | None
    opened: list[SalesforceOrg] = field(default_factory=list)
    alice: str = ""
    bob: str = ""
    robot: str = ""
    queue: str = ""
    key: str = ""

    def populate(self) -> None:
        self.alice = self.local.add_user("alice@acme.example", "Ames")
        self.bob = self.local.add_user("bob@acme.example", "Bell")
        self.robot = self.local.add_user("robot@acme.example", "Robot")
        self.queue = self.local.add_queue("Web", ["Lead", "Case"])

    def connect(self, credentials: AccessToken | JwtBearer | ClientCredentials | None = None) -> SalesforceOrg:
        """The org as the robot sees it."""
        given = credentials or AccessToken(self.url, self.local.issue_token(self.robot))
        org = SalesforceOrg(given, self.clock, ca_bundle=self.ca_bundle)
        if self.ca_bundle is None:
            org.transport.mount("https://", InProcessAdapter(self.local))
        self.opened.append(org)
        return org

    def bearer(self) -> SalesforceOrg:
        """With credentials that renew themselves."""
        return self.connect(JwtBearer(self.url, "the-app", self.key, "robot@acme.example"))

    def leads(self, count: int) -> list[str]:
        return [
            self.local.insert("Lead", {"LastName": f"L{n}", "Company": "C", "OwnerId": self.queue})
            for n in range(count)
        ]

    def owner(self, record: str, name: str = "Lead") -> str:
        return str(self.local.get(name, record)["OwnerId"])

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(path in entry.path for entry in self.local.log)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(params=["in process", "over TLS"])
def acme(request: pytest.FixtureRequest, clock: SteppingClock, key: rsa.RSAPrivateKey) -> Iterator[Acme]:
    local = LocalOrg(clock.now, seed=1)
    if request.param == "over TLS":
        with serve(local) as server:
            made = Acme(clock, local, server.url, Path(str(server.ca_bundle)))
            yield from _used(made, key)
    else:
        yield from _used(Acme(clock, local, "https://acme.my.salesforce.com", None), key)
    local.close()


def _used(acme: Acme, key: rsa.RSAPrivateKey) -> Iterator[Acme]:
    acme.populate()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    acme.key = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    acme.local.add_client("the-app", "the-secret", run_as=acme.robot, certificate=public.decode())
    acme.clock.pass_by(60)
    yield acme
    for org in acme.opened:
        org.transport.close()


def changes_of(rows: tuple[Row, ...], owner: str) -> list[OwnerChange]:
    return [OwnerChange(n, row.object, row.id, owner, row.guard_at) for n, row in enumerate(rows)]


def read(org: SalesforceOrg) -> tuple[Row, ...]:
    return org.poll(PollRequest((LEADS,))).rows[0]


def present(acme: Acme, user: str) -> None:
    status = acme.local.insert("ServicePresenceStatus", {"MasterLabel": "Available", "DeveloperName": "Available"})
    acme.local.insert(
        "UserServicePresence", {"UserId": user, "ServicePresenceStatusId": status, "IsCurrentState": True}
    )


# --- reading ----------------------------------------------------------------------------------------------------------


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


# --- writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compared", ["LastModifiedDate", "SystemModstamp"])
def test_owners_are_written_and_nothing_else_decides_who_they_are(acme: Acme, compared: str) -> None:
    """Assignment rules and the default case owner stay out of it."""
    acme.local.settings.precondition_field = compared
    acme.local.set_assignment_rule("Lead", acme.bob)
    [lead] = acme.leads(1)
    case = acme.local.insert("Case", {"Subject": "Help", "OwnerId": acme.queue})
    org = acme.connect()
    polled = org.poll(PollRequest((READS["Lead"], READS["Case"])))
    acme.clock.pass_by(5)
    results = org.write(changes_of(polled.rows[0] + polled.rows[1], acme.alice), READS)
    assert [result.answer for result in results] == [Answer.ACCEPTED, Answer.ACCEPTED]
    assert [result.row.owner for result in results if result.row] == [acme.alice, acme.alice]
    assert [result.row.modified_by for result in results if result.row] == [acme.robot, acme.robot]
    assert acme.owner(lead) == acme.owner(case, "Case") == acme.alice
    assert org.calls == 2


def test_fields_travel_with_the_owner(acme: Acme) -> None:
    [lead] = acme.leads(1)
    org = acme.connect()
    [row] = read(org)
    [result] = org.write([OwnerChange(1, "Lead", lead, acme.alice, row.guard_at, {"Rating": "Hot"})], {"Lead": LEADS})
    assert result.row is not None
    assert result.row.values["rating"] == "Hot"


@pytest.mark.parametrize("count", [1, 24, 25, 60])
def test_many_owners_take_one_call_per_24(acme: Acme, count: int) -> None:
    acme.leads(count)
    org = acme.connect()
    rows = read(org)
    before = org.calls
    results = [one for batch in org.batches(changes_of(rows, acme.alice)) for one in org.write(batch, READS)]
    assert {result.answer for result in results} == {Answer.ACCEPTED}
    assert all(result.row is not None and result.row.owner == acme.alice for result in results)
    assert org.calls - before == math.ceil(count / 24)


def test_a_record_somebody_took_since_we_read_it_stays_theirs(acme: Acme) -> None:
    first, second = acme.leads(2)
    org = acme.connect()
    rows = read(org)
    acme.clock.pass_by(5)
    acme.local.update("Lead", first, {"OwnerId": acme.bob}, by=acme.bob)
    by_id = {row.id: row for row in rows}
    lost, won = org.write(changes_of((by_id[first], by_id[second]), acme.alice), READS)
    assert (lost.answer, lost.row and lost.row.owner) == (Answer.CHANGED_SINCE, acme.bob)
    assert (won.answer, won.row and won.row.owner) == (Answer.ACCEPTED, acme.alice)
    assert acme.owner(first) == acme.bob


def test_a_record_taken_between_two_updates_of_one_call_stays_theirs(acme: Acme) -> None:
    first, second = acme.leads(2)
    org = acme.connect()
    rows = {row.id: row for row in read(org)}
    acme.clock.pass_by(5)
    acme.local.faults.between(
        lambda: acme.local.update("Lead", second, {"OwnerId": acme.bob}, by=acme.bob),
        method="PATCH",
        path=f"sobjects/Lead/{first}",
    )
    won, lost = org.write(changes_of((rows[first], rows[second]), acme.alice), READS)
    assert (won.answer, lost.answer) == (Answer.ACCEPTED, Answer.CHANGED_SINCE)
    assert acme.owner(second) == acme.bob


def test_an_automation_that_re_owns_right_after_us_is_seen_in_the_read_back(acme: Acme) -> None:
    [lead] = acme.leads(1)
    org = acme.connect()
    rows = read(org)
    acme.local.faults.between(
        lambda: acme.local.update("Lead", lead, {"OwnerId": acme.bob}, by=acme.local.admin_id),
        method="PATCH",
        path=f"sobjects/Lead/{lead}",
        after=True,
    )
    [result] = org.write(changes_of(rows, acme.alice), READS)
    assert result.answer is Answer.ACCEPTED
    assert result.row is not None
    assert (result.row.owner, result.row.modified_by) == (acme.bob, acme.local.admin_id)


def test_one_poisoned_record_holds_up_no_other(acme: Acme) -> None:
    poisoned, deleted, fine = acme.leads(3)
    org = acme.connect()
    rows = {row.id: row for row in read(org)}
    acme.local.faults.refuse(poisoned, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Enter a phone number")
    acme.local.delete("Lead", deleted)
    no, gone, yes = org.write(changes_of((rows[poisoned], rows[deleted], rows[fine]), acme.alice), READS)
    assert (no.answer, no.code, no.message) == (
        Answer.REFUSED,
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "Enter a phone number",
    )
    assert no.row is not None
    assert no.row.owner == acme.queue
    assert (gone.answer, gone.code, gone.row, gone.read_back) == (Answer.REFUSED, "ENTITY_IS_DELETED", None, True)
    assert (yes.answer, yes.row and yes.row.owner) == (Answer.ACCEPTED, acme.alice)


def test_an_owner_who_left_is_refused_by_name(acme: Acme) -> None:
    acme.leads(1)
    org = acme.connect()
    rows = read(org)
    acme.local.update("User", acme.alice, {"IsActive": False})
    [result] = org.write(changes_of(rows, acme.alice), READS)
    assert (result.answer, result.code) == (Answer.REFUSED, "INACTIVE_OWNER_OR_USER")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("how", ["dropped", "html"])
def test_what_a_lost_answer_did_is_learnt_by_reading(acme: Acme, after: bool, how: str) -> None:
    [lead] = acme.leads(1)
    org = acme.connect()
    rows = read(org)
    page = "<html>Bad Gateway</html>" if how == "html" else None
    acme.local.faults.fail(path="composite", after=after, drop=how == "dropped", html=page, status=502)
    before = acme.asked("composite")
    [result] = org.write(changes_of(rows, acme.alice), READS)
    assert (result.answer, result.row, result.read_back) == (Answer.UNKNOWN, None, False)
    assert acme.asked("composite") - before == 1
    _, [now] = org.fetch(LEADS, [lead])
    assert now.owner == (acme.alice if after else acme.queue)


def test_an_exhausted_limit_stops_reads_and_writes_alike(acme: Acme) -> None:
    [lead] = acme.leads(1)
    org = acme.connect()
    rows = read(org)
    acme.local.settings.daily_limit = 1
    with pytest.raises(ApiLimitReached, match="TotalRequests"):
        read(org)
    with pytest.raises(ApiLimitReached):
        org.write(changes_of(rows, acme.alice), READS)
    assert acme.owner(lead) == acme.queue
    assert org.usage == (1, 1)


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_both_ways_to_log_in_work_and_say_who_we_are(acme: Acme) -> None:
    acme.leads(1)
    for org in (acme.bearer(), acme.connect(ClientCredentials(acme.url, "the-app", "the-secret"))):
        assert len(read(org)) == 1
        assert org.identify() == acme.robot
    assert acme.connect().identify() == acme.robot


def test_a_session_that_ends_between_two_polls_is_renewed(acme: Acme) -> None:
    acme.leads(1)
    org = acme.bearer()
    read(org)
    acme.clock.pass_by(3 * 3600)
    assert len(read(org)) == 1
    assert acme.asked("oauth2/token") == 2


def test_a_session_that_ends_between_two_pages_is_renewed(acme: Acme) -> None:
    acme.local.settings.page_size = 200
    ids = set(acme.leads(450))
    org = acme.bearer()
    acme.local.faults.between(acme.local.sessions.expire_all, path="/query/01g")
    assert {row.id for row in read(org)} == ids
    assert acme.asked("oauth2/token") == 2


def test_a_session_that_ends_before_a_write_is_renewed_and_every_guard_kept(acme: Acme) -> None:
    taken, free = acme.leads(2)
    acme.local.set_assignment_rule("Lead", acme.bob)
    org = acme.bearer()
    rows = {row.id: row for row in read(org)}
    acme.clock.pass_by(5)
    acme.local.update("Lead", taken, {"OwnerId": acme.bob}, by=acme.bob)
    acme.local.sessions.expire_all()
    lost, won = org.write(changes_of((rows[taken], rows[free]), acme.alice), READS)
    assert (lost.answer, won.answer) == (Answer.CHANGED_SINCE, Answer.ACCEPTED)
    assert (acme.owner(taken), acme.owner(free)) == (acme.bob, acme.alice)
    assert acme.asked("oauth2/token") == 2


def test_sessions_that_always_end_at_once_make_no_login_loop(acme: Acme) -> None:
    acme.leads(1)
    org = acme.bearer()
    acme.local.faults.between(acme.local.sessions.expire_all, path="/services/data", times=-1)
    for _ in range(12):
        with pytest.raises(LoginFailed, match="refuses it at once"):
            read(org)
        acme.clock.pass_by(5)
    assert acme.asked("oauth2/token") == 2


def test_a_user_who_is_locked_out_is_not_hammered(acme: Acme) -> None:
    acme.local.update("User", acme.robot, {"IsActive": False})
    org = acme.bearer()
    for _ in range(12):
        with pytest.raises(LoginFailed, match="inactive"):
            read(org)
        acme.clock.pass_by(5)
    assert acme.asked("oauth2/token") == 1
    acme.local.update("User", acme.robot, {"IsActive": True})
    assert read(org) == ()


def test_a_given_session_ends_with_advice(acme: Acme) -> None:
    org = acme.connect()
    read(org)
    acme.local.sessions.expire_all()
    with pytest.raises(SessionExpired, match="SFASSIGN_ACCESS_TOKEN"):
        read(org)


def test_many_threads_that_find_the_session_ended_log_in_once(acme: Acme) -> None:
    acme.leads(2)
    org = acme.bearer()
    read(org)
    acme.local.sessions.expire_all()
    with ThreadPoolExecutor(8) as threads:
        polls = list(threads.map(lambda _: len(read(org)), range(24)))
    assert polls == [2] * 24
    assert acme.asked("oauth2/token") == 2
    assert org.calls >= 25
