"""What would have to change for one person to get one item: `explain --why-not` asks.

Of an item that waits it is worked out over the snapshot (`NOW`), with the engine's own gates and rank keys: every
gate that fails, not only the first. Of an item that was given away it is told from what was kept with the decision
(`THEN`): the first gate that failed, or the rank keys.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from sfassign.core.changes import Asked, Obstacle, Times, obstacles, to_the_minute
from sfassign.core.decision import Assign, Decision, Gate, Hold, Rejection, Review, Verdict
from sfassign.core.engine import decide
from sfassign.core.explanation import Telling
from sfassign.core.floor import Seat
from sfassign.core.kept_changes import kept_change
from sfassign.core.model import FieldValue, Snapshot
from sfassign.core.outranked import measure_of, outranked
from sfassign.core.policy import Policy
from sfassign.core.preference import KINDS, as_if_known

NOW = "now"
THEN = "then"

THEIRS = "theirs"
STOPPED = "stopped"
OUTRANKED = "outranked"
NO_MEMBER = "no_member"
NOT_TAKEN = "not_taken"
NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The answer. `basis` is NOW or THEN, `at` the instant it holds for.

    `outcome`: `theirs` (they get it, or got it), `stopped` (by every one of `obstacles`), `outranked` (by `winner`;
    `figures` sets the keys side by side, `change` is the smallest difference), `no_member` of the group, `not_taken`
    (no enabled group takes the item), `not_asked` (it was sent to a place named beforehand, `figures` says which).
    """

    username: str
    group: str | None
    basis: str
    at: dt.datetime
    outcome: str
    obstacles: tuple[Obstacle, ...] = ()
    rank: int | None = None
    key: Mapping[str, FieldValue] = field(default_factory=lambda: MappingProxyType({}))
    winner: str | None = None
    figures: str = ""
    change: str = ""

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {name: getattr(self, name) for name in ("username", "group", "basis", "outcome")}
        said["at"] = self.at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        said["obstacles"] = [{"gate": one.gate, "detail": one.detail, "change": one.change} for one in self.obstacles]
        told = {name: getattr(self, name) or None for name in ("rank", "winner", "figures", "change")}
        return said | told | {"key": dict(self.key) or None}


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision as it was kept: what became of every member, the owner it chose (an Id), and its sentence."""

    at: dt.datetime
    group: str
    owner: str
    method: str
    sentence: str
    verdicts: tuple[Verdict, ...]


def kept_verdict(told: Mapping[str, Any]) -> Verdict:
    """One member of `explain --json` as a value again."""
    gate = told.get("gate")
    rejection = None if gate is None else Rejection(Gate(gate), str(told.get("detail") or ""))
    return Verdict(told["user"], told["username"], rejection, told.get("rank"), told.get("key") or {})


def why_not_now(snapshot: Snapshot, policy: Policy, item: str, named: str, times: Times = ()) -> WhyNot | None:
    """Of an item of the snapshot. `named` is a Username in any capitals or an Id; None where nobody of that name is
    known. `times` are the person's settled assignments within the longest sliding window."""
    decision = _decision_on(decide(snapshot, policy).decisions, item)
    if decision is None:
        username = _username(snapshot, named)
        return None if username is None else WhyNot(username, None, NOW, snapshot.taken_at, NOT_TAKEN)
    aside = _aside(snapshot, decision)
    if aside is None:
        return _answer(snapshot, decision, named, times)
    lifted = _lifted(snapshot, item)
    alone = _decision_on(decide(lifted, _patient(policy)).decisions, item)
    found = None if alone is None else _answer(lifted, alone, named, times)
    if found is None or found.outcome == NO_MEMBER:
        return found
    return replace(found, outcome=STOPPED, obstacles=(aside, *found.obstacles))


def why_not_then(kept: Kept, named: str) -> WhyNot | None:
    """Of an item that was given away; None where nobody of that name was a member then."""
    own = _named(kept.verdicts, named)
    if own is None:
        return None
    said = WhyNot(own.username, kept.group, THEN, kept.at, THEIRS, rank=own.rank, key=own.key)
    if own.rejection is not None:
        return replace(said, outcome=STOPPED, obstacles=(_kept_obstacle(own.rejection),))
    winner = next((one for one in kept.verdicts if one.user == kept.owner), None)
    if winner is None or winner.user == own.user:
        return said
    return _outranked(said, kept.method, measure_of(kept.sentence), own, winner)


