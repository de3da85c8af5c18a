"""What nobody touches in time goes to somebody else, goes back, or is told; and what a touch is."""

from __future__ import annotations

import json
import random

import pytest
from typer.testing import CliRunner

from sfassign.cli import app as cli
from sfassign.cycle import preview
from sfassign.resync import resync
from sfassign.storage import Views
from tests.cycle.neglected import MINUTES, changed_hands, given, later, neglect
from tests.cycle.world import World


def test_a_lead_nobody_touched_goes_to_somebody_else_of_the_group(world: World) -> None:
    app, (lead,) = given(world, neglect())
    first = world.owner(lead)
    assert changed_hands(later(world, app, 29)) == []
    report = later(world, app, 2)
    assert changed_hands(report) == [(lead, "neglected")]
    assert world.owner(lead) != first
    assert (report.assigned, report.exit_code) == ((), 0)


def test_of_two_leads_that_were_merged_the_one_that_is_left_changes_hands(world: World) -> None:
    """The load of whoever had the other one falls with the next resync."""
    app, (loser, master) = given(world, neglect(), count=2)
    later(world, app, 5)
    world.org.merge("Lead", master, loser)
    assert [item for item, _ in changed_hands(later(world, app, 40))] == [master]
    assert world.org.get("Lead", loser)["IsDeleted"]
    assert sum(items for items, _ in app.store.load_sums().values()) == 2
    resync(app.org, app.store, app.ports.gatherer)
    assert sum(items for items, _ in app.store.load_sums().values()) == 1


def test_a_week_of_neglect_asks_nobody_twice_until_all_had_it(world: World) -> None:
    app, (lead,) = given(world, neglect(exclude_last=2))
    owners = [world.owner(lead)]
    for _ in range(2):
        later(world, app, 36)
        owners.append(world.owner(lead))
    assert len(set(owners)) == 3


TOUCHES = ("status", "edit", "task", "call", "event", "completed")


@pytest.mark.parametrize("kind", TOUCHES)
def test_a_lead_that_its_owner_touched_stays(world: World, kind: str) -> None:
    app, (lead,) = given(world, neglect())
    owner = world.owner(lead)
    later(world, app, 10)
    touch(world, lead, owner, kind)
    later(world, app, 60)
    assert world.owner(lead) == owner


def touch(world: World, lead: str, owner: str, kind: str) -> None:
    org, colleague = world.org, world.org.admin_id
    if kind == "status":
        org.update("Lead", lead, {"Status": "Working - Contacted"}, by=world.add_person(f"flow{lead[-4:].lower()}"))
    elif kind == "edit":
        org.update("Lead", lead, {"Title": "Boss"}, by=owner)
        world.clock.pass_by(seconds=20)
        world.cycle(world.apps[-1])
        org.update("Lead", lead, {"Title": "Chief"}, by=colleague)
    elif kind == "task":
        org.insert("Task", {"Subject": "Call back", "WhoId": lead, "OwnerId": owner}, by=owner)
    elif kind == "call":
        by = world.add_person(f"cti{lead[-4:].lower()}")
        org.insert("Task", {"Subject": "Call", "TaskSubtype": "Call", "WhoId": lead, "OwnerId": owner}, by=by)
    elif kind == "event":
        start = {"StartDateTime": world.clock.now(), "DurationInMinutes": 30}
        org.insert("Event", {"Subject": "Visit", "WhoId": lead, "OwnerId": owner, **start}, by=owner)
    else:
        by = world.add_person(f"flow{lead[-4:].lower()}")
        task = org.insert("Task", {"Subject": "To do", "WhoId": lead, "OwnerId": owner}, by=by)
        world.clock.pass_by(seconds=1)
        org.update("Task", task, {"Status": "Completed"}, by=owner)


@pytest.mark.parametrize("seed", range(3))
def test_whoever_touched_theirs_in_time_keeps_it_and_nobody_else(world: World, seed: int) -> None:
    chance = random.Random(seed)
    app, leads = given(world, neglect(), 12)
    owners = {lead: world.owner(lead) for lead in leads}
    touches = {lead: (chance.randrange(0, 27, 3), chance.choice(TOUCHES)) for lead in chance.sample(leads, 6)}
    reports = []
    for minute in range(0, 36, 3):
        for lead, (at, kind) in touches.items():
            if at == minute:
                touch(world, lead, owners[lead], kind)
        reports.append(later(world, app, 3))
    taken = {line.id for report in reports for line in report.reassigned}
    assert taken == set(leads) - set(touches)
    assert {lead: world.owner(lead) for lead in touches} == {lead: owners[lead] for lead in touches}


