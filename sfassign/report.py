"""The figures of `sfassign report`: what the journal came to since a moment, beside what the policy promises now.

Every figure is defined once: counts and times in `storage.reporting`, what changed hands in `storage.hands`, Jain's
index and Gini's coefficient in `core.fairness`. `share` is the member's part of the group's confirmed assignments;
`entitled_share` the part the present policy promises them; `cherry_picked_share` what they took themselves, as a part
of that and what they were assigned; `items` and `points` are all their active work as it is now, of every object.
`success` is the part of a member's closed records that was won, as counted for the group's performance, with its
Wilson score interval of 95 % (`core.performance`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfassign.core.fairness import Promise, amounts, gini_coefficient, jain_index, promises
from sfassign.core.model import Load, Snapshot
from sfassign.core.performance import Performance, wilson_interval
from sfassign.core.policy import Policy
from sfassign.outcome import iso, whole
from sfassign.storage import Hands, JournalSums, Outcomes
from sfassign.storage.clock_shown import NeglectSums
from sfassign.storage.reporting import PERCENTS, Waits


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group. `method` None: the policy no longer has an enabled group of this name, so nothing is promised."""

    group: str
    method: str | None
    outcomes: Outcomes
    waits: Waits | None
    jain: float | None
    gini: float | None
    hands: Hands


@dataclass(frozen=True, slots=True)
class Success:
    """Won of closed records, and between which bounds the rate lies; `interval` None: nothing closed."""

    won: int
    closed: int
    interval: tuple[float, float] | None

    def as_json(self) -> dict[str, Any]:
        low, high = self.interval or (None, None)
        rate = self.won / self.closed if self.closed else None
        return {
            "won": self.won,
            "closed": self.closed,
            "rate": _rounded(rate),
            "from": _rounded(low),
            "to": _rounded(high),
        }


@dataclass(frozen=True, slots=True)
class MemberFigures:
    """One person in one group. `entitled_share` None: not applicable, by the method or because they are no member.
    `success` None: the group does not go by performance, or nothing was counted yet."""

    group: str
    user: str
    username: str
    outcomes: Outcomes
    waits: Waits | None
    share: float | None
    entitled_share: float | None
    items: int
    points: float
    hands: Hands
    cherry_picked_share: float | None
    success: Success | None = None


@dataclass(frozen=True, slots=True)
class Report:
    since: dt.datetime
    until: dt.datetime
    decisions: int
    policies: Mapping[str, int]
    groups: tuple[GroupFigures, ...]
    members: tuple[MemberFigures, ...]
    neglect: tuple[NeglectSums, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "since": iso(self.since),
            "until": iso(self.until),
            "decisions": self.decisions,
            "policies": dict(self.policies),
            "groups": [_group_json(figures) for figures in self.groups],
            "members": [_member_json(figures) for figures in self.members],
            "neglect": [
                {"group": one.group, "user": one.user, "username": one.username, **one.counts} for one in self.neglect
            ],
        }


def make_report(sums: JournalSums, snapshot: Snapshot, policy: Policy, since: dt.datetime) -> Report:
    """Groups in the order of the policy, then those it no longer has; members by Username."""
    promised = promises(snapshot, policy)
    usernames = {member.id: member.username for member in snapshot.members} | dict(sums.usernames)
    seen = {*sums.groups, *(group for group, _ in sums.hands)}
    names = [*promised, *sorted(seen.difference(promised))]
    return Report(
        since=since,
        until=snapshot.taken_at,
        decisions=sums.decisions,
        policies=sums.policies,
        groups=tuple(_group(name, promised.get(name), sums) for name in names),
        members=tuple(
            line for name in names for line in _members(name, promised.get(name), sums, usernames, snapshot.load)
        ),
    )


