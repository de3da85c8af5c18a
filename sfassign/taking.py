"""What a reassignment by hand makes of each record: an item that may change hands in one group, or why not. Pure.

Called by `reassign` with what it has read. The group is the one the item waits in; of an item that has an owner the
one that gave it last, else the first whose source takes it, else the first that its owner is a member of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sfassign.by_hand import Refused
from sfassign.core.intake import Intake, Taken
from sfassign.core.membership import membership
from sfassign.core.model import Again, Snapshot, Why, WorkItem
from sfassign.core.onward import group_now
from sfassign.core.policy import Group, Policy
from sfassign.ports import Row
from sfassign.storage import Gift


@dataclass(frozen=True)
class Taker:
    """`to` is the Id of the one user it is to go to, `group` the one asked for; `only`: items that belong to another
    group than that are not meant (and belong to it where they belong to none). `gifts` and `previous` are by item,
    `apart` are items that are left alone for now, with the reason."""

    policy: Policy
    snapshot: Snapshot
    intake: Intake
    gifts: Mapping[str, Gift]
    previous: Mapping[str, Sequence[str]]
    apart: Mapping[str, str]
    to: str | None = None
    group: str | None = None
    only: bool = False

    def take(self, row: Row) -> WorkItem | Refused | None:
        """None: it is not meant."""
        taken = self.intake.of(row.object, row.values, self.snapshot.taken_at)
        alone = self._left_alone(row, taken)
        if alone is not None:
            return _refused(row, alone)
        line = self._line.get(row.id)
        line = line if line is not None and line.owner == row.owner else None
        belongs = self._belongs(row, taken, line)
        if self.only and belongs not in (None, self.group):
            return None
        group = self._groups.get((self.group or belongs) or "")
        if group is None:
            return _refused(row, self._no_group(row))
        if group.object != row.object:
            return _refused(row, f"group '{group.name}' is for {group.object}, this is a {row.object}")
        return self._item(row, group, line)

    # --- details ------------------------------------------------------------------------------------------------------

    def _left_alone(self, row: Row, taken: Taken) -> str | None:
        if not taken.active:
            return f"it is closed: the policy's 'active' of {row.object} does not hold"
        return "it is theirs already" if row.owner == self.to else self.apart.get(row.id)

    @cached_property
    def _groups(self) -> dict[str, Group]:
        return {group.name: group for group in self.policy.enabled_groups}

    @cached_property
    def _line(self) -> dict[str, WorkItem]:
        return {item.id: item for item in self.snapshot.items}

    @cached_property
    def _homes(self) -> dict[tuple[str, str], str]:
        """By object and user the first group they are a member of."""
        around = self.snapshot
        members = membership(self.policy, around.members, around.taken_at, around.org_timezone, around.pools)
        found: dict[tuple[str, str], str] = {}
        for group in self.policy.enabled_groups:
            for member in members[group.name]:
                found.setdefault((group.object, member.id), group.name)
        return found

    def _belongs(self, row: Row, taken: Taken, line: WorkItem | None) -> str | None:
        if line is not None and taken.group is not None:
            here = group_now(line, taken.group)
            return here if here in self._groups else taken.group
        gift = self.gifts.get(row.id)
        if gift is not None and gift.group in self._groups and self._groups[gift.group].object == row.object:
            return gift.group
        return taken.group or self._homes.get((row.object, row.owner))

    def _no_group(self, row: Row) -> str:
        names = ", ".join(f"'{group.name}'" for group in self.policy.enabled_groups if group.object == row.object)
        missing = f"no group gave it, takes it, or has its owner {row.owner} as a member"
        return f"{missing}; name one with --group: {names}" if names else f"no group of the policy is for {row.object}"

    def _item(self, row: Row, group: Group, line: WorkItem | None) -> WorkItem:
        now, gift = self.snapshot.taken_at, self.gifts.get(row.id)
        item = line or WorkItem(
            object=row.object,
            id=row.id,
            owner=row.owner,
            created_at=row.created_at,
            waiting_since=now,
            aging_since=now if gift is None or gift.aging_since is None else gift.aging_since,
            values=row.values,
        )
        return replace(
            item,
            values=row.values,
            guard_at=row.guard_at,
            blocked=None,
            overflowed=None,
            again=Again(Why.BY_HAND, group.name, self.to),
            previous=self._owners_before(row, group, waits=line is not None),
        )

    def _owners_before(self, row: Row, group: Group, *, waits: bool) -> tuple[str, ...]:
        """Last first, the present owner among them; of an item that waits those who do not get it back in any case."""
        before = tuple(self.previous.get(row.id, ()))
        if not waits:
            return tuple(dict.fromkeys((row.owner, *before)))
        last = 0 if group.neglect is None else group.neglect.exclude_last
        return before[:last] if last and before else (row.owner,)


def _refused(row: Row, reason: str) -> Refused:
    return Refused(row.object, row.id, reason)
