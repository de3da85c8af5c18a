"""Members by queue or public group: from the org's groups and roles to users, through every nesting.

The gatherer works a `Pool` out whenever it read groups or roles again; what it keeps is small, and users move in and
out of a pool by their role. A name the org does not have, and a kind of member we cannot resolve, are troubles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sfassign.core.model import Member
from sfassign.core.policy import Group, Policy
from sfassign.core.records import Directory, GroupRecord, OrgRecords, Pool

QUEUE, PUBLIC_GROUP = "Queue", "Regular"
ROLE_FIELD = "UserRoleId"
"""The field of User that members of a role are found by."""

_KEY_OF_USERS = "005"
_ROLE, _BELOW, _BELOW_INTERNAL = "Role", "RoleAndSubordinates", "RoleAndSubordinatesInternal"


def by_pool(policy: Policy) -> tuple[Group, ...]:
    """The enabled groups whose members are a queue or a public group."""
    return tuple(group for group in policy.enabled_groups if pool_name(group) is not None)


def pool_name(group: Group) -> str | None:
    return group.members.queue or group.members.public_group


def resolve(policy: Policy, directory: Directory) -> tuple[Pool, ...]:
    """A Pool for every such group."""
    groups = by_pool(policy)
    if not groups:
        return ()
    tree = _Tree(directory)
    return tuple(tree.pool(group) for group in groups)


def users_of(pools: Iterable[Pool], members: Iterable[Member]) -> Mapping[str, frozenset[str]]:
    """The user Ids of each pool's group."""
    people = [(member.id, member.values.get(ROLE_FIELD.lower())) for member in members]
    return MappingProxyType(
        {
            pool.group: frozenset(user for user, role in people if user in pool.users or role in pool.roles)
            for pool in pools
        }
    )


def pool_troubles(policy: Policy, records: OrgRecords) -> tuple[str, ...]:
    """What stands in the way of finding the members of some group."""
    known = {pool.group: pool for pool in records.pools or ()}
    found: list[str] = []
    for group in by_pool(policy):
        pool = known.get(group.name)
        said = (f"group '{group.name}' has no members: groups were not read",) if pool is None else pool.troubles
        found += said
    return tuple(dict.fromkeys(found))


class _Tree:
    """The org's groups, as far as they were read."""

    def __init__(self, directory: Directory) -> None:
        self._unread = [
            name
            for name, read in (
                ("groups", directory.groups),
                ("group members", directory.links),
                ("roles", directory.roles),
            )
            if read is None
        ]
        self._groups = {group.id: group for group in directory.groups or ()}
        self._members: defaultdict[str, list[str]] = defaultdict(list)
        for link in directory.links or ():
            self._members[link.group].append(link.member)
        self._below: defaultdict[str, list[str]] = defaultdict(list)
        self._portal = {role.id for role in directory.roles or () if role.is_portal}
        for role in directory.roles or ():
            if role.parent is not None:
                self._below[role.parent].append(role.id)

    def pool(self, group: Group) -> Pool:
        name = pool_name(group) or ""
        if self._unread:
            return Pool(group.name, troubles=(f"group '{group.name}': {', '.join(self._unread)} could not be read",))
        kind, called = (QUEUE, "queue") if group.members.queue is not None else (PUBLIC_GROUP, "public group")
        found = self._named(kind, name)
        if len(found) != 1:
            many = f"no {called}" if not found else f"{len(found)} of the kind {called}"
            hint = "" if not found else "; write the developer name"
            said = f"group '{group.name}' has no members: the org has {many} '{name}'{hint}"
            return Pool(group.name, troubles=(said,))
        return self._expanded(group.name, f"{called} '{name}'", found[0])

    def _named(self, kind: str, name: str) -> list[GroupRecord]:
        """By developer name, which is unique, else by label."""
        wanted = name.casefold()
        of_kind = [group for group in self._groups.values() if group.type == kind]
        exact = [group for group in of_kind if (group.developer_name or "").casefold() == wanted]
        return exact or [group for group in of_kind if group.name.casefold() == wanted]

    def _expanded(self, name: str, called: str, start: GroupRecord) -> Pool:
        users, roles, troubles = set[str](), set[str](), set[str]()
        seen, left = {start.id}, [start.id]
        while left:
            for member in self._members[left.pop()]:
                group = self._groups.get(member)
                if member.startswith(_KEY_OF_USERS):
                    users.add(member)
                elif group is None:
                    troubles.add(f"{called} holds {member}, a group that cannot be read")
                elif group.type in (QUEUE, PUBLIC_GROUP):
                    left += [] if member in seen else [member]
                    seen.add(member)
                elif group.type in (_ROLE, _BELOW, _BELOW_INTERNAL) and group.related is not None:
                    roles |= self._roles(group.related, group.type)
                else:
                    troubles.add(f"{called} holds a group of the type {group.type}, whose users are left out")
        return Pool(name, frozenset(users), frozenset(roles), tuple(sorted(troubles)))

    def _roles(self, top: str, kind: str) -> set[str]:
        """The role, and those below it where the kind says so; portal roles stay out of the internal ones."""
        found, left = {top}, [top] if kind != _ROLE else []
        while left:
            for role in self._below[left.pop()]:
                if role not in found and not (kind == _BELOW_INTERNAL and role in self._portal):
                    found.add(role)
                    left.append(role)
        return found
