"""Items read afresh right before anything is taken from their owners: the record, and every sign of work about it.

What cannot be read for lack of rights takes nothing away: the items of that object are left alone and the warning says
what could not be read. An object the org does not have (no e-mail, no field history) is not asked for. Called by
`neglect`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sfassign.core.neglect import NeglectClock
from sfassign.core.policy import Policy
from sfassign.core.terms import ACTIVITY, EDIT
from sfassign.core.touches import Sign, SignKind
from sfassign.errors import OrgRefused
from sfassign.gather import Gatherer
from sfassign.ports import Org, Row, SignAsk, Unreadable
from sfassign.shapes import Shapes

PEOPLE_LIKE = frozenset({"Lead", "Contact"})
"""What activities are about as `Who`; everything else is their `What`."""

ALWAYS_THERE = frozenset({"Task", "Event", "CaseComment"})
"""Tables every org has: one that cannot be seen is a missing right."""

HISTORY_TABLES = {"Opportunity": ("OpportunityFieldHistory", "OpportunityId")}


@dataclass(frozen=True, slots=True)
class Evidence:
    """`rows` by Id, as read at `at` of the org's clock; `unreadable` says by object what could not be read."""

    at: dt.datetime
    rows: Mapping[str, Row]
    signs: Mapping[str, Sequence[Sign]]
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Investigator:
    """Reads evidence. May raise an OrgError where the org cannot be asked at all."""

    org: Org
    gatherer: Gatherer
    shapes: Shapes

    def look(self, clocks: Sequence[NeglectClock], at: dt.datetime) -> Evidence:
        """Signs first, then the records, so that the guard of a write is as young as can be. Nothing is asked about
        objects that could not be read in this cycle."""
        by_object: defaultdict[str, list[NeglectClock]] = defaultdict(list)
        for clock in clocks:
            by_object[clock.object].append(clock)
        unread = {name: why for name, why in self.gatherer.unread.items() if by_object.pop(name, None)}
        unreadable = {name: f"{why.code}: {why.message}" for name, why in unread.items()}
        signs = self._signs(by_object, unreadable)
        rows: dict[str, Row] = {}
        for name, some in by_object.items():
            try:
                read_at, found = self.org.fetch(self.gatherer.reading().object_read(name), [one.item for one in some])
            except OrgRefused as refused:
                unreadable[name] = str(refused)
                continue
            at = max(at, read_at)
            rows.update((row.id, row) for row in found)
        return Evidence(at, rows, signs, unreadable)

    def _signs(
        self, by_object: Mapping[str, Sequence[NeglectClock]], unreadable: dict[str, str]
    ) -> Mapping[str, Sequence[Sign]]:
        asked: list[tuple[str, SignAsk]] = []
        for name, clocks in by_object.items():
            tables = tables_of(name, {kind for clock in clocks for kind in clock.terms.touched})
            missing = [table for _, table, _ in tables if self.shapes.of(table) is None]
            if lacking := [table for table in missing if table in ALWAYS_THERE]:
                unreadable[name] = f"{', '.join(lacking)}: this login may not see it"
                continue
            items, since = tuple(one.item for one in clocks), min(one.since for one in clocks)
            since = min([since, *(one.watched_from for one in clocks if one.touched_at is None)])
            asked += [
                (name, SignAsk(kind, table, key, items, since)) for kind, table, key in tables if table not in missing
            ]
        found: defaultdict[str, list[Sign]] = defaultdict(list)
        answers = self.org.signs([ask for _, ask in asked]) if asked else ()
        for (name, ask), answer in zip(asked, answers, strict=True):
            if isinstance(answer, Unreadable):
                unreadable[name] = f"{ask.table}: {answer.code}: {answer.message}"
                continue
            for sign in answer:
                found[sign.item].append(sign)
        return found


def tables_of(name: str, kinds: Collection[str]) -> list[tuple[SignKind, str, str]]:
    """The tables that show touches of these kinds of this object, with the field that leads to the item."""
    found: list[tuple[SignKind, str, str]] = []
    if ACTIVITY in kinds:
        key = "WhoId" if name in PEOPLE_LIKE else "WhatId"
        found += [(SignKind.TASK, "Task", key), (SignKind.EVENT, "Event", key)]
    if ACTIVITY in kinds and name == "Case":
        found += [(SignKind.EMAIL, "EmailMessage", "ParentId"), (SignKind.COMMENT, "CaseComment", "ParentId")]
    elif ACTIVITY in kinds and name not in PEOPLE_LIKE:
        found.append((SignKind.EMAIL, "EmailMessage", "RelatedToId"))
    if EDIT in kinds:
        found.append((SignKind.HISTORY, *_history(name)))
    return found


def unseen_tables(policy: Policy, shapes: Shapes) -> tuple[str, ...]:
    """The tables that neglect cannot do without and this login does not see. Asked by `check`."""
    groups = [group for group in policy.enabled_groups if group.neglect is not None]
    wanted = [table for group in groups for table in tables_of(group.object, policy.objects[group.object].touched)]
    names = dict.fromkeys(table for _, table, _ in wanted if table in ALWAYS_THERE)
    return tuple(name for name in names if shapes.of(name) is None)


def _history(name: str) -> tuple[str, str]:
    if name in HISTORY_TABLES:
        return HISTORY_TABLES[name]
    if name.endswith("__c"):
        return f"{name.removesuffix('__c')}__History", "ParentId"
    return f"{name}History", f"{name}Id"
