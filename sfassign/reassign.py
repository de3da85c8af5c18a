"""`sfassign reassign`: give items to somebody else by hand, through the gates or past them. Carried out by `orders`.

    read the org → who is meant → each record finds its group (`taking`) → one plan for all of them → journal, write

Presence is read afresh, and once more where writing takes longer than presence stays good. An item that a gate kept
stays where it is, with the member's own figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfassign.bootstrap import App
from sfassign.by_hand import (
    CHANGING,
    MOST_ITEMS,
    NO_TIME,
    UNDER_WAY,
    Handed,
    Refused,
    ids_of,
    rehearse,
    rows_of,
    user_named,
    write,
)
from sfassign.core.decision import Assign, Diagnosis, Hold, Plan
from sfassign.core.engine import decide
from sfassign.core.intake import Intake
from sfassign.core.journal import BY_HAND
from sfassign.core.model import Member, Snapshot, Why, WorkItem
from sfassign.core.policy import FieldWrites
from sfassign.cycle import present_snapshot
from sfassign.errors import OrgError, WrongUsage
from sfassign.filling import Filler
from sfassign.letters import Letter
from sfassign.outcome import one_per_group, refused_text
from sfassign.policy.findings import nearest
from sfassign.ports import PollRequest, Row, UserRow
from sfassign.preferences import with_preferences
from sfassign.rework import sent_to
from sfassign.rights import told
from sfassign.soql.tree import And, Comparator, Comparison, Path, Text
from sfassign.storage import Past
from sfassign.taking import Taker
from sfassign.uncollected import uncollected

MOST_ROUNDS = 2
"""How often presence is read for one order; systemd's watchdog must be patient for all of them."""

_NOTHING = FieldWrites()


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order as it was given: items by Id, or those of `giver`; to one user or to whom the group's method picks."""

    ids: tuple[str, ...] = ()
    giver: str | None = None
    to: str | None = None
    group: str | None = None
    force: bool = False
    dry_run: bool = False

    @classmethod
    def of(cls, order: Mapping[str, Any]) -> Wanted:
        """Raises WrongUsage for what cannot be meant."""
        wanted = cls(
            ids=ids_of(order.get("ids") or ()),
            giver=order.get("from"),
            to=order.get("to"),
            group=order.get("group"),
            force=bool(order.get("force")),
            dry_run=bool(order.get("dry_run")),
        )
        if bool(wanted.ids) == (wanted.giver is not None):
            raise WrongUsage("name either the items by their Ids, or with --from whose items they are")
        if wanted.force and wanted.to is None:
            raise WrongUsage("--force goes past the gates to one person: name them with --to USER")
        if len(wanted.ids) > MOST_ITEMS:
            raise WrongUsage(f"{len(wanted.ids):,} items are too many for one order; name at most {MOST_ITEMS:,}")
        return wanted


def reassign(app: App, order: Mapping[str, Any]) -> Handed:
    """Raises WrongUsage, or an OrgError where nothing could be done."""
    wanted = Wanted.of(order)
    app.check_policy()
    _check_group(app, wanted.group)
    to = None if wanted.to is None else user_named(app, wanted.to)
    giver = None if wanted.giver is None else user_named(app, wanted.giver)
    if to is not None and wanted.force and not to.is_active:
        raise WrongUsage(f"{to.username} is not an active user of the org: it would refuse every one of the items")
    if to is not None and giver is not None and to.id == giver.id:
        raise WrongUsage(f"--from and --to are both {to.username}")
    handed = Handed(wanted.dry_run)
    ids = wanted.ids if giver is None else _ids_owned(app, giver, wanted.group, handed)
    for round_number in range(MOST_ROUNDS):
        try:
            ids = _Round(app, wanted, to, giver, handed, first=round_number == 0).carry_out(ids)
        except OrgError as trouble:
            if round_number == 0:
                raise
            handed.warnings.append(f"the items that are left were not read again: {trouble}")
        if not ids or app.ports.stopping():
            break
    handed.refused += [Refused(_object_of(app, item), item, NO_TIME) for item in ids]
    return handed


