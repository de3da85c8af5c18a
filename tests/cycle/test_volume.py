"""Very much work: the first load and the resync cost calls by what they bring, not by what exists; and what breaks off
half-way is begun again."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

import pytest

from sfassign.errors import OrgUnreachable
from sfassign.ports import Drift
from sfassign.resync import ResyncReport, resync
from tests.cycle.test_resync import move_unnoticed
from tests.cycle.world import POLICY, World

MANY = 25_000
RULES = """
objects:
  Lead:
    load:
      base: 2
      rules:
        - {when: "AnnualRevenue >= 1000000", add: 1.5}
        - {when: "Rating = 'Cold'", add: -1}
"""


def add_many(world: World, count: int, owners: int = 10) -> list[str]:
    """Leads of some people, every hundredth in the queue, every seventh a big one, every ninth cold; so old that no
    reading of differences has them."""
    names = [world.add_person(f"p{number}") for number in range(owners)]
    made = world.org.bulk_insert(
        "Lead",
        (
            {
                "LastName": f"L{n}",
                "Company": "C",
                "OwnerId": world.queue if n % 100 == 0 else names[n % owners],
                "AnnualRevenue": 2_000_000 if n % 7 == 0 else None,
                "Rating": "Cold" if n % 9 == 0 else None,
            }
            for n in range(count)
        ),
    )
    world.clock.pass_by(minutes=30)
    return made


def by_jobs_above(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr("sfassign.gather.MOST_BY_PAGES", rows)
    monkeypatch.setattr("sfassign.resync.MOST_BY_PAGES", rows)


def in_the_org(world: World) -> dict[tuple[str, str], tuple[int, float]]:
    found: dict[tuple[str, str], tuple[int, float]] = {}
    for row in world.org.query("SELECT OwnerId, AnnualRevenue, Rating FROM Lead WHERE IsConverted = false"):
        items, points = found.get(("Lead", row["OwnerId"]), (0, 0.0))
        one = 2 + 1.5 * ((row["AnnualRevenue"] or 0) >= 1_000_000) - (row["Rating"] == "Cold")
        found["Lead", row["OwnerId"]] = (items + 1, points + one)
    return found


def run(world: World) -> ResyncReport:
    app = world.apps[-1]
    return resync(app.org, app.store, app.ports.gatherer)


def test_the_first_load_and_the_resync_of_much_work_cost_a_known_number_of_calls(world: World) -> None:
    world.org.settings.bulk_seconds = 20
    add_many(world, MANY)
    world.write_policy(POLICY + RULES)
    app = world.app()
    app.check_policy()
    before = world.org.calls
    report = world.cycle(app)
    questions = 4  # after 2, 6, 14 and 30 seconds
    pages = math.ceil(MANY / 50_000)
    assert sum("jobs/query" in entry.path for entry in world.org.log) == 1 + questions + pages + 1
    writes = math.ceil(len(report.assigned) / 24)
    assert world.org.calls - before <= 1 + questions + pages + 1 + 3 + writes
    assert app.store.load_sums() == in_the_org(world)

    before = world.org.calls
    report_of_resync = run(world)
    assert (report_of_resync.drifted, report_of_resync.read_whole) == ((), {})
    assert report_of_resync.api_calls == world.org.calls - before == 2  # the differences, and three counts in one call


def test_up_to_twenty_thousand_rows_come_by_pages(world: World) -> None:
    add_many(world, 3_000)
    world.cycle(world.app())
    assert sum("jobs/query" in entry.path for entry in world.org.log) == 0


def test_a_first_load_that_breaks_off_is_begun_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    by_jobs_above(monkeypatch, 100)
    monkeypatch.setattr("sfassign.salesforce.many_rows.ROWS_PER_PAGE", 100)
    leads = add_many(world, 300)
    world.write_policy(POLICY + RULES)
    app = world.app()
    world.org.faults.fail(path="results.*locator=100", drop=True, times=4)
    with pytest.raises(OrgUnreachable):
        world.cycle(app)
    assert app.store.watermark("Lead") is None
    assert len(world.org.query("SELECT Id FROM Lead WHERE OwnerId = '" + world.queue + "'")) == 3
    world.org.delete("Lead", leads[1])
    world.cycle(app)
    assert app.store.load_sums() == in_the_org(world)


def test_a_new_policy_half_applied_is_not_taken_for_the_old_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    by_jobs_above(monkeypatch, 100)
    monkeypatch.setattr("sfassign.salesforce.many_rows.ROWS_PER_PAGE", 100)
    add_many(world, 300)
    world.write_policy(POLICY + RULES)
    world.cycle(world.app())
    world.write_policy(POLICY)
    world.org.faults.fail(path="results.*locator=100", drop=True, times=4)
    with pytest.raises(OrgUnreachable):
        world.cycle(world.app())
    world.write_policy(POLICY + RULES)
    app = world.app()
    world.cycle(app)
    assert app.store.load_sums() == in_the_org(world)


def test_an_org_that_takes_no_jobs_is_read_by_pages_and_the_report_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_jobs_above(monkeypatch, 100)
    add_many(world, 300)
    world.org.faults.fail(path="jobs/query", status=403, code="API_DISABLED_FOR_ORG", times=-1)
    world.write_policy(POLICY + RULES)
    app = world.app()
    report = world.cycle(app)
    assert app.store.load_sums() == in_the_org(world)
    assert [one for one in report.notices if "very many records" in one and "API_DISABLED_FOR_ORG" in one]
    assert not report.warnings


def lose_one(world: World, leads: list[str]) -> None:
    """A lead is deleted: its row disappears without a stamp."""
    world.org.delete("Lead", leads[1])


def hand_one_over(world: World, leads: list[str]) -> None:
    move_unnoticed(world, leads[1], world.people["ann"])


def price_one(world: World, leads: list[str]) -> None:
    with world.org.storage.lock:
        world.org.storage.connection.execute("UPDATE Lead SET AnnualRevenue = 5000000 WHERE Id = ?", (leads[1],))


def bring_one(world: World, leads: list[str]) -> None:
    """A lead that we were not shown until now, with an old stamp."""
    del leads
    long_ago = world.clock.now() - dt.timedelta(days=90)
    world.org.insert("Lead", {"LastName": "Late", "Company": "C", "OwnerId": world.people["cyd"]}, at=long_ago)


def empty_one(world: World, leads: list[str]) -> None:
    """Everything one owner had is gone: the org does not mention them any more."""
    owner = world.owner(leads[1])
    for row in world.org.query(f"SELECT Id FROM Lead WHERE OwnerId = '{owner}'"):
        world.org.delete("Lead", row["Id"])


@pytest.mark.parametrize("spoil", [lose_one, hand_one_over, price_one, bring_one, empty_one])
def test_only_owners_that_drifted_are_named_and_put_right(
    world: World, spoil: Callable[[World, list[str]], None]
) -> None:
    leads = add_many(world, 300)
    world.write_policy(POLICY + RULES)
    app = world.app()
    world.cycle(app)
    before = app.store.load_sums()
    spoil(world, leads)
    world.clock.pass_by(minutes=5)
    report = run(world)
    after = in_the_org(world)
    assert app.store.load_sums() == after
    nothing = (0, 0.0)
    wrong = {key for key in {*before, *after} if before.get(key, nothing) != after.get(key, nothing)}
    assert {(drift.object, drift.owner) for drift in report.drifted} == wrong
    assert wrong
    assert report.read_whole == {}
    assert run(world).drifted == ()


def test_what_changes_between_two_counts_is_no_drift(world: World) -> None:
    add_many(world, 300)
    world.write_policy(POLICY + RULES)
    app = world.app()
    world.cycle(app)
    world.clock.pass_by(minutes=5)
    world.org.faults.between(lambda: sell(world), method="GET", path=r"query.*GROUP\+BY", times=3)
    report = run(world)
    assert report.drifted == ()
    assert app.store.load_sums() == in_the_org(world)


def sell(world: World) -> None:
    """A big lead comes in while the org counts."""
    world.add_lead(owner=world.people["ann"], AnnualRevenue=5_000_000)


def test_much_work_of_owners_that_drifted_is_read_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    by_jobs_above(monkeypatch, 10)
    leads = add_many(world, 300)
    world.write_policy(POLICY + RULES)
    app = world.app()
    world.cycle(app)
    hand_one_over(world, leads)
    world.clock.pass_by(minutes=5)
    report = run(world)
    assert report.read_whole == {"Lead": "2 owners of very many records differ"}
    assert len(report.drifted) == 2
    assert app.store.load_sums() == in_the_org(world)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ("{base: 1, rules: [{when: \"Rating = 'Cold'\", add: -2}]}", "below zero"),
        ("{base: 1, rules: [{when: \"Rating = 'Cold'\", add: 0.0000001}]}", "six decimals"),
        ("{base: 1, rules: [{when: \"Description = 'x'\", add: 1}]}", "cannot filter by Lead.Description"),
    ],
)
def test_load_that_does_not_add_up_is_read_record_by_record_and_said(world: World, rules: str, reason: str) -> None:
    leads = add_many(world, 100)
    world.write_policy(POLICY + f"objects: {{Lead: {{load: {rules}}}}}\n")
    app = world.app()
    world.cycle(app)
    hand_one_over(world, leads)
    world.clock.pass_by(minutes=5)
    report = run(world)
    assert reason in report.read_whole["Lead"]
    assert {drift.owner for drift in report.drifted} >= {world.people["ann"]}
    assert run(world).drifted == ()


def test_an_org_that_refuses_to_count_is_read_record_by_record_and_said(world: World) -> None:
    leads = add_many(world, 100)
    world.write_policy(POLICY + RULES)
    app = world.app()
    world.cycle(app)
    hand_one_over(world, leads)
    world.clock.pass_by(minutes=5)
    world.org.faults.fail(path=r"query.*GROUP\+BY", status=400, code="QUERY_TIMEOUT", times=-1)
    report = run(world)
    assert "QUERY_TIMEOUT" in report.read_whole["Lead"]
    assert len(report.drifted) == 2
    assert app.store.load_sums() == in_the_org(world)


def test_a_converted_lead_counts_for_nobody_whatever_the_policy_calls_active(world: World) -> None:
    ann = world.people["ann"]
    lead = world.add_lead(owner=ann)
    world.add_lead(owner=ann)
    world.write_policy(POLICY + "objects: {Lead: {active: \"Company != 'None'\"}}\n")
    world.clock.pass_by(minutes=5)
    app = world.app()
    app.check_policy()
    world.cycle(app)
    world.org.convert_lead(lead)
    world.clock.pass_by(seconds=5)
    report = run(world)
    assert (report.drifted, report.api_calls) == ((), 2)
    assert app.store.load_sums()["Lead", ann] == (1, 1.0)


def test_a_drift_names_both_figures(world: World) -> None:
    ann, bob = world.people["ann"], world.people["bob"]
    lead = world.add_lead(owner=ann, AnnualRevenue=5_000_000)
    world.write_policy(POLICY + RULES)
    world.clock.pass_by(minutes=5)
    world.cycle(world.app())
    move_unnoticed(world, lead, bob)
    assert run(world).drifted == (Drift("Lead", ann, 1, 0, 3.5, 0.0), Drift("Lead", bob, 0, 1, 0.0, 3.5))


def test_an_item_that_went_unnoticed_to_somebody_whose_sums_are_right_is_theirs(world: World) -> None:
    """Bob got one and lost another without our seeing either: only Ann's sums tell."""
    ann, bob, cyd = (world.people[name] for name in ("ann", "bob", "cyd"))
    moved, lost = world.add_lead(owner=ann), world.add_lead(owner=bob)
    world.clock.pass_by(minutes=5)
    app = world.app()
    world.cycle(app)
    move_unnoticed(world, moved, bob)
    world.org.delete("Lead", lost)
    world.clock.pass_by(minutes=5)
    run(world)
    run(world)
    world.org.update("Lead", moved, {"OwnerId": cyd})
    world.clock.pass_by(seconds=5)
    world.cycle(app)
    assert app.store.load_sums() == {("Lead", cyd): (1, 1.0)}
