"""Where overflow and the end of neglect lead: the Ids of the queues and users a policy names.

Read all at once and kept for an hour. Asked by `dispatch` and `neglect` when the first item goes there, so that an
idle cycle pays nothing for it, and by `check`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sfassign.core.policy import Destination, Policy
from sfassign.ports import Clock, Org, Resolved, Store

KNOWN_FOR = dt.timedelta(hours=1)
_FACT = "destinations"


def destinations_of(policy: Policy) -> tuple[Destination, ...]:
    """The queues and users that enabled groups overflow to, or send what was neglected to in the end, each once."""
    groups = policy.enabled_groups
    wanted = [group.overflow.to for group in groups if group.overflow is not None]
    wanted += [one.finally_ for group in groups if (one := group.neglect) is not None and one.finally_ is not None]
    return tuple(dict.fromkeys(to for to in wanted if to.group is None))


def resolve(org: Org, wanted: Iterable[Destination]) -> Resolved:
    """What the org has of them now. May raise an OrgError."""
    named = tuple(wanted)
    queues = tuple(to.queue for to in named if to.queue is not None)
    return org.resolve(queues, tuple(to.user for to in named if to.user is not None))


def id_of(found: Resolved, to: Destination) -> str | None:
    return found.queues.get(to.queue) if to.queue is not None else found.users.get(to.user or "")


def spoken(to: Destination) -> str:
    """`queue 'Second line'`."""
    return f"queue '{to.queue}'" if to.queue is not None else f"user '{to.user}'"


@dataclass
class Destinations:
    """The destinations of one policy. May raise an OrgError or DatabaseUnusable."""

    org: Org
    store: Store
    clock: Clock
    policy: Policy

    def found(self) -> Resolved:
        """The ones the org has, as it was within the last hour."""
        text, now = self.store.fact(_FACT), self.clock.now()
        wanted = destinations_of(self.policy)
        kept = json.loads(text) if text else {}
        named = sorted(spoken(to) for to in wanted)
        if kept and kept["named"] == named and now - dt.datetime.fromisoformat(kept["at"]) < KNOWN_FOR:
            return Resolved(kept["queues"], kept["users"])
        found = resolve(self.org, wanted)
        self.store.keep_fact(_FACT, json.dumps({"at": now.isoformat(), "named": named} | asdict(found)))
        return found
