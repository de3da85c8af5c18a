"""An owner change to a place that was named beforehand: overflow, return, the end of neglect, a cherry-picked item's
way back, by hand. Made by everything that sends items somewhere without asking a group.
"""

from __future__ import annotations

from sfassign.core.decision import Assign, Diagnosis, Score
from sfassign.core.model import Member, Why, WorkItem


def sent_to(
    item: WorkItem, group: str, to: Member, method: str, sentence: str, why: Why | None = None, turn: int = 0
) -> Assign:
    """For which no member was looked at; a queue has no user name."""
    nobody_asked = Diagnosis(0, {}, tuple)
    return Assign(item, group, to, method, Score(0.0, (), None), 0.0, turn, nobody_asked, sentence, why=why)
