"""What happened before the simulation starts: sixty days of finished work, work in hand, and the waiting line.

Written in bulk, so these records have no field history; their own dates and owners are right.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

from sfassign.emulator.floor.book import LOST_LEAD, Book
from sfassign.emulator.floor.chance import stream
from sfassign.emulator.floor.company import Company
from sfassign.emulator.floor.desk import Desk
from sfassign.emulator.floor.items import Fields, new_item
from sfassign.emulator.floor.people import Person, Standing
from sfassign.emulator.floor.work import STAGES

PAST_DAYS = 60
FINISHED = {"Lead": 900, "Case": 800, "Opportunity": 400}
MOST_IN_HAND = 12
WAITING = {"Lead": 20, "Case": 13, "Opportunity": 7}
OLDEST_WAITING_MINUTES = 150.0
OBJECT_OF_ROLE = {
    "SDR": "Lead",
    "Enterprise SDR": "Lead",
    "Account Executive": "Opportunity",
    "Support Agent": "Case",
    "Support Lead": "Case",
}


def write_past(desk: Desk, company: Company, seed: int, now: dt.datetime, book: Book) -> None:
    """Fill the org with what came before `now`; active items go into the book."""
    for object_name in FINISHED:
        finished = list(_finished(company, seed, now, object_name))
        desk.insert_many(object_name, finished, by=company.intake_id)
        active = [*_in_hand(company, seed, now, object_name), *_waiting(company, seed, now, object_name)]
        ids = desk.insert_many(object_name, active, by=company.intake_id)
        for record_id, row in zip(ids, active, strict=True):
            book.read(object_name, {"Id": record_id, "IsConverted": False, "IsClosed": False} | row)


def _workers(company: Company, object_name: str) -> list[Person]:
    return [one for one in company.people if OBJECT_OF_ROLE.get(one.role) == object_name]


def _finished(company: Company, seed: int, now: dt.datetime, object_name: str) -> Iterator[Fields]:
    people = _workers(company, object_name)
    for number in range(FINISHED[object_name]):
        chance = stream(seed, "finished", object_name, number)
        person = chance.choice(people)
        closed = (now - dt.timedelta(days=chance.uniform(0.7, PAST_DAYS))).replace(microsecond=0)
        created = closed - dt.timedelta(hours=chance.uniform(0.3, 40))
        fields = new_item(chance, object_name, company.customers, created.date())
        ended = ENDINGS[object_name](chance, person, closed)
        yield fields | ended | _stamps(company.user_ids[person.number], created, closed)


def _lead_end(chance: random.Random, person: Person, closed: dt.datetime) -> Fields:
    if chance.random() < person.habits.success:
        return {"Status": "Closed - Converted", "IsConverted": True, "ConvertedDate": closed.date()}
    return {"Status": LOST_LEAD}


def _case_end(_chance: random.Random, _person: Person, closed: dt.datetime) -> Fields:
    return {"Status": "Closed", "ClosedDate": closed}


def _opportunity_end(chance: random.Random, person: Person, closed: dt.datetime) -> Fields:
    won = chance.random() < person.habits.success
    return {"StageName": "Closed Won" if won else "Closed Lost", "CloseDate": closed.date()}


ENDINGS = {"Lead": _lead_end, "Case": _case_end, "Opportunity": _opportunity_end}


def _in_hand(company: Company, seed: int, now: dt.datetime, object_name: str) -> Iterator[Fields]:
    """Everyone has a different pile on the desk."""
    for person in _workers(company, object_name):
        if person.standing is Standing.LEFT:
            continue
        chance = stream(seed, "in hand", person.number)
        for _ in range(chance.randrange(MOST_IN_HAND + 1)):
            created = now - dt.timedelta(hours=chance.uniform(0.5, 30))
            touched = created + (now - created) * chance.random()
            fields = new_item(chance, object_name, company.customers, created.date())
            yield fields | _begun(chance, object_name) | _stamps(company.user_ids[person.number], created, touched)


def _begun(chance: random.Random, object_name: str) -> Fields:
    if object_name == "Opportunity":
        return {"StageName": chance.choice(STAGES)}
    fresh, begun = ("Open - Not Contacted", "Working - Contacted") if object_name == "Lead" else ("New", "Working")
    return {"Status": begun if chance.random() < 0.7 else fresh}


def _waiting(company: Company, seed: int, now: dt.datetime, object_name: str) -> Iterator[Fields]:
    for number in range(WAITING[object_name]):
        chance = stream(seed, "waiting", object_name, number)
        created = now - dt.timedelta(minutes=chance.uniform(0.5, OLDEST_WAITING_MINUTES))
        fields = new_item(chance, object_name, company.customers, created.date())
        yield fields | _stamps(company.owners[object_name], created, created)


def _stamps(owner: str, created: dt.datetime, modified: dt.datetime) -> Fields:
    """Whole seconds; a queue's items were last modified by whoever made them."""
    modifier = {"LastModifiedById": owner} if owner.startswith("005") else {}
    made, changed = created.replace(microsecond=0), modified.replace(microsecond=0)
    stamps = {"CreatedDate": made, "LastModifiedDate": changed, "SystemModstamp": changed}
    return {"OwnerId": owner, **stamps, **modifier}
