"""One exchange with the org: simple-salesforce over our own session, the token renewed once, failures translated.

simple-salesforce 1.12.10 is given a session id, which switches its own token refresh off: that one drops the caller's
headers on the repeat (and with them the guard of a write), and can recurse without end. Used by `reading` and
`writing`.
"""

from __future__ import annotations

from collections.abc import Callable

from requests import RequestException
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

from sfassign.errors import OrgError, OrgRefused
from sfassign.salesforce.attempts import Session
from sfassign.salesforce.failures import Astray, StaleSession, Undetermined, may_have_moved, translate
from sfassign.salesforce.login import Login
from sfassign.salesforce.transport import OrgSession
from sfassign.salesforce.versions import refuse_unknown_version

_UNKNOWN = (404, 410)
"""Not there, or no longer: what the org answers to a version it does not have, and to any address it does not know."""

Exchange = Callable[[Salesforce], object]
"""One call on the client, returning parsed JSON."""


class Connection:
    """Carries out exchanges. Safe to use from several threads."""

    def __init__(self, login: Login, transport: OrgSession, api_version: str) -> None:
        self.transport = transport
        self._login = login
        self._api_version = api_version
        self._version_proved = False

    def resource(self, path: str) -> str:
        """The path of a REST resource on the host, `/services/data/v62.0/query?q=…`."""
        return f"/services/data/v{self._api_version}/{path}"

    def address(self) -> str:
        """Scheme and host of the org, logging in where that was not done yet."""
        return self._login.session().host.url

    @property
    def flow(self) -> str:
        """How we log in, in words."""
        return self._login.flow

    @property
    def retires(self) -> str | None:
        """Until when that will work, where its end is known."""
        return self._login.retires

    def host(self) -> str:
        """The host the session is at, logging in where there is none yet. Raises an OrgError."""
        return self._login.session().host.netloc

    def user_id(self) -> str | None:
        """The user this session runs as, where the login said so."""
        return self._login.session().user_id

    def call(self, exchange: Exchange) -> object:
        """The exchange's result; with a new session once more where the org no longer takes the session, or has moved.

        That is safe for a write as well: the org authenticates before it does anything, and whoever did not answer or
        only redirects has done nothing. Raises an OrgError, and WrongSettings where the org does not have our API
        version.
        """
        session = self._login.session()
        outcome = self._attempt(exchange, session)
        if isinstance(outcome, StaleSession):
            session = self._login.renew(session)
            outcome = self._attempt(exchange, session)
        elif isinstance(outcome, Astray):
            outcome = self._elsewhere(exchange, session, outcome)
        if isinstance(outcome, StaleSession):
            outcome = self._login.distrust(session)
        if isinstance(outcome, Astray):
            outcome = outcome.failure
        if isinstance(outcome, OrgRefused) and outcome.status in _UNKNOWN and not self._version_proved:
            refuse_unknown_version(self.transport, session.host, self._api_version)
        if isinstance(outcome, OrgError):
            raise outcome
        self._version_proved = True
        self._login.proved()
        return outcome

    def _elsewhere(self, exchange: Exchange, session: Session, astray: Astray) -> object:
        """The exchange's result at the host that a new login names; else what went wrong at the old one. The next call
        goes to the new host in any case."""
        if not self._login.renews:
            advice = "if the org has moved, set SFASSIGN_INSTANCE_URL and SFASSIGN_ACCESS_TOKEN anew"
            astray.failure.args = (f"{astray.failure} ({advice})",)
            return astray
        fresh = self._login.look_again(session)
        if fresh.host == session.host or isinstance(astray.failure, Undetermined):
            return astray
        return self._attempt(exchange, fresh)

    def _attempt(self, exchange: Exchange, session: Session) -> object:
        """The exchange's result, or the OrgError to raise: raised here it would drag the library's one along."""
        client = Salesforce(
            session_id=session.token.text,
            instance=session.host.netloc,
            version=self._api_version,
            session=self.transport,
            object_pairs_hook=None,
        )
        try:
            return exchange(client)
        except OrgError as told:
            failure, moved = told.with_traceback(None), False
        except (SalesforceError, RequestException, ValueError, TypeError, RecursionError) as error:
            failure, moved = translate(error, session.host.netloc), may_have_moved(error)
        failure.args = tuple(self.transport.masked(str(part)) for part in failure.args)
        return Astray(failure) if moved else failure
