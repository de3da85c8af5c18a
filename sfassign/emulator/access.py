"""What a client may do with an object and with one record of it: the rights of the object, the sharing of the record.

Everything asks here that reads or writes one record for a client; queries leave out the same rows (`query.visibility`).
Code in the same process is asked nothing. Source: SOAP API Developer Guide, StatusCode.
"""

from __future__ import annotations

from .errors import ApiError
from .query.visibility import hidden_from
from .schema import SObject
from .state import Row, State
from .storage import quoted


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
    """ApiError where the user sees this record and may not change, transfer or delete it."""
    settings = state.settings
    if user == state.admin_id or row.get("OwnerId") == user:
        return
    if thing.name in settings.read_only_objects or (row["Id"], user) in settings.read_only_records:
        raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", 403, ())
