"""Short ways to say what the org showed and what was decided, for the storage tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import create_engine, text

from sfassign.core.decision import Assign, Diagnosis, Gate, Hold, Plan, Rejection, Score, ScorePart, Verdict
from sfassign.core.journal import Entry, Event
from sfassign.core.model import Member, Snapshot, WorkItem
from sfassign.ports import ObjectNews, Row, Settlement, Sighting, Sweep, UserRow
from sfassign.storage import SqlStore

T0 = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
QUEUE = "00G000000000001EAA"
ALICE = "005000000000001AAA"
BOB = "005000000000002AAA"
CARL = "005000000000003AAA"
GROUP = "Web leads"


class ManualClock:
    """Time that passes only when someone sleeps or turns the hand."""

    def __init__(self, start: dt.datetime = T0) -> None:
        self._now = start

    def now(self) -> dt.datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += dt.timedelta(seconds=seconds)


def minute(number: float) -> dt.datetime:
    return T0 + dt.timedelta(minutes=number)


def lead(number: int) -> str:
    return f"00Q{number:012d}EAA"


def seen(
    number: int,
    *,
    owner: str = QUEUE,
    created: dt.datetime = T0 - dt.timedelta(days=1),
    changed: dt.datetime = T0 - dt.timedelta(hours=1),
    active: bool = True,
    waiting: bool = True,
    points: float = 1.0,
    values: Mapping[str, str] | None = None,
) -> Sighting:
    row = Row("Lead", lead(number), owner, created, changed, None, values or {"company": f"Company {number}"})
    return Sighting(row, active, points, waiting and active)


def absorb(
    store: SqlStore, at: dt.datetime, *sightings: Sighting, sweep: Sweep = Sweep.DIFFERENCES, object_name: str = "Lead"
) -> None:
    store.absorb([ObjectNews(object_name, sweep, tuple(sightings))], at)


def user(user_id: str, name: str = "alice") -> UserRow:
    return UserRow(user_id, f"{name}@acme.example", name.title(), True, "Europe/London", {"department": "Sales"})


def member(user_id: str) -> Member:
    return Member(user_id, f"{user_id}@acme.example", user_id, True, "UTC")


def verdicts() -> tuple[Verdict, ...]:
    return (
        Verdict(ALICE, "alice@acme.example", None, 1, {"turn": 3}),
        Verdict(BOB, "bob@acme.example", Rejection(Gate.ABSENT, "last used 08:12 Europe/London")),
    )


def diagnosis() -> Diagnosis:
    return Diagnosis(2, {Gate.ABSENT: 1}, verdicts)


def score(total: float = 50.0) -> Score:
    return Score(total, (ScorePart("Rating = 'Hot'", total),), "high")


def hold(item: WorkItem, *, group: str = GROUP, why: Diagnosis | None = None, total: float = 50.0) -> Hold:
    reason = why or diagnosis()
    return Hold(item, group, score(total), reason, reason.summary())


def assign(item: WorkItem, to: str, turn: int, *, group: str = GROUP, moves: Mapping[str, int] | None = None) -> Assign:
    return Assign(
        item=item,
        group=group,
        to=member(to),
        method="round_robin",
        score=score(),
        points=1.0,
        turn=turn,
        diagnosis=diagnosis(),
        sentence=f"{to} waited longest",
        credit_moves=moves or {},
    )


def looked_at(store: SqlStore, at: dt.datetime = T0) -> Snapshot:
    return store.snapshot(at, ())


def items(store: SqlStore, at: dt.datetime = T0) -> dict[str, WorkItem]:
    return {item.id: item for item in looked_at(store, at).items}


def planned(
    store: SqlStore, assigns: Sequence[Assign], at: dt.datetime = T0, *, dry_run: bool = False
) -> tuple[Entry, ...]:
    guards = {one.item.id: T0 - dt.timedelta(hours=1) for one in assigns}
    return store.plan(assigns, Plan(at, "sha256:abc", tuple(assigns)), guards, dry_run)


def under_way(store: SqlStore, assigns: Sequence[Assign], at: dt.datetime = T0) -> tuple[int, ...]:
    numbers = tuple(entry.id for entry in planned(store, assigns, at))
    store.sent(numbers, at)
    return numbers


def landed(store: SqlStore, numbers: Iterable[int], at: dt.datetime = T0) -> None:
    store.settle([Settlement(number, Event.LANDED, at) for number in numbers])


def given(store: SqlStore, number: int, to: str, turn: int, at: dt.datetime = T0, **more: object) -> int:
    """The waiting item was given to the user and the org confirmed it."""
    moves = more.get("moves")
    decision = assign(items(store, at)[lead(number)], to, turn, moves=moves if isinstance(moves, Mapping) else None)
    (entry,) = under_way(store, [decision], at)
    landed(store, [entry], at)
    return entry


def sql(url: str, statement: str) -> list[tuple[object, ...]]:
    """What stands in the tables themselves."""
    engine = create_engine(url)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def assert_sums_equal_rows(url: str) -> None:
    kept = sql(url, "SELECT object, owner, item_count, points FROM load_sum")
    counted = sql(
        url, "SELECT object, owner, count(*), CAST(sum(points) AS bigint) FROM active_item GROUP BY object, owner"
    )
    assert sorted(map(str, kept)) == sorted(map(str, counted))
