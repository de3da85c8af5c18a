"""The open child records of an item follow it to its new owner. Called by the cycle after the owners are written.

What is to follow is in the database from the moment the owner change is entered, so that a process that dies in
between leaves nobody's tasks behind. A child follows only while it belongs to the item's old owner; each is a guarded
PATCH like the item's own. Whatever goes wrong here is a warning: the item has its owner.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sfassign.core.families import together
from sfassign.core.journal import Entry
from sfassign.core.refusals import PASSES, classify
from sfassign.deliver import MOST_CHANGES_PER_CALL
from sfassign.errors import OrgError, OrgRefused
from sfassign.guards import Guards
from sfassign.letters import settled_second
from sfassign.policy import parent_fields
from sfassign.ports import (
    Answer,
    ChildMove,
    Clock,
    ObjectRead,
    ObjectShape,
    Org,
    OwnerChange,
    PollRequest,
    Row,
    Store,
    WriteResult,
)
from sfassign.shapes import Shapes
from sfassign.soql.tree import (
    And,
    Boolean,
    Comparator,
    Comparison,
    Condition,
    DateTime,
    InList,
    Or,
    Path,
    SetOperator,
    Text,
)

GIVES_UP_AFTER = dt.timedelta(hours=1)
PARENTS_PER_QUERY = 100
"""Ids in one query: twice 27 bytes each (parents and old owners) leave room in a URL of 16 kB."""


@dataclass
class Mover:
    """Moves the children of one cycle; `stopping` is asked before each call."""

    org: Org
    store: Store
    clock: Clock
    shapes: Shapes
    stopping: Callable[[], bool]
    moved: int = 0
    warnings: list[str] = field(default_factory=list)
    _late: set[int] = field(default_factory=set)
    _guards: Guards = field(init=False)

    def __post_init__(self) -> None:
        self._guards = Guards(self.store, self.clock)

    def move(self) -> None:
        """Everything that is due. What got no answer, or was changed at that moment, is due again in the next cycle."""
        due = self.store.child_moves()
        wanted: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
        for one in due:
            for child in one.children:
                wanted[child, one.entry.object].append(one.entry)
        for (child, parent), entries in wanted.items():
            for start in range(0, len(entries), PARENTS_PER_QUERY):
                self._follow(child, parent, entries[start : start + PARENTS_PER_QUERY])
        self.store.children_done([one.entry.id for one in due if not self._again(one)])

    def _again(self, one: ChildMove) -> bool:
        if one.entry.id not in self._late:
            return False
        if self.clock.now() - one.entry.decided_at < GIVES_UP_AFTER:
            return True
        self.warnings.append(f"{', '.join(one.children)} under {one.entry.item} did not follow within an hour")
        return False

    def _follow(self, child: str, parent: str, entries: Sequence[Entry]) -> None:
        try:
            self._move(child, parent, entries)
        except OrgRefused as refused:
            self.warnings.append(f"{child} under {parent} cannot follow: {refused}")
        except OrgError as failure:
            self._late.update(entry.id for entry in entries)
            self.warnings.append(f"{child} under {parent} follow in the next cycle: {failure}")

    def _move(self, child: str, parent: str, entries: Sequence[Entry]) -> None:
        shape = self.shapes.of(child)
        fields = tuple(one.name for one in parent_fields(shape, parent)) if shape is not None else ()
        if shape is None or not fields:
            self.warnings.append(f"no field of '{child}' leads to a {parent} any more")
            return
        read = ObjectRead(child, fields, where=_open_under(fields, entries, shape, self.clock.now()))
        polled = self.org.poll(PollRequest(objects=(read,)))
        by_item = {entry.item: entry for entry in entries}
        changes: list[OwnerChange] = []
        of: dict[int, Entry] = {}
        for row in polled.rows[0]:
            entry = _parent(row, fields, by_item)
            if entry is None or row.owner != entry.seen_owner:
                continue
            if not settled_second(row.guard_at, polled.at):
                self._late.add(entry.id)
                continue
            of[len(changes)] = entry
            changes.append(self._change(len(changes), child, row, entry))
        self._write(together(changes, lambda one: one.family or one.id), of, ObjectRead(child, ()))

    def _change(self, number: int, child: str, row: Row, entry: Entry) -> OwnerChange:
        to, at, locked = entry.owner, row.guard_at, entry.item
        return OwnerChange(number, child, row.id, to, at, seen_owner=row.owner, family=locked)

    def _write(self, changes: Sequence[OwnerChange], of: Mapping[int, Entry], read: ObjectRead) -> None:
        left = list(changes)
        while left:
            if self.stopping():
                self._late.update(of[change.entry].id for change in left)
                return
            guard = self._guards.of(read.object)
            few = [replace(change, guard=guard) for change in left[: 2 * MOST_CHANGES_PER_CALL]]
            batch = self.org.batches(few)[0]
            left = left[len(batch) :]
            results = self.org.write(batch, {read.object: read})
            self._guards.learn(batch, {result.entry: result for result in results})
            for change, result in zip(batch, results, strict=True):
                self._take(change, result, of[change.entry])

    def _take(self, change: OwnerChange, result: WriteResult, entry: Entry) -> None:
        if result.row is not None and result.row.owner == change.owner:
            self.moved += 1
        elif result.answer is Answer.REFUSED and classify(result.code, result.message) not in PASSES:
            words = f"{result.code}: {result.message}"
            self.warnings.append(f"{change.object} {change.id} did not follow {entry.item}: {words}")
        else:
            self._late.add(entry.id)


def _open_under(fields: Sequence[str], entries: Sequence[Entry], shape: ObjectShape, now: dt.datetime) -> Condition:
    """Records under these items that belong to one of their old owners and are open: not closed, where the object
    knows that, and for events not over."""
    under = [_one_of(name, [entry.item for entry in entries]) for name in fields]
    terms: list[Condition] = [under[0] if len(under) == 1 else Or(tuple(under))]
    terms.append(_one_of("OwnerId", [entry.seen_owner for entry in entries]))
    terms += [
        Comparison(Path((name,)), Comparator.EQ, Boolean(False))
        for name in ("IsClosed", "IsConverted")
        if name.lower() in shape.fields
    ]
    if shape.name == "Event":
        instant = now.astimezone(dt.UTC).replace(microsecond=0)
        literal = DateTime(instant, instant.strftime("%Y-%m-%dT%H:%M:%SZ"))
        terms.append(Comparison(Path(("EndDateTime",)), Comparator.GE, literal))
    return And(tuple(terms))


def _one_of(name: str, ids: Sequence[str]) -> Condition:
    return InList(Path((name,)), SetOperator.IN, tuple(Text(one, one) for one in dict.fromkeys(ids)))


def _parent(row: Row, fields: Sequence[str], by_item: Mapping[str, Entry]) -> Entry | None:
    leads_to = (row.values.get(name.lower()) for name in fields)
    return next((by_item[item] for item in leads_to if isinstance(item, str) and item in by_item), None)
