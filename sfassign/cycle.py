"""One cycle: what earlier writes came to, what changed in the org, who gets what, and the writing of it.

`run_cycle` is the whole product in one function; the daemon, `once` and `demo` call it. `preview` is the same code,
stopped before the journal.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from sfassign.core.engine import decide
from sfassign.core.limits import windows_of
from sfassign.core.model import Assign, Hold, Plan, Review, Snapshot, WorkItem
from sfassign.core.policy import Policy
from sfassign.core.standing import troubles, with_org_records
from sfassign.deliver import Courier, Delivery, settled_second
from sfassign.gather import Gathered, Gatherer
from sfassign.outcome import Assigned, CycleReport, InReview, Waiting
from sfassign.ports import Clock, Org, Store
from sfassign.rights import told, warned

FRESH_SECONDS = 2.0
"""After that long the second of any change is over, also by an org's clock that is known to the second only."""
TOO_FRESH = "it was changed less than a second before it was read; the next cycle takes it"


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Ports:
    """What a cycle works with. `presence_max_age`: older presence is unknown, and no write goes out on older news.

    `waits_for_fresh`: there is no next cycle soon, so an item changed within the last second is read again here.
    """

    org: Org
    store: Store
    clock: Clock
    gatherer: Gatherer
    presence_max_age: dt.timedelta
    stopping: Callable[[], bool] = _never
    waits_for_fresh: bool = False


def run_cycle(ports: Ports, policy: Policy) -> CycleReport:
    """Settle, gather, decide, journal and write. Raises OrgError when the org cannot be read, or refuses everything;
    whatever was sent by then is settled by the next cycle."""
    begun = _begin(ports)
    courier = Courier(ports.org, ports.store, ports.clock, ports.gatherer, stopping=ports.stopping)
    courier.settle()
    gathered, snapshot = _look(ports, policy)
    plan = decide(snapshot, policy)
    ports.store.note([decision for decision in plan.decisions if not isinstance(decision, Assign)], plan.taken_at)
    courier.deliver(_assigns(plan), plan, until=ports.clock.now() + ports.presence_max_age)
    return _end(ports, _delivered(_report(begun, gathered, plan), courier.delivery), begun)


def preview(ports: Ports, policy: Policy) -> CycleReport:
    """The dry run: gather and decide, keep the decisions marked as such, never write to the org."""
    begun = _begin(ports)
    gathered, snapshot = _look(ports, policy)
    plan = decide(snapshot, policy)
    assigns = _assigns(plan)
    entries = ports.store.plan(assigns, plan, {a.item.id: _guard(a.item) for a in assigns}, dry_run=True)
    would = tuple(_would(entry.id, assign) for entry, assign in zip(entries, assigns, strict=True))
    return _end(ports, replace(_report(begun, gathered, plan), assigned=would, dry_run=True), begun)


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
    return replace(gathered, troubles=troubles(policy, snapshot.records, gathered.at)), snapshot


def _snapshot(ports: Ports, policy: Policy, gathered: Gathered) -> Snapshot:
    snapshot = present_snapshot(ports.store, policy, gathered.at, ports.presence_max_age)
    return replace(snapshot, items=tuple(_unless_fresh(item, gathered.at) for item in snapshot.items))


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


def _report(begun: _Begun, gathered: Gathered, plan: Plan) -> CycleReport:
    return CycleReport(
        cycle=begun.number,
        started_at=begun.at,
        waiting=tuple(_waiting(decision) for decision in plan.decisions if isinstance(decision, Hold)),
        review=tuple(_review(decision) for decision in plan.decisions if isinstance(decision, Review)),
        unreadable=(*(told(part, what) for part, what in gathered.unreadable), *gathered.troubles),
        warnings=tuple(warned(part, what) for part, what in gathered.warnings),
    )


def _delivered(report: CycleReport, delivery: Delivery) -> CycleReport:
    return replace(
        report, assigned=tuple(delivery.assigned), lost_race=tuple(delivery.lost), failed=tuple(delivery.failed)
    )


def _waiting(hold: Hold) -> Waiting:
    tally = hold.diagnosis.tally if hold.diagnosis else {}
    reasons = {gate.value: count for gate, count in tally.items() if count}
    item = hold.item
    return Waiting(item.object, item.id, hold.group, item.waiting_since, reasons, hold.why)


def _review(review: Review) -> InReview:
    return InReview(review.item.object, review.item.id, review.reason)


def _would(entry: int, assign: Assign) -> Assigned:
    return Assigned(
        object=assign.item.object,
        id=assign.item.id,
        owner=assign.to.id,
        owner_username=assign.to.username,
        group=assign.group,
        method=assign.method,
        score=assign.score.total,
        tier=assign.score.tier,
        points=assign.points,
        decision=entry,
        why=assign.sentence,
    )
