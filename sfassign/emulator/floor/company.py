"""Puts the company into an empty org: roles, profiles, users, queues, presence statuses, custom fields, customers.

Called once by `build_floor`. Everything existed before the simulation starts, so it is stamped two years earlier.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sfassign.emulator.floor import items
from sfassign.emulator.floor.chance import stream
from sfassign.emulator.floor.desk import Desk
from sfassign.emulator.floor.items import Customer
from sfassign.emulator.floor.names import COMPANY_DOMAIN
from sfassign.emulator.floor.people import LANGUAGES, MANAGER_ROLES, PRODUCTS, TERRITORIES, Person, Standing, Team, cast
from sfassign.emulator.floor.shifts import Doing

INTAKE = f"intake@{COMPANY_DOMAIN}"
QUEUES = {"Lead": "Web Leads", "Case": "Support Queue"}
CUSTOMER_COUNT = 120
AGE = dt.timedelta(days=730)
STATUS_LABELS = {
    "Available": "Available",
    "Available_Cases": "Available - Cases",
    "Lunch": "Lunch",
    "On_Break": "On a Break",
    "Meeting_Training": "Meeting / Training",
}
BUSY_STATUSES = {Doing.LUNCH: "Lunch", Doing.BREAK: "On_Break", Doing.MEETING: "Meeting_Training"}
PROFILE_OF = {
    Team.SALES_DEVELOPMENT: "Sales User",
    Team.ACCOUNT_EXECUTIVES: "Sales User",
    Team.SUPPORT: "Support User",
    Team.OPERATIONS: "Operations User",
}


@dataclass(frozen=True, slots=True)
class Company:
    """Who is who in the org. `owners` are the queue or user that new items of an object wait with."""

    people: tuple[Person, ...]
    user_ids: Mapping[int, str]
    intake_id: str
    owners: Mapping[str, str]
    status_ids: Mapping[str, str]
    customers: tuple[Customer, ...]

    @property
    def people_by_id(self) -> dict[str, Person]:
        return {self.user_ids[person.number]: person for person in self.people}


def found(desk: Desk, seed: int, now: dt.datetime) -> Company:
    """Set the company up in an org that has nothing but its schema and administrator."""
    at = now - AGE
    organization = {"Name": "Acme", "TimeZoneSidKey": "Europe/London"}
    desk.update("Organization", desk.org.org_id, organization, by=desk.org.admin_id, at=at)
    _add_fields(desk)
    people = cast(seed)
    user_ids, intake_id = _add_users(desk, people, at)
    queues = {name: _add_queue(desk, name, _members(name, people, user_ids), at) for name in QUEUES}
    return Company(
        people=people,
        user_ids=user_ids,
        intake_id=intake_id,
        owners=queues | {"Opportunity": intake_id},
        status_ids=_add_statuses(desk, at),
        customers=_add_customers(desk, seed, people, user_ids, now),
    )


def _add_fields(desk: Desk) -> None:
    add = desk.org.add_field
    add("User", name="Languages__c", type="multipicklist", values=LANGUAGES)
    add("User", name="Products__c", type="multipicklist", values=PRODUCTS)
    add("User", name="Max_Deal__c", type="currency")
    add("User", name="Territory__c", type="multipicklist", values=TERRITORIES)
    for name in ("Lead", "Case"):
        add(name, name="Language__c", type="picklist", values=LANGUAGES)
        add(name, name="Product__c", type="picklist", values=PRODUCTS)


def _add_users(desk: Desk, people: tuple[Person, ...], at: dt.datetime) -> tuple[dict[int, str], str]:
    admin = desk.org.admin_id
    profiles = {
        name: desk.insert("Profile", {"Name": name, "UserType": "Standard"}, by=admin, at=at)
        for name in sorted({*PROFILE_OF.values(), "Integration User"})
    }
    roles = _add_roles(desk, people, at)
    ids: dict[int, str] = {}
    for person in people:
        fields = {
            **_user_fields(person),
            "ProfileId": profiles[PROFILE_OF[person.team]],
            "UserRoleId": roles[person.role],
            "ManagerId": None if person.manager is None else ids[person.manager],
        }
        ids[person.number] = desk.insert("User", fields, by=admin, at=at)
        login = {"UserId": ids[person.number], "IsFrozen": person.standing is Standing.FROZEN}
        desk.insert("UserLogin", login, by=admin, at=at)
    name = {"FirstName": "Web", "LastName": "Intake", "Username": INTAKE, "Email": INTAKE, "Alias": "intake"}
    zone = {"TimeZoneSidKey": "Europe/London", "ProfileId": profiles["Integration User"]}
    intake = desk.insert("User", name | zone, by=admin, at=at)
    desk.insert("UserLogin", {"UserId": intake}, by=admin, at=at)
    return ids, intake


def _user_fields(person: Person) -> dict[str, object]:
    return {
        "FirstName": person.first_name,
        "LastName": person.last_name,
        "Username": person.username,
        "Email": person.username,
        "Alias": f"{person.first_name[0]}{person.last_name}"[:8].lower(),
        "CommunityNickname": f"{person.first_name}.{person.last_name}".lower(),
        "Title": person.role,
        "Department": person.team.value,
        "TimeZoneSidKey": person.timezone,
        "IsActive": person.standing is not Standing.LEFT,
        "Languages__c": ";".join(person.languages),
        "Products__c": ";".join(person.products),
        "Max_Deal__c": person.max_deal,
        "Territory__c": ";".join(person.territories),
    }


def _add_roles(desk: Desk, people: tuple[Person, ...], at: dt.datetime) -> dict[str, str]:
    """One UserRole per role, each below its team's manager, the managers below the chief."""
    ids: dict[str, str] = {}
    for person in people:
        if person.role not in ids:
            above = MANAGER_ROLES[person.team]
            parent = above if above in ids else MANAGER_ROLES[Team.OPERATIONS]
            fields = {
                "Name": person.role,
                "DeveloperName": person.role.replace(" ", "_"),
                "ParentRoleId": ids.get(parent),
            }
            ids[person.role] = desk.insert("UserRole", fields, by=desk.org.admin_id, at=at)
    return ids


