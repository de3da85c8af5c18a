"""What the first load and a resync cost: seconds, memory and API calls with 100,000 and 1,000,000 active items.

    python -m tests.bench.bench_volume

The real client and store (SQLite in a temporary folder) against a local org in a process of its own, over HTTP, which
counts the calls. Seconds are those of the clock, the org's share and the pauses between two questions about a job
included; CPU seconds and peak memory are the client's alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from sfassign.bootstrap import App, SystemClock, build
from sfassign.emulator import LocalOrg, serve
from sfassign.resync import resync
from sfassign.settings import Settings
from tests.bench.own_process import Figures, cpu_seconds, in_own_process, peak_mb, say

MODULE = "tests.bench.bench_volume"
OWNERS = 1_000
DRIFTED = 5
LONG_AGO = "2026-01-05T09:00:00.000+0000"
"""What was changed within minutes of the first load is read once more with the first differences."""
MOST_CALLS = {"first": 40, "resync": 25, "repair": 25}
POLICY = """
version: 1
timezone: Europe/London
groups:
  - name: Web leads
    object: Lead
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
objects:
  Lead:
    load:
      rules:
        - {when: "AnnualRevenue >= 1000000", add: 2}
        - {when: "Rating = 'Hot'", add: 0.5}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", metavar="ROWS", type=int, help="one measurement, as JSON")
    parser.add_argument("--org", nargs=2, metavar=("ROWS", "FOLDER"), help="fill and serve an org until stdin ends")
    chosen = parser.parse_args()
    if chosen.org:
        _org(int(chosen.org[0]), Path(chosen.org[1]))
    elif chosen.measure:
        say(measure(chosen.measure))
    else:
        _print_table()


def _print_table() -> None:
    sys.stdout.write(f"{'volume':<52} {'seconds':>8} {'CPU':>8} {'peak MB':>8} {'calls':>6}\n")
    for rows in (100_000, 1_000_000):
        found = in_own_process(MODULE, "--measure", str(rows))
        for what, said in (
            ("first", f"first load of {rows:,} active items"),
            ("resync", f"resync of {rows:,} items, {OWNERS:,} owners"),
            ("repair", f"resync where {DRIFTED * 2} owners drifted"),
        ):
            seconds, cpu = found[f"{what}_seconds"], found[f"{what}_cpu"]
            peak, calls = found[f"{what}_peak_mb"], found[f"{what}_calls"]
            sys.stdout.write(f"{said:<52} {seconds:>8.1f} {cpu:>8.1f} {peak:>8,.0f} {calls:>6.0f}\n")
        sys.stdout.flush()


def measure(rows: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder, _other_process(rows, folder) as ask:
        app = _app(Path(folder), ask("where"))
        app.check_policy()
        found: Figures = {}
        gatherer = app.ports.gatherer
        for what, work in (
            ("first", lambda: [gatherer.gather()]),
            ("resync", lambda: resync(app.org, app.store, gatherer).drifted),
            ("repair", lambda: resync(app.org, app.store, gatherer).drifted),
        ):
            if what == "repair":
                ask("drift")
            found |= _figures(what, work, ask)
        items = sum(count for count, _ in app.store.load_sums().values())
        if items != rows:
            raise AssertionError(f"{items:,} items are known instead of {rows:,}")
        app.close()
        return found


def _figures(what: str, work: Callable[[], Any], ask: Callable[[str], Any]) -> Figures:
    results: list[Any] = []
    calls, start = ask("calls"), time.monotonic()
    cpu = cpu_seconds(lambda: results.append(work()))
    seconds, calls = time.monotonic() - start, ask("calls") - calls
    expected = {"first": 1, "resync": 0, "repair": 2 * DRIFTED}[what]
    if len(results[0]) != expected:
        raise AssertionError(f"{what}: {len(results[0])} drifted owners instead of {expected}")
    if calls > MOST_CALLS[what]:
        raise AssertionError(f"{what}: {calls} calls, {MOST_CALLS[what]} at the most were promised")
    return {f"{what}_seconds": seconds, f"{what}_cpu": cpu, f"{what}_peak_mb": peak_mb(), f"{what}_calls": calls}


def _app(folder: Path, org: dict[str, str]) -> App:
    policy = folder / "policy.yaml"
    policy.write_text(POLICY, encoding="utf-8")
    settings = Settings(
        instance_url=org["url"],
        access_token=SecretStr(org["token"]),
        policy=policy,
        database_url=SecretStr(f"sqlite:///{folder}/sfassign.db"),
        timeout=dt.timedelta(minutes=10),
    )
    return build(settings, SystemClock())


# --- the org's process ------------------------------------------------------------------------------------------------


@contextmanager
def _other_process(rows: int, folder: str) -> Iterator[Callable[[str], Any]]:
    """The org, filled; a question is a line to it and a line of JSON back."""
    command = [sys.executable, "-m", MODULE, "--org", str(rows), folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        asked, answered = process.stdin, process.stdout
        if asked is None or answered is None:
            raise RuntimeError("the org's process has no pipes")

        def ask(what: str) -> Any:
            asked.write(f"{what}\n")
            asked.flush()
            return json.loads(answered.readline())

        yield ask
        asked.close()


def _org(rows: int, folder: Path) -> None:
    org = LocalOrg(SystemClock().now, path=str(folder / "org.db"))
    role = org.insert("UserRole", {"Name": "SDR", "DeveloperName": "SDR"})
    org.add_queue("Web Leads", ["Lead"])
    users = ({"Username": f"u{n}@acme.example", "LastName": f"U{n}", "UserRoleId": role} for n in range(OWNERS))
    owners = org.bulk_insert("User", users)
    leads = org.bulk_insert("Lead", (_lead(number, owners) for number in range(rows)))
    with serve(org, https=False) as server:
        answers: dict[str, Callable[[], Any]] = {
            "where": lambda: {"url": server.url, "token": org.issue_token()},
            "calls": lambda: org.calls,
            "drift": lambda: _drift(org, leads, owners),
        }
        for line in sys.stdin:
            sys.stdout.write(json.dumps(answers[line.strip()]()) + "\n")
            sys.stdout.flush()


def _lead(number: int, owners: list[str]) -> dict[str, Any]:
    return {
        "LastName": f"L{number}",
        "Company": "C",
        "OwnerId": owners[number % len(owners)],
        "AnnualRevenue": 2_000_000 if number % 7 == 0 else None,
        "Rating": "Hot" if number % 5 == 0 else None,
        **dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), LONG_AGO),
    }


def _drift(org: LocalOrg, leads: list[str], owners: list[str]) -> int:
    """Leads change hands and leave no stamp."""
    with org.storage.lock:
        for number in range(DRIFTED):
            values = (owners[500 + number], leads[number])
            org.storage.connection.execute("UPDATE Lead SET OwnerId = ? WHERE Id = ?", values)
    return DRIFTED


if __name__ == "__main__":
    main()
