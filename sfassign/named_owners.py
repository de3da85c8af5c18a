"""Owners that a condition calls by name, and the same condition by Id. Used by `reading` and `turns`.

The org is asked by Id: OwnerId is indexed, Owner.Name is not. And since renaming a queue or a user stamps none of their
records, the Ids a name stands for are followed: when they change, the records are read whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass

from sfassign.ports import NamedUser, QueueRow
from sfassign.soql import leaves, with_leaves
from sfassign.soql.tree import (
    And,
    Comparator,
    Comparison,
    Condition,
    InList,
    InQuery,
    Or,
    Path,
    SetOperator,
    Text,
)

NAME, USERNAME = "owner.name", "owner.username"
MOST_IDS = 100
"""More owners of one name than this stay a name: an Id takes 27 bytes of a URL that may have 16,384."""

NAMED_USERS, QUEUES = "users_named", "queues"
"""The facts that keep what was read of both."""

_OWNER_ID = Path(("OwnerId",))
_IN = {Comparator.EQ: SetOperator.IN, Comparator.NE: SetOperator.NOT_IN}


Name = tuple[str, str]
"""`owner.name` or `owner.username`, and what the owner is called, in lower case."""


@dataclass(frozen=True, slots=True)
class NamedOwners:
    """The Ids of everybody called so; () where nobody is, missing where nobody has been asked yet."""

    ids: Mapping[Name, tuple[str, ...]]

    def of(self, path: Path, name: str) -> tuple[str, ...]:
        return self.ids.get((path.key, name.casefold()), ())

    def knows(self, names: Iterable[Name]) -> bool:
        return all(name in self.ids for name in names)


UNKNOWN_OWNERS = NamedOwners({})


def named_owners(asked: Iterable[Name], users: Iterable[NamedUser], queues: Iterable[QueueRow]) -> NamedOwners:
    """Of the names that were asked for, who is called so: a queue may have the name of a user, and has no Username."""
    ids: dict[Name, tuple[str, ...]] = dict.fromkeys(asked, ())
    called = [(queue.id, NAME, queue.name) for queue in queues]
    called += [one for user in users for one in ((user.id, NAME, user.name), (user.id, USERNAME, user.username))]
    for one, kind, name in sorted(called):
        key = (kind, name.casefold())
        if key in ids:
            ids[key] = (*ids[key], one)
    return NamedOwners(ids)


def names_text(names: Iterable[Name]) -> str:
    """The names, as `kept_owners` reads them."""
    return json.dumps(sorted(names))


def users_text(users: Iterable[NamedUser]) -> str:
    return json.dumps(sorted(astuple(user) for user in users))


def queues_text(queues: Iterable[QueueRow]) -> str:
    return json.dumps(sorted(astuple(queue) for queue in queues))


def queues_from(text: str | None) -> tuple[QueueRow, ...]:
    """What `queues_text` wrote; none where nothing was written yet."""
    return tuple(QueueRow(*row) for row in json.loads(text)) if text else ()


def kept_owners(asked: str | None, users: str | None, queues: str | None) -> NamedOwners:
    """What is known once all three were written."""
    if not asked or not users or not queues:
        return UNKNOWN_OWNERS
    found = (NamedUser(*row) for row in json.loads(users))
    return named_owners(map(tuple, json.loads(asked)), found, queues_from(queues))


def names_in(conditions: Iterable[Condition]) -> frozenset[Name]:
    """The owners these conditions call by name."""
    named = (_named(leaf) for condition in conditions for leaf in leaves(condition))
    return frozenset((path.key, name.casefold()) for path, names in filter(None, named) for name in names)


def by_id(condition: Condition, owners: NamedOwners) -> Condition:
    """The condition by the owners' Ids; a name of which no Id is known stays as it is, the org may know it."""
    return with_leaves(condition, lambda leaf: _by_id(leaf, owners))


def is_resolvable(leaf: Comparison | InList | InQuery) -> bool:
    """Whether the owners meant by a comparison can be told by their names alone."""
    return _named(leaf) is not None


def _named(leaf: Comparison | InList | InQuery) -> tuple[Path, tuple[str, ...]] | None:
    match leaf:
        case Comparison(Path() as path, Comparator.EQ | Comparator.NE, Text(name)) if path.key in (NAME, USERNAME):
            return path, (name,)
        case InList(Path() as path, SetOperator.IN | SetOperator.NOT_IN, values) if path.key in (NAME, USERNAME):
            names = tuple(one.value for one in values if isinstance(one, Text))
            return (path, names) if len(names) == len(values) else None
        case _:
            return None


def _by_id(leaf: Comparison | InList | InQuery, owners: NamedOwners) -> Condition:
    named = _named(leaf)
    if named is None or not isinstance(leaf, Comparison | InList):
        return leaf
    path, names = named
    ids = tuple(dict.fromkeys(one for name in names for one in owners.of(path, name)))
    if not ids or len(ids) > MOST_IDS:
        return leaf
    operator = leaf.operator if isinstance(leaf.operator, SetOperator) else _IN[leaf.operator]
    known = InList(_OWNER_ID, operator, tuple(Text(one, one) for one in ids))
    unknown = tuple(Text(name, name) for name in names if not owners.of(path, name))
    if not unknown:
        return known
    both = (known, InList(path, operator, unknown))
    return Or(both) if operator is SetOperator.IN else And(both)
