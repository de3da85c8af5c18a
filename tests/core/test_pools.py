"""Who is in a queue or a public group, through every nesting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfassign.core.policy import Members
from sfassign.core.pools import pool_troubles, resolve, users_of
from sfassign.core.records import Directory, GroupRecord, LinkRecord, OrgRecords, Pool, RoleRecord
from tests.core.world import group, member, policy, user_id

UNDER = policy(group("Web leads", Members(queue="Web Leads")))
WEB = GroupRecord("00G-web", "Web Leads", "Web_Leads", "Queue", None)
ALICE, BOB, CAROL = (user_id(name) for name in ("alice", "bob", "carol"))


def directory(*links: tuple[str, str], groups: tuple[GroupRecord, ...] = (), roles: str = "") -> Directory:
    """`roles` as `child<parent` pairs; one written `*child` is a portal role."""
    tree = [pair.partition("<") for pair in roles.split()]
    made = tuple(RoleRecord(child.strip("*"), parent or None, child.startswith("*")) for child, _, parent in tree)
    return Directory((WEB, *groups), tuple(LinkRecord(*link) for link in links), made)


def pool(found: Directory) -> Pool:
    return resolve(UNDER, found)[0]


@pytest.mark.parametrize(
    ("kind", "roles"),
    [
        ("Role", {"boss"}),
        ("RoleAndSubordinates", {"boss", "lead", "rep", "partner"}),
        ("RoleAndSubordinatesInternal", {"boss", "lead", "rep"}),
    ],
)
def test_a_role_in_a_queue_brings_those_below_it_where_it_says_so(kind: str, roles: set[str]) -> None:
    role = GroupRecord("00G-role", "", None, kind, "boss")
    tree = "boss< lead<boss rep<lead *partner<rep other<"
    assert pool(directory(("00G-web", "00G-role"), groups=(role,), roles=tree)).roles == roles


def test_users_belong_by_themselves_or_by_their_role() -> None:
    found = Pool("Web leads", frozenset({ALICE}), frozenset({"rep"}))
    members = [member("alice"), member("bob", values={"userroleid": "rep"}), member("carol")]
    assert users_of([found], members) == {"Web leads": {ALICE, BOB}}


def test_the_developer_name_wins_over_the_label_and_two_of_one_label_are_nobodys() -> None:
    other = GroupRecord("00G-other", "web_leads", "Other", "Queue", None)
    twin = GroupRecord("00G-twin", "Web Leads", "Twin", "Queue", None)
    by_name = policy(group("Web leads", Members(queue="web_LEADS")))
    links = ("00G-web", ALICE), ("00G-other", BOB)
    assert resolve(by_name, directory(*links, groups=(other,)))[0].users == {ALICE}
    found = pool(directory(*links, groups=(twin,)))
    assert (found.users, found.troubles) == (
        frozenset(),
        ("group 'Web leads' has no members: the org has 2 of the kind queue 'Web Leads'; write the developer name",),
    )


def test_a_queue_is_no_public_group() -> None:
    under = policy(group("Web leads", Members(public_group="Web Leads")))
    (found,) = resolve(under, directory(("00G-web", ALICE)))
    assert found.users == frozenset()
    assert pool_troubles(under, OrgRecords(pools=(found,))) == (
        "group 'Web leads' has no members: the org has no public group 'Web Leads'",
    )


def test_a_group_that_was_never_resolved_has_no_members_and_says_so() -> None:
    assert pool_troubles(UNDER, OrgRecords()) == ("group 'Web leads' has no members: groups were not read",)
    assert pool(Directory((WEB,))).troubles == ("group 'Web leads': group members, roles could not be read",)


nested = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8)), max_size=20)


@given(nested)
def test_everybody_that_can_be_reached_belongs_however_groups_are_nested(links: list[tuple[int, int]]) -> None:
    """Groups 0 (the queue) to 5 may hold each other in any circle; 6 to 8 are users."""
    names = {0: "00G-web", **{n: f"00G-{n}" for n in range(1, 6)}, 6: ALICE, 7: BOB, 8: CAROL}
    groups = tuple(GroupRecord(names[n], f"g{n}", None, "Regular", None) for n in range(1, 6))
    found = pool(directory(*((names[a], names[b]) for a, b in links), groups=groups))
    reached = {0}
    for _ in range(6):
        reached |= {b for a, b in links if a in reached}
    assert found.users == {names[n] for n in reached if n >= 6}
