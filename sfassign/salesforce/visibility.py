"""How many records of an object we see, and how many there are: a missing right to see them looks like an empty table.

Asked by `org` for `check`. Source: REST API Developer Guide, Record Count (approximate, needs View Setup).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sfassign.errors import OrgRefused
from sfassign.salesforce.asking import Asker


@dataclass(frozen=True, slots=True)
class Visible:
    """`existing` is approximate, None where this user may not know."""

    object: str
    seen: int
    existing: int | None


def visible(asker: Asker, name: str) -> Visible:
    """Two reads. Raises an OrgError."""
    soql = f"SELECT COUNT() FROM {name}"  # noqa: S608 — SOQL only reads; the name was checked against the org
    counted = asker.get(lambda client: client.restful("query", params={"q": soql}))
    seen = counted.get("totalSize") if isinstance(counted, Mapping) else None
    if not isinstance(seen, int):
        raise OrgRefused("UNEXPECTED_ANSWER", f"the count of {name} has no total")
    return Visible(name, seen, _existing(asker, name))


def _existing(asker: Asker, name: str) -> int | None:
    try:
        answer = asker.get(lambda client: client.restful(f"limits/recordCount?sObjects={quote(name)}"))
    except OrgRefused:
        return None
    listed = answer.get("sObjects") if isinstance(answer, Mapping) else None
    counts = [one.get("count") for one in listed or () if isinstance(one, Mapping)]
    return counts[0] if counts and isinstance(counts[0], int) else None
