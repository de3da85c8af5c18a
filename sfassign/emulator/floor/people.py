"""Who works here: about sixty people in three teams over four offices, drawn once from the seed.

`records` turns them into Users; `shifts` and `work` ask them for their habits. Everything is a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sfassign.emulator.floor.chance import stream
from sfassign.emulator.floor.names import COMPANY_DOMAIN, FIRST_NAMES, LAST_NAMES

PRODUCTS = ("Analytics", "Commerce", "Field Service", "Platform")
LANGUAGES = ("English", "German", "French", "Spanish", "Hindi")
TERRITORIES = ("United Kingdom", "Germany", "France", "Spain", "United States", "India")


class Team(str, Enum):
    SALES_DEVELOPMENT = "Sales Development"
    ACCOUNT_EXECUTIVES = "Account Executives"
    SUPPORT = "Support"
    OPERATIONS = "Operations"


class Standing(str, Enum):
    EMPLOYED = "employed"
    LEFT = "left"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Habits:
    """How someone works.

    `first_look_minutes` is the median time until they notice a new item, `pace` multiplies the time an act takes,
    `success` is the share of leads converted or deals won, `neglect` the share of items they let lie,
    `cherry_picks_per_hour` how often they help themselves from the queue, `late_minutes` the spread of their arrival.
    """

    first_look_minutes: float
    pace: float
    success: float
    neglect: float
    cherry_picks_per_hour: float
    late_minutes: float


@dataclass(frozen=True, slots=True)
class Person:
    """One employee. `shift_start` is in minutes after local midnight; `manager` is another person's number."""

    number: int
    first_name: str
    last_name: str
    team: Team
    role: str
    timezone: str
    shift_start: int
    languages: tuple[str, ...]
    products: tuple[str, ...]
    territories: tuple[str, ...]
    max_deal: int | None
    manager: int | None
    standing: Standing
    habits: Habits

    @property
    def username(self) -> str:
        return f"{self.first_name}.{self.last_name}@{COMPANY_DOMAIN}".lower()

    @property
    def takes_items(self) -> bool:
        return self.role in WORKING_ROLES

    @property
    def uses_omni(self) -> bool:
        return self.team is Team.SUPPORT


@dataclass(frozen=True, slots=True)
class Post:
    """So many people with one role in one office."""

    team: Team
    role: str
    timezone: str
    count: int
    standing: Standing = Standing.EMPLOYED


LONDON, BERLIN, NEW_YORK, KOLKATA = tuple(FIRST_NAMES)
WORKING_ROLES = frozenset({"SDR", "Enterprise SDR", "Account Executive", "Support Agent", "Support Lead"})
CHIEF = "Chief Revenue Officer"
MANAGER_ROLES = {
    Team.SALES_DEVELOPMENT: "SDR Manager",
    Team.ACCOUNT_EXECUTIVES: "Sales Manager",
    Team.SUPPORT: "Support Manager",
    Team.OPERATIONS: CHIEF,
}
POSTS = (
    Post(Team.OPERATIONS, CHIEF, LONDON, 1),
    Post(Team.SALES_DEVELOPMENT, "SDR Manager", LONDON, 1),
    Post(Team.ACCOUNT_EXECUTIVES, "Sales Manager", BERLIN, 1),
    Post(Team.SUPPORT, "Support Manager", LONDON, 1),
    Post(Team.OPERATIONS, "Sales Operations", LONDON, 1),
    Post(Team.OPERATIONS, "Sales Operations", BERLIN, 1),
    Post(Team.SALES_DEVELOPMENT, "SDR", LONDON, 5),
    Post(Team.SALES_DEVELOPMENT, "SDR", BERLIN, 4),
    Post(Team.SALES_DEVELOPMENT, "SDR", NEW_YORK, 2),
    Post(Team.SALES_DEVELOPMENT, "SDR", KOLKATA, 2),
    Post(Team.SALES_DEVELOPMENT, "Enterprise SDR", LONDON, 3),
    Post(Team.SALES_DEVELOPMENT, "Enterprise SDR", BERLIN, 2),
    Post(Team.SALES_DEVELOPMENT, "Enterprise SDR", NEW_YORK, 1),
    Post(Team.ACCOUNT_EXECUTIVES, "Account Executive", LONDON, 5),
    Post(Team.ACCOUNT_EXECUTIVES, "Account Executive", BERLIN, 4),
    Post(Team.ACCOUNT_EXECUTIVES, "Account Executive", NEW_YORK, 3),
    Post(Team.SUPPORT, "Support Lead", LONDON, 1),
    Post(Team.SUPPORT, "Support Lead", BERLIN, 1),
    Post(Team.SUPPORT, "Support Lead", KOLKATA, 1),
    Post(Team.SUPPORT, "Support Agent", LONDON, 4),
    Post(Team.SUPPORT, "Support Agent", BERLIN, 4),
    Post(Team.SUPPORT, "Support Agent", KOLKATA, 7),
    Post(Team.SUPPORT, "Support Agent", NEW_YORK, 2),
    Post(Team.SALES_DEVELOPMENT, "SDR", LONDON, 1, Standing.LEFT),
    Post(Team.SUPPORT, "Support Agent", BERLIN, 1, Standing.LEFT),
    Post(Team.SALES_DEVELOPMENT, "SDR", BERLIN, 1, Standing.FROZEN),
)
SHIFT_STARTS = {
    LONDON: (8 * 60 + 30, 9 * 60),
    BERLIN: (8 * 60, 8 * 60 + 30, 9 * 60),
    NEW_YORK: (8 * 60 + 30, 9 * 60),
    KOLKATA: (9 * 60 + 30, 12 * 60 + 30),
}
MOTHER_TONGUES = {LONDON: (), BERLIN: ("German",), NEW_YORK: (), KOLKATA: ("Hindi",)}
SECOND_LANGUAGES = {
    LONDON: ("Spanish", "French", "", "German"),
    BERLIN: ("", "French", "", "Spanish"),
    NEW_YORK: ("Spanish", "", "French"),
    KOLKATA: ("", "", "", "German"),
}
HOME_TERRITORIES = {
    LONDON: ("United Kingdom", "France"),
    BERLIN: ("Germany", "France"),
    NEW_YORK: ("United States", "Spain"),
    KOLKATA: ("India", "United Kingdom"),
}
MAX_DEALS = (50_000, 150_000, 400_000, 2_000_000)


