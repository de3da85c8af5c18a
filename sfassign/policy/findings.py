"""What is wrong or doubtful in a policy file: said once, with place, reason, what was expected and the nearest name.

Every check of this room returns findings; `reading` collects them, sorts them by line and raises them all in one go.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sfassign.errors import WrongPolicy

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. `line` and `column` count from 1; `expected` and `nearest`: None if nothing helps."""

    file: str
    line: int
    column: int
    message: str
    severity: Severity = "error"
    expected: str | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        warning = "warning: " if self.severity == "warning" else ""
        hint = f"; did you mean '{self.nearest}'?" if self.nearest else ""
        wanted = f" (expected: {self.expected})" if self.expected else ""
        return f"{self.file}:{self.line}:{self.column}: {warning}{self.message}{hint}{wanted}"


class PolicyErrors(WrongPolicy):
    """The policy file cannot run. Mend every line named; a running daemon keeps the last good policy."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


def errors_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.severity == "error")


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, by line and column."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: (finding.line, finding.column, finding.message)))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like this one, capitals aside; None where none does."""
    by_key = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    found = difflib.get_close_matches(name[:100].casefold(), sorted(by_key), n=1, cutoff=0.6)
    return by_key[found[0]] if found else None


def one_of(names: Iterable[str], conjunction: str = "or") -> str:
    """`a, b or c`, for `expected`."""
    *most, last = names
    return f"{', '.join(most)} {conjunction} {last}" if most else last
