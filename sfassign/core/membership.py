"""Who is in each group, in list order. The sync asks in order to let people join a rotation, the engine to decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from sfassign.core.model import Member
from sfassign.core.policy import ListedMember, Policy
from sfassign.core.reading import condition_test, user_record

NOBODY_SUCH = ""
"""The Id of a listed user who does not exist: kept in the list so that explanations name them."""


def membership(
    policy: Policy,
    members: Iterable[Member],
    now: dt.datetime,
    org_timezone: str,
    pools: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Mapping[str, tuple[Member, ...]]:
    """Every enabled group's members by its name: in the order of its list, otherwise by Username.

    A listed Username that no user has stands as an inactive Member whose `id` is NOBODY_SUCH. `pools` are the user
    Ids of the groups whose members are a queue or a public group, by the group's name.
    """
    everyone = sorted(members, key=lambda member: (member.username.lower(), member.id))
    by_username = {member.username.lower(): member for member in reversed(everyone)}
    found = {}
    for group in policy.enabled_groups:
        if group.members.listed is not None:
            found[group.name] = _listed(group.members.listed, by_username)
        elif group.members.condition is not None:
            holds = condition_test(group.members.condition, policy, org_timezone)
            found[group.name] = tuple(member for member in everyone if holds(user_record(member), now))
        else:
            pool = pools.get(group.name, frozenset())
            found[group.name] = tuple(member for member in everyone if member.id in pool)
    return found


def unknown_names(policy: Policy, usernames: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """By enabled group the Usernames its members are listed by that are none of these, as far as there are any."""
    known = {username.lower() for username in usernames}
    found = {
        group.name: tuple(
            dict.fromkeys(one.username for one in group.members.listed or () if one.username.lower() not in known)
        )
        for group in policy.enabled_groups
    }
    return {name: missing for name, missing in found.items() if missing}


def unknown_users(policy: Policy, members: Iterable[Member]) -> tuple[str, ...]:
    """The same in a sentence for each group. `members` are all users that were read."""
    missing = unknown_names(policy, (member.username for member in members))
    return tuple(f"group '{name}' lists {', '.join(names)}: no such user" for name, names in missing.items())


def _listed(listed: tuple[ListedMember, ...], by_username: Mapping[str, Member]) -> tuple[Member, ...]:
    names = {one.username.lower(): one.username for one in reversed(listed)}
    order = dict.fromkeys(one.username.lower() for one in listed)
    return tuple(by_username.get(name) or _nobody(names[name]) for name in order)


def _nobody(username: str) -> Member:
    return Member(id=NOBODY_SUCH, username=username, name=username, is_active=False, timezone="UTC")
