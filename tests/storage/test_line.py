"""What a poll brought becomes the line, with its clocks, and the load."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sfassign.core.journal import Event
from sfassign.core.model import Load
from sfassign.ports import ObjectNews, Settlement, Sweep
from sfassign.storage import SqlStore, open_store

from .world import (
    ALICE,
    BOB,
    QUEUE,
    T0,
    ManualClock,
    absorb,
    assert_sums_equal_rows,
    assign,
    given,
    items,
    landed,
    lead,
    looked_at,
    minute,
    seen,
    sql,
    under_way,
)


def test_a_backlog_found_at_the_first_start_waits_from_now_on(store: SqlStore) -> None:
    absorb(store, T0, seen(1, created=T0 - dt.timedelta(days=30)))
    item = items(store)[lead(1)]
    assert (item.waiting_since, item.aging_since) == (T0, T0)
    assert item.created_at == T0 - dt.timedelta(days=30)
    assert item.values == {"company": "Company 1"}
    assert item.last_given is None
    assert item.blocked is None


@pytest.mark.parametrize(
    ("created", "since"),
    [(minute(3), minute(3)), (minute(0), minute(5)), (minute(-600), minute(5))],
    ids=["created since the last reading", "at the last reading", "long before"],
)
def test_a_record_created_since_the_last_reading_waits_since_its_creation(
    store: SqlStore, created: dt.datetime, since: dt.datetime
) -> None:
    absorb(store, T0)
    absorb(store, minute(5), seen(1, created=created))
    assert items(store)[lead(1)].waiting_since == since


def test_differences_read_beside_a_sweep_follow_the_same_previous_reading(store: SqlStore) -> None:
    absorb(store, T0)
    new = ObjectNews("Lead", Sweep.DIFFERENCES, (seen(1, created=minute(3)),))
    store.absorb([ObjectNews("Lead", Sweep.SOURCES, ()), new], minute(5))
    assert items(store)[lead(1)].waiting_since == minute(3)


def test_watermarks_are_kept_per_object(store: SqlStore) -> None:
    assert store.watermark("Lead") is None
    absorb(store, T0)
    absorb(store, minute(1), object_name="Case")
    assert store.watermark("Lead") == T0
    assert store.watermark("Case") == minute(1)


def test_a_change_of_a_waiting_record_keeps_its_place_in_time(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    absorb(store, minute(5), seen(1, changed=minute(4), values={"company": "Renamed"}))
    item = items(store)[lead(1)]
    assert item.values == {"company": "Renamed"}
    assert item.waiting_since == T0
    assert item.guard_at == minute(4)


def test_an_item_that_left_the_source_leaves_the_line_and_keeps_its_load(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    absorb(store, minute(1), seen(1, owner=ALICE, waiting=False))
    assert not items(store)
    assert looked_at(store).load == {ALICE: Load({"Lead": 1}, {"Lead": 1.0})}


@pytest.mark.parametrize(
    ("sweep", "left_waiting", "left_active"),
    [(Sweep.DIFFERENCES, {1, 2, 3}, 3), (Sweep.SOURCES, {1}, 3), (Sweep.ACTIVE, {1}, 1)],
)
def test_a_sweep_takes_out_what_it_did_not_bring(
    store: SqlStore, url: str, sweep: Sweep, left_waiting: set[int], left_active: int
) -> None:
    absorb(store, T0, seen(1), seen(2), seen(3))
    absorb(store, minute(1), seen(1), sweep=sweep)
    assert set(items(store)) == {lead(number) for number in left_waiting}
    assert looked_at(store).load[QUEUE].counts == {"Lead": left_active}
    assert_sums_equal_rows(url)


def test_a_sweep_of_one_object_leaves_the_others_alone(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    absorb(store, T0, sweep=Sweep.ACTIVE, object_name="Case")
    assert set(items(store)) == {lead(1)}


def test_load_moves_by_the_difference(store: SqlStore, url: str) -> None:
    absorb(store, T0, *(seen(number, owner=ALICE, waiting=False, points=0.1) for number in range(3)))
    absorb(store, T0, seen(0, owner=BOB, waiting=False, points=2.5), seen(1, owner=ALICE, active=False))
    assert looked_at(store).load == {
        ALICE: Load({"Lead": 1}, {"Lead": 0.1}),
        BOB: Load({"Lead": 1}, {"Lead": 2.5}),
    }
    assert_sums_equal_rows(url)


def test_a_row_read_twice_in_one_poll_counts_once(store: SqlStore) -> None:
    store.absorb([ObjectNews("Lead", Sweep.DIFFERENCES, (seen(1, points=1), seen(1, points=3)))], T0)
    assert looked_at(store).load[QUEUE] == Load({"Lead": 1}, {"Lead": 3.0})


def test_a_thousand_small_fractions_leave_no_crumbs(store: SqlStore) -> None:
    absorb(store, T0, *(seen(number, owner=ALICE, points=0.1) for number in range(1000)))
    assert looked_at(store).load[ALICE].points == {"Lead": 100.0}
    absorb(store, T0, *(seen(number, active=False) for number in range(1000)))
    assert looked_at(store).load == {}


def test_a_returned_item_waits_afresh_and_ages_on(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    given(store, 1, ALICE, 1, minute(1))
    absorb(store, minute(30), seen(1, owner=ALICE, waiting=False))
    absorb(store, minute(60), seen(1, changed=minute(59)))
    item = items(store)[lead(1)]
    assert (item.waiting_since, item.aging_since) == (minute(60), T0)
    assert item.last_given == ALICE


@pytest.mark.parametrize("deleted", [False, True], ids=["read as inactive", "missing from a whole reading"])
def test_an_item_that_was_inactive_in_between_ages_afresh(store: SqlStore, deleted: bool) -> None:
    absorb(store, T0, seen(1))
    given(store, 1, ALICE, 1, minute(1))
    if deleted:
        absorb(store, minute(30), sweep=Sweep.ACTIVE)
    else:
        absorb(store, minute(30), seen(1, owner=ALICE, active=False))
    absorb(store, minute(60), seen(1, changed=minute(59)))
    assert items(store)[lead(1)].aging_since == minute(60)


def test_an_item_still_with_whom_we_gave_it_to_does_not_wait(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    given(store, 1, ALICE, 1)
    absorb(store, minute(1), seen(1, owner=ALICE, waiting=True))
    assert not items(store)


def test_last_given_tells_the_last_confirmed_owner_only(store: SqlStore) -> None:
    absorb(store, T0, seen(1), seen(2), seen(3))
    given(store, 1, ALICE, 1)
    absorb(store, minute(1), seen(1))
    given(store, 1, BOB, 2, minute(2))
    under_way(store, [assign(items(store)[lead(2)], ALICE, 3)])
    assert store.last_given("Lead", [lead(1), lead(2), lead(3)]) == {lead(1): BOB}


def test_an_item_under_way_is_blocked_and_stays_whole_when_the_poll_sees_it_first(store: SqlStore, url: str) -> None:
    absorb(store, T0, seen(1, points=2))
    numbers = under_way(store, [assign(items(store)[lead(1)], ALICE, 1)])
    assert items(store)[lead(1)].blocked == "a write is under way"
    absorb(store, minute(1), seen(1, owner=ALICE, waiting=False, points=2), sweep=Sweep.SOURCES)
    snapshot = looked_at(store, minute(1))
    assert not snapshot.items
    assert [flight.to for flight in snapshot.in_flight] == [ALICE]
    assert snapshot.load == {ALICE: Load({"Lead": 0}, {"Lead": 0.0})}
    landed(store, numbers, minute(1))
    assert looked_at(store).load == {ALICE: Load({"Lead": 1}, {"Lead": 2.0})}
    assert_sums_equal_rows(url)


def _refused(store: SqlStore, code: str | None = "FIELD_CUSTOM_VALIDATION_EXCEPTION") -> None:
    absorb(store, T0, seen(1))
    (number,) = under_way(store, [assign(items(store)[lead(1)], ALICE, 1)])
    store.settle([Settlement(number, Event.REFUSED, T0, code, "No \x00 way", retry_at=minute(75))])


def test_a_refused_item_is_left_alone_until_its_time_has_come(store: SqlStore) -> None:
    _refused(store)
    reason = "the org refused: FIELD_CUSTOM_VALIDATION_EXCEPTION, tried again 10:15 UTC"
    assert items(store, minute(74))[lead(1)].blocked == reason
    assert items(store, minute(75))[lead(1)].blocked is None


def test_a_change_of_the_record_ends_its_back_off(store: SqlStore) -> None:
    _refused(store)
    absorb(store, minute(1), seen(1))
    assert items(store, minute(1))[lead(1)].blocked is not None
    absorb(store, minute(2), seen(1, changed=minute(2)))
    assert items(store, minute(2))[lead(1)].blocked is None


def test_a_sweep_writes_only_the_rows_that_changed(tmp_path: Path, clock: ManualClock) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    store = open_store(url, clock)
    absorb(store, T0, *(seen(number) for number in range(2000)))
    sql(url, "CREATE TABLE written (what TEXT)")
    for table in ("active_item", "line_item"):
        log = f"INSERT INTO written VALUES ('{table}')"
        sql(url, f"CREATE TRIGGER t_{table} AFTER UPDATE ON {table} BEGIN {log}; END")
    absorb(store, minute(1), *(seen(number, points=2 if number < 10 else 1) for number in range(2000)))
    assert sql(url, "SELECT what, count(*) FROM written GROUP BY what") == [("active_item", 10)]
    assert looked_at(store).load[QUEUE].points == {"Lead": 2010.0}
    store.close()
