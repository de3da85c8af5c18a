"""However many clocks run, a pass reads the ones that are due, and a poll those of the rows it brings."""

from __future__ import annotations

from pathlib import Path

from sfassign.core.neglect import Standstill
from sfassign.ports import Cover, NeglectEvent, PassOutcome
from sfassign.storage import Views, open_store

from .test_clocks import HALF_HOUR, clocks, give, owned
from .test_cost import plans
from .world import ALICE, GROUP, ManualClock, absorb, lead, minute


def test_no_step_of_neglect_goes_through_all_clocks(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kept.db'}", ManualClock())
    for number in range(20):
        give(store, number)
    running = list(clocks(store).values())

    def work() -> None:
        store.due_clocks(minute(30), 200)
        absorb(store, minute(31), owned(1, by=ALICE, at=30), owned(30, cover=Cover(GROUP, HALF_HOUR)))
        store.ownership([lead(2), lead(3)], minute(31))
        event = NeglectEvent("neglected", minute(31), "Lead", lead(2), GROUP, ALICE, "words")
        store.keep_pass(PassOutcome(minute(31), tuple(running[2:4]), tuple(running[4:5]), (lead(5),), (event,)))
        store.cover("Lead", {ALICE: Cover(GROUP, HALF_HOUR)}, minute(32))
        store.stand_still([Standstill("", minute(33), None)])
        give(store, 50, at=34)
        Views(store).clock(lead(2), minute(35))
        Views(store).neglect_sums(minute(30))

    found = plans(tmp_path / "kept.db", work)
    store.close()
    scans = {step.split()[1] for step in found if step.startswith("SCAN")}
    assert {"clock", "journal", "active_item", "neglect_event"}.isdisjoint(scans)
    due = [step for step in found if "ix_clock_due_at_item" in step]
    assert due, found
    assert "(due_at<?)" in due[0]


def test_a_due_clock_is_found_in_the_order_of_the_index(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kept.db'}", ManualClock())
    give(store, 1)
    found = plans(tmp_path / "kept.db", lambda: store.due_clocks(minute(30), 200))
    store.close()
    assert [step for step in found if "TEMP B-TREE" in step] == []
