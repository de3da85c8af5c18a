"""Merging of leads, accounts, contacts and cases, as the button does: the losers go into the recycle bin and name the
master, what hung on them hangs on it (SOAP API Developer Guide, merge()). REST has no call for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .errors import ApiError
from .schema import Field, SObject
from .state import State
from .writes import Write, delete, live_row, update

MOST_LOSERS = 2
MASTER = "MasterRecordId"


def merge(state: State, thing: SObject, master: str, losers: Sequence[str], write: Write) -> None:
    """Raises ApiError where the object cannot be merged, or one of the records is gone or not another."""
    if not thing.has(MASTER):
        raise ApiError("INVALID_TYPE", f"{thing.name} records cannot be merged")
    if not 1 <= len(losers) <= MOST_LOSERS or master in losers:
        raise ApiError("INVALID_NUMBER_OF_RECORDS", f"merge 1 or {MOST_LOSERS} other records into one")
    for record_id in (master, *losers):
        live_row(state, thing, record_id)
    with state.storage.transaction():
        for loser in losers:
            for child, field in _references(state, thing):
                for row in state.storage.where(child, **{field.name: loser}):
                    if not row.get("IsDeleted"):
                        update(state, child, row["Id"], {field.name: master}, write)
            update(state, thing, loser, {MASTER: master}, write)
            delete(state, thing, loser, write)
        update(state, thing, master, {}, write)


def _references(state: State, thing: SObject) -> Iterator[tuple[SObject, Field]]:
    """Where other records point to one of this object; history and feeds stay with the loser."""
    for child in state.schema.objects.values():
        for field in child.fields.values():
            if thing.name in field.references and field.name != MASTER and child.updateable and field.updateable:
                yield child, field
