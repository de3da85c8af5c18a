"""The right to write to the org, for one process at a time.

A row names the holder until a moment; it is taken by compare and swap, pushed on by a thread while held, and every
writing transaction of the holder makes sure that it is still theirs. Its times are this machine's clock, also where
the cycle runs on a simulated one: it is about processes, and those of other commands run on the real clock.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, delete, false, or_, select, update

from sfassign.errors import DatabaseUnusable, LeaseHeld
from sfassign.ports import Clock
from sfassign.storage.database import Database, insert_into
from sfassign.storage.tables import LEASE

LEASE_SECONDS = 60
RENEW_SECONDS = 20
ASK_AGAIN_SECONDS = 0.5

_ROW = 1


def _place() -> str:
    """This boot of this machine and this space of process numbers, empty where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}.{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return ""


def _token() -> str:
    return f"{_place()}/{os.getpid()}/{uuid.uuid4().hex}"


def _is_dead(token: str) -> bool:
    """Whether the holder was a process of this machine that no longer runs: its lease need not expire first."""
    place, _, rest = token.partition("/")
    if not place or place != _place():
        return False
    try:
        os.kill(int(rest.partition("/")[0]), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError):
        return False
    return False


class Lease:
    """What this process knows of its lease."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._token: str | None = None

    @contextmanager
    def held(self, holder: str, wait_seconds: float) -> Iterator[None]:
        """Raises LeaseHeld, naming the holder, after `wait_seconds` of the clock."""
        token = _token()
        self._acquire(holder, token, wait_seconds)
        self._token = token
        done = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(token, done), name="lease", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            done.set()
            renewing.join()
            self._token = None
            self._release(token)

    def make_sure(self, connection: Connection) -> None:
        """Within a writing transaction: raises LeaseHeld where this process lost the lease it believes to hold."""
        if self._token is None:
            return
        row = connection.execute(select(LEASE.c.token, LEASE.c.holder).where(LEASE.c.id == _ROW)).one_or_none()
        if row is None or row.token != self._token:
            taker = "nobody now" if row is None else row.holder
            raise LeaseHeld(f"the right to write was lost, it expired unrenewed; it is held by {taker}")

    def _acquire(self, holder: str, token: str, wait_seconds: float) -> None:
        deadline = self._clock.now() + dt.timedelta(seconds=wait_seconds)
        while (other := self._take(holder, token)) is not None:
            left = (deadline - self._clock.now()).total_seconds()
            if left <= 0:
                raise LeaseHeld(f"another process writes to this org: {other}")
            self._clock.sleep(min(ASK_AGAIN_SECONDS, left))

    def _take(self, holder: str, token: str) -> str | None:
        """Who has it, None once it is ours."""
        now = dt.datetime.now(dt.UTC)
        ours = {"holder": holder, "token": token, "expires_at": now + dt.timedelta(seconds=LEASE_SECONDS)}
        with self._database.writing() as connection:
            held = connection.execute(select(LEASE.c.token).where(LEASE.c.id == _ROW)).scalar_one_or_none()
            orphaned = LEASE.c.token == held if held is not None and _is_dead(held) else false()
            free = update(LEASE).where(LEASE.c.id == _ROW, or_(LEASE.c.expires_at <= now, orphaned))
            connection.execute(free.values(ours))
            first = insert_into(connection, LEASE).values({"id": _ROW} | ours)
            connection.execute(first.on_conflict_do_nothing())
            row = connection.execute(select(LEASE.c.token, LEASE.c.holder).where(LEASE.c.id == _ROW)).one()
        return None if row.token == token else str(row.holder)

    def _renew(self, token: str, done: threading.Event) -> None:
        """A renewal that fails is tried again: the next write meets the same trouble and reports it."""
        while not done.wait(RENEW_SECONDS):
            until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=LEASE_SECONDS)
            renewal = update(LEASE).where(LEASE.c.id == _ROW, LEASE.c.token == token).values(expires_at=until)
            try:
                with self._database.writing() as connection:
                    lost = connection.execute(renewal).rowcount == 0
            except DatabaseUnusable:
                continue
            if lost:
                return

    def _release(self, token: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(LEASE).where(LEASE.c.id == _ROW, LEASE.c.token == token))
