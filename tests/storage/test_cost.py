"""Cost grows with what changed, not with what exists."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from sfassign.core.journal import Event
from sfassign.core.model import Load, Window
from sfassign.core.picking import How, PickState
from sfassign.ports import Settlement, Sweep
from sfassign.storage import SqlStore, Views, open_store

from .world import ALICE, GROUP, QUEUE, T0, ManualClock, absorb, assign, hold, items, looked_at, minute, seen, under_way


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{tmp_path / 'kept.db'}", ManualClock())
    store.join({GROUP: [ALICE]}, {})
    absorb(store, T0, *(seen(number) for number in range(50)))
    yield store
    store.close()


def plans(path: Path, work: Callable[[], Any]) -> list[str]:
    """How SQLite goes about every statement of the work."""
    ran: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        ran.append((statement, parameters[0] if many else parameters))

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        work()
    finally:
        event.remove(Engine, "before_cursor_execute", remember)
    connection = sqlite3.connect(path)
    explained = [
        row[3]
        for statement, parameters in ran
        if statement.split()[0] in ("SELECT", "UPDATE", "DELETE", "INSERT")
        for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
    ]
    connection.close()
    return explained


def test_no_step_of_a_cycle_goes_through_a_growing_table(filled: SqlStore, tmp_path: Path) -> None:
    def work() -> None:
        absorb(filled, minute(1), *(seen(number, points=2) for number in range(10)), seen(99), seen(11, active=False))
        waiting = list(items(filled).values())
        filled.note([hold(item) for item in waiting[:5]], minute(1))
        first, second = under_way(filled, [assign(item, ALICE, turn) for turn, item in enumerate(waiting[:2], 1)])
        filled.settle([Settlement(first, Event.LANDED, T0)])
        filled.settle([Settlement(second, Event.REFUSED, T0, "CODE", retry_at=minute(60), refuse_owner=True)])
        filled.last_given("Lead", [waiting[0].id])

    found = plans(tmp_path / "kept.db", work)
    scans = [step.split()[1] for step in found if step.startswith("SCAN")]
    assert len(found) > 20
    assert scans.count("line_item") == 1, "only the snapshot reads the line, once"
    assert {"active_item", "journal"}.isdisjoint(scans)


def test_what_came_to_nothing_lately_is_found_by_state_and_date(filled: SqlStore, tmp_path: Path) -> None:
    """Every cycle asks for it; an index that begins with `dry_run` would lead through the whole journal."""

    def work() -> None:
        filled.tries(T0)
        filled.may_still_land(minute(1))

    steps = [step for step in plans(tmp_path / "kept.db", work) if " journal " in step]
    assert len(steps) >= 2
    assert all("state=?" in step and "decided_at>?" in step for step in steps), steps


def test_finding_out_who_picked_costs_what_changed(filled: SqlStore, tmp_path: Path) -> None:
    def work() -> None:
        absorb(filled, minute(1), seen(3, owner=ALICE, waiting=False), seen(4, waiting=False))
        (found,) = filled.open_picks(minute(1))
        filled.judge_picks({found.number: (PickState.RETURNING, How.LAST_MODIFIED)}, ())
        absorb(filled, minute(2), seen(3, owner=ALICE, waiting=False, changed=minute(2)))
        filled.open_picks(minute(2))
        filled.pick_states([found.number])

    found = plans(tmp_path / "kept.db", work)
    scans = [step.split()[1] for step in found if step.startswith("SCAN")]
    assert {"line_item", "picked", "journal"}.isdisjoint(scans)
    idle = plans(tmp_path / "kept.db", lambda: filled.open_picks(minute(3)))
    few = plans(tmp_path / "kept.db", lambda: absorb(filled, minute(3), seen(5)))
    many = plans(tmp_path / "kept.db", lambda: absorb(filled, minute(4), *(seen(number) for number in range(5, 45))))
    assert len([step for step in idle if "picked" in step]) <= 2
    assert len(few) == len(many), "as many statements for forty changed rows as for one"


def test_caps_are_counted_from_an_index(filled: SqlStore, tmp_path: Path) -> None:
    found = plans(tmp_path / "kept.db", lambda: filled.snapshot(T0, [Window(T0)]))
    counting = [step for step in found if "journal" in step and "decided_at" in step]
    assert len(counting) == 1
    assert counting[0].startswith("SEARCH journal USING COVERING INDEX")


def test_a_report_of_the_last_hour_reads_the_last_hour(filled: SqlStore, tmp_path: Path) -> None:
    def work() -> None:
        Views(filled).journal_sums(T0)
        Views(filled).given_times(ALICE, T0)

    found = plans(tmp_path / "kept.db", work)
    assert [step for step in found if step.startswith("SCAN")] == []
    assert sum("journal" in step and "decided_at>?" in step for step in found) == 5
    assert sum("picked" in step and "seen_at>?" in step for step in found) == 1


def test_ten_thousand_rows_are_absorbed_within_two_seconds(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kept.db'}", ManualClock())
    rows = [seen(number, waiting=False, points=1.5) for number in range(10_000)]
    began = time.process_time()
    absorb(store, T0, *rows, sweep=Sweep.ACTIVE)
    assert time.process_time() - began < 2
    assert looked_at(store).load == {QUEUE: Load({"Lead": 10_000}, {"Lead": 15_000.0})}
    store.close()
