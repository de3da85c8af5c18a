"""What one cycle came to, as values and as the JSON of `once --json`. Written by the cycle, shown by commands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
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
class Reassigned:
    """An item that had an owner, `owner_before`, has another: `why` is a Why, `sentence` the decision's own line."""

    object: str
    id: str
    owner_before: str
    owner: str
    owner_username: str | None
    group: str
    why: str
    decision: int
    sentence: str

    def as_json(self) -> dict[str, Any]:
        shown = asdict(self)
        names = {"owner_before": "from"}
        return {names.get(key, key): value for key, value in shown.items()}


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
class Overflowed:
    """Nobody of `group` took it in time: it belongs to `to_group` from now on, or went to `owner` (a queue has no
    `owner_username`), journaled as `decision`."""

    object: str
    id: str
    group: str
    to_group: str | None = None
    owner: str | None = None
    owner_username: str | None = None
    decision: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class CherryPicked:
    """`owner` made themselves the owner of an item that waited in `group`, with `owner_before`. `how` it is known is a
    How, `state` a PickState at the end of the cycle; `why` says it in a sentence."""

    object: str
    id: str
    group: str
    owner_before: str
    owner: str
    owner_username: str | None
    how: str | None
    state: str
    seen_at: dt.datetime
    why: str

    def as_json(self) -> dict[str, Any]:
        shown = asdict(self) | {"seen_at": iso(self.seen_at)}
        names = {"owner_before": "from"}
        return {names.get(key, key): value for key, value in shown.items()}


@dataclass(frozen=True, slots=True)
class Reminded:
    """An item that its owner has not touched: `action` (reassign, return or report) comes `at` if nothing happens."""

    object: str
    id: str
    owner: str
    group: str
    action: str
    at: dt.datetime
    why: str


@dataclass(frozen=True, slots=True)
class Neglected:
    """An item that was neglected and stays with its owner."""

    object: str
    id: str
    owner: str
    group: str
    why: str


@dataclass(frozen=True, slots=True)
class RefusedValue:
    """Values of a group's `set` that the org did not take, with its words; `count` records went without."""

    group: str
    fields: tuple[str, ...]
    code: str
    message: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class CycleReport:
    """`unreadable` names parts of the org that could not be read while the rest went on, `warnings` what else needs
    somebody's attention, `notices` what stops nobody. `fields_set` counts records on which fields were set or cleared
    without a new owner, `children_moved` child records that followed their item. `notified` counts what people were
    told after the cycle, `notices_waiting` what they are still to be told; `notices_given_up` says what they never
    will be, and why."""

    cycle: int
    started_at: dt.datetime
    seconds: float = 0.0
    dry_run: bool = False
    api_calls: int = 0
    assigned: tuple[Assigned, ...] = ()
    reassigned: tuple[Reassigned, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    review: tuple[InReview, ...] = ()
    lost_race: tuple[LostRace, ...] = ()
    failed: tuple[Failed, ...] = ()
    unreadable: tuple[str, ...] = ()
    overflowed: tuple[Overflowed, ...] = ()
    refused_values: tuple[RefusedValue, ...] = ()
    fields_set: int = 0
    children_moved: int = 0
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    notified: int = 0
    notices_waiting: int = 0
    notices_given_up: tuple[str, ...] = ()
    cherry_picked: tuple[CherryPicked, ...] = ()
    reminded: tuple[Reminded, ...] = ()
    neglected: tuple[Neglected, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 done, 3 done but some records, values or messages failed, or some part of the org could not be read."""
        troubles = self.failed, self.unreadable, self.refused_values, self.warnings, self.notices_given_up
        return 3 if any(troubles) else 0

    def as_json(self) -> dict[str, Any]:
        """The document of `once --json`: times in UTC ISO 8601, Ids of 18 characters."""
        document = asdict(self)
        document["started_at"] = iso(self.started_at)
        document["seconds"] = round(self.seconds, 3)
        document["reassigned"] = [line.as_json() for line in self.reassigned]
        document["cherry_picked"] = [line.as_json() for line in self.cherry_picked]
        for line in document["assigned"]:
            line["score"], line["points"] = whole(line["score"]), whole(line["points"])
        for line in document["waiting"]:
            line["since"] = iso(line["since"])
        for line in document["reminded"]:
            line["at"] = iso(line["at"])
        return {key: document[key] for key in _ORDER}


_ORDER = (
    *("cycle", "started_at", "seconds", "dry_run", "api_calls"),
    *("assigned", "reassigned", "waiting", "review", "lost_race", "failed", "unreadable"),
    *("overflowed", "refused_values", "fields_set", "children_moved", "warnings", "notices"),
    *("notified", "notices_waiting", "notices_given_up"),
    *("cherry_picked", "reminded", "neglected"),
)


def one_per_group(refused: Iterable[RefusedValue]) -> tuple[RefusedValue, ...]:
    """One warning per group: the first one's words, every field once, and how many there were."""
    found: dict[str, RefusedValue] = {}
    for value in refused:
        first = found.get(value.group)
        if first is None:
            found[value.group] = value
        else:
            fields = tuple(dict.fromkeys([*first.fields, *value.fields]))
            found[value.group] = replace(first, fields=fields, count=first.count + value.count)
    return tuple(found.values())


def refused_text(value: RefusedValue) -> str:
    """`Web leads: Status were not taken on 3 records: …`."""
    records = "one record" if value.count == 1 else f"{value.count} records"
    fields = ", ".join(value.fields)
    return f"group '{value.group}': the org did not take {fields} on {records}: {value.code}: {value.message}"


def iso(moment: dt.datetime) -> str:
    """UTC ISO 8601 in whole seconds with Z."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole(number: float) -> float | int:
    """A whole number without its point, others to six places."""
    return int(number) if number == int(number) else round(number, 6)
