"""Whatever happens in whatever order: load and rotation are what a plain model of dictionaries says."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sfassign.core.journal import Event
from sfassign.core.model import Load
from sfassign.ports import Settlement, Sweep
from sfassign.storage import open_store

from .world import (
    ALICE,
    BOB,
    GROUP,
    QUEUE,
    ManualClock,
    absorb,
    assert_sums_equal_rows,
    assign,
    minute,
    seen,
    under_way,
)

ITEMS = 6
POINTS = st.sampled_from([0.1, 0.2, 1.0, 2.5, 0.0])
SIGHTING = st.tuples(st.integers(1, ITEMS), st.sampled_from([QUEUE, ALICE, BOB]), POINTS, st.booleans())
ENDS = st.sampled_from([Event.LANDED, Event.LANDED, Event.REFUSED, Event.OTHER_OWNER, Event.GONE, Event.NOT_LANDED])


class KeptAndModelled(RuleBasedStateMachine):
    """The store beside a model: active items, the line, places in the rotation, writes under way."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.url = f"sqlite:///{Path(self.folder.name) / 'kept.db'}"
        self.store = open_store(self.url, ManualClock())
        self.now = 0.0
        self.turn = 0
        self.active: dict[str, tuple[str, float]] = {}
        self.line: dict[str, str] = {}
        self.last_given: dict[str, str] = {}
        self.rotation: dict[str, tuple[int, bool, int]] = {}
        self.open: dict[int, tuple[str, str, int, dict[str, int]]] = {}
        self.unread: set[str] = set()

    @initialize()
    def everybody_joins(self) -> None:
        self.store.join({GROUP: [ALICE, BOB]}, {})
        self.rotation = dict.fromkeys((ALICE, BOB), (0, True, 0))

    @rule(sightings=st.lists(SIGHTING, max_size=ITEMS), sweep=st.sampled_from(Sweep))
    def a_poll(self, sightings: list[tuple[int, str, float, bool]], sweep: Sweep) -> None:
        self.now += 1
        rows = [
            seen(number, owner=owner, points=points, active=active, waiting=owner == QUEUE, changed=minute(self.now))
            for number, owner, points, active in sightings
        ]
        absorb(self.store, minute(self.now), *rows, sweep=sweep)
        last = {row.row.id: row for row in rows}
        if sweep is Sweep.ACTIVE:
            self.active = {item: work for item, work in self.active.items() if item in last}
        if sweep in (Sweep.ACTIVE, Sweep.SOURCES):
            self.line = {item: owner for item, owner in self.line.items() if item in last}
        if sweep is Sweep.PORTION:
            self.unread -= set(last)
        for item, sighting in last.items():
            self.active.pop(item, None)
            self.line.pop(item, None)
            if sighting.active:
                self.active[item] = (sighting.row.owner, sighting.points)
            if sighting.waiting:
                self.line[item] = sighting.row.owner

    @rule(owners=st.none() | st.lists(st.sampled_from([QUEUE, ALICE, BOB]), min_size=1, unique=True))
    def a_reading_in_portions_begins(self, owners: list[str] | None) -> None:
        """Also while another one has not come to its end."""
        self.store.begin_reading("Lead", owners)
        kept = [*((item, owner) for item, (owner, _) in self.active.items()), *self.line.items()]
        self.unread = {item for item, owner in kept if owners is None or owner in owners}

    @rule()
    def a_reading_in_portions_ends(self) -> None:
        self.store.end_reading("Lead", minute(self.now))
        for item in self.unread:
            self.active.pop(item, None)
            self.line.pop(item, None)
        self.unread = set()

    @precondition(lambda self: self.line)
    @rule(to=st.sampled_from([ALICE, BOB]), move=st.integers(-5, 5))
    def a_write_goes_out(self, to: str, move: int) -> None:
        free = [item for item in self.store.snapshot(minute(self.now), ()).items if item.blocked is None]
        if not free:
            return
        self.turn += 1
        moves = {ALICE: move, BOB: -move}
        (number,) = under_way(self.store, [assign(free[0], to, self.turn, moves=moves)], minute(self.now))
        self.open[number] = (free[0].id, to, self.turn, moves)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), ending=ENDS)
    def a_write_is_settled(self, data: st.DataObject, ending: Event) -> None:
        number = data.draw(st.sampled_from(sorted(self.open)))
        item, to, turn, moves = self.open.pop(number)
        self.store.settle([Settlement(number, ending, minute(self.now))] * 2)
        if ending is Event.GONE:
            self.line.pop(item, None)
            self.active.pop(item, None)
        if ending is not Event.LANDED:
            return
        for user, move in moves.items():
            at, joined, credit = self.rotation[user]
            self.rotation[user] = (at, joined, credit + move)
        at, _, credit = self.rotation[to]
        self.rotation[to] = (max(at, turn), False, credit)
        self.line.pop(item, None)
        self.last_given[item] = to
        if item in self.active:
            self.active[item] = (to, self.active[item][1])

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        snapshot = self.store.snapshot(minute(self.now), ())
        assert set(self.store.unread("Lead")) == self.unread
        assert {item.id for item in snapshot.items} == set(self.line)
        assert {item.id: item.last_given for item in snapshot.items} == {
            item: self.last_given.get(item) for item in self.line
        }
        rotation = {user: (turn.turn, turn.joined, turn.credit) for (_, user), turn in snapshot.rotation.items()}
        assert rotation == self.rotation
        assert {owner: load for owner, load in snapshot.load.items() if load.counts["Lead"]} == self._loads()
        assert {flight.item for flight in snapshot.in_flight} == {item for item, *_ in self.open.values()}

    def _loads(self) -> dict[str, Load]:
        landed_unsettled = {(item, to) for item, to, *_ in self.open.values()}
        counts: defaultdict[str, int] = defaultdict(int)
        points: defaultdict[str, int] = defaultdict(int)
        for item, (owner, worth) in self.active.items():
            if (item, owner) not in landed_unsettled:
                counts[owner] += 1
                points[owner] += round(worth * 10)
        return {owner: Load({"Lead": counts[owner]}, {"Lead": points[owner] / 10}) for owner in counts}

    def teardown(self) -> None:
        assert_sums_equal_rows(self.url)
        self.store.close()
        self.folder.cleanup()


TestLoadAndRotation = KeptAndModelled.TestCase
TestLoadAndRotation.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
