"""Apps that may log in: their keys, secrets, run-as users and certificates, and users' passwords."""

from __future__ import annotations

from dataclasses import dataclass, field

from .passwords import Password


@dataclass(frozen=True, slots=True)
class Client:
    """An External Client App. `run_as` serves the client credentials flow, `certificate` (PEM, a certificate or a
    public key) the JWT bearer flow; `approved` are the Ids of users pre-authorised for it (None: everyone)."""

    key: str
    secret: str
    run_as: str | None = None
    certificate: str | None = None
    approved: frozenset[str] | None = None


@dataclass(slots=True)
class Clients:
    by_key: dict[str, Client] = field(default_factory=dict)
    passwords: dict[str, Password] = field(default_factory=dict)
    """By user Id."""

    def add(self, client: Client) -> None:
        self.by_key[client.key] = client
