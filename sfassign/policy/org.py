"""The policy against an org: every object and field it names must exist there and be usable as the policy uses it.

`policy check`, `check` and the start of the daemon call `against_org` with the org's describe, before any write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sfassign.core.policy import Policy
from sfassign.policy.document import Document
from sfassign.policy.fields import PREFER, Mention, mentions_of
from sfassign.policy.findings import Finding, in_order, nearest
from sfassign.policy.milestones import readable
from sfassign.policy.org_preferences import preferences
from sfassign.policy.org_writes import written
from sfassign.policy.wording import get, within
from sfassign.policy.yaml_reading import read_document
from sfassign.ports import FieldShape, ObjectShape

Describe = Callable[[str], ObjectShape | None]

NAME_FIELDS = (
    "Id",
    "Name",
    "FirstName",
    "LastName",
    "Type",
    "Alias",
    "UserRoleId",
    "ProfileId",
    "IsActive",
    "Title",
    "Email",
    "Phone",
    "Username",
    "NameOrAlias",
)
"""What can be asked through a reference to several objects, such as a Lead's Owner: the fields of the pseudo-object
Name (SOQL and SOSL Reference, polymorphic relationships)."""
NAME_HOPS = ("UserRole", "Profile")
_CONDITION_MAX_HOPS = 5


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why a path cannot be used."""

    message: str
    expected: str | None = None
    nearest: str | None = None


def against_org(policy: Policy, describe: Describe, file: str, text: str = "") -> tuple[Finding, ...]:
    """What of the policy does not exist or cannot be used in the org, sorted by line.

    `text` is the policy's own text, for lines and columns. `describe` is asked once per object and may raise OrgError.
    """
    document = read_document(text, file)
    shapes = _Shapes(describe)
    found = [*_objects(policy, shapes, document), *_fields(policy, shapes, document)]
    preferring = preferences(policy, shapes.of, document)
    by_milestone = readable(policy, shapes.of, document)
    return in_order([*found, *written(policy, shapes.of, document), *preferring, *by_milestone])


class _Shapes:
    """The org's shapes, each asked for once."""

    def __init__(self, describe: Describe) -> None:
        self._describe = describe
        self._known: dict[str, ObjectShape | None] = {}

    def of(self, name: str) -> ObjectShape | None:
        if name not in self._known:
            self._known[name] = self._describe(name)
        return self._known[name]


def _objects(policy: Policy, shapes: _Shapes, document: Document) -> Iterator[Finding]:
    users = {group.object: ("groups", at, "object") for at, group in reversed(list(enumerate(policy.groups)))}
    for name in policy.objects:
        shape = shapes.of(name)
        steps = ("objects", name) if ("objects", name) in document.places else users.get(name, ("objects", name))
        at_key = steps[0] == "objects"
        if shape is None:
            message = f"the org has no object '{name}', or this login may not see it"
            yield document.finding(steps, message, at_key=at_key, expected="the API name of an object of this org")
        elif shape.name != name:
            message = f"the org calls this object '{shape.name}'"
            yield document.finding(steps, message, at_key=at_key, expected=shape.name, nearest=shape.name)
        elif "ownerid" not in shape.fields:
            yield document.finding(
                steps, f"records of '{name}' have no owner", at_key=at_key, expected="an object with OwnerId"
            )


def _fields(policy: Policy, shapes: _Shapes, document: Document) -> Iterator[Finding]:
    for mention in mentions_of(policy):
        shape = shapes.of(mention.object)
        told_elsewhere = shape is None or PREFER in mention.steps
        trouble = None if shape is None or told_elsewhere else _trouble(mention, shape, shapes)
        if trouble:
            yield document.finding(
                mention.steps,
                trouble.message + within(mention.steps, document.data),
                at_key=mention.written,
                offset=_offset(mention, document),
                expected=trouble.expected,
                nearest=trouble.nearest,
            )


def _offset(mention: Mention, document: Document) -> int | None:
    """Where in the condition's text the field stands (its first mention)."""
    text = get(document.data, mention.steps)
    if not mention.filters or not isinstance(text, str):
        return None
    found = re.search(rf"(?<![\w.]){re.escape(mention.field)}(?![\w.])", text, re.IGNORECASE)
    return found and found.start()


def _trouble(mention: Mention, shape: ObjectShape, shapes: _Shapes) -> _Trouble | None:
    *hops, last = mention.field.split(".")
    if len(hops) > _CONDITION_MAX_HOPS:
        return _Trouble(f"'{mention.field}' goes up more than {_CONDITION_MAX_HOPS} levels")
    for at, hop in enumerate(hops):
        reference = _relationship(shape, hop)
        if reference is None:
            known = [field.relationship for field in shape.fields.values() if field.relationship]
            message = f"{shape.name} has no relationship '{hop}' ({mention.field})"
            return _Trouble(message, "the relationship name of a reference field, such as Owner", nearest(hop, known))
        if len(reference.references) > 1:
            return _through_name(mention, hops[at + 1 :], last, reference, shapes)
        parent = shapes.of(reference.references[0]) if reference.references else None
        if parent is None:
            return _Trouble(f"the org does not show what '{hop}' of {shape.name} leads to ({mention.field})")
        shape = parent
    return _field_trouble(mention, last, shape)


def _relationship(shape: ObjectShape, name: str) -> FieldShape | None:
    matching = (field for field in shape.fields.values() if (field.relationship or "").lower() == name.lower())
    return next(matching, None)


def _through_name(
    mention: Mention, hops: list[str], last: str, reference: FieldShape, shapes: _Shapes
) -> _Trouble | None:
    """A path on through a reference that may lead to several objects."""
    targets = " or ".join(reference.references)
    expected = f"{', '.join(NAME_FIELDS)}, UserRole.… or Profile.…"
    if not hops:
        if last.lower() in {name.lower() for name in NAME_FIELDS}:
            return None
        message = f"'{mention.field}' cannot be asked: '{reference.relationship}' may be a {targets}"
        return _Trouble(message, expected, nearest(last, NAME_FIELDS))
    hop = next((name for name in NAME_HOPS if name.lower() == hops[0].lower()), None)
    shape = shapes.of(hop) if hop and len(hops) == 1 else None
    if shape is None:
        message = f"'{mention.field}' cannot be asked: '{reference.relationship}' may be a {targets}"
        return _Trouble(message, expected, nearest(hops[0], NAME_HOPS))
    return _field_trouble(mention, last, shape)


def _field_trouble(mention: Mention, name: str, shape: ObjectShape) -> _Trouble | None:
    field = shape.fields.get(name.lower())
    if field is None:
        names = [known.name for known in shape.fields.values()]
        return _Trouble(
            f"{shape.name} has no field '{name}', or this login may not see it",
            f"the API name of a field of {shape.name}",
            nearest(name, names),
        )
    if mention.filters and not field.filterable:
        return _Trouble(f"the org cannot filter by '{field.name}' of {shape.name} ({field.type})", "a filterable field")
    if mention.written and not field.updateable:
        return _Trouble(f"'{field.name}' of {shape.name} cannot be written", "a field this login may edit")
    return None
