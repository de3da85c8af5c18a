"""Two hours on the simulated floor, in step with the router: sixty people work, and the laws hold all the time."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from sfassign.bootstrap import App, build
from sfassign.cycle import run_cycle
from sfassign.demo.audit import Attendance, over_caps
from sfassign.emulator import InProcessAdapter, LocalOrg
from sfassign.emulator.floor import build_floor, floor_policy, floor_start
from sfassign.outcome import Assigned, CycleReport
from sfassign.resync import resync
from sfassign.settings import Settings
from sfassign.storage import Views
from tests.cycle.world import URL, HandClock

POLLS = 480
POLL = dt.timedelta(seconds=15)


@dataclass
class Hours:
    """What happened on the floor."""

    org: LocalOrg
    app: App
    reports: list[CycleReport] = field(default_factory=list)
    to_absent: list[Assigned] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def assigned(self) -> list[Assigned]:
        return [line for report in self.reports for line in report.assigned]


@pytest.fixture(scope="module")
def hours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hours]:
    clock = HandClock(floor_start(7, dt.date(2026, 11, 23)))
    org = LocalOrg(clock.now, 7)
    floor = build_floor(org, 7)
    folder: Path = tmp_path_factory.mktemp("floor")
    (folder / "policy.yaml").write_text(floor_policy(), encoding="utf-8")
    token = SecretStr(org.issue_token())
    database = SecretStr(f"sqlite:///{folder}/sfassign.db")
    app = build(
        Settings(instance_url=URL, access_token=token, policy=folder / "policy.yaml", database_url=database), clock
    )
    app.org.transport.mount("https://", InProcessAdapter(org))
    attendance, found = Attendance(org), Hours(org, app)
    began = clock.now()
    for _ in range(POLLS):
        report = run_cycle(app.ports, app.policy)
        found.reports.append(report)
        for line in report.assigned:
            created = dt.datetime.fromisoformat(str(org.get(line.object, line.id)["CreatedDate"]))
            found.seconds.append((clock.now() - max(created, began)).total_seconds())
            if attendance.was_away(line.owner, report.started_at):
                found.to_absent.append(line)
        clock.pass_by(seconds=POLL.total_seconds())
        floor.advance(clock.now())
    yield found
    app.close()
    org.close()


def test_hundreds_of_items_are_assigned_each_with_its_explanation(hours: Hours) -> None:
    assert len(hours.assigned) > 250
    views = Views(hours.app.store)
    for line in hours.assigned:
        explanation = views.explain(line.id)
        assert explanation.members, line
        assert line.why


def test_nobody_absent_and_nobody_capped_gets_anything(hours: Hours) -> None:
    given = [(report.started_at, line.owner, line.group) for report in hours.reports for line in report.assigned]
    assert hours.to_absent == []
    assert over_caps(given, hours.app.policy) == 0


def test_half_of_all_items_have_an_owner_within_two_polls(hours: Hours) -> None:
    assert statistics.median(hours.seconds) < 2 * POLL.total_seconds()


def test_no_item_is_assigned_twice_unless_it_came_back(hours: Hours) -> None:
    for item, times in Counter(line.id for line in hours.assigned).items():
        assert times == 1, item


def test_the_client_and_the_org_count_the_same_calls(hours: Hours) -> None:
    assert sum(report.api_calls for report in hours.reports) == hours.org.calls
    idle = Counter(report.api_calls for report in hours.reports[1:] if not report.assigned + report.reassigned)
    five_minutes, passes = (POLLS * POLL / dt.timedelta(minutes=minutes) for minutes in (5, 1))
    assert idle.most_common(1)[0][0] == 1
    assert sum(idle.values()) - idle[1] <= five_minutes + passes, (
        "users take a call of their own every five minutes, and a neglect pass reads what it looks at"
    )


def test_the_cached_load_is_what_the_org_says(hours: Hours) -> None:
    assert resync(hours.app.org, hours.app.store, hours.app.ports.gatherer).drifted == ()


def test_nobody_is_said_to_have_helped_themselves_who_did_not(hours: Hours) -> None:
    told = {(line.id, line.owner) for report in hours.reports for line in report.cherry_picked}
    took = {
        (row[key], row["NewValue"])
        for table, key in (("LeadHistory", "LeadId"), ("CaseHistory", "CaseId"))
        for row in hours.org.query(f"SELECT {key}, NewValue, CreatedById FROM {table} WHERE Field = 'Owner'")
        if row["NewValue"] == row["CreatedById"]
    }
    assert told <= took
