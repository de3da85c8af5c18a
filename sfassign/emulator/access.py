"""What a user may do with one record: sharing and object rights together. Asked by writes and by UserRecordAccess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ApiError
from .schema import SObject
from .state import State


@dataclass(frozen=True, slots=True)
class Access:
    read: bool
    edit: bool
    transfer: bool

    @property
    def level(self) -> str:
        """MaxAccessLevel, as far as the local org tells levels apart."""
        levels = {"Transfer": self.transfer, "Edit": self.edit, "Read": self.read}
        return next((name for name, allowed in levels.items() if allowed), "None")


def access(state: State, thing: SObject, row: Mapping[str, Any], user: str) -> Access:
    """The owner and the administrator may do all that the object itself allows."""
    settings, owner = state.settings, thing.fields.get("ownerid")
    theirs = user in (state.admin_id, row.get("OwnerId"))
    read = theirs or thing.name not in settings.private_objects
    edit = read and thing.updateable and (theirs or thing.name not in settings.read_only_objects)
    movable = owner is not None and owner.updateable
    transfer = edit and movable and (theirs or thing.name not in settings.untransferable_objects)
    return Access(read, edit, transfer)


def check_access(state: State, thing: SObject, before: Mapping[str, Any], given: Mapping[str, Any], user: str) -> None:
    """ApiError where this user may not make these changes to the record."""
    allowed = access(state, thing, before, user)
    moves = "OwnerId" in given and given["OwnerId"] != before["OwnerId"]
    if not allowed.edit or (moves and not allowed.transfer):
        raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", 403, ())
