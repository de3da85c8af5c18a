"""What one cycle came to, as values and as the JSON of `once --json`. Written by the cycle, shown by commands."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Assigned:
    object: str
    id: str
    owner: str
    owner_username: str | None
    group: str
    method: str
    score: float
    tier: str | None
    points: float
    decision: int
    why: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """`reasons` are gate codes with their tallies; `why` is the sentence that commands and logs show."""

    object: str
    id: str
    group: str
    since: dt.datetime
    reasons: dict[str, int]
    why: str


@dataclass(frozen=True, slots=True)
class InReview:
    object: str
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class LostRace:
    """Somebody else changed the record first (or after us); `owner_now` None: it is gone."""

    object: str
    id: str
    owner_now: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Failed:
    object: str
    id: str
    owner: str
    code: str
    message: str
    retry: bool


@dataclass(frozen=True, slots=True)
class CycleReport:
    """`unreadable` names parts of the org that could not be read while the rest went on."""

    cycle: int
    started_at: dt.datetime
    seconds: float = 0.0
    dry_run: bool = False
    api_calls: int = 0
    assigned: tuple[Assigned, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    review: tuple[InReview, ...] = ()
    lost_race: tuple[LostRace, ...] = ()
    failed: tuple[Failed, ...] = ()
    unreadable: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 done, 3 done but some records failed or some part of the org could not be read."""
        return 3 if self.failed or self.unreadable else 0

    def as_json(self) -> dict[str, Any]:
        """The document of `once --json`: times in UTC ISO 8601, Ids of 18 characters."""
        document = asdict(self)
        document["started_at"] = iso(self.started_at)
        document["seconds"] = round(self.seconds, 3)
        document["reassigned"] = []
        for line in document["assigned"]:
            line["score"], line["points"] = whole(line["score"]), whole(line["points"])
        for line in document["waiting"]:
            line["since"] = iso(line["since"])
        return {key: document[key] for key in _ORDER}


_ORDER = (
    *("cycle", "started_at", "seconds", "dry_run", "api_calls"),
    *("assigned", "reassigned", "waiting", "review", "lost_race", "failed", "unreadable", "warnings"),
)


def iso(moment: dt.datetime) -> str:
    """UTC ISO 8601 in whole seconds with Z."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole(number: float) -> float | int:
    """A whole number without its point, others to six places."""
    return int(number) if number == int(number) else round(number, 6)
