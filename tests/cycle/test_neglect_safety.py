"""Nothing is taken from anybody on a doubt, nothing twice, and whatever happens around a write loses nothing."""

from __future__ import annotations

import datetime as dt

import pytest

from sfassign import neglect as neglect_pass
from sfassign.answers import HONOURED
from sfassign.core.journal import OPEN
from sfassign.policy import against_org
from sfassign.storage import Views
from tests.cycle.neglected import MINUTES, changed_hands, given, later, neglect
from tests.cycle.test_safety import Unplugged, _pull_the_plug, at_the_write
from tests.cycle.world import World


def test_touched_between_the_last_look_and_the_write_it_stays(world: World) -> None:
    app, (lead,) = given(world, neglect())
    owner = world.owner(lead)
    later(world, app, 29)

    def work_on_it() -> None:
        world.clock.pass_by(seconds=2)
        world.org.update("Lead", lead, {"Title": "Boss"}, by=owner)

    at_the_write(world, work_on_it)
    report = later(world, app, 2)
    assert (changed_hands(report), world.owner(lead)) == ([], owner)
    assert later(world, app, 60).reassigned == ()


def test_taken_over_by_hand_its_clock_is_over(world: World) -> None:
    app, (lead,) = given(world, neglect())
    later(world, app, 20)
    world.org.update("Lead", lead, {"OwnerId": world.org.admin_id}, by=world.org.admin_id)
    assert later(world, app, 60).reassigned == ()
    assert Views(app.store).clock(lead, world.clock.now()) is None


@pytest.mark.parametrize("how", ["closed", "deleted"])
def test_what_is_closed_or_gone_is_nobodys_neglect(world: World, how: str) -> None:
    app, (lead,) = given(world, neglect())
    later(world, app, 20)
    if how == "closed":
        world.org.convert_lead(lead, by=world.owner(lead), opportunity=False)
    else:
        world.org.delete("Lead", lead)
    report = later(world, app, 60)
    assert (report.reassigned, report.exit_code) == ((), 0)
    assert Views(app.store).clock(lead, world.clock.now()) is None


def test_without_the_right_to_see_activities_nothing_is_taken_away(world: World) -> None:
    app, (lead,) = given(world, neglect())
    owner = world.owner(lead)
    world.org.faults.fail(path=r"FROM\+Event", status=400, code="INSUFFICIENT_ACCESS", message="no", times=-1)
    report = later(world, app, 45)
    assert (report.reassigned, world.owner(lead)) == ((), owner)
    told = "neglect: nothing is taken from owners of Lead, since it cannot be read: Event: INSUFFICIENT_ACCESS: no"
    assert set(report.warnings) == {told}
    assert report.exit_code == 3
    world.org.faults.clear()
    assert changed_hands(later(world, app, 5)) == [(lead, "neglected")]


def test_a_table_every_org_has_and_we_do_not_see_is_a_missing_right(world: World) -> None:
    app, _ = given(world, neglect())
    world.org.hide_object("Task")
    report = later(world, app, 40)
    assert report.reassigned == ()
    assert "Task: this login may not see it" in report.warnings[0]


def test_an_org_without_field_history_is_asked_without_it(world: World) -> None:
    app, (lead,) = given(world, neglect())
    world.org.settings.track_history = False
    world.org.hide_object("LeadHistory")
    assert changed_hands(later(world, app, 31)) == [(lead, "neglected")]


def test_an_object_of_their_own_with_its_own_status(world: World) -> None:
    world.org.add_object("Ticket__c")
    world.org.add_field("Ticket__c", "Status", "string")
    queue = world.org.add_queue("Tickets", ["Ticket__c"])
    policy = neglect().replace("object: Lead", "object: Ticket__c").replace("Web Leads", "Tickets")
    world.write_policy(policy + "objects: {Ticket__c: {active: \"Name != 'done'\"}}\n")
    ids = [world.org.insert("Ticket__c", {"Name": f"T{number}", "OwnerId": queue}) for number in range(2)]
    world.clock.pass_by(seconds=5)
    app = world.app(poll=MINUTES)
    assert against_org(app.policy, app.shapes.of, "p", app.file.text) == ()
    assert len(world.cycle(app).assigned) == 2
    world.clock.pass_by(minutes=1)
    world.org.update("Ticket__c", ids[0], {"Status": "Working"})
    report = later(world, app, 31)
    assert (changed_hands(report), report.warnings) == ([(ids[1], "neglected")], ())


