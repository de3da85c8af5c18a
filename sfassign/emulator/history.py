"""Field history: the rows Salesforce writes for tracked fields, two for a change of owner (names, then Ids)."""

from __future__ import annotations

from dataclasses import dataclass

from .schema import SObject
from .state import Row, State


@dataclass(frozen=True, slots=True)
class Tracked:
    """Where an object's history goes: table, its foreign key, and the fields followed besides the owner."""

    table: str
    key: str
    fields: tuple[str, ...]


TRACKED = {
    "Lead": Tracked("LeadHistory", "LeadId", ("Status", "Rating")),
    "Case": Tracked("CaseHistory", "CaseId", ("Status", "Priority", "IsEscalated")),
    "Opportunity": Tracked("OpportunityFieldHistory", "OpportunityId", ("StageName", "Amount", "CloseDate")),
}


def tracked_owner(name: str) -> Tracked:
    """What history an object gets whose tracking of the owner is switched on (Object Reference: `<Object>History`, for
    a custom object `<Object>__History` with ParentId)."""
    if name.endswith("__c"):
        return Tracked(f"{name.removesuffix('__c')}__History", "ParentId", ())
    return Tracked(f"{name}History", f"{name}Id", ())


def _tracked(state: State, thing: SObject) -> Tracked | None:
    """None where nothing is tracked, or the history itself was switched off."""
    found = TRACKED.get(thing.name) or (tracked_owner(thing.name) if thing.name in state.tracked else None)
    there = found is not None and state.schema.find(found.table) is not None
    return found if there and state.settings.track_history else None


def note_created(state: State, thing: SObject, row: Row, by: str, at: int) -> None:
    tracked = _tracked(state, thing)
    if tracked is not None:
        _add(state, tracked, row["Id"], by, at, "created", None, None, "Text")


def note_update(state: State, thing: SObject, before: Row, row: Row, by: str, at: int) -> None:
    """History rows for the tracked fields that differ."""
    tracked = _tracked(state, thing)
    if tracked is None:
        return
    if before["OwnerId"] != row["OwnerId"]:
        names = [owner_name(state, one["OwnerId"]) for one in (before, row)]
        _add(state, tracked, row["Id"], by, at, "Owner", names[0], names[1], "Text")
        _add(state, tracked, row["Id"], by, at, "Owner", before["OwnerId"], row["OwnerId"], "EntityId")
    for name in tracked.fields:
        if before[name] != row[name]:
            _add(state, tracked, row["Id"], by, at, name, before[name], row[name], "Text")
    if not before.get("IsConverted") and row.get("IsConverted"):
        _add(state, tracked, row["Id"], by, at, "leadConverted", None, None, "Text")


def owner_name(state: State, owner: str) -> str | None:
    target = state.schema.of_id(owner)
    found = state.storage.get(target, owner) if target else None
    return str(found["Name"]) if found else None


def _add(
    state: State, tracked: Tracked, record_id: str, by: str, at: int, field: str, old: object, new: object, kind: str
) -> None:
    table = state.schema.object(tracked.table)
    state.storage.insert(
        table,
        {
            "Id": state.ids.allocate(table.prefix or "017"),
            "IsDeleted": 0,
            tracked.key: record_id,
            "CreatedById": by,
            "CreatedDate": at,
            "Field": field,
            "DataType": kind,
            "OldValue": None if old is None else str(old),
            "NewValue": None if new is None else str(new),
        },
    )
