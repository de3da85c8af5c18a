"""The neglect pass: what nobody touched in time is reminded of, taken away or reported. Called by the cycle.

1. Clocks that may be due are found by an index; the true working time is worked out, and most are only moved on.
2. Of the others the record and every sign of work are read afresh. A touch moves the clock on or ends it.
3. A reminder comes first, where there is one; then the item meets its group again, goes back, or is reported.
4. What the pass came to is kept in one transaction; what changes hands is decided and written with everything else.

An item that nobody can take, or whose write fails, is looked at again in the next pass.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sfassign.core.calendar import Calendar
from sfassign.core.model import Snapshot
from sfassign.core.neglect import (
    MOST_IDLE_POLLS,
    ClockState,
    NeglectClock,
    Next,
    Standstill,
    Step,
    first_look,
    next_step,
    touch_in_row,
    touched,
)
from sfassign.core.policy import Policy
from sfassign.core.standstill import unknown_since
from sfassign.core.terms import Terms
from sfassign.core.touches import status_of, touched_at
from sfassign.evidence import Evidence, Investigator
from sfassign.gather import Gatherer
from sfassign.letters import settled_second
from sfassign.ports import Clock, Org, Ownership, PassOutcome, Row, Store
from sfassign.remedies import Passed, Remedies

MOST_PER_PASS = 200
"""Clocks looked at in one pass: their records and signs are read in ten calls at most."""

LOOKED = "neglect:looked"
ORG_HOURS = "neglect:hours"


def stand_still(store: Store, policy: Policy, snapshot: Snapshot, begun_at: dt.datetime, poll: dt.timedelta) -> None:
    """Note, in every cycle, the time in which clocks did not run: we were down, or a group's presence was unknown."""
    found: list[Standstill] = []
    last = store.last_completed()
    if last is not None and begun_at - last > MOST_IDLE_POLLS * poll:
        found.append(Standstill("", last, begun_at))
    standing = {one.group: one for one in store.standstills(snapshot.taken_at) if one.until is None}
    lost = {group.name: unknown_since(group, snapshot) for group in policy.enabled_groups}
    for name, since in lost.items():
        if since is not None and name not in standing:
            found.append(Standstill(name, since, None))
    found += [replace(one, until=snapshot.taken_at) for name, one in standing.items() if lost.get(name) is None]
    store.stand_still(found)


