"""Whom waiting items prefer: looked up in the org once for each item, before the decision. The cycle asks.

1. What is asked: items that wait in groups with `prefer` and of which some kind is not known yet, or known by a value
   that the item no longer has; in line order, so many in a cycle. A cycle with nothing new asks nothing.
2. What is kept: every answer, with the item, until it leaves the line. Where owner history names nobody, the last user
   to whom we gave the item counts as its previous owner.
3. What was not come to this time is held by the engine for one more cycle. What the org refuses to say holds nothing:
   the item goes by rank, and the cycle warns.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from sfassign.core.intake import Intake, place_in_line
from sfassign.core.model import Preferred, Snapshot, WorkItem
from sfassign.core.onward import group_now
from sfassign.core.policy import Group, Policy
from sfassign.core.preference import ACCOUNT_OWNER, PREVIOUS_OWNER, SAME_EMAIL, about, history_of, kinds_of, to_look_up
from sfassign.ports import LookedUp, LookUp, Org, Store, Unreadable

MOST_ITEMS = 1_000
"""Items looked up in one cycle: some fifteen queries, three calls, for all three kinds."""
MOST_CHARACTERS = 100_000
"""Of what they are looked up by: long company names in another script take many times as much of a URL."""

WORDS: Mapping[str, str] = MappingProxyType(
    {
        ACCOUNT_OWNER: "account owners",
        PREVIOUS_OWNER: "previous owners",
        SAME_EMAIL: "owners of the same e-mail",
    }
)


def with_preferences(
    org: Org, store: Store, policy: Policy, intake: Intake, snapshot: Snapshot
) -> tuple[Snapshot, tuple[str, ...]]:
    """The snapshot with what was looked up, and a warning for everything the org refused. May raise an OrgError."""
    items = dict(_next_in_line(policy, intake, snapshot))
    if not items:
        return snapshot, ()
    asked = [
        LookUp(item.object, item.id, kind, about(item, kind) or "") for item, kinds in items.values() for kind in kinds
    ]
    answers = org.look_up(asked)
    found = _found(store, {item: one for item, (one, _) in items.items()}, asked, answers)
    store.keep_preferred(found)
    known = tuple(replace(one, preferred=found[one.id]) if one.id in found else one for one in snapshot.items)
    return replace(snapshot, items=known), tuple(_warning(*place, what) for place, what in answers.refused.items())


def _next_in_line(
    policy: Policy, intake: Intake, snapshot: Snapshot
) -> Iterator[tuple[str, tuple[WorkItem, tuple[str, ...]]]]:
    """The first items of the line of which something is to be looked up, as many as a cycle can take."""
    line = heapq.nsmallest(MOST_ITEMS, _to_come(policy, intake, snapshot), key=lambda one: one[0])
    left = MOST_CHARACTERS
    for _, item, kinds in line:
        yield item.id, (item, kinds)
        left -= sum(len(about(item, kind) or "") for kind in kinds)
        if left <= 0:
            return


def _to_come(
    policy: Policy, intake: Intake, snapshot: Snapshot
) -> Iterator[tuple[tuple[object, ...], WorkItem, tuple[str, ...]]]:
    """Waiting items that nothing else keeps, with their place in line."""
    groups = {group.name: group for group in policy.enabled_groups}
    by_object = _kinds_by_object(policy.enabled_groups)
    now = snapshot.taken_at
    for item in snapshot.items:
        if (
            item.blocked is not None
            or (item.owner == item.last_given and item.again is None)
            or not to_look_up(item, by_object.get(item.object, ()))
        ):
            continue
        home = intake.of(item.object, item.values, now).group if item.again is None else item.again.group
        if home not in groups:
            continue
        group = groups.get(group_now(item, home), groups[home])
        if kinds := to_look_up(item, kinds_of(item, group)):
            yield place_in_line(item, group, intake.score(item, now)), item, kinds


def _kinds_by_object(groups: Sequence[Group]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for group in groups:
        found[group.object] = tuple(dict.fromkeys((*found.get(group.object, ()), *group.prefer)))
    return found


def _found(
    store: Store, items: Mapping[str, WorkItem], asked: Sequence[LookUp], answers: LookedUp
) -> dict[str, dict[str, Preferred]]:
    """What is known now of every item that got an answer; what the org refused to say is known to be nobody."""
    settled = [
        one for one in asked if (one.item, one.kind) in answers.users or (one.object, one.kind) in answers.refused
    ]
    nameless = [
        one.item for one in settled if one.kind == PREVIOUS_OWNER and answers.users.get((one.item, one.kind)) is None
    ]
    ours = store.last_users(nameless) if nameless else {}
    found: dict[str, dict[str, Preferred]] = {}
    for one in settled:
        user = answers.users.get((one.item, one.kind))
        if user is None and one.kind == PREVIOUS_OWNER and ours.get(one.item) != one.about:
            user = ours.get(one.item)
        known = found.setdefault(one.item, dict(items[one.item].preferred))
        known[one.kind] = Preferred(one.about, user)
    return found


def _warning(object_name: str, kind: str, what: Unreadable) -> str:
    reads = {ACCOUNT_OWNER: "Account", PREVIOUS_OWNER: history_of(object_name)[0], SAME_EMAIL: "Lead and Contact"}
    return (
        f"the {WORDS[kind]} of {object_name} cannot be looked up ({what.code}: {what.message}), so items went by rank;"
        f" grant read access to {reads[kind]}, or take '{kind}' out of 'prefer'"
    )
