"""Which fields of which object the policy names: what a poll reads, and what is checked against describe.

The cycle asks `needed_fields` once per policy; `org` walks the same mentions with their places in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sfassign.core import policy as core
from sfassign.core.preference import fields_of
from sfassign.policy.document import Path as Steps
from sfassign.soql import paths
from sfassign.soql.tree import Condition

USER = "User"
SKILLS = "skills"
PREFER = "prefer"


@dataclass(frozen=True, slots=True)
class Mention:
    """A field path as written, on an object, at a place of the file. `filters`: it stands in a condition;
    `written`: the policy sets it."""

    object: str
    field: str
    steps: Steps
    filters: bool = False
    written: bool = False


@dataclass(frozen=True, slots=True)
class NeededFields:
    """Dotted field paths as written, each once whatever its capitals, sorted by lower case."""

    objects: Mapping[str, tuple[str, ...]]
    user: tuple[str, ...]


def needed_fields(policy: core.Policy) -> NeededFields:
    """What must be read of every object that counts, and of User, to decide by this policy.

    Disabled groups need nothing, and neither do `success` and `closed`, which the org counts by itself. What a review
    sets is read too: it is cleared only while it is as we left it.
    """
    asleep = {("groups", at) for at, group in enumerate(policy.groups) if not group.enabled}
    read = [
        mention
        for mention in mentions_of(policy)
        if (not mention.written or mention.steps[2] == "on_review")
        and mention.steps[:2] not in asleep
        and mention.steps[-1] not in ("success", "closed")
    ]
    return NeededFields(
        MappingProxyType({name: _distinct(read, name) for name in policy.objects}), _distinct(read, USER)
    )


def _distinct(mentions: Iterable[Mention], object_name: str) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for mention in mentions:
        if mention.object == object_name:
            found.setdefault(mention.field.lower(), mention.field)
    return tuple(found[key] for key in sorted(found))


def mentions_of(policy: core.Policy) -> Iterator[Mention]:
    """Every field the policy names, part by part."""
    for work in policy.objects.values():
        yield from _of_object(work, ("objects", work.name))
    for at, person in enumerate(policy.people):
        yield from _of_person(person, ("people", at))
    for at, group in enumerate(policy.groups):
        yield from _of_group(group, ("groups", at))


def _filter(object_name: str, condition: Condition | None, steps: Steps) -> Iterator[Mention]:
    for path in paths(condition) if condition is not None else ():
        yield Mention(object_name, str(path), steps, filters=True)


def _of_object(work: core.WorkObject, at: Steps) -> Iterator[Mention]:
    for key in ("active", "success", "closed"):
        yield from _filter(work.name, getattr(work, key), (*at, key))
    for key, rules in (("load", work.load.rules), ("score", work.score.rules)):
        for number, rule in enumerate(rules):
            yield from _filter(work.name, rule.when, (*at, key, "rules", number, "when"))
    for number, flag in enumerate(work.review):
        yield from _filter(work.name, flag.when, (*at, "review", number, "when"))
    deadline = work.score.deadline
    if deadline and not deadline.by_milestone:
        yield Mention(work.name, deadline.field, (*at, "score", "deadline", "field"))


def _limits(at: Steps, **limits: core.Limit | None) -> Iterator[Mention]:
    for key, limit in limits.items():
        if isinstance(limit, core.FieldLimit):
            yield Mention(USER, limit.field, (*at, key, "field"))


def _of_person(person: core.Person, at: Steps) -> Iterator[Mention]:
    yield from _filter(USER, person.condition, (*at, "user"))
    yield from _limits(at, weight=person.weight, quota=person.quota, threshold=person.threshold)
    yield from _limits((*at, "quota"), **person.object_quotas)


def _of_group(group: core.Group, at: Steps) -> Iterator[Mention]:
    yield from _filter(group.object, group.source, (*at, "source"))
    yield from _filter(USER, group.members.condition, (*at, "members"))
    for number, member in enumerate(group.members.listed or ()):
        yield from _limits((*at, "members", number), weight=member.weight)
    yield from _limits(at, quota=group.quota, threshold=group.threshold)
    for number, pair in enumerate(group.match):
        yield Mention(group.object, pair.item, (*at, "match", number, "item"))
        if pair.member.lower() != SKILLS:
            yield Mention(USER, pair.member, (*at, "match", number, "member"))
    for number, kind in enumerate(group.prefer):
        for name in fields_of(kind, group.object):
            yield Mention(group.object, name, (*at, PREFER, number))
    for key in ("on_assigned", "on_not_assigned", "on_review"):
        writes: core.FieldWrites | None = getattr(group, key)
        for name in writes.set if writes else ():
            yield Mention(group.object, name, (*at, key, "set", name), written=True)
