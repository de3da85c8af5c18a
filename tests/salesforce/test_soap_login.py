"""A user name and a password through SOAP's login(): what is sent, what each refusal means, and that nobody is locked
out by us."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from xml.sax.saxutils import escape

import pytest
import requests
import responses

from sfassign.errors import LoginFailed, OrgUnreachable, WrongSettings
from sfassign.ports import PollRequest
from sfassign.salesforce import SalesforceOrg, UsernamePassword
from tests.salesforce.answers import ALICE, COMPOSITE, HOST, TOKEN, SteppingClock, composite, page, refused
from tests.salesforce.conftest import Answering

LOGIN = "https://login.salesforce.com"
SOAP = f"{LOGIN}/services/Soap/u/64.0"
FROZEN = PollRequest(frozen=True)
DATE = "Mon, 23 Nov 2026 12:00:00 GMT"
USERNAME, PASSWORD, SECURITY_TOKEN = "robot+x@acme.example", 'p&ss<w>"ör d', "tOk3n"

Queue = Callable[..., None]


def result(session: str = TOKEN, server: str = f"{HOST}/services/Soap/u/64.0/00D000000000001", more: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns="urn:partner.soap.sforce.com" '
        'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><loginResponse><result>'
        f"<passwordExpired>false</passwordExpired><serverUrl>{server}</serverUrl><sessionId>{session}</sessionId>"
        f"<userId>{ALICE}</userId>{more}</result></loginResponse></soapenv:Body></soapenv:Envelope>"
    )


def fault(code: str, message: str = "no") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:sf="urn:fault.partner.soap.sforce.com" '
        'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {escape(message)}</faultstring><detail><sf:LoginFault>"
        f"<sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{escape(message)}</sf:exceptionMessage>"
        "</sf:LoginFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )


@pytest.fixture
def org(clock: SteppingClock) -> SalesforceOrg:
    return SalesforceOrg(UsernamePassword(LOGIN, USERNAME, PASSWORD, SECURITY_TOKEN), clock, api_version="66.0")


@pytest.fixture
def door(http: responses.RequestsMock) -> Queue:
    """`door(body, status)` queues the login's next answer; the last one stays."""

    def queue(body: object, status: int = 200) -> None:
        http.add(responses.POST, SOAP, body=body, status=status, content_type="text/xml")  # type: ignore[arg-type] # a text or an exception

    return queue


def logins(http: responses.RequestsMock) -> int:
    return sum(call.request.url == SOAP for call in http.calls)


def attempts(org: SalesforceOrg, http: responses.RequestsMock, clock: SteppingClock, hours: float) -> list[int]:
    """The minutes after the first poll at which a login was sent, with a poll every minute."""
    sent = []
    for minute in range(int(hours * 60)):
        before = logins(http)
        began = clock.now()
        with pytest.raises((LoginFailed, OrgUnreachable)):
            org.poll(FROZEN)
        sent += [minute] * (logins(http) - before)
        clock.time = began
        clock.pass_by(60)
    return sent


def test_the_envelope_is_what_salesforce_documents_whatever_the_password_holds(
    org: SalesforceOrg, http: responses.RequestsMock, door: Queue
) -> None:
    door(result())
    http.add(
        responses.POST, COMPOSITE.replace("62.0", "66.0"), json=composite(q0=(200, page())), headers={"Date": DATE}
    )
    assert org.poll(FROZEN).frozen == frozenset()
    request = http.calls[0].request
    assert request.headers["SOAPAction"] == "login"
    assert str(request.headers["Content-Type"]).startswith("text/xml")
    login = ET.fromstring(request.body or b"").find(".//{urn:partner.soap.sforce.com}login")  # noqa: S314 — our own words
    assert login is not None
    assert [one.text for one in login] == [USERNAME, PASSWORD + SECURITY_TOKEN]
    assert http.calls[1].request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert (org.identify(), org.calls) == (ALICE, 1)


@pytest.mark.parametrize(
    ("server", "host"),
    [
        ("https://acme.my.salesforce.com/services/Soap/u/64.0/00D000000000001", "acme.my.salesforce.com"),
        ("https://na1-api.salesforce.com/services/Soap/u/64.0/00D000000000001", "na1.salesforce.com"),
        ("https://my-api.my.salesforce.com/services/Soap/u/64.0/00D", "my-api.my.salesforce.com"),
    ],
)
def test_records_are_read_where_the_login_says(org: SalesforceOrg, door: Queue, server: str, host: str) -> None:
    door(result(server=server))
    assert org.log_in() == host


@pytest.mark.parametrize("server", ["http://acme.my.salesforce.com/x", "https://user@evil.example/x", "nonsense"])
def test_the_session_is_sent_to_no_unsafe_host(org: SalesforceOrg, door: Queue, server: str) -> None:
    door(result(server=server))
    with pytest.raises(LoginFailed, match="serverUrl"):
        org.log_in()


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("INVALID_LOGIN", "SFASSIGN_SECURITY_TOKEN"),
        ("LOGIN_MUST_USE_SECURITY_TOKEN", "trusted IP ranges"),
        ("PASSWORD_LOCKOUT", "unlocks the user"),
        ("LOGIN_DURING_RESTRICTED_DOMAIN", "login IP ranges"),
        ("LOGIN_DURING_RESTRICTED_TIME", "login hours"),
        ("LOGIN_CHALLENGE_ISSUED", "trusted IP ranges"),
        ("ORG_LOCKED", "the org is locked"),
        ("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "set a new password"),
        ("API_DISABLED_FOR_ORG", "API Enabled"),
        ("UNSUPPORTED_API_VERSION", "SFASSIGN_PRIVATE_KEY_FILE"),
        ("INVALID_OPERATION", "Enable SOAP API login()"),
        ("SOMETHING_NEW", "login history"),
    ],
)
def test_a_refused_login_says_what_to_do(org: SalesforceOrg, door: Queue, code: str, advice: str) -> None:
    door(fault(code, "the org's words"), 500)
    with pytest.raises(LoginFailed) as told:
        org.log_in()
    assert f"{code}: the org's words" in str(told.value)
    assert advice in str(told.value)


