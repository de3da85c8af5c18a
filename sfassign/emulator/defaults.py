"""Values the org fills in for a new record where the writer is silent."""

from __future__ import annotations

from collections.abc import Mapping

from .schema import SObject
from .state import Row, State

_FIXED: dict[str, Row] = {
    "Case": {"Priority": "Medium"},
    "Task": {"Status": "Not Started", "Priority": "Normal", "TaskSubtype": "Task"},
    "Event": {"ShowAs": "Busy", "EventSubtype": "Event", "IsAllDayEvent": 0},
    "EmailMessage": {"Status": "0"},
    "Group": {"Type": "Regular", "DoesIncludeBosses": 1},
    "AgentWork": {"Status": "Assigned"},
    "CaseComment": {"IsPublished": 0},
    "ServiceResource": {"IsActive": 1, "ResourceType": "T"},
    "User": {
        "IsActive": 1,
        "UserType": "Standard",
        "LocaleSidKey": "en_US",
        "LanguageLocaleKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "DigestFrequency": "D",
        "DefaultGroupNotificationFrequency": "N",
    },
    "AuthSession": {"NumSecondsValid": 7200, "UserType": "Standard", "SessionSecurityLevel": "STANDARD"},
    "LoginHistory": {"LoginType": "Application", "Status": "Success"},
}
_STATUSES = {"Lead": "LeadStatus", "Case": "CaseStatus"}


def defaults(state: State, thing: SObject, given: Mapping[str, object], by: str) -> Row:
    """Stored values for fields that were not given."""
    made = dict(_FIXED.get(thing.name, {}))
    if thing.has("OwnerId"):
        made["OwnerId"] = state.org_id if thing.name == "Group" else by
    if thing.name in _STATUSES:
        first = state.storage.where(state.schema.object(_STATUSES[thing.name]), IsDefault=1)
        made["Status"] = first[0]["ApiName"] if first else None
    if thing.name == "User":
        made |= _user(state, given)
    if thing.name == "Lead":
        made["IsUnreadByOwner"] = 1
    return {name: value for name, value in made.items() if thing.has(name)}


def _user(state: State, given: Mapping[str, object]) -> Row:
    organization = state.storage.get(state.schema.object("Organization"), state.org_id)
    profile = state.storage.where(state.schema.object("Profile"), Name="Standard User")
    nickname = str(given.get("Username") or "user").split("@", 1)[0]
    return {
        "TimeZoneSidKey": organization["TimeZoneSidKey"] if organization else "GMT",
        "ProfileId": profile[0]["Id"] if profile else None,
        "Alias": nickname[:8],
        "CommunityNickname": nickname[:40],
        "Email": given.get("Username"),
    }
