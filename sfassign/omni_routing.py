"""Items that Omni-Channel is routing are left to it. Asked by the cycle, before anything is decided.

Only queues with a routing configuration hand their items to Omni-Channel; which those are is read in turns with the
other slow parts. While items wait in such a queue, what is pending is asked in every cycle, since Omni-Channel may be
done with an item, or give it up, at any moment. A cycle without such items asks nothing.
"""

from __future__ import annotations

from dataclasses import replace

from sfassign.core.model import Snapshot
from sfassign.named_owners import QUEUES, queues_from
from sfassign.ports import Org, Store, Unreadable

PENDING = "Omni-Channel is routing it"
UNKNOWN = "Omni-Channel routes its queue, and what it has in hand cannot be read"


def left_to_omni(org: Org, store: Store, snapshot: Snapshot) -> tuple[Snapshot, tuple[str, ...]]:
    """The snapshot with those items left alone, and what somebody should know. May raise an OrgError."""
    routed = frozenset(queue.id for queue in queues_from(store.fact(QUEUES)) if queue.routed)
    asked = [item.id for item in snapshot.items if item.owner in routed and item.blocked is None]
    if not asked:
        return snapshot, ()
    pending = org.pending(asked)
    if isinstance(pending, Unreadable):
        told = f"PendingServiceRouting cannot be read ({pending.code}): items in queues that Omni-Channel routes wait"
        return _with_blocked(snapshot, frozenset(asked), UNKNOWN), (told,)
    return _with_blocked(snapshot, pending, PENDING), ()


def _with_blocked(snapshot: Snapshot, left_alone: frozenset[str], why: str) -> Snapshot:
    if not left_alone:
        return snapshot
    items = tuple(replace(item, blocked=why) if item.id in left_alone else item for item in snapshot.items)
    return replace(snapshot, items=items)
