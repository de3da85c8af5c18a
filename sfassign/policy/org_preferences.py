"""`prefer` against an org: the fields an item is looked up by, and the records that are asked for whom they name.

Part of `against_org`. A field the item does not have is an error, since the kind can never name anybody; records that
this login may not read are a warning, since the cycle goes on by rank and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sfassign.core.policy import Group, Policy
from sfassign.core.preference import ACCOUNT_OWNER, PREVIOUS_OWNER, SAME_EMAIL, fields_of, history_of
from sfassign.policy.document import Document, Path
from sfassign.policy.fields import PREFER
from sfassign.policy.findings import Finding, nearest
from sfassign.policy.wording import within
from sfassign.ports import ObjectShape

Shape = Callable[[str], ObjectShape | None]


def preferences(policy: Policy, shape_of: Shape, document: Document) -> Iterator[Finding]:
    """Every finding about `prefer`."""
    for at, group in enumerate(policy.groups):
        for number, kind in enumerate(group.prefer):
            steps: Path = ("groups", at, PREFER, number)
            lacking = list(_lacking(group, kind, shape_of))
            if lacking:
                yield _without_field(group, kind, lacking[0], steps, shape_of, document)
            elif group.enabled:
                yield from _unreadable(group, kind, steps, shape_of, document)


def _lacking(group: Group, kind: str, shape_of: Shape) -> Iterator[str]:
    shape = shape_of(group.object)
    for name in fields_of(kind, group.object) if shape is not None else ():
        if shape is not None and name.lower() not in shape.fields:
            yield name


def _without_field(group: Group, kind: str, name: str, steps: Path, shape_of: Shape, document: Document) -> Finding:
    shape = shape_of(group.object)
    known = [field.name for field in shape.fields.values()] if shape else []
    message = f"'{kind}' goes by the field '{name}', which {group.object} does not have, or this login may not see"
    return document.finding(
        steps,
        message + within(steps, document.data),
        expected=f"a kind of preference that {group.object} can have",
        nearest=nearest(name, known),
    )


def _unreadable(group: Group, kind: str, steps: Path, shape_of: Shape, document: Document) -> Iterator[Finding]:
    for name, fields in _asked(group, kind):
        shape = shape_of(name)
        missing = next((one for one in fields if shape is None or one.lower() not in shape.fields), None)
        if missing is not None:
            what = name if shape is None else f"{name}.{missing}"
            message = f"'{kind}' asks {what}, which the org does not have, or this login may not see"
            instead = (
                "our own journal alone says who had an item before" if kind == PREVIOUS_OWNER else "items go by rank"
            )
            message += f"; {instead}{within(steps, document.data)}"
            yield document.finding(steps, message, expected=f"read access to {what}", severity="warning")


def _asked(group: Group, kind: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The records that say whom the kind names, and the fields asked of them."""
    table, key = history_of(group.object)
    asked: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
        ACCOUNT_OWNER: (("Account", ("OwnerId", "Name")),),
        PREVIOUS_OWNER: ((table, (key, "Field", "OldValue")),),
        SAME_EMAIL: (("Lead", ("Email", "OwnerId", "IsConverted")), ("Contact", ("Email", "OwnerId"))),
    }
    return asked[kind]
