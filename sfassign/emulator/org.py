"""The local org as code in the same process sees it: the simulated floor, tests, and the REST resources.

Everything the API does goes through the same writes and queries; what only Salesforce itself may set (presence rows,
sessions, statuses) can be set here too.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import rest
from .bulk import insert_rows
from .clients import Client, Clients
from .errors import ApiError
from .faults import Faults
from .history import tracked_owner
from .http import Request
from .ids import IdFactory, to18
from .leads import convert
from .log import LogEntry
from .merging import merge
from .options import Settings
from .passwords import Password, keeps_session
from .query import QueryRunner
from .recent import Recent
from .resources.actions import Sent
from .resources.call import Call
from .resources.jobs import Job
from .schema import Child, Field, Schema, SObject, custom_field
from .seed import seed as seed_org
from .sessions import Sessions
from .state import AfterWrite, Chooser, Row, State
from .storage import Storage
from .usage import Usage
from .wire import milliseconds
from .writes import Write, create, delete, update

LOG_LENGTH = 1000
_CUSTOM_PREFIX = "a"


class LocalOrg:
    """A Salesforce org in SQLite. `clock` is the org's clock (aware); the same `seed` gives the same Ids and tokens.

    `calls` counts requests that count against the daily limit, `log` keeps the last 1,000 requests, `faults` plans
    failures, `settings` holds every switch. Methods raise `ApiError` where Salesforce would refuse. Thread-safe.
    `path` names a file that does not exist yet, for orgs too large for memory; an org is never opened again.
    """

    def __init__(self, clock: Callable[[], dt.datetime], seed: int = 1, path: str = ":memory:") -> None:
        self.schema = Schema()
        self.storage = Storage(path)
        self.settings = Settings()
        self.faults = Faults()
        self.clock = clock
        self.state = State(clock, self.schema, self.storage, IdFactory(seed), self.settings, self.faults)
        seed_org(self.state)
        self.queries = QueryRunner(self.state)
        self.sessions = Sessions(self.state.org_id, seed, clock, self.settings, lambda user: keeps_session(self, user))
        self.clients = Clients()
        self.usage = Usage(clock, self.settings)
        self.jobs: dict[str, Job] = {}
        self.recent = Recent()
        self.sent: list[Sent] = []
        self.schema_changed_at = clock()
        self.log: deque[LogEntry] = deque(maxlen=LOG_LENGTH)
        self._custom_objects = 0

    @property
    def org_id(self) -> str:
        return self.state.org_id

    @property
    def admin_id(self) -> str:
        return self.state.admin_id

    @property
    def calls(self) -> int:
        """API requests answered so far that count against the daily limit."""
        return self.usage.total

    def handle(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        """Answer one HTTP request: status, headers, body. Raises `Dropped` where a fault breaks the connection."""
        return rest.handle(self, request)

    def note(self, request: Request, status: int, calls: list[Call]) -> None:
        """Write a request into the log; status 0 is a dropped connection."""
        user = calls[0].user if calls else None
        inner = tuple(LogEntry(method, url, code) for call in calls for method, url, code in call.subrequests)
        self.log.append(LogEntry(request.method, request.target, status, user, inner, request.origin))

    # --- records ------------------------------------------------------------------------------------------------------

    def insert(
        self,
        sobject: str,
        fields: Mapping[str, Any],
        by: str | None = None,
        at: dt.datetime | None = None,
        auto_assign: bool = False,
    ) -> str:
        """A new record's 18-character Id. `by` is a user's Id (the administrator's if absent), `at` the moment."""
        with self.storage.lock:
            return create(self.state, self.thing(sobject), fields, self._write(by, at, auto_assign))

    def update(
        self,
        sobject: str,
        record_id: str,
        fields: Mapping[str, Any],
        by: str | None = None,
        at: dt.datetime | None = None,
        auto_assign: bool = False,
    ) -> None:
        with self.storage.lock:
            update(self.state, self.thing(sobject), to18(record_id), fields, self._write(by, at, auto_assign))

    def delete(self, sobject: str, record_id: str, by: str | None = None, at: dt.datetime | None = None) -> None:
        with self.storage.lock:
            delete(self.state, self.thing(sobject), to18(record_id), self._write(by, at, False))

    def get(self, sobject: str, record_id: str) -> Row:
        """All fields of one record as JSON shows them, deleted records too; KeyError where there is none."""
        thing = self.thing(sobject)
        row = self.storage.get(thing, to18(record_id))
        if row is None:
            raise KeyError(record_id)
        return self.state.api(thing, row)

    def query(self, soql: str, by: str | None = None, everything: bool = False) -> list[Row]:
        """The records as the API nests them, all of them; aggregate rows likewise. `everything`: deleted ones too.

        `SELECT COUNT()` gives an empty list: use `count`. Raises ApiError.
        """
        return self.queries.run(soql, self.queries.asker(by or self.admin_id, everything=everything)).records

    def count(self, sobject: str, where: str | None = None, by: str | None = None) -> int:
        """How many records of an object there are, or fulfil a SOQL condition."""
        soql = " ".join(["SELECT COUNT() FROM", sobject, *(["WHERE", where] if where else [])])
        return self.queries.run(soql, self.queries.asker(by or self.admin_id)).total

    def bulk_insert(self, sobject: str, rows: Iterable[Mapping[str, Any]], by: str | None = None) -> list[str]:
        """The fast way in for many records: types are checked, computed fields filled, but no history, no lookup
        check, no hooks. System fields may be given. The Ids, in order."""
        with self.storage.lock:
            return insert_rows(self.state, self.thing(sobject), rows, self._write(by, None, False))

    def convert_lead(
        self, lead_id: str, by: str | None = None, opportunity: bool = True, at: dt.datetime | None = None
    ) -> Row:
        """Convert a lead as the button does; the new Ids by object name."""
        with self.storage.lock:
            return convert(self.state, to18(lead_id), self._write(by, at, False), opportunity=opportunity)

    def merge(self, sobject: str, master: str, *losers: str, by: str | None = None) -> None:
        """Merge one or two records into another of the same object, as the button does. Raises ApiError."""
        with self.storage.lock:
            merge(self.state, self.thing(sobject), to18(master), [*map(to18, losers)], self._write(by, None, False))

    def thing(self, sobject: str) -> SObject:
        found = self.schema.find(sobject)
        if found is None:
            raise ApiError("INVALID_TYPE", f"sObject type '{sobject}' is not supported.")
        return found

    def _write(self, by: str | None, at: dt.datetime | None, auto_assign: bool) -> Write:
        return Write(by or self.admin_id, milliseconds(at) if at else self.state.stamp(), assign=auto_assign)

    # --- people and queues --------------------------------------------------------------------------------------------

    def add_user(self, username: str, last_name: str, first_name: str | None = None, **fields: Any) -> str:
        """An active standard user with a UserLogin row; more fields by name."""
        user = self.insert("User", {"Username": username, "LastName": last_name, "FirstName": first_name, **fields})
        self.insert("UserLogin", {"UserId": user, "IsFrozen": False, "IsPasswordLocked": False})
        return user

    def add_queue(self, name: str, objects: Iterable[str], members: Iterable[str] = ()) -> str:
        """A queue that may own these objects, with users or groups as direct members."""
        developer = "".join(char if char.isalnum() else "_" for char in name)
        queue = self.insert("Group", {"Name": name, "DeveloperName": developer, "Type": "Queue"})
        for sobject in objects:
            self.insert("QueueSobject", {"QueueId": queue, "SobjectType": self.thing(sobject).name})
        for member in members:
            self.insert("GroupMember", {"GroupId": queue, "UserOrGroupId": member})
        return queue

    def set_assignment_rule(self, sobject: str, chooser: Chooser | str, name: str = "Standard") -> str:
        """An active assignment rule for Lead or Case: an owner's Id, or a function from the record to one."""
        rule = self.insert("AssignmentRule", {"Name": name, "SobjectType": self.thing(sobject).name, "Active": True})
        self.state.choosers[rule] = chooser if callable(chooser) else lambda _record: chooser
        return rule

    def on_write(self, hook: AfterWrite) -> None:
        """Call `hook` after every write, as a trigger or flow would run."""
        self.state.after_write.append(hook)

    # --- sessions -----------------------------------------------------------------------------------------------------

    def issue_token(self, user_id: str | None = None) -> str:
        """A new session of this user, with the AuthSession row that its own user may always see."""
        user, before = user_id or self.admin_id, self.sessions.issued
        token = self.sessions.issue(user)
        if self.sessions.issued != before:
            session = {"UsersId": user, "SessionType": "API", "LoginType": "Application", "IsCurrent": True}
            self.insert("AuthSession", session | {"NumSecondsValid": self.settings.session_seconds})
        return token

    def expire_token(self, token: str) -> None:
        self.sessions.expire(token)

    def add_client(self, key: str, secret: str, **more: Any) -> None:
        """An app that may ask for tokens; see `Client` for `run_as`, `certificate`, `approved`."""
        self.clients.add(Client(key, secret, **more))

    def set_password(self, user_id: str, password: str, security_token: str = "", *, expired: bool = False) -> None:
        self.clients.passwords[user_id] = Password(password, security_token, expired=expired)

    # --- schema -------------------------------------------------------------------------------------------------------

    def add_field(
        self,
        sobject: str,
        name: str,
        type: str,  # noqa: A002 - Salesforce's own word
        *,
        values: Iterable[str] = (),
        references: Iterable[str] = (),
        length: int | None = None,
        restricted: bool = False,
        external_id: bool = False,
        required: bool = False,
    ) -> Field:
        """A custom field; existing rows have it empty."""
        thing = self.thing(sobject)
        made = custom_field(
            name,
            type,
            values=tuple(values),
            references=tuple(references),
            length=length,
            restricted=restricted,
            external_id=external_id,
            required=required,
        )
        with self.storage.lock:
            thing.add(made)
            self.storage.add_column(thing, made)
            self.schema_changed_at = self.clock()
        for target in made.references:
            self.schema.add_child(target, Child(f"{thing.name.removesuffix('__c')}s__r", thing.name, name))
        return made

    def add_object(self, name: str, label: str | None = None) -> SObject:
        """A custom object (`Ticket__c`) with owner, name and system fields."""
        self._custom_objects += 1
        prefix = f"{_CUSTOM_PREFIX}{self._custom_objects:02d}"
        with self.storage.lock:
            made = self.schema.add_object(name, label or name.removesuffix("__c").replace("_", " "), prefix)
            self.storage.create(made)
        return made

    def track_owner(self, sobject: str) -> SObject:
        """Switch on the history of an object's owner; Lead, Case and Opportunity always have theirs."""
        thing = self.thing(sobject)
        tracked = tracked_owner(thing.name)
        with self.storage.lock:
            made = self.schema.add_history(thing.name, tracked.table, tracked.key)
            self.storage.create(made)
            self.state.tracked.add(thing.name)
            self.schema_changed_at = self.clock()
        return made

    def hide_field(self, sobject: str, name: str) -> None:
        """Take away read access to a field: for clients it does not exist."""
        self.schema_changed_at = self.clock()
        thing = self.thing(sobject)
        gone = thing.fields.pop(name.lower())
        if gone.relationship:
            thing.relationships.pop(gone.relationship.lower(), None)

    def hide_object(self, sobject: str) -> None:
        """Switch a feature off: for clients the object does not exist."""
        self.schema_changed_at = self.clock()
        self.schema.objects.pop(self.thing(sobject).name.lower())

    def close(self) -> None:
        self.storage.close()
