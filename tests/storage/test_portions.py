"""An object read in portions: known as a whole only once the last one was absorbed."""

from __future__ import annotations

from sfassign.ports import Sweep
from sfassign.storage import SqlStore

from .world import ALICE, BOB, QUEUE, absorb, lead, minute, seen


def line(store: SqlStore) -> list[str]:
    return [item.id for item in store.snapshot(minute(60), ()).items]


def test_what_no_portion_brought_is_no_longer_active(store: SqlStore) -> None:
    absorb(store, minute(0), seen(1), seen(2), seen(3, owner=ALICE, waiting=False), sweep=Sweep.ACTIVE)
    store.begin_reading("Lead")
    absorb(store, minute(1), seen(1), sweep=Sweep.PORTION)
    absorb(store, minute(1), seen(4, owner=BOB, waiting=False, points=2.0), sweep=Sweep.PORTION)
    assert store.unread("Lead") == (lead(2), lead(3))
    store.end_reading("Lead", minute(1))
    assert store.load_sums() == {("Lead", QUEUE): (1, 1.0), ("Lead", BOB): (1, 2.0)}
    assert line(store) == [lead(1)]
    assert store.watermark("Lead") == minute(1)
    assert store.unread("Lead") == ()


def test_a_first_reading_that_breaks_off_leaves_the_object_unknown(store: SqlStore) -> None:
    store.begin_reading("Lead")
    absorb(store, minute(1), seen(1), seen(2), sweep=Sweep.PORTION)
    assert store.watermark("Lead") is None
    store.begin_reading("Lead")
    assert store.unread("Lead") == (lead(1), lead(2))
    absorb(store, minute(2), seen(2), sweep=Sweep.PORTION)
    store.end_reading("Lead", minute(2))
    assert store.load_sums() == {("Lead", QUEUE): (1, 1.0)}
    assert line(store) == [lead(2)]


def test_a_portion_does_not_move_the_watermark(store: SqlStore) -> None:
    absorb(store, minute(0), seen(1))
    store.begin_reading("Lead")
    absorb(store, minute(5), seen(1), sweep=Sweep.PORTION)
    assert store.watermark("Lead") == minute(0)
    store.end_reading("Lead", None)
    assert store.watermark("Lead") == minute(0)


def test_reading_some_owners_again_leaves_the_others_alone(store: SqlStore) -> None:
    mine = [seen(number, owner=ALICE, waiting=False) for number in (1, 2)]
    absorb(store, minute(0), *mine, seen(3, owner=BOB, waiting=False), seen(4))
    store.begin_reading("Lead", [ALICE])
    absorb(store, minute(1), seen(1, owner=ALICE, waiting=False, points=3.0), sweep=Sweep.PORTION)
    store.end_reading("Lead", None)
    assert store.load_sums() == {("Lead", ALICE): (1, 3.0), ("Lead", BOB): (1, 1.0), ("Lead", QUEUE): (1, 1.0)}
    assert line(store) == [lead(4)]


def test_another_object_is_not_touched(store: SqlStore) -> None:
    absorb(store, minute(0), seen(1))
    absorb(store, minute(0), seen(2, waiting=False), object_name="Case")
    store.begin_reading("Lead")
    store.end_reading("Lead", minute(1))
    assert store.load_sums() == {("Case", QUEUE): (1, 1.0)}
