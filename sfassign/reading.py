"""What one policy needs to know of the org: which objects, fields, users and presence, and how to ask for them.

Worked out once per policy; gather turns it into polls.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sfassign.core.calendar import zone_of
from sfassign.core.families import PARENT_FIELDS
from sfassign.core.intake import Intake
from sfassign.core.matching import SKILLS
from sfassign.core.membership import membership
from sfassign.core.model import Member
from sfassign.core.notice import name_fields
from sfassign.core.performance import basis_of
from sfassign.core.policy import Group, Policy
from sfassign.core.pools import ROLE_FIELD, by_pool, users_of
from sfassign.core.records import Pool
from sfassign.core.touches import status_field
from sfassign.drifting import load_drifts, waiting_drifts
from sfassign.named_owners import NAME, UNKNOWN_OWNERS, USERNAME, Name, NamedOwners, by_id, names_in
from sfassign.policy import NeededFields, needed_fields
from sfassign.ports import ObjectRead, ResultsRead, UserNames, UserRead, UserRow
from sfassign.shapes import Shapes
from sfassign.soql import has_date_literal, parse_condition, resolve_dates
from sfassign.soql.tree import And, Condition, InList, Or, Path, SetOperator, Text

MOST_IN_POOLS = 250
"""Users and roles that a query names one by one: each is 27 bytes of a URL that may have 16,384."""

SESSION_LIFE = dt.timedelta(hours=24)
"""The longest session time-out an org can set: an older session is dead whatever its own limit."""


CASE = "Case"

CLOSED = {"Lead": "IsConverted", "Case": "IsClosed", "Opportunity": "IsClosed"}
"""Closed work is never assigned, whatever the policy calls active: the core looks at these."""


@dataclass(frozen=True)
class Reading:
    """The policy, seen from the org's side. `org_timezone` is used where the policy names no zone; `owners` are the
    Ids, as far as they are known, of those whom conditions call by name. `swept` are the objects whose waiting items,
    `swept_whole` those whose active ones are read whole from time to time."""

    policy: Policy
    shapes: Shapes
    org_timezone: str
    owners: NamedOwners = UNKNOWN_OWNERS
    needed: NeededFields = field(init=False)
    intake: Intake = field(init=False)
    digests: Mapping[str, str] = field(init=False)
    swept: frozenset[str] = field(init=False)
    swept_whole: frozenset[str] = field(init=False)
    called_by: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "needed", needed_fields(self.policy))
        object.__setattr__(self, "intake", Intake(self.policy, self.org_timezone))
        object.__setattr__(self, "called_by", {name: self._called_by(name) for name in self.objects})
        object.__setattr__(self, "digests", {name: self._digest(name) for name in self.objects})
        for swept, drifts in (("swept", waiting_drifts), ("swept_whole", load_drifts)):
            object.__setattr__(
                self, swept, frozenset(name for name in self.objects if drifts(self.policy, self.shapes, name))
            )

    @property
    def objects(self) -> tuple[str, ...]:
        return tuple(sorted(self.policy.objects))

    def fields(self, name: str) -> tuple[str, ...]:
        """What is read of each record: what the policy names, whether the org calls it closed, where groups look after
        what they gave how far work on it is, where somebody is told of it what it is called, and what it is locked
        with."""
        named = list(self.needed.objects.get(name, ()))
        known = {field.lower() for field in named}
        for more in (CLOSED.get(name), self._status(name), *self.called_by[name], *self._parents(name)):
            if more is not None and more.lower() not in known:
                named.append(more)
                known.add(more.lower())
        return tuple(named)

    def object_read(self, name: str, since: dt.datetime | None = None, where: Condition | None = None) -> ObjectRead:
        return ObjectRead(name, self.fields(name), since, where)

    def active(self, name: str, now: dt.datetime) -> Condition:
        """The object's `active`, as the org is to evaluate it now."""
        return self.resolved(name, self.policy.objects[name].active, now)

    def sources(self, name: str, now: dt.datetime) -> Condition:
        """Active records that some enabled group's source takes."""
        sources = [group.source for group in self._groups(name)]
        anywhere = sources[0] if len(sources) == 1 else Or(tuple(sources))
        return self.resolved(name, And((self.policy.objects[name].active, anywhere)), now)

    @property
    def owner_names(self) -> frozenset[Name]:
        """The owners that conditions which go to the org call by name."""
        return frozenset().union(*(self._owner_names(name) for name in self.objects))

    @property
    def users_named(self) -> UserNames:
        """Users who are called like these owners."""
        by_kind = (sorted(name for kind, name in self.owner_names if kind == wanted) for wanted in (NAME, USERNAME))
        return UserNames(*map(tuple, by_kind))

    def knows_owners(self, name: str) -> bool:
        """Whether everybody whom this object's conditions call by name has been asked for."""
        return self.owners.knows(self._owner_names(name))

    def users(self, now: dt.datetime, pools: Sequence[Pool] = ()) -> UserRead:
        """Everybody who may be a member of some enabled group; `pools` as they are known."""
        members = [group.members for group in self.policy.enabled_groups]
        conditions = [one.condition for one in members if one.condition is not None]
        listed = sorted({member.username.lower() for one in members for member in one.listed or ()})
        terms: list[Condition] = [self.resolved("User", condition, now) for condition in conditions]
        if listed:
            terms.append(InList(Path(("Username",)), SetOperator.IN, tuple(Text(name, name) for name in listed)))
        terms = list(dict.fromkeys([*terms, *self._in_pools(pools)])) or [parse_condition("Username = null")]
        return UserRead(self._user_fields, terms[0] if len(terms) == 1 else Or(tuple(terms)))

    def users_digest(self, pools: Sequence[Pool]) -> str:
        """Changes when other users, or more of them, have to be known than before."""
        covering = (f"{group.name}:covers" for group in self.covering)
        wanted = self._members_wanted(), *map(str, self._in_pools(pools)), *sorted(self._user_fields), *covering
        return hashlib.sha256("\n".join(wanted).encode()).hexdigest()

    def membership(
        self, users: Sequence[UserRow], pools: Sequence[Pool], at: dt.datetime
    ) -> Mapping[str, Sequence[Member]]:
        """Who of these users is in which enabled group."""
        members = tuple(Member(u.id, u.username, u.name, u.is_active, u.timezone, u.values) for u in users)
        return membership(self.policy, members, at, self.org_timezone, users_of(pools, members))

    def since(self, now: dt.datetime) -> dt.datetime | None:
        """Sessions used before this instant do not matter to any group; None: no group looks at sessions."""
        groups = self.policy.enabled_groups
        idles = [one.idle or SESSION_LIFE for group in groups if (one := group.available.logged_in) is not None]
        idles += [SESSION_LIFE for group in groups if group.neglect is not None and group.neglect.mark_away]
        return now - max(idles) if idles else None

    @property
    def omni(self) -> bool:
        return any(group.available.omni is not None for group in self.policy.enabled_groups)

    @property
    def out_of_office(self) -> bool:
        return any(group.available.out_of_office for group in self.policy.enabled_groups)

    @property
    def business_hours(self) -> bool:
        return any(hours.business_hours is not None for hours in self.policy.hours.values())

    @property
    def holidays(self) -> bool:
        return any(hours.holiday_names for hours in self.policy.hours.values())

    @property
    def milestones(self) -> bool:
        """Whether the score goes by a Case's open milestones, and Cases are handed out."""
        work = self.policy.objects.get(CASE)
        deadline = None if work is None else work.score.deadline
        return deadline is not None and deadline.by_milestone and bool(self._groups(CASE))

    @property
    def covering(self) -> tuple[Group, ...]:
        """Groups that look after whatever their members have."""
        groups = self.policy.enabled_groups
        return tuple(group for group in groups if group.neglect is not None and group.neglect.covers == "members")

    @property
    def skills(self) -> bool:
        pairs = (pair for group in self.policy.enabled_groups for pair in group.match)
        return any(pair.member.lower() == SKILLS for pair in pairs)

    @property
    def bases(self) -> Mapping[str, tuple[Group, ...]]:
        """What results are counted over, and the groups whose members are counted."""
        found: dict[str, tuple[Group, ...]] = {}
        for group in self.policy.enabled_groups:
            basis = basis_of(self.policy.objects[group.object], group)
            if basis is not None:
                found[basis] = (*found.get(basis, ()), group)
        return found

    def results(self, now: dt.datetime, members: Mapping[str, Sequence[Member]]) -> tuple[ResultsRead, ...]:
        """The counts for these members of groups; none where nobody is known yet."""
        reads = (self._results_read(basis, groups, now, members) for basis, groups in self.bases.items())
        return tuple(read for read in reads if read.owners)

    # --- details ------------------------------------------------------------------------------------------------------

    @property
    def _user_fields(self) -> tuple[str, ...]:
        return (*self.needed.user, ROLE_FIELD) if by_pool(self.policy) else self.needed.user

    def _members_wanted(self) -> str:
        members = [group.members for group in self.policy.enabled_groups]
        listed = {one.username.lower() for group in members for one in group.listed or ()}
        return "\n".join(sorted({*listed, *(str(one.condition) for one in members if one.condition is not None)}))

    def _in_pools(self, pools: Sequence[Pool]) -> list[Condition]:
        """Named one by one while they fit a query; beyond, every active user is read and the pools pick theirs."""
        users, roles = (sorted(set().union(*ids)) for ids in ([p.users for p in pools], [p.roles for p in pools]))
        if len(users) + len(roles) > MOST_IN_POOLS:
            return [parse_condition("IsActive = true")]
        by_field = (("Id", users), (ROLE_FIELD, roles))
        return [
            InList(Path((name,)), SetOperator.IN, tuple(Text(one, one) for one in ids)) for name, ids in by_field if ids
        ]

    def _results_read(
        self, basis: str, groups: Sequence[Group], now: dt.datetime, members: Mapping[str, Sequence[Member]]
    ) -> ResultsRead:
        work = self.policy.objects[groups[0].object]
        period = groups[0].weight.performance
        if work.success is None or work.closed is None or period is None:
            raise LookupError(f"{basis} is no basis of results")
        return ResultsRead(
            basis=basis,
            object=work.name,
            since=now - period,
            success=self.resolved(work.name, work.success, now),
            closed=self.resolved(work.name, work.closed, now),
            owners=tuple(sorted({one.id for group in groups for one in members.get(group.name, ()) if one.id})),
        )

    def _status(self, name: str) -> str | None:
        if all(group.neglect is None for group in self._groups(name)):
            return None
        shape = self.shapes.field(name, Path((status_field(name),)))
        return None if shape is None else shape.name

    def _groups(self, name: str) -> list[Group]:
        return [group for group in self.policy.enabled_groups if group.object == name]

    def resolved(self, name: str, condition: Condition, now: dt.datetime) -> Condition:
        """The condition as the org is to evaluate it now: owners by Id, dates as instants."""
        if name in self.policy.objects:
            condition = by_id(condition, self.owners)
        if not has_date_literal(condition):
            return condition
        timezone = zone_of(self.policy.timezone or self.org_timezone)
        return resolve_dates(
            condition,
            now,
            timezone,
            kind_of=lambda path: self.shapes.kind(name, path),
            week_starts=self.policy.week_starts,
        )

    def _owner_names(self, name: str) -> frozenset[Name]:
        work = self.policy.objects[name]
        counted = (one for one in (work.success, work.closed) if one is not None)
        sources = (group.source for group in self._groups(name))
        return names_in((work.active, *(rule.when for rule in work.load.rules), *counted, *sources))

    def _digest(self, name: str) -> str:
        """Changes when what has to be kept of this object changes, or who is called as its conditions say: then it is
        read whole."""
        work = self.policy.objects[name]
        parts: Iterable[str] = (
            str(work.active),
            repr(work.load),
            ",".join(self.fields(name)).lower(),
            *(f"{group.name}:{group.source}" for group in self._groups(name)),
            *(f"{group.name}:covers" for group in self.covering if group.object == name),
            *(f"{group.name}:{group.tiers}:{work.score!r}" for group in self._groups(name) if group.tiers),
            *(f"{key}:{self.owners.ids.get(key)}" for key in sorted(self._owner_names(name))),
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _called_by(self, name: str) -> tuple[str, ...]:
        """The fields for the text of notices, as far as this login may see them."""
        shape = self.shapes.of(name) if any(group.notify for group in self._groups(name)) else None
        return () if shape is None else tuple(one for one in name_fields(name) if one.lower() in shape.fields)

    def _parents(self, name: str) -> tuple[str, ...]:
        shape = self.shapes.of(name) if self._groups(name) else None
        return () if shape is None else tuple(one for one in PARENT_FIELDS if one.lower() in shape.fields)
