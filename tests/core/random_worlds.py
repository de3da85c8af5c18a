"""Random small floors for the laws: groups of every method with limits, skills, presence, pauses and a past."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sfassign.core.model import Again, Load, Member, Pause, Presence, Snapshot, Turn, Why, WorkItem
from sfassign.core.policy import (
    Aging,
    Availability,
    Caps,
    FieldLimit,
    Group,
    Hours,
    ListedMember,
    LoadMeasure,
    LoadRules,
    LoggedIn,
    MatchPair,
    MatchTest,
    Members,
    Method,
    Neglect,
    Person,
    Policy,
    Ramp,
    Rule,
    ScoreRules,
    Span,
    WeightRules,
    WorkObject,
)
from sfassign.core.records import AwayRecord
from tests.core.world import CASE, NOW, Past, flight, lead, member, policy, snapshot, soql, user_id

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace")
LANGUAGES = ("German", "French", "Welsh")
MINUTE = dt.timedelta(minutes=1)
METHODS = (Method.ROUND_ROBIN, Method.WEIGHTED_ROUND_ROBIN, Method.LEAST_LOADED, Method.BEST_MATCH)

BIG = "AnnualRevenue >= 1000"
HOT = "Rating = 'Hot'"
WORK = WorkObject(
    "Lead",
    soql("IsConverted = false"),
    load=LoadRules(1, (Rule(soql(BIG), 1.5, BIG), Rule(soql(HOT), 0.1, HOT))),
    score=ScoreRules(0, (Rule(soql(HOT), 10, HOT),), aging=Aging(1, 10 * MINUTE, 8)),
)
WEEK = {day: (Span(dt.time(9), dt.time(17)),) for day in range(5)}
HOURS = {
    "office": Hours("office", days=WEEK),
    "late": Hours("late", days={day: (Span(dt.time(18), dt.time(22)),) for day in range(7)}),
    "feast": Hours("feast", days=WEEK, holidays=frozenset({NOW.date()})),
}


@dataclass(frozen=True)
class World:
    snapshot: Snapshot
    policy: Policy
    past: tuple[Past, ...]

    def __repr__(self) -> str:
        """Short: hypothesis names the seed, and refuses to print a whole world."""
        return f"<{len(self.snapshot.items)} items in {len(self.policy.groups)} groups>"


class _Dice:
    """Draws from one seed. Some worlds are strict and most members stand before shut gates, some are lenient."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.strict = self.random.choice((0.1, 0.3, 0.6, 1))

    def chance(self, chance: float) -> bool:
        return self.random.random() < chance * self.strict

    def perhaps(self, chance: float, made: Callable[[], Any], otherwise: Any = None) -> Any:
        return made() if self.chance(chance) else otherwise

    def most(self, values: tuple[str, ...]) -> tuple[str, ...]:
        return self.some(values) if self.chance(0.5) else values

    def one(self, *values: Any) -> Any:
        return self.random.choice(values)

    def some(self, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.random.sample(values, self.random.randint(0, len(values))))


def world(seed: int, most_items: int = 14) -> World:
    """The world of this number."""
    dice = _Dice(seed)
    under = policy(
        *(_group(dice, number) for number in range(dice.one(1, 1, 2, 3))),
        objects=(WORK, CASE),
        hours=HOURS,
        people=tuple(_person(dice, name) for name in dice.some(NAMES)),
    )
    members = tuple(_member(dice, name) for name in dice.most(NAMES[:-1]))
    past = tuple(_past(dice, under) for _ in range(dice.one(0, 0, 3, 12)))
    items = [_item(dice, number, under) for number in range(dice.random.randint(1, most_items))]
    dice.random.shuffle(items)
    taken = snapshot(
        items,
        members,
        under,
        past,
        load={
            one.id: Load({"Lead": dice.one(0, 1, 2), "Case": dice.one(0, 1)}, {"Lead": dice.one(0, 0.5, 2.1)})
            for one in members
        },
        rotation=_rotation(dice, under),
        in_flight=tuple(
            flight(
                name,
                item=f"00Q{9000 + n:015d}",
                group=under.groups[0].name,
                decided_at=NOW - 3 * MINUTE,
                turn=990 + n,
                credit_moves=dice.one({}, {user_id(name): -500_000}),
            )
            for n, name in enumerate(dice.some(("alice", "bob")))
        ),
        refusals=dice.perhaps(
            0.2, lambda: {(user_id("alice"), "Lead"): NOW + MINUTE, (user_id("bob"), "Lead"): NOW}, {}
        ),
        presence_at=dice.one(
            {}, {"logged_in": NOW - MINUTE, "omni": NOW - MINUTE}, {"logged_in": NOW - 3 * MINUTE, "omni": NOW}
        )
        | dice.one({"out_of_office": NOW - 5 * MINUTE}, {"out_of_office": NOW - 15 * MINUTE}, {}),
        paused_groups=dice.perhaps(0.05, lambda: {"g0": Pause("stock-taking")}, {}),
    )
    return World(taken, under, past)


