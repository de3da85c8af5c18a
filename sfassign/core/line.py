"""The line: an entry for each item that waits or is to change hands, and the order they are served in. The engine's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sfassign.core.model import Hold, Review, Score, WorkItem
from sfassign.core.policy import Group
from sfassign.core.roster import View


@dataclass(slots=True, eq=False)
class Waiting:
    """One item in the line. `aside` is why it is left alone before any member is looked at; `home` is the group its
    source put it in."""

    item: WorkItem
    group: Group
    score: Score
    points: int
    aside: Hold | Review | None
    home: str
    view: View | None = None

    @property
    def named(self) -> str | None:
        """The one user (an Id) that somebody wants to have it."""
        return None if self.item.again is None else self.item.again.to


def rank_in_line(waiting: Waiting) -> tuple[int, float, dt.datetime, str]:
    return -waiting.group.priority, -waiting.score.total, waiting.item.created_at, waiting.item.id
