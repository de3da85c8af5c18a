"""`SalesforceOrg`, the `ports.Org` of a real (or local) Salesforce org. Made by bootstrap, used by the cycle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sfassign.core.notice import Outlet
from sfassign.core.picking import OwnerStep
from sfassign.core.touches import Sign
from sfassign.errors import OrgError
from sfassign.ports import (
    Clock,
    CountRead,
    LookedUp,
    LookUp,
    Notifier,
    ObjectRead,
    ObjectShape,
    OwnerChange,
    Polled,
    PollRequest,
    Portions,
    Resolved,
    Row,
    SignAsk,
    Unreadable,
    WriteResult,
)
from sfassign.salesforce.asking import Asker, Size
from sfassign.salesforce.connection import Connection
from sfassign.salesforce.credentials import Credentials
from sfassign.salesforce.login import Login
from sfassign.salesforce.looking_up import Looker
from sfassign.salesforce.many_rows import ManyRows
from sfassign.salesforce.notifying import (
    NOTIFICATION_TYPE,
    Bell,
    Feed,
    Lookup,
    OrgMail,
    Tasks,
    addresses_of,
    mail_recipients,
    notification_type,
)
from sfassign.salesforce.own_rights import RecordAccess, permission, record_access
from sfassign.salesforce.owner_counts import count_by_owner
from sfassign.salesforce.proving import Ask, Told, ask
from sfassign.salesforce.reading import Reader
from sfassign.salesforce.signs import SignReader
from sfassign.salesforce.transport import OrgSession
from sfassign.salesforce.visibility import Visible, visible
from sfassign.salesforce.writing import Writer


class SalesforceOrg:
    """One org over REST. Nothing is asked of it before the first call. Safe to use from several threads.

    `timeout_seconds` is for connecting and for the whole of an answer, `write_timeout_seconds` for the answer to a
    write. `answered` is called after every answer of the org. `ca_bundle` replaces the public certificates; nothing is
    taken from the environment. Every method may raise LoginFailed, SessionExpired, OrgUnreachable, ApiLimitReached and
    OrgRefused; making one raises WrongSettings.
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
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self.transport = OrgSession(clock, timeout_seconds, ca_bundle, proxy, answered)
        self._connection = Connection(Login(credentials, self.transport, clock), self.transport, api_version)
        self._asker = asker = Asker(self._connection, clock)
        self._reader, self._signs = Reader(asker), SignReader(asker)
        self._looker, self._many = Looker(asker), ManyRows(self._connection, clock, asker)
        self._lookup = Lookup(self._connection)
        self._us: str | None = None
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

    def masked(self, text: str) -> str:
        """The text without any of our credentials, sessions and assertions."""
        return self.transport.masked(text)

    def log_in(self) -> str:
        """The host our session is at; asks for a session where there is none yet."""
        return self._connection.host()

    def try_session(self) -> None:
        """One call that needs nothing but a session the org takes."""
        self._asker.get(lambda client: client.restful(""))

    def poll(self, request: PollRequest) -> Polled:
        """One poll, five queries a call and one call per further page."""
        return self._reader.poll(request)

    def sizes(self, request: PollRequest) -> tuple[tuple[Size, ...], Mapping[str, Size]]:
        """How much a poll would bring, of its objects and by its other parts, from first pages: five queries a call."""
        return self._reader.sizes(request)

    def fetch(self, read: ObjectRead, ids: Sequence[str]) -> tuple[dt.datetime, tuple[Row, ...]]:
        """The records with these Ids that still exist, with the fields of `read`, and the org's clock."""
        return self._reader.fetch(read, ids)

    def portions(self, read: ObjectRead, types: Mapping[str, str]) -> Portions:
        """All rows of an object with very many of them, by a Bulk API query job where the org takes one."""
        return self._many.portions(read, types)

    def count_by_owner(self, reads: Sequence[CountRead]) -> tuple[Mapping[str, int] | Unreadable, ...]:
        """How many records each owner has, by aggregate queries, five a call."""
        return count_by_owner(self._asker, reads)

    def owner_steps(self, name: str, ids: Sequence[str], since: dt.datetime) -> tuple[OwnerStep, ...] | Unreadable:
        """Who changed the owners of these records since then, by the object's field history."""
        return self._reader.owner_steps(name, ids, since)

    def write(self, changes: Sequence[OwnerChange], reads: Mapping[str, ObjectRead]) -> tuple[WriteResult, ...]:
        """One call: every change with its own guard, then the read-back. Raises only where nothing was carried out."""
        return self._writer.write(changes, reads)

    def batches(self, changes: Sequence[OwnerChange]) -> tuple[tuple[OwnerChange, ...], ...]:
        """The changes cut into what fits one call each, in order."""
        return self._writer.batches(changes)

    def resolve(self, queues: Sequence[str], usernames: Sequence[str]) -> Resolved:
        """The Ids of queues, by name or developer name, and of users: one call."""
        return self._reader.resolve(queues, usernames)

    def look_up(self, asked: Sequence[LookUp]) -> LookedUp:
        """Whom the org's records name for items: account owners, previous owners, owners of the same e-mail."""
        return self._looker.look_up(asked)

    def pending(self, items: Sequence[str]) -> frozenset[str] | Unreadable:
        """Which of these items Omni-Channel is routing at this moment."""
        return self._reader.pending(items)

    def describe(self, name: str) -> ObjectShape | None:
        """One object's shape, None where the org does not know it."""
        return self._reader.describe(name)

    @property
    def address(self) -> str:
        """Where the org is, `https://acme.my.salesforce.com`."""
        return self._connection.address()

    def notifiers(self) -> Mapping[Outlet, Notifier]:
        """The outlets that are the org's own."""
        return {
            Outlet.SALESFORCE: Bell(self._connection, self._lookup),
            Outlet.CHATTER: Feed(self._connection),
            Outlet.EMAIL: OrgMail(self._connection, self._lookup),
            Outlet.TASK: Tasks(self._connection, self._lookup, self.identify),
        }

    def addresses(self, users: Sequence[str]) -> Mapping[str, str]:
        """The e-mail addresses of active users by Id."""
        return addresses_of(self._lookup, users)

    def has_notification_type(self) -> bool:
        return notification_type(self._lookup, NOTIFICATION_TYPE) is not None

    def has_chatter(self) -> bool:
        """The org shows FeedItem only where Chatter is on."""
        return self.describe("FeedItem") is not None

    def sends_mail(self) -> bool:
        """Whether the org has the action that sends e-mail."""
        return mail_recipients(self._connection) is not None

    def signs(self, asks: Sequence[SignAsk]) -> tuple[tuple[Sign, ...] | Unreadable, ...]:
        """What was done about items, for every ask: a call per five of them."""
        return self._signs.signs(asks)

    def visible(self, name: str) -> Visible:
        """How many records of an object we see, and how many there are."""
        return visible(self._asker, name)

    def permission(self, name: str) -> bool | Unreadable:
        """Whether we have a user permission, by its API name."""
        return permission(self._asker, name)

    def record_access(self, user: str, records: Sequence[str]) -> RecordAccess | Unreadable:
        """Which of these records, at most MOST_RECORDS of one object, a user may edit and transfer."""
        return record_access(self._asker, user, records)

    def ask(self, asks: Sequence[Ask]) -> tuple[Told, ...]:
        """What the org tells of each, five to a call."""
        return ask(self._asker, asks)

    def identify(self) -> str | None:
        """The Id of the user we are in this org, None where it cannot be learnt. Raises LoginFailed and the like."""
        self._us = self._us or self._connection.user_id() or self._userinfo()
        return self._us

    def _userinfo(self) -> str | None:
        """What the userinfo endpoint says; it needs a scope of its own, and a session may well not have it."""
        try:
            answer = self._connection.call(lambda client: client.oauth2("userinfo"))
        except OrgError:
            return None
        found = answer.get("user_id") if isinstance(answer, Mapping) else None
        return found if isinstance(found, str) else None
