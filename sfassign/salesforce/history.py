"""Who changed an owner, by the org's field history: the query as text, and its rows as values. Pure; used by `reading`.

A change of owner leaves two rows, one with names and one with Ids (Salesforce API notes, History); the names are no
owners to us. `ownerAccepted` is what the Accept button of a queue's list view leaves in place of `Owner`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from sfassign.core.picking import OwnerStep
from sfassign.ports import ObjectRead
from sfassign.salesforce import queries
from sfassign.salesforce.rows import Raw, an_id, instant
from sfassign.soql import flatten, is_id, to18

_NAMED_OTHERWISE = {"Opportunity": ("OpportunityFieldHistory", "OpportunityId")}
_CUSTOM = "__c"


def table_of(name: str) -> tuple[str, str]:
    """An object's history table, and the field there which names the record."""
    if name.endswith(_CUSTOM):
        return f"{name.removesuffix(_CUSTOM)}__History", "ParentId"
    return _NAMED_OTHERWISE.get(name, (f"{name}History", f"{name}Id"))


def owner_steps_query(name: str, ids: Iterable[str], since: dt.datetime) -> str:
    """Every change of an owner of these records since then."""
    table, key = table_of(name)
    listed = ",".join(f"'{queries.plain_id(record_id)}'" for record_id in ids)
    columns = f"{key}, CreatedById, CreatedDate, OldValue, NewValue"
    where = f"Field IN ('Owner', 'ownerAccepted') AND {key} IN ({listed}) AND CreatedDate >= {queries.instant(since)}"
    return f"SELECT {columns} FROM {table} WHERE {where}"  # noqa: S608 — SOQL only reads; every part is ours


def in_parts(ids: Sequence[str]) -> list[tuple[str, ...]]:
    """The Ids cut into queries that fit a URL each."""
    return queries.by_ids_in_parts(ObjectRead("OpportunityFieldHistory", ("CreatedById", "OldValue", "NewValue")), ids)


def owner_step(name: str, raw: Raw) -> OwnerStep | None:
    """One row; None for the one with names."""
    values = flatten(raw)
    table, key = table_of(name)
    before, after = (_owner(values.get(field)) for field in ("oldvalue", "newvalue"))
    if after is None:
        return None
    return OwnerStep(
        item=an_id(values, key.lower(), table),
        at=instant(values.get("createddate"), f"{table}.CreatedDate"),
        by=an_id(values, "createdbyid", table),
        owner_before=before,
        owner=after,
    )


def _owner(value: object) -> str | None:
    return to18(value) if isinstance(value, str) and is_id(value) else None
