"""Since when nobody knows who of a group is there: in that time no clock of neglect runs. Asked by the neglect pass."""

from __future__ import annotations

import datetime as dt

from sfassign.core.away import MAX_AGE
from sfassign.core.model import Snapshot
from sfassign.core.policy import Group


def unknown_since(group: Group, snapshot: Snapshot) -> dt.datetime | None:
    """When the group's presence became unknown, None while it is known: a source that was never read, or is older
    than it may be (the same ages as the gate `presence_stale`)."""
    available = group.available
    sources = (
        ("logged_in", available.logged_in is not None, snapshot.presence_max_age),
        ("omni", available.omni is not None, snapshot.presence_max_age),
        ("out_of_office", available.out_of_office, MAX_AGE),
    )
    lost = []
    for source, asked, most in sources:
        read_at = snapshot.presence_at.get(source)
        if asked and read_at is None:
            lost.append(snapshot.taken_at)
        elif asked and read_at is not None and snapshot.taken_at - read_at > most:
            lost.append(read_at + most)
    return min(lost, default=None)
