"""The daemon's turns, one by one: what it survives, what it waits for, and what it goes on with."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from sfassign.bootstrap import App
from sfassign.daemon import Daemon
from sfassign.emulator import InProcessAdapter
from sfassign.orders import carry_out
from sfassign.outcome import CycleReport
from sfassign.settings import Settings
from sfassign.storage import Views
from tests.cycle.world import POLICY, World

POLL = 15.0


class Watched:
    """A daemon whose turns the test takes by hand."""

    def __init__(self, world: World, **settings: Any) -> None:
        self.world = world
        self.reports: list[CycleReport] = []
        self.app: App = world.app(**settings)
        self.daemon = Daemon(self.app, POLL, self.reports.append, self._renewed)
        self.daemon.begin()

    def _renewed(self) -> Settings:
        return self.app.settings.model_copy(update={"access_token": SecretStr(self.world.token)})

    def turn(self, seconds: float = POLL) -> int:
        """One turn; how many items it assigned. Then a poll's time passes."""
        before = len(self.reports)
        self.daemon.tick()
        self.world.clock.pass_by(seconds=seconds)
        return sum(len(report.assigned) for report in self.reports[before:])

    def cycles(self) -> int:
        return len(self.reports)


def test_an_unreachable_org_is_survived_and_work_goes_on_by_itself(world: World) -> None:
    watched = Watched(world)
    world.add_leads(2)
    world.org.faults.fail(status=503, times=-1)
    assert [watched.turn() for _ in range(3)] == [0, 0, 0]
    world.org.faults.clear()
    assert sum(watched.turn() for _ in range(10)) == 2
    assert not watched.daemon.stop.is_set()


def test_it_waits_longer_after_each_failure_and_never_more_than_five_minutes(world: World) -> None:
    watched = Watched(world)
    world.org.faults.fail(status=503, times=-1)
    tried: list[dt.datetime] = []
    while len(tried) < 8:
        calls = world.org.calls
        started = world.clock.now()
        world.org.faults.between(lambda started=started: tried.append(started), times=1)  # type: ignore[misc]
        watched.turn()
        assert world.org.calls == calls
        world.org.faults.clear()
        world.org.faults.fail(status=503, times=-1)
    gaps = [later - earlier for earlier, later in itertools.pairwise(tried)]
    polls = [round(gap / dt.timedelta(seconds=POLL)) for gap in gaps]
    assert all(later >= earlier - 1 for earlier, later in itertools.pairwise(polls)), "reads are repeated for a while"
    assert polls[0] < 10
    assert 20 <= polls[-1] < 28


def test_an_expired_token_is_renewed_from_the_environment(world: World) -> None:
    watched = Watched(world)
    watched.turn()
    world.org.expire_token(world.token)
    world.token = world.org.issue_token()
    world.add_leads(2)
    watched.turn()
    watched.app.org.transport.mount("https://", InProcessAdapter(world.org))
    assert sum(watched.turn() for _ in range(4)) == 2


def test_one_refused_record_does_not_stop_the_others(world: World) -> None:
    watched = Watched(world)
    leads = world.add_leads(3)
    world.org.faults.refuse(leads[0], "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no")
    assert watched.turn() == 2
    world.org.faults.allow(leads[0])
    world.clock.pass_by(hours=1)
    assert watched.turn() == 1


def test_a_changed_policy_is_used_from_the_next_cycle_on_and_a_bad_one_never(world: World) -> None:
    watched = Watched(world)
    watched.turn()
    world.write_policy(POLICY + "    sorce: nonsense\n")
    world.add_leads(1)
    assert watched.turn() == 1
    world.write_policy(POLICY.replace("Web leads", "Inbound leads") + "    ramp: off\n")
    world.add_leads(1)
    watched.turn()
    assert watched.reports[-1].assigned[0].group == "Inbound leads"
    world.write_policy(POLICY.replace("UserRole.Name", "UserRoll.Name"))
    world.add_leads(1)
    assert watched.turn() == 1
    assert watched.app.policy.groups[0].name == "Inbound leads"


def test_a_dry_run_daemon_writes_nothing(world: World) -> None:
    watched = Watched(world, dry_run=True)
    (lead,) = world.add_leads(1)
    for _ in range(3):
        watched.turn()
    assert watched.reports[-1].dry_run
    assert [line.id for line in watched.reports[-1].assigned] == [lead]
    assert world.owner(lead) == world.queue
    assert len(Views(watched.app.store).history()) == 1, "the same decision again is not entered again"


