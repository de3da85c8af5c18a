"""`scripts/bench`: every benchmark, one after the other, each with its baseline in the same run."""

from __future__ import annotations

from tests.bench import bench_engine, bench_optimal

if __name__ == "__main__":
    bench_engine.main()
    bench_optimal.main()
