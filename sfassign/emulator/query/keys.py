"""What rows are grouped and sorted by: text without regard to capitals, picklists in the order of their setup."""

from __future__ import annotations

from sfassign.soql.tree import OrderItem

from ..options import Settings
from .names import Column

_TEXT = frozenset({"string", "picklist", "textarea", "email", "phone", "url", "combobox"})


def group_key(column: Column) -> str:
    return f"{column.sql} COLLATE NOCASE" if column.field.type in _TEXT else column.sql


def sort_key(column: Column) -> str:
    """Text sorts without regard to capitals, picklists in the order of their setup, everything else as it is."""
    if column.field.type == "picklist" and column.field.values:
        quoted_values = ["'" + value.replace("'", "''") + "'" for value in column.field.values]
        places = " ".join(f"WHEN {value} THEN {place}" for place, value in enumerate(quoted_values))
        return f"(CASE {column.sql} {places} ELSE CASE WHEN {column.sql} IS NULL THEN NULL ELSE 9999 END END)"
    if column.field.type in _TEXT:
        return f"upper({column.sql})"
    return column.sql


def direction(column: Column, item: OrderItem, settings: Settings) -> str:
    """The words behind a key of ORDER BY. Nulls come first; for lookups NULLS LAST is not supported."""
    last = item.nulls_last
    if last is None:
        last = item.descending and not settings.nulls_first_descending
    if column.field.type == "reference":
        last = False
    # Stating the place of nulls where there are none would keep SQLite from using the index.
    nulls = "" if not column.field.nillable else " NULLS LAST" if last else " NULLS FIRST"
    return f"{' DESC' if item.descending else ''}{nulls}"
