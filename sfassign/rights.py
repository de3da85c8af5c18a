"""Which right or feature is missing when the org does not show a part of a poll. Said by cycle reports and `check`.

The rights are those of the permission sets in config/salesforce; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sfassign.ports import Unreadable

RIGHTS: Mapping[str, str] = MappingProxyType(
    {
        "sessions": "grant Manage Users (permission set sfassign_sessions): without it AuthSession shows nobody else's"
        " sessions",
        "omni": "switch Omni-Channel on and grant read access to User Presence (permission set sfassign_service)",
        "users": "grant View All Users",
        "frozen": "grant Manage Users (permission set sfassign_sessions), or a frozen user who counts as present gets"
        " items",
        "away": "grant Access Activities, and View All Data to see everybody's events",
        "business_hours": "grant View Setup and Configuration",
        "holidays": "grant View Setup and Configuration",
        "skills": "grant read access to Service Resources and their skills (permission set sfassign_service)",
        "groups": "grant View Setup and Configuration",
        "links": "grant View Setup and Configuration",
        "roles": "grant View Roles and Role Hierarchy",
        "milestones": "switch Entitlement Management on and grant read access to Cases and Entitlements; until then no"
        " milestone raises a score",
        "queues": "grant View Setup and Configuration; until then items that Omni-Channel routes are not left to it,"
        " and owners are asked for by name",
        "users_named": "grant View All Users; until then owners are asked for by name",
        "many_rows": "they came page by page, a call per 2,000; grant API Enabled and room for Bulk API jobs",
        "results": "grant View All on the object; until then performance is as last read, or 1",
    }
)

EDIT: Mapping[str, str] = MappingProxyType(
    {"Task": "grant Access Activities and Edit Tasks", "Event": "grant Edit Events"}
)
TRANSFER: Mapping[str, str] = MappingProxyType(
    {
        "Lead": "grant Edit on Lead, and Transfer Leads",
        "Case": "grant Edit on Case, and Transfer Cases",
        "Opportunity": "grant Edit on Opportunity, and Transfer Record",
    }
)
RECORD_COUNTS = (
    "grant View Setup and Configuration, and the number of records seen is compared with the number there is"
)

CALLED: Mapping[str, str] = MappingProxyType(
    {
        "away": "out-of-office events",
        "business_hours": "business hours",
        "links": "members of groups",
        "omni": "Omni-Channel presence",
        "frozen": "frozen logins",
        "many_rows": "very many records at once",
        "results": "won and closed records",
        "users_named": "users who are called like owners in conditions",
    }
)


_LOOK = "grant read access to it and to the fields the policy names of it; `sfassign check` tells which the org misses"
_NARROW = "add terms over indexed fields to its conditions, or have Salesforce Support index the fields they name"
_MENDS: Mapping[str, str] = MappingProxyType(
    {
        "INVALID_FIELD": _LOOK,
        "INVALID_TYPE": _LOOK,
        "INSUFFICIENT_ACCESS": _LOOK,
        "QUERY_TIMEOUT": _NARROW,
        "OPERATION_TOO_LARGE": _NARROW,
        "QUERY_TOO_COMPLICATED": "name fewer formula fields of it in the policy",
        "URI_TOO_LONG": "name fewer fields of it in the policy",
    }
)


def called(part: str) -> str:
    """The part's name as a person says it."""
    return CALLED.get(part, part)


def told(parts: Iterable[tuple[str, Unreadable]], objects: Mapping[str, Unreadable]) -> tuple[str, ...]:
    """What could not be read, in the org's words, and what to do: parts of a poll, and objects while others were."""
    told_parts = (f"{called(part)}: {what.code}: {what.message}; {RIGHTS[part]}" for part, what in parts)
    told_objects = (
        f"{name}: {what.code}: {what.message}; until it can be read its items stay where they are and its load counts"
        f" as last known; {_mend(what)}"
        for name, what in objects.items()
    )
    return (*told_parts, *told_objects)


def warned(parts: Iterable[tuple[str, Unreadable]], unswept: Mapping[str, Unreadable]) -> tuple[str, ...]:
    """What stops nobody, each as a sentence of its own; `unswept` are objects whose sweep was refused."""
    warned_parts = (
        f"{called(part)} cannot be read ({what.code}: {what.message}); {RIGHTS[part]}" for part, what in parts
    )
    warned_objects = (
        f"{name} cannot be swept ({what.code}: {what.message}), so what changes there without a time stamp is not seen;"
        f" {_mend(what)}"
        for name, what in unswept.items()
    )
    return (*warned_parts, *warned_objects)


def _mend(what: Unreadable) -> str:
    return _MENDS.get(what.code, "run `sfassign check`")
