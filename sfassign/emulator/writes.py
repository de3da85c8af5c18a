"""Create, update and delete: the one way into the tables, for the API and for code in the same process.

`Write.api` tells the two apart: a client of the API meets every right and required field, code in the process (the
simulated floor, tests) may also set what only Salesforce itself sets. Types, owners and derived fields bind both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .access import check_editable, check_right, check_transfer, sees
from .defaults import defaults
from .derived import derive, note_activity
from .errors import ApiError, entity_is_deleted, no_such_record
from .history import note_created, note_update
from .owners import assigned_owner, check_owner, check_owner_before
from .schema import Field, SObject
from .state import Change, Row, State
from .wire import stored

_LOOKUP_FREE = frozenset({"OwnerId", "Id"})


@dataclass(frozen=True, slots=True)
class Write:
    """Who writes, when (milliseconds), and how. `assign`: assignment rules run; `rule` names one of them."""

    by: str
    at: int
    api: bool = False
    assign: bool = False
    rule: str | None = None


def create(state: State, thing: SObject, fields: Mapping[str, Any], write: Write) -> str:
    """The new record's Id. Raises ApiError."""
    if write.api:
        check_right(thing, "inserted")
    given = _given(state, thing, fields, write, creating=True)
    row: Row = {
        one.name: 0 if one.type == "boolean" else None for one in thing.fields.values() if one.type != "address"
    }
    row |= defaults(state, thing, given, write.by) | given
    row["Id"] = given.get("Id") or state.ids.allocate(thing.prefix or "000")
    _stamp(thing, row, write, given, creating=True)
    _place(state, thing, row, None, write)
    if write.api:
        _require(thing, row)
    with state.storage.transaction():
        state.storage.insert(thing, row)
        note_created(state, thing, row, write.by, write.at)
        _aftermath(state, thing, row)
    _tell(state, thing, None, row, write)
    return str(row["Id"])


def update(state: State, thing: SObject, record_id: str, fields: Mapping[str, Any], write: Write) -> None:
    """Change fields of a record. Raises ApiError."""
    before = row_to_change(state, thing, record_id, write, "updated")
    if write.api:
        state.faults.check_record(record_id)
        if before.get("IsConverted"):
            raise ApiError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", 400, ())
    given = _given(state, thing, fields, write, creating=False)
    if write.api:
        changes_owner = given.get("OwnerId", before.get("OwnerId")) != before.get("OwnerId")
        if changes_owner:
            check_transfer(state, thing, before, write.by)
        check_owner_before(state, thing, before, write.by, transfers=changes_owner)
    row = before | given
    _place(state, thing, row, before, write, given)
    if write.api and thing.name == "Lead" and write.by == row["OwnerId"] == before["OwnerId"]:
        row["IsUnreadByOwner"] = given.get("IsUnreadByOwner", 0)
    _require(thing, {name: row[name] for name in given})
    _stamp(thing, row, write, given, creating=False)
    with state.storage.transaction():
        state.storage.update(thing, record_id, {name: value for name, value in row.items() if before[name] != value})
        note_update(state, thing, before, row, write.by, write.at)
        _aftermath(state, thing, row)
    _tell(state, thing, before, row, write)


def delete(state: State, thing: SObject, record_id: str, write: Write) -> None:
    """Put a record into the recycle bin, or away where its object has none. Raises ApiError."""
    before = row_to_change(state, thing, record_id, write, "deleted")
    if write.api:
        state.faults.check_record(record_id)
    with state.storage.transaction():
        if thing.has("IsDeleted"):
            row = before | {"IsDeleted": 1}
            _stamp(thing, row, write, {}, creating=False)
            state.storage.update(thing, record_id, row)
            _aftermath(state, thing, row)
        else:
            state.storage.remove(thing, record_id)
    _tell(state, thing, before, None, write)


def row_to_change(state: State, thing: SObject, record_id: str, write: Write, verb: str) -> Row:
    """The stored row of a record this writer may have `updated` or `deleted`. Raises ApiError."""
    if not write.api:
        return live_row(state, thing, record_id)
    check_right(thing, verb)
    if not sees(state, thing, record_id, write.by):
        raise no_such_record()
    row = live_row(state, thing, record_id)
    check_editable(state, thing, row, write.by)
    return row


