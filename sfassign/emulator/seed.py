"""What a fresh org already holds: its own row, an administrator, profiles, and the statuses and stages of a
Developer Edition. No sample business records."""

from __future__ import annotations

from .state import Row, State

_PROFILES = (
    ("System Administrator", "Standard"),
    ("Standard User", "Standard"),
    ("Minimum Access - API Only Integrations", "Standard"),
)
_LEAD_STATUSES = ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted")
_CASE_STATUSES = ("New", "Working", "Escalated", "Closed")
_STAGES = (
    ("Prospecting", 10.0, "Pipeline"),
    ("Qualification", 10.0, "Pipeline"),
    ("Needs Analysis", 20.0, "Pipeline"),
    ("Value Proposition", 50.0, "Pipeline"),
    ("Id. Decision Makers", 60.0, "Pipeline"),
    ("Perception Analysis", 70.0, "Pipeline"),
    ("Proposal/Price Quote", 75.0, "Pipeline"),
    ("Negotiation/Review", 90.0, "Pipeline"),
    ("Closed Won", 100.0, "Closed"),
    ("Closed Lost", 0.0, "Omitted"),
)


def seed(state: State) -> None:
    """Fill an empty org; sets `org_id` and `admin_id`."""
    state.org_id = state.ids.allocate("00D")
    state.admin_id = state.ids.allocate("005")
    profiles = [_add(state, "Profile", {"Name": name, "UserType": kind}) for name, kind in _PROFILES]
    _add(state, "Organization", {"Id": state.org_id} | _ORGANIZATION)
    _add(state, "User", {"Id": state.admin_id, "ProfileId": profiles[0]} | _ADMIN)
    _add(state, "UserLogin", {"UserId": state.admin_id, "IsFrozen": 0, "IsPasswordLocked": 0})
    for place, name in enumerate(_LEAD_STATUSES):
        _status(state, "LeadStatus", name, place, {"IsConverted": int(name == "Closed - Converted")})
    for place, name in enumerate(_CASE_STATUSES):
        _status(state, "CaseStatus", name, place, {"IsClosed": int(name == "Closed")})
    for place, (name, probability, category) in enumerate(_STAGES):
        _status(state, "OpportunityStage", name, place, _stage(name, probability, category))
    _add(state, "BusinessHours", {"Name": "Default", "IsActive": 1, "IsDefault": 1, "TimeZoneSidKey": _ZONE} | _HOURS)


_ZONE = "America/Los_Angeles"
_ORGANIZATION: Row = {
    "Name": "Local Org",
    "Country": "US",
    "PrimaryContact": "Ada Admin",
    "DefaultLocaleSidKey": "en_US",
    "LanguageLocaleKey": "en_US",
    "TimeZoneSidKey": _ZONE,
    "FiscalYearStartMonth": 1,
    "OrganizationType": "Developer Edition",
    "InstanceName": "LOCAL1",
    "IsSandbox": 0,
    "IsReadOnly": 0,
    "DefaultLeadAccess": "ReadEditTransfer",
    "DefaultCaseAccess": "ReadEditTransfer",
    "DefaultOpportunityAccess": "Edit",
    "DefaultAccountAccess": "Edit",
    "DefaultContactAccess": "ControlledByParent",
}
_ADMIN: Row = {
    "Username": "admin@local.example",
    "FirstName": "Ada",
    "LastName": "Admin",
    "Name": "Ada Admin",
    "Email": "admin@local.example",
    "Alias": "admin",
    "CommunityNickname": "admin",
    "IsActive": 1,
    "UserType": "Standard",
    "TimeZoneSidKey": _ZONE,
    "LocaleSidKey": "en_US",
    "LanguageLocaleKey": "en_US",
    "EmailEncodingKey": "UTF-8",
    "DigestFrequency": "D",
    "DefaultGroupNotificationFrequency": "N",
}
_HOURS: Row = {
    f"{day}{edge}Time": "00:00:00.000Z"
    for day in ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
    for edge in ("Start", "End")
}


def _status(state: State, table: str, name: str, place: int, more: Row) -> None:
    row = {"MasterLabel": name, "ApiName": name, "SortOrder": place + 1, "IsDefault": int(place == 0)}
    known = state.schema.object(table)
    _add(state, table, {key: value for key, value in (row | more).items() if known.has(key)})


def _stage(name: str, probability: float, category: str) -> Row:
    return {
        "IsActive": 1,
        "IsClosed": int(name.startswith("Closed")),
        "IsWon": int(name == "Closed Won"),
        "DefaultProbability": probability,
        "ForecastCategory": category,
        "ForecastCategoryName": category,
    }


def _add(state: State, table: str, row: Row) -> str:
    """Insert directly: the rules need these very rows to work."""
    thing, at = state.schema.object(table), state.stamp()
    stamps: Row = {"CreatedDate": at, "LastModifiedDate": at, "SystemModstamp": at}
    stamps |= {"CreatedById": state.admin_id, "LastModifiedById": state.admin_id, "IsDeleted": 0}
    made = {name: value for name, value in stamps.items() if thing.has(name)} | row
    made["Id"] = row.get("Id") or state.ids.allocate(thing.prefix or "000")
    state.storage.insert(thing, made)
    return str(made["Id"])