def _group(name: str, promise: Promise | None, sums: JournalSums) -> GroupFigures:
    assigned = {user: outcomes.assigned for (group, user), outcomes in sums.members.items() if group == name}
    shared = amounts(promise, assigned) if promise is not None else []
    return GroupFigures(
        group=name,
        method=None if promise is None else promise.method,
        outcomes=sums.groups.get(name, Outcomes()),
        waits=sums.waits.get(name),
        jain=jain_index(shared),
        gini=gini_coefficient(shared),
        hands=sums.hands.get((name, None), Hands()),
    )


def _members(
    name: str, promise: Promise | None, sums: JournalSums, known: Mapping[str, str], load: Mapping[str, Load]
) -> Iterator[MemberFigures]:
    members = {one.user: one for one in promise.members} if promise is not None else {}
    concerned = [user for group, user in (*sums.members, *sums.hands) if group == name and user is not None]
    usernames = {user: known.get(user, user) for user in concerned}
    usernames |= {user: one.username for user, one in members.items()}
    total = sums.groups.get(name, Outcomes()).assigned
    for user, username in sorted(usernames.items(), key=lambda pair: (pair[1].lower(), pair[0])):
        outcomes = sums.members.get((name, user), Outcomes())
        entitled = members.get(user)
        active = load.get(user, Load())
        hands = sums.hands.get((name, user), Hands())
        yield MemberFigures(
            group=name,
            user=user,
            username=username,
            outcomes=outcomes,
            waits=sums.member_waits.get((name, user)),
            share=outcomes.assigned / total if total else None,
            entitled_share=None if entitled is None else entitled.share,
            items=sum(active.counts.values()),
            points=sum(active.points.values()),
            hands=hands,
            cherry_picked_share=_picked_share(hands, outcomes),
            success=None if entitled is None else _success(entitled.performance),
        )


def _success(performance: Performance | None) -> Success | None:
    if performance is None or performance.pair is None:
        return None
    return Success(*performance.pair, wilson_interval(*performance.pair))


def _picked_share(hands: Hands, outcomes: Outcomes) -> float | None:
    picked = sum(hands.cherry_picked.values())
    return picked / (picked + outcomes.assigned) if picked else None


def _group_json(figures: GroupFigures) -> dict[str, Any]:
    fairness = {"jain": _rounded(figures.jain), "gini": _rounded(figures.gini)}
    figured = _outcomes(figures.outcomes, figures.waits) | fairness | _hands(figures.hands)
    return {"group": figures.group, "method": figures.method} | figured | {"overflowed": figures.hands.overflowed}


def _member_json(figures: MemberFigures) -> dict[str, Any]:
    who = {"group": figures.group, "user": figures.user, "username": figures.username}
    return (
        who
        | _outcomes(figures.outcomes, figures.waits)
        | {
            "share": _rounded(figures.share),
            "entitled_share": _rounded(figures.entitled_share),
            "items": figures.items,
            "points": whole(figures.points),
            "success": None if figures.success is None else figures.success.as_json(),
        }
        | _hands(figures.hands)
        | {"cherry_picked_share": _rounded(figures.cherry_picked_share)}
    )


def _hands(hands: Hands) -> dict[str, Any]:
    found = {"reassigned": hands.reassigned, "taken_away": hands.taken_away, "cherry_picked": hands.cherry_picked}
    return {name: dict(sorted(counts.items())) for name, counts in found.items()}


def _outcomes(outcomes: Outcomes, waits: Waits | None) -> dict[str, Any]:
    times = zip(PERCENTS, waits or (None, None, None), strict=True)
    return {
        "assigned": outcomes.assigned,
        "seconds_to_assign": {f"p{percent}": None if wait is None else whole(wait) for percent, wait in times},
        "lost_races": outcomes.lost_races,
        "overridden": outcomes.overridden,
        "overridden_by": dict(sorted(outcomes.overridden_by.items())),
        "refused": outcomes.refused,
        "not_landed": outcomes.not_landed,
        "open": outcomes.open,
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 6)
