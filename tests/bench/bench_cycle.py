"""What a whole cycle costs in which ten items arrive, beside what exists: 10,000 or 1,000,000 active items in cache.

    python -m tests.bench.bench_cycle

The real cycle, store (SQLite in a temporary folder) and client against a small local org in the same process, which
has nothing but the people and the arrivals: its part is the same in both. Every size runs in a process of its own;
seconds are CPU seconds of the cycle, the median of many.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sfassign.bootstrap import App
from sfassign.ports import ObjectNews, Row, Sighting, Sweep
from tests.bench.own_process import Figures, cpu_seconds, in_own_process, peak_mb, say
from tests.cycle.world import World

MODULE = "tests.bench.bench_cycle"
ARRIVING = 10
PEOPLE = 40
REPEATS = 40
CHUNK = 50_000
POLICY = """
version: 1
timezone: Europe/London
groups:
  - name: Web leads
    object: Lead
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
    method: least_loaded
    ramp: off
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", metavar="ROWS", type=int, help="one measurement, as JSON")
    rows = parser.parse_args().measure
    if rows:
        say(measure(rows))
        return
    sys.stdout.write(f"{'a whole cycle':<52} {'CPU seconds':>12} {'peak MB':>8}\n")
    found = {rows: in_own_process(MODULE, "--measure", str(rows)) for rows in (10_000, 1_000_000)}
    for rows, figures in found.items():
        said = f"{ARRIVING} items arrive, {rows:,} active in the cache (median)"
        sys.stdout.write(f"{said:<52} {figures['seconds']:>12.4f} {figures['peak_mb']:>8,.0f}\n")
    ratio = found[1_000_000]["seconds"] / found[10_000]["seconds"]
    sys.stdout.write(f"{'  a hundred times as many active items: ratio':<52} {ratio:>12.2f}\n")


def measure(rows: int) -> Figures:
    """The median CPU seconds of a cycle in which ten items arrive and are given away."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        owners = [world.add_person(f"person{number}") for number in range(PEOPLE)]
        world.write_policy(POLICY)
        app = world.app()
        world.cycle(app)
        _fill(app, rows, world.clock.now(), owners)
        took = []
        for _ in range(REPEATS):
            world.add_leads(ARRIVING)
            assigned: list[int] = []
            took.append(cpu_seconds(lambda: assigned.append(len(world.cycle(app).assigned))))  # noqa: B023
            if assigned != [ARRIVING]:
                raise AssertionError(f"{assigned} items were given away")
        app.close()
        return {"seconds": statistics.median(took), "peak_mb": peak_mb()}


def _fill(app: App, rows: int, now: dt.datetime, owners: Sequence[str]) -> None:
    for first in range(0, rows, CHUNK):
        numbers = range(first, min(first + CHUNK, rows))
        sightings = tuple(_active(number, owners[number % len(owners)], now) for number in numbers)
        app.store.absorb([ObjectNews("Lead", Sweep.DIFFERENCES, sightings)], now)


def _active(number: int, owner: str, now: dt.datetime) -> Sighting:
    return Sighting(Row("Lead", f"00Q{number:012d}XXX", owner, now, now, None, {}), True, 1.0, False)


if __name__ == "__main__":
    main()
