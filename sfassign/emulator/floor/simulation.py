"""The floor in motion: a discrete-event simulation of the company's days, at the pace of the clock it is given.

Arrivals, comings and goings, and each person's next act wait in one heap, in order of time. Every moment is drawn
from a named stream (see `chance`), so the same seed gives the same records however often `advance` is called.
"""

from __future__ import annotations

import datetime as dt
import heapq
import random
from collections.abc import Callable
from threading import Event

from sfassign.emulator.floor import past
from sfassign.emulator.floor.arrivals import PEAK_PER_MINUTE, Arrival, arrivals_of_hour
from sfassign.emulator.floor.book import Book, Item
from sfassign.emulator.floor.chance import around, stream
from sfassign.emulator.floor.company import Company, found
from sfassign.emulator.floor.desk import Desk
from sfassign.emulator.floor.items import new_item
from sfassign.emulator.floor.people import Person, Standing
from sfassign.emulator.floor.presence import Presence
from sfassign.emulator.floor.shifts import Change, Doing, changes_between, changes_of_day
from sfassign.emulator.floor.work import Act, is_last, minutes_busy, minutes_until_next, work_on
from sfassign.emulator.org import LocalOrg

Step = Callable[[dt.datetime], None]

FIRST_ROUND_MINUTES = 150.0
IDLE_MINUTES = 2.5
LONGEST_IDLE_MINUTES = 6.0
EDIT_EVERY_MINUTES = 10.0
LONGEST_EDIT_MINUTES = 15.0
REPLY_SHARE = 0.3
EDITS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Lead": ("Rating", ("Hot", "Warm", "Cold")),
    "Case": ("Priority", ("High", "Medium", "Low")),
    "Opportunity": ("LeadSource", ("Web", "Partner Referral", "Phone Inquiry")),
}


def build_floor(org: LocalOrg, seed: int) -> Floor:
    """Put the company with its past into a fresh org, as of the org's clock; people who are in are logged in."""
    return Floor(org, seed)


