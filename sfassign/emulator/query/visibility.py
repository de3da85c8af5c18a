"""Which rows of an object a user does not see at all, without any error: what sharing and missing rights look like."""

from __future__ import annotations

from ..state import State
from .moments import Asker


def hidden_from(state: State, asker: Asker, sobject: str, alias: str) -> list[tuple[str, list[str]]]:
    """The SQL tests that leave the visible rows, with their values."""
    tests: list[tuple[str, list[str]]] = []
    viewers = state.settings.session_viewers
    if sobject == "AuthSession" and viewers is not None and asker.by not in viewers:
        tests.append((f"{alias}.UsersId = ?", [asker.by]))
    if sobject in state.settings.private_objects and asker.by != state.admin_id:
        tests.append((f"{alias}.OwnerId = ?", [asker.by]))
    return tests