def test_what_others_do_with_it_is_no_touch(world: World) -> None:
    app, (lead,) = given(world, neglect())
    owner, other = world.owner(lead), world.add_person("dan")
    later(world, app, 10)
    world.org.update("Lead", lead, {"Title": "Boss"}, by=other)
    world.org.insert("Task", {"Subject": "Look at this", "WhoId": lead, "OwnerId": owner}, by=other)
    world.org.insert("Task", {"Subject": "Call", "TaskSubtype": "Call", "WhoId": lead, "OwnerId": owner})
    assert changed_hands(later(world, app, 25)) == [(lead, "neglected")]


def test_only_the_touches_that_the_policy_counts(world: World) -> None:
    policy = neglect() + "objects: {Lead: {active: IsConverted = false, touched: [status]}}\n"
    app, (lead,) = given(world, policy)
    world.org.update("Lead", lead, {"Title": "Boss"}, by=world.owner(lead))
    world.org.insert("Task", {"Subject": "x", "WhoId": lead, "OwnerId": world.owner(lead)}, by=world.owner(lead))
    assert changed_hands(later(world, app, 36)) == [(lead, "neglected")]


def test_a_case_is_touched_by_an_answer_or_a_comment(world: World) -> None:
    policy = neglect().replace("object: Lead", "object: Case")
    world.write_policy(policy)
    cases = [world.org.insert("Case", {"Subject": "Broken", "OwnerId": world.queue}) for _ in range(4)]
    world.clock.pass_by(seconds=5)
    app = world.app(poll=MINUTES)
    world.cycle(app)
    owners = {case: world.owner(case, "Case") for case in cases}
    later(world, app, 5)
    answered, commented, incoming, drafted = cases
    mail = {"Incoming": False, "Status": "3", "Subject": "Re: Broken"}
    world.org.insert("EmailMessage", {"ParentId": answered, **mail}, by=owners[answered])
    world.org.insert("CaseComment", {"ParentId": commented, "CommentBody": "On it"}, by=owners[commented])
    world.org.insert("EmailMessage", {"ParentId": incoming, **mail, "Incoming": True}, by=owners[incoming])
    world.org.insert("EmailMessage", {"ParentId": drafted, **mail, "Status": "5"}, by=owners[drafted])
    report = later(world, app, 31)
    assert {line.id for line in report.reassigned} == {incoming, drafted}
    assert report.warnings == ()


def test_back_to_the_queue_and_out_again_only_in_the_next_cycle(world: World) -> None:
    app, (lead,) = given(world, neglect("return"))
    silent = world.owner(lead)
    later(world, app, 26)
    report = later(world, app, 5)
    assert (changed_hands(report), report.assigned) == ([(lead, "returned")], ())
    assert world.owner(lead) == world.queue
    (again,) = world.cycle(app).assigned
    assert (again.id, again.owner != silent) == (lead, True)


def test_a_deal_returns_to_the_intake_user_and_waits_again(world: World) -> None:
    intake = world.org.add_user("intake@acme.example", "Intake")
    policy = neglect("return").replace("object: Lead", "object: Opportunity")
    world.write_policy(policy.replace("Owner.Name = 'Web Leads'", "Owner.Username = 'intake@acme.example'"))
    fields = {"Name": "Big", "StageName": "Prospecting", "CloseDate": "2027-01-31", "OwnerId": intake}
    deal = world.org.insert("Opportunity", fields)
    world.clock.pass_by(seconds=5)
    app = world.app(poll=MINUTES)
    first = world.cycle(app).assigned[0].owner
    later(world, app, 26)
    report = later(world, app, 5)
    assert (changed_hands(report), world.owner(deal, "Opportunity")) == ([(deal, "returned")], intake)
    assert [line.owner != first for line in world.cycle(app).assigned] == [True]


def test_a_report_is_made_once_and_the_lead_stays(world: World) -> None:
    app, (lead,) = given(world, neglect("report"))
    owner = world.owner(lead)
    report = later(world, app, 31)
    assert [(line.id, line.owner) for line in report.neglected] == [(lead, owner)]
    assert "did not touch Lead" in report.neglected[0].why
    for _ in range(3):
        assert later(world, app, 30).neglected == ()
    assert world.owner(lead) == owner


def test_nobody_else_can_take_it_so_it_stays_and_is_tried_again(world: World) -> None:
    policy = neglect().replace(
        "\"UserRole.Name = 'SDR'\"", "[ann@acme.example, {user: bob@acme.example, enabled: false}]"
    )
    app, (lead,) = given(world, policy)
    assert later(world, app, 40).reassigned == ()
    assert world.owner(lead) == world.people["ann"]
    world.write_policy(policy.replace(", enabled: false", ""))
    app = world.app(poll=MINUTES)
    assert changed_hands(later(world, app, 1)) == [(lead, "neglected")]


