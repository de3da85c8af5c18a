"""The few interfaces between the cycle and the world: `Org`, `Store`, `Clock`, and the values that cross them.

`salesforce` implements Org, `storage` implements Store; the cycle knows neither. Times are aware UTC, Ids 18 long.
"""

from sfassign.ports.clock import Clock
from sfassign.ports.kept import ChildMove, Drift, NoteKept, NoteState, ObjectNews, Settlement, Sighting, Sweep
from sfassign.ports.looked_up import FieldShape, LookedUp, LookUp, ObjectShape, Resolved
from sfassign.ports.milestones import MILESTONES, MilestoneMemory, MilestoneRead, MilestoneRow
from sfassign.ports.neglect import Cover, NeglectEvent, Ownership, PassOutcome, SignAsk
from sfassign.ports.notify import SENT, NoticeBox, Notifier, Outcome, Sending
from sfassign.ports.org import Org
from sfassign.ports.reads import (
    CountRead,
    NamedUser,
    ObjectRead,
    OmniRow,
    OrgFacts,
    Polled,
    PollRequest,
    Portions,
    QueueRow,
    ResultsRead,
    Row,
    SessionRow,
    Unreadable,
    UserNames,
    UserRead,
    UserRow,
)
from sfassign.ports.store import Store
from sfassign.ports.writes import Answer, Guard, OwnerChange, WriteResult

__all__ = [
    "MILESTONES",
    "SENT",
    "Answer",
    "ChildMove",
    "Clock",
    "CountRead",
    "Cover",
    "Drift",
    "FieldShape",
    "Guard",
    "LookUp",
    "LookedUp",
    "MilestoneMemory",
    "MilestoneRead",
    "MilestoneRow",
    "NamedUser",
    "NeglectEvent",
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
    "Ownership",
    "PassOutcome",
    "PollRequest",
    "Polled",
    "Portions",
    "QueueRow",
    "Resolved",
    "ResultsRead",
    "Row",
    "Sending",
    "SessionRow",
    "Settlement",
    "Sighting",
    "SignAsk",
    "Store",
    "Sweep",
    "Unreadable",
    "UserNames",
    "UserRead",
    "UserRow",
    "WriteResult",
]
