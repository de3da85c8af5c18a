"""Records in the tree format of the Salesforce CLI, as `sf data export tree` writes them and sample data comes in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .org import LocalOrg

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")


def load_tree(org: LocalOrg, *paths: Path) -> dict[str, str]:
    """Load files in this order; the new Ids by reference. `@Ref` values point to records loaded before.

    Custom fields the org lacks are made, their type guessed from the value; unknown standard fields raise ApiError.
    """
    known: dict[str, str] = {}
    for path in paths:
        for record in json.loads(Path(path).read_text(encoding="utf-8"))["records"]:
            reference = record["attributes"].get("referenceId")
            new = _insert(org, record, known)
            if reference:
                known[reference] = new
    return known


def _insert(org: LocalOrg, record: Mapping[str, Any], known: dict[str, str]) -> str:
    sobject = record["attributes"]["type"]
    thing = org.thing(sobject)
    fields: dict[str, Any] = {}
    for name, value in record.items():
        if name == "attributes" or value is None:
            continue
        fields[name] = _resolved(value, known)
        if not thing.has(name) and name.endswith("__c"):
            org.add_field(sobject, name, _guess(fields[name]))
    return org.insert(sobject, fields)


def _resolved(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, str) and value.startswith("@"):
        return known[value[1:]]
    return value


def _guess(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "double"
    if _DATETIME.fullmatch(str(value)):
        return "datetime"
    if _DATE.fullmatch(str(value)):
        return "date"
    return "string" if len(str(value)) <= 255 else "textarea"
