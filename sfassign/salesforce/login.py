"""The session with the org: got when first needed, renewed once per expiry, never in a hot loop.

A refused login is a configuration error that locks the user out when repeated (REST API notes, 1.2), so after one the
next attempt waits a minute, doubling up to a quarter of an hour; network failures and 5xx wait with whoever asked.
Used by `connection` alone.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
from dataclasses import dataclass

import requests
import structlog

from sfassign.errors import LoginFailed, OrgError, OrgUnreachable, SessionExpired, WrongSettings
from sfassign.ports import Clock
from sfassign.salesforce.addresses import Host, safe_host
from sfassign.salesforce.credentials import AccessToken, Credentials, Grant
from sfassign.salesforce.failures import translate
from sfassign.salesforce.secrets import Secret
from sfassign.salesforce.transport import TOKEN_PATH, OrgSession

FIRST_PAUSE = dt.timedelta(seconds=60)
LONGEST_PAUSE = dt.timedelta(minutes=15)

_ADVICE = (
    (
        "hasn't approved",
        "pre-authorise the user for the app: a permission set, and “admin approved users” in its policies",
    ),
    ("not admin approved", "give the user the permission set or profile that the app's policy asks for"),
    ("no client credentials user", "set a run-as user in the app's client credentials settings"),
    ("not supported on this domain", "set SFASSIGN_DOMAIN to the org's My Domain"),
    ("client identifier", "check SFASSIGN_CONSUMER_KEY; a new app takes up to ten minutes to be known"),
    ("client credentials", "check SFASSIGN_CONSUMER_KEY and SFASSIGN_CONSUMER_SECRET"),
    ("audience", "check SFASSIGN_DOMAIN or SFASSIGN_LOGIN_URL: test for a sandbox, login otherwise"),
    ("assertion", "check that SFASSIGN_PRIVATE_KEY_FILE belongs to the app's certificate"),
    ("expired", "check this machine's clock"),
    ("inactive", "the user or the org is inactive"),
    ("rate", "too many logins: wait"),
    ("OAUTH_APP_BLOCKED", "an administrator must install or unblock the app"),
)
_ELSE = "check SFASSIGN_USERNAME, SFASSIGN_DOMAIN, the app's settings, and the user's login hours and IP ranges"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Session:
    """One valid session: where to ask and with what. `user_id` where the login told it."""

    host: Host
    token: Secret
    user_id: str | None = None


class Login:
    """Gets and renews the session. Safe to use from several threads."""

    def __init__(self, credentials: Credentials, transport: OrgSession, clock: Clock) -> None:
        credentials.check()
        transport.hide(**credentials.secrets())
        self._credentials = credentials
        self._transport = transport
        self._clock = clock
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._refusals = 0
        self._refused_until: dt.datetime | None = None
        self._refusal = ""

    def session(self) -> Session:
        """The session, logging in at the first call. Raises LoginFailed, OrgUnreachable."""
        with self._lock:
            if self._session is None:
                self._session = self._open()
            return self._session

    def renew(self, stale: Session) -> Session:
        """A session other than `stale`; another thread may have got it already. Raises SessionExpired too."""
        with self._lock:
            if self._session is None or self._session is stale:
                self._session = None
                self._session = self._open(again=True)
            return self._session

    def distrust(self, session: Session) -> LoginFailed:
        """The org refused a session it had just given: no other one is asked for soon."""
        with self._lock:
            if self._session is session:
                self._session = None
            return self._refuse(
                "the org gave a new session and refuses it at once (INVALID_SESSION_ID): check the "
                "session settings, IP ranges and API permission of the user"
            )

    def _open(self, again: bool = False) -> Session:
        if isinstance(self._credentials, AccessToken):
            if again:
                raise SessionExpired(
                    "the org no longer takes the session of SFASSIGN_ACCESS_TOKEN: set a new one, "
                    "or credentials that can be renewed (JWT bearer)"
                )
            host = safe_host(self._credentials.instance_url, "SFASSIGN_INSTANCE_URL")
            self._transport.allow_plain(host)
            return Session(host, Secret(self._credentials.token))
        self._wait_out_refusal()
        outcome = self._exchange(self._credentials)
        if isinstance(outcome, LoginFailed):
            raise self._refuse(str(outcome))
        if isinstance(outcome, OrgError):
            raise outcome
        self._refusals = 0
        log.info("logged in", action="org.login", host=outcome.host.netloc)
        return outcome

    def _wait_out_refusal(self) -> None:
        if self._refused_until is not None and self._clock.now() < self._refused_until:
            raise LoginFailed(f"{self._refusal} (not tried again before {self._refused_until:%H:%M:%S} UTC)")

    def _refuse(self, text: str) -> LoginFailed:
        pause = min(FIRST_PAUSE * 2 ** min(self._refusals, 10), LONGEST_PAUSE)
        self._refusals += 1
        self._refusal = text
        self._refused_until = self._clock.now() + pause
        return LoginFailed(text)

    def _exchange(self, grant: Grant) -> Session | OrgError:
        """One request to the token endpoint."""
        login_host = safe_host(grant.login_url, "SFASSIGN_LOGIN_URL")
        url = f"{login_host.url}{TOKEN_PATH}"
        form = grant.form(self._clock.now())
        self._transport.hide(assertion=form.get("assertion", ""))
        try:
            response = self._transport.post(url, data=form)
        except requests.RequestException as error:
            return OrgUnreachable(self._transport.masked(f"login: {translate(error, login_host.netloc)}"))
        return self._judge(response, login_host)

    def _judge(self, response: requests.Response, login_host: Host) -> Session | OrgError:
        """What the token endpoint's answer means."""
        if response.is_redirect:
            return LoginFailed(f"{login_host.netloc} redirects the login: check SFASSIGN_DOMAIN or SFASSIGN_LOGIN_URL")
        answer = _json_object(response)
        if response.status_code >= 500 or response.status_code in (408, 420, 429) or answer is None:
            text = f"login at {login_host.netloc}: HTTP {response.status_code} and no usable answer"
            return OrgUnreachable(f"{text} (if that stays, check SFASSIGN_DOMAIN or SFASSIGN_LOGIN_URL)")
        if response.ok:
            return self._granted(answer)
        error, words = str(answer.get("error", "")), str(answer.get("error_description", ""))
        return LoginFailed(f"{error}: {words} ({_advice(f'{error} {words}')})")

    def _granted(self, answer: dict[str, object]) -> Session | OrgError:
        """The session in a token response; its instance_url may change from one to the next."""
        try:
            host = safe_host(str(answer.get("instance_url", "")), "the instance_url of the login's answer")
        except WrongSettings as problem:
            return LoginFailed(str(problem))
        token = Secret(str(answer.get("access_token") or ""))
        if not token.text:
            return LoginFailed("the login's answer has no access_token: check SFASSIGN_DOMAIN or SFASSIGN_LOGIN_URL")
        self._transport.hide(token=token.text)
        self._transport.allow_plain(host)
        user = re.search(r"/(005[A-Za-z0-9]{15})$", str(answer.get("id", "")))
        return Session(host, token, user[1] if user else None)


def _json_object(response: requests.Response) -> dict[str, object] | None:
    try:
        answer = response.json()
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _advice(error: str) -> str:
    return next((advice for words, advice in _ADVICE if words.lower() in error.lower()), _ELSE)