def _answer(snapshot: Snapshot, decision: Decision, named: str, times: Times) -> WhyNot | None:
    """One that the members were looked at for."""
    if isinstance(decision, Review) or decision.diagnosis is None:
        raise LookupError(f"{decision.item.id} was never brought before its group")
    own = _named(decision.diagnosis.verdicts(), named)
    if own is None:
        username = _username(snapshot, named)
        return None if username is None else WhyNot(username, decision.group, NOW, snapshot.taken_at, NO_MEMBER)
    said = WhyNot(own.username, decision.group, NOW, snapshot.taken_at, THEIRS, rank=own.rank, key=own.key)
    kept_for_another = _kept_for_another(decision, own)
    if own.rejection is not None:
        stopped = _obstacles(decision, own, own.rejection, times)
        return replace(said, outcome=STOPPED, obstacles=(*stopped, *kept_for_another))
    if isinstance(decision, Hold):
        waits = kept_for_another or (Obstacle("held", decision.why, "this no longer being so"),)
        return replace(said, outcome=STOPPED, obstacles=waits)
    winner = next(one for one in decision.diagnosis.verdicts() if one.user == decision.to.id)
    if winner.user == own.user:
        return said
    return _outranked(said, decision.method, _measure(decision), own, winner)


def _kept_for_another(decision: Assign | Hold, own: Verdict) -> tuple[Obstacle, ...]:
    """The item waits for somebody it prefers."""
    telling = decision.diagnosis.tell if decision.diagnosis is not None else None
    if not isinstance(decision, Hold) or decision.waits_until is None or own.user in decision.waits_for:
        return ()
    over = "it waiting no longer"
    if isinstance(telling, Telling):
        over = f"from {telling.around.clock(to_the_minute(decision.waits_until))}, when it waits no longer"
    return (Obstacle("held", decision.why, over),)


def _obstacles(decision: Assign | Hold, own: Verdict, first: Rejection, times: Times) -> tuple[Obstacle, ...]:
    """Every gate that fails; where the decision cannot show its floor, the first one as it was told."""
    telling = decision.diagnosis.tell if decision.diagnosis is not None else None
    seat = _seat(telling, own) if isinstance(telling, Telling) else None
    if not isinstance(telling, Telling) or seat is None:
        return (_kept_obstacle(first),)
    return obstacles(Asked(seat, telling.case(), decision.item.waiting_since, times)) or (_kept_obstacle(first),)


def _seat(telling: Telling, own: Verdict) -> Seat | None:
    seats = telling.view.roster.seats
    return next((seat for seat in seats if seat.worker.member.username == own.username), None)


def _measure(decision: Assign) -> str:
    telling = decision.diagnosis.tell
    if isinstance(telling, Telling):
        return telling.view.roster.measure.value
    return measure_of(decision.sentence)


def _outranked(said: WhyNot, method: str, measure: str, own: Verdict, winner: Verdict) -> WhyNot:
    figures, change = outranked(method, measure, own, winner)
    return replace(said, outcome=OUTRANKED, winner=winner.username, figures=figures, change=change)


def _kept_obstacle(rejection: Rejection) -> Obstacle:
    change = kept_change(rejection.gate, rejection.detail)
    return Obstacle(rejection.gate.value, rejection.detail, change)


# an item that is left alone for a reason of its own


def _aside(snapshot: Snapshot, decision: Decision) -> Obstacle | None:
    """Why the item was never brought before its group, as something in everybody's way."""
    if isinstance(decision, Review):
        return Obstacle("review", decision.reason, "the review rule no longer holding")
    if decision.diagnosis is not None:
        return None
    return Obstacle("held", decision.why if isinstance(decision, Hold) else "", _release(snapshot, decision))


def _release(snapshot: Snapshot, decision: Decision) -> str:
    now = snapshot.taken_at
    pauses = (
        (snapshot.paused_all, "--all"),
        (snapshot.paused_groups.get(decision.group), f"--group '{decision.group}'"),
    )
    for pause, option in pauses:
        if pause is not None and (pause.until is None or pause.until > now):
            return f"'sfassign resume {option}'"
    return "this no longer being so"


def _lifted(snapshot: Snapshot, item: str) -> Snapshot:
    """The item alone, with nothing of its own in its way."""
    items = tuple(as_if_known(replace(one, blocked=None), KINDS) for one in snapshot.items if one.id == item)
    flying = tuple(flight for flight in snapshot.in_flight if flight.item != item)
    return replace(snapshot, items=items, in_flight=flying, paused_all=None, paused_groups=MappingProxyType({}))


def _patient(policy: Policy) -> Policy:
    """The policy without what keeps an item from its group for a while."""
    groups = tuple(replace(group, hold=dt.timedelta(0)) for group in policy.groups)
    objects = {name: replace(work, review=()) for name, work in policy.objects.items()}
    return replace(policy, groups=groups, objects=MappingProxyType(objects))


# finding people and items


def _decision_on(decisions: Sequence[Decision], item: str) -> Decision | None:
    return next((decision for decision in decisions if decision.item.id == item), None)


def _named(verdicts: Iterable[Verdict], named: str) -> Verdict | None:
    return next((one for one in verdicts if _is(named, one.user, one.username)), None)


def _username(snapshot: Snapshot, named: str) -> str | None:
    return next((one.username for one in snapshot.members if _is(named, one.id, one.username)), None)


def _is(named: str, user: str, username: str) -> bool:
    """An Id is also known by its first 15 characters."""
    return named.lower() == username.lower() or (named != "" and named in (user, user[:15]))
