"""The line: an entry for each item that waits or is to change hands, and the order they are served in. The engine's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sfassign.core.decision import Hold, Review, Score
from sfassign.core.durations import duration_text
from sfassign.core.figures import millionths
from sfassign.core.floor import Surroundings
from sfassign.core.gates import pause_text, running
from sfassign.core.intake import Intake, place_in_line
from sfassign.core.model import WorkItem
from sfassign.core.onward import group_now, review_note
from sfassign.core.policy import Group
from sfassign.core.preference import held_for_look_up
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


class Line:
    """Who stands in the line at the instant of the snapshot, in which group and place, and who is left alone."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._snapshot = around.snapshot
        self._intake = Intake(around.policy, around.snapshot.org_timezone)
        self._groups = {group.name: group for group in around.policy.enabled_groups}
        self._on_their_way = {flight.item for flight in around.snapshot.in_flight}
        self._closed = self._closed_groups()

    def waiting(self) -> list[Waiting]:
        """Everybody in the line, first to last; what is left alone for a reason of its own says so in `aside`."""
        found = [waiting for item in self._snapshot.items if (waiting := self._waiting(item)) is not None]
        found.sort(key=_place)
        return found

    def _waiting(self, item: WorkItem) -> Waiting | None:
        now = self._snapshot.taken_at
        if item.owner == item.last_given and item.again is None:
            return None
        taken = self._intake.of(item.object, item.values, now)
        home = taken.group if item.again is None else item.again.group
        if not taken.active or home is None or home not in self._groups:
            return None
        group = self._groups.get(group_now(item, home), self._groups[home])
        score = self._intake.score(item, now)
        return Waiting(item, group, score, millionths(taken.points), self._aside(item, group, score), home)

    def _aside(self, item: WorkItem, group: Group, score: Score) -> Hold | Review | None:
        reason = self._intake.review(item, self._snapshot.taken_at) if item.again is None else None
        if reason is not None:
            return Review(item, group.name, reason, review_note(item, group, reason))
        why = self._held_for(item, group)
        return None if why is None else Hold(item, group.name, score, None, why)

    def _held_for(self, item: WorkItem, group: Group) -> str | None:
        if group.name in self._closed:
            return self._closed[group.name]
        if item.blocked is not None:
            return item.blocked
        if item.id in self._on_their_way:
            return "an owner change is on its way"
        if group.hold and item.again is None and self._snapshot.taken_at - item.created_at < group.hold:
            around = self._around
            until = around.clock(item.created_at + group.hold)
            return f"held until {until}, {duration_text(group.hold)} after it was created"
        return held_for_look_up(item, group)

    def _closed_groups(self) -> dict[str, str]:
        """Why a group gets nothing for now, by its name."""
        around, found = self._around, {}
        if (pause := running(self._snapshot.paused_all, around)) is not None:
            return dict.fromkeys(self._groups, f"everything is paused: {pause_text(pause, around)}")
        for name, given in self._snapshot.paused_groups.items():
            if (pause := running(given, around)) is not None:
                found[name] = f"the group is paused: {pause_text(pause, around)}"
        return found


def _place(waiting: Waiting) -> tuple[int, float, dt.datetime, str]:
    return place_in_line(waiting.item, waiting.group, waiting.score)
