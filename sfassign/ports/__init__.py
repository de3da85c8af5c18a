"""The few interfaces between the cycle and the world: `Org`, `Store`, `Clock`, and the values that cross them.

`salesforce` implements Org, `storage` implements Store; the cycle knows neither. Times are aware UTC, Ids 18 long.
"""

from sfassign.ports.clock import Clock
from sfassign.ports.notify import SENT, NoticeBox, Notifier, Outcome, Sending
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
    "SENT",
    "Answer",
    "ChildMove",
    "Clock",
    "Drift",
    "FieldShape",
    "NoteKept",
    "NoteState",
    "NoticeBox",
    "Notifier",
    "ObjectNews",
    "ObjectRead",
    "ObjectShape",
    "OmniRow",
    "Org",
    "OrgFacts",
    "Outcome",
    "OwnerChange",
    "PollRequest",
    "Polled",
    "Resolved",
    "Row",
    "Sending",
    "SessionRow",
    "Settlement",
    "Sighting",
    "Store",
    "Sweep",
    "Unreadable",
    "UserRead",
    "UserRow",
    "WriteResult",
]
