"""What `check` says of who may be a member: groups that have nobody, and names that no user of the org has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from sfassign.core.membership import unknown_names
from sfassign.core.model import Member
from sfassign.core.policy import Group, Policy
from sfassign.core.pools import pool_name
from sfassign.core.records import Pool
from sfassign.finding import Check
from sfassign.name_hints import USERNAMES, did_you_mean, likest
from sfassign.ports import Unreadable, UserRow
from sfassign.reading import Reading
from sfassign.rights import RIGHTS
from sfassign.salesforce import Ask, SalesforceOrg
from sfassign.soql import literal, parse_condition

WHAT = "members"
NAMES_PER_QUERY = 200


def member_findings(
    org: SalesforceOrg, reading: Reading, users: Sequence[UserRow], pools: Sequence[Pool], now: dt.datetime
) -> Iterator[Check]:
    """`users` are those who may be members. `now` is the org's clock. Raises an OrgError."""
    policy, groups = reading.policy, reading.membership(users, pools, now)
    listed = unknown_names(policy, (user.username for user in users))
    people = _people(policy, users)
    unknown = _not_in_org(org, people)
    if isinstance(unknown, Unreadable):
        said = f"the users under `people` could not be looked up: {unknown.code}: {unknown.message}"
        yield Check(WHAT, "warning", said, RIGHTS["users"])
        unknown = ()
    likes = likest(org, (*(name for names in listed.values() for name in names), *unknown), USERNAMES)
    for name, missing in listed.items():
        for username in missing:
            said = f"group '{name}' lists '{username}', but no user of the org has this Username"
            yield Check(WHAT, "warning", said, f"{did_you_mean(username, likes)}mend `members`, or take the line out")
    for username in unknown:
        said = f"`people` names '{username}', but no user of the org has this Username"
        yield Check(WHAT, "warning", said, f"{did_you_mean(username, likes)}mend `people`, or take the entry out")
    yield from _counts(policy, groups, pools, praised=not listed)


def _counts(
    policy: Policy, groups: Mapping[str, Sequence[Member]], pools: Sequence[Pool], *, praised: bool
) -> Iterator[Check]:
    """A group without anybody holds on to every item its source takes."""
    empty = [found for group in policy.enabled_groups if (found := _empty(group, groups[group.name], pools))]
    yield from empty
    if not empty and praised:
        everybody = {member.id for members in groups.values() for member in members if member.id}
        yield Check("people", "ok", f"{len(everybody)} user{'' if len(everybody) == 1 else 's'} may be members")


def _empty(group: Group, members: Sequence[Member], pools: Sequence[Pool]) -> Check | None:
    """What keeps a queue's or public group's own members from being found is told with the org's records."""
    known = {pool.group: pool for pool in pools}
    if pool_name(group) is not None and (group.name not in known or known[group.name].troubles):
        return None
    if any(member.is_active for member in members):
        return None
    there = [member for member in members if member.id]
    said = f"group '{group.name}' has no active member" if there else f"group '{group.name}' has no member"
    mend = "compare `members` with the org's users, roles and queues"
    return Check(WHAT, "warning", f"{said}: nothing of it is assigned to anybody", mend)


def _people(policy: Policy, users: Sequence[UserRow]) -> tuple[str, ...]:
    """Usernames under `people` that are not among those who may be members."""
    known = {user.username.lower() for user in users}
    named = dict.fromkeys(one.username for one in policy.people if one.username is not None)
    return tuple(name for name in named if name.lower() not in known)


def _not_in_org(org: SalesforceOrg, names: Sequence[str]) -> tuple[str, ...] | Unreadable:
    found: set[str] = set()
    parts = [names[start : start + NAMES_PER_QUERY] for start in range(0, len(names), NAMES_PER_QUERY)]
    asks = [
        Ask("User", parse_condition(f"Username IN {literal(list(some))}"), ("Username",), len(some)) for some in parts
    ]
    for told in org.ask(asks):
        if isinstance(told, Unreadable):
            return told
        found |= {str(row["username"]).lower() for row in told}
    return tuple(name for name in names if name.lower() not in found)
