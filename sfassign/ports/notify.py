"""How messages leave: `Notifier`, one per outlet. `salesforce` and `outlets` implement it, `notify` alone uses it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from sfassign.core.notice import Message, WaitingNotice


class Sending(str, Enum):
    """SENT: the outlet took it. LATER: it may or may not have, or cannot just now. REFUSED: it never will."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message. `words` are the outlet's, without secrets; `wait` is how long it asked to be left
    alone."""

    sending: Sending
    words: str = ""
    wait: dt.timedelta | None = None


SENT = Outcome(Sending.SENT)


@dataclass(frozen=True, slots=True)
class NoticeBox:
    """The outbox: the notices whose time has come, oldest first, and how many wait in all."""

    due: tuple[WaitingNotice, ...]
    waiting: int


class Notifier(Protocol):
    @property
    def most(self) -> int:
        """Messages that one `send` takes at most."""
        ...

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        """One outcome per message, in order. What the outlet or the network does is an outcome, never an exception."""
        ...
