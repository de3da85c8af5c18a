"""The YAML file as plain text values, each with its place: what every check of this room looks at.

Every scalar stays the text it is (YAML 1.2 as the policy means it: `off`, `NO`, `10:00`, `007` are text); the schema
types them later. `yaml_reading` fills a Document.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sfassign.policy.findings import Finding, Severity

Data = str | list["Data"] | dict[str, "Data"] | None
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: `line` and `column` (from 1) of the value and of its key; `raw` as typed, for scalars."""

    line: int
    column: int
    key_line: int
    key_column: int
    raw: str | None = None

    def column_of(self, offset: int | None) -> int:
        """The column of the character `offset` of a scalar's text; its first one where it spans several lines."""
        if offset is None or self.raw is None or "\n" in self.raw:
            return self.column
        return self.column + _raw_offset(self.raw, offset)


@dataclass(slots=True)
class Document:
    """The file: its values, the place of each, and what is wrong with it as YAML. `data` is None if unusable."""

    file: str
    data: dict[str, Data] | None = None
    places: dict[Path, Place] = field(default_factory=dict)
    broken: set[Path] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def finding(
        self,
        path: Path,
        message: str,
        *,
        at_key: bool = False,
        offset: int | None = None,
        expected: str | None = None,
        nearest: str | None = None,
        severity: Severity = "error",
    ) -> Finding:
        """A finding at the value of this path (or its key); at its nearest parent where the path is not in the file."""
        while path and path not in self.places:
            path, at_key, offset = path[:-1], True, None
        place = self.places.get(path, Place(1, 1, 1, 1))
        line, column = (place.key_line, place.key_column) if at_key else (place.line, place.column_of(offset))
        return Finding(self.file, line, column, message, severity, expected, nearest)

    def is_broken(self, path: Path) -> bool:
        """Whether a finding about the YAML there was made already, so that its typing says nothing new."""
        return any(path[:length] in self.broken for length in range(len(path) + 1))


def _raw_offset(raw: str, offset: int) -> int:
    """How many typed characters stand before the character `offset` of the text that `raw` means."""
    if raw[:1] not in ("'", '"'):
        return offset
    quote, at = raw[0], 1
    for _ in range(offset):
        at += _width(raw, at, quote)
    return min(at, len(raw) - 1)


def _width(raw: str, at: int, quote: str) -> int:
    """How many characters were typed for the one at this place."""
    if quote == "'":
        return 2 if raw.startswith("''", at) else 1
    if raw.startswith("\\", at):
        return {"x": 4, "u": 6, "U": 10}.get(raw[at + 1 : at + 2], 2)
    return 1
