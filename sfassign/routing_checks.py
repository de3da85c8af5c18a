"""What `check` says of the org's own routing: queues that may own what the policy puts there, assignment rules and
Omni-Channel routing that hand out the same records.

Sources: Object Reference, QueueSobject, AssignmentRule, Group.QueueRoutingConfigId and PendingServiceRouting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sfassign.core.model import Record
from sfassign.core.policy import Destination, Group, Policy
from sfassign.finding import Check
from sfassign.name_hints import QUEUES, USERNAMES, USERS, did_you_mean, likest
from sfassign.ports import Unreadable
from sfassign.rights import RIGHTS
from sfassign.salesforce import Ask, SalesforceOrg, Told
from sfassign.shapes import Shapes
from sfassign.soql import is_id, literal, parse_condition, to18
from sfassign.soql.tree import Comparator, Comparison, Condition, InList, Path, SetOperator, Text
from sfassign.soql.walk import leaves

MOST = 2_000
NAMES, USERNAME = ("owner.name", "ownerid"), "owner.username"
"""Fields by which a source asks for owners; a queue has no Username."""
ROUTED_BY_RULES = ("Lead", "Case")
"""Objects that assignment rules exist for."""


@dataclass(frozen=True, slots=True)
class _Named:
    """An owner that a source asks for: a name or Id, or a Username, which no queue has."""

    text: str
    by_username: bool = False


@dataclass(frozen=True, slots=True)
class _Queue:
    name: str
    objects: frozenset[str]


@dataclass(slots=True)
class _Owners:
    """What the org has of the owners a policy names: queues by every name and Id they go by, names and Usernames of
    users."""

    queues: dict[str, _Queue] = field(default_factory=dict)
    users: set[str] = field(default_factory=set)
    usernames: set[str] = field(default_factory=set)
    likes: Mapping[str, str] = field(default_factory=dict)
    """For a name that nobody has one that is near to it."""

    def is_nobody(self, named: _Named) -> bool:
        key = named.text.lower()
        if named.by_username:
            return key not in self.usernames
        return key not in self.queues and key not in self.users and not is_id(named.text)


def routing_findings(org: SalesforceOrg, policy: Policy, shapes: Shapes) -> Iterator[Check]:
    """Raises an OrgError where the org cannot be asked at all."""
    named = sorted({name for group in policy.enabled_groups for name in _names(group)})
    usernames = sorted({one.text for group in policy.enabled_groups for one in _owners_named(group.source, USERNAME)})
    objects = sorted({group.object for group in policy.enabled_groups})
    queues, links, users, called, rules, routed, pending = org.ask(
        [
            Ask("Group", _any_name(named, "Type = 'Queue'"), ("Name", "DeveloperName"), MOST),
            Ask(
                "QueueSobject", parse_condition(f"SobjectType IN {literal(objects)}"), ("QueueId", "SobjectType"), MOST
            ),
            Ask("User", _named("Name", named), ("Name",), MOST),
            Ask("User", _named("Username", usernames), ("Username",), MOST),
            Ask("AssignmentRule", parse_condition("Active = true"), ("Name", "SobjectType"), MOST),
            Ask("Group", parse_condition("Type = 'Queue' AND QueueRoutingConfigId != null"), ("Name",), MOST),
            Ask("PendingServiceRouting", None, ("WorkItemId",), MOST),
        ]
    )
    yield from _queue_findings(org, policy, shapes, (queues, links, users, called))
    yield from _rule_findings(objects, rules)
    yield from _omni_findings(policy, shapes, routed, pending)


def _any_name(named: list[str], more: str) -> Condition:
    terms = [f"Name IN {literal(named)}", f"DeveloperName IN {literal(named)}"] if named else ["Name = null"]
    ids = [to18(name) for name in named if is_id(name)]
    terms += [f"Id IN {literal(ids)}"] if ids else []
    return parse_condition(f"{more} AND ({' OR '.join(terms)})")


def _named(name: str, named: list[str]) -> Condition:
    return parse_condition(f"{name} IN {literal(named)}" if named else f"{name} = null")


# --- queues -----------------------------------------------------------------------------------------------------------


def _queue_findings(
    org: SalesforceOrg, policy: Policy, shapes: Shapes, asked: tuple[Told, Told, Told, Told]
) -> Iterator[Check]:
    for told in asked:
        if isinstance(told, Unreadable):
            said = f"queues and owners cannot be compared: {told.code}: {told.message}"
            yield Check("queues", "warning", said, RIGHTS["groups"])
            return
    owners = _owners(*map(_rows, asked))
    owners.likes = _likes(org, policy, owners)
    found = [finding for group in policy.enabled_groups for finding in _of_group(group, shapes, owners)]
    yield from dict.fromkeys(found)
    if not found and owners.queues:
        names = ", ".join(sorted({f"'{queue.name}'" for queue in owners.queues.values()}))
        yield Check("queues", "ok", f"{names} may own what the policy keeps or puts there")


def _owners(
    queues: tuple[Record, ...], links: tuple[Record, ...], users: tuple[Record, ...], called: tuple[Record, ...]
) -> _Owners:
    names, usernames = (
        {str(row[key]).lower() for row in rows} for rows, key in ((users, "name"), (called, "username"))
    )
    found = _Owners(users=names, usernames=usernames)
    for row in queues:
        objects = frozenset(str(link["sobjecttype"]) for link in links if link["queueid"] == row["id"])
        queue = _Queue(str(row["name"]), objects)
        for key in ("name", "developername", "id"):
            found.queues[str(row.get(key)).lower()] = queue
    return found


def _likes(org: SalesforceOrg, policy: Policy, owners: _Owners) -> Mapping[str, str]:
    named = [one for group in policy.enabled_groups for one in _owners_named(group.source)]
    nobody = [one for one in named if owners.is_nobody(one)]
    by_name = likest(org, (one.text for one in nobody if not one.by_username), QUEUES, USERS)
    return {**by_name, **likest(org, (one.text for one in nobody if one.by_username), USERNAMES)}


def _of_group(group: Group, shapes: Shapes, owners: _Owners) -> Iterator[Check]:
    shape = shapes.of(group.object)
    owner = shape.fields.get("ownerid") if shape else None
    queues_own = owner is not None and "Group" in owner.references
    for where, to in _destinations(group):
        if to.queue is None:
            continue
        if not queues_own:
            said = f"no queue can own {group.object} records, so not '{to.queue}' ({where} of group '{group.name}')"
            yield Check("queues", "error", said, f"name a user under `{where}` instead", 2)
        elif (queue := owners.queues.get(to.queue.lower())) is not None and group.object not in queue.objects:
            said = f"queue '{queue.name}' ({where} of group '{group.name}') may not own {group.object} records"
            yield Check("queues", "error", said, _add(group.object, queue.name), 2)
    for one in _owners_named(group.source):
        queue = None if one.by_username else owners.queues.get(one.text.lower())
        if owners.is_nobody(one):
            yield _nobody(group, one, owners)
        elif queue is not None and queues_own and group.object not in queue.objects:
            said = f"queue '{queue.name}' (source of group '{group.name}') may not own {group.object} records"
            yield Check("queues", "warning", f"{said}, so none can wait there", _add(group.object, queue.name))


def _nobody(group: Group, one: _Named, owners: _Owners) -> Check:
    said = f"group '{group.name}' takes from '{one.text}', but no"
    hint = did_you_mean(one.text, owners.likes)
    if one.by_username:
        mend = f"{hint}compare `source` with the Usernames under Setup › Users; nothing waits there"
        return Check("queues", "warning", f"{said} user has this Username", mend)
    mend = f"{hint}compare `source` with Setup › Queues; nothing waits there"
    return Check("queues", "warning", f"{said} queue and no user is called so", mend)


def _add(name: str, queue: str) -> str:
    return f"add {name} to the Supported Objects of '{queue}' under Setup › Queues"


def _destinations(group: Group) -> Iterator[tuple[str, Destination]]:
    if group.overflow is not None:
        yield "overflow", group.overflow.to
    if group.neglect is not None and group.neglect.finally_ is not None:
        yield "neglect.finally", group.neglect.finally_


def _names(group: Group) -> Iterator[str]:
    yield from (one.text for one in _owners_named(group.source, *NAMES))
    yield from (to.queue for _, to in _destinations(group) if to.queue is not None)


def _owners_named(source: Condition, *keys: str) -> Iterator[_Named]:
    """Owners that a source asks for by these fields, in lower case (by default all of NAMES and USERNAME)."""
    wanted = keys or (*NAMES, USERNAME)
    for leaf in leaves(source):
        match leaf:
            case Comparison(Path() as path, Comparator.EQ, Text(value)) if path.key in wanted:
                by_id = is_id(value) and path.key == "ownerid"
                yield _Named(to18(value) if by_id else value, path.key == USERNAME)
            case InList(Path() as path, SetOperator.IN, values) if path.key in wanted:
                yield from (_Named(one.value, path.key == USERNAME) for one in values if isinstance(one, Text))


# --- who else hands them out ------------------------------------------------------------------------------------------


def _rule_findings(objects: list[str], rules: Told) -> Iterator[Check]:
    ours = [name for name in objects if name in ROUTED_BY_RULES]
    if not ours:
        return
    if isinstance(rules, Unreadable):
        said = f"assignment rules cannot be seen: {rules.code}: {rules.message.strip()}"
        mend = f"look under Setup › Assignment Rules for active ones of {', '.join(ours)}, or {RIGHTS['groups']}"
        yield Check("routing", "warning", said, mend)
        return
    active = [rule for rule in rules if rule["sobjecttype"] in ours]
    for rule in active:
        said = (
            f"the {rule['sobjecttype']} assignment rule '{rule['name']}' is active: it gives an owner to what others"
            " create or save; our own writes pass it by"
        )
        mend = "let it lead into the queues that the policy takes from, or switch it off"
        yield Check("routing", "warning", said, mend)
    if not active:
        yield Check("routing", "ok", f"no assignment rule of {', '.join(ours)} is active")


def _omni_findings(policy: Policy, shapes: Shapes, routed: Told, pending: Told) -> Iterator[Check]:
    """Nothing where Omni-Channel is off: the org then has neither the field nor the object."""
    configured = {str(row["name"]).lower(): str(row["name"]) for row in _rows(routed)}
    for group in policy.enabled_groups:
        for one in _owners_named(group.source, *NAMES):
            if one.text.lower() in configured:
                queue = configured[one.text.lower()]
                said = f"queue '{queue}' (source of group '{group.name}') has a routing configuration"
                mend = (
                    "take the configuration off the queue, or the queue out of `source`: whoever is first gets the item"
                )
                yield Check("routing", "warning", f"{said}: Omni-Channel hands out what enters it as well", mend)
    prefixes = {shape.key_prefix: shape.name for name in policy.objects if (shape := shapes.of(name)) is not None}
    counts: dict[str, int] = {}
    for row in _rows(pending):
        of = prefixes.get(str(row.get("workitemid"))[:3])
        if of is not None:
            counts[of] = counts.get(of, 0) + 1
    for of, count in sorted(counts.items()):
        said = f"Omni-Channel is routing {count} {of} record{'s' if count > 1 else ''} now"
        mend = f"keep them out of the policy's sources, or stop routing {of} by Omni-Channel"
        yield Check("routing", "warning", f"{said}; sfassign and it may give out the same ones", mend)


def _rows(told: Told) -> tuple[Record, ...]:
    return () if isinstance(told, Unreadable) else told
