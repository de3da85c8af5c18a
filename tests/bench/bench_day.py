"""24 hours of the daemon at a poll of 15 seconds beside sixty people at work, in bad weather: what happened, what it
cost, and everything that should not have happened.

    python -m tests.bench.bench_day [--hours 24]

See `tests.cycle.day`: the clock is moved by hand, so the day takes as long as its 5,760 cycles take to compute.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.own_process import peak_mb
from tests.cycle.day import Day, hours, script
from tests.cycle.day_audit import findings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    lasting = parser.parse_args().hours
    with tempfile.TemporaryDirectory() as folder:
        day = Day(Path(folder), script(hours(lasting)))
        started = time.process_time()
        day.run()
        _say(day, lasting, time.process_time() - started)
        wrong = findings(day)
        day.close()
    sys.stdout.write("".join(f"  {line}\n" for line in wrong))
    if wrong:
        raise SystemExit(1)
    sys.stdout.write("  nothing lost, given twice, beyond a limit or out of step\n")


def _say(day: Day, lasting: float, seconds: float) -> None:
    told = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in sorted(day.counted.items()) if count)
    met = ", ".join(f"{count} {name}" for name, count in sorted(day.weather.met.items()))
    share = sum(day.weather.met.values()) / max(1, day.weather.requests)
    sys.stdout.write(
        f"a day of {lasting:g} hours: {day.reports:,} cycles in {seconds:,.0f} CPU seconds "
        f"({seconds / max(1, day.reports) * 1_000:.0f} ms each, the org's part included), {peak_mb():,.0f} MB\n"
        f"  {told}\n"
        f"  {day.org.calls:,} calls the org counted; {day.weather.requests:,} requests, {share:.1%} met with: {met}\n"
    )


if __name__ == "__main__":
    main()
