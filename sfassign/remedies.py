"""What is done about an item nobody touched: its owner is reminded, it changes hands, or it is told. Used by `neglect`.

Nothing is written here: what comes of it are clocks and events to keep, items that meet their group again, and letters
to named places.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from sfassign.core.calendar import zone_of
from sfassign.core.decision import Assign
from sfassign.core.journal import FINALLY, RETURN
from sfassign.core.model import Again, Member, Pause, Snapshot, Why, WorkItem
from sfassign.core.neglect import ClockState, NeglectClock
from sfassign.core.neglect_words import away_text, neglected_text, reminder_text
from sfassign.core.notice import Notice, NoticeKind, Outlet, label_of
from sfassign.core.policy import Destination, Policy
from sfassign.destinations import Destinations, destinations_of, id_of, resolve, spoken
from sfassign.letters import Letter
from sfassign.outcome import Neglected, Reminded
from sfassign.ports import Clock, NeglectEvent, Org, Ownership, Row, Store
from sfassign.rework import sent_to


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


@dataclass
class Remedies:
    """The remedies of one pass. May raise an OrgError: names of queues and users are asked for."""

    org: Org
    store: Store
    clock: Clock
    policy: Policy
    snapshot: Snapshot
    passed: Passed = field(default_factory=Passed)
    kept: list[NeglectClock] = field(default_factory=list)
    events: list[NeglectEvent] = field(default_factory=list)
    told: list[Notice] = field(default_factory=list)

    @property
    def _now(self) -> dt.datetime:
        return self.snapshot.taken_at

    @property
    def _zone(self) -> ZoneInfo:
        return zone_of(self.policy.timezone or self.snapshot.org_timezone)

    def remind(self, clock: NeglectClock, row: Row, acts_at: dt.datetime) -> None:
        sentence = reminder_text(clock, self._username(clock.owner), acts_at, self._now, self._zone)
        self.kept.append(replace(clock, reminded_at=self._now, due_at=acts_at))
        self._note("reminded", clock, sentence)
        self.told += self._reminders(clock, row, sentence)
        action = clock.terms.neglect.then
        self.passed.reminded.append(
            Reminded(clock.object, clock.item, clock.owner, clock.group, action, acts_at, sentence)
        )

    def act(self, clock: NeglectClock, row: Row, owned: Ownership) -> None:
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
            self._reassign(clock, row, owned, sentence)

    def _reassign(self, clock: NeglectClock, row: Row, owned: Ownership, sentence: str) -> None:
        if clock.group not in {group.name for group in self.policy.enabled_groups}:
            self._report(clock, f"{sentence}; the policy has no such group any more")
            return
        self.kept.append(replace(clock, due_at=self._now))
        item = self._work(clock, row, owned)
        self.passed.items.append(replace(item, again=Again(Why.NEGLECTED, clock.group, because=sentence)))

    def _return(self, clock: NeglectClock, row: Row, owned: Ownership, sentence: str) -> None:
        self.kept.append(replace(clock, due_at=self._now))
        to = owned.came_from
        if to is None or to == clock.owner or self._refused(to, clock.object):
            return
        member = self._member(to)
        said = f"{sentence}: back to {member.username or 'the owner it had before'}"
        letter = sent_to(self._work(clock, row, owned), clock.group, member, RETURN, said, why=Why.RETURNED)
        self.passed.letters.append(Letter(self._telling(letter, clock)))

    def _end(self, clock: NeglectClock, row: Row, owned: Ownership, sentence: str) -> None:
        """It was taken away often enough: it goes to the named place for good, or stays and is reported."""
        to = clock.terms.neglect.finally_
        if to is None:
            self._report(clock, sentence)
            return
        owner = self._destination(to)
        if owner is None:
            self._warn(f"neglected items of '{clock.group}' go to {spoken(to)}, which the org does not have")
            self.kept.append(replace(clock, due_at=self._now))
        elif owner == clock.owner:
            self._report(clock, sentence, ClockState.OVER)
        else:
            self.kept.append(replace(clock, due_at=self._now))
            if not self._refused(owner, clock.object):
                member = Member(owner, to.user or "", to.user or to.queue or "", is_active=True, timezone="UTC")
                said = f"{sentence}: to {spoken(to)} for good"
                letter = sent_to(self._work(clock, row, owned), clock.group, member, FINALLY, said, why=Why.FINALLY)
                self.passed.letters.append(Letter(self._telling(letter, clock)))

    def _report(self, clock: NeglectClock, sentence: str, state: ClockState = ClockState.REPORTED) -> None:
        """Once; where a touch would start the clock again, it is looked for from time to time."""
        quiet_for = clock.terms.neglect.quiet_for
        looked_at = None if quiet_for is None or state is ClockState.OVER else self._now + quiet_for
        self.kept.append(replace(clock, state=state, due_at=looked_at))
        self._note("reported", clock, sentence)
        self.passed.reported.append(Neglected(clock.object, clock.item, clock.owner, clock.group, sentence))

    # --- who hears of it ----------------------------------------------------------------------------------------------

    def _outlets(self, group: str) -> tuple[str, ...]:
        return next((one.notify for one in self.policy.enabled_groups if one.name == group), ())

    def _telling(self, letter: Assign, clock: NeglectClock) -> Assign:
        return replace(letter, notify=self._outlets(clock.group), taken_from=self._member(clock.owner))

    def _reminders(self, clock: NeglectClock, row: Row, sentence: str) -> list[Notice]:
        owner = self._member(clock.owner)
        return [
            Notice(
                outlet=Outlet(outlet),
                kind=NoticeKind.REMINDER,
                user=clock.owner,
                user_name=owner.name or clock.owner,
                object=clock.object,
                item=clock.item,
                label=label_of(row.object, row.values),
                group=clock.group,
                score=None,
                reason=sentence,
                at=self._now,
            )
            for outlet in self._outlets(clock.group)
        ]

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
        self.events.append(event)

    def _warn(self, warning: str) -> None:
        if warning not in self.passed.warnings:
            self.passed.warnings.append(warning)


def with_away(snapshot: Snapshot, away: Mapping[str, Pause]) -> Snapshot:
    """Who was taken for absent gets nothing in this cycle already; a pause by hand stands."""
    if not away:
        return snapshot
    members = tuple(
        replace(one, pause=away[one.id]) if one.id in away and one.pause is None else one for one in snapshot.members
    )
    return replace(snapshot, members=members)