@dataclass(frozen=True)
class _Round:
    """Reads, decides and writes once."""

    app: App
    wanted: Wanted
    to: UserRow | None
    giver: UserRow | None
    handed: Handed
    first: bool

    def carry_out(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Returns the Ids that there was no time for."""
        if not ids:
            return ()
        gathered = self.app.ports.gatherer.gather()
        if self.first:
            self.handed.warnings += told(gathered.unreadable, gathered.unread)
        age = self.app.ports.presence_max_age
        snapshot = present_snapshot(self.app.store, self.app.policy, gathered.at, age)
        items = self._items(ids, snapshot)
        plan = self._forced(items, snapshot) if self.wanted.force else self._decided(items, snapshot)
        letters = self._letters(plan, snapshot)
        if self.wanted.dry_run:
            rehearse(self.app, letters, plan, self.handed)
            return ()
        return tuple(write(self.app, letters, plan, age, self.handed))

    # --- which items --------------------------------------------------------------------------------------------------

    def _items(self, ids: Sequence[str], snapshot: Snapshot) -> tuple[WorkItem, ...]:
        by_object = self._by_object(ids)
        rows, fresh = rows_of(self.app, by_object)
        asked = dict.fromkeys(item for some in by_object.values() for item in some)
        self.handed.refused += [
            Refused(_object_of(self.app, item), item, "the org has no such record, or does not show it to us")
            for item in asked
            if item not in rows
        ]
        taker = self._taker(snapshot, rows, fresh)
        taken = [taker.take(row) for row in rows.values() if self.giver is None or row.owner == self.giver.id]
        self.handed.refused += [one for one in taken if isinstance(one, Refused)]
        return tuple(one for one in taken if isinstance(one, WorkItem))

    def _by_object(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """The Ids by the objects they may be of; the others are refused here."""
        prefixes = {name: _prefix(self.app, name) for name in self.app.ports.gatherer.reading().objects}
        found: dict[str, list[str]] = {name: [] for name in prefixes}
        for item in ids:
            names = [name for name, prefix in prefixes.items() if prefix in (None, item[:3])]
            for name in names:
                found[name].append(item)
            if not names:
                counted = ", ".join(f"{name} ({prefix})" for name, prefix in prefixes.items())
                reason = f"no record of an object that the policy counts; those are {counted}"
                self.handed.refused.append(Refused(None, item, reason))
        return found

    def _taker(self, snapshot: Snapshot, rows: Mapping[str, Row], fresh: frozenset[str]) -> Taker:
        store = self.app.store
        return Taker(
            policy=self.app.policy,
            snapshot=snapshot,
            intake=self._intake,
            gifts=Past(store).last_gifts(rows),
            previous=store.previous_owners(rows),
            apart=dict.fromkeys(fresh, CHANGING)
            | dict.fromkeys((entry.item for entry in store.open_entries()), UNDER_WAY),
            to=None if self.to is None else self.to.id,
            group=self.wanted.group,
            only=self.giver is not None and self.wanted.group is not None,
        )

    # --- to whom ------------------------------------------------------------------------------------------------------

    @property
    def _intake(self) -> Intake:
        return self.app.ports.gatherer.reading().intake

    def _decided(self, items: tuple[WorkItem, ...], snapshot: Snapshot) -> Plan:
        snapshot, refused = with_preferences(
            self.app.org, self.app.store, self.app.policy, self._intake, replace(snapshot, items=items)
        )
        self.handed.warnings += refused
        with uncollected():
            plan = decide(snapshot, self.app.policy, self.app.ports.solve)
        figures: dict[int, tuple[str, str | None]] = {}
        for hold in plan.decisions:
            if isinstance(hold, Hold):
                reason, gate = self._why_held(hold, figures)
                self.handed.refused.append(Refused(hold.item.object, hold.item.id, reason, gate))
        return plan

    def _why_held(self, hold: Hold, figures: dict[int, tuple[str, str | None]]) -> tuple[str, str | None]:
        """The reason and the gate. Items that met the same situation share a diagnosis: each is told once."""
        if self.to is None or hold.diagnosis is None:
            return hold.why, None
        if id(hold.diagnosis) not in figures:
            figures[id(hold.diagnosis)] = _of_member(self.to, hold.group, hold.diagnosis)
        return figures[id(hold.diagnosis)]

    def _forced(self, items: tuple[WorkItem, ...], snapshot: Snapshot) -> Plan:
        """Past the gates: everything to the one user, numbered on like any other assignment."""
        last = max([snapshot.last_turn, *(flight.turn for flight in snapshot.in_flight)])
        assigns = [self._force(item, snapshot, turn) for turn, item in enumerate(items, start=last + 1)]
        return Plan(snapshot.taken_at, self.app.policy.hash, tuple(assigns))

    def _force(self, item: WorkItem, snapshot: Snapshot, turn: int) -> Assign:
        to, again = self.to, item.again
        if to is None or again is None:
            raise LookupError(f"{item.id} is to go to nobody")
        member = Member(to.id, to.username, to.name, to.is_active, to.timezone)
        sentence = f"{again.group} → {to.username} by hand, past the gates"
        sending = sent_to(item, again.group, member, BY_HAND, sentence, Why.BY_HAND, turn)
        group = next(one for one in self.app.policy.enabled_groups if one.name == again.group)
        writes = group.on_assigned or _NOTHING
        points = self._intake.of(item.object, item.values, snapshot.taken_at).points
        score = self._intake.score(item, snapshot.taken_at)
        told = replace(sending, score=score, points=points, notify=group.notify)
        return replace(told, set=writes.set, children=writes.children)

    def _letters(self, plan: Plan, snapshot: Snapshot) -> list[Letter]:
        """With the fields that travel with the owner."""
        zone = self.app.policy.timezone or snapshot.org_timezone
        filler = Filler(self.app.shapes, plan.taken_at, zone)
        assigns = [decision for decision in plan.decisions if isinstance(decision, Assign)]
        letters = [
            Letter(one, filler.fields(one.item.object, one.group, one.set, one.sentence, one.to.username))
            for one in assigns
        ]
        self.handed.warnings += [refused_text(value) for value in one_per_group(filler.refused)]
        return letters


def _of_member(to: UserRow, group: str, diagnosis: Diagnosis) -> tuple[str, str | None]:
    """`bob@acme.example: cap_reached 20 of 20 today`."""
    own = next((one for one in diagnosis.verdicts() if one.user == to.id), None)
    if own is None:
        return f"{to.username} is no member of '{group}'; name another --group, or go past the gates with --force", None
    if own.rejection is None:
        raise LookupError(f"{to.username} passed every gate of '{group}' and got nothing")
    return f"{to.username}: {own.rejection.gate.value} {own.rejection.detail}", own.rejection.gate.value


def _ids_owned(app: App, giver: UserRow, group: str | None, handed: Handed) -> tuple[str, ...]:
    """The active items that are the giver's now, of every object the policy counts (or of the group's)."""
    reading, now = app.ports.gatherer.reading(), app.clock.now()
    wanted = next((one.object for one in app.policy.enabled_groups if one.name == group), None)
    owned = Comparison(Path(("OwnerId",)), Comparator.EQ, Text(giver.id, giver.id))
    names = [name for name in reading.objects if wanted in (None, name)]
    wheres = {name: And((owned, reading.active(name, now))) for name in names}
    reads = tuple(replace(reading.object_read(name, where=where), judged=True) for name, where in wheres.items())
    polled = app.org.poll(PollRequest(objects=reads))
    seen = (one for rows in polled.rows if rows for one in app.ports.gatherer.sightings(rows, polled.at))
    ids = [one.row.id for one in seen if one.active and one.row.owner == giver.id]
    handed.left = max(0, len(ids) - MOST_ITEMS)
    return tuple(ids[:MOST_ITEMS])


def _check_group(app: App, named: str | None) -> None:
    names = [group.name for group in app.policy.enabled_groups]
    if named is None or named in names:
        return
    near = nearest(named, names)
    hint = f"; did you mean '{near}'?" if near else ""
    raise WrongUsage(f"the policy has no enabled group '{named}'; there are: {', '.join(names)}{hint}")


def _prefix(app: App, name: str) -> str | None:
    shape = app.shapes.of(name)
    return None if shape is None else shape.key_prefix


def _object_of(app: App, item: str) -> str | None:
    names = app.ports.gatherer.reading().objects
    return next((name for name in names if _prefix(app, name) == item[:3]), None)
