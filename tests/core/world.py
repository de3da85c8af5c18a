"""A small sales floor in a few words: what the tests of the core decide over."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sfassign.core.calendar import Calendar
from sfassign.core.decision import Assign, Decision, Hold, Plan
from sfassign.core.limits import windows_of
from sfassign.core.model import InFlight, Load, Member, Presence, Snapshot, Turn, WorkItem
from sfassign.core.policy import Group, ListedMember, Members, Policy, WorkObject
from sfassign.soql import parse_condition
from sfassign.soql.tree import Condition

NOW = dt.datetime(2026, 11, 19, 10, 0, tzinfo=dt.UTC)
"""A Thursday morning in London, in winter."""

LONDON = "Europe/London"
Past = tuple[dt.datetime, str, str]
"""One settled assignment: when, in which group, to whom."""

LEAD = WorkObject("Lead", parse_condition("IsConverted = false"))
CASE = WorkObject("Case", parse_condition("IsClosed = false"))


def soql(text: str) -> Condition:
    return parse_condition(text)


def user_id(name: str) -> str:
    return f"005{name:x>15}"[:18]


def member(name: str, **said: Any) -> Member:
    values = said.pop("values", {})
    fields: dict[str, Any] = {"is_active": True, "timezone": LONDON}
    return Member(user_id(name), f"{name}@acme.example", name.title(), values=values, **(fields | said))


def lead(number: int, *, minutes_old: float = 60, owner: str = "00G-web", **said: Any) -> WorkItem:
    created = NOW - dt.timedelta(minutes=minutes_old)
    values = {"isconverted": False, "owner.name": "Web Leads"} | said.pop("values", {})
    name = said.pop("object", "Lead")
    if name == "Case":
        values |= {"isclosed": False}
    times = {"created_at": created, "waiting_since": created, "aging_since": created}
    return WorkItem(name, f"00Q{number:015d}", owner, values=values, **(times | said))


def listed(*names: str, **said: Any) -> Members:
    return Members(listed=tuple(ListedMember(f"{name}@acme.example", **said) for name in names))


def group(name: str = "Web leads", members: Members | None = None, **said: Any) -> Group:
    """A group of leads without the default flood guard, unless the test gives it one."""
    fields: dict[str, Any] = {"object": "Lead", "source": soql("Owner.Name = 'Web Leads'"), "ramp": None}
    return Group(name, members=members or listed("alice", "bob", "carol"), **(fields | said))


def policy(*groups: Group, objects: Sequence[WorkObject] = (LEAD, CASE), **said: Any) -> Policy:
    fields: dict[str, Any] = {"timezone": LONDON}
    return Policy("sha256:test", groups or (group(),), {work.name: work for work in objects}, **(fields | said))


def snapshot(
    items: Sequence[WorkItem],
    members: Sequence[Member],
    under: Policy | None = None,
    past: Sequence[Past] = (),
    **said: Any,
) -> Snapshot:
    """What the store would hand over: `past` counted in every window that the policy asks for."""
    taken_at = said.pop("taken_at", NOW)
    given = {}
    for window in windows_of(under or policy(), taken_at, LONDON):
        inside = [
            (name, user) for at, name, user in past if at > window.since or (at == window.since and not window.after)
        ]
        given[window] = dict(Counter(inside))
    fields: dict[str, Any] = {"org_timezone": LONDON, "last_turn": 1000, "given": given}
    return Snapshot(taken_at, items=tuple(items), members=tuple(members), **(fields | said))


def turns(of_group: str, *names: str) -> Mapping[tuple[str, str], Turn]:
    """A rotation in which these had their last turn in this order."""
    return {(of_group, user_id(name)): Turn(number) for number, name in enumerate(names, start=1)}


def at_work(**said: Any) -> Presence:
    return Presence(**said)


def load(points: float, count: int = 1, name: str = "Lead") -> Load:
    return Load({name: count}, {name: points})


def flight(to: str, item: str = "00Q-other", **said: Any) -> InFlight:
    fields: dict[str, Any] = {"group": "Web leads", "points": 1.0, "decided_at": NOW, "turn": 1000}
    return InFlight("Lead", item, to=user_id(to), **(fields | said))


def winners(plan: Plan) -> list[str]:
    """Who got each item, by first name; `-` for an item that waits."""
    return [_winner(decision) for decision in plan.decisions]


def _winner(decision: Decision) -> str:
    return decision.to.name.lower() if isinstance(decision, Assign) else "-"


def rejected(decision: Decision) -> dict[str, tuple[str, str, bool]]:
    """Gate, detail and whether it lasts, of every member who was turned down, by Username's first part."""
    assert isinstance(decision, Assign | Hold)
    assert decision.diagnosis is not None
    return {
        verdict.username.split("@")[0]: (
            verdict.rejection.gate.value,
            verdict.rejection.detail,
            verdict.rejection.lasting,
        )
        for verdict in decision.diagnosis.verdicts()
        if verdict.rejection is not None
    }


def open_seconds(calendar: Calendar, start: dt.datetime, end: dt.datetime) -> float:
    """The working time between two instants."""
    return sum((closes - opens).total_seconds() for opens, closes in calendar.intervals(start, end))
