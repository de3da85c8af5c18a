"""Users as people name them: who is nearest where nobody has that name. Used by every command that takes a USER."""

from __future__ import annotations

from collections.abc import Iterable

from sfassign.errors import WrongUsage
from sfassign.policy.findings import nearest
from sfassign.storage import Past, SqlStore


def unknown_user(store: SqlStore, named: str, said: str | None = None) -> WrongUsage:
    """The error to raise, with the Username that was probably meant."""
    near = _nearest(named, Past(store).usernames())
    hint = f"; did you mean {near}?" if near else ""
    said = said or f"no user '{named}' is known"
    return WrongUsage(f"{said}; users are named by Username or Id{hint}")


def _nearest(named: str, usernames: Iterable[str]) -> str | None:
    """By what stands before the @: everybody of a company shares the rest."""
    by_name = {username.partition("@")[0].lower(): username for username in usernames}
    near = nearest(named.partition("@")[0].lower(), by_name)
    return None if near is None else by_name[near]
