"""The report of a cycle, put together from what was found, decided and written. Used by `cycle`."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TypeGuard

from sfassign.children import Mover
from sfassign.core.decision import Decision, Hold, Plan, Review
from sfassign.core.journal import OVERFLOW
from sfassign.deliver import Courier
from sfassign.dispatch import Outbox
from sfassign.gather import Gathered
from sfassign.landing import Delivery
from sfassign.outcome import CycleReport, InReview, Overflowed, Waiting, one_per_group
from sfassign.rights import told, warned


def begun_report(number: int, at: dt.datetime, gathered: Gathered, plan: Plan) -> CycleReport:
    """What was found and decided, before anything is written."""
    return CycleReport(
        cycle=number,
        started_at=at,
        waiting=tuple(_waiting(decision) for decision in plan.decisions if _waits(decision)),
        review=tuple(_review(decision) for decision in plan.decisions if isinstance(decision, Review)),
        unreadable=(*told(gathered.unreadable, gathered.unread), *gathered.troubles),
        warnings=gathered.unknown,
        notices=warned(gathered.warnings, gathered.unswept),
    )


def delivered(report: CycleReport, delivery: Delivery) -> CycleReport:
    return replace(
        report,
        assigned=tuple(delivery.assigned),
        reassigned=tuple(delivery.reassigned),
        lost_race=tuple(delivery.lost),
        failed=tuple(delivery.failed),
    )


def with_notes(report: CycleReport, outbox: Outbox, courier: Courier, mover: Mover) -> CycleReport:
    refused = (*outbox.refused, *courier.delivery.refused, *courier.notebook.refused)
    return replace(
        report,
        overflowed=(*outbox.moved, *courier.delivery.overflowed),
        refused_values=one_per_group(refused),
        fields_set=courier.notebook.written,
        children_moved=mover.moved,
        warnings=(
            *report.warnings,
            *outbox.warnings,
            *courier.delivery.warnings,
            *mover.warnings,
        ),
    )


def would_overflow(outbox: Outbox) -> tuple[Overflowed, ...]:
    sent_on = (letter.assign for letter in outbox.letters if letter.assign.method == OVERFLOW)
    owners = (
        Overflowed(
            object=assign.item.object,
            id=assign.item.id,
            group=assign.group,
            owner=assign.to.id,
            owner_username=assign.to.username or None,
            why=assign.sentence,
        )
        for assign in sent_on
    )
    return (*outbox.moved, *owners)


def _waiting(hold: Hold) -> Waiting:
    tally = hold.diagnosis.tally if hold.diagnosis else {}
    reasons = {gate.value: count for gate, count in tally.items() if count}
    item = hold.item
    return Waiting(item.object, item.id, hold.group, item.waiting_since, reasons, hold.why)


def _review(review: Review) -> InReview:
    return InReview(review.item.object, review.item.id, review.reason)


def _waits(decision: Decision) -> TypeGuard[Hold]:
    """An item that is to change hands and cannot is with its owner."""
    return isinstance(decision, Hold) and decision.item.again is None
