"""Which fields a policy needs, and what of it an org does not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfassign.policy import against_org, needed_fields, read_policy, type_policy
from sfassign.policy.org import Describe
from sfassign.ports import FieldShape, ObjectShape

WHOLE = (Path(__file__).parent / "whole_file.yaml").read_text(encoding="utf-8")
EXAMPLE = (Path(__file__).parents[2] / "config/policy.yaml").read_text(encoding="utf-8")


def field(name: str, *references: str, filterable: bool = True, updateable: bool = True) -> FieldShape:
    relationship = name.removesuffix("Id") if references else None
    kind = "reference" if references else "string"
    return FieldShape(name, kind, filterable, updateable, False, relationship, references)


def shape(name: str, *fields: FieldShape) -> ObjectShape:
    return ObjectShape(name, {each.name.lower(): each for each in (field("Id", updateable=False), *fields)})


ORG = {
    "lead": shape(
        "Lead",
        field("OwnerId", "Group", "User"),
        field("IsConverted"),
        field("Status"),
        field("Rating"),
        field("Country"),
        field("Description", filterable=False),
        field("CreatedDate", updateable=False),
        field("CampaignId", "Campaign"),
    ),
    "opportunity": shape(
        "Opportunity", field("OwnerId", "User"), field("IsClosed"), field("IsWon"), field("AccountId", "Account")
    ),
    "account": shape("Account", field("OwnerId", "User"), field("Industry"), field("Score", filterable=False)),
    "user": shape(
        "User",
        field("Username"),
        field("Department"),
        field("UserRoleId", "UserRole"),
        field("ManagerId", "User"),
        field("AboutMe", filterable=False),
        field("Lead_Quota__c"),
    ),
    "userrole": shape("UserRole", field("Name")),
    "contact": shape("Contact", field("Name")),
    "log__c": shape("Log__c", field("Name")),
}


def describe(name: str) -> ObjectShape | None:
    return ORG.get(name.lower())


def policy_text(source: str = "Owner.Name = 'Q'", object_name: str = "Lead", more: str = "") -> str:
    return (
        "version: 1\n"
        "groups:\n"
        "  - name: Web leads\n"
        f"    object: {object_name}\n"
        f'    source: "{source}"\n'
        "    members: \"UserRole.Name = 'SDR'\"\n" + more
    )


def said(text: str, asked: Describe = describe) -> list[str]:
    found = against_org(type_policy(text, "p.yaml"), asked, "p.yaml", text)
    return [str(finding).removeprefix("p.yaml:") for finding in found]


MAY_BE = "cannot be asked: 'Owner' may be a Group or User in group 'Web leads'"
UNSEEN = "or this login may not see it in group 'Web leads'"
SOURCES = [
    ("Sttus = 'New'", f"14: Lead has no field 'Sttus', {UNSEEN}; did you mean 'Status'?"),
    ("Status = 'x' AND Description = 'y'", "31: the org cannot filter by 'Description' of Lead (string)"),
    (
        "Onwer.Name = 'Q'",
        "14: Lead has no relationship 'Onwer' (Onwer.Name) in group 'Web leads'; did you mean 'Owner'?",
    ),
    ("Owner.Department = 'Q'", f"14: 'Owner.Department' {MAY_BE}"),
    ("Owner.Manager.Name = 'Q'", f"14: 'Owner.Manager.Name' {MAY_BE}"),
    ("Owner.UserRole.Nam = 'Q'", f"14: UserRole has no field 'Nam', {UNSEEN}; did you mean 'Name'?"),
    ("Campaign.Name = 'Q'", "14: the org does not show what 'Campaign' of Lead leads to (Campaign.Name)"),
    ("A.B.C.D.E.F.Name = 'Q'", "14: 'A.B.C.D.E.F.Name' goes up more than 5 levels in group 'Web leads'"),
]


@pytest.mark.parametrize(("source", "finding"), SOURCES, ids=[source for source, _ in SOURCES])
def test_a_field_the_org_does_not_have_is_told_at_its_place(source: str, finding: str) -> None:
    (found,) = said(policy_text(source))
    assert found.startswith(f"5:{finding}")


@pytest.mark.parametrize(
    ("source", "object_name"),
    [
        ("owner.name = 'Q' AND OWNERID != null", "Lead"),
        ("Owner.Type = 'Queue' OR Owner.UserRole.Name = 'SDR' OR Owner.NameOrAlias = 'q'", "Lead"),
        ("Owner.Department = 'Intake' AND Owner.Manager.Department = 'Sales'", "Opportunity"),
        ("Owner.Username = 'a' AND Account.Industry = 'Energy' AND Account.Owner.Department = null", "Opportunity"),
    ],
)
def test_paths_that_the_org_can_follow_are_no_finding(source: str, object_name: str) -> None:
    assert said(policy_text(source, object_name)) == []


def test_a_parents_field_must_be_filterable_too() -> None:
    (finding,) = said(policy_text("Owner.Username = 'a' AND Account.Score = 'x'", "Opportunity"))
    assert finding.startswith("5:39: the org cannot filter by 'Score' of Account")


@pytest.mark.parametrize(
    ("key", "condition", "finding"),
    [
        ("success", "Description = 'won'", "2:28: the org cannot filter by 'Description' of Lead (string)"),
        ("closed", "Won__c = true", "2:27: Lead has no field 'Won__c', or this login may not see it"),
    ],
)
def test_what_is_won_and_closed_must_be_something_the_org_can_count(key: str, condition: str, finding: str) -> None:
    (found,) = said(
        f'version: 1\nobjects: {{Lead: {{{key}: "{condition}"}}}}' + policy_text().removeprefix("version: 1")
    )
    assert found.startswith(finding)


def test_fields_of_users_are_checked_wherever_they_are_named() -> None:
    more = (
        "    match:\n      - {item: Country, member: Contry__c, required: true}\n"
        "      - {item: Nation__c, member: skills, required: true}\n"
        "    quota: {field: Lead_Qota__c}\n"
        "people:\n  - {user: \"AboutMe = 'x'\", weight: {field: Nope__c}}\n"
    )
    assert [finding.split(", or")[0].split(" in ")[0] for finding in said(policy_text(more=more))] == [
        "8:33: User has no field 'Contry__c'",
        "9:16: Lead has no field 'Nation__c'",
        "10:20: User has no field 'Lead_Qota__c'",
        "12:13: the org cannot filter by 'AboutMe' of User (string)",
        "12:45: User has no field 'Nope__c'",
    ]


def test_a_field_that_is_matched_or_a_limit_need_not_be_filterable() -> None:
    assert said(policy_text(more="    match: [{item: Description, member: AboutMe, required: true}]\n")) == []


def test_a_field_that_is_written_must_be_writable() -> None:
    more = "    on_assigned: {set: {Status: Assigned, CreatedDate: '{now}', Nope: 1}}\n"
    found = said(policy_text(more=more))
    assert [finding.split(" in ")[0].split(", or")[0] for finding in found] == [
        "7:43: 'CreatedDate' of Lead cannot be written",
        "7:65: Lead has no field 'Nope'",
    ]


@pytest.mark.parametrize(
    ("object_name", "finding"),
    [
        ("Nope__c", "4:13: the org has no object 'Nope__c', or this login may not see it (expected: the API name "),
        ("contact", "4:13: the org calls this object 'Contact'; did you mean 'Contact'? (expected: Contact)"),
        ("Log__c", "4:13: records of 'Log__c' have no owner (expected: an object with OwnerId)"),
    ],
)
def test_an_object_the_org_does_not_have_is_told_once(object_name: str, finding: str) -> None:
    text = policy_text("Name = 'x'", object_name, f'objects: {{{object_name}: {{active: "Name != null"}}}}\n')
    found = said(text)
    assert len(found) == 1
    assert found[0].startswith(finding.replace("4:13", "7:11"))


def test_an_object_that_only_a_group_names_is_told_there() -> None:
    (finding,) = said(policy_text(object_name="Lead"), lambda name: None if name == "Lead" else describe(name))
    assert finding.startswith("4:13: the org has no object 'Lead'")


def test_each_object_is_described_once() -> None:
    asked: list[str] = []

    def counting(name: str) -> ObjectShape | None:
        asked.append(name)
        return describe(name)

    said(policy_text("Owner.UserRole.Name = 'a' AND Owner.UserRole.Id = 'b' AND Status = 'x'"), counting)
    assert sorted(asked) == ["Lead", "User", "UserRole"]


def test_without_the_text_findings_stand_at_the_start() -> None:
    policy = read_policy(policy_text("Sttus = 'New' AND OwnerId = null"), "p.yaml")
    (finding,) = against_org(policy, describe, "p.yaml")
    assert (finding.line, finding.column) == (1, 1)


def test_the_fields_that_a_poll_reads() -> None:
    needed = needed_fields(type_policy(WHOLE, "policy.yaml"))
    assert dict(needed.objects) == {
        "Lead": (
            "AnnualRevenue",
            "Company",
            "Country",
            "Email",
            "IsConverted",
            "Language__c",
            "LeadSource",
            "Needs_Review__c",
            "NumberOfEmployees",
            "Owner.Name",
            "Phone",
            "Product__c",
            "Rating",
            "Review_Reason__c",
            "SlaExitDate",
            "Status",
        ),
        "Case": ("IsClosed",),
        "Opportunity": ("IsClosed",),
    }
    assert needed.user == ("Languages__c", "Max_Deal__c", "Territory__c", "UserRole.Name", "Workload__c")


def test_a_field_is_read_once_whatever_its_capitals_and_not_for_disabled_groups() -> None:
    text = policy_text("owner.name = 'Q' AND Owner.Name != 'R'") + (
        "  - {name: B, enabled: false, object: Lead, source: \"Owner.Alias = 'x'\", members: \"Department = 'y'\"}\n"
    )
    needed = needed_fields(read_policy(text, "p.yaml"))
    assert dict(needed.objects) == {"Lead": ("IsConverted", "owner.name")}
    assert needed.user == ("UserRole.Name",)


def test_the_example_of_the_product_names_what_it_needs() -> None:
    needed = needed_fields(read_policy(EXAMPLE, "policy.yaml"))
    assert needed.objects["Opportunity"] == ("Amount", "IsClosed", "Owner.Username")
    assert needed.user == ("IsActive", "UserRole.Name")


EVERYTHING = {
    "lead": shape("Lead", field("OwnerId", "Group", "User"), field("IsConverted"), field("Company"), field("Email")),
    "case": shape(
        "Case",
        *(field("OwnerId", "Group", "User"), field("IsClosed"), field("AccountId", "Account")),
        *(field("SuppliedEmail"), field("ContactEmail")),
    ),
    "opportunity": ORG["opportunity"],
    "ticket__c": shape("Ticket__c", field("OwnerId", "Group", "User"), field("Open__c")),
    "account": shape("Account", field("OwnerId", "User"), field("Name")),
    "contact": shape("Contact", field("OwnerId", "User"), field("Email")),
    "leadhistory": shape("LeadHistory", field("LeadId", "Lead"), field("Field"), field("OldValue", filterable=False)),
    "casehistory": shape("CaseHistory", field("CaseId", "Case"), field("Field"), field("OldValue", filterable=False)),
    "opportunityfieldhistory": shape(
        "OpportunityFieldHistory", field("OpportunityId", "Opportunity"), field("Field"), field("OldValue")
    ),
    "user": ORG["user"],
    "userrole": ORG["userrole"],
}
TICKET = '\nobjects: {Ticket__c: {active: "Open__c = true"}}\n'


def preferring(name: str, *kinds: str, without: str = "", more: str = "") -> list[str]:
    """What is found of a policy of this object that prefers so, in an org without one object or `object.field`."""
    gone, _, lost = without.partition(".")

    def seen(asked: str) -> ObjectShape | None:
        found = None if asked.lower() == gone and not lost else EVERYTHING.get(asked.lower())
        if found is None or asked.lower() != gone:
            return found
        return ObjectShape(found.name, {key: one for key, one in found.fields.items() if key != lost})

    return said(policy_text("OwnerId != null", name, f"    prefer: [{', '.join(kinds)}]\n{more}"), seen)


ALL = ("account_owner", "previous_owner", "same_email")


@pytest.mark.parametrize(
    ("name", "kinds"), [("Lead", ALL), ("Case", ALL), ("Opportunity", ("account_owner", "previous_owner"))]
)
def test_what_an_object_has_can_be_preferred_by(name: str, kinds: tuple[str, ...]) -> None:
    assert preferring(name, *kinds) == []


@pytest.mark.parametrize(
    ("name", "kind", "field_name"),
    [
        ("Opportunity", "same_email", "Email"),
        ("Ticket__c", "account_owner", "AccountId"),
        ("Ticket__c", "same_email", "Email"),
    ],
)
def test_an_object_without_the_field_can_never_name_anybody(name: str, kind: str, field_name: str) -> None:
    (finding,) = preferring(name, kind, more=TICKET if name == "Ticket__c" else "")
    assert finding.startswith(
        f"7:14: '{kind}' goes by the field '{field_name}', which {name} does not have, or this login may not see in"
        f" group 'Web leads' › prefer"
    )


@pytest.mark.parametrize(
    ("kind", "without", "what", "instead"),
    [
        ("account_owner", "account", "Account", "items go by rank"),
        ("account_owner", "account.ownerid", "Account.OwnerId", "items go by rank"),
        ("previous_owner", "leadhistory", "LeadHistory", "our own journal alone says who had an item before"),
        ("same_email", "contact.email", "Contact.Email", "items go by rank"),
    ],
)
def test_records_that_cannot_be_asked_are_a_warning(kind: str, without: str, what: str, instead: str) -> None:
    (finding,) = preferring("Lead", kind, without=without)
    assert finding == (
        f"7:14: warning: '{kind}' asks {what}, which the org does not have, or this login may not see; {instead} in"
        f" group 'Web leads' › prefer (expected: read access to {what})"
    )


def test_the_fields_an_item_is_looked_up_by_are_read_with_it() -> None:
    text = policy_text("OwnerId != null", "Case", "    prefer: [same_email, account_owner, previous_owner]\n")
    needed = needed_fields(read_policy(text, "p.yaml"))
    assert needed.objects["Case"] == ("AccountId", "ContactEmail", "IsClosed", "OwnerId", "SuppliedEmail")


BY_MILESTONE = """version: 1
objects: {Case: {score: {deadline: {field: milestone, within: 2h, add: 100}}}}
groups: [{name: A, object: Case, source: "Owner.Name = 'Q'", members: "Department = 'x'"}]
"""
CASE = shape("Case", field("OwnerId", "Group", "User"), field("IsClosed"))
MILESTONE = ("CaseId", "TargetDate", "IsCompleted", "SystemModstamp")


def with_milestones(*fields: str) -> Describe:
    known = ORG | {"case": CASE} | ({"casemilestone": shape("CaseMilestone", *map(field, fields))} if fields else {})
    return lambda name: known.get(name.lower())


def test_an_org_without_entitlements_is_a_warning_with_what_to_do() -> None:
    assert said(BY_MILESTONE, with_milestones()) == [
        "2:44: warning: the org does not show the object CaseMilestone: no milestone raises a score (expected: "
        "Entitlement Management switched on and readable for this login, or a date or date/time field of the object)"
    ]


def test_a_hidden_field_of_milestones_is_named() -> None:
    (found,) = said(BY_MILESTONE, with_milestones("CaseId", "SystemModstamp"))
    assert "the fields TargetDate, IsCompleted of CaseMilestone" in found


def test_milestones_that_can_be_read_are_no_finding() -> None:
    assert said(BY_MILESTONE, with_milestones(*MILESTONE)) == []
    assert needed_fields(read_policy(BY_MILESTONE, "p.yaml")).objects == {"Case": ("IsClosed", "Owner.Name")}
