"""The daemon as a process: it works by itself, survives what the org does, and stops and starts cleanly."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from functools import partial

import pytest

from tests.processes.conftest import POLICY, Process, Site, eventually

QUICK = {"SFASSIGN_POLL": "1s", "SFASSIGN_LOG_FORMAT": "json"}


def _started(site: Site, times: int) -> bool:
    return site.log().count("daemon.start") == times


def stop(process: Process, number: int = signal.SIGTERM) -> int:
    process.send_signal(number)
    return process.wait(timeout=20)


def assigned(site: Site, leads: list[str]) -> bool:
    return not any(owner.startswith("00G") for owner in site.owners(leads))


def test_the_daemon_assigns_and_stops_on_sigterm(site: Site) -> None:
    daemon = site.start("run", **QUICK)
    leads = site.add_leads(3)
    eventually(lambda: assigned(site, leads))
    began = time.monotonic()
    assert stop(daemon) == 0
    assert time.monotonic() - began < 10
    lines = [json.loads(line) for line in site.log().splitlines()]
    assert {"daemon.start", "item.assigned", "daemon.stop"} <= {line["action"] for line in lines}
    assert site.address["access_token"] not in site.log()


def test_systemd_hears_of_every_answer_of_the_org_within_a_cycle(site: Site) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(site.folder / "notify"))
        heard.settimeout(30)
        daemon = site.start("run", **QUICK | {"SFASSIGN_POLL": "1h"}, NOTIFY_SOCKET=str(site.folder / "notify"))
        told = [heard.recv(64) for _ in range(3)]
        assert stop(daemon) == 0
    assert sorted(told) == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"], "one cycle, of several answers"


def test_a_daemon_killed_at_any_moment_loses_nothing(site: Site) -> None:
    leads: list[str] = []
    for turn, pause in enumerate((0.4, 0.8, 1.2, 1.6), start=1):
        daemon = site.start("run", **QUICK)
        eventually(partial(_started, site, turn))
        leads += site.add_leads(12)
        time.sleep(pause)
        daemon.kill()
        daemon.wait()
    daemon = site.start("run", **QUICK)
    eventually(lambda: assigned(site, leads))
    assert stop(daemon) == 0
    for lead in leads:
        history = site.query(f"SELECT Id FROM LeadHistory WHERE LeadId = '{lead}' AND Field = 'Owner'")
        assert len(history) == 2, "one change of owner, in two history rows"


def test_a_second_daemon_is_refused_and_names_the_first(site: Site) -> None:
    first = site.start("run", **QUICK)
    eventually(lambda: "daemon.start" in site.log())
    second = site.run("run", **QUICK)
    assert second.returncode == 1
    assert str(first.pid) in second.stderr
    assert stop(first) == 0


def test_commands_beside_a_running_daemon_are_carried_out_by_it(site: Site) -> None:
    daemon = site.start("run", **QUICK)
    eventually(lambda: "daemon.start" in site.log())
    leads = site.add_leads(1)
    eventually(lambda: assigned(site, leads))
    assert site.run("pause", "ann@acme.example").returncode == 0
    assert json.loads(site.run("resync", "--json").stdout)["drifted"] == []
    refused = site.run("pause", "nobody@acme.example")
    assert refused.returncode == 2
    assert "nobody@acme.example" in refused.stderr
    assert stop(daemon) == 0


def test_the_policy_is_read_again_and_a_bad_one_is_refused(site: Site) -> None:
    daemon = site.start("run", **QUICK)
    eventually(lambda: "daemon.start" in site.log())
    (site.folder / "policy.yaml").write_text(POLICY + "    sorce: x\n")
    daemon.send_signal(signal.SIGHUP)
    eventually(lambda: "policy.refused" in site.log())
    assert "did you mean" in site.log()
    (site.folder / "policy.yaml").write_text(POLICY.replace("Web leads", "Inbound leads"))
    eventually(lambda: "policy.loaded" in site.log())
    leads = site.add_leads(1)
    eventually(lambda: assigned(site, leads))
    eventually(lambda: "Inbound leads" in site.log())
    assert stop(daemon) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_during_a_cycle_leaves_a_consistent_journal(site: Site, number: int) -> None:
    daemon = site.start("run", **QUICK)
    eventually(lambda: "daemon.start" in site.log())
    leads = site.add_leads(30)
    timer = threading.Timer(0.8, lambda: None)
    timer.start()
    timer.join()
    assert stop(daemon, number) == 0
    assert site.run("once").returncode == 0
    time.sleep(1.1)
    assert site.run("once").returncode == 0
    assert assigned(site, leads)
