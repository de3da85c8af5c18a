"""One login attempt: what is sent for each kind of credentials, and what the answer means. Used by `login`, which
keeps the session and says when the next attempt may be made.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import requests
import structlog

from sfassign.errors import LoginFailed, OrgError, OrgUnreachable, WrongSettings
from sfassign.ports import Clock
from sfassign.salesforce.addresses import Host, safe_host
from sfassign.salesforce.credentials import Grant, JwtBearer, UsernamePassword
from sfassign.salesforce.failures import translate, was_sent
from sfassign.salesforce.secrets import Secret
from sfassign.salesforce.soap_login import HEADERS, SOAP_PATH, Fault, envelope, understood
from sfassign.salesforce.transport import TOKEN_PATH, OrgSession

MOST_SKEW_SECONDS = 60
"""An assertion lives three minutes: a clock that is further off than this may be why it was refused."""

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


@dataclass(frozen=True, slots=True)
class Refused:
    """A login that did not work and is not to be tried again at once. `spent`: not at all with the same password;
    `locked`: after an hour; `unreachable`: nobody said no, the answer is lost."""

    text: str
    spent: bool = False
    locked: bool = False
    unreachable: bool = False

    def error(self, until: str = "") -> OrgError:
        return (OrgUnreachable if self.unreachable else LoginFailed)(self.text + until)


class Attempts:
    """Makes single attempts; remembers nothing but what the transport does."""

    def __init__(self, transport: OrgSession, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock

    def ask(self, credentials: Grant | UsernamePassword) -> Session | OrgError | Refused:
        """One request to the login; an assertion that was refused while this machine's clock is wrong is signed once
        more by the org's, which the refusal's Date told."""
        if isinstance(credentials, UsernamePassword):
            return self._send_password(credentials)
        knew = self._org_ahead() is not None
        outcome = self._exchange(credentials)
        ahead = self._org_ahead()
        if knew or ahead is None or not isinstance(outcome, Refused) or not isinstance(credentials, JwtBearer):
            return outcome
        if abs(ahead.total_seconds()) <= MOST_SKEW_SECONDS:
            return outcome
        log.warning("this machine's clock is wrong", action="org.clock", org_ahead_seconds=round(ahead.total_seconds()))
        return self._exchange(credentials)

    def _org_ahead(self) -> dt.timedelta | None:
        """How far the org's clock is ahead of ours, None before its first answer."""
        now = self._clock.now()
        theirs = self._transport.server_clock.at(now)
        return None if theirs is None else theirs - now

    def _exchange(self, grant: Grant) -> Session | OrgError | Refused:
        """One request to the token endpoint."""
        login_host = safe_host(grant.login_url, "SFASSIGN_LOGIN_URL")
        form = grant.form(self._clock.now() + (self._org_ahead() or dt.timedelta(0)))
        self._transport.hide(assertion=form.get("assertion", ""))
        try:
            response = self._transport.post(f"{login_host.url}{TOKEN_PATH}", data=form)
        except requests.RequestException as error:
            return self._unreachable(error, login_host)
        return self._redirected(response, login_host) or self._judge(response, login_host)

    def _send_password(self, grant: UsernamePassword) -> Session | OrgError | Refused:
        """One SOAP login()."""
        login_host = safe_host(grant.login_url, "SFASSIGN_LOGIN_URL")
        body = envelope(grant.username, grant.sent)
        try:
            response = self._transport.post(f"{login_host.url}{SOAP_PATH}", data=body, headers=HEADERS)
        except requests.RequestException as error:
            failure = self._unreachable(error, login_host)
            return Refused(str(failure), unreachable=True) if was_sent(error) else failure
        return self._redirected(response, login_host) or self._judge_soap(response, login_host)

    def _unreachable(self, error: requests.RequestException, login_host: Host) -> OrgError:
        """Never Undetermined, whatever became of the login: nothing of what was to follow it was sent."""
        return OrgUnreachable(self._transport.masked(f"login: {translate(error, login_host.netloc)}"))

    def _redirected(self, response: requests.Response, login_host: Host) -> Refused | None:
        if not response.is_redirect:
            return None
        return Refused(f"{login_host.netloc} redirects the login: check SFASSIGN_DOMAIN or SFASSIGN_LOGIN_URL")

    def _judge_soap(self, response: requests.Response, login_host: Host) -> Session | Refused:
        """What the answer to login() means; it comes with 200 or, for a fault, with 500."""
        answer = understood(response.content)
        if answer is None:
            return Refused(_no_answer(response, login_host), unreachable=True)
        if isinstance(answer, Fault):
            text = self._transport.masked(str(answer))
            return Refused(text, spent=answer.spent, locked=answer.locked, unreachable=answer.passing)
        return self._kept(answer.host, answer.session_id, answer.user_id)

    def _judge(self, response: requests.Response, login_host: Host) -> Session | OrgError | Refused:
        """What the token endpoint's answer means."""
        answer = _json_object(response)
        if response.status_code >= 500 or response.status_code in (408, 420, 429) or answer is None:
            return OrgUnreachable(_no_answer(response, login_host))
        if response.ok:
            return self._granted(answer)
        error, words = str(answer.get("error", "")), str(answer.get("error_description", ""))
        return Refused(f"{error}: {words} ({_advice(f'{error} {words}')})")

    def _granted(self, answer: dict[str, object]) -> Session | Refused:
        """The session in a token response; its instance_url may change from one to the next."""
        try:
            host = safe_host(str(answer.get("instance_url", "")), "the instance_url of the login's answer")
        except WrongSettings as problem:
            return Refused(str(problem))
        token = str(answer.get("access_token") or "")
        if not token:
            return Refused("the login's answer has no access_token: check SFASSIGN_DOMAIN or SFASSIGN_LOGIN_URL")
        user = re.search(r"/(005[A-Za-z0-9]{15})$", str(answer.get("id", "")))
        return self._kept(host, token, user[1] if user else None)

    def _kept(self, host: Host, token: str, user_id: str | None) -> Session:
        self._transport.hide(token=token)
        self._transport.allow_plain(host)
        return Session(host, Secret(token), user_id)


def _no_answer(response: requests.Response, login_host: Host) -> str:
    text = f"login at {login_host.netloc}: HTTP {response.status_code} and no usable answer"
    return f"{text} (if that stays, check SFASSIGN_DOMAIN or SFASSIGN_LOGIN_URL)"


def _json_object(response: requests.Response) -> dict[str, object] | None:
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _advice(error: str) -> str:
    return next((advice for words, advice in _ADVICE if words.lower() in error.lower()), _ELSE)