def _members(sobject: str, people: tuple[Person, ...], user_ids: Mapping[int, str]) -> list[str]:
    team = Team.SALES_DEVELOPMENT if sobject == "Lead" else Team.SUPPORT
    at_work = [one for one in people if one.takes_items and one.standing is Standing.EMPLOYED]
    return [user_ids[one.number] for one in at_work if one.team is team]


def _add_queue(desk: Desk, sobject: str, members: Iterable[str], at: dt.datetime) -> str:
    admin, label = desk.org.admin_id, QUEUES[sobject]
    fields = {"Name": label, "DeveloperName": label.replace(" ", "_"), "Type": "Queue"}
    queue = desk.insert("Group", fields, by=admin, at=at)
    desk.insert("QueueSobject", {"QueueId": queue, "SobjectType": sobject}, by=admin, at=at)
    rows = [{"GroupId": queue, "UserOrGroupId": member, "SystemModstamp": at} for member in members]
    desk.insert_many("GroupMember", rows, by=admin)
    return queue


def _add_statuses(desk: Desk, at: dt.datetime) -> dict[str, str]:
    return {
        name: desk.insert(
            "ServicePresenceStatus", {"DeveloperName": name, "MasterLabel": label}, by=desk.org.admin_id, at=at
        )
        for name, label in STATUS_LABELS.items()
    }


def _add_customers(
    desk: Desk, seed: int, people: tuple[Person, ...], user_ids: Mapping[int, str], now: dt.datetime
) -> tuple[Customer, ...]:
    """Accounts, shared out over the account executives, each with one contact."""
    owners = [user_ids[one.number] for one in people if one.role == "Account Executive"]
    accounts: list[dict[str, object]] = []
    contacts: list[dict[str, object]] = []
    for number in range(CUSTOMER_COUNT):
        chance = stream(seed, "customer", number)
        made = now - dt.timedelta(days=chance.randrange(60, 700), seconds=chance.randrange(86_400))
        stamps = {"CreatedDate": made, "LastModifiedDate": made, "SystemModstamp": made}
        owned = {"OwnerId": owners[number % len(owners)], **stamps}
        accounts.append(items.account(chance) | owned)
        contacts.append(items.contact(chance, str(accounts[-1]["Name"])) | owned)
    account_ids = desk.insert_many("Account", accounts, by=desk.org.admin_id)
    linked = [row | {"AccountId": account_id} for row, account_id in zip(contacts, account_ids, strict=True)]
    contact_ids = desk.insert_many("Contact", linked, by=desk.org.admin_id)
    return tuple(
        Customer(account_id, contact_id, str(one["Name"]), str(one["BillingCountry"]), str(two["Email"]))
        for account_id, contact_id, one, two in zip(account_ids, contact_ids, accounts, contacts, strict=True)
    )
