"""Ten thousand assignments while somebody else claims, edits and hands back leads around every write, at random.

    python -m tests.bench.bench_races

By the date and by reference: the laws of `tests.cycle.rivals` must hold, or it ends with an AssertionError.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from sfassign.storage import Views
from tests.cycle.rivals import race
from tests.cycle.world import MONDAY

LEADS = 10_000
PEOPLE = 100


def main() -> None:
    sys.stdout.write(f"{'races for ' + format(LEADS, ',') + ' leads':<28} {'lost':>6} {'overridden':>11}")
    sys.stdout.write(f" {'API calls':>10} {'seconds':>8}\n")
    for honoured, called in ((True, "guarded by the date"), (False, "guarded by reference")):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            _, app = race(Path(folder), LEADS, honoured=honoured, people=PEOPLE)
            took = time.perf_counter() - began
            outcomes = Views(app.store).journal_sums(MONDAY).groups["Web leads"]
            figures = f"{outcomes.lost_races:>6,} {outcomes.overridden:>11,} {app.org.calls:>10,} {took:>8.1f}"
            sys.stdout.write(f"{'  ' + called:<28} {figures}\n")
            app.close()


if __name__ == "__main__":
    main()