def _group(dice: _Dice, number: int) -> Group:
    pairs = (
        MatchPair("Language__c", "Languages__c", dice.one(MatchTest.EQUALS, MatchTest.ANY), required=True),
        MatchPair(
            "Product__c", "skills", required=True, relax_after=dice.one(None, 30 * MINUTE), weight=dice.one(None, 0, 2)
        ),
        MatchPair("AnnualRevenue", "Max_Deal__c", dice.one(MatchTest.AT_MOST, MatchTest.AT_LEAST), required=True),
        MatchPair("Rating", "Territory__c", weight=dice.one(None, 0, 0.5, 3)),
        MatchPair("Language__c", "Languages__c", dice.one(MatchTest.EQUALS, MatchTest.ANY), weight=dice.one(None, 2)),
        MatchPair("AnnualRevenue", "Max_Deal__c", MatchTest.AT_LEAST),
    )
    said: dict[str, Any] = {
        "source": soql(dice.one("Owner.Name = 'Web Leads'", f"Owner.Name = 'Web Leads' AND {HOT}")),
        "members": _members(dice),
        "priority": dice.one(0, 0, 5),
        "hold": dice.perhaps(0.1, lambda: 20 * MINUTE, dt.timedelta(0)),
        "available": _availability(dice),
        "match": tuple(pair for pair in pairs if dice.chance(0.4)),
        "method": dice.one(*METHODS),
        "weight": WeightRules(headroom=dice.one(False, True)),
        "least_loaded": dice.one(*LoadMeasure),
        "caps": dice.perhaps(0.4, lambda: _caps(dice), Caps()),
        "group_caps": dice.perhaps(0.2, lambda: Caps(day=dice.one(3, 9), rolling=dice.one(True, False)), Caps()),
        "quota": dice.perhaps(0.3, lambda: dice.one(2, 3, 2.5, FieldLimit("Quota__c"))),
        "threshold": dice.perhaps(0.6, lambda: dice.one(3, 4.5, 7, FieldLimit("Threshold__c"))),
        "ramp": dice.perhaps(0.3, lambda: Ramp(dice.one(1, 2, 3), 5 * MINUTE)),
        "neglect": dice.perhaps(0.4, lambda: Neglect(30 * MINUTE, exclude_last=dice.one(0, 1, 2, 9))),
    }
    if dice.random.random() < 0.15:
        said |= {"object": "Case", "source": soql("IsClosed = false")}
    return Group(f"g{number}", **({"object": "Lead"} | said))


def _members(dice: _Dice) -> Members:
    if dice.random.random() < 0.4:
        return Members(condition=soql(dice.one("IsActive = true", "Territory__c = 'Hot'", "Name != null")))
    listed = (
        ListedMember(
            f"{name}@acme.example",
            weight=dice.perhaps(0.5, lambda: dice.one(0, 0.5, 1, 2, 3, FieldLimit("Weight__c"))),
            caps=dice.perhaps(0.2, lambda: _caps(dice)),
            enabled=not dice.chance(0.15),
        )
        for name in dice.random.sample(NAMES, len(NAMES) - dice.one(0, 1, 3))
    )
    return Members(listed=tuple(listed))


def _availability(dice: _Dice) -> Availability:
    return Availability(
        logged_in=dice.perhaps(0.2, lambda: LoggedIn(dice.one(None, 30 * MINUTE))),
        omni=dice.perhaps(0.15, lambda: ("Available",)),
        hours=dice.perhaps(0.2, lambda: dice.one("office", "late", "feast", "member")),
        out_of_office=dice.chance(0.3),
    )


def _caps(dice: _Dice) -> Caps:
    return Caps(
        hour=dice.one(None, 1, 2), day=dice.one(None, 2, 4), week=dice.one(None, 5), rolling=dice.one(True, False)
    )


