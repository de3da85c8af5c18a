"""When work arrives: a Poisson process per object whose rate follows the day, with campaigns and outages on top.

Thinning (Lewis and Shedler): draw at the highest rate, keep each draw with probability rate ÷ highest rate. Every
hour is drawn from its own stream, so any stretch of time can be asked for and always has the same arrivals.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sfassign.emulator.floor.chance import stream
from sfassign.emulator.floor.people import PRODUCTS

PEAK_PER_MINUTE = {"Lead": 1.4, "Case": 1.25, "Opportunity": 0.35}
"""At the busiest hour, without bursts: three items a minute in all."""

# fmt: off
SHARE_BY_HOUR = (
    0.03, 0.03, 0.03, 0.04, 0.06, 0.10, 0.22, 0.50, 0.80, 1.00, 1.00, 0.95,
    0.82, 0.95, 1.00, 0.90, 0.75, 0.52, 0.38, 0.30, 0.25, 0.16, 0.08, 0.05,
)
# fmt: on
"""The share of the peak at the beginning of each UTC hour; in between, a straight line."""

WEEKEND_SHARE = 0.12
BURSTS = {"Lead": ("campaign", 0.4, 2.5), "Case": ("outage", 0.35, 3.5)}
"""By object: what the burst is called, its probability per weekday, by how much it multiplies the rate."""


@dataclass(frozen=True, slots=True)
class Burst:
    """For a while much more of one object arrives, all about one product."""

    object: str
    kind: str
    start: dt.datetime
    end: dt.datetime
    factor: float
    product: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One item comes in at `at` (UTC, whole seconds). `key` names its stream; `burst` is what it is part of."""

    at: dt.datetime
    object: str
    key: str
    burst: Burst | None


def arrivals_of_hour(seed: int, object_name: str, hour: dt.datetime) -> tuple[Arrival, ...]:
    """Everything of this object that arrives in the hour that begins at `hour` (UTC), in order."""
    chance = stream(seed, "arrivals", object_name, hour.isoformat())
    burst = burst_of_day(seed, object_name, hour.date())
    highest = PEAK_PER_MINUTE[object_name] * (burst.factor if burst else 1.0)
    return tuple(
        Arrival(at, object_name, f"{object_name} {hour:%Y%m%d%H} {number}", burst if _within(burst, at) else None)
        for number, at in enumerate(_draws(chance, hour, highest))
        if chance.random() * highest < rate_per_minute(seed, object_name, at)
    )


def rate_per_minute(seed: int, object_name: str, at: dt.datetime) -> float:
    """Expected arrivals per minute at this instant."""
    here, ahead = SHARE_BY_HOUR[at.hour], SHARE_BY_HOUR[(at.hour + 1) % 24]
    share = here + (ahead - here) * (at.minute * 60 + at.second) / 3600
    burst = burst_of_day(seed, object_name, at.date())
    factor = burst.factor if burst and _within(burst, at) else 1.0
    return PEAK_PER_MINUTE[object_name] * share * factor * (WEEKEND_SHARE if at.weekday() >= 5 else 1.0)


@lru_cache(maxsize=256)
def burst_of_day(seed: int, object_name: str, day: dt.date) -> Burst | None:
    """The day's campaign or outage, if there is one."""
    if object_name not in BURSTS or day.weekday() >= 5:
        return None
    kind, probability, factor = BURSTS[object_name]
    chance = stream(seed, "burst", object_name, day)
    if chance.random() >= probability:
        return None
    start = dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(minutes=round(chance.uniform(8 * 60, 16 * 60)))
    end = start + dt.timedelta(minutes=round(chance.uniform(15, 35)))
    return Burst(object_name, kind, start, end, factor, chance.choice(PRODUCTS))


def _draws(chance: random.Random, hour: dt.datetime, per_minute: float) -> Iterator[dt.datetime]:
    second = chance.expovariate(per_minute / 60)
    while second < 3600:
        yield hour + dt.timedelta(seconds=int(second))
        second += chance.expovariate(per_minute / 60)


def _within(burst: Burst | None, at: dt.datetime) -> bool:
    return burst is not None and burst.start <= at < burst.end
