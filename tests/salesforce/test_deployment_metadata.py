"""What an administrator deploys grants what the product asks of the org, and nothing else.

The right-hand side of the tables is Salesforce's: which right opens an object (Object Reference, Special Access
Rules). The left-hand side is read off the queries that the product sends.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sfassign.core.notice import name_fields
from sfassign.core.preference import KINDS, fields_of, history_of
from sfassign.emulator.schema import Schema
from sfassign.evidence import tables_of
from sfassign.policy import needed_fields, read_policy
from sfassign.ports import LookUp, MilestoneRead, SignAsk
from sfassign.rights import EDIT, RECORD_COUNTS, RIGHTS, TRANSFER
from sfassign.salesforce import history, looking_up, queries, record_queries, signs
from sfassign.salesforce.notifying import NOTIFICATION_TYPE
from sfassign.soql import parse, paths, to18

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "config/salesforce"
SOURCE = FOLDER / "force-app/main/default"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
FILES = sorted(SOURCE.rglob("*-meta.xml"))
GUIDE = (FOLDER / "GUIDE.md").read_text(encoding="utf-8")
WORK = ("Case", "Lead", "Opportunity")
AN_ID, NOW = to18("00Q000000000001"), dt.datetime(2026, 11, 23, tzinfo=dt.UTC)

OPENED_BY = {
    "Lead": "object Lead",
    "Case": "object Case",
    "Opportunity": "object Opportunity",
    "Account": "object Account",
    "Contact": "object Contact",
    "ServiceResourceSkill": "object ServiceResource",
    "CaseMilestone": "object Entitlement",
    "UserServicePresence": "object UserServicePresence",
    "PendingServiceRouting": "object PendingServiceRouting",
    "LeadHistory": "object Lead",
    "CaseHistory": "object Case",
    "OpportunityFieldHistory": "object Opportunity",
    "CaseComment": "object Case",
    "EmailMessage": "object Case",
    "Task": "user ActivitiesAccess",
    "Event": "user ActivitiesAccess",
    "User": "user ViewAllUsers",
    "UserRole": "user ViewRoles",
    "UserLogin": "user ManageUsers",
    "AuthSession": "user ManageUsers",
    "Group": "user ViewSetup",
    "GroupMember": "user ViewSetup",
    "QueueSobject": "user ViewSetup",
    "BusinessHours": "user ViewSetup",
    "Holiday": "user ViewSetup",
    "AssignmentRule": "user ViewSetup",
    "ServicePresenceStatus": "user ViewSetup",
    "Organization": "user ApiEnabled",
    "UserPermissionAccess": "user ApiEnabled",
    "UserRecordAccess": "user ApiEnabled",
    "CustomNotificationType": "user SendCustomNotifications",
}
WRITING = {"TransferAnyLead", "TransferAnyCase", "TransferAnyEntity", "EditTask"}
"""Owners of leads, cases and opportunities; tasks that follow their item or are made for its owner."""
DEPENDS = {
    "user ManageUsers": {
        "user AssignPermissionSets",
        "user DelegatedTwoFactor",
        "user FreezeUsers",
        "user ManageInternalUsers",
        "user ManageIpAddresses",
        "user ManageLoginAccessPolicies",
        "user ManagePasswordPolicies",
        "user ManageProfilesPermissionsets",
        "user ManageRoles",
        "user ManageSharing",
        "user MonitorLoginHistory",
        "user ResetPasswords",
        "user ViewAllUsers",
        "user ViewRoles",
    },
    "user ResetPasswords": {"user ViewRoles", "user ViewSetup"},
    "user EditTask": {"user ActivitiesAccess"},
    "user TransferAnyLead": {"object Lead"},
    "user TransferAnyCase": {"object Case"},
    "object Contact": {"object Account"},
    "object Opportunity": {"object Account"},
    "object Entitlement": {"object Account"},
}
"""Rights that a permission set may hold only beside others, in the same set (Metadata API: "Permission … depends on
permission(s) …"); of Manage Users as refused deployments name them (jsforce issue 749 has ViewRoles)."""

SPOKEN = {
    "Manage Users": "user ManageUsers",
    "View All Users": "user ViewAllUsers",
    "View Setup and Configuration": "user ViewSetup",
    "View Roles and Role Hierarchy": "user ViewRoles",
    "Access Activities": "user ActivitiesAccess",
    "Edit Tasks": "user EditTask",
    "Transfer Leads": "user TransferAnyLead",
    "Transfer Cases": "user TransferAnyCase",
    "Transfer Record": "user TransferAnyEntity",
    "User Presence": "object UserServicePresence",
    "Service Resources": "object ServiceResource",
    "Entitlements": "object Entitlement",
    "View All on the object": "object Lead",
}
OPEN_TO_ALL = {"Case.Status", "Task.Subject", "Event.StartDateTime", "Event.EndDateTime"}
"""Not under field-level security, although the schema lets them be empty."""


def text(node: ElementTree.Element, name: str) -> str:
    return str(node.findtext(f"{NAMESPACE}{name}"))


def permission_set(name: str) -> ElementTree.Element:
    return ElementTree.parse(SOURCE / f"permissionsets/{name}.permissionset-meta.xml").getroot()  # noqa: S314 — our own


def users(*names: str) -> set[str]:
    return {text(one, "name") for name in names for one in permission_set(name).iter(f"{NAMESPACE}userPermissions")}


def objects(*names: str) -> dict[str, ElementTree.Element]:
    return {
        text(one, "object"): one for name in names for one in permission_set(name).iter(f"{NAMESPACE}objectPermissions")
    }


SETS = ("sfassign", "sfassign_service", "sfassign_sessions")
BROAD = {"sfassign_sessions": {"user ManageUsers"}}
"""What a set is for, where that brings other rights along."""


def granted(*names: str) -> set[str]:
    return {f"user {name}" for name in users(*names)} | {f"object {name}" for name in objects(*names)}


def with_dependencies(rights: set[str]) -> set[str]:
    found = rights.union(*(DEPENDS.get(right, set()) for right in rights))
    return found if found == rights else with_dependencies(found)


GRANTED = granted(*SETS)


def built_queries() -> Iterator[str]:
    """Every query of a fixed shape, as the room for Salesforce builds it."""
    yield from (queries.sessions(NOW), queries.omni(True), queries.frozen(), queries.organization())
    yield from (queries.queues(["Q"]), queries.usernames(["u"]))
    yield from (record_queries.away(NOW), record_queries.business_hours(), record_queries.holidays())
    yield from (record_queries.skills(), record_queries.groups(), record_queries.links(), record_queries.roles())
    yield from record_queries.milestones(MilestoneRead(NOW))
    for name in WORK:
        yield history.owner_steps_query(name, [AN_ID], NOW)
        for kind, table, key in tables_of(name, {"status", "activity", "edit"}):
            yield signs.soql(SignAsk(kind, table, key, (AN_ID,), NOW))
        asked = [LookUp(name, AN_ID, kind, AN_ID) for kind in KINDS if (name, kind) != ("Opportunity", "same_email")]
        for question in looking_up._questions(asked):
            yield from question.queries


def queried() -> set[tuple[str, str]]:
    """(object, field) of all of them."""
    parsed = [parse(soql) for soql in built_queries()]
    return {(query.object, str(path)) for query in parsed for path in paths(query)}


def named_in_the_code() -> set[str]:
    """Objects that any query of the product names, those written out by hand as well."""
    code = [*(ROOT / "sfassign/salesforce").glob("*.py"), *(ROOT / "sfassign").glob("*_checks.py")]
    whole = "\n".join(path.read_text(encoding="utf-8") for path in code)
    return {*re.findall(r"\bFROM ([A-Z]\w+)", whole), *re.findall(r'\bAsk\(\s*"(\w+)"', whole)}


def test_every_object_that_is_queried_is_opened_and_nothing_else_is() -> None:
    asked = {*named_in_the_code(), *(name for name, _ in queried()), *WORK}
    assert asked - OPENED_BY.keys() == set()
    needed = with_dependencies({OPENED_BY[name] for name in asked} | {f"user {name}" for name in WRITING})
    assert needed - GRANTED == set(), "relied on and not granted"
    assert GRANTED - needed == set(), "granted and not relied on"


@pytest.mark.parametrize("name", SETS)
def test_every_permission_set_holds_what_its_rights_depend_on(name: str) -> None:
    assert with_dependencies(granted(name)) - granted(name) == set()


@pytest.mark.parametrize(("name", "meant"), BROAD.items())
def test_a_broad_set_holds_nothing_beyond_what_it_is_for(name: str, meant: set[str]) -> None:
    assert granted(name) == with_dependencies(meant)
    assert len(granted(name)) == 1 + 15
    assert "only together with fifteen others" in " ".join(GUIDE.split())


def test_owners_are_changed_on_work_alone_and_nothing_is_created_or_deleted() -> None:
    opened = objects(*SETS)
    assert {name for name, one in opened.items() if text(one, "allowEdit") == "true"} == set(WORK)
    for one in opened.values():
        assert (text(one, "allowRead"), text(one, "viewAllRecords")) == ("true", "true")
        assert {text(one, right) for right in ("allowCreate", "allowDelete", "modifyAllRecords")} == {"false"}


def test_fields_are_those_of_the_queries_and_of_the_example_policy() -> None:
    policy = read_policy((ROOT / "config/policy.yaml").read_text(encoding="utf-8"), "config/policy.yaml")
    read = queried() | {(name, field) for name in WORK for field in needed_fields(policy).objects[name]}
    read |= {(name, field) for name in WORK for field in name_fields(name)}
    read |= {(name, field) for name in WORK for kind in KINDS for field in fields_of(kind, name) if _has(name, field)}
    writes = {(group.object, name) for group in policy.groups if group.on_assigned for name in group.on_assigned.set}
    writes |= {("Task", field) for field in ("WhoId", "WhatId", "Description", "ActivityDate")}
    rows = list(permission_set("sfassign").iter(f"{NAMESPACE}fieldPermissions"))
    assert {text(one, "field") for one in rows} == {_dotted(one) for one in read | writes if _secured(*one)}
    editable = {text(one, "field") for one in rows if text(one, "editable") == "true"}
    assert editable == {_dotted(one) for one in writes if _secured(*one)}


def _dotted(one: tuple[str, str]) -> str:
    return ".".join(one)


def _has(name: str, field: str) -> bool:
    return Schema().object(name).has(field)


def _secured(name: str, field: str) -> bool:
    """Whether field-level security hides it until it is granted: of the objects with such, what need not be filled."""
    governed = {*WORK, "Account", "Contact", "Task", "Event"}
    if name not in governed or "." in field or f"{name}.{field}" in OPEN_TO_ALL:
        return False
    found = Schema().object(name).fields[field.lower()]
    return found.nillable or (found.type == "boolean" and found.updateable and name not in ("Task", "Event"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_can_be_read_by_the_metadata_api(path: Path) -> None:
    root = ElementTree.parse(path).getroot()  # noqa: S314 — our own
    names = [one.tag.removeprefix(NAMESPACE) for one in root]
    assert root.tag.startswith(NAMESPACE)
    assert [name for name, _ in groupby(names)] == sorted(set(names)), "in the order in which the CLI writes them"
    assert len(str(root.findtext(f"{NAMESPACE}description") or "")) <= 255


def test_files_stand_where_the_metadata_api_looks_for_them() -> None:
    assert {f"{path.parent.name}/*{''.join(path.suffixes)}" for path in FILES} == {
        "permissionsets/*.permissionset-meta.xml",
        "notificationtypes/*.notiftype-meta.xml",
        "externalClientApps/*.eca-meta.xml",
        "extlClntAppGlobalOauthSets/*.ecaGlblOauth-meta.xml",
        "extlClntAppOauthSettings/*.ecaOauth-meta.xml",
        "extlClntAppOauthPolicies/*.ecaOauthPlcy-meta.xml",
    }
    project = json.loads((FOLDER / "sfdx-project.json").read_text(encoding="utf-8"))
    assert [one["path"] for one in project["packageDirectories"]] == ["force-app"]


def test_the_notification_type_is_called_as_the_product_asks_for_it() -> None:
    path = SOURCE / f"notificationtypes/{NOTIFICATION_TYPE}.notiftype-meta.xml"
    root = ElementTree.parse(path).getroot()  # noqa: S314 — our own
    assert text(root, "customNotifTypeName") == NOTIFICATION_TYPE
    assert (text(root, "desktop"), text(root, "mobile")) == ("true", "true")


def test_the_app_logs_in_by_certificate_and_only_users_with_the_permission_set() -> None:
    parts = {path.parent.name: ElementTree.parse(path).getroot() for path in FILES}  # noqa: S314 — our own
    policies = parts["extlClntAppOauthPolicies"]
    assert text(policies, "permittedUsersPolicyType") == "AdminApprovedPreAuthorized"
    assert text(policies, "commaSeparatedPermissionSet") == "sfassign"
    linked = {text(root, "externalClientApplication") for name, root in parts.items() if name.startswith("extl")}
    assert linked == {"sfassign"}


def test_what_a_person_is_told_to_grant_is_in_the_permission_sets() -> None:
    told = [*RIGHTS.values(), *EDIT.values(), *TRANSFER.values(), RECORD_COUNTS]
    silent = [line for line in told if not any(name in line for name in SPOKEN)]
    assert silent == [RIGHTS["many_rows"], EDIT["Event"]], (
        "whoever can log in has API Enabled, and events follow an item only where a policy says so"
    )
    assert {SPOKEN[name] for name in SPOKEN} - GRANTED == set()
    named = {name for line in told for name in re.findall(r"permission set (\w+)", line)}
    assert named <= set(SETS)
    for line in told:
        for name in re.findall(r"permission set (\w+)", line):
            rights = {f"user {one}" for one in users(name)} | {f"object {one}" for one in objects(name)}
            assert {SPOKEN[spoken] for spoken in SPOKEN if spoken in line} <= rights


def test_the_broad_set_warns_of_itself() -> None:
    assert text(permission_set("sfassign_sessions"), "description").startswith("WARNING")
    assert "ManageUsers" not in users("sfassign", "sfassign_service")


def test_histories_are_opened_with_the_object_they_belong_to() -> None:
    assert {OPENED_BY[history_of(name)[0]] for name in WORK} == {f"object {name}" for name in WORK}
