"""What rows are grouped and sorted by: text without regard to capitals, picklists in the order of their setup."""

from __future__ import annotations

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
