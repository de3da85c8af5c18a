"""How fast the local org answers the daemon's own queries with 10,000 and with 1,000,000 Leads in it.

    python -m tests.bench.bench_org

Every size runs in a process of its own with the org in a file in a temporary folder; milliseconds are the median of
whole requests through its front door, JSON included, without a socket.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from sfassign.core.preference import PREVIOUS_OWNER, SAME_EMAIL
from sfassign.core.touches import SignKind
from sfassign.emulator import LocalOrg
from sfassign.emulator.http import Request
from sfassign.ports import LookUp, ObjectRead, ResultsRead, SignAsk
from sfassign.salesforce import looking_up, queries, result_queries, signs
from sfassign.soql import parse_condition
from tests.bench.own_process import Figures, in_own_process, peak_mb, say

MODULE = "tests.bench.bench_org"
NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
PEOPLE = 1_000
WAITING = 20
REPEATS = 15
SIZES = (10_000, 1_000_000)
FIELDS = ("Rating", "Status", "Company", "Email", "NumberOfEmployees", "IsConverted", "Owner.Name")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", metavar="ROWS", type=int, help="one measurement, as JSON")
    rows = parser.parse_args().measure
    if rows:
        say(measure(rows))
        return
    found = {size: in_own_process(MODULE, "--measure", str(size)) for size in SIZES}
    sys.stdout.write(f"{'the local org, ms per request':<40} " + " ".join(f"{size:>12,}" for size in SIZES) + "\n")
    for name in found[SIZES[0]]:
        sys.stdout.write(f"{name:<40} " + " ".join(f"{found[size][name]:>12,.2f}" for size in SIZES) + "\n")


def measure(rows: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        org = LocalOrg(lambda: NOW, path=str(Path(folder) / "org.db"))
        started = time.perf_counter()
        owners, waiting = _fill(org, rows)
        seconds = time.perf_counter() - started
        token = org.issue_token()
        found = {name: _milliseconds(org, token, soql) for name, soql in _asked(owners, waiting).items()}
        org.close()
        return found | {"seconds to fill": seconds, "peak MB": peak_mb()}


def _fill(org: LocalOrg, rows: int) -> tuple[list[str], list[str]]:
    """Owners, and the Leads that wait; the others were made and last changed over two years."""
    queue = org.add_queue("Web Leads", ["Lead"])
    owners = [org.add_user(f"user{number}@acme.example", f"User {number}") for number in range(PEOPLE)]
    org.bulk_insert("Lead", _leads(rows - WAITING, owners))
    waiting = org.bulk_insert("Lead", [_lead(number, queue, NOW) for number in range(rows - WAITING, rows)])
    for lead in waiting:
        org.update("Lead", lead, {"OwnerId": owners[0]}, at=NOW - dt.timedelta(minutes=2))
        org.update("Lead", lead, {"OwnerId": queue}, at=NOW - dt.timedelta(minutes=1))
    org.storage.analyze()
    return owners, waiting


def _leads(count: int, owners: list[str]) -> Iterator[Mapping[str, object]]:
    step = dt.timedelta(days=730) / count
    for number in range(count):
        yield _lead(number, owners[number % PEOPLE], NOW - dt.timedelta(hours=1) - step * (count - number))


def _lead(number: int, owner: str, at: dt.datetime) -> Mapping[str, object]:
    stamps = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), at)
    named = {"LastName": f"Doe {number}", "Company": f"Company {number}", "Email": f"p{number}@c{number}.example"}
    closed = {"IsConverted": number % 3 == 0, "Status": "Closed - Converted" if number % 3 == 0 else "Working"}
    return named | closed | stamps | {"OwnerId": owner, "Rating": "Hot", "NumberOfEmployees": number % 5_000}


def _asked(owners: list[str], waiting: list[str]) -> Mapping[str, str]:
    since = NOW - dt.timedelta(minutes=3)
    active, source = parse_condition("IsConverted = false"), parse_condition("Owner.Name = 'Web Leads'")
    won = parse_condition("IsConverted = true")
    lost = parse_condition("IsConverted = true OR Status = 'Closed - Not Converted'")
    results = ResultsRead("Lead", "Lead", NOW - dt.timedelta(days=90), won, lost, tuple(owners[:10]))
    same = [LookUp("Lead", waiting[0], SAME_EMAIL, "p77@c77.example")]
    before = [LookUp("Lead", lead, PREVIOUS_OWNER, "") for lead in waiting]
    tasks = SignAsk(SignKind.TASK, "Task", "WhoId", tuple(waiting), since)
    return {
        "what changed since the last poll": queries.differences(ObjectRead("Lead", FIELDS, since)),
        "what waits in a queue": queries.differences(ObjectRead("Lead", FIELDS, where=source)),
        "the first page of everything": queries.differences(ObjectRead("Lead", FIELDS, where=active)),
        "twenty records by Id": queries.by_ids(ObjectRead("Lead", FIELDS), waiting),
        "who had them before (history)": looking_up._history("Lead", before),
        "who has the same e-mail": looking_up._same_email(same)[0],
        "won and closed of ten owners": next(soql for _, soql in result_queries.counting(results)),
        "tasks about twenty records": signs.soql(tasks),
    }


def _milliseconds(org: LocalOrg, token: str, soql: str) -> float:
    took = []
    for _ in range(REPEATS):
        request = Request("GET", f"/services/data/v62.0/query?q={quote(soql)}", {"authorization": f"Bearer {token}"})
        started = time.perf_counter()
        status, _headers, body = org.handle(request)
        took.append((time.perf_counter() - started) * 1_000)
        if status != 200:
            raise AssertionError(body.decode())
    return statistics.median(took)


if __name__ == "__main__":
    main()
