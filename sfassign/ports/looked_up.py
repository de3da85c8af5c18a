"""What the org is asked beside polls: the shapes of objects, who is called so, whom its records name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfassign.ports.reads import Unreadable


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One field as describe tells it. `references` are the objects a reference may point to; `length` is that of a
    text in characters (0: not told); `values` are those of a restricted picklist, empty where any text is taken."""

    name: str
    type: str
    filterable: bool
    updateable: bool
    calculated: bool
    relationship: str | None
    references: tuple[str, ...]
    length: int = 0
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectShape:
    """One object as describe tells it; `fields` by lower-case name. `key_prefix` begins its records' Ids; the last
    three are what this login may do with it."""

    name: str
    fields: Mapping[str, FieldShape]
    key_prefix: str | None = None
    queryable: bool = True
    createable: bool = True
    updateable: bool = True


@dataclass(frozen=True, slots=True)
class Resolved:
    """The Ids of queues and users by the name they were asked for; one the org does not have is missing."""

    queues: Mapping[str, str]
    users: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LookUp:
    """Whom do the org's records name for this item? `kind` is one of `prefer`, `about` what it goes by (see
    `core.preference.about`)."""

    object: str
    item: str
    kind: str
    about: str


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What look-ups brought: by (item, kind) a user's Id, None where the records name nobody. `refused` has by
    (object, kind) why the org did not say; these are among the answers as far as anything else was found. A look-up
    that is missing has no whole answer yet: it is to be asked again."""

    users: Mapping[tuple[str, str], str | None]
    refused: Mapping[tuple[str, str], Unreadable]
