from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs

import jwt
import pytest
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sfassign.errors import LoginFailed, OrgUnreachable, SessionExpired, WrongSettings
from sfassign.ports import PollRequest
from sfassign.salesforce import AccessToken, ClientCredentials, JwtBearer, SalesforceOrg
from tests.salesforce.answers import ALICE, COMPOSITE, HOST, TOKEN, SteppingClock, composite, dated, page, refused
from tests.salesforce.conftest import Answering

LOGIN = "https://login.salesforce.com"
TOKENS = f"{LOGIN}/services/oauth2/token"
FROZEN = PollRequest(frozen=True)
EXPIRED = refused("INVALID_SESSION_ID", "Session expired or invalid")


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def bearer(key: rsa.RSAPrivateKey, clock: SteppingClock) -> SalesforceOrg:
    return SalesforceOrg(JwtBearer(LOGIN, "the-consumer-key", pem(key), "robot@acme.example"), clock)


def grant(http: responses.RequestsMock, token: str = TOKEN, instance_url: str = HOST) -> None:
    answer = {"access_token": token, "instance_url": instance_url, "id": f"{LOGIN}/id/00D000000000001EAA/{ALICE}"}
    http.add(responses.POST, TOKENS, json=answer)


def urls(http: responses.RequestsMock) -> list[str]:
    return [str(call.request.url) for call in http.calls]


def test_the_assertion_is_what_salesforce_documents(
    bearer: SalesforceOrg, http: responses.RequestsMock, answer: Answering, key: rsa.RSAPrivateKey, clock: SteppingClock
) -> None:
    grant(http)
    answer(json=composite(q0=(200, page())))
    bearer.poll(FROZEN)
    form = parse_qs(str(http.calls[0].request.body))
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    [assertion] = form["assertion"]
    assert jwt.get_unverified_header(assertion)["alg"] == "RS256"
    claims = jwt.decode(
        assertion, key.public_key(), algorithms=["RS256"], audience=LOGIN, options={"verify_exp": False}
    )
    in_three_minutes = int((clock.now() + dt.timedelta(minutes=3)).timestamp())
    assert claims == {"iss": "the-consumer-key", "sub": "robot@acme.example", "aud": LOGIN, "exp": in_three_minutes}
    assert type(claims["exp"]) is int


