"""Follows the open milestones of Cases, where the policy's score goes by them. Called by gather.

A Case is followed from the moment some source takes it (whatever its tier, since a deadline that comes nearer can
change the tier): its open milestones are looked up once, by its Id, before anything is decided of it. From then on the
slow part `milestones` reads what changed. What the org deletes without a trace is noticed when every active record is
read again, as with records.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict

from sfassign.core.model import Record
from sfassign.core.policy import MILESTONE
from sfassign.ports import Clock, MilestoneRead, Org, PollRequest, Row, Store, Sweep, Unreadable
from sfassign.reading import CASE, Reading

PART = "milestones"


class Milestones:
    """What one policy needs to know of milestones. `retry` is how long a refusal is left alone."""

    def __init__(self, org: Org, store: Store, clock: Clock, *, retry: dt.timedelta) -> None:
        self._org, self._store, self._clock, self._retry = org, store, clock, retry

    def begin(self) -> None:
        """Every Case is about to be read again: their milestones are looked up anew."""
        self._store.milestones.unfollow()

    def follow(self, reading: Reading, rows: Sequence[Row], sweep: Sweep) -> None:
        """Take in what a reading of Cases brought: look up the ones that are new, drop those no source takes."""
        now = self._clock.now()
        taken = {row.id for row in rows if reading.intake.could_wait(CASE, row.values, now)}
        if sweep is Sweep.ACTIVE:
            self._store.milestones.unfollow()
        elif sweep is Sweep.SOURCES:
            self._drop(self._store.milestones.followed() - taken)
        else:
            self._drop({row.id for row in rows} - taken)
        if not self._refused_lately(now) and (cases := self._store.milestones.unfollowed(taken)):
            self._look_up(cases)

    def with_targets(self, rows: Sequence[Row]) -> list[Record]:
        """The rows' values, each with its earliest open target date as the scorer looks for it."""
        due = self._store.milestones.targets([row.id for row in rows])
        return [row.values if row.id not in due else _with(row.values, due[row.id]) for row in rows]

    def _drop(self, cases: set[str] | frozenset[str]) -> None:
        if cases:
            self._store.milestones.unfollow(cases)

    def _look_up(self, cases: Sequence[str]) -> None:
        polled = self._org.poll(PollRequest(milestones=MilestoneRead(cases=tuple(cases))))
        if isinstance(polled.milestones, Unreadable):
            refused = json.dumps(asdict(polled.milestones))
            self._store.keep_facts({f"refused:{PART}": refused, f"read:{PART}": self._clock.now().isoformat()})
            return
        self._store.milestones.follow(cases, polled.milestones or (), polled.at)
        if self._store.fact(f"refused:{PART}"):
            self._store.keep_fact(f"refused:{PART}", "")

    def _refused_lately(self, now: dt.datetime) -> bool:
        asked = self._store.fact(f"read:{PART}")
        refused = self._store.fact(f"refused:{PART}")
        return bool(refused and asked) and now - dt.datetime.fromisoformat(asked or "") < self._retry


def _with(values: Record, due: dt.datetime) -> Record:
    return {**values, MILESTONE: due.isoformat()}