@dataclass
class NeglectPass:
    """One pass over the due clocks of one cycle. May raise an OrgError; nothing is kept then."""

    org: Org
    store: Store
    clock: Clock
    gatherer: Gatherer
    policy: Policy
    snapshot: Snapshot
    _remedies: Remedies = field(init=False)
    _ended: list[NeglectClock] = field(default_factory=list)
    _touched: list[str] = field(default_factory=list)
    _active: dict[str, dt.datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._remedies = Remedies(self.org, self.store, self.clock, self.policy, self.snapshot)

    @property
    def passed(self) -> Passed:
        return self._remedies.passed

    @property
    def _kept(self) -> list[NeglectClock]:
        return self._remedies.kept

    def run(self, every: dt.timedelta, *, dry_run: bool = False) -> Passed:
        """Nothing where the last pass is younger than `every`. A dry run keeps nothing."""
        now = self.clock.now()
        text = self.store.fact(LOOKED)
        if text is not None and now - dt.datetime.fromisoformat(text) < every:
            return self.passed
        if not dry_run:
            self._look_again_where_hours_changed()
        self._look()
        if not dry_run:
            if self._kept or self._ended or self._remedies.events or self._touched:
                self.store.keep_pass(self._outcome())
            self.store.keep_fact(LOOKED, now.isoformat())
        return self.passed

    @property
    def _now(self) -> dt.datetime:
        return self.snapshot.taken_at

    def _outcome(self) -> PassOutcome:
        return PassOutcome(
            at=self._now,
            clocks=tuple(self._kept),
            ended=tuple(self._ended),
            touched=tuple(self._touched),
            events=tuple(self._remedies.events),
            told=tuple(self._remedies.told),
            away=dict(self.passed.away),
            active=dict(self._active),
        )

    def _look_again_where_hours_changed(self) -> None:
        """Business hours and holidays of the org may open earlier than they did when the clocks were last looked at."""
        records = self.snapshot.records
        digest = hashlib.sha256(repr((records.business_hours, records.holidays)).encode()).hexdigest()
        before = self.store.fact(ORG_HOURS)
        if digest != before:
            self.store.look_again(self._now)
            self.store.keep_fact(ORG_HOURS, digest)

    # --- which clocks -------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        clocks = self.store.due_clocks(self._now, MOST_PER_PASS + 1)
        if len(clocks) > MOST_PER_PASS:
            clocks = clocks[:MOST_PER_PASS]
            self.passed.notices.append(
                f"neglect: the {MOST_PER_PASS} items due longest were looked at; the others follow in the next pass"
            )
        if not clocks:
            return
        standstills = self.store.standstills(min(one.since for one in clocks))
        steps = [(one, self._next(one, standstills)) for one in clocks]
        self._kept.extend([replace(one, due_at=step.at) for one, step in steps if step.step is Step.WAIT])
        due = [(one, step) for one, step in steps if step.step is not Step.WAIT]
        if not due:
            return
        at_hand = [one for one, _ in due]
        evidence = Investigator(self.org, self.gatherer, self.gatherer.reading().shapes).look(at_hand, self._now)
        owned = self.store.ownership([one.item for one in at_hand], self._now)
        us = self.org.identify()
        for name, words in evidence.unreadable.items():
            self.passed.warnings.append(
                f"neglect: nothing is taken from owners of {name}, since it cannot be read: {words}"
            )
        for one, step in due:
            self._examine(one, step, evidence, owned[one.item], us)

    def _next(self, clock: NeglectClock, standstills: Sequence[Standstill]) -> Next:
        if clock.state is ClockState.UNSEEN:
            return Next(Step.ACT, self._now)
        return next_step(clock, self._calendar(clock.terms), standstills, self._now)

    def _calendar(self, terms: Terms) -> Calendar | None:
        return terms.calendar(self.snapshot.records, self._now)

    # --- one item -----------------------------------------------------------------------------------------------------

    def _examine(self, clock: NeglectClock, step: Next, evidence: Evidence, owned: Ownership, us: str | None) -> None:
        row = evidence.rows.get(clock.item)
        if row is None and clock.object in evidence.unreadable:
            self._kept.append(replace(clock, due_at=self._now))
            return
        if row is None or not self._holds(clock, row):
            self._ended.append(clock)
            return
        status = status_of(row.object, row.values)
        if clock.state is ClockState.UNSEEN:
            self._kept.append(first_look(clock, status, self._now))
            return
        at = self._touch(clock, row, evidence, us)
        if at is not None:
            self._kept.append(touched(clock, at, status))
            self._touched.append(clock.item)
            self._active[clock.owner] = at
        elif clock.object in evidence.unreadable or owned.blocked or not settled_second(row.guard_at, evidence.at):
            self._kept.append(replace(clock, due_at=self._now))
        elif step.step is Step.REMIND:
            self._remedies.remind(clock, row, step.at)
        elif clock.state is ClockState.REPORTED:
            self._kept.append(replace(clock, due_at=self._now + clock.limit))
        else:
            self._remedies.act(clock, row, owned)

    def _holds(self, clock: NeglectClock, row: Row) -> bool:
        (seen,) = self.gatherer.sightings((row,), self._now)
        return seen.active and not seen.waiting and row.owner == clock.owner

    def _touch(self, clock: NeglectClock, row: Row, evidence: Evidence, us: str | None) -> dt.datetime | None:
        """The last touch since the clock began or was touched. The org's stamps may know whole seconds only."""
        if clock.touched_at is None:
            since = clock.watched_from.replace(microsecond=0)
        else:
            since = clock.touched_at + dt.timedelta(microseconds=1)
        signs = evidence.signs.get(clock.item, ())
        by_sign = touched_at(signs, clock.owner, since, us, clock.terms.touched)
        by_row = touch_in_row(clock, status_of(row.object, row.values), row.modified_by, row.edited_at)
        return max(filter(None, (by_sign, by_row)), default=None)
