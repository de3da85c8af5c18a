"""Very many records changed at once: read in pages or by a job, twice in all, and nothing is missed meanwhile."""

from __future__ import annotations

import pytest

from sfassign.emulator.wire import milliseconds
from sfassign.errors import OrgUnreachable
from tests.cycle.world import World

MANY = 2_300


def add_many(world: World) -> list[str]:
    rows = ({"LastName": f"L{n}", "Company": "C", "OwnerId": world.people["ann"]} for n in range(MANY))
    made = world.org.bulk_insert("Lead", rows)
    world.clock.pass_by(minutes=10)
    return made


def touch_all(world: World) -> None:
    with world.org.storage.lock:
        stamps = (milliseconds(world.clock.now()),) * 2
        world.org.storage.connection.execute("UPDATE Lead SET SystemModstamp=?, LastModifiedDate=?", stamps)
    world.clock.pass_by(seconds=5)


def calls_of_cycles(world: World, count: int) -> list[int]:
    found = []
    for _ in range(count):
        before = world.org.calls
        world.cycle(world.apps[-1])
        found.append(world.org.calls - before)
    return found


def test_a_mass_update_is_read_twice_and_not_in_every_look_back(world: World) -> None:
    add_many(world)
    world.cycle(world.app())
    touch_all(world)
    assert calls_of_cycles(world, 12) == [2, *[1] * 8, 2, 1, 1]


def test_a_lead_that_comes_in_right_after_a_mass_update_does_not_wait(world: World) -> None:
    add_many(world)
    world.cycle(world.app())
    touch_all(world)
    world.cycle(world.apps[-1])
    (lead,) = world.add_leads(1)
    assert [line.id for line in world.cycle(world.apps[-1]).assigned] == [lead]


def test_what_is_committed_late_with_a_stamp_of_the_mass_update_is_seen_all_the_same(world: World) -> None:
    add_many(world)
    world.cycle(world.app())
    then = world.clock.now()
    touch_all(world)
    world.cycle(world.apps[-1])
    late = world.org.insert("Lead", {"LastName": "Late", "Company": "C", "OwnerId": world.queue}, at=then)
    assert late in [line.id for _ in range(12) for line in world.cycle(world.apps[-1]).assigned]


def test_more_changes_than_pages_are_for_come_by_a_job(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    leads = add_many(world)
    app = world.app()
    world.cycle(app)
    monkeypatch.setattr("sfassign.gather.MOST_BY_PAGES", 2_000)
    world.org.update("Lead", leads[-1], {"OwnerId": world.people["bob"]})
    touch_all(world)
    (lead,) = world.add_leads(1)
    report = world.cycle(app)
    assert any("jobs/query" in entry.path for entry in world.org.log)
    assert [line.id for line in report.assigned] == [lead]
    cached = app.store.load_sums()
    assert sum(count for count, _ in cached.values()) == MANY + 1
    assert cached["Lead", world.people["bob"]][0] >= 1
    assert calls_of_cycles(world, 6) == [1] * 6


def test_differences_that_break_off_half_way_are_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    leads = add_many(world)
    app = world.app()
    world.cycle(app)
    monkeypatch.setattr("sfassign.gather.MOST_BY_PAGES", 2_000)
    monkeypatch.setattr("sfassign.salesforce.many_rows.ROWS_PER_PAGE", 500)
    world.org.update("Lead", leads[-1], {"OwnerId": world.people["bob"]})
    touch_all(world)
    before = app.store.watermark("Lead")
    world.org.faults.fail(path="results.*locator=1000", drop=True, times=4)
    with pytest.raises(OrgUnreachable):
        world.cycle(app)
    assert app.store.watermark("Lead") == before
    world.cycle(app)
    assert app.store.load_sums()["Lead", world.people["bob"]] == (1, 1.0)


def test_a_sweep_of_more_than_pages_are_for_comes_in_portions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = world.policy_path.read_text().replace("'Web Leads'", "'Web Leads' AND CreatedDate >= LAST_N_DAYS:1")
    world.write_policy(policy + "    hold: 30d\n")
    gone, *others = world.add_leads(5)
    world.clock.pass_by(minutes=5)
    app = world.app()
    assert len(world.cycle(app).waiting) == 5
    monkeypatch.setattr("sfassign.gather.MOST_BY_PAGES", 2)
    world.org.delete("Lead", gone)
    world.clock.pass_by(minutes=6)
    world.cycle(app)
    report = world.cycle(app)
    assert any("jobs/query" in entry.path for entry in world.org.log)
    assert {line.id for line in report.waiting} == set(others)
    assert app.store.load_sums()["Lead", world.queue] == (4, 4.0)
