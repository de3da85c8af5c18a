"""Sticky preference: to whom an item goes before any rank, and how long it waits for them. The engine asks.

1. The kinds of `prefer` in order: the first whose user is a member of the group and passes every gate for the item
   gets it, whatever the method. A preferred user who is no member never gets it, and nothing waits for them.
2. Where none of them passes, the item waits for those whom waiting can help (no lasting rejection) until
   `prefer_wait` after the present spell of waiting began, however free the others are; no overflow meanwhile.
3. An assignment by preference is like any other to turn, caps, ramp, quota and load. Weighted round robin moves its
   credit as if the rank had chosen them: everybody who passed gains their weight, the preferred one pays the sum. So
   the shares even out over time.
4. In a group by `optimal` the preferred items are decided first, in line order; the plan is made for the rest.

Whom the org names is looked up by the shell (`sfassign.preferences`), once for each item; until then the item is held.
Policy.md, "What a cycle decides" 3 and Matching.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from sfassign.core.decision import PHRASES
from sfassign.core.floor import Seat
from sfassign.core.gates import Case, rejection
from sfassign.core.model import Preferred, WorkItem
from sfassign.core.policy import Group
from sfassign.core.roster import Roster

ACCOUNT_OWNER = "account_owner"
PREVIOUS_OWNER = "previous_owner"
SAME_EMAIL = "same_email"
KINDS = (ACCOUNT_OWNER, PREVIOUS_OWNER, SAME_EMAIL)
BY_HAND = "by_hand"
"""Not of `prefer`: somebody asked for this user, and for nobody else."""

CALLED: Mapping[str, str] = MappingProxyType(
    {
        ACCOUNT_OWNER: "its account owner",
        PREVIOUS_OWNER: "its previous owner",
        SAME_EMAIL: "the owner of its e-mail's latest record",
    }
)

_FIELDS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        (ACCOUNT_OWNER, "Lead"): ("Company",),
        (SAME_EMAIL, "Case"): ("SuppliedEmail", "ContactEmail"),
    }
)
_USUAL_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {ACCOUNT_OWNER: ("AccountId",), PREVIOUS_OWNER: (), SAME_EMAIL: ("Email",)}
)

Preferences = tuple[tuple[Seat, str], ...]
"""The preferred members of a group for one item, the first choice first, each with the kind that names them."""


def fields_of(kind: str, object_name: str) -> tuple[str, ...]:
    """The fields of the item that say whom to look for; the first that is filled counts."""
    return _FIELDS.get((kind, object_name), _USUAL_FIELDS[kind])


def about(item: WorkItem, kind: str) -> str | None:
    """What the look-up goes by: an Account's Id, a Company, an e-mail address, or the owner whose predecessor is
    meant. None: there is nothing to look for."""
    if kind == PREVIOUS_OWNER:
        return item.owner
    found = (str(item.values.get(name.lower()) or "").strip() for name in fields_of(kind, item.object))
    return next((text for text in found if text), None)


def history_of(object_name: str) -> tuple[str, str]:
    """The org's table of an object's history, and its reference to the record (Object Reference, History objects)."""
    if object_name.endswith("__c"):
        return f"{object_name.removesuffix('__c')}__History", "ParentId"
    special = "OpportunityFieldHistory" if object_name == "Opportunity" else f"{object_name}History"
    return special, f"{object_name}Id"


def to_look_up(item: WorkItem, kinds: Sequence[str]) -> tuple[str, ...]:
    """Of these kinds the ones whose user is not known, or known by a value that the item no longer has."""
    return tuple(kind for kind in kinds if (by := about(item, kind)) is not None and not _is_known(item, kind, by))


def _is_known(item: WorkItem, kind: str, by: str) -> bool:
    known = item.preferred.get(kind)
    return known is not None and known.about == by


def as_if_known(item: WorkItem, kinds: Sequence[str]) -> WorkItem:
    """The item with nobody where the look-up is still to come."""
    nobody = {kind: Preferred(about(item, kind) or "", None) for kind in to_look_up(item, kinds)}
    return replace(item, preferred={**item.preferred, **nobody}) if nobody else item


def kinds_of(item: WorkItem, group: Group) -> tuple[str, ...]:
    """The kinds that count for the item: one that changes hands is not to go back to who had it, and one that somebody
    is to have by name prefers nobody."""
    if item.again is None:
        return group.prefer
    return tuple(kind for kind in group.prefer if kind != PREVIOUS_OWNER and item.again.to is None)


def held_for_look_up(item: WorkItem, group: Group) -> str | None:
    """Why the item waits one more cycle."""
    kinds = to_look_up(item, kinds_of(item, group)) if group.prefer else ()
    return f"whom it prefers is still to be looked up ({', '.join(kinds)})" if kinds else None


def preferences(item: WorkItem, roster: Roster) -> Preferences:
    """The preferred members of this group, each once."""
    found: dict[str, tuple[Seat, str]] = {}
    for kind in kinds_of(item, roster.group):
        known = item.preferred.get(kind)
        seat = None if known is None or known.user is None else roster.seat_of.get(known.user)
        if seat is not None:
            found.setdefault(seat.worker.member.id, (seat, kind))
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Wait:
    """An item waits for these users, at most until then; `why` names them, their gates and the end."""

    users: tuple[str, ...]
    until: dt.datetime
    why: str


def wait_for(item: WorkItem, group: Group, preferred: Preferences, case: Case) -> Wait | None:
    """The wait for preferred members of whom none passes; None where it is over or cannot help."""
    until = item.waiting_since + group.prefer_wait
    if item.again is not None or case.around.now >= until:
        return None
    found = [(seat.worker.member, kind, rejection(seat, case)) for seat, kind in preferred]
    told = [
        (member.id, f"{CALLED[kind]} {member.username} ({PHRASES[stopped.gate]}: {stopped.detail})")
        for member, kind, stopped in found
        if stopped is not None and not stopped.lasting
    ]
    if not told:
        return None
    words = " or ".join(text for _, text in told)
    return Wait(tuple(user for user, _ in told), until, f"waits until {case.around.clock(until)} for {words}")
