"""One cycle: what earlier writes came to, what changed in the org, who gets what, and the writing of it.

`run_cycle` is the whole product in one function; the daemon, `once` and `demo` call it. `preview` is the same code,
stopped before the journal.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from sfassign.children import Mover
from sfassign.core.decision import Assign, Plan
from sfassign.core.engine import decide
from sfassign.core.limits import windows_of
from sfassign.core.membership import unknown_users
from sfassign.core.model import Snapshot, WorkItem
from sfassign.core.optimal import Solve
from sfassign.core.policy import Policy
from sfassign.core.standing import troubles, with_org_records
from sfassign.cycle_report import begun_report, delivered, with_notes, would_overflow
from sfassign.deliver import Courier
from sfassign.destinations import Destinations
from sfassign.dispatch import Outbox, Packer
from sfassign.filling import Filler
from sfassign.gather import Gathered, Gatherer
from sfassign.landing import Delivery, reassigned, would_assign
from sfassign.letters import Letter, settled_second
from sfassign.neglect import NeglectPass, stand_still
from sfassign.omni_routing import left_to_omni
from sfassign.outcome import CycleReport
from sfassign.overwriting import Hindsight
from sfassign.picker import Picker
from sfassign.ports import Clock, NoteKept, Org, Store
from sfassign.preferences import with_preferences
from sfassign.remedies import Passed, with_away
from sfassign.uncollected import uncollected

FRESH_SECONDS = 2.0
"""After that long the second of any change is over, also by an org's clock that is known to the second only."""
TOO_FRESH = "it was changed less than a second before it was read; the next cycle takes it"


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Ports:
    """What a cycle works with. `presence_max_age`: older presence is unknown, and no write goes out on older news.

    `waits_for_fresh`: there is no next cycle soon, so an item changed within the last second is read again here.
    `poll`: how often a cycle is to run, `neglect_poll`: how often neglect is looked for.
    `solve`: what groups by `optimal` are decided with, None where it is not installed and no policy can need it.
    """

    org: Org
    store: Store
    clock: Clock
    gatherer: Gatherer
    presence_max_age: dt.timedelta
    stopping: Callable[[], bool] = _never
    waits_for_fresh: bool = False
    solve: Solve | None = None
    poll: dt.timedelta = dt.timedelta(seconds=15)
    neglect_poll: dt.timedelta = dt.timedelta(seconds=60)


def run_cycle(ports: Ports, policy: Policy) -> CycleReport:
    """Settle, gather, decide, journal and write. Raises OrgError when the org cannot be read, or refuses everything;
    whatever was sent by then is settled by the next cycle."""
    begun = _begin(ports)
    courier = Courier(ports.org, ports.store, ports.clock, ports.gatherer, stopping=ports.stopping)
    courier.settle()
    gathered, snapshot = _look(ports, policy)
    snapshot, hands = _hands(ports, policy, snapshot, begun)
    plan = _decided(ports, policy, snapshot)
    ports.store.note([decision for decision in plan.decisions if not isinstance(decision, Assign)], plan.taken_at)
    outbox = _packed(ports, policy, snapshot, plan)
    ports.store.overflow(outbox.moves)
    letters = [*outbox.letters, *hands.letters]
    courier.deliver(letters, plan, ports.clock.now() + ports.presence_max_age, outbox.jottings)
    hindsight = Hindsight(ports.org, ports.store, ports.clock, courier.guarding)
    hindsight.look(courier.delivery.landed)
    ports.store.drop_notes((note.item, note.kind) for note in _over(outbox, courier.delivery))
    mover = Mover(ports.org, ports.store, ports.clock, ports.gatherer.reading().shapes, ports.stopping)
    mover.move()
    report = with_notes(
        delivered(begun_report(begun.number, begun.at, gathered, plan), courier.delivery), outbox, courier, mover
    )
    report = _with_hands(replace(report, warnings=(*report.warnings, *hindsight.warnings)), hands)
    return _end(ports, report, begun)


def preview(ports: Ports, policy: Policy) -> CycleReport:
    """The dry run: gather and decide, keep the decisions marked as such, never write to the org."""
    begun = _begin(ports)
    gathered, snapshot = _look(ports, policy)
    snapshot, hands = _hands(ports, policy, snapshot, begun, dry_run=True)
    plan = _decided(ports, policy, snapshot)
    assigns = (*_assigns(plan), *(letter.assign for letter in hands.letters))
    entries = ports.store.plan(assigns, plan, {a.item.id: _guard(a.item) for a in assigns}, dry_run=True)
    pairs = list(zip(entries, assigns, strict=True))
    would = tuple(would_assign(entry, one) for entry, one in pairs if one.why is None)
    again = tuple(reassigned(entry, one.why, one.sentence) for entry, one in pairs if one.why is not None)
    outbox = _packed(ports, policy, snapshot, plan)
    report = replace(
        begun_report(begun.number, begun.at, gathered, plan), assigned=would, reassigned=again, dry_run=True
    )
    report = replace(report, overflowed=would_overflow(outbox), warnings=(*report.warnings, *outbox.warnings))
    report = _with_hands(report, hands)
    return _end(ports, report, begun)


def _decided(ports: Ports, policy: Policy, snapshot: Snapshot) -> Plan:
    with uncollected():
        return decide(snapshot, policy, ports.solve)


def _packed(ports: Ports, policy: Policy, snapshot: Snapshot, plan: Plan) -> Outbox:
    filler = Filler(ports.gatherer.reading().shapes, plan.taken_at, policy.timezone or snapshot.org_timezone)
    destinations = Destinations(ports.org, ports.store, ports.clock, policy)
    return Packer(ports.org, ports.store, destinations, filler, snapshot, plan).pack()


