"""Each of the four logins against the local org's real flow, in the process and over TLS: what works, what is wrong,
and what the message says to do about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sfassign.emulator import LocalOrg, serve
from sfassign.errors import LoginFailed, OrgUnreachable, SessionExpired, WrongSettings
from sfassign.ports import PollRequest
from sfassign.salesforce import AccessToken, ClientCredentials, JwtBearer, SalesforceOrg, UsernamePassword
from tests.salesforce.acme import PASSWORD, SECURITY_TOKEN, SOAP_LOGIN, Acme, read
from tests.salesforce.answers import SteppingClock

FLOWS: dict[str, Callable[[Acme], SalesforceOrg]] = {
    "certificate": lambda acme: acme.bearer(),
    "client credentials": lambda acme: acme.connect(ClientCredentials(acme.url, "the-app", "the-secret")),
    "password": lambda acme: acme.password(),
    "session": lambda acme: acme.connect(),
}
RENEWING = [name for name in FLOWS if name != "session"]


def logins(acme: Acme) -> int:
    return acme.asked("oauth2/token") + acme.asked(SOAP_LOGIN)


def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.mark.parametrize("flow", FLOWS)
def test_each_login_reads_the_org_and_knows_who_we_are(acme: Acme, flow: str) -> None:
    acme.leads(1)
    org = FLOWS[flow](acme)
    assert len(read(org)) == 1
    assert org.identify() == acme.robot
    assert logins(acme) == (0 if flow == "session" else 1)


@pytest.mark.parametrize("flow", RENEWING)
def test_a_session_that_ended_is_renewed_once(acme: Acme, flow: str) -> None:
    acme.leads(1)
    org = FLOWS[flow](acme)
    read(org)
    acme.clock.pass_by(3 * 3600)
    assert len(read(org)) == 1
    assert logins(acme) == 2


def test_a_given_session_that_ended_is_told_once_and_for_all(acme: Acme) -> None:
    org = FLOWS["session"](acme)
    acme.local.sessions.expire_all()
    with pytest.raises(SessionExpired, match="set a new one"):
        read(org)
    assert logins(acme) == 0


@pytest.mark.parametrize("flow", FLOWS)
def test_an_org_that_refuses_every_session_ends_it_after_one_renewal(acme: Acme, flow: str) -> None:
    org = FLOWS[flow](acme)
    acme.local.faults.fail(
        path="/services/data/", status=401, code="INVALID_SESSION_ID", message="Session expired or invalid", times=-1
    )
    for _ in range(5):
        with pytest.raises((LoginFailed, SessionExpired)) as told:
            read(org)
        assert told.value.exit_code == 1
        acme.clock.pass_by(3)
    assert logins(acme) == (0 if flow == "session" else 2)


# --- what is wrong with a certificate ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"private_key_pem": pem()}, "SFASSIGN_PRIVATE_KEY_FILE belongs to the app's certificate"),
        ({"consumer_key": "another-app"}, "SFASSIGN_CONSUMER_KEY"),
        ({"username": "stranger@acme.example"}, "pre-authorise the user"),
    ],
)
def test_a_wrong_key_app_or_user_is_told_with_the_mend(acme: Acme, change: dict[str, str], advice: str) -> None:
    right = {"consumer_key": "the-app", "private_key_pem": acme.key, "username": "robot@acme.example"}
    org = acme.connect(JwtBearer(acme.url, **(right | change)))
    with pytest.raises(LoginFailed, match=advice):
        read(org)
    assert logins(acme) == 1


def test_an_assertion_for_another_host_has_the_wrong_audience(acme: Acme) -> None:
    acme.local.settings.instance_url = "https://acme-moved.my.salesforce.com"
    with pytest.raises(LoginFailed, match=r"audience is invalid .*SFASSIGN_DOMAIN or SFASSIGN_LOGIN_URL"):
        acme.bearer().log_in()


def test_a_user_who_is_not_pre_authorised_is_told_so(acme: Acme) -> None:
    client = acme.local.clients.by_key["the-app"]
    acme.local.add_client("the-app", "the-secret", certificate=client.certificate, approved=frozenset({acme.alice}))
    with pytest.raises(LoginFailed, match=r"hasn't approved this consumer .*pre-authorise"):
        acme.bearer().log_in()


@pytest.mark.parametrize("minutes", [-30, -4, 10, 300])
def test_a_machine_whose_clock_is_wrong_signs_by_the_orgs(acme: Acme, minutes: int) -> None:
    acme.leads(1)
    acme.local.clock = lambda: acme.clock.now() - dt.timedelta(minutes=minutes)
    acme.local.sessions.clock = acme.local.clock
    org = acme.bearer()
    assert len(read(org)) == 1
    assert logins(acme) == 2, "refused once, and signed anew with the time that the refusal told"
    acme.local.sessions.expire_all()
    assert len(read(org)) == 1
    assert logins(acme) == 3, "from then on the org's time is known"
    assert org.clock_ahead is not None
    assert abs(org.clock_ahead + dt.timedelta(minutes=minutes)) <= dt.timedelta(seconds=1)


def test_a_clock_that_is_a_minute_off_is_no_trouble(acme: Acme) -> None:
    acme.local.clock = lambda: acme.clock.now() + dt.timedelta(seconds=60)
    acme.bearer().log_in()
    assert logins(acme) == 1


def test_a_wrong_key_on_a_machine_with_a_wrong_clock_is_not_tried_for_ever(acme: Acme) -> None:
    acme.local.clock = lambda: acme.clock.now() - dt.timedelta(hours=1)
    org = acme.connect(JwtBearer(acme.url, "the-app", pem(), "robot@acme.example"))
    for _ in range(5):
        with pytest.raises(LoginFailed, match="assertion"):
            org.log_in()
    assert logins(acme) == 2


# --- what is wrong with an app's secret -------------------------------------------------------------------------------


def test_a_wrong_secret_is_told_and_not_tried_again_at_once(acme: Acme) -> None:
    org = acme.connect(ClientCredentials(acme.url, "the-app", "the-wrong-secret"))
    for _ in range(3):
        with pytest.raises(LoginFailed, match="SFASSIGN_CONSUMER_SECRET"):
            org.log_in()
    assert logins(acme) == 1


def test_an_app_without_a_run_as_user_is_told_so(acme: Acme) -> None:
    acme.local.add_client("the-app", "the-secret")
    with pytest.raises(LoginFailed, match="set a run-as user"):
        FLOWS["client credentials"](acme).log_in()


def test_client_credentials_need_my_domain(acme: Acme) -> None:
    with pytest.raises(WrongSettings, match=r"SFASSIGN_DOMAIN: .*My Domain"):
        acme.connect(ClientCredentials("https://login.salesforce.com", "the-app", "the-secret"))
    with pytest.raises(WrongSettings, match="SFASSIGN_DOMAIN"):
        acme.connect(ClientCredentials("https://test.salesforce.com", "the-app", "the-secret"))


@pytest.mark.parametrize("flow", ["certificate", "client credentials"])
def test_an_app_that_was_revoked_while_we_worked_is_told_and_the_old_session_not_used(acme: Acme, flow: str) -> None:
    org = FLOWS[flow](acme)
    read(org)
    del acme.local.clients.by_key["the-app"]
    acme.local.sessions.expire_all()
    for _ in range(5):
        with pytest.raises(LoginFailed, match=r"client identifier invalid .*SFASSIGN_CONSUMER_KEY"):
            read(org)
    assert logins(acme) == 2


# --- what is wrong with a password ------------------------------------------------------------------------------------


def test_a_wrong_password_is_sent_once_and_locks_nobody(acme: Acme) -> None:
    acme.local.settings.login_attempts = 3
    org = acme.password(password="wrong")
    for _ in range(30):
        with pytest.raises(LoginFailed, match="INVALID_LOGIN"):
            read(org)
        acme.clock.pass_by(600)
    assert logins(acme) == 1
    assert acme.password().log_in(), "the user was not locked"


def test_a_missing_security_token_is_told_and_a_trusted_network_needs_none(acme: Acme) -> None:
    with pytest.raises(LoginFailed, match=r"LOGIN_MUST_USE_SECURITY_TOKEN.*set SFASSIGN_SECURITY_TOKEN"):
        acme.password(token="").log_in()
    acme.local.settings.trusted_network = True
    assert acme.password(token="").log_in()


def test_a_user_whom_somebody_else_locked_is_waited_for(acme: Acme) -> None:
    org = acme.password()
    acme.local.settings.login_attempts = 1
    with pytest.raises(LoginFailed):
        acme.password(password="guess").log_in()
    for _ in range(59):
        with pytest.raises(LoginFailed, match="PASSWORD_LOCKOUT"):
            org.log_in()
        acme.clock.pass_by(60)
    assert logins(acme) == 2
    acme.clock.pass_by(60)
    assert org.log_in()


def test_an_org_with_soap_login_switched_off_says_where_to_switch_it_on(acme: Acme) -> None:
    org = acme.password()
    acme.local.settings.soap_login = False
    with pytest.raises(LoginFailed, match=r"INVALID_OPERATION: .*Enable SOAP API login\(\).*SFASSIGN_PRIVATE_KEY_FILE"):
        org.log_in()


def test_an_org_without_the_api_is_told_so(acme: Acme) -> None:
    acme.local.settings.api_enabled = False
    with pytest.raises(LoginFailed, match="API_DISABLED_FOR_ORG"):
        acme.password().log_in()
    with pytest.raises(Exception, match="API_DISABLED_FOR_ORG"):
        read(acme.bearer())


# --- where we log in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flow", ["client credentials", "password"])
def test_an_org_that_moved_is_followed_at_the_next_login(acme: Acme, flow: str) -> None:
    acme.leads(1)
    org = FLOWS[flow](acme)
    read(org)
    moved = acme.url.replace("127.0.0.1", "localhost").replace("acme.my", "acme2.my")
    acme.local.settings.instance_url = moved
    acme.local.sessions.expire_all()
    assert len(read(org)) == 1
    assert [entry.origin for entry in acme.local.log][-3:] == [acme.url, acme.url, moved]


@pytest.mark.parametrize(
    "address", ["http://login.salesforce.com", "http://acme.example", "ftp://127.0.0.1", "acme.my"]
)
def test_a_login_host_without_https_is_refused_unless_it_is_this_machine(acme: Acme, address: str) -> None:
    for credentials in (
        JwtBearer(address, "the-app", acme.key, "robot@acme.example"),
        ClientCredentials(address, "the-app", "the-secret"),
        UsernamePassword(address, "robot@acme.example", PASSWORD, SECURITY_TOKEN),
    ):
        with pytest.raises(WrongSettings, match="SFASSIGN_LOGIN_URL"):
            acme.connect(credentials)
    with pytest.raises(WrongSettings, match="SFASSIGN_INSTANCE_URL"):
        acme.connect(AccessToken(address, "token"))


def test_a_login_page_instead_of_an_answer_is_an_outage(acme: Acme) -> None:
    acme.local.faults.fail(path="oauth2/token", status=200, html="<html>log in to this network</html>", times=-1)
    with pytest.raises(OrgUnreachable, match=r"no usable answer \(if that stays, check SFASSIGN_DOMAIN"):
        acme.bearer().poll(PollRequest(frozen=True))


@pytest.mark.parametrize("flow", FLOWS)
def test_an_org_on_this_machine_is_logged_in_to_in_plain_http(
    flow: str, clock: SteppingClock, robot_key: rsa.RSAPrivateKey
) -> None:
    local = LocalOrg(clock.now)
    with serve(local, https=False) as server:
        acme = Acme(clock, local, server.url, None)
        acme.make_ready(robot_key)
        acme.leads(1)
        assert len(read(FLOWS[flow](acme))) == 1
        for org in acme.opened:
            org.transport.close()
    local.close()