def test_at_most_two_hundred_are_looked_at_in_a_pass_and_it_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neglect_pass, "MOST_PER_PASS", 3)
    app, _ = given(world, neglect(), 5)
    later(world, app, 28)
    world.clock.pass_by(minutes=3)
    report = world.cycle(app)
    assert len(report.reassigned) == 3
    assert report.notices == ("neglect: the 3 items due longest were looked at; the others follow in the next pass",)
    assert report.exit_code == 0
    assert len(later(world, app, 1).reassigned) == 2


def test_a_pass_over_three_objects_costs_ten_calls_at_most(world: World) -> None:
    groups = "".join(
        f"  - {{name: {name}, object: {name}, source: \"Owner.Username = 'intake@acme.example'\","
        f" members: \"UserRole.Name = 'SDR'\", ramp: off, neglect: {{untouched_for: 30m}}}}\n"
        for name in ("Case", "Opportunity")
    )
    intake = world.org.add_user("intake@acme.example", "Intake")
    deal = {"Name": "Big", "StageName": "Prospecting", "CloseDate": "2027-01-31", "OwnerId": intake}
    for _ in range(20):
        world.org.insert("Case", {"Subject": "Broken", "OwnerId": intake})
        world.org.insert("Opportunity", deal)
        world.add_lead()
    world.write_policy(neglect() + groups)
    world.clock.pass_by(seconds=5)
    app = world.app(poll=dt.timedelta(hours=1))
    assert len(world.cycle(app).assigned) == 60
    world.clock.pass_by(minutes=31)
    report = world.cycle(app)
    assert len(report.reassigned) == 60
    described, poll, written = 8, 1, 4
    assert report.api_calls <= 10 + described + poll + written
    world.clock.pass_by(minutes=31)
    assert world.cycle(app).api_calls <= 10 + poll + written


def test_somebody_who_refuses_it_does_not_stop_the_others(world: World) -> None:
    app, leads = given(world, neglect(), 3)
    world.org.faults.refuse(leads[1], "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Region is missing")
    report = later(world, app, 31)
    assert {line.id for line in report.reassigned} == {leads[0], leads[2]}
    world.org.faults.clear()
    assert later(world, app, 20).reassigned == (), "an hour's patience with what the org refused"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", ["keep_pass", "plan", "sent", "write", "settle"])
@pytest.mark.parametrize("then", ["reassign", "return"])
def test_the_plug_pulled_around_it_takes_it_away_once(
    world: World, monkeypatch: pytest.MonkeyPatch, then: str, effect: str, when: str
) -> None:
    app, (lead,) = given(world, neglect(then))
    owner = world.owner(lead)
    later(world, app, 29)
    app.store.keep_fact(f"{HONOURED}:Lead", world.clock.now().isoformat())
    world.clock.pass_by(minutes=2)
    _pull_the_plug(monkeypatch, app.org if effect == "write" else app.store, effect, when)
    with pytest.raises(Unplugged):
        world.cycle(app)
    monkeypatch.undo()
    world.clock.pass_by(seconds=15)
    app = world.app(poll=MINUTES)
    later(world, app, 3)
    world.cycle(app)
    assert world.owner(lead) != owner
    where = f"LeadId = '{lead}' AND Field = 'Owner'"
    moves = len(world.org.query(f"SELECT Id FROM LeadHistory WHERE {where}")) // 2
    assert moves == (2 if then == "reassign" else 3), "given, taken away, and out of the queue again"
    assert not OPEN & {row.entry.state for row in Views(app.store).history()}
    now = world.clock.now()
    assert str(Views(app.store).clock(lead, now)).startswith("untouched since")
    (sums,) = [line for line in Views(app.store).neglect_sums(now - dt.timedelta(days=1)) if line.user == owner]
    assert sums.counts["neglected"] == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", ["plan", "sent", "write", "settle"])
def test_the_plug_pulled_around_the_first_assignment_starts_one_clock(
    world: World, monkeypatch: pytest.MonkeyPatch, effect: str, when: str
) -> None:
    world.write_policy(neglect())
    (lead,) = world.add_leads(1)
    app = world.app(poll=MINUTES)
    app.store.keep_fact(f"{HONOURED}:Lead", world.clock.now().isoformat())
    _pull_the_plug(monkeypatch, app.org if effect == "write" else app.store, effect, when)
    with pytest.raises(Unplugged):
        world.cycle(app)
    monkeypatch.undo()
    world.clock.pass_by(seconds=15)
    app = world.app(poll=MINUTES)
    world.cycle(app)
    world.cycle(app)
    owner = world.owner(lead)
    assert later(world, app, 29).reassigned == ()
    assert changed_hands(later(world, app, 3)) == [(lead, "neglected")]
    assert world.owner(lead) != owner
