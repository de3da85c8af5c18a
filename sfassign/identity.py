"""Which org this session belongs to: made sure of before anything a process reads is kept, or anything is written.

A copy of an org has the same record Ids, so nothing but the org's own Id tells them apart. Called by whoever is the
first to ask the org something; a poll that has a query to spare brings the answer along.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sfassign.errors import OrgRefused, WrongOrg
from sfassign.ports import Org, OrgFacts, Polled, PollRequest, Store


@dataclass
class OrgIdentity:
    """What is known in this process. `expected` is SFASSIGN_ORG_ID, 15 or 18 characters; without it the org of the
    database's first start counts."""

    org: Org
    store: Store
    expected: str | None = None
    verified: bool = False

    def make_sure(self) -> None:
        """One call, where this process does not know yet. Raises WrongOrg, or an OrgError."""
        if self.verified:
            return
        polled = self.org.poll(PollRequest(organization=True))
        if polled.organization is None:
            raise OrgRefused(
                "NO_ORGANIZATION", "the org does not show its Organization record; grant the user read access"
            )
        self.learn(polled)

    def learn(self, polled: Polled) -> None:
        """Take it from a poll that asked for it. Raises WrongOrg."""
        if polled.organization is None:
            return
        found = polled.organization.id
        if self.expected is not None and found[:15] != self.expected[:15]:
            raise WrongOrg(f"SFASSIGN_ORG_ID is {self.expected}, but this session belongs to the org {found}")
        self.store.bind_org(polled.organization)
        self.verified = True

    def facts(self) -> OrgFacts:
        """As kept in the database; the first contact asks. Raises WrongOrg, or an OrgError."""
        kept = kept_facts(self.store)
        if kept is None:
            self.make_sure()
            kept = kept_facts(self.store)
        if kept is None:
            raise LookupError("the database keeps no org after it was bound to one")
        return kept


def kept_facts(store: Store) -> OrgFacts | None:
    """The org this database belongs to."""
    kept = store.fact("org")
    return OrgFacts(**json.loads(kept)) if kept else None