def _person(dice: _Dice, name: str) -> Person:
    return Person(
        username=f"{name}@acme.example",
        condition=None,
        skills=dice.some(("Demo", "Support")),
        weight=dice.perhaps(0.3, lambda: dice.one(0.3, 2)),
        quota=dice.perhaps(0.2, lambda: dice.one(3, 5)),
        object_quotas=dice.perhaps(0.2, lambda: {"Lead": dice.one(2, 3)}, {}),
        threshold=dice.perhaps(0.3, lambda: dice.one(4, 6.1)),
        caps=dice.perhaps(0.2, lambda: _caps(dice), Caps()),
        hours=dice.perhaps(0.3, lambda: dice.one("office", "late")),
    )


def _member(dice: _Dice, name: str) -> Member:
    used = NOW - dice.one(1, 45) * MINUTE
    return member(
        name,
        timezone=dice.one("Europe/London", "Pacific/Kiritimati", "Pacific/Niue"),
        skills=dice.one((), (), ("Demo",), ("Support", "Demo")),
        away=tuple(_away(dice, name) for _ in range(dice.one(0, 0, 1, 2))),
        is_active=not dice.chance(0.1),
        is_frozen=dice.chance(0.1),
        pause=dice.perhaps(0.1, lambda: Pause("lunch", dice.one(None, NOW, NOW + MINUTE))),
        presence=Presence(
            sessions=dice.one((), (("UI", used, NOW + dice.one(-1, 60) * MINUTE),), (("API", used, NOW + MINUTE),)),
            omni_status=dice.one(None, "Available", "Lunch"),
            omni_away=dice.random.random() < 0.3,
        ),
        values={
            "languages__c": dice.one(None, "German", "German;French", "welsh"),
            "max_deal__c": dice.one(None, 500, 1500, 1500.5),
            "territory__c": dice.one(None, "Hot", "Cold"),
            "quota__c": dice.one(None, 2, 0),
            "threshold__c": dice.one(None, 3.5, 0),
            "weight__c": dice.one(None, 1.5, 0),
            "name": name,
        },
    )


def _away(dice: _Dice, name: str) -> AwayRecord:
    """Around now; an all-day event is stamped 00:00 UTC of its first and its last day."""
    if dice.chance(0.5):
        first = dt.datetime(2026, 11, dice.one(17, 18, 19, 20), tzinfo=dt.UTC)
        return AwayRecord(user_id(name), first, first + dt.timedelta(days=dice.one(0, 1)), all_day=True)
    start = NOW + dice.one(-90, -60, 0, 5) * MINUTE
    return AwayRecord(user_id(name), start, start + dice.one(60, 90, 120) * MINUTE, all_day=False)


def _item(dice: _Dice, number: int, under: Policy) -> WorkItem:
    name = dice.one("Lead", "Lead", "Lead", "Case")
    owners = [user_id(one) for one in dice.some(NAMES)]
    again = dice.perhaps(0.3, lambda: _again(dice, name, under)) if owners else None
    had = {"owner": owners[0], "last_given": dice.one(None, owners[0]), "again": again} if again else {}
    return _found(dice, number, name, had | {"previous": tuple(dice.one(owners, owners, ()))})


def _again(dice: _Dice, name: str, under: Policy) -> Again | None:
    groups = [group.name for group in under.groups if group.object == name]
    to = dice.perhaps(0.3, lambda: user_id(dice.one(*NAMES)))
    return Again(dice.one(*Why), dice.one(*groups), to) if groups else None


def _found(dice: _Dice, number: int, name: str, had: dict[str, Any]) -> WorkItem:
    return lead(
        number,
        object=name,
        minutes_old=dice.one(5, 25, 45, 200),
        blocked=dice.perhaps(0.03, lambda: "an open write"),
        values={
            "isconverted": dice.random.random() < 0.03,
            "language__c": dice.one(None, "German", "FRENCH", "German;French", "Welsh", "Klingon"),
            "product__c": dice.one(None, "Demo", "Support", "Demo;Support"),
            "annualrevenue": dice.one(None, 100, 500, 1200, 1500, 9000),
            "rating": dice.one(None, "Hot", "Cold"),
        },
        **had,
    )


def _past(dice: _Dice, under: Policy) -> Past:
    ago = dice.one(1, 4, 50, 59, 60, 61, 200, 700, 1440, 3000) * MINUTE
    return NOW - ago, dice.one(*under.groups).name, user_id(dice.one(*NAMES))


def _rotation(dice: _Dice, under: Policy) -> dict[tuple[str, str], Turn]:
    found = {}
    for group in under.groups:
        for name in dice.some(NAMES):
            credit = dice.one(0, 0, 500_000, -1_500_000)
            found[group.name, user_id(name)] = Turn(dice.one(1, 2, 3, 5, 8, 900), dice.one(False, True), credit)
    return found
