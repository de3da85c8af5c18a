"""What `check` says of this login's rights, as describe tells them: may it read, edit and transfer what it is to.

Fields that `set` writes are compared in `policy.org_writes`, as errors with their place in the policy.
"""

from __future__ import annotations

from collections.abc import Iterator

from sfassign.core.notice import Outlet
from sfassign.core.policy import Policy
from sfassign.finding import Check
from sfassign.outlet_checks import outlets_of
from sfassign.ports import ObjectShape
from sfassign.rights import EDIT, TRANSFER
from sfassign.shapes import Shapes

OWNER = "ownerid"


def rights_findings(policy: Policy, shapes: Shapes) -> Iterator[Check]:
    """Raises an OrgError where the org cannot be asked."""
    found = [*_objects(policy, shapes), *_children(policy, shapes), *_tasks(policy, shapes)]
    yield from found
    if not found:
        yield Check("rights", "ok", _praise(policy))


def _praise(policy: Policy) -> str:
    written: dict[str, set[str]] = {group.object: {"OwnerId"} for group in policy.enabled_groups}
    for group in policy.enabled_groups:
        for writes in (group.on_assigned, group.on_not_assigned, group.on_review):
            written[group.object].update(writes.set if writes else ())
    parts = (f"{name} ({', '.join(sorted(fields))})" for name, fields in sorted(written.items()))
    return f"describe allows to read all of it, and to edit {', '.join(parts) or 'nothing'}"


def _objects(policy: Policy, shapes: Shapes) -> Iterator[Check]:
    assigned = {group.object for group in policy.enabled_groups}
    for name in sorted(policy.objects):
        shape = shapes.of(name)
        if shape is None or not shape.queryable:
            yield Check("rights", "error", f"{name} cannot be queried by this login", f"grant Read on {name}", 1)
        elif name in assigned:
            yield from _editing(name, shape, "assigned")


def _children(policy: Policy, shapes: Shapes) -> Iterator[Check]:
    names = {name for group in policy.enabled_groups if group.on_assigned for name in group.on_assigned.children}
    for name in sorted(names):
        shape = shapes.of(name)
        if shape is not None:
            yield from _editing(name, shape, "moved with their item")


def _editing(name: str, shape: ObjectShape, what: str) -> Iterator[Check]:
    owner = shape.fields.get(OWNER)
    if not shape.updateable:
        yield Check("rights", "error", f"{name} records cannot be {what}: this login may not edit them", _edit(name), 1)
    elif owner is not None and not owner.updateable:
        said = f"{name} records cannot be {what}: this login may not change OwnerId"
        yield Check("rights", "error", said, TRANSFER.get(name, f"grant Transfer Record, and Edit on {name}"), 1)


def _edit(name: str) -> str:
    return EDIT.get(name, f"grant Edit on {name}")


def _tasks(policy: Policy, shapes: Shapes) -> Iterator[Check]:
    if Outlet.TASK not in outlets_of(policy):
        return
    shape = shapes.of("Task")
    if shape is None or not shape.createable:
        said = "`notify: [task]` creates tasks, which this login may not"
        yield Check("rights", "error", said, _edit("Task"), 1)
