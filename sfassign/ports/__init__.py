"""The few interfaces between the cycle and the world: `Org`, `Store`, `Clock`, and the values that cross them.

`salesforce` implements Org, `storage` implements Store; the cycle knows neither. Times are aware UTC, Ids 18 long.
"""

from sfassign.ports.clock import Clock
from sfassign.ports.neglect import Cover, NeglectEvent, Ownership, PassOutcome, SignAsk
from sfassign.ports.org import (
    Answer,
    FieldShape,
    ObjectRead,
    ObjectShape,
    OmniRow,
    Org,
    OrgFacts,
    OwnerChange,
    Polled,
    PollRequest,
    Resolved,
    Row,
    SessionRow,
    Unreadable,
    UserRead,
    UserRow,
    WriteResult,
)
from sfassign.ports.store import (
    ChildMove,
    Drift,
    NoteKept,
    NoteState,
    ObjectNews,
    Settlement,
    Sighting,
    Store,
    Sweep,
)

__all__ = [
    "Answer",
    "ChildMove",
    "Clock",
    "Cover",
    "Drift",
    "FieldShape",
    "NeglectEvent",
    "NoteKept",
    "NoteState",
    "ObjectNews",
    "ObjectRead",
    "ObjectShape",
    "OmniRow",
    "Org",
    "OrgFacts",
    "OwnerChange",
    "Ownership",
    "PassOutcome",
    "PollRequest",
    "Polled",
    "Resolved",
    "Row",
    "SessionRow",
    "Settlement",
    "Sighting",
    "SignAsk",
    "Store",
    "Sweep",
    "Unreadable",
    "UserRead",
    "UserRow",
    "WriteResult",
]