def live_row(state: State, thing: SObject, record_id: str) -> Row:
    """The stored row of a record that exists and is not deleted; ApiError otherwise."""
    row = state.storage.get(thing, record_id)
    if row is None:
        raise no_such_record()
    if row.get("IsDeleted"):
        raise entity_is_deleted()
    return row


def _given(state: State, thing: SObject, fields: Mapping[str, Any], write: Write, *, creating: bool) -> Row:
    """The stored values of what was sent, every field known, writable and of the right type."""
    known = [(_known(thing, name), value) for name, value in fields.items() if name != "attributes"]
    if write.api:
        barred = [one.name for one, _ in known if not (one.createable if creating else one.updateable)]
        if barred:
            raise _barred(barred)
    given = {one.name: stored(one, value) for one, value in known}
    for one, _ in known:
        if one.type == "reference" and one.name not in _LOOKUP_FREE and given[one.name] is not None:
            _check_lookup(state, one, str(given[one.name]), write)
    return given


def _known(thing: SObject, name: str) -> Field:
    found = thing.fields.get(name.lower())
    if found is None or found.type == "address":
        raise ApiError("INVALID_FIELD", f"No such column '{name}' on sobject of type {thing.name}")
    return found


def _barred(names: list[str]) -> ApiError:
    message = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field and "
        "verify that it is read/write for your profile or permission set."
    )
    return ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", message, 400, tuple(names))


def _check_lookup(state: State, field: Field, target_id: str, write: Write) -> None:
    target = state.schema.of_id(target_id)
    if target is None:
        return
    anything = field.polymorphic and target.custom  # Who, What and their like also point to custom objects
    if field.references and target.name not in field.references and not anything:
        message = f"{field.label}: id value of incorrect type: {target_id}"
        raise ApiError("FIELD_INTEGRITY_EXCEPTION", message, 400, (field.name,))
    row = state.storage.get(target, target_id)
    if row is None:
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", 400, ())
    if row.get("IsDeleted"):
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted", 400, ())
    if write.api and not sees(state, target, target_id, write.by):
        message = f"insufficient access rights on cross-reference id: {target_id}"
        code, status = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", state.settings.cross_reference_status
        raise ApiError(code, message, status, ())


def _place(state: State, thing: SObject, row: Row, before: Row | None, write: Write, given: Row | None = None) -> None:
    """Settle the owner and the computed fields."""
    if thing.has("OwnerId") and thing.name != "Group" and (before is None or "OwnerId" in (given or {})):
        check_owner(state, thing, row["OwnerId"])
    derive(state, thing, row, before, write.at)
    owner = assigned_owner(state, thing, row, write.rule) if write.assign else None
    if owner:
        row["OwnerId"] = owner
        if before is not None and thing.name == "Lead" and owner != before["OwnerId"]:
            row["IsUnreadByOwner"] = 1


def _require(thing: SObject, row: Row) -> None:
    missing = [
        one.name
        for one in thing.fields.values()
        if one.createable and not one.nillable and one.name in row and row[one.name] is None and one.name != "OwnerId"
    ]
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise ApiError("REQUIRED_FIELD_MISSING", message, 400, tuple(missing))


def _stamp(thing: SObject, row: Row, write: Write, given: Row, *, creating: bool) -> None:
    """The system fields, as far as the object has them and the writer did not set them."""
    marks: Row = {"LastModifiedDate": write.at, "LastModifiedById": write.by, "SystemModstamp": write.at}
    if creating:
        marks |= {"CreatedDate": write.at, "CreatedById": write.by, "IsDeleted": 0}
    for name, value in marks.items():
        if thing.has(name) and given.get(name) is None:
            row[name] = value


def _aftermath(state: State, thing: SObject, row: Row) -> None:
    if thing.name in {"Task", "Event"}:
        note_activity(state, row)


def _tell(state: State, thing: SObject, before: Row | None, after: Row | None, write: Write) -> None:
    if not state.after_write:
        return
    record_id = str((after or before or {})["Id"])
    shown = [state.api(thing, row) if row else None for row in (before, after)]
    for hook in tuple(state.after_write):
        hook(Change(thing.name, record_id, shown[0], shown[1], write.by))