def cast(seed: int) -> tuple[Person, ...]:
    """Everyone, managers first. The same seed gives the same people."""
    posts = [post for post in POSTS for _ in range(post.count)]
    names = {zone: _names(seed, zone) for zone in FIRST_NAMES}
    managers: dict[Team, int] = {}
    people: list[Person] = []
    for number, post in enumerate(posts):
        boss = managers.get(post.team, 0 if number else None)
        first, last = names[post.timezone].pop()
        people.append(_person(seed, number, post, (first, last), boss))
        if post.role == MANAGER_ROLES[post.team]:
            managers[post.team] = number
    return tuple(people)


def _names(seed: int, zone: str) -> list[tuple[str, str]]:
    """First and last names of an office, shuffled; each last name once, so that usernames are unique."""
    chance = stream(seed, "names", zone)
    firsts, lasts = FIRST_NAMES[zone].split(), LAST_NAMES[zone].split()
    return list(zip(chance.sample(firsts, len(firsts)), chance.sample(lasts, len(lasts)), strict=True))


def _person(seed: int, number: int, post: Post, name: tuple[str, str], manager: int | None) -> Person:
    chance = stream(seed, "person", number)
    second = SECOND_LANGUAGES[post.timezone]
    tongues = ("English", *MOTHER_TONGUES[post.timezone], second[number % len(second)])
    products = tuple(sorted({PRODUCTS[number % len(PRODUCTS)], *chance.sample(PRODUCTS, 2)}))
    return Person(
        number=number,
        first_name=name[0],
        last_name=name[1],
        team=post.team,
        role=post.role,
        timezone=post.timezone,
        shift_start=chance.choice(SHIFT_STARTS[post.timezone]),
        languages=tuple(tongue for tongue in LANGUAGES if tongue in tongues),
        products=products,
        territories=HOME_TERRITORIES[post.timezone],
        max_deal=MAX_DEALS[number % len(MAX_DEALS)] if post.team is Team.ACCOUNT_EXECUTIVES else None,
        manager=manager,
        standing=post.standing,
        habits=_habits(seed, number),
    )


def _habits(seed: int, number: int) -> Habits:
    chance = stream(seed, "habits", number)
    return Habits(
        first_look_minutes=chance.uniform(2.0, 14.0),
        pace=chance.uniform(0.8, 1.25),
        success=chance.uniform(0.12, 0.42),
        neglect=chance.choice((0.0, 0.01, 0.02, 0.03, 0.12)),
        cherry_picks_per_hour=chance.choice((0.0, 0.0, 0.0, 0.05, 0.2)),
        late_minutes=chance.uniform(2.0, 9.0),
    )
