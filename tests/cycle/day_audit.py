"""What became of a day, looked at from outside: the org's own records and histories against the daemon's journal."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator

from sfassign.core.journal import OPEN, UNCOUNTED, Entry, State
from sfassign.core.model import Why
from sfassign.demo.audit import over_caps
from sfassign.storage import Views
from tests.cycle.day import Day

HISTORIES = {
    "Lead": ("LeadHistory", "LeadId"),
    "Case": ("CaseHistory", "CaseId"),
    "Opportunity": ("OpportunityFieldHistory", "OpportunityId"),
}
ROLES = {
    "Lead": {"SDR", "Enterprise SDR"},
    "Case": {"Support Agent", "Support Lead"},
    "Opportunity": {"Account Executive"},
}
Step = tuple[str, str]
"""Of an item's owner: from, to."""


def findings(day: Day) -> list[str]:
    """Everything that should not have happened; empty after a good day."""
    checks = (lost, unexplained, unaccounted, beyond_limits, out_of_step, unwell)
    return [f"{check.__name__}: {one}" for check in checks for one in check(day)]


def entries(day: Day) -> list[Entry]:
    return sorted((row.entry for row in Views(day.app.store).history()), key=lambda entry: entry.id)


def lost(day: Day) -> Iterator[str]:
    """Every item that is still open belongs to somebody who may work on it, or waits, and it is known why; what came
    back into the line in the very last turn is decided in the next."""
    views = Views(day.app.store)
    told = {one.id: one.why for one in (*views.waiting(), *views.review())}
    working = _working(day)
    for name, work in day.app.policy.objects.items():
        for row in day.org.query(f"SELECT Id, OwnerId, LastModifiedDate FROM {name} WHERE {work.active}"):
            item, owner = row["Id"], row["OwnerId"]
            if owner == day.floor.company.owners[name]:
                changed_at = dt.datetime.fromisoformat(str(row["LastModifiedDate"]))
                if told.get(item) is None and changed_at < day.last_turn_at.replace(microsecond=0):
                    yield f"{item} is in the source and nothing is said of it"
            elif owner not in working[name] | {day.operations}:
                yield f"{item} is with {owner}, who does not work on a {name}"


def _working(day: Day) -> dict[str, set[str]]:
    people = day.floor.company.people_by_id.items()
    return {name: {user for user, person in people if person.role in roles} for name, roles in ROLES.items()}


def unexplained(day: Day) -> Iterator[str]:
    """An item is given out once; it changes hands after that for a reason, and for neglect only so many times."""
    sources = set(day.floor.company.owners.values())
    confirmed = [entry for entry in entries(day) if entry.state is State.CONFIRMED]
    for entry in confirmed:
        if entry.why is None and entry.seen_owner not in sources:
            yield f"decision {entry.id} took {entry.item} from {entry.seen_owner} for no reason"
    most = max(group.neglect.at_most for group in day.app.policy.groups if group.neglect is not None)
    taken = defaultdict[str, list[Entry]](list)
    for entry in confirmed:
        if entry.why in {Why.NEGLECTED, Why.RETURNED}:
            taken[entry.item].append(entry)
    for item, losses in taken.items():
        if len(losses) > most and not _touched_between(day, losses):
            yield f"{item} was taken from its owners {len(losses)} times"


def _touched_between(day: Day, losses: list[Entry]) -> bool:
    """Whether one of the owners worked on the item in between, which starts the counting again: by the org's history,
    where a status that anybody but us set counts too, and by its tasks."""
    first, last = losses[0], losses[-1]
    table, key = HISTORIES[first.object]
    owners = ", ".join(f"'{owner}'" for owner in sorted({entry.seen_owner for entry in losses}))
    since, until = (one.decided_at.strftime("%Y-%m-%dT%H:%M:%SZ") for one in (first, last))
    between = f"CreatedDate >= {since} AND CreatedDate <= {until}"
    worked = f"(CreatedById IN ({owners}) OR (Field = 'Status' AND CreatedById != '{day.robot}'))"
    where = f"WHERE {key} = '{first.item}' AND {worked} AND {between}"
    tasks = f"WHERE (WhoId = '{first.item}' OR WhatId = '{first.item}') AND CreatedById IN ({owners}) AND {between}"
    return bool(day.org.query(f"SELECT Id FROM {table} {where}") or day.org.query(f"SELECT Id FROM Task {tasks}"))


