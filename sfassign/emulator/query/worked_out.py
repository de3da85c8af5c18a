"""Objects whose rows Salesforce works out when they are asked for: the asker's own permissions, and a user's access to
records (Object Reference, UserPermissionAccess and UserRecordAccess)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sfassign.soql.tree import And, Comparator, Comparison, InList, Path, Query, SetOperator, Text

from ..access import access
from ..ids import to18
from ..schema import SObject
from ..state import State
from ..storage import quoted
from . import problems
from .moments import Asker

MOST_RECORDS = 200
"""Record Ids that one query of UserRecordAccess may name."""
_NO_ID = "000000000000000AAA"


def from_sql(state: State, asker: Asker, query: Query, thing: SObject) -> str:
    """What a query of this object selects from: its table, or its rows as they are for the asker. Raises ApiError."""
    match thing.name:
        case "UserPermissionAccess":
            return _values(thing, [_permissions(state, asker.by)])
        case "UserRecordAccess":
            return _values(thing, [*_record_access(state, asker, query)])
        case _:
            return quoted(thing.name)


def _values(thing: SObject, rows: list[Mapping[str, Any]]) -> str:
    columns = ", ".join(f"json_extract(value, '$.{one.name}') AS {quoted(one.name)}" for one in thing.fields.values())
    return f"(SELECT {columns} FROM json_each('{json.dumps(rows)}'))"  # noqa: S608 - Ids and flags alone


def _permissions(state: State, user: str) -> Mapping[str, Any]:
    settings = state.settings
    holders = {
        "ManageUsers": settings.session_viewers,
        "SendCustomNotifications": settings.notification_senders,
        "ViewSetup": settings.setup_viewers,
    }
    held = {f"Permissions{name}": users is None or user in users for name, users in holders.items()}
    return {"Id": _NO_ID, "PermissionsApiEnabled": settings.api_enabled} | held


def _record_access(state: State, asker: Asker, query: Query) -> Iterator[Mapping[str, Any]]:
    """Records that the asker may not read are left out."""
    user, records = _asked(query)
    for key in dict.fromkeys(records):
        thing = state.schema.of_id(key)
        row = state.storage.get(thing, key) if thing is not None else None
        if thing is None or row is None or row.get("IsDeleted") or not access(state, thing, row, asker.by).read:
            continue
        theirs = access(state, thing, row, user)
        yield {
            "Id": _NO_ID,
            "UserId": user,
            "RecordId": key,
            "HasReadAccess": theirs.read,
            "HasEditAccess": theirs.edit,
            "HasTransferAccess": theirs.transfer,
            "HasDeleteAccess": theirs.edit and thing.deletable,
            "HasAllAccess": theirs.transfer and thing.deletable,
            "MaxAccessLevel": theirs.level,
        }


def _asked(query: Query) -> tuple[str, list[str]]:
    """One user and the records, which every query must name."""
    user, records = "", list[str]()
    for term in query.where.terms if isinstance(query.where, And) else (query.where,):
        match term:
            case Comparison(Path() as path, Comparator.EQ, Text(value)) if path.key == "userid":
                user = value
            case Comparison(Path() as path, Comparator.EQ, Text(value)) if path.key == "recordid":
                records = [value]
            case InList(Path() as path, SetOperator.IN, values) if path.key == "recordid":
                records = [one.value for one in values if isinstance(one, Text)]
    if not user or not records or len(records) > MOST_RECORDS:
        raise problems.malformed(f"UserRecordAccess needs one UserId and 1 to {MOST_RECORDS} RecordIds to filter by")
    try:
        return to18(user), [to18(one) for one in records]
    except ValueError as error:
        raise problems.malformed(f"UserRecordAccess: {error}") from None
