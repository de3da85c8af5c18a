"""Items that have an owner and are to change hands: what a cycle decides and writes besides the line.

`items` meet the members of their group together with everything that waits; `letters` go to a place that was named
beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass

from sfassign.core.model import Assign, Diagnosis, Member, Score, Why, WorkItem
from sfassign.deliver import Letter


@dataclass(frozen=True, slots=True)
class Rework:
    """What of the items that have an owner changes hands in this cycle."""

    items: tuple[WorkItem, ...] = ()
    letters: tuple[Letter, ...] = ()


def sent_to(
    item: WorkItem, group: str, to: Member, method: str, sentence: str, why: Why | None = None, turn: int = 0
) -> Assign:
    """An owner change to a place named beforehand, for which no member was looked at; a queue has no user name."""
    nobody_asked = Diagnosis(0, {}, tuple)
    return Assign(item, group, to, method, Score(0.0, (), None), 0.0, turn, nobody_asked, sentence, why=why)
