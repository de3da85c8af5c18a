"""Other people at work on the same leads while the daemon writes, and the laws that hold whatever they do.

Used by the race tests and their larger run in `tests.bench.bench_races`.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfassign.bootstrap import App
from sfassign.emulator.state import Change
from sfassign.guards import Guards
from sfassign.outcome import CycleReport
from sfassign.storage import Views
from tests.cycle.world import MONDAY, World

POLICY = """
version: 1
timezone: Europe/London
groups:
  - name: Web leads
    object: Lead
    source: "Owner.Name = 'Web Leads' AND Rating = 'Hot'"
    members: "UserRole.Name = 'SDR'"
    method: least_loaded
    ramp: off
    caps: {day: CAP}
"""
NEXT_IN_LINE = 60
"""Rivals look at the head of the line, like everybody: that is where our writes are."""


@dataclass
class Rivals:
    """They act at random moments around our writes, so many times in all."""

    world: World
    leads: list[str]
    acts_left: int
    ours: str
    dice: random.Random
    rival: str = ""
    given: str | None = None
    claimed: dict[str, str] = field(default_factory=dict)
    overwritten: list[str] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)
    reports: list[CycleReport] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rival = self.world.org.add_user("rival@acme.example", "Rival")
        self.world.org.state.after_write.append(self._watch)

    def lurk(self, *, between_query_and_write: bool) -> None:
        """Around every call and after every write; right before a write only where the org itself compares the date,
        since nothing protects the moment between a guarding query and its write."""
        faults = self.world.org.faults
        faults.between(self._meddle, method="POST", path="composite$", times=-1)
        faults.between(self._meddle, method="PATCH", path="sobjects/Lead", after=True, times=-1)
        if between_query_and_write:
            faults.between(self._meddle, method="PATCH", path="sobjects/Lead", times=-1)

    def _meddle(self) -> None:
        if self.acts_left <= 0 or not self.leads or self.dice.random() < 0.5:
            return
        self.acts_left -= 1
        self.world.clock.pass_by(seconds=self.dice.choice((0.02, 0.4, 1.3)))
        lead = self.dice.choice(self.leads[:NEXT_IN_LINE])
        act = self.dice.choices(("claim", "edit", "cool", "hand back", "override"), (5, 3, 1, 1, 1))[0]
        self.acts[act] += 1
        getattr(self, f"_{act.replace(' ', '_')}")(lead)

    def _claim(self, lead: str) -> None:
        self._write(lead, OwnerId=self.rival)
        self.claimed[lead] = self.rival

    def _edit(self, lead: str) -> None:
        self._write(lead, Title=f"edited {self.acts_left}")

    def _cool(self, lead: str) -> None:
        """It leaves the source."""
        self._write(lead, Rating="Cold")

    def _hand_back(self, lead: str) -> None:
        """Whoever has a claimed lead gives it back: it waits again."""
        back = next(iter(self.claimed), None)
        if back is not None:
            self._write(back, OwnerId=self.world.queue)
            del self.claimed[back]

    def _override(self, _: str) -> None:
        """An automation takes away what we just gave."""
        if self.given is not None:
            self._write(self.given, OwnerId=self.rival)
            self.claimed[self.given] = self.rival

    def _write(self, lead: str, **fields: Any) -> None:
        self.world.org.update("Lead", lead, fields, by=self.rival)

    def _watch(self, change: Change) -> None:
        """Our writes find a lead as our decision saw it: in the queue, and in the source."""
        if change.object != "Lead" or change.before is None or change.after is None:
            return
        was, now = change.before, change.after
        if change.by == self.ours and was["OwnerId"] != now["OwnerId"]:
            if (was["OwnerId"], was["Rating"]) != (self.world.queue, "Hot"):
                self.overwritten.append(change.id)
            self.given = change.id
            if change.id in self.leads:
                self.leads.remove(change.id)


def race(
    folder: Path, leads: int, *, honoured: bool, known: bool = True, people: int = 10, seed: int = 1
) -> tuple[Rivals, App]:
    """Cycles until nothing waits, with rivals acting on about a third of the leads. `honoured`: whether the org keeps
    to the date of a write; `known`: whether that was proved before."""
    world = World(folder)
    ours = world.org.add_user("integration@acme.example", "Integration")
    world.token = world.org.issue_token(ours)
    for number in range(people - len(world.people)):
        name = f"sdr{number}"
        world.people[name] = world.add_person(name)
    world.org.settings.honours_preconditions = honoured
    cap = leads // people + 2
    world.write_policy(POLICY.replace("CAP", str(cap)))
    app = world.app()
    if known:
        Guards(app.store, world.clock).keep("Lead", honoured=honoured)
    rivals = Rivals(world, world.add_leads(leads, Rating="Hot"), leads // 3, ours, random.Random(seed))
    rivals.lurk(between_query_and_write=honoured)
    for _ in range(20 + leads // 50):
        report = world.cycle(app)
        rivals.reports.append(report)
        if not report.assigned and not report.lost_race and not report.failed and not report.waiting:
            break
    hold_the_laws(rivals, app, cap)
    return rivals, app


def hold_the_laws(rivals: Rivals, app: App, cap: int) -> None:
    """No claim is overwritten, each lost race is recorded, nothing starves, caps hold."""
    world, reports = rivals.world, rivals.reports
    assert rivals.overwritten == []
    owners = {row["Id"]: row for row in world.org.query("SELECT Id, OwnerId, Rating FROM Lead")}
    assert all(owners[lead]["OwnerId"] == owner for lead, owner in rivals.claimed.items())
    assert [one for one, row in owners.items() if (row["OwnerId"], row["Rating"]) == (world.queue, "Hot")] == []
    held = Counter(row["OwnerId"] for row in owners.values())
    given = Counter(line.owner for report in reports for line in report.assigned)
    assert max(given.values()) <= cap
    assert all(held[person] <= cap for person in world.people.values())
    assert app.store.open_entries() == ()
    outcomes = Views(app.store).journal_sums(MONDAY).groups["Web leads"]
    assert outcomes.assigned == given.total()
    assert outcomes.lost_races + outcomes.overridden == sum(len(report.lost_race) for report in reports)
    kept_changing = Counter(line.code for report in reports for line in report.failed)
    assert outcomes.refused == {}
    assert outcomes.not_landed == dict(kept_changing)
