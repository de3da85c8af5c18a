"""What the store costs: absorbing what changed beside what exists, the snapshot of a long line, the report.

    python -m tests.bench.bench_storage

SQLite in a temporary folder; every line in a process of its own. Seconds are CPU seconds of the measured call alone;
peak memory is the process's maximum resident set after the call, filling the database included where the measured
process filled it (the fillings of the large tables run in a process before it).
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine

from sfassign.core.journal import State
from sfassign.core.model import Record
from sfassign.ports import ObjectNews, Row, Sighting, Sweep
from sfassign.storage import SqlStore, Views, open_store
from sfassign.storage.tables import EXPLANATION, JOURNAL
from tests.bench.own_process import Figures, cpu_seconds, in_own_process, peak_mb, say
from tests.storage.world import QUEUE, T0, ManualClock

MODULE = "tests.bench.bench_storage"
OWNERS = 1_000
CHUNK = 50_000
REPEATS = 20
CHANGED = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", nargs=3, metavar=("WHAT", "ROWS", "FILE"), help="one measurement, as JSON")
    parser.add_argument("--journal-rows", type=int, default=200_000, help="journal rows under the report")
    chosen = parser.parse_args()
    if chosen.measure:
        what, rows, file = chosen.measure
        say(MEASURES[what](f"sqlite:///{file}", int(rows)))
    else:
        _print_table(chosen.journal_rows)


def _print_table(journal_rows: int) -> None:
    sys.stdout.write(f"{'storage':<52} {'CPU seconds':>12} {'peak MB':>8}\n")
    with tempfile.TemporaryDirectory() as folder:
        changed = {}
        for rows in (10_000, 1_000_000):
            file = str(Path(folder) / f"{rows}.db")
            in_own_process(MODULE, "--measure", "fill", str(rows), file)
            found = in_own_process(MODULE, "--measure", "changed", str(rows), file)
            changed[rows] = found["seconds"]
            _line(f"absorb {CHANGED} changed rows of {rows:,} active ones (median)", found)
        ratio = changed[1_000_000] / changed[10_000]
        sys.stdout.write(f"{'  a hundred times as many active rows: ratio':<52} {ratio:>12.2f}\n")
        for what, rows, said in (
            ("first", 100_000, "absorb {:,} rows the first time"),
            ("snapshot", 100_000, "snapshot with {:,} waiting items"),
            ("report", journal_rows, "report over {:,} journal rows"),
        ):
            file = str(Path(folder) / f"{what}.db")
            if what != "first":
                in_own_process(MODULE, "--measure", f"fill_{what}", str(rows), file)
            _line(said.format(rows), in_own_process(MODULE, "--measure", what, str(rows), file))


def _line(said: str, found: Figures) -> None:
    sys.stdout.write(f"{said:<52} {found['seconds']:>12.4f} {found['peak_mb']:>8,.0f}\n")
    sys.stdout.flush()


def _sightings(first: int, count: int, *, waiting: bool = False, points: float = 1.0) -> tuple[Sighting, ...]:
    return tuple(_sighting(number, waiting, points) for number in range(first, first + count))


def _sighting(number: int, waiting: bool, points: float) -> Sighting:
    owner = QUEUE if waiting else f"005{number % OWNERS:012d}AAA"
    created = T0 - dt.timedelta(seconds=number % 86_400)
    values: Record = {"company": f"Company {number}", "rating": "Hot", "isconverted": False, "owner.name": "Web Leads"}
    row = Row("Lead", f"00Q{number:012d}EAA", owner, created, T0, None, values)
    return Sighting(row, True, points, waiting)


def _absorb(store: SqlStore, sightings: tuple[Sighting, ...], sweep: Sweep = Sweep.DIFFERENCES) -> None:
    store.absorb([ObjectNews("Lead", sweep, sightings)], T0)


def _fill(url: str, rows: int, *, waiting: bool = False) -> Figures:
    store = open_store(url, ManualClock())
    for first in range(0, rows, CHUNK):
        _absorb(store, _sightings(first, min(CHUNK, rows - first), waiting=waiting))
    store.close()
    return {}


def _changed(url: str, rows: int) -> Figures:
    """Each time other rows, spread over all of them, change owner and points."""
    store = open_store(url, ManualClock())
    step = rows // CHANGED
    took = []
    for time in range(REPEATS):
        changed = tuple(_sighting(time * 7 + place * step, False, 2.0 + time) for place in range(CHANGED))
        took.append(cpu_seconds(lambda changed=changed: _absorb(store, changed)))  # type: ignore[misc]
    store.close()
    return {"seconds": statistics.median(took), "peak_mb": peak_mb()}


def _first(url: str, rows: int) -> Figures:
    store = open_store(url, ManualClock())
    sightings = _sightings(0, rows)
    seconds = cpu_seconds(lambda: _absorb(store, sightings, Sweep.ACTIVE))
    store.close()
    return {"seconds": seconds, "peak_mb": peak_mb()}


def _snapshot(url: str, rows: int) -> Figures:
    store = open_store(url, ManualClock())
    found: list[int] = []
    seconds = cpu_seconds(lambda: found.append(len(store.snapshot(T0, ()).items)))
    store.close()
    if found != [rows]:
        raise AssertionError(f"the snapshot has {found} items")
    return {"seconds": seconds, "peak_mb": peak_mb()}


def _fill_journal(url: str, rows: int) -> Figures:
    """Ten groups, a thousand people, nine of ten confirmed."""
    open_store(url, ManualClock()).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(EXPLANATION.insert(), [{"key": "none", "members": b"", "journaled": True}])
        for first in range(0, rows, CHUNK):
            connection.execute(JOURNAL.insert(), list(_entries(first, min(CHUNK, rows - first))))
    engine.dispose()
    return {}


def _entries(first: int, count: int) -> Iterator[dict[str, object]]:
    for number in range(first, first + count):
        decided = T0 + dt.timedelta(seconds=number % 500_000)
        lost = number % 10 == 9
        yield {
            "id": number + 1,
            "object": "Lead",
            "item": f"00Q{number:012d}EAA",
            "group_name": f"Team {number % 10}",
            "seen_owner": QUEUE,
            "seen_at": T0,
            "owner": f"005{number % OWNERS:012d}AAA",
            "owner_username": f"user{number % OWNERS}@acme.example",
            "method": "round_robin",
            "score": 1.0,
            "points": 1_000_000,
            "turn": number,
            "decided_at": decided,
            "waiting_since": decided - dt.timedelta(seconds=number * 7919 % 3_600),
            "aging_since": T0,
            "policy_hash": "sha256:bench",
            "state": (State.SUPERSEDED if lost else State.CONFIRMED).value,
            "credit_moves_json": "{}",
            "dry_run": False,
            "score_json": "{}",
            "sentence": "",
            "explanation": "none",
            "aging_over": False,
            "settled_at": decided + dt.timedelta(seconds=1),
        }


def _report(url: str, rows: int) -> Figures:
    store = open_store(url, ManualClock())
    found: list[int] = []
    seconds = cpu_seconds(lambda: found.append(Views(store).journal_sums(T0).decisions))
    store.close()
    if found != [rows]:
        raise AssertionError(f"the report is over {found} decisions")
    return {"seconds": seconds, "peak_mb": peak_mb()}


MEASURES = {
    "fill": _fill,
    "changed": _changed,
    "first": _first,
    "fill_snapshot": lambda url, rows: _fill(url, rows, waiting=True),
    "snapshot": _snapshot,
    "fill_report": _fill_journal,
    "report": _report,
}


if __name__ == "__main__":
    main()
