"""What `reassign` and `undo` share: people by name, records by Id, the writing, and what an order came to.

Both write like a cycle does: journaled first, guarded, read back, children after their item.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from sfassign.bootstrap import App
from sfassign.children import Mover
from sfassign.core.decision import Plan
from sfassign.deliver import Courier
from sfassign.errors import OrgError, OrgRefused, WrongUsage
from sfassign.known_users import unknown_user
from sfassign.landing import reassigned
from sfassign.letters import Letter, settled_second
from sfassign.outcome import Failed, LostRace, Reassigned, one_per_group, refused_text
from sfassign.overwriting import Hindsight
from sfassign.ports import PollRequest, Row, Unreadable, UserRead, UserRow
from sfassign.soql import is_id, to18
from sfassign.soql.tree import Comparator, Comparison, Condition, InList, Path, SetOperator, Text

MOST_ITEMS = 1_000
"""Items of one order: some 42 calls; what is beyond is left for the next order."""

FRESH_SECONDS = 2.0
"""After that long the second of a change is over: the guard of a write knows only whole seconds."""

NO_ANSWER = "the org gave no answer; the next cycle reads what became of it"
UNDER_WAY = "a write is under way; the next cycle reads what became of it"
CHANGING = "somebody is changing it at this very moment; run the command again"
NO_TIME = "there was no time left for it; run the command again"


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that stays where it is, and why. `gate` is a gate's code where one stood in the way; `decision` the one
    that was to be taken back."""

    object: str | None
    id: str | None
    reason: str
    gate: str | None = None
    decision: int | None = None


@dataclass
class Handed:
    """What an order came to. `left` counts the items beyond `MOST_ITEMS`, `waits_again` by group those that are in a
    source again."""

    dry_run: bool
    reassigned: list[Reassigned] = field(default_factory=list)
    lost_race: list[LostRace] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    children_moved: int = 0
    left: int = 0
    waits_again: dict[str, int] = field(default_factory=dict)
    paused: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """3 where something was not done, or not wholly."""
        return 3 if self.lost_race or self.failed or self.refused or self.left or self.warnings else 0

    def as_json(self) -> dict[str, object]:
        document = asdict(self) | {"reassigned": [line.as_json() for line in self.reassigned]}
        return document | {"paused": list(self.paused), "exit_code": self.exit_code}


def ids_of(named: Sequence[str]) -> tuple[str, ...]:
    """Record Ids as 18 characters, each once. Raises WrongUsage for what is none."""
    wrong = [one for one in named if not is_id(one)]
    if wrong:
        raise WrongUsage(
            f"'{wrong[0]}' is no record Id: it has 15 letters and digits, or 18 of which the last three are a checksum"
        )
    return tuple(dict.fromkeys(map(to18, named)))


def one_of_ids(name: str, ids: Iterable[str]) -> Condition:
    return InList(Path((name,)), SetOperator.IN, tuple(Text(one, one) for one in dict.fromkeys(ids)))


def users_where(app: App, condition: Condition) -> tuple[UserRow, ...]:
    """Any users of the org, members of a group or not. Raises an OrgError."""
    found = app.org.poll(PollRequest(users=UserRead((), condition))).users
    if isinstance(found, Unreadable):
        raise OrgRefused(found.code, found.message)
    return found or ()


def user_named(app: App, named: str) -> UserRow:
    """The user with this Username (in any capitals) or Id, as the org has them now. Raises WrongUsage."""
    by_name: Condition = Comparison(Path(("Username",)), Comparator.EQ, Text(named, named))
    found = users_where(app, one_of_ids("Id", [to18(named)]) if is_id(named) and named.startswith("005") else by_name)
    if found:
        return found[0]
    raise unknown_user(app.store, named, f"the org has no user '{named}'")


def rows_of(app: App, wanted: Mapping[str, Sequence[str]]) -> tuple[dict[str, Row], frozenset[str]]:
    """These records (Ids by object) as they are now, by Id; and those that somebody is changing this very second, also
    when they are read again. Raises an OrgError."""
    rows, fresh = _rows(app, wanted)
    if fresh:
        app.clock.sleep(FRESH_SECONDS)
        rows, fresh = _rows(app, wanted)
    return rows, fresh


def _rows(app: App, wanted: Mapping[str, Sequence[str]]) -> tuple[dict[str, Row], frozenset[str]]:
    reading, found, fresh = app.ports.gatherer.reading(), dict[str, Row](), set[str]()
    for name, ids in wanted.items():
        if ids:
            at, rows = app.org.fetch(reading.object_read(name), ids)
            found.update((row.id, row) for row in rows)
            fresh.update(row.id for row in rows if not settled_second(row.guard_at, at))
    return found, frozenset(fresh)


def rehearse(app: App, letters: Sequence[Letter], plan: Plan, handed: Handed) -> None:
    """The dry run: kept in the history, marked; nothing is written to the org."""
    assigns = [letter.assign for letter in letters]
    entries = app.store.plan(assigns, plan, _guards(letters), dry_run=True) if assigns else ()
    handed.reassigned += [
        reassigned(entry, assign.why, assign.sentence)
        for entry, assign in zip(entries, assigns, strict=True)
        if assign.why is not None
    ]


def write(app: App, letters: Sequence[Letter], plan: Plan, patience: dt.timedelta, handed: Handed) -> list[str]:
    """Journal and write them, children after. Returns the Ids of those that there was no time for. Raises the OrgError
    that left everything undone; one that came later is told with the items it left."""
    courier = Courier(app.org, app.store, app.clock, app.ports.gatherer, stopping=app.ports.stopping)
    trouble: OrgError | None = None
    try:
        courier.deliver(letters, plan, app.clock.now() + patience)
        _move_children(app, handed)
    except OrgError as error:
        trouble = error
    done = courier.delivery
    hindsight = Hindsight(app.org, app.store, app.clock, courier.guarding)
    hindsight.look(done.landed)
    handed.warnings += hindsight.warnings
    handed.reassigned += done.reassigned
    handed.lost_race += done.lost
    handed.failed += done.failed
    handed.warnings += [refused_text(value) for value in one_per_group(done.refused)]
    handed.warnings += done.warnings
    told = {one.id for one in done.reassigned} | {one.id for one in done.lost} | {one.id for one in done.failed}
    if trouble is not None and not told:
        raise trouble
    return _untold(app, letters, told, trouble, handed)


def _untold(app: App, letters: Sequence[Letter], told: set[str], trouble: OrgError | None, handed: Handed) -> list[str]:
    """Items without an outcome: on their way, kept from it by a failing org, or not reached in time."""
    open_ones = {entry.item for entry in app.store.open_entries()}
    left = []
    for item in (letter.assign.item for letter in letters):
        if item.id in told:
            continue
        if item.id in open_ones:
            handed.refused.append(Refused(item.object, item.id, NO_ANSWER))
        elif trouble is not None:
            handed.refused.append(Refused(item.object, item.id, f"not written: {trouble}"))
        else:
            left.append(item.id)
    return left


def _move_children(app: App, handed: Handed) -> None:
    mover = Mover(app.org, app.store, app.clock, app.shapes, app.ports.stopping)
    mover.move()
    handed.children_moved += mover.moved
    handed.warnings += mover.warnings


def _guards(letters: Sequence[Letter]) -> dict[str, dt.datetime]:
    items = (letter.assign.item for letter in letters)
    return {item.id: item.guard_at or item.created_at for item in items}
