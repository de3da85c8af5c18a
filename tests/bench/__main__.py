"""`scripts/bench`: every benchmark, one after the other, each with its baseline in the same run.

With arguments only the engine's runs, with these: `scripts/bench --size 1000,100,0.25`.
"""

from __future__ import annotations

import sys

from tests.bench import (
    bench_cycle,
    bench_day,
    bench_engine,
    bench_optimal,
    bench_org,
    bench_races,
    bench_soql,
    bench_storage,
    bench_volume,
)

if __name__ == "__main__":
    bench_engine.main()
    if len(sys.argv) == 1:
        bench_optimal.main()
        bench_storage.main()
        bench_volume.main()
        bench_cycle.main()
        bench_soql.main()
        bench_org.main()
        bench_day.main()
        bench_races.main()
