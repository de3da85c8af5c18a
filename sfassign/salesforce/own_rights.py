"""What the org says of our own rights, asked directly. Called by `org` for `check`.

Sources: Object Reference, UserPermissionAccess (the permissions of the user who asks; it needs none of its own) and
UserRecordAccess (at most 200 records a query; records that we may not read are left out of the answer).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sfassign.ports import Unreadable
from sfassign.salesforce.asking import Asker
from sfassign.salesforce.failures import Refusal
from sfassign.soql import literal, to18

MOST_RECORDS = 200


@dataclass(frozen=True, slots=True)
class RecordAccess:
    """Which of the records asked about this user may edit, and which it may give to somebody else."""

    editable: frozenset[str]
    transferable: frozenset[str]


def permission(asker: Asker, name: str) -> bool | Unreadable:
    """Whether we have a user permission, by its API name (`ManageUsers`). Raises an OrgError."""
    field = f"Permissions{name}"
    _, (told,) = asker.records([f"SELECT {field} FROM UserPermissionAccess"])  # noqa: S608 - SOQL only reads
    if isinstance(told, Refusal):
        return Unreadable(told.code, told.message)
    held = told[0].get(field) if told else None
    return held if isinstance(held, bool) else Unreadable("UNEXPECTED_ANSWER", f"UserPermissionAccess has no {field}")


def record_access(asker: Asker, user: str, records: Sequence[str]) -> RecordAccess | Unreadable:
    """For at most MOST_RECORDS records of one object. Raises an OrgError."""
    if not records:
        return RecordAccess(frozenset(), frozenset())
    columns = "RecordId, HasEditAccess, HasTransferAccess"
    asked = f"UserId = {literal(user)} AND RecordId IN {literal(list(records))}"
    _, (told,) = asker.records([f"SELECT {columns} FROM UserRecordAccess WHERE {asked}"])  # noqa: S608 - Ids alone
    if isinstance(told, Refusal):
        return Unreadable(told.code, told.message)
    by_right = {
        right: frozenset(to18(str(row["RecordId"])) for row in told if row.get(right) is True)
        for right in ("HasEditAccess", "HasTransferAccess")
    }
    return RecordAccess(by_right["HasEditAccess"], by_right["HasTransferAccess"])
