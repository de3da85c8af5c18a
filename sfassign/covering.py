"""Which neglect clock an item gets: `clock_terms` for what `deliver` gives, `Covering` (asked by `gather`) for items
that are looked after however their owner got them (`neglect: {covers: members}`).

Which users are covered is remembered, so that somebody who joins a group costs their own items and nobody else's.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

from sfassign.core.decision import Assign
from sfassign.core.journal import UNCOUNTED
from sfassign.core.model import Member
from sfassign.core.people import People
from sfassign.core.policy import Group
from sfassign.core.terms import Terms, hours_name, terms_of
from sfassign.ports import Cover, Store
from sfassign.reading import Reading


def clock_terms(reading: Reading, assigns: Sequence[Assign], now: dt.datetime) -> Mapping[str, Terms]:
    """By item: the terms of the clock that starts when it has its new owner. What goes to a place named beforehand is
    nobody's assignment."""
    policy = reading.policy
    groups = {group.name: group for group in policy.enabled_groups if group.neglect is not None}
    if not groups:
        return {}
    people = People(policy, reading.org_timezone, now)
    found: dict[str, Terms] = {}
    for assign in assigns:
        group = groups.get(assign.group) if assign.method not in UNCOUNTED else None
        own = None if group is None else people.terms(assign.to).hours
        terms = None if group is None else terms_of(policy, group, own, reading.org_timezone)
        if terms is not None:
            found[assign.item.id] = terms
    return found


class Covering:
    """Who is covered by which group of one policy."""

    def __init__(self, store: Store, reading: Reading) -> None:
        self._store, self._reading = store, reading
        self._covers: dict[str, dict[str, Cover]] | None = None

    def of(self, object_name: str, owner: str) -> Cover | None:
        """The first group of this object that covers what this user has."""
        if not self._reading.covering:
            return None
        if self._covers is None:
            self._covers = self._all()
        return self._covers.get(object_name, {}).get(owner)

    def meet(self, membership: Mapping[str, Sequence[Member]], at: dt.datetime) -> None:
        """Users were read: whoever is new to a group has a clock for everything of theirs from now on."""
        reading = self._reading
        people = People(reading.policy, reading.org_timezone, at) if reading.covering else None
        for group in reading.covering:
            hours = {one.id: _hours(group, one, people) for one in membership.get(group.name, ()) if one.id}
            text = self._store.fact(_fact(group))
            before = json.loads(text) if text else {}
            if hours == before:
                continue
            self._store.keep_fact(_fact(group), json.dumps(hours, sort_keys=True))
            self._covers = None
            joined = {user: self._cover(group, name) for user, name in hours.items() if user not in before}
            self._store.cover(group.object, joined, at)

    def _all(self) -> dict[str, dict[str, Cover]]:
        found: dict[str, dict[str, Cover]] = {}
        for group in self._reading.covering:
            text = self._store.fact(_fact(group))
            hours = json.loads(text) if text else {}
            by_name = {name: self._cover(group, name) for name in set(hours.values())}
            covers = found.setdefault(group.object, {})
            for user, name in hours.items():
                covers.setdefault(user, by_name[name])
        return found

    def _cover(self, group: Group, hours: str | None) -> Cover:
        terms = terms_of(self._reading.policy, group, hours, self._reading.org_timezone)
        if terms is None:
            raise LookupError(f"group '{group.name}' has no neglect")
        return Cover(group.name, terms)


def _hours(group: Group, member: Member, people: People | None) -> str | None:
    """The hours `people` gives them, where the group's clocks go by it."""
    own = None if people is None else people.terms(member).hours
    return own if hours_name(group, own) == own else None


def _fact(group: Group) -> str:
    return f"covers:{group.name}"
