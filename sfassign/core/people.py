"""What `people` says about one user, gathered from every entry that names them.

Entries are read from top to bottom: skills add up, of everything else the first entry that says it holds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sfassign.core.model import Member, Record
from sfassign.core.policy import Caps, Limit, Person, Policy
from sfassign.core.reading import condition_test, user_record

_NO_CAPS = Caps()


@dataclass(frozen=True, slots=True)
class Terms:
    """One user's own terms in every group."""

    skills: tuple[str, ...] = ()
    weight: Limit | None = None
    quota: Limit | None = None
    object_quotas: Mapping[str, Limit] = field(default_factory=lambda: MappingProxyType({}))
    threshold: Limit | None = None
    caps: Caps = _NO_CAPS
    hours: str | None = None


NO_TERMS = Terms()


class People:
    """Finds the terms of users."""

    def __init__(self, policy: Policy, org_timezone: str, now: dt.datetime) -> None:
        self._now = now
        self._tests: list[tuple[Person, str, Callable[[Record, dt.datetime], bool] | None]] = [
            (
                person,
                (person.username or "").lower(),
                None if person.condition is None else condition_test(person.condition, policy, org_timezone),
            )
            for person in policy.people
        ]

    def terms(self, member: Member) -> Terms:
        """What the policy says of this user."""
        if not self._tests:
            return NO_TERMS
        return _merged(list(self._naming(member)))

    def _naming(self, member: Member) -> Iterable[Person]:
        username, record = member.username.lower(), user_record(member)
        for person, named, test in self._tests:
            if named == username if test is None else test(record, self._now):
                yield person


def _merged(entries: list[Person]) -> Terms:
    if not entries:
        return NO_TERMS
    quotas: dict[str, Limit] = {}
    for entry in reversed(entries):
        quotas.update(entry.object_quotas)
    return Terms(
        skills=tuple(dict.fromkeys(skill for entry in entries for skill in entry.skills)),
        weight=next((entry.weight for entry in entries if entry.weight is not None), None),
        quota=next((entry.quota for entry in entries if entry.quota is not None), None),
        object_quotas=MappingProxyType(quotas),
        threshold=next((entry.threshold for entry in entries if entry.threshold is not None), None),
        caps=next((entry.caps for entry in entries if entry.caps != _NO_CAPS), _NO_CAPS),
        hours=next((entry.hours for entry in entries if entry.hours is not None), None),
    )