def test_a_login_does_not_count_and_tells_who_we_are(
    bearer: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    grant(http)
    answer(json=composite(q0=(200, page())))
    bearer.poll(FROZEN)
    assert bearer.calls == 1
    assert bearer.identify() == ALICE
    assert len(http.calls) == 2


def test_client_credentials_send_key_and_secret_in_the_body(
    clock: SteppingClock, http: responses.RequestsMock, answer: Answering
) -> None:
    http.add(responses.POST, f"{HOST}/services/oauth2/token", json={"access_token": TOKEN, "instance_url": HOST})
    answer(json=composite(q0=(200, page())))
    SalesforceOrg(ClientCredentials(HOST, "the-key", "the-secret"), clock).poll(FROZEN)
    form = parse_qs(str(http.calls[0].request.body))
    assert form == {
        "grant_type": ["client_credentials"],
        "client_id": ["the-key"],
        "client_secret": ["the-secret"],
    }


def test_an_expired_session_is_renewed_once_and_the_read_repeated_at_the_new_host(
    bearer: SalesforceOrg, http: responses.RequestsMock, answer: Answering, clock: SteppingClock
) -> None:
    grant(http)
    answer(status=401, json=EXPIRED)
    moved = "https://acme2.my.salesforce.com"
    grant(http, "another-token", moved)
    http.add(
        responses.POST,
        f"{moved}/services/data/v62.0/composite",
        json=composite(q0=(200, page())),
        headers=dated(clock),
    )
    assert bearer.poll(FROZEN).frozen == frozenset()
    assert urls(http) == [TOKENS, COMPOSITE, TOKENS, f"{moved}/services/data/v62.0/composite"]
    assert http.calls[3].request.headers["Authorization"] == "Bearer another-token"


def test_a_new_session_that_is_refused_too_ends_in_no_login_loop(
    bearer: SalesforceOrg, http: responses.RequestsMock, answer: Answering, clock: SteppingClock
) -> None:
    grant(http)
    answer(status=401, json=EXPIRED)
    for _ in range(20):
        with pytest.raises(LoginFailed):
            bearer.poll(FROZEN)
        clock.pass_by(2)
    assert urls(http) == [TOKENS, COMPOSITE, TOKENS, COMPOSITE]


def test_a_refused_login_is_not_repeated_for_a_minute_then_for_longer(
    bearer: SalesforceOrg, http: responses.RequestsMock, clock: SteppingClock
) -> None:
    http.add(
        responses.POST,
        TOKENS,
        status=400,
        json={"error": "invalid_grant", "error_description": "user hasn't approved this consumer"},
    )
    attempts = []
    for second in range(0, 1200, 5):
        before = len(http.calls)
        with pytest.raises(LoginFailed, match=r"user hasn't approved this consumer .*pre-authorise"):
            bearer.poll(FROZEN)
        if len(http.calls) > before:
            attempts.append(second)
        clock.pass_by(5)
    assert attempts == [0, 60, 180, 420, 900]
    assert clock.slept == []


def test_after_a_refused_renewal_the_ended_session_is_not_used_again(
    bearer: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    grant(http)
    answer(status=401, json=EXPIRED)
    http.add(responses.POST, TOKENS, status=400, json={"error": "inactive_user", "error_description": "user inactive"})
    for _ in range(3):
        with pytest.raises(LoginFailed, match="inactive"):
            bearer.poll(FROZEN)
    assert urls(http) == [TOKENS, COMPOSITE, TOKENS]


@pytest.mark.parametrize(
    ("error", "description", "advice"),
    [
        ("invalid_grant", "audience is invalid", "SFASSIGN_DOMAIN"),
        ("invalid_grant", "invalid assertion", "SFASSIGN_PRIVATE_KEY_FILE"),
        ("invalid_client_id", "client identifier invalid", "SFASSIGN_CONSUMER_KEY"),
        ("invalid_app_access", "user is not admin approved to access this app", "permission set"),
        ("invalid_grant", "authentication failure", "SFASSIGN_USERNAME"),
        ("OAUTH_APP_BLOCKED", "this app is blocked by admin", "administrator"),
    ],
)
def test_a_refused_login_says_what_to_do(
    bearer: SalesforceOrg, http: responses.RequestsMock, error: str, description: str, advice: str
) -> None:
    http.add(responses.POST, TOKENS, status=400, json={"error": error, "error_description": description})
    with pytest.raises(LoginFailed) as refusal:
        bearer.poll(FROZEN)
    assert f"{error}: {description}" in str(refusal.value)
    assert advice in str(refusal.value)


@pytest.mark.parametrize("body", ["<html>maintenance</html>", '{"error": "server_error"}'])
def test_a_login_the_org_cannot_serve_just_now_is_tried_again(
    bearer: SalesforceOrg, http: responses.RequestsMock, answer: Answering, clock: SteppingClock, body: str
) -> None:
    http.add(responses.POST, TOKENS, status=503, body=body)
    grant(http)
    answer(json=composite(q0=(200, page())))
    assert bearer.poll(FROZEN).frozen == frozenset()
    assert len(clock.slept) == 1


def test_a_login_that_stays_unreachable_ends_after_a_few_tries(
    bearer: SalesforceOrg, http: responses.RequestsMock
) -> None:
    http.add(responses.POST, TOKENS, status=503, body="<html>")
    with pytest.raises(OrgUnreachable, match=r"login at login\.salesforce\.com: HTTP 503"):
        bearer.poll(FROZEN)
    assert len(http.calls) == 4


@pytest.mark.parametrize("instance_url", ["http://acme.my.salesforce.com", "", "https://user@evil.example"])
def test_the_token_is_sent_to_no_unsafe_host(
    bearer: SalesforceOrg, http: responses.RequestsMock, instance_url: str
) -> None:
    grant(http, instance_url=instance_url)
    with pytest.raises(LoginFailed, match="instance_url"):
        bearer.poll(FROZEN)
    assert urls(http) == [TOKENS]


@pytest.mark.parametrize(
    "body",
    [
        refused("INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
        refused("INVALID_SESSION_ID", "Connected app is not attached to Agent"),
        refused("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"),
    ],
)
def test_a_session_that_renewal_cannot_cure_is_not_renewed(
    bearer: SalesforceOrg, http: responses.RequestsMock, answer: Answering, body: object
) -> None:
    grant(http)
    answer(status=401, json=body)
    with pytest.raises(LoginFailed):
        bearer.poll(FROZEN)
    assert urls(http) == [TOKENS, COMPOSITE]


def test_a_given_session_that_expired_is_told_and_not_tried_again(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    answer(status=401, json=EXPIRED)
    with pytest.raises(SessionExpired, match="SFASSIGN_ACCESS_TOKEN"):
        org.poll(FROZEN)
    assert len(http.calls) == 1


@pytest.mark.parametrize(
    ("credentials", "names"),
    [
        (AccessToken("http://acme.my.salesforce.com", TOKEN), "SFASSIGN_INSTANCE_URL"),
        (AccessToken(HOST, f"{TOKEN}\n"), "SFASSIGN_ACCESS_TOKEN"),
        (AccessToken(HOST, ""), "SFASSIGN_ACCESS_TOKEN"),
        (JwtBearer("http://login.salesforce.com", "key", "pem", "u"), "SFASSIGN_LOGIN_URL"),
        (JwtBearer(LOGIN, "key", "no PEM at all", "u"), "SFASSIGN_PRIVATE_KEY_FILE"),
        (JwtBearer(LOGIN, "key", pem(ec.generate_private_key(ec.SECP256R1())), "u"), "SFASSIGN_PRIVATE_KEY_FILE"),
        (ClientCredentials("https://login.salesforce.com", "key", "secret"), "SFASSIGN_DOMAIN"),
    ],
)
def test_credentials_that_cannot_work_are_refused_before_anything_is_sent(
    credentials: AccessToken | JwtBearer | ClientCredentials, names: str, clock: SteppingClock
) -> None:
    with pytest.raises(WrongSettings, match=names):
        SalesforceOrg(credentials, clock)


def test_a_login_answered_by_nothing_but_brackets_is_an_outage(
    bearer: SalesforceOrg, http: responses.RequestsMock
) -> None:
    http.add(responses.POST, TOKENS, body="[" * 60_000)
    with pytest.raises(OrgUnreachable, match="no usable answer"):
        bearer.log_in()
