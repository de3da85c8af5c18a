"""The session with the org: got when first needed, renewed once per expiry, never in a hot loop.

A refused login is a configuration error that locks the user out when repeated (REST API notes, 1.2), so after one the
next attempt waits a minute, doubling up to a quarter of an hour; network failures and 5xx wait with whoever asked.

An org can move: its old host then redirects, shows a page, or is gone, and does not say that the session is over. Only
a login tells the new host (`instance_url`, 1.5), so one is made then, at the same pace whether it helps or not.

A password is treated with more care, since an org locks its user after some wrong ones (three to ten):
- the org refused it: it is not sent again by this process (a daemon goes on with another one when the settings say so);
- the user is locked: it is sent again after an hour, the longest lock that ends by itself;
- it was sent and no answer came: the org may have counted it, so it waits like a refused login.
Used by `connection` alone.
"""

from __future__ import annotations

import datetime as dt
import threading

import structlog

from sfassign.errors import LoginFailed, OrgError, SessionExpired
from sfassign.ports import Clock
from sfassign.salesforce.addresses import safe_host
from sfassign.salesforce.attempts import Attempts, Refused, Session
from sfassign.salesforce.credentials import AccessToken, Credentials, UsernamePassword
from sfassign.salesforce.secrets import Secret
from sfassign.salesforce.transport import OrgSession

FIRST_PAUSE = dt.timedelta(seconds=60)
LONGEST_PAUSE = dt.timedelta(minutes=15)
PAUSE_OF_LOCKED_USER = dt.timedelta(hours=1)
NEVER_AGAIN = dt.datetime.max.replace(tzinfo=dt.UTC)

log = structlog.get_logger()


class Login:
    """Gets and renews the session. Safe to use from several threads."""

    def __init__(self, credentials: Credentials, transport: OrgSession, clock: Clock) -> None:
        credentials.check()
        hide = transport.hide_at_login if isinstance(credentials, UsernamePassword) else transport.hide
        hide(**credentials.secrets())
        self._credentials = credentials
        self._transport = transport
        self._attempts = Attempts(transport, clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._refusals = 0
        self._refused_until: dt.datetime | None = None
        self._refusal = Refused("")
        self._looks = 0
        self._look_after: dt.datetime | None = None

    @property
    def flow(self) -> str:
        """How we log in, in words."""
        return self._credentials.flow

    @property
    def retires(self) -> str | None:
        """Until when this way works, where its end is known."""
        return self._credentials.retires if isinstance(self._credentials, UsernamePassword) else None

    @property
    def renews(self) -> bool:
        """Whether there is anything to log in with."""
        return not isinstance(self._credentials, AccessToken)

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

    def proved(self) -> None:
        """The org took the session: the next refusal is the first one again."""
        self._refusals = self._looks = 0

    def look_again(self, astray: Session) -> Session:
        """The session to go on with where somebody else than the org answers at this one's host: a new one, or this
        one where it is too soon for another login, or that fails."""
        with self._lock:
            now = self._clock.now()
            if self._session is not astray or (self._look_after is not None and now < self._look_after):
                return self._session or astray
            self._look_after = now + _pause(self._looks)
            self._looks += 1
            try:
                self._session = found = self._open()
            except OrgError as failure:
                log.warning("cannot look where the org is now", action="org.login_failed", reason=str(failure))
                return astray
        if found.host != astray.host:
            log.warning("the org has moved", action="org.moved", was=astray.host.netloc, host=found.host.netloc)
        return found

    def distrust(self, session: Session) -> LoginFailed:
        """The org refused a session it had just given: no other one is asked for soon."""
        with self._lock:
            if self._session is session:
                self._session = None
            text = (
                "the org gave a new session and refuses it at once (INVALID_SESSION_ID): check the "
                "session settings, IP ranges and API permission of the user"
            )
            self._refuse(Refused(text))
            return LoginFailed(text)

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
        outcome = self._attempts.ask(self._credentials)
        if isinstance(outcome, Refused):
            self._refuse(outcome)
            raise outcome.error(self._until() if outcome.spent else "")
        if isinstance(outcome, OrgError):
            raise outcome
        log.info("logged in", action="org.login", host=outcome.host.netloc)
        return outcome

    def _wait_out_refusal(self) -> None:
        if self._refused_until is not None and self._clock.now() < self._refused_until:
            raise self._refusal.error(self._until())

    def _until(self) -> str:
        """When the next attempt is made, for the end of a message."""
        if self._refused_until == NEVER_AGAIN:
            return (
                "; this password is not sent again, lest the user be locked out: a running daemon goes on when the env"
                " file or SFASSIGN_PASSWORD_FILE holds another, or on a reload"
            )
        return f" (not tried again before {self._refused_until:%H:%M:%S} UTC)"

    def _refuse(self, refused: Refused) -> None:
        pause = PAUSE_OF_LOCKED_USER if refused.locked else _pause(self._refusals)
        self._refusals += 1
        self._refusal = refused
        self._refused_until = NEVER_AGAIN if refused.spent else self._clock.now() + pause


def _pause(before: int) -> dt.timedelta:
    """How long to wait after an attempt, so many of which came before it."""
    return min(FIRST_PAUSE * (1 << min(before, 10)), LONGEST_PAUSE)
