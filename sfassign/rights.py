"""Which right or feature is missing when the org does not show a part of a poll. Said by cycle reports and `check`.

The rights are those of the permission sets in config/salesforce; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def called(part: str) -> str:
    """The part's name as a person says it."""
    return CALLED.get(part, part)


def told(part: str, what: Unreadable) -> str:
    """The org's words, and what to do; for the list of what could not be read."""
    return f"{called(part)}: {what.code}: {what.message}; {RIGHTS[part]}"


def warned(part: str, what: Unreadable) -> str:
    """The same as a sentence of its own."""
    return f"{called(part)} cannot be read ({what.code}: {what.message}); {RIGHTS[part]}"
