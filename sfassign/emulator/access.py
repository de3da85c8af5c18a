"""What a user may do with an object and with one record of it: the rights of the object, the sharing of the record.

Everything asks here that reads or writes one record for a client, and UserRecordAccess; queries leave out the same rows
(`visibility`). Code in the same process is asked nothing. Source: SOAP API Developer Guide, StatusCode.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import ApiError
from .schema import SObject
from .state import Row, State
from .storage import quoted
from .visibility import hidden_from


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


def access(state: State, thing: SObject, row: Row, user: str) -> Access:
    """The owner and the administrator may do all that the object itself allows."""
    settings, owner = state.settings, thing.fields.get("ownerid")
    theirs = user in (state.admin_id, row.get("OwnerId"))
    read = theirs or sees(state, thing, row["Id"], user)
    shared = thing.name not in settings.read_only_objects and (row["Id"], user) not in settings.read_only_records
    edit = read and thing.updateable and (theirs or shared)
    movable = owner is not None and owner.updateable
    transfer = edit and movable and (theirs or thing.name not in settings.untransferable_objects)
    return Access(read, edit, transfer)


def check_right(thing: SObject, verb: str) -> None:
    """ApiError where no record of this object can be `inserted`, `updated` or `deleted`."""
    if not {"inserted": thing.createable, "updated": thing.updateable, "deleted": thing.deletable}[verb]:
        message = f"entity type cannot be {verb}: {thing.label}"
        raise ApiError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, 400, ())


def sees(state: State, thing: SObject, record_id: str, user: str) -> bool:
    """Whether sharing shows the record, if it exists, to this user."""
    tests = hidden_from(state, user, thing, "t")
    if not tests:
        return True
    where = " AND ".join(f"({sql})" for sql, _ in tests)
    values = [value for _, some in tests for value in some]
    sql = f"SELECT 1 FROM {quoted(thing.name)} t WHERE t.Id = ? AND {where}"  # noqa: S608 - names of the schema
    return bool(state.storage.tuples(sql, (record_id, *values)))


def check_editable(state: State, thing: SObject, row: Row, user: str) -> None:
    """ApiError where the user sees this record and may not change or delete it."""
    if not access(state, thing, row, user).edit:
        raise _barred()


def check_transfer(state: State, thing: SObject, row: Row, user: str) -> None:
    """ApiError where the user may not give this record to another owner."""
    if not access(state, thing, row, user).transfer:
        raise _barred()


def _barred() -> ApiError:
    return ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", 403, ())
