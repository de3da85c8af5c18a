"""Questions about one item that are answered from the daemon's memory alone: why not this person, why not otherwise.

Called by `sfassign explain --why-not` and `--policy`. Nothing is read from the org and nothing is written.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sfassign.core.counterfactual import (
    NO_MEMBER,
    NOT_ASKED,
    THEN,
    Kept,
    WhyNot,
    kept_verdict,
    why_not_now,
    why_not_then,
)
from sfassign.core.decision import Assign, Decision, Review
from sfassign.core.engine import decide
from sfassign.core.intake import Intake
from sfassign.core.limits import windows_of
from sfassign.core.model import Record, Snapshot, WorkItem
from sfassign.core.performance import basis_of
from sfassign.core.policy import Policy, WorkObject
from sfassign.core.preference import to_look_up
from sfassign.cycle import present_snapshot
from sfassign.errors import WrongUsage
from sfassign.known_users import unknown_user
from sfassign.policy import needed_fields
from sfassign.reading import CLOSED
from sfassign.storage import Explanation, SqlStore, Views
from sfassign.storage.explanations import score_json, told
from sfassign.uncollected import uncollected

FIXED = {"id", "ownerid", "owner.name", "createddate", "lastmodifieddate", "lastmodifiedbyid", "systemmodstamp"}
FIXED_OF_USERS = {"id", "username", "name", "isactive", "timezonesidkey"}


@dataclass(frozen=True, slots=True)
class Present:
    """The memory as it stands, under one policy; the snapshot holds what the daemon last read."""

    store: SqlStore
    policy: Policy
    now: dt.datetime
    presence_max_age: dt.timedelta

    def snapshot(self) -> Snapshot:
        return present_snapshot(self.store, self.policy, self.now, self.presence_max_age)


def why_not(present: Present, found: Explanation, named: str) -> WhyNot:
    """Of an item that waits: over the present snapshot; otherwise from what was kept. Raises WrongUsage where nobody
    is known by that name, or nothing was kept of the item."""
    entry = found.entry
    if found.state in ("waiting", "review"):
        answer = why_not_waiting(present, present.snapshot(), present.policy, found.id, named)
    elif entry is not None:
        verdicts = tuple(kept_verdict(member) for member in found.members)
        sentence = found.sentence or ""
        kept = Kept(entry.decided_at, entry.group, entry.owner, entry.method, sentence, verdicts)
        answer = why_not_then(kept, named) or _no_member(present, kept, named)
    else:
        raise WrongUsage(f"nothing is known of {found.id}: it never waited in a group's source")
    return known(answer, present.store, named)


def why_not_waiting(present: Present, snapshot: Snapshot, policy: Policy, item: str, named: str) -> WhyNot | None:
    """With the person's own assignments within the policy's sliding windows, which say when those free them."""
    user = present.store.find_user(named)
    windows = windows_of(policy, snapshot.taken_at, snapshot.org_timezone)
    sliding = [window.since for window in windows if window.after]
    times = Views(present.store).given_times(user.id, min(sliding)) if user is not None and sliding else ()
    with uncollected():
        return why_not_now(snapshot, policy, item, named, times)


def _no_member(present: Present, kept: Kept, named: str) -> WhyNot | None:
    user = present.store.find_user(named)
    if user is None:
        return None
    if not kept.verdicts:
        return WhyNot(user.username, kept.group, THEN, kept.at, NOT_ASKED, figures=kept.sentence)
    return WhyNot(user.username, kept.group, THEN, kept.at, NO_MEMBER)


def known(answer: WhyNot | None, store: SqlStore, named: str) -> WhyNot:
    """The answer. Raises WrongUsage where there is none: nobody is known by that name."""
    if answer is None:
        raise unknown_user(store, named)
    return answer


# under another policy


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What another policy decides of one item over the same memory. `policy` is its hash; `decision` None:
    no enabled group of it takes the item. `caveats` say where the memory was filled for the present policy."""

    item: str
    object: str
    policy: str
    decision: Decision | None
    caveats: tuple[str, ...]
    snapshot: Snapshot


def decide_otherwise(present: Present, other: Policy, found: Explanation) -> Otherwise:
    """Decide everything that waits by the other policy, and pick this item out. Raises WrongUsage where the item no
    longer waits (its fields are forgotten then), or naming everything the other policy needs and the memory lacks."""
    snapshot = Present(present.store, other, present.now, present.presence_max_age).snapshot()
    snapshot = _as_if_undecided(snapshot, found.id)
    item = next((one for one in snapshot.items if one.id == found.id), None)
    if item is None:
        raise WrongUsage(
            f"{found.id} does not wait: the fields of an item are kept only as long as it waits, so it cannot be"
            " decided again"
        )
    lacking = sorted([*_lacking(snapshot, present.policy, other), *_not_looked_up(item, other, snapshot)])
    if lacking:
        raise WrongUsage(
            "this policy cannot be answered from what the daemon has read; it also needs " + ", ".join(lacking)
        )
    with uncollected():
        decisions = decide(snapshot, other).decisions
    decision = next((one for one in decisions if one.item.id == item.id), None)
    return Otherwise(item.id, item.object, other.hash, decision, tuple(_caveats(present.policy, other)), snapshot)


