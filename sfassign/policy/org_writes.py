"""What the policy writes, against the org: values that can be of their field's type, child objects that hang on.

Part of `against_org`: everything here is found before the first write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sfassign.core.policy import FieldWrites, Group, Policy
from sfassign.policy.document import Document, Path
from sfassign.policy.field_values import PLACEHOLDERS, trouble
from sfassign.policy.findings import Finding
from sfassign.policy.wording import within
from sfassign.policy.wrong import shown
from sfassign.ports import FieldShape, ObjectShape

Shape = Callable[[str], ObjectShape | None]

WITHOUT_OWNER = tuple(name for name in PLACEHOLDERS if name != "owner")
"""Nobody is the new owner of an item that is flagged or not assigned."""


def written(policy: Policy, shape_of: Shape, document: Document) -> Iterator[Finding]:
    """Every finding about `set` and `children`. A field that does not exist is told by `org`."""
    for at, group in enumerate(policy.groups):
        for key in ("on_assigned", "on_not_assigned", "on_review"):
            writes: FieldWrites | None = getattr(group, key)
            if writes is not None:
                yield from _values(group, writes, ("groups", at, key), shape_of, document)
        yield from _children(group, ("groups", at, "on_assigned", "children"), shape_of, document)


def parent_fields(child: ObjectShape, parent: str) -> tuple[FieldShape, ...]:
    """The fields by which records of the child object hang on a record of the parent: every reference that may be
    edited and may lead there. Who and What of activities also lead to custom objects that describe may not list."""
    found = tuple(field for field in child.fields.values() if _leads_to(field, parent))
    if not found and parent.endswith("__c") and "whatid" in child.fields:
        return (child.fields["whatid"],)
    return found


def _leads_to(field: FieldShape, parent: str) -> bool:
    return field.type == "reference" and field.filterable and field.updateable and parent in field.references


def _values(group: Group, writes: FieldWrites, at: Path, shape_of: Shape, document: Document) -> Iterator[Finding]:
    shape = shape_of(group.object)
    known = PLACEHOLDERS if at[-1] == "on_assigned" else WITHOUT_OWNER
    for name, text in writes.set.items():
        field = shape.fields.get(name.lower()) if shape else None
        steps = (*at, "set", name)
        if "." in name:
            message = f"'{name}' is a field of another record{within(steps, document.data)}"
            yield document.finding(steps, message, at_key=True, expected=f"a field of {group.object} itself")
        elif field is not None and field.name == "OwnerId":
            message = f"the owner is not a field to set{within(steps, document.data)}"
            yield document.finding(steps, message, at_key=True, expected="another field; members and overflow say who")
        elif field is not None and (expected := trouble(field, text, known)) is not None:
            message = f"'{shown(text)}' cannot be a value of '{field.name}' ({field.type})"
            yield document.finding(steps, message + within(steps, document.data), expected=expected)


def _children(group: Group, at: Path, shape_of: Shape, document: Document) -> Iterator[Finding]:
    for number, name in enumerate(group.on_assigned.children if group.on_assigned else ()):
        child, where = shape_of(name), (*at, number)
        message = None
        if child is None:
            message = f"the org has no object '{name}', or this login may not see it"
        elif "ownerid" not in child.fields:
            message = f"records of '{name}' have no owner of their own"
        elif not parent_fields(child, group.object):
            message = f"no field of '{name}' leads to a {group.object}"
        if message is not None:
            expected = "an object with OwnerId and a field that leads to the item, such as Task"
            yield document.finding(where, message + within(where, document.data), expected=expected)
