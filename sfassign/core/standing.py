"""What the org's slow records say of the members at one instant, put into a snapshot before anybody decides by it.

The cycle and the screens fill every snapshot in here; what could not be resolved is told by `troubles`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from sfassign.core.away import MAX_AGE
from sfassign.core.hours import hours_troubles
from sfassign.core.model import Snapshot
from sfassign.core.policy import Policy
from sfassign.core.pools import pool_troubles, users_of
from sfassign.core.records import AwayRecord, OrgRecords

OUT_OF_OFFICE = "out_of_office"


def with_org_records(snapshot: Snapshot) -> Snapshot:
    """The snapshot with the members of pools, skills that hold now, and who is away, from its `records`."""
    records = snapshot.records
    skills, away = _skills(records, snapshot.taken_at), _away(records)
    members = tuple(
        replace(member, skills=skills.get(member.id, ()), away=away.get(member.id, ()))
        if member.id in skills or member.id in away
        else member
        for member in snapshot.members
    )
    read = {} if records.away_at is None or records.away is None else {OUT_OF_OFFICE: records.away_at}
    return replace(
        snapshot,
        members=members,
        pools=users_of(records.pools or (), snapshot.members),
        presence_at={**snapshot.presence_at, **read},
    )


def troubles(policy: Policy, records: OrgRecords, now: dt.datetime) -> tuple[str, ...]:
    """Everything of the policy that the org's records could not fill in, one sentence each."""
    return (*hours_troubles(policy, records), *pool_troubles(policy, records), *_away_troubles(policy, records, now))


def _away_troubles(policy: Policy, records: OrgRecords, now: dt.datetime) -> tuple[str, ...]:
    names = [f"'{group.name}'" for group in policy.enabled_groups if group.available.out_of_office]
    fresh = records.away is not None and records.away_at is not None and now - records.away_at <= MAX_AGE
    if not names or fresh:
        return ()
    return (f"out-of-office events are not known: {', '.join(names)} get nothing",)


def _skills(records: OrgRecords, now: dt.datetime) -> Mapping[str, tuple[str, ...]]:
    """Label and developer name: either may stand in the item's field."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for skill in records.skills or ():
        if skill.since <= now and (skill.until is None or now < skill.until):
            found[skill.user] |= dict.fromkeys((skill.label, skill.developer_name))
    return {user: tuple(names) for user, names in found.items()}


def _away(records: OrgRecords) -> Mapping[str, tuple[AwayRecord, ...]]:
    found: defaultdict[str, list[AwayRecord]] = defaultdict(list)
    for event in records.away or ():
        found[event.user].append(event)
    return {user: tuple(events) for user, events in found.items()}
