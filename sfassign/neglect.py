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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from sfassign.core.calendar import Calendar, zone_of
from sfassign.core.journal import FINALLY, RETURN
from sfassign.core.model import Again, Member, Pause, Snapshot, Why, WorkItem
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
from sfassign.core.neglect_words import away_text, neglected_text, reminder_text
from sfassign.core.policy import Destination, Policy
from sfassign.core.standstill import unknown_since
from sfassign.core.terms import Terms
from sfassign.core.touches import status_of, touched_at
from sfassign.deliver import Letter, settled_second
from sfassign.destinations import Destinations, destinations_of, id_of, resolve, spoken
from sfassign.evidence import Evidence, Investigator
from sfassign.gather import Gatherer
from sfassign.outcome import Neglected, Reminded
from sfassign.ports import Clock, NeglectEvent, Org, Ownership, PassOutcome, Row, Store
from sfassign.rework import Rework, sent_to

MOST_PER_PASS = 200
"""Clocks looked at in one pass: their records and signs are read in ten calls at most."""

LOOKED = "neglect:looked"
ORG_HOURS = "neglect:hours"


@dataclass
class Passed:
    """What a pass came to. `away` are members taken for absent from now on."""

    items: list[WorkItem] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    reminded: list[Reminded] = field(default_factory=list)
    reported: list[Neglected] = field(default_factory=list)
    away: dict[str, Pause] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def rework(self) -> Rework:
        return Rework(tuple(self.items), tuple(self.letters))


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
    passed: Passed = field(default_factory=Passed)
    _kept: list[NeglectClock] = field(default_factory=list)
    _ended: list[NeglectClock] = field(default_factory=list)
    _touched: list[str] = field(default_factory=list)
    _events: list[NeglectEvent] = field(default_factory=list)
    _active: dict[str, dt.datetime] = field(default_factory=dict)
    _calendars: dict[Terms, Calendar | None] = field(default_factory=dict)

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
            if self._kept or self._ended or self._events or self._touched:
                self.store.keep_pass(self._outcome())
            self.store.keep_fact(LOOKED, now.isoformat())
        return self.passed

    @property
    def _now(self) -> dt.datetime:
        return self.snapshot.taken_at

    @property
    def _zone(self) -> ZoneInfo:
        return zone_of(self.policy.timezone or self.snapshot.org_timezone)

    def _outcome(self) -> PassOutcome:
        return PassOutcome(
            at=self._now,
            clocks=tuple(self._kept),
            ended=tuple(self._ended),
            touched=tuple(self._touched),
            events=tuple(self._events),
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
        self._kept += [replace(one, due_at=step.at) for one, step in steps if step.step is Step.WAIT]
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
            self._remind(clock, step.at)
        elif clock.state is ClockState.REPORTED:
            self._kept.append(replace(clock, due_at=self._now + clock.limit))
        else:
            self._act(clock, row, owned)

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
        by_row = touch_in_row(clock, status_of(row.object, row.values), row.modified_by, row.guard_at)
        return max(filter(None, (by_sign, by_row)), default=None)

    # --- what is done -------------------------------------------------------------------------------------------------

    def _remind(self, clock: NeglectClock, acts_at: dt.datetime) -> None:
        sentence = reminder_text(clock, self._username(clock.owner), acts_at, self._now, self._zone)
        self._kept.append(replace(clock, reminded_at=self._now, due_at=acts_at))
        self._note("reminded", clock, sentence)
        action = clock.terms.neglect.then
        self.passed.reminded.append(
            Reminded(clock.object, clock.item, clock.owner, clock.group, action, acts_at, sentence)
        )

    def _act(self, clock: NeglectClock, row: Row, owned: Ownership) -> None:
        neglect = clock.terms.neglect
        sentence = neglected_text(clock, self._username(clock.owner), self._now, self._zone)
        if clock.neglected_at is None:
            clock = replace(clock, neglected_at=self._now)
            self._note("neglected", clock, sentence)
            if neglect.mark_away:
                self.passed.away[clock.owner] = Pause(away_text(clock, self._now, self._zone))
        if neglect.then == "report" or (neglect.then == "return" and clock.entry is None):
            self._report(clock, sentence)
        elif owned.taken >= neglect.at_most:
            self._end(clock, row, owned, f"{sentence}, taken away {owned.taken} times")
        elif neglect.then == "return":
            self._return(clock, row, owned, sentence)
        else:
            self._reassign(clock, row, owned)

    def _reassign(self, clock: NeglectClock, row: Row, owned: Ownership) -> None:
        self._kept.append(replace(clock, due_at=self._now))
        if clock.group not in {group.name for group in self.policy.enabled_groups}:
            self._warn(f"neglected items of '{clock.group}' stay where they are: the policy has no such group enabled")
            return
        item = self._work(clock, row, owned)
        self.passed.items.append(replace(item, again=Again(Why.NEGLECTED, clock.group)))

    def _return(self, clock: NeglectClock, row: Row, owned: Ownership, sentence: str) -> None:
        self._kept.append(replace(clock, due_at=self._now))
        to = owned.came_from
        if to is None or to == clock.owner or self._refused(to, clock.object):
            return
        member = self._member(to)
        said = f"{sentence}: back to {member.username or 'the owner it had before'}"
        letter = sent_to(self._work(clock, row, owned), clock.group, member, RETURN, said, why=Why.RETURNED)
        self.passed.letters.append(Letter(letter))

    def _end(self, clock: NeglectClock, row: Row, owned: Ownership, sentence: str) -> None:
        """It was taken away often enough: it goes to the named place for good, or stays and is reported."""
        to = clock.terms.neglect.finally_
        if to is None:
            self._report(clock, sentence)
            return
        owner = self._destination(to)
        if owner is None:
            self._warn(f"neglected items of '{clock.group}' go to {spoken(to)}, which the org does not have")
            self._kept.append(replace(clock, due_at=self._now))
        elif owner == clock.owner:
            self._report(clock, sentence, ClockState.OVER)
        else:
            self._kept.append(replace(clock, due_at=self._now))
            if not self._refused(owner, clock.object):
                member = Member(owner, to.user or "", to.user or to.queue or "", is_active=True, timezone="UTC")
                said = f"{sentence}: to {spoken(to)} for good"
                letter = sent_to(self._work(clock, row, owned), clock.group, member, FINALLY, said, why=Why.FINALLY)
                self.passed.letters.append(Letter(letter))

    def _report(self, clock: NeglectClock, sentence: str, state: ClockState = ClockState.REPORTED) -> None:
        """Once; where a touch would start the clock again, it is looked for from time to time."""
        quiet_for = clock.terms.neglect.quiet_for
        looked_at = None if quiet_for is None or state is ClockState.OVER else self._now + quiet_for
        self._kept.append(replace(clock, state=state, due_at=looked_at))
        self._note("reported", clock, sentence)
        self.passed.reported.append(Neglected(clock.object, clock.item, clock.owner, clock.group, sentence))

    # --- details ------------------------------------------------------------------------------------------------------

    def _work(self, clock: NeglectClock, row: Row, owned: Ownership) -> WorkItem:
        since = clock.neglected_at or self._now
        return WorkItem(
            object=row.object,
            id=row.id,
            owner=row.owner,
            created_at=row.created_at,
            waiting_since=since,
            aging_since=owned.aging_since or since,
            values=row.values,
            guard_at=row.guard_at,
            previous=tuple(dict.fromkeys((row.owner, *owned.previous))),
        )

    def _destination(self, to: Destination) -> str | None:
        """Its Id; a clock may run by an older policy, whose place the present one does not name."""
        if to in destinations_of(self.policy):
            return id_of(Destinations(self.org, self.store, self.clock, self.policy).found(), to)
        return id_of(resolve(self.org, [to]), to)

    def _refused(self, owner: str, object_name: str) -> bool:
        until = self.snapshot.refusals.get((owner, object_name))
        return until is not None and until > self._now

    def _member(self, owner: str) -> Member:
        known = next((one for one in self.snapshot.members if one.id == owner), None)
        return known or Member(owner, "", owner, is_active=True, timezone="UTC")

    def _username(self, user: str) -> str:
        return self._member(user).username or user

    def _note(self, kind: str, clock: NeglectClock, sentence: str) -> None:
        event = NeglectEvent(kind, self._now, clock.object, clock.item, clock.group, clock.owner, sentence)
        self._events.append(event)

    def _warn(self, warning: str) -> None:
        if warning not in self.passed.warnings:
            self.passed.warnings.append(warning)


def hand_over(reminders: Sequence[Reminded]) -> tuple[Reminded, ...]:
    """The reminders of one pass, each given once: entered by the pass already, told in the cycle's report and log."""
    return tuple(reminders)


def with_away(snapshot: Snapshot, away: Mapping[str, Pause]) -> Snapshot:
    """Who was taken for absent gets nothing in this cycle already; a pause by hand stands."""
    if not away:
        return snapshot
    members = tuple(
        replace(one, pause=away[one.id]) if one.id in away and one.pause is None else one for one in snapshot.members
    )
    return replace(snapshot, members=members)
