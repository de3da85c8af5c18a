"""`SalesforceOrg`, the `ports.Org` of a real (or local) Salesforce org. Made by bootstrap, used by the cycle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

from sfassign.errors import OrgError
from sfassign.ports import Clock, ObjectRead, ObjectShape, OwnerChange, Polled, PollRequest, Resolved, Row, WriteResult
from sfassign.salesforce.asking import Asker
from sfassign.salesforce.connection import Connection
from sfassign.salesforce.credentials import Credentials
from sfassign.salesforce.login import Login
from sfassign.salesforce.reading import Reader
from sfassign.salesforce.transport import OrgSession
from sfassign.salesforce.visibility import Visible, visible
from sfassign.salesforce.writing import Writer


class SalesforceOrg:
    """One org over REST. Nothing is asked of it before the first call. Safe to use from several threads.

    `timeout_seconds` is for connecting and for each wait for bytes, `write_timeout_seconds` for the answer to a
    write. `ca_bundle` replaces the public certificates; nothing is taken from the environment. Every method may raise
    LoginFailed, SessionExpired, OrgUnreachable, ApiLimitReached and OrgRefused; making one raises WrongSettings.
    """

    def __init__(
        self,
        credentials: Credentials,
        clock: Clock,
        *,
        api_version: str = "62.0",
        timeout_seconds: float = 30.0,
        write_timeout_seconds: float = 120.0,
        ca_bundle: Path | None = None,
        proxy: str | None = None,
    ) -> None:
        self._clock = clock
        self.transport = OrgSession(clock, timeout_seconds, ca_bundle, proxy)
        self._connection = Connection(Login(credentials, self.transport, clock), self.transport, api_version)
        self._asker = Asker(self._connection, clock)
        self._reader = Reader(self._asker)
        self._writer = Writer(self._connection, clock, (timeout_seconds, write_timeout_seconds))

    @property
    def calls(self) -> int:
        """Requests so far that count against the org's daily limit, retries included, logins not."""
        return self.transport.calls

    @property
    def usage(self) -> tuple[int, int] | None:
        """Requests used and allowed per 24 hours, all clients of the org together; None before the first answer."""
        return self.transport.usage

    @property
    def flow(self) -> str:
        """How we log in, in words."""
        return self._connection.flow

    @property
    def retires(self) -> str | None:
        """Until when that will work, where its end is known."""
        return self._connection.retires

    @property
    def clock_ahead(self) -> dt.timedelta | None:
        """How far the org's clock is ahead of this machine's, to about a second; None before its first answer."""
        now = self._clock.now()
        theirs = self.transport.server_clock.at(now)
        return None if theirs is None else theirs - now

    def log_in(self) -> str:
        """The host our session is at; asks for a session where there is none yet."""
        return self._connection.host()

    def poll(self, request: PollRequest) -> Polled:
        """One poll, five queries a call and one call per further page."""
        return self._reader.poll(request)

    def fetch(self, read: ObjectRead, ids: Sequence[str]) -> tuple[dt.datetime, tuple[Row, ...]]:
        """The records with these Ids that still exist, with the fields of `read`, and the org's clock."""
        return self._reader.fetch(read, ids)

    def write(self, changes: Sequence[OwnerChange], reads: Mapping[str, ObjectRead]) -> tuple[WriteResult, ...]:
        """One call: every change with its own guard, then the read-back. Raises only where nothing was carried out."""
        return self._writer.write(changes, reads)

    def batches(self, changes: Sequence[OwnerChange]) -> tuple[tuple[OwnerChange, ...], ...]:
        """The changes cut into what fits one call each, in order."""
        return self._writer.batches(changes)

    def resolve(self, queues: Sequence[str], usernames: Sequence[str]) -> Resolved:
        """The Ids of queues, by name or developer name, and of users: one call."""
        return self._reader.resolve(queues, usernames)

    def describe(self, name: str) -> ObjectShape | None:
        """One object's shape, None where the org does not know it."""
        return self._reader.describe(name)

    def visible(self, name: str) -> Visible:
        """How many records of an object we see, and how many there are."""
        return visible(self._asker, name)

    def identify(self) -> str | None:
        """The Id of the user we are in this org, None where it cannot be learnt. Raises LoginFailed and the like."""
        return self._connection.user_id() or self._userinfo()

    def _userinfo(self) -> str | None:
        """What the userinfo endpoint says; it needs a scope of its own, and a session may well not have it."""
        try:
            answer = self._connection.call(lambda client: client.oauth2("userinfo"))
        except OrgError:
            return None
        found = answer.get("user_id") if isinstance(answer, Mapping) else None
        return found if isinstance(found, str) else None
