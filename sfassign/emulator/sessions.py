"""Access tokens: issued to a user, alive while they are used, gone after the org's session timeout."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .options import Settings


@dataclass(slots=True)
class Session:
    user: str
    used_at: dt.datetime


@dataclass(slots=True)
class Sessions:
    """Tokens look like Salesforce's, `<15-character org Id>!<secret>`; the secret is a digest of seed and number.
    `keeps` says whether a user may go on with a session."""

    org_id: str
    seed: int
    clock: Callable[[], dt.datetime]
    settings: Settings
    keeps: Callable[[str], bool]
    alive: dict[str, Session] = field(default_factory=dict)
    issued: int = 0

    def issue(self, user: str) -> str:
        if self.settings.shared_sessions:
            for token, session in self.alive.items():
                if session.user == user and self.user_of(token):
                    return token
        self.issued += 1
        secret = hashlib.sha512(f"{self.seed}/{user}/{self.issued}".encode()).hexdigest()[:96]
        token = f"{self.org_id[:15]}!AQ{secret}"
        self.alive[token] = Session(user, self.clock())
        return token

    def user_of(self, token: str) -> str | None:
        """The user a token belongs to, None where it is unknown, expired, or its user's no longer. Using it keeps it
        alive."""
        session = self.alive.get(token)
        if session is None:
            return None
        idle, lifetime = self.clock() - session.used_at, dt.timedelta(seconds=self.settings.session_seconds)
        if idle > lifetime or not self.keeps(session.user):
            del self.alive[token]
            return None
        if idle >= lifetime * self.settings.session_stamp_share:
            session.used_at += idle
        return session.user

    def holds(self, headers: Mapping[str, str]) -> bool:
        """Whether the session a request came with is still alive."""
        return self.user_of(headers.get("authorization", "").partition(" ")[2].strip()) is not None

    def expire(self, token: str) -> None:
        self.alive.pop(token, None)

    def expire_all(self) -> None:
        self.alive.clear()
