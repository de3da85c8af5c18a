"""How fast conditions are parsed, and evaluated once compiled, beside parsing them again for every record.

    python -m tests.bench.bench_soql

The baseline is the plain way: `matches(parse_condition(text), record, …)` for every record. Both must give the same
answers. CPU microseconds per call, the median of several rounds, each condition in a process of its own.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import statistics
import sys
from collections.abc import Callable
from zoneinfo import ZoneInfo

from sfassign.core.model import Record
from sfassign.soql import compile_condition, matches, parse_condition
from tests.bench.own_process import Figures, cpu_seconds, in_own_process, peak_mb, say

MODULE = "tests.bench.bench_soql"
NOW = dt.datetime(2026, 11, 19, 10, 0, tzinfo=dt.UTC)
LONDON = ZoneInfo("Europe/London")
RECORDS = 20_000
REPARSED = 300
PARSES = 200
ROUNDS = 5
CONDITIONS = {
    "one comparison": "Owner.Name = 'Web Leads'",
    "four terms": "Owner.Name = 'Web Leads' AND Country = 'Germany' AND (Rating = 'Hot' OR AnnualRevenue >= 1000000)",
    "list and pattern": "LeadSource IN ('Demo request', 'Web', 'Phone') AND (NOT Company LIKE 'Test%')",
    "date literal": "CreatedDate = LAST_N_DAYS:7 AND Status NOT IN ('Closed', 'Unqualified')",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--condition", choices=CONDITIONS, help="measure this one and print it as JSON")
    chosen = parser.parse_args().condition
    if chosen:
        say(measure(CONDITIONS[chosen]))
        return
    columns = f"{'parse µs':>10} {'call µs':>9} {'parse each time µs':>19} {'ratio':>8} {'peak MB':>8}"
    sys.stdout.write(f"{'condition':<20} {columns}\n")
    for name in CONDITIONS:
        found = in_own_process(MODULE, "--condition", name)
        figures = f"{found['parse']:>10.1f} {found['call']:>9.2f} {found['again']:>19.1f}"
        ratio = found["again"] / found["call"]
        sys.stdout.write(f"{name:<20} {figures} {ratio:>7,.0f}x {found['peak_mb']:>8,.0f}\n")
        sys.stdout.flush()


def measure(text: str) -> Figures:
    """Microseconds to parse, to call the compiled condition, and to parse and match afresh, per record."""
    dice = random.Random(7)
    records = [_record(dice) for _ in range(RECORDS)]
    compiled = compile_condition(parse_condition(text), LONDON)
    few = records[:REPARSED]
    again = [matches(parse_condition(text), record, NOW, LONDON) for record in few]
    if again != [compiled(record, NOW) for record in few]:
        raise AssertionError("the compiled condition and the plain one disagree")
    return {
        "parse": _median(lambda: [parse_condition(text) for _ in range(PARSES)], PARSES),
        "call": _median(lambda: [compiled(record, NOW) for record in records], RECORDS),
        "again": _median(lambda: [matches(parse_condition(text), record, NOW, LONDON) for record in few], REPARSED),
        "peak_mb": peak_mb(),
    }


def _median(work: Callable[[], object], calls: int) -> float:
    return statistics.median(cpu_seconds(work) for _ in range(ROUNDS)) / calls * 1e6


def _record(dice: random.Random) -> Record:
    created = NOW - dt.timedelta(seconds=dice.randint(0, 2_000_000))
    return {
        "owner.name": dice.choice(("Web Leads", "Partner Leads")),
        "country": dice.choice(("Germany", "France", None)),
        "rating": dice.choice(("Hot", "Warm", "Cold")),
        "annualrevenue": dice.choice((10_000, 5_000_000, None)),
        "leadsource": dice.choice(("Web", "Phone", "Other")),
        "company": dice.choice(("Test Ltd", "Acme")),
        "status": dice.choice(("Open", "Closed")),
        "createddate": created.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
    }


if __name__ == "__main__":
    main()
