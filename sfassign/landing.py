"""Owner changes as the report of a cycle shows them: those that landed, and those a dry run would make."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sfassign.answers import Read
from sfassign.core.decision import Assign
from sfassign.core.journal import OVERFLOW, Entry, Event
from sfassign.core.model import Why
from sfassign.outcome import Assigned, Failed, LostRace, Overflowed, Reassigned, RefusedValue


@dataclass
class Delivery:
    """What the writes of one cycle came to, in the order of the line."""

    assigned: list[Assigned] = field(default_factory=list)
    reassigned: list[Reassigned] = field(default_factory=list)
    lost: list[LostRace] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    overflowed: list[Overflowed] = field(default_factory=list)
    refused: list[RefusedValue] = field(default_factory=list)
    without_values: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    landed: list[Entry] = field(default_factory=list)

    def report(self, entry: Entry, read: Read, why: str, put_away: RefusedValue | None) -> None:
        """`put_away` are the values that the owner went without, `why` the sentence of the decision."""
        self.warnings += [read.warning] if read.warning is not None else []
        if read.settlement.event is Event.LANDED:
            self._landed(entry, why, put_away)
        elif read.failed is not None:
            code, message, retry = read.failed
            self.failed.append(Failed(entry.object, entry.item, entry.owner, code, message, retry))
        elif read.settlement.event in {Event.OTHER_OWNER, Event.GONE}:
            lost = read.lost or "somebody else took it first"
            self.lost.append(LostRace(entry.object, entry.item, read.settlement.owner_now, lost))

    def _landed(self, entry: Entry, why: str, put_away: RefusedValue | None) -> None:
        """The record has the owner we gave it."""
        self.landed.append(entry)
        if put_away is not None:
            self.refused.append(put_away)
            self.without_values.add(entry.item)
        if entry.method == OVERFLOW:
            self.overflowed.append(overflowed(entry, why))
        elif entry.why is not None:
            self.reassigned.append(reassigned(entry, entry.why, why))
        else:
            self.assigned.append(assigned(entry, why))


def overflowed(entry: Entry, why: str) -> Overflowed:
    return Overflowed(
        object=entry.object,
        id=entry.item,
        group=entry.group,
        owner=entry.owner,
        owner_username=entry.owner_username,
        decision=entry.id,
        why=why,
    )


def reassigned(entry: Entry, cause: Why, why: str) -> Reassigned:
    return Reassigned(
        object=entry.object,
        id=entry.item,
        owner_before=entry.seen_owner,
        owner=entry.owner,
        owner_username=entry.owner_username,
        group=entry.group,
        why=cause.value,
        decision=entry.id,
        sentence=why,
    )


def assigned(entry: Entry, why: str) -> Assigned:
    return Assigned(
        object=entry.object,
        id=entry.item,
        owner=entry.owner,
        owner_username=entry.owner_username,
        group=entry.group,
        method=entry.method,
        score=entry.score,
        tier=entry.tier,
        points=entry.points,
        decision=entry.id,
        why=why,
    )


def would_assign(entry: Entry, assign: Assign) -> Assigned:
    """A dry run that decides the same again keeps its first entry: the score is that of now."""
    again = assigned(entry, assign.sentence)
    return replace(again, score=assign.score.total, tier=assign.score.tier, points=assign.points)