def test_orders_left_in_the_database_are_carried_out_first_thing(world: World) -> None:
    watched = Watched(world)
    watched.turn()
    number = watched.app.store.put_request("pause", {"kind": "all", "target": "", "reason": "audit"})
    world.add_leads(1)
    assert watched.turn() == 0
    assert watched.app.store.await_answer(number, 0.0) == {
        "done": True,
        "result": {"kind": "all", "target": ""},
    }
    watched.app.store.put_request("resume", {"kind": "all", "target": ""})
    assert watched.turn() == 1


def test_the_cached_load_is_verified_once_a_day(world: World) -> None:
    world.org.settings.session_seconds = 1_000_000
    watched = Watched(world)
    watched.turn()
    world.clock.pass_by(hours=23)
    watched.turn()
    calls = world.org.calls
    watched.turn()
    assert world.org.calls - calls == 1
    world.clock.pass_by(hours=1)
    calls = world.org.calls
    watched.turn()
    assert world.org.calls - calls > 1


def verified(world: World) -> int:
    """How often the org was asked to count what each owner has."""
    inner = [part for entry in world.org.log for part in entry.subrequests]
    return sum("GROUP" in part.path and part.status == 200 for part in inner)


def test_a_daemon_restarted_every_23_hours_verifies_the_load_all_the_same(world: World) -> None:
    world.org.settings.session_seconds = 1_000_000
    world.add_lead(owner=world.people["ann"])
    for _ in range(7):
        watched = Watched(world)
        watched.turn()
        world.clock.pass_by(hours=23)
        watched.turn()
        watched.app.close()
    assert verified(world) >= 3


def test_a_resync_that_fails_is_told_tried_again_soon_and_keeps_nobody_from_their_work(world: World) -> None:
    world.org.settings.session_seconds = 1_000_000
    watched = Watched(world)
    watched.turn()
    world.clock.pass_by(hours=24)
    world.org.faults.fail(path="GROUP", drop=True, times=-1)
    world.add_leads(2)
    with capture_logs() as told:
        assert watched.turn() == 2
        for _ in range(12):
            watched.turn(seconds=60)
    failed = [line for line in told if line["action"] == "resync.failed"]
    assert len(failed) == 2, "at once, and after five minutes"
    assert verified(world) == 0
    world.org.faults.clear()
    for _ in range(20):
        watched.turn(seconds=60)
    assert verified(world) == 1


def test_a_resync_by_hand_counts(world: World) -> None:
    world.org.settings.session_seconds = 1_000_000
    watched = Watched(world)
    watched.turn()
    world.clock.pass_by(hours=20)
    carry_out(watched.app, "resync", {})
    world.clock.pass_by(hours=20)
    watched.turn()
    assert verified(world) == 1


def test_another_org_behind_the_database_ends_the_daemon_with_2(world: World) -> None:
    Watched(world).turn()
    watched = Watched(world, org_id="00D000000000001EAA")
    watched.turn()
    assert watched.daemon.stop.is_set()
    assert watched.daemon.exit_code == 2


def test_a_fault_of_the_program_is_logged_and_the_next_cycle_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = Watched(world)
    world.add_leads(1)
    monkeypatch.setattr(watched.app.store, "snapshot", lambda *_: 1 / 0)
    assert watched.turn() == 0
    monkeypatch.undo()
    assert sum(watched.turn() for _ in range(3)) == 1
    assert "a fault in the program" in capsys.readouterr().out


def test_a_policy_that_does_not_fit_the_org_ends_the_daemon_with_2_before_any_write(world: World) -> None:
    world.write_policy(POLICY.replace("UserRole.Name", "UserRoll.Name"))
    (lead,) = world.add_leads(1)
    watched = Watched(world)
    watched.turn()
    assert (watched.daemon.stop.is_set(), watched.daemon.exit_code) == (True, 2)
    assert world.owner(lead) == world.queue


def test_an_org_that_is_down_at_the_start_is_waited_for(world: World) -> None:
    world.add_leads(1)
    watched = Watched(world)
    world.org.faults.fail(status=503, times=-1)
    watched.turn()
    world.org.faults.clear()
    assert sum(watched.turn() for _ in range(4)) == 1
