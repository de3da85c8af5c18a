"""What every part of the store stands on: one transaction a method, the lease made sure of before each write, facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection

from sfassign.ports import Clock, OrgFacts
from sfassign.storage import facts
from sfassign.storage.database import Database
from sfassign.storage.lease import Lease
from sfassign.storage.milestones import FollowedCases


class Transactions:
    """A database under its lease. `is_new`: opening it made its tables, so nothing is remembered in it yet."""

    is_new = False

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lease = Lease(database, clock)
        self.milestones = FollowedCases(database.reading, self._writing)

    @property
    def name(self) -> str:
        """The database's URL without its password."""
        return self._database.name

    def close(self) -> None:
        self._database.close()

    def reading(self) -> AbstractContextManager[Connection]:
        """For this room's views: one reading transaction."""
        return self._database.reading()

    def bind_org(self, org: OrgFacts) -> None:
        with self._writing() as connection:
            facts.bind_org(connection, org)

    def refuse_other_org(self, org: OrgFacts) -> None:
        """Raises WrongOrg like `bind_org`, and writes nothing."""
        with self.reading() as connection:
            facts.refuse_other_org(connection, org)

    def fact(self, key: str) -> str | None:
        with self.reading() as connection:
            return facts.fact(connection, key)

    def keep_fact(self, key: str, value: str) -> None:
        with self._writing() as connection:
            facts.keep_fact(connection, key, value)

    def keep_facts(self, kept: Mapping[str, str]) -> None:
        if not kept:
            return
        with self._writing() as connection:
            for key, value in kept.items():
                facts.keep_fact(connection, key, value)

    def lease(self, holder: str, wait_seconds: float) -> AbstractContextManager[None]:
        return self._lease.held(holder, wait_seconds)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            self._lease.make_sure(connection)
            yield connection