@pytest.mark.parametrize(
    "code", ["INVALID_LOGIN", "LOGIN_MUST_USE_SECURITY_TOKEN", "INVALID_OPERATION_WITH_EXPIRED_PASSWORD"]
)
def test_a_refused_password_is_never_sent_again(
    org: SalesforceOrg, http: responses.RequestsMock, door: Queue, clock: SteppingClock, code: str
) -> None:
    door(fault(code), 500)
    assert attempts(org, http, clock, hours=3) == [0]
    with pytest.raises(LoginFailed, match="this password is not sent again"):
        org.log_in()


def test_a_locked_user_is_tried_once_an_hour(
    org: SalesforceOrg, http: responses.RequestsMock, door: Queue, clock: SteppingClock
) -> None:
    door(fault("PASSWORD_LOCKOUT"), 500)
    assert attempts(org, http, clock, hours=2.5) == [0, 60, 120]


def test_a_login_that_no_password_cures_waits_longer_and_longer(
    org: SalesforceOrg, http: responses.RequestsMock, door: Queue, clock: SteppingClock
) -> None:
    door(fault("LOGIN_DURING_RESTRICTED_TIME"), 500)
    assert attempts(org, http, clock, hours=0.6) == [0, 1, 3, 7, 15, 30]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (requests.ReadTimeout("slow"), 200),
        (requests.ConnectionError("reset"), 200),
        ("<html>maintenance</html>", 503),
        ("", 200),
        (fault("SERVER_UNAVAILABLE"), 500),
        (fault("API_CURRENTLY_DISABLED"), 500),
    ],
)
def test_a_password_whose_answer_was_lost_is_not_sent_four_times_in_a_row(
    org: SalesforceOrg,
    http: responses.RequestsMock,
    door: Queue,
    answer: Answering,
    clock: SteppingClock,
    body: object,
    status: int,
) -> None:
    door(body, status)
    with pytest.raises(OrgUnreachable, match="login"):
        org.poll(FROZEN)
    assert logins(http) == 1
    http.replace(responses.POST, SOAP, body=result())
    clock.pass_by(60)
    assert org.log_in() == "acme.my.salesforce.com"


def test_a_login_host_nobody_listens_at_is_simply_tried_again(clock: SteppingClock) -> None:
    org = SalesforceOrg(UsernamePassword("https://127.0.0.1:1", USERNAME, PASSWORD, ""), clock)
    for _ in range(2):
        with pytest.raises(OrgUnreachable, match="Connection refused"):
            org.log_in()
    org.transport.close()


def test_a_session_with_an_expired_password_is_not_used(org: SalesforceOrg, door: Queue) -> None:
    door(result().replace("<passwordExpired>false", "<passwordExpired>true"))
    with pytest.raises(LoginFailed, match="set a new password in the org"):
        org.log_in()


BOMB = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "body",
    [
        BOMB + result(session="&b;").partition("?>")[2],
        (BOMB + result(session="&b;").partition("?>")[2]).encode("utf-16"),
        result(more=f"<userInfo>{'x' * 70_000}</userInfo>"),
        result().encode("utf-16"),
        result().replace("sessionId", "sessionKey"),
        "<a/>",
        b"\xff\xfe\x00",
    ],
)
def test_an_answer_that_is_no_logins_is_not_believed(org: SalesforceOrg, door: Queue, body: object) -> None:
    door(body)
    with pytest.raises(OrgUnreachable, match="no usable answer"):
        org.log_in()


def test_a_redirected_login_is_not_followed(org: SalesforceOrg, http: responses.RequestsMock) -> None:
    http.add(responses.POST, SOAP, status=302, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(LoginFailed, match="redirects the login"):
        org.log_in()
    assert [call.request.url for call in http.calls] == [SOAP]


def test_a_session_that_ended_is_renewed_with_the_same_password(
    clock: SteppingClock, http: responses.RequestsMock, answer: Answering, door: Queue
) -> None:
    org = SalesforceOrg(UsernamePassword(LOGIN, USERNAME, PASSWORD, SECURITY_TOKEN), clock)
    door(result())
    answer(status=401, json=refused("INVALID_SESSION_ID", "Session expired or invalid"))
    door(result("another-session"))
    answer(json=composite(q0=(200, page())))
    assert org.poll(FROZEN).frozen == frozenset()
    assert http.calls[3].request.headers["Authorization"] == "Bearer another-session"


@pytest.mark.parametrize(
    ("credentials", "names"),
    [
        (UsernamePassword("http://login.salesforce.com", "u", "p", "t"), "SFASSIGN_LOGIN_URL"),
        (UsernamePassword(LOGIN, "u", "two\nlines", "t"), "SFASSIGN_PASSWORD"),
        (UsernamePassword(LOGIN, "u", "p", "t\0"), "SFASSIGN_SECURITY_TOKEN"),
    ],
)
def test_credentials_that_cannot_work_are_refused_before_anything_is_sent(
    credentials: UsernamePassword, names: str, clock: SteppingClock
) -> None:
    with pytest.raises(WrongSettings, match=names) as told:
        SalesforceOrg(credentials, clock)
    assert "lines" not in str(told.value).replace("line breaks", "")
