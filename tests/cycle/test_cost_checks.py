"""The figures that `check` prints for API calls are what the org counts."""

from __future__ import annotations

import datetime as dt

import pytest

from sfassign.bootstrap import App
from sfassign.cost_checks import busy_day, cost_finding
from sfassign.finding import Check
from tests.cycle.world import POLICY, World

NEGLECT = "    neglect: {untouched_for: 2h}\n"
EVERYTHING = NEGLECT + "    notify: [task, chatter]\n    prefer: [previous_owner, same_email]\n"
PRESENCE = "    available: {logged_in: true, omni: [Available]}\n"
NOBODY = "    available: {hours: never}\n"
SHORT_OF_TIME = """hours: {never: {timezone: Europe/London, days: {sun: "03:00-03:01"}}}
objects:
  Lead: {}
  Opportunity: {}
  Case: {score: {deadline: {field: milestone, within: 2h, add: 100}, tiers: {urgent: 50}}}
"""


def group(name: str, source: str, more: str = "") -> str:
    return (
        f'  - name: {name}s\n    object: {name}\n    source: "{source}"\n    members: "UserRole.Name = \'SDR\'"\n{more}'
    )


def of(*groups: str) -> str:
    return "version: 1\ntimezone: Europe/London\n" + SHORT_OF_TIME + "groups:\n" + "".join(groups)


WEB = "Owner.Name = 'Web Leads'"
RECENT = f"{WEB} AND CreatedDate = LAST_N_DAYS:30"
BANKS = "Owner.Username = 'ann@acme.example' AND Account.Industry = 'Banking'"
SWEPT = (
    group("Lead", RECENT, PRESENCE),
    group("Case", f"{WEB} AND Account.Industry = 'Banking'", NOBODY),
    group("Opportunity", BANKS),
)
POLICIES = {
    "plain": POLICY,
    "presence": POLICY + PRESENCE,
    "everything": POLICY + EVERYTHING,
    "one swept object": of(group("Lead", RECENT, NOBODY)),
    "three swept objects": of(*SWEPT),
    "a load that drifts": POLICY.replace(
        "groups:", 'objects: {Lead: {active: "CreatedDate >= LAST_N_DAYS:30"}}\ngroups:'
    )
    + NOBODY.replace("hours: never", "logged_in: true"),
    "milestones": of(group("Case", WEB, NOBODY)),
    "members by pool": POLICY.replace("members: \"UserRole.Name = 'SDR'\"", "members: {queue: Web Leads}"),
    "performance": POLICY.replace("groups:", "objects: {Lead: {closed: \"Status = 'Closed'\"}}\ngroups:")
    + "    method: weighted_round_robin\n    weight: {performance: 90d}\n",
}


def printed_idle(app: App) -> int:
    return int(told(app).said.split(" ")[0].replace(",", ""))


def told(app: App) -> Check:
    reading = app.ports.gatherer.reading()
    return cost_finding(app.settings, reading, app.org, by_reference=False, now=app.clock.now())


def fill(world: World, rows: int) -> None:
    """So many of everything that is read by pages: sessions, people, what waits and what is being worked on."""
    people = [world.add_person(f"p{number}") for number in range(rows)]
    for number, person in enumerate(people):
        session = {"UsersId": person, "SessionType": "UI", "LoginType": "Application", "NumSecondsValid": 7200}
        world.org.insert("AuthSession", session, by=person)
        world.add_lead(LastName=f"Doe {number}")
        account = world.org.insert("Account", {"Name": f"Acme {number}", "Industry": "Banking"})
        world.org.insert("Case", {"Subject": "Help", "AccountId": account, "OwnerId": world.queue})
    world.org.settings.session_seconds = 7 * 86_400
    world.clock.pass_by(minutes=30)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
@pytest.mark.parametrize("rows", [0, 25], ids=["a page of each", "pages of each"])
def test_an_idle_day_costs_what_is_printed(
    world: World, monkeypatch: pytest.MonkeyPatch, policy: str, rows: int
) -> None:
    """What waits is not given out: everybody is busy elsewhere, or the first cycles gave it out."""
    world.write_policy(policy)
    if rows:
        world.org.settings.page_size = 10
        for module in ("turns", "idle_day"):
            monkeypatch.setattr(f"sfassign.{module}.ONE_PAGE", 10)
        fill(world, rows)
    app = world.app(poll=dt.timedelta(minutes=1))
    world.cycle(app)
    world.clock.pass_by(minutes=45)
    cycles(world, app, 10)
    printed = printed_idle(app)
    before = world.org.calls
    assert cycles(world, app, 60) == 0
    assert (world.org.calls - before) * 24 == pytest.approx(printed, rel=0.02)


def cycles(world: World, app: App, count: int) -> int:
    """One a minute; how many items they gave out."""
    given = 0
    for _ in range(count):
        given += len(world.cycle(app).assigned)
        world.clock.pass_by(seconds=45)
    return given


def test_people_logged_in_beyond_a_page_cost_calls_in_every_poll_and_the_budget_says_so(world: World) -> None:
    world.org.settings.page_size = 5
    fill(world, 22)
    world.write_policy(POLICY + "    available: {logged_in: true}\n")
    app = world.app()
    app.ports.gatherer.reading()
    finding = told(app)
    assert "(5 per poll)" in finding.said
    assert finding.level == "warning"


@pytest.mark.parametrize("more", ["", EVERYTHING])
def test_assignments_cost_no_more_than_is_printed(world: World, more: str) -> None:
    """Each in a cycle of its own; what neglect reads comes hours later and is in the figure."""
    world.write_policy(POLICY + "    ramp: off\n" + more)
    app = world.app()
    world.cycle(app)
    before, count = world.org.calls, 10
    for _ in range(count):
        world.add_leads(1, Email="ann@customer.example")
        assert len(world.cycle(app).assigned) == 1
    extra = world.org.calls - before - count
    _, singly = busy_day(app.settings, app.ports.gatherer.reading(), count)
    assert count <= extra <= singly


def test_the_parts_that_a_busy_day_pays_for_are_named(world: World) -> None:
    world.write_policy(POLICY + EVERYTHING)
    app = world.app()
    said = told(app).said
    assert said.endswith("(writes, messages, preferences, neglect)")
    world.write_policy(POLICY)
    assert told(world.app()).said.endswith("(writes)")


def test_a_budget_that_an_idle_day_exceeds_is_a_warning(world: World) -> None:
    app = world.app(api_budget="5%")
    app.ports.gatherer.reading()
    finding = told(app)
    assert (finding.level, "SFASSIGN_API_BUDGET 5% is 5,000" in finding.said) == ("warning", True)


def test_writes_that_need_a_query_each_cost_six_times_as_many_calls(world: World) -> None:
    app = world.app()
    world.cycle(app)
    reading = app.ports.gatherer.reading()
    together, _ = busy_day(app.settings, reading, 1_000)
    by_query, _ = busy_day(app.settings, reading, 1_000, at_once=4)
    assert (together, by_query) == (42, 251), "with one look back for them all"
