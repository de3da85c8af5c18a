"""What people do with an item: one act at a time, each a touch the org can see, until it is closed.

An act is a status or stage, a call, an e-mail or a comment, all by the owner. How many acts an item takes is drawn
from the item, what comes of it from the item and the person, so a good seller wins more of the same deals.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass

from sfassign.emulator.floor.book import LOST_LEAD, Item
from sfassign.emulator.floor.chance import around, stream
from sfassign.emulator.floor.company import Company
from sfassign.emulator.floor.desk import Desk, Row
from sfassign.emulator.floor.people import Person

LONGEST_ACT_MINUTES = 12.0
STAGES = ("Prospecting", "Qualification", "Needs Analysis", "Proposal/Price Quote", "Negotiation/Review")
RATING_FACTOR = {"Hot": 1.6, "Warm": 1.0, "Cold": 0.5}


@dataclass(frozen=True, slots=True)
class Kind:
    """How work on one object goes, in minutes: the median act, the median wait for the customer, and how likely an
    item takes one, two, three … acts."""

    act_minutes: float
    wait_minutes: float
    acts: tuple[float, ...]


KINDS = {
    "Lead": Kind(2.2, 35.0, (0.28, 0.36, 0.24, 0.12)),
    "Case": Kind(3.0, 30.0, (0.25, 0.40, 0.25, 0.10)),
    "Opportunity": Kind(3.2, 150.0, (0.05, 0.15, 0.35, 0.30, 0.15)),
}


@dataclass(frozen=True, slots=True)
class Act:
    """Someone's turn on an item: who, at what moment, with which luck; `last` when it is to be closed now."""

    desk: Desk
    company: Company
    person: Person
    at: dt.datetime
    chance: random.Random
    item: Item
    last: bool

    @property
    def user(self) -> str:
        return self.item.owner

    def write(self, **fields: object) -> None:
        self.desk.update(self.item.object, self.item.id, fields, by=self.user, at=self.at)

    def add(self, sobject: str, **fields: object) -> None:
        self.desk.insert(sobject, fields, by=self.user, at=self.at)

    def log_call(self, link: str) -> None:
        """A completed call or e-mail; `link` is WhoId for people, WhatId for things."""
        kind = self.chance.choice(("Call", "Call", "Email"))
        done = {"Subject": kind, "TaskSubtype": kind, "Status": "Completed", "ActivityDate": self.at.date()}
        self.add("Task", OwnerId=self.user, **{link: self.item.id}, **done)


def work_on(act: Act) -> None:
    """Do the next thing on the item."""
    DOINGS[act.item.object](act, act.desk.get(act.item.object, act.item.id))


def is_last(seed: int, item: Item) -> bool:
    """Is the owner's next act the one that closes the item?"""
    shares = KINDS[item.object].acts
    wanted = stream(seed, "acts", item.id).choices(range(len(shares)), shares)[0]
    return item.acts >= wanted


def minutes_busy(chance: random.Random, person: Person, item: Item) -> float:
    """How long the act keeps the person from anything else."""
    return min(around(chance, KINDS[item.object].act_minutes, 0.5) * person.habits.pace, LONGEST_ACT_MINUTES)


def minutes_until_next(chance: random.Random, item: Item) -> float:
    """How long the customer takes before there is something to do again."""
    return around(chance, KINDS[item.object].wait_minutes, 0.8)


def _lead(act: Act, lead: Row) -> None:
    if act.last:
        if act.chance.random() < act.person.habits.success * RATING_FACTOR.get(str(lead["Rating"]), 1.0):
            _convert(act, lead)
        else:
            act.write(Status=LOST_LEAD)
    elif lead["Status"] == "Open - Not Contacted" and act.chance.random() < 0.75:
        act.write(Status="Working - Contacted")
    else:
        act.log_call("WhoId")


def _convert(act: Act, lead: Row) -> None:
    """Most conversions bring a deal, which goes to the intake user for an account executive."""
    deal = act.desk.convert(act.item.id, by=act.user, at=act.at, opportunity=act.chance.random() < 0.6)
    if deal:
        amount = float(round(around(act.chance, 18_000, 0.9), -2))
        fields = {"OwnerId": act.company.owners["Opportunity"], "Amount": amount, "Name": f"{lead['Company']} - new"}
        act.desk.update("Opportunity", deal, fields, by=act.user, at=act.at)


def _case(act: Act, case: Row) -> None:
    answered = act.chance.random()
    if answered < 0.4:
        act.add("CaseComment", ParentId=act.item.id, CommentBody="Checked with the customer, working on it.")
    elif answered < 0.75:
        _answer(act, case)
    if act.last:
        act.write(Status="Closed")
    elif act.chance.random() < 0.05:
        act.write(Status="Escalated", IsEscalated=True)
    elif case["Status"] == "New":
        act.write(Status="Working")
    elif answered >= 0.75:
        _answer(act, case)


def _answer(act: Act, case: Row) -> None:
    act.add(
        "EmailMessage",
        ParentId=act.item.id,
        Subject=f"Re: {case['Subject']}",
        Incoming=False,
        Status="3",
        FromAddress=act.person.username,
        ToAddress=case["SuppliedEmail"],
        MessageDate=act.at,
    )


def _opportunity(act: Act, deal: Row) -> None:
    if act.last:
        act.write(StageName="Closed Won" if act.chance.random() < act.person.habits.success else "Closed Lost")
        return
    if act.chance.random() < 0.35:
        act.log_call("WhatId")
        return
    here = STAGES.index(str(deal["StageName"])) if deal["StageName"] in STAGES else 0
    act.write(StageName=STAGES[min(here + 1, len(STAGES) - 1)])


DOINGS: dict[str, Callable[[Act, Row], None]] = {"Lead": _lead, "Case": _case, "Opportunity": _opportunity}
