"""Whether items can begin or cease to wait, be decided otherwise, or weigh more, without their records being stamped:
then they are swept from time to time. Formulas, fields of parents and the passing of days do that. Used by `reading`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from sfassign.core.policy import Group, Policy, WorkObject
from sfassign.named_owners import is_resolvable
from sfassign.shapes import Shapes
from sfassign.soql import has_date_literal, leaves, paths
from sfassign.soql.tree import Condition, Path

FIXED_OF_OWNER = ("owner.id", "owner.type")
"""What of an owner cannot change while the record keeps it."""


def waiting_drifts(policy: Policy, shapes: Shapes, name: str) -> bool:
    """Whether this object's waiting items have to be swept. May raise an OrgError: describe tells what is a formula."""
    work = policy.objects[name]
    groups = [group for group in policy.enabled_groups if group.object == name]
    if not groups:
        return False
    taking = (work.active, *(group.source for group in groups))
    if any(map(has_date_literal, taking)) or _by_the_clock(work, groups):
        return True
    looked_at = chain(chain.from_iterable(map(_unresolved, taking)), _decided_by(work, groups))
    return any(_unstamped(shapes, name, path) for path in looked_at)


def load_drifts(policy: Policy, shapes: Shapes, name: str) -> bool:
    """Whether everything active has to be swept, since what it weighs can change. May raise an OrgError."""
    work = policy.objects[name]
    weighing = (work.active, *(rule.when for rule in work.load.rules))
    return any(map(has_date_literal, weighing)) or any(
        _unstamped(shapes, name, path) for condition in weighing for path in _unresolved(condition)
    )


def _by_the_clock(work: WorkObject, groups: Sequence[Group]) -> bool:
    """An item belongs to a group by its tier, and changes its tier as a day passes or a deadline comes nearer."""
    tiers = any(group.tiers for group in groups)
    return tiers and (work.score.deadline is not None or any(has_date_literal(rule.when) for rule in work.score.rules))


def _decided_by(work: WorkObject, groups: Sequence[Group]) -> Iterator[Path]:
    """The fields of a waiting item that say what becomes of it. Rules are applied anew in every cycle, so dates pass by
    themselves there: what may be stale are the values that were read."""
    for condition in (*(rule.when for rule in work.score.rules), *(flag.when for flag in work.review)):
        yield from _unresolved(condition)
    fields = [pair.item for group in groups for pair in group.match]
    deadline = work.score.deadline
    fields += [deadline.field] if deadline is not None and not deadline.by_milestone else []
    yield from (Path(tuple(field.split("."))) for field in fields)


def _unresolved(condition: Condition) -> Iterator[Path]:
    """Owners by name are followed by their names, whoever they are."""
    for leaf in leaves(condition):
        if not is_resolvable(leaf):
            yield from paths(leaf)


def _unstamped(shapes: Shapes, name: str, path: Path) -> bool:
    if len(path.parts) > 1:
        return path.key not in FIXED_OF_OWNER
    shape = shapes.field(name, path)
    return shape is not None and shape.calculated