@pytest.mark.parametrize(("rating", "goes_first"), [("Hot", True), ("Cold", False)])
def test_it_stands_in_one_line_with_what_waits(world: World, rating: str, goes_first: bool) -> None:
    """One place is left: the neglected lead and a new one, which is warm, both want it."""
    scores = "".join(f"{{when: \"Rating = '{name}'\", add: {add}}}, " for name, add in (("Hot", 9), ("Warm", 5)))
    policy = neglect().replace("\"UserRole.Name = 'SDR'\"", "[ann@acme.example, bob@acme.example]\n    caps: {day: 1}")
    objects = f"objects: {{Lead: {{active: IsConverted = false, score: {{rules: [{scores}]}}}}}}\n"
    app, (lead,) = given(world, policy + objects, Rating=rating)
    later(world, app, 29)
    (new,) = world.add_leads(1, Rating="Warm")
    report = later(world, app, 2)
    assert changed_hands(report) == ([(lead, "neglected")] if goes_first else [])
    assert (world.owner(new) == world.queue) == goes_first


def test_a_lead_of_a_group_that_is_no_more_is_reported(world: World) -> None:
    app, (lead,) = given(world, neglect())
    owner = world.owner(lead)
    world.write_policy(neglect().replace("name: Web leads", "name: Other leads"))
    app = world.app(poll=MINUTES)
    report = later(world, app, 60)
    assert [line.why.split("; ")[1] for line in report.neglected] == ["the policy has no such group any more"]
    assert (world.owner(lead), report.exit_code) == (owner, 0)


def test_after_as_many_owners_as_allowed_it_goes_to_the_manager_for_good(world: World) -> None:
    manager = world.org.add_user("boss@acme.example", "Boss")
    app, (lead,) = given(world, neglect(at_most=2, finally_="{user: boss@acme.example}").replace("finally_", "finally"))
    for _ in range(2):
        later(world, app, 36)
    assert world.owner(lead) != manager
    later(world, app, 36)
    assert world.owner(lead) == manager
    (row, *_) = Views(app.store).history()
    assert (row.entry.method, row.entry.owner) == ("finally", manager)
    for _ in range(3):
        assert later(world, app, 40).reassigned == ()


def test_without_a_last_place_it_stays_and_is_reported_once(world: World) -> None:
    app, (lead,) = given(world, neglect(at_most=1))
    later(world, app, 36)
    second = world.owner(lead)
    reports = [later(world, app, 36) for _ in range(3)]
    told = [line.id for report in reports for line in report.neglected]
    assert (told, world.owner(lead)) == ([lead], second)


def test_a_touch_in_between_starts_the_counting_again(world: World) -> None:
    app, (lead,) = given(world, neglect(at_most=1, quiet_for="20m"))
    later(world, app, 36)
    world.org.update("Lead", lead, {"Title": "Boss"}, by=world.owner(lead))
    second = world.owner(lead)
    later(world, app, 15)
    assert world.owner(lead) == second
    later(world, app, 15)
    assert world.owner(lead) != second


def test_touched_once_and_then_quiet_for_too_long(world: World) -> None:
    app, (lead,) = given(world, neglect(quiet_for="1h"))
    owner = world.owner(lead)
    later(world, app, 10)
    touch(world, lead, owner, "task")
    assert later(world, app, 55).reassigned == ()
    assert changed_hands(later(world, app, 20)) == [(lead, "neglected")]


@pytest.mark.parametrize(("then", "why"), [("reassign", "neglected"), ("return", "returned")])
def test_a_dry_run_shows_what_would_go_to_whom_and_keeps_nothing(world: World, then: str, why: str) -> None:
    app, (lead,) = given(world, neglect(then, mark_away="true"))
    owner = world.owner(lead)
    later(world, app, 25)
    world.clock.pass_by(minutes=8)
    for _ in range(2):
        report = preview(app.ports, app.policy)
        assert changed_hands(report) == [(lead, why)]
    assert world.owner(lead) == owner
    assert changed_hands(later(world, app, 1)) == [(lead, why)]


def test_explain_and_report_tell_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    app, (lead,) = given(world, neglect(remind_before="5m"))
    later(world, app, 26)
    monkeypatch.setenv("SFASSIGN_POLICY", str(world.policy_path))
    monkeypatch.setenv("SFASSIGN_DATABASE_URL", f"sqlite:///{world.folder}/sfassign.db")
    asked = CliRunner().invoke(cli, ["explain", lead, "--json"])
    assert "untouched since" in json.loads(asked.stdout)["clock"]
    assert "then reassign" in CliRunner().invoke(cli, ["explain", lead]).stdout
    later(world, app, 6)
    shown = CliRunner().invoke(cli, ["report", "--since", "3000d", "--json"])
    (line,) = json.loads(shown.stdout)["neglect"]
    assert {name: line[name] for name in ("neglected", "reminded")} == {"neglected": 1, "reminded": 1}
    assert line["username"].endswith("@acme.example")
    assert "neglect, by who had the item" in CliRunner().invoke(cli, ["report", "--since", "3000d"]).stdout