class Floor:
    """The simulated floor of one org. `now` is how far it has come (UTC)."""

    def __init__(self, org: LocalOrg, seed: int) -> None:
        self.now = org.clock().astimezone(dt.UTC).replace(microsecond=0)
        self._seed = seed
        self._desk = Desk(org)
        self._heap: list[tuple[dt.datetime, int, Step]] = []
        self._scheduled = 0
        self._shift_of: dict[int, int] = {}
        self._book = Book()
        self.company: Company = found(self._desk, seed, self.now)
        self._people = self.company.people_by_id
        self._presence = Presence(self._desk, self.company)
        past.write_past(self._desk, self.company, seed, self.now, self._book)
        org.on_write(self._book.hear)
        self._open()

    def advance(self, to: dt.datetime) -> None:
        """Let everything happen that happens until then (inclusive)."""
        while self._heap and self._heap[0][0] <= to:
            at, _, step = heapq.heappop(self._heap)
            with self._desk.org.storage.lock:
                self._notice()
                step(at)
        self.now = max(self.now, to)

    def run(self, clock: Callable[[], dt.datetime], stop: Event, step_seconds: float) -> None:
        """Follow the clock until `stop`, looking every so many real seconds. An error ends the loop and is raised:
        a floor that stands still must not look like a quiet day."""
        while not stop.is_set():
            self.advance(clock())
            stop.wait(step_seconds)

    # --- the calendar -------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Begin in the middle of the day: who came before now is in."""
        for person in self.company.people:
            for one in changes_between(self._seed, person, self.now - dt.timedelta(hours=20), self.now):
                self._presence.change(person, one.doing, one.at)
            for day in (self.now.date() - dt.timedelta(days=1), self.now.date()):
                self._schedule_day(person, day)
        for item in self._book.take_in():
            spread = stream(self._seed, "first round", item.id).uniform(0, FIRST_ROUND_MINUTES)
            item.ready_at = self.now + dt.timedelta(minutes=round(spread))
        midnight = self.now.replace(hour=0, minute=0, second=0) + dt.timedelta(days=1)
        self._at(midnight, self._new_day)
        self._new_hour(self.now.replace(minute=0, second=0))
        for person in self.company.people:
            if self._presence.doing(person) is Doing.WORKING:
                self._sit_down(person, self.now)

    def _new_day(self, at: dt.datetime) -> None:
        for person in self.company.people:
            self._schedule_day(person, at.date())
        self._at(at + dt.timedelta(days=1), self._new_day)

    def _schedule_day(self, person: Person, day: dt.date) -> None:
        for one in changes_of_day(self._seed, person, day):
            if one.at >= self.now:
                self._at(one.at, self._turning(person, one))

    def _turning(self, person: Person, change: Change) -> Step:
        def turn(at: dt.datetime) -> None:
            self._presence.change(person, change.doing, at)
            self._shift_of[person.number] = self._shift_of.get(person.number, 0) + 1
            if change.doing is Doing.WORKING:
                self._sit_down(person, at)

        return turn

    def _new_hour(self, at: dt.datetime) -> None:
        for object_name in PEAK_PER_MINUTE:
            for arrival in arrivals_of_hour(self._seed, object_name, at):
                if arrival.at >= self.now:
                    self._at(arrival.at, self._arriving(arrival))
        self._at(at + dt.timedelta(hours=1), self._new_hour)

    def _arriving(self, arrival: Arrival) -> Step:
        def arrive(at: dt.datetime) -> None:
            chance = stream(self._seed, "item", arrival.key)
            fields = new_item(chance, arrival.object, self.company.customers, at.date(), arrival.burst)
            owner = {"OwnerId": self.company.owners[arrival.object]}
            self._desk.insert(arrival.object, fields | owner, by=self.company.intake_id, at=at)

        return arrive

    # --- people at work -----------------------------------------------------------------------------------------------

    def _sit_down(self, person: Person, at: dt.datetime) -> None:
        chance = stream(self._seed, "sit down", person.number, at)
        self._next_turn(person, at, chance.uniform(0.2, 2.0))

    def _next_turn(self, person: Person, at: dt.datetime, minutes: float) -> None:
        """The person looks up again after so many minutes, unless they left their desk in between."""
        shift = self._shift_of.get(person.number, 0)

        def turn(then: dt.datetime) -> None:
            if self._shift_of.get(person.number, 0) == shift:
                self._take_turn(person, then)

        self._at(at + dt.timedelta(seconds=max(10, round(minutes * 60))), turn)

    def _take_turn(self, person: Person, at: dt.datetime) -> None:
        chance = stream(self._seed, "turn", person.number, at)
        self._presence.refresh(person, at)
        item = self._most_urgent(person, at) if person.takes_items else None
        if item:
            minutes = self._act(person, item, at, chance)
        elif person.role == "Sales Operations":
            minutes = self._edit_something(person, at, chance)
        else:
            minutes = min(around(chance, IDLE_MINUTES, 0.5), LONGEST_IDLE_MINUTES)
            if person.takes_items and chance.random() < person.habits.cherry_picks_per_hour * minutes / 60:
                self._help_themselves(person, at, chance)
        self._next_turn(person, at, minutes)

    def _most_urgent(self, person: Person, at: dt.datetime) -> Item | None:
        """What has been ready for longest."""
        mine = self._book.of(self.company.user_ids[person.number])
        ready = [(one.ready_at, one.id, one) for one in mine if one.ready_at and one.ready_at <= at]
        return min(ready)[2] if ready else None

    def _act(self, person: Person, item: Item, at: dt.datetime, chance: random.Random) -> float:
        moment = max(at, item.modified_at)
        work_on(Act(self._desk, self.company, person, moment, chance, item, is_last(self._seed, item)))
        item.acts += 1
        wait = minutes_until_next(chance, item)
        item.ready_at = at + dt.timedelta(seconds=round(wait * 60))
        if item.object == "Case" and chance.random() < REPLY_SHARE:
            self._at(item.ready_at, self._replying(item))
        return minutes_busy(chance, person, item)

    def _replying(self, item: Item) -> Step:
        """The customer answers, if the case is still open by then."""

        def reply(at: dt.datetime) -> None:
            if self._book.holds(item):
                fields = {"ParentId": item.id, "Incoming": True, "Subject": "Re: your answer", "MessageDate": at}
                self._desk.insert("EmailMessage", fields, by=self.company.intake_id, at=at)

        return reply

    def _help_themselves(self, person: Person, at: dt.datetime, chance: random.Random) -> None:
        """Cherry-picking: take one of the newest out of the queue by hand."""
        object_name = past.OBJECT_OF_ROLE[person.role]
        newest = self._book.of(self.company.owners[object_name])[-5:]
        if newest:
            item = chance.choice(newest)
            user = self.company.user_ids[person.number]
            self._desk.update(item.object, item.id, {"OwnerId": user}, by=user, at=max(at, item.modified_at))

    def _edit_something(self, person: Person, at: dt.datetime, chance: random.Random) -> float:
        """Sales Operations tidy up records that others work on."""
        item = chance.choice(list(self._book))
        name, values = EDITS[item.object]
        user = self.company.user_ids[person.number]
        fields = {name: chance.choice(values)}
        self._desk.update(item.object, item.id, fields, by=user, at=max(at, item.modified_at))
        return min(around(chance, EDIT_EVERY_MINUTES, 0.4), LONGEST_EDIT_MINUTES)

    def _notice(self) -> None:
        """New owners find out after a while; what they are going to neglect, only after a day or two."""
        for item in self._book.take_in():
            person = self._people.get(item.owner)
            if person is None or person.standing is not Standing.EMPLOYED:
                continue
            chance = stream(self._seed, "notice", item.id, person.number)
            minutes = around(chance, person.habits.first_look_minutes, 0.6)
            if chance.random() < person.habits.neglect:
                minutes = chance.uniform(20 * 60, 50 * 60)
            item.ready_at = item.modified_at.replace(microsecond=0) + dt.timedelta(seconds=round(minutes * 60))

    def _at(self, at: dt.datetime, step: Step) -> None:
        self._scheduled += 1
        heapq.heappush(self._heap, (at, self._scheduled, step))