def _as_if_undecided(snapshot: Snapshot, item: str) -> Snapshot:
    """An owner change of the item that is on its way does not count: it is the last decision that is asked about."""
    flying = tuple(flight for flight in snapshot.in_flight if flight.item != item)
    if len(flying) == len(snapshot.in_flight):
        return snapshot
    items = tuple(replace(one, blocked=None) if one.id == item else one for one in snapshot.items)
    return replace(snapshot, in_flight=flying, items=items)


def _lacking(snapshot: Snapshot, present: Policy, other: Policy) -> Iterator[str]:
    """What the other policy reads, and neither the present one names nor any kept record holds."""
    needed, named = needed_fields(other), needed_fields(present)
    for name, fields in needed.objects.items():
        if name not in present.objects:
            yield f"the object {name}"
            continue
        held = _keys(item.values for item in snapshot.items if item.object == name)
        has = held | FIXED | {field.lower() for field in named.objects.get(name, ())} | {CLOSED.get(name, "").lower()}
        yield from (f"{name}.{field}" for field in fields if field.lower() not in has)
    held = _keys(member.values for member in snapshot.members) | {field.lower() for field in named.user}
    yield from (f"User.{field}" for field in needed.user if field.lower() not in held | FIXED_OF_USERS)
    if _by_milestone(other) and not _by_milestone(present):
        yield "the open milestones of Cases"
    counted = {basis for group in present.enabled_groups if (basis := basis_of(present.objects[group.object], group))}
    for group in other.enabled_groups:
        basis = basis_of(other.objects[group.object], group)
        if basis is not None and basis not in counted:
            yield f"won and closed records ({basis})"
        if group.available.logged_in is not None and "logged_in" not in snapshot.presence_at:
            yield "login sessions"
        if group.available.omni is not None and "omni" not in snapshot.presence_at:
            yield "Omni-Channel presence"
        pool = group.members.queue or group.members.public_group
        if pool is not None and group.name not in snapshot.pools:
            yield f"the members of '{pool}'"


def _not_looked_up(item: WorkItem, other: Policy, snapshot: Snapshot) -> Iterator[str]:
    """Whom the item prefers by the other policy, where that was never asked."""
    home = Intake(other, snapshot.org_timezone).of(item.object, item.values, snapshot.taken_at).group
    group = next((one for one in other.enabled_groups if one.name == home), None)
    if group is not None and (kinds := to_look_up(item, group.prefer)):
        yield f"whom it prefers ({', '.join(kinds)})"


def _by_milestone(policy: Policy) -> bool:
    return any(work.score.deadline is not None and work.score.deadline.by_milestone for work in policy.objects.values())


def _keys(records: Iterable[Record]) -> set[str]:
    return {key for values in records for key in values}


def _caveats(present: Policy, other: Policy) -> Iterator[str]:
    """Where the answer may differ from what a running daemon would decide by the other policy."""
    before = {group.name: group for group in present.groups}
    names = [group.name for group in other.enabled_groups if group.name not in before]
    if names:
        yield f"new groups start without rotation, caps or credit: {', '.join(names)}"
    if any(group.members not in [one.members for one in present.groups] for group in other.enabled_groups):
        yield "only users whom the present policy reads are known; others who would be members are missing"
    if any(group.source not in [one.source for one in present.groups] for group in other.enabled_groups):
        yield "only items that the present policy's sources take stand in the line"
    counted = [name for name, work in other.objects.items() if _differs(present.objects.get(name), work)]
    if counted:
        yield f"the load of active work is as the present policy counts it: {', '.join(counted)}"


def _differs(before: WorkObject | None, work: WorkObject) -> bool:
    return before is None or (before.active, before.load) != (work.active, work.load)


def as_explanation(otherwise: Otherwise) -> Explanation:
    """The same values that `explain` shows of a decision that was made."""
    decision = otherwise.decision
    if decision is None:
        sentence = "no enabled group of this policy takes it"
        return Explanation(otherwise.object, otherwise.item, "unknown", sentence=sentence)
    if isinstance(decision, Review):
        return Explanation(otherwise.object, otherwise.item, "review", decision.group, sentence=decision.reason)
    return Explanation(
        object=otherwise.object,
        id=otherwise.item,
        state="assigned" if isinstance(decision, Assign) else "waiting",
        group=decision.group,
        score=json.loads(score_json(decision.score)),
        members=tuple(told(verdict) for verdict in decision.diagnosis.verdicts()) if decision.diagnosis else (),
        sentence=decision.sentence if isinstance(decision, Assign) else decision.why,
    )
