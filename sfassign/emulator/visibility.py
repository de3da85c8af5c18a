"""Which rows of an object a user does not see at all, without any error: what sharing and missing rights look like."""

from __future__ import annotations

from .schema import SObject
from .state import State
from .storage import quoted


def hidden_from(state: State, user: str, thing: SObject, alias: str) -> list[tuple[str, list[str]]]:
    """The SQL tests that leave the rows this user sees, with their values."""
    tests: list[tuple[str, list[str]]] = []
    viewers = state.settings.session_viewers
    if thing.name == "AuthSession" and viewers is not None and user not in viewers:
        tests.append((f"{alias}.UsersId = ?", [user]))
    if state.settings.private_objects and user != state.admin_id:
        tests += _private(state, user, thing, alias)
    return tests


def _private(state: State, user: str, thing: SObject, alias: str) -> list[tuple[str, list[str]]]:
    """Own records only; what has no owner, as history and comments, is seen with the record it hangs on."""
    private = state.settings.private_objects
    if thing.has("OwnerId"):
        return [(f"{alias}.OwnerId = ?", [user])] if thing.name in private else []
    if thing.name == "User":
        return []
    return [
        (f"COALESCE({alias}.{quoted(via.name)}, '') NOT IN (SELECT Id FROM {quoted(name)} WHERE OwnerId <> ?)", [user])  # noqa: S608 - names of the schema
        for via in thing.fields.values()
        for name in sorted(private & {*via.references})
    ]