def unaccounted(day: Day) -> Iterator[str]:
    """Every change of an owner that the org's history says we made is in the journal as confirmed, in this order, and
    the other way round; a change that somebody overrode at once may be there as well, and whoever
    took an item by hand while our answer was lost made the very change we asked for."""
    confirmed, overridden = defaultdict[str, list[Step]](list), defaultdict[str, Counter[Step]](Counter)
    for entry in entries(day):
        step = entry.seen_owner, entry.owner
        if entry.state is State.CONFIRMED:
            confirmed[entry.item].append(step)
        elif entry.state is State.SUPERSEDED:
            overridden[entry.item][step] += 1
    written, by_anybody = _written(day, f" AND CreatedById = '{day.robot}'"), _written(day, "")
    for item in sorted({*confirmed, *written}):
        left, kept = Counter(written[item]) - overridden[item], Counter(confirmed[item])
        if kept - Counter(by_anybody[item]) or left - kept:
            yield f"{item} went {written[item]} in the org and {confirmed[item]} in the journal"


def _written(day: Day, by: str) -> defaultdict[str, list[Step]]:
    """By item, the owner changes in the org's own history."""
    found = defaultdict[str, list[Step]](list)
    for table, key in HISTORIES.values():
        where = f"Field = 'Owner' AND DataType = 'EntityId'{by}"
        for row in day.org.query(f"SELECT {key}, OldValue, NewValue FROM {table} WHERE {where} ORDER BY CreatedDate"):
            found[row[key]].append((str(row["OldValue"]), str(row["NewValue"])))
    return found


def beyond_limits(day: Day) -> Iterator[str]:
    """Caps and flood guards, counted plainly under the policy in force; quotas and absences as seen every cycle."""
    counted = [entry for entry in entries(day) if entry.state is State.CONFIRMED and entry.method not in UNCOUNTED]
    before = {group.name: group.was for found in day.policies.values() for group in found.groups if group.was}
    for found in day.policies.values():
        names = {group.name for group in found.groups}
        mine = [one for one in counted if one.policy_hash == found.hash]
        given = [(one.decided_at, one.owner, one.group if one.group in names else before[one.group]) for one in mine]
        beyond = over_caps(given, found)
        if beyond:
            yield f"{beyond} of {len(given)} assignments were beyond a cap"
    yield from day.over_quota
    yield from (f"given to somebody who was away: {one}" for one in day.to_absent)


def out_of_step(day: Day) -> Iterator[str]:
    """What the daemon believes everybody has is what they have."""
    held, views = day.held(), Views(day.app.store)
    for name in day.app.policy.objects:
        believed = {owner: items for owner, (items, _) in views.loads(name).items() if items}
        true = {owner: items for (kind, owner), items in held.items() if kind == name}
        if believed != true:
            wrong = {one for one in {*believed, *true} if believed.get(one) != true.get(one)}
            yield f"{name}: {len(wrong)} owners have another load than is believed"
    yield from (f"drifted: {drift}" for drift in day.resync().drifted)


def unwell(day: Day) -> Iterator[str]:
    """The daemon ran through, said nothing of a fault of its own, left nothing open and told everybody."""
    if day.daemon.stop.is_set() or day.counted["starts"] != 2:
        yield f"it ended, or was started {day.counted['starts']} times"
    for line in day.said("cycle.fault", "notice.fault", "resync.drift", "policy.refused", "login.failed"):
        yield f"{line['action']}: {line.get('exception') or line}"
    for entry in entries(day):
        if entry.state in OPEN:
            yield f"decision {entry.id} is still {entry.state.value}"
    if day.waiting_notices or day.given_up:
        yield f"{day.waiting_notices} notices wait, given up: {day.given_up}"
