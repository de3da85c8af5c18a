"""The floor under test, with its clock and the simplest possible router."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import lru_cache
from typing import Any

from sfassign.emulator import LocalOrg
from sfassign.emulator.floor import build_floor, floor_start
from sfassign.emulator.floor.people import Person
from sfassign.emulator.floor.shifts import Doing, doing_at

SEED = 7
MONDAY = dt.date(2026, 11, 23)
ROLES = {
    "Lead": ("SDR", "Enterprise SDR"),
    "Case": ("Support Agent", "Support Lead"),
    "Opportunity": ("Account Executive",),
}
ACTIVE = {
    "Lead": "IsConverted = 0 AND Status != 'Closed - Not Converted'",
    "Case": "IsClosed = 0",
    "Opportunity": "IsClosed = 0",
}


class World:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.start = self.now = floor_start(seed, MONDAY)
        self.org = LocalOrg(lambda: self.now, seed=seed)
        self.floor = build_floor(self.org, seed)

    def let(self, time: dt.timedelta) -> None:
        """Let so much time pass."""
        self.now += time
        self.floor.advance(self.now)

    def rows(self, sobject: str, where: str = "1") -> list[dict[str, Any]]:
        """Stored rows; datetimes are milliseconds."""
        return self.org.storage.rows(f'SELECT * FROM "{sobject}" WHERE {where} ORDER BY Id')

    def active(self) -> list[dict[str, Any]]:
        return [row | {"object": name} for name, where in ACTIVE.items() for row in self.rows(name, where)]

    def waiting(self) -> list[dict[str, Any]]:
        owners = self.floor.company.owners
        return [
            row | {"object": name}
            for name, where in ACTIVE.items()
            for row in self.rows(name, f"OwnerId = '{owners[name]}' AND {where}")
        ]

    def load(self) -> Counter[str]:
        """Active items by owner."""
        load: Counter[str] = Counter()
        for name, where in ACTIVE.items():
            count = f'SELECT OwnerId, count(*) FROM "{name}" WHERE {where} GROUP BY OwnerId'
            load.update(dict(self.org.storage.tuples(count)))
        return load

    def user(self, person: Person) -> str:
        return self.floor.company.user_ids[person.number]

    def person(self, user: str) -> Person | None:
        return self.floor.company.people_by_id.get(user)

    def hand_out(self) -> list[str]:
        """Every waiting item goes to who is at work and has fewest; returns the Ids."""
        load, given = self.load(), []
        present: dict[str, list[str]] = {name: [] for name in ROLES}
        for user, person in self.floor.company.people_by_id.items():
            for name, roles in ROLES.items():
                if person.role in roles and self.doing(user, self.now) is Doing.WORKING:
                    present[name].append(user)
        for row in self.waiting():
            if present[row["object"]]:
                to = min(present[row["object"]], key=lambda user: (load[user], user))
                load[to] += 1
                self.org.update(row["object"], row["Id"], {"OwnerId": to})
                given.append(row["Id"])
        return given

    def doing(self, user: str, at: dt.datetime) -> Doing:
        person = self.person(user)
        return _doing(self.seed, person, at) if person else Doing.WORKING

    def dump(self) -> str:
        """Every row of every table."""
        return "\n".join(self.org.storage.connection.iterdump())


@lru_cache(maxsize=200_000)
def _doing(seed: int, person: Person, at: dt.datetime) -> Doing:
    return doing_at(seed, person, at)
