"""What the rules did besides giving items out, found in the reports of the cycles: how often, and one case of each with
its reason. Shown at the end of the demonstration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from sfassign.core.decision import PHRASES, Gate
from sfassign.core.model import Why
from sfassign.outcome import CycleReport

Told = Iterable[str]
"""The sentences of the decisions in question, as every screen shows them."""

FINDERS: tuple[tuple[str, Callable[[CycleReport], Told]], ...] = (
    ("reminded", lambda report: (line.why for line in report.reminded)),
    ("neglected", lambda report: _taken(report, Why.NEGLECTED)),
    ("finally", lambda report: _taken(report, Why.FINALLY)),
    ("cherry-picked", lambda report: (line.why for line in report.cherry_picked)),
    ("overflowed", lambda report: (line.why for line in report.overflowed)),
    ("skill relaxed", lambda report: _saying(report, "no longer asked after")),
    ("past a full cap", lambda report: _saying(report, PHRASES[Gate.CAP_REACHED])),
    ("by performance", lambda report: _saying(report, "× performance")),
)


def _taken(report: CycleReport, why: Why) -> Iterator[str]:
    return (line.sentence for line in report.reassigned if line.why == why.value)


def _saying(report: CycleReport, words: str) -> Iterator[str]:
    return (line.why for line in report.assigned if words in line.why)


@dataclass
class Moments:
    """`seen` has, in the order of FINDERS, how often something happened and the last case of it."""

    seen: dict[str, tuple[int, str]] = field(default_factory=lambda: {name: (0, "") for name, _ in FINDERS})

    def add(self, report: CycleReport) -> None:
        for name, finder in FINDERS:
            for sentence in finder(report):
                self.seen[name] = (self.seen[name][0] + 1, sentence)
