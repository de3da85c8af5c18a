"""The parts of a file as written, for checks that must still work where other parts are wrong.

`references` and `lint` look at the untyped values through these functions, so that one wrong key does not hide what
is wrong between the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from sfassign.policy.conditions import condition
from sfassign.policy.defaults import standard
from sfassign.policy.document import Data, Document, Path
from sfassign.policy.wording import get
from sfassign.soql.tree import Condition


@dataclass(frozen=True, slots=True)
class Part:
    """One mapping of the file and the path to it."""

    document: Document
    path: Path

    def raw(self, *steps: str | int) -> Data:
        return get(self.document.data, (*self.path, *steps))

    def text(self, *steps: str | int) -> str | None:
        value = self.raw(*steps)
        return value if isinstance(value, str) else None

    def texts(self, *steps: str | int) -> Iterator[tuple[Path, str]]:
        """The texts of a list, each with its path."""
        value = self.raw(*steps)
        for at, entry in enumerate(value if isinstance(value, list) else []):
            if isinstance(entry, str):
                yield (*self.path, *steps, at), entry

    def keys(self, *steps: str | int) -> tuple[str, ...]:
        value = self.raw(*steps)
        return tuple(value) if isinstance(value, dict) else ()

    def parts(self, *steps: str | int) -> Iterator[Part]:
        """The mappings in a list or mapping."""
        value = self.raw(*steps)
        names: list[str | int] = list(value) if isinstance(value, dict) else []
        names = list(range(len(value))) if isinstance(value, list) else names
        for name in names:
            if isinstance(self.raw(*steps, name), dict):
                yield Part(self.document, (*self.path, *steps, name))

    def tree(self, *steps: str | int) -> Condition | None:
        """The condition at this place, None where there is none or it is wrong."""
        found = self.text(*steps)
        if found is None:
            return None
        try:
            return condition(found)
        except PydanticCustomError:
            return None  # reported when the condition was typed

    @property
    def name(self) -> str:
        return self.text("name") or str(self.path[-1] if self.path else "")

    @property
    def enabled(self) -> bool:
        return self.raw("enabled") != "false"


def whole(document: Document) -> Part:
    return Part(document, ())


def groups(document: Document) -> tuple[Part, ...]:
    return tuple(whole(document).parts("groups"))


def object_names(document: Document) -> tuple[str, ...]:
    """The objects that count: those the file names and those its groups use."""
    used = [name for group in groups(document) if (name := group.text("object"))]
    return tuple(dict.fromkeys([*whole(document).keys("objects"), *used]))


def object_condition(document: Document, name: str, key: str) -> Condition | None:
    """An object's `active`, `success` or `closed`, as given or by default."""
    given: Condition | None = whole(document).tree("objects", name, key)
    default: Condition | None = getattr(standard(name), key)
    return given or default
