"""`sfassign undo`: give items back to the owner they had before we gave them away. Carried out by `orders`.

    which decisions → read the org, and make sure it is the same one (a copy has the same Ids) → what of each item's
    chain can be taken back (`core.unwinding`) → whether anybody touched it since (`aftermath`) → journal, write

One owner change takes back everything that was asked for of an item. Caps count what was given and rotation stays as
it is; fields written by `on_assigned.set` keep their values.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfassign.aftermath import touched, worked_on
from sfassign.bootstrap import App
from sfassign.by_hand import (
    CHANGING,
    MOST_ITEMS,
    NO_TIME,
    UNDER_WAY,
    Handed,
    Refused,
    one_of_ids,
    rehearse,
    rows_of,
    users_where,
    write,
)
from sfassign.core.decision import Assign, Plan
from sfassign.core.journal import UNDO, Entry, State
from sfassign.core.model import FieldValue, Member, Pause, Why, WorkItem
from sfassign.core.unwinding import Unwinding, unwind
from sfassign.errors import WrongUsage
from sfassign.letters import Letter
from sfassign.ports import PollRequest, Row
from sfassign.rework import sent_to
from sfassign.storage import Past

MOST_LOOKED_AT = 20_000
"""Decisions of one order, the newest ones; most of them may have been taken back before."""

PATIENCE = dt.timedelta(minutes=5)
"""How long one order goes on writing."""

HASH = re.compile(r"(?:sha256:)?([0-9a-f]{8,64})")


def undo(app: App, order: Mapping[str, Any]) -> Handed:
    """Raises WrongUsage, or an OrgError where nothing could be done."""
    handed = Handed(bool(order.get("dry_run")))
    named = tuple(order.get("decisions") or ())
    asked = _asked(app, order, named, handed)
    app.ports.gatherer.gather()
    unwindings = _unwindings(app, asked, handed, tell_over=bool(named))
    handed.left = max(0, len(unwindings) - MOST_ITEMS)
    ready = _ready(app, unwindings[:MOST_ITEMS], handed)
    if not ready:
        return handed
    places = _places(app, {one.back_to for one, _ in ready})
    taken = _taken_again(app, ready, places)
    if order.get("pause") and not handed.dry_run:
        handed.paused = _pause(app, sorted(set(taken.values())))
    _give_back(app, ready, places, handed)
    returned = Counter(taken[line.id] for line in handed.reassigned if line.id in taken)
    handed.waits_again = dict(sorted(returned.items()))
    return handed


# --- which decisions --------------------------------------------------------------------------------------------------


def _asked(app: App, order: Mapping[str, Any], named: Sequence[int], handed: Handed) -> tuple[Entry, ...]:
    given = [bool(named), order.get("since_seconds") is not None, order.get("policy") is not None]
    if given.count(True) != 1:
        raise WrongUsage("name exactly one: decisions by their numbers, --since 10m, or --policy sha256:…")
    past = Past(app.store)
    if named:
        return _named(past, named, handed)
    if order.get("policy") is not None:
        return past.decided_by(_policy(past, str(order["policy"])), MOST_LOOKED_AT)
    since = app.clock.now() - dt.timedelta(seconds=float(order["since_seconds"]))
    return past.decided_since(since, MOST_LOOKED_AT)


def _named(past: Past, numbers: Sequence[int], handed: Handed) -> tuple[Entry, ...]:
    found = past.decisions(numbers)
    good = []
    for number in dict.fromkeys(numbers):
        entry = found.get(number)
        why = _no_use(entry, number)
        if entry is not None and why is None:
            good.append(entry)
        else:
            kind, item = (None, None) if entry is None else (entry.object, entry.item)
            handed.refused.append(Refused(kind, item, why or "", decision=number))
    return tuple(good)


def _no_use(entry: Entry | None, number: int) -> str | None:
    if entry is None:
        return f"there is no decision {number}; 'sfassign history' lists them"
    if entry.dry_run:
        return "it was a dry run and changed nothing"
    if entry.method == UNDO:
        return "it is an undo itself; 'sfassign reassign' gives the item to somebody again"
    if entry.state is not State.CONFIRMED:
        return f"it changed nothing, it is {entry.state.value}"
    return None


def _policy(past: Past, text: str) -> str:
    """The one policy meant by a hash or the beginning of one."""
    match = HASH.fullmatch(text.lower())
    if match is None:
        raise WrongUsage(f"--policy: '{text}' is no policy's hash; write sha256: and at least its first 8 digits")
    found = past.policies(f"sha256:{match[1]}")
    if len(found) == 1:
        return found[0]
    if found:
        raise WrongUsage(f"--policy: {text} may be any of {', '.join(found)}; write more digits")
    raise WrongUsage(f"--policy: no decision was made by {text}; 'sfassign report' lists the policies that decided")


def _unwindings(app: App, asked: Sequence[Entry], handed: Handed, *, tell_over: bool) -> list[Unwinding]:
    """Newest first. What was taken back before is told only where it was named."""
    numbers = frozenset(entry.id for entry in asked)
    found = []
    for history in Past(app.store).changes_of(dict.fromkeys(entry.item for entry in asked)).values():
        unwound = unwind(history, numbers)
        for entry, why in unwound.kept:
            handed.refused.append(_kept(entry, why))
        for entry in unwound.over if tell_over else ():
            handed.refused.append(_kept(entry, "it was taken back before"))
        if unwound.unwinding is not None:
            found.append(unwound.unwinding)
    return sorted(found, key=lambda one: -one.entries[0].id)


# --- which items ------------------------------------------------------------------------------------------------------


def _ready(app: App, unwindings: Sequence[Unwinding], handed: Handed) -> list[tuple[Unwinding, Row]]:
    """Those that nobody touched since; the others are told."""
    wanted: dict[str, list[str]] = {}
    for one in unwindings:
        wanted.setdefault(one.last.object, []).append(one.last.item)
    rows, fresh = rows_of(app, wanted)
    open_ones = {entry.item for entry in app.store.open_entries()}
    us = app.org.identify() if any(one.last.landed_at is None for one in unwindings) else None
    kept: list[tuple[Unwinding, Row]] = []
    for one in unwindings:
        row = rows.get(one.last.item)
        why = _why_not(one, row, us, open_ones, fresh)
        if row is not None and why is None:
            kept.append((one, row))
        else:
            handed.refused.append(_kept(one.entries[0], why or ""))
    worked = worked_on(app, [one for one, _ in kept])
    handed.refused += [_kept(one.entries[0], worked[row.id]) for one, row in kept if row.id in worked]
    return [(one, row) for one, row in kept if row.id not in worked]


def _why_not(one: Unwinding, row: Row | None, us: str | None, open_ones: set[str], fresh: frozenset[str]) -> str | None:
    if row is None:
        return "the record is gone, or not shown to us any more"
    if row.id in open_ones:
        return UNDER_WAY
    return touched(one.last, row, us) or (CHANGING if row.id in fresh else None)


def _kept(entry: Entry, why: str) -> Refused:
    return Refused(entry.object, entry.item, why, decision=entry.id)


def _pause(app: App, groups: Sequence[str]) -> tuple[str, ...]:
    for name in groups:
        app.store.pause("group", name, Pause("paused by undo", None))
    return tuple(groups)


# --- the writing ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Places:
    """Users and queues that items go back to, by Id."""

    users: Mapping[str, Member]
    queues: Mapping[str, str]

    def member(self, owner: str) -> Member:
        """A queue has no user name."""
        return self.users.get(owner) or Member(owner, "", self._called(owner), True, "UTC")

    def as_owner(self, owner: str, row: Row) -> dict[str, FieldValue]:
        """What a record says of its owner; fields of it that only the org knows are empty."""
        user = self.users.get(owner)
        empty: dict[str, FieldValue] = {name: None for name in row.values if name.startswith("owner.")}
        name = user.name if user is not None else self.queues.get(owner)
        return empty | {"ownerid": owner, "owner.name": name, "owner.username": user.username if user else None}

    def _called(self, owner: str) -> str:
        return f"queue '{self.queues[owner]}'" if owner in self.queues else owner


def _taken_again(app: App, ready: Sequence[tuple[Unwinding, Row]], places: _Places) -> dict[str, str]:
    """By item the group whose source takes it once it has its old owner; what they had been given does not wait."""
    intake, now = app.ports.gatherer.reading().intake, app.clock.now()
    found = {}
    for one, row in ready:
        group = intake.of(row.object, {**row.values, **places.as_owner(one.back_to, row)}, now).group
        if group is not None and not one.given_before:
            found[row.id] = group
    return found


def _give_back(app: App, ready: Sequence[tuple[Unwinding, Row]], places: _Places, handed: Handed) -> None:
    children = {group.name: group.on_assigned.children for group in app.policy.groups if group.on_assigned}
    plan_of = [_back(one, row, places, children, app.clock.now()) for one, row in ready]
    letters = [Letter(assign) for assign in plan_of]
    plan = Plan(app.clock.now(), app.policy.hash, tuple(plan_of))
    if handed.dry_run:
        rehearse(app, letters, plan, handed)
        return
    left = set(write(app, letters, plan, PATIENCE, handed))
    handed.refused += [_kept(one.entries[0], NO_TIME) for one, row in ready if row.id in left]


def _back(
    one: Unwinding, row: Row, places: _Places, children: Mapping[str, tuple[str, ...]], now: dt.datetime
) -> Assign:
    oldest = one.oldest
    item = WorkItem(
        object=row.object,
        id=row.id,
        owner=row.owner,
        created_at=row.created_at,
        waiting_since=now,
        aging_since=oldest.aging_since,
        values=row.values,
        guard_at=row.guard_at,
    )
    to = places.member(one.back_to)
    numbers = ", ".join(str(entry.id) for entry in one.entries)
    sentence = f"{oldest.group}: back to {to.username or to.name}, decision {numbers} undone by hand"
    sending = sent_to(item, oldest.group, to, UNDO, sentence, Why.BY_HAND)
    return replace(sending, undoes=oldest.id, children=children.get(oldest.group, ()))


def _places(app: App, owners: set[str]) -> _Places:
    """One call for the people, one for the names of queues where there are any."""
    people = sorted(owner for owner in owners if owner.startswith("005"))
    rows = users_where(app, one_of_ids("Id", people)) if people else ()
    users = {row.id: Member(row.id, row.username, row.name, row.is_active, row.timezone) for row in rows}
    groups = app.org.poll(PollRequest(groups=True)).groups if len(people) < len(owners) else ()
    queues = {group.id: group.name for group in groups} if isinstance(groups, tuple) else {}
    return _Places(users, queues)