@dataclass(frozen=True, slots=True)
class _Hands:
    """What changes hands besides the line: `letters` to places named beforehand, and what was found out on the way."""

    passed: Passed
    picker: Picker
    letters: tuple[Letter, ...]
    not_read: tuple[str, ...]


def _hands(
    ports: Ports, policy: Policy, snapshot: Snapshot, begun: _Begun, *, dry_run: bool = False
) -> tuple[Snapshot, _Hands]:
    """What nobody touched in time stands in one line with what waits; what was taken by hand may go back. Whom any of
    them prefers is looked up."""
    snapshot, routed = left_to_omni(ports.org, ports.store, snapshot)
    stand_still(ports.store, policy, snapshot, begun.at, ports.poll)
    looking = NeglectPass(ports.org, ports.store, ports.clock, ports.gatherer, policy, snapshot)
    passed = looking.run(ports.neglect_poll, dry_run=dry_run)
    snapshot = with_away(snapshot, passed.away)
    picker = Picker(ports.org, ports.store, policy, snapshot)
    taken = {item.id for item in passed.items} | {letter.assign.item.id for letter in passed.letters}
    unread = ports.gatherer.unread
    back = ((letter, letter.assign.item) for letter in picker.look())
    returned = (letter for letter, item in back if item.id not in taken and item.object not in unread)
    snapshot = replace(snapshot, items=(*snapshot.items, *passed.items))
    intake = ports.gatherer.reading().intake
    snapshot, refused = with_preferences(ports.org, ports.store, policy, intake, snapshot)
    return snapshot, _Hands(passed, picker, (*passed.letters, *returned), (*routed, *refused))


def _with_hands(report: CycleReport, hands: _Hands) -> CycleReport:
    passed, picker = hands.passed, hands.picker
    return replace(
        report,
        reminded=tuple(passed.reminded),
        neglected=tuple(passed.reported),
        cherry_picked=picker.lines(),
        warnings=(*report.warnings, *hands.not_read, *passed.warnings),
        notices=(*report.notices, *passed.notices, *picker.notices),
    )


@dataclass(frozen=True, slots=True)
class _Begun:
    number: int
    at: dt.datetime
    calls: int


def _begin(ports: Ports) -> _Begun:
    now = ports.clock.now()
    return _Begun(ports.store.begin_cycle(now), now, ports.org.calls)


def _end(ports: Ports, report: CycleReport, begun: _Begun) -> CycleReport:
    now = ports.clock.now()
    report = replace(report, seconds=(now - begun.at).total_seconds(), api_calls=ports.org.calls - begun.calls)
    ports.store.end_cycle(begun.number, now, json.dumps(report.as_json()))
    return report


def present_snapshot(store: Store, policy: Policy, now: dt.datetime, presence_max_age: dt.timedelta) -> Snapshot:
    """The store as it stands, as the core looks at it; nothing is read from the org."""
    kept = store.fact("org")
    timezone = json.loads(kept)["timezone"] if kept else "UTC"
    snapshot = store.snapshot(now, windows_of(policy, now, timezone))
    return with_org_records(replace(snapshot, org_timezone=timezone, presence_max_age=presence_max_age))


def _look(ports: Ports, policy: Policy) -> tuple[Gathered, Snapshot]:
    gathered = ports.gatherer.gather()
    snapshot = _snapshot(ports, policy, gathered)
    if ports.waits_for_fresh and any(item.blocked == TOO_FRESH for item in snapshot.items):
        ports.clock.sleep(FRESH_SECONDS)
        gathered = ports.gatherer.gather()
        snapshot = _snapshot(ports, policy, gathered)
    known = all(part != "users" for part, _ in gathered.unreadable)
    unknown = unknown_users(policy, snapshot.members) if known else ()
    return replace(gathered, troubles=troubles(policy, snapshot.records, gathered.at), unknown=unknown), snapshot


def _snapshot(ports: Ports, policy: Policy, gathered: Gathered) -> Snapshot:
    snapshot = present_snapshot(ports.store, policy, gathered.at, ports.presence_max_age)
    return replace(snapshot, items=tuple(_unless_unread(item, gathered) for item in snapshot.items))


def _unless_unread(item: WorkItem, gathered: Gathered) -> WorkItem:
    if item.object in gathered.unread:
        return replace(item, blocked=f"{item.object} cannot be read ({gathered.unread[item.object].code})")
    return _unless_fresh(item, gathered.at)


def _unless_fresh(item: WorkItem, read_at: dt.datetime) -> WorkItem:
    """The guard of a write knows only whole seconds: an item read within the second of its change is left alone.
    Every reading reaches back far enough to have seen such an item again, so `read_at` is when it was read."""
    if item.blocked is not None or settled_second(_guard(item), read_at):
        return item
    return replace(item, blocked=TOO_FRESH)


def _guard(item: WorkItem) -> dt.datetime:
    return item.guard_at or item.created_at


def _assigns(plan: Plan) -> tuple[Assign, ...]:
    return tuple(decision for decision in plan.decisions if isinstance(decision, Assign))


def _over(outbox: Outbox, delivery: Delivery) -> list[NoteKept]:
    """Notes of reviews with nothing left to take back, or taken back together with a new owner."""
    landed = {line.id for line in delivery.assigned} | {line.id for line in delivery.overflowed}
    landed -= delivery.without_values
    return [*outbox.over, *(note for item, note in outbox.taken_back.items() if item in landed)]
