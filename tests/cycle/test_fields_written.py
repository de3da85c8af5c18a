"""What is written besides the owner: with it, on items in review, on items nobody takes; never at an item's cost."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from sfassign.answers import HONOURED
from sfassign.core.journal import OPEN, State
from sfassign.cycle import preview
from sfassign.errors import WrongPolicy
from sfassign.storage import Views
from tests.cycle.test_safety import Unplugged, _pull_the_plug, after_the_poll, at_the_write, lose_the_write
from tests.cycle.world import POLICY, World

ON_ASSIGNED = (
    POLICY
    + """    ramp: off
    on_assigned: {set: {Status: "Working - Contacted", Assigned_At__c: "{now}", Assigned_Day__c: "{now}",
      Assigned__c: true, Attempts__c: 3, Description: "{group} gave it to {owner}: {reason}"}}
"""
)
NOT_ASSIGNED = POLICY + (
    "    available: {logged_in: {idle: 30m}}\n"
    '    on_not_assigned: {after: 1h, set: {Routing_Problem__c: "{reason}", Checked_At__c: "{now}"}}\n'
)
REVIEW = (
    POLICY
    + """    on_review: {set: {Needs_Review__c: true, Review_Reason__c: "{reason}"}}
objects: {Lead: {review: [{when: "Email = null AND Phone = null", reason: "no way to reach this lead"}]}}
"""
)


@pytest.fixture
def fields(world: World) -> World:
    """The org has fields of its own for what the policies here write."""
    for name, kind in (
        ("Assigned_At__c", "datetime"),
        ("Assigned_Day__c", "date"),
        ("Checked_At__c", "datetime"),
        ("Assigned__c", "boolean"),
        ("Needs_Review__c", "boolean"),
        ("Attempts__c", "double"),
        ("Routing_Problem__c", "string"),
        ("Review_Reason__c", "string"),
    ):
        world.org.add_field("Lead", name, kind)
    return world


def changes_of(world: World, field: str) -> list[object]:
    """Every value this field was given, in order."""
    values: list[object] = []
    world.org.on_write(
        lambda change: (
            values.append((change.after or {}).get(field))
            if change.object == "Lead"
            and change.before
            and (change.after or {}).get(field) != (change.before or {}).get(field)
            else None
        )
    )
    return values


def log_in(world: World, name: str) -> None:
    session = {"UsersId": world.people[name], "SessionType": "UI", "NumSecondsValid": 7200, "LoginType": "Application"}
    world.org.insert("AuthSession", session)


# --- with the owner ---------------------------------------------------------------------------------------------------


def test_fields_travel_with_the_owner_in_the_same_call_typed_as_the_field_is(fields: World) -> None:
    world = fields
    world.write_policy(ON_ASSIGNED)
    app = world.app()
    app.check_policy()
    world.cycle(app)
    (lead,) = world.add_leads(1)
    before = world.org.calls
    report = world.cycle(app)
    assert world.org.calls - before == 2
    record = world.org.get("Lead", lead)
    assert record["OwnerId"] == world.people["ann"]
    assert record["Status"] == "Working - Contacted"
    assert record["Assigned__c"] is True
    assert record["Attempts__c"] == 3
    assert record["Assigned_At__c"] == "2026-11-23T10:10:20.000+0000"
    assert record["Assigned_Day__c"] == "2026-11-23"
    assert record["Description"].startswith("Web leads gave it to ann@acme.example: Web leads → ann@acme.example by")
    assert (report.exit_code, report.refused_values) == (0, ())


def test_24_owners_with_their_fields_still_cost_one_call(fields: World) -> None:
    world = fields
    world.write_policy(ON_ASSIGNED)
    app = world.met(world.app())
    app.check_policy()
    world.cycle(app)
    world.add_leads(24)
    assert world.cycle(app).api_calls == 2


def test_a_value_the_org_refuses_costs_nobody_their_lead_and_is_one_warning_for_the_group(world: World) -> None:
    world.write_policy(POLICY + '    ramp: off\n    on_assigned: {set: {Title: "Ours", Email: "no address"}}\n')
    app = world.app()
    app.check_policy()
    world.cycle(app)
    leads = world.add_leads(3)
    report = world.cycle(app)
    assert {line.id for line in report.assigned} == {*leads}
    assert (report.failed, report.exit_code, report.api_calls) == ((), 3, 3)
    (refused,) = report.refused_values
    assert (refused.group, refused.code, refused.count) == ("Web leads", "INVALID_EMAIL_ADDRESS", 3)
    assert set(refused.fields) == {"Title", "Email"}
    assert json.loads(json.dumps(report.as_json()))["refused_values"][0]["group"] == "Web leads"
    assert all(world.owner(lead) in world.people.values() for lead in leads)
    assert {row.entry.state for row in Views(app.store).history()} == {State.CONFIRMED}


def test_an_id_the_org_does_not_know_is_not_held_against_the_owner(world: World) -> None:
    world.org.add_field("Lead", "Partner__c", "reference", references=["Account"])
    world.write_policy(POLICY + '    on_assigned: {set: {Partner__c: "001000000000999AAA"}}\n')
    world.add_leads(1)
    app = world.app()
    app.check_policy()
    report = world.cycle(app)
    assert [line.owner for line in report.assigned] == [world.people["ann"]]
    assert [value.code for value in report.refused_values] == ["INVALID_CROSS_REFERENCE_KEY"]
    assert app.store.snapshot(world.clock.now(), ()).refusals == {}


def test_an_owner_the_org_refuses_with_and_without_values_backs_off(world: World) -> None:
    world.write_policy(POLICY + '    on_assigned: {set: {Title: "Ours"}}\n')
    (lead,) = world.add_leads(1)
    at_the_write(world, lambda: world.org.update("User", world.people["ann"], {"IsActive": False}))
    app = world.app()
    report = world.cycle(app)
    assert [(line.owner, line.retry) for line in report.failed] == [(world.people["ann"], True)]
    assert report.refused_values == ()
    assert [line.owner for line in world.cycle(app).assigned] == [world.people["bob"]]
    assert world.org.get("Lead", lead)["Title"] == "Ours"


def test_a_record_that_is_refused_with_and_without_its_values_is_one_failure(world: World) -> None:
    world.write_policy(POLICY + '    on_assigned: {set: {Title: "Ours"}}\n')
    (lead,) = world.add_leads(1)
    world.org.faults.refuse(lead, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Region is missing")
    report = world.cycle(world.app())
    assert [(line.id, line.message) for line in report.failed] == [(lead, "Region is missing")]
    assert report.refused_values == ()


def test_somebody_else_takes_the_lead_between_the_two_calls_and_keeps_it(world: World) -> None:
    world.write_policy(POLICY + '    on_assigned: {set: {Email: "no address"}}\n')
    (lead,) = world.add_leads(1)

    def take() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"OwnerId": world.org.admin_id})

    at_the_write(world, take, after=True)
    report = world.cycle(world.app())
    assert report.assigned == ()
    assert world.owner(lead) == world.org.admin_id


def test_a_hostile_reason_stays_text_and_is_cut_to_the_fields_length(world: World) -> None:
    name = "O'Brien \\ {owner} %s " + "ü" * 300
    policy = POLICY.replace("name: Web leads", f'name: "{name.replace(chr(92), chr(92) * 2)}"')
    world.write_policy(policy + '    on_assigned: {set: {Title: "{group}"}}\n')
    (lead,) = world.add_leads(1)
    assert world.cycle(world.app()).exit_code == 0
    title = world.org.get("Lead", lead)["Title"]
    assert len(title) == 128
    assert title == name[:127] + "…"


WRONG = [
    ("{Assigned__c: maybe}", "cannot be a value of 'Assigned__c' (boolean)", "true or false"),
    ("{Attempts__c: many}", "cannot be a value of 'Attempts__c' (double)", "a number"),
    ('{Assigned_Day__c: "{owner}"}', "cannot be a value of 'Assigned_Day__c' (date)", "without placeholders"),
    ("{Assigned_At__c: yesterday}", "cannot be a value of 'Assigned_At__c' (datetime)", "{now}"),
    ('{Title: "{onwer}"}', "cannot be a value of 'Title' (string)", "{owner}"),
    ("{Nonsense__c: 1}", "Lead has no field 'Nonsense__c'", "API name"),
    ("{CreatedDate: 2026-01-01}", "'CreatedDate' of Lead cannot be written", "may edit"),
    ("{OwnerId: x}", "the owner is not a field to set", "members"),
]


@pytest.mark.parametrize(("wanted", "message", "expected"), WRONG, ids=[wanted for wanted, _, _ in WRONG])
def test_a_value_its_field_cannot_take_is_found_before_anything_is_written(
    fields: World, wanted: str, message: str, expected: str
) -> None:
    fields.write_policy(POLICY + f"    on_assigned: {{set: {wanted}}}\n")
    with pytest.raises(WrongPolicy) as refused:
        fields.app().check_policy()
    assert message in str(refused.value)
    assert expected in str(refused.value)
    assert "policy.yaml:9:" in str(refused.value)


# --- review -----------------------------------------------------------------------------------------------------------


def test_a_flagged_lead_is_marked_once_and_unmarked_when_it_is_mended(fields: World) -> None:
    world = fields
    world.write_policy(REVIEW)
    marks = changes_of(world, "Needs_Review__c")
    (lead,) = world.add_leads(1)
    app = world.app()
    app.check_policy()
    report = world.cycle(app)
    assert [(line.id, line.reason) for line in report.review] == [(lead, "no way to reach this lead")]
    assert (report.assigned, report.fields_set) == ((), 1)
    assert world.org.get("Lead", lead)["Review_Reason__c"] == "no way to reach this lead"
    for _ in range(3):
        report = world.cycle(app)
        assert (len(report.review), report.fields_set, report.api_calls) == (1, 0, 1)
    assert [(item.id, item.why) for item in Views(app.store).review()] == [(lead, "no way to reach this lead")]
    world.org.update("Lead", lead, {"Phone": "123"})
    world.clock.pass_by(seconds=5)
    report = world.cycle(app)
    assert ([line.id for line in report.assigned], report.review, report.api_calls) == ([lead], (), 2)
    record = world.org.get("Lead", lead)
    assert (record["Needs_Review__c"], record["Review_Reason__c"]) == (False, None)
    assert marks == [True, False]
    assert world.cycle(app).api_calls == 1


def test_what_a_person_wrote_over_ours_is_left_alone(fields: World) -> None:
    world = fields
    world.write_policy(REVIEW)
    (lead,) = world.add_leads(1)
    app = world.app()
    world.cycle(app)
    world.org.update("Lead", lead, {"Phone": "123", "Review_Reason__c": "asked reception"})
    world.clock.pass_by(seconds=5)
    world.cycle(app)
    record = world.org.get("Lead", lead)
    assert (record["Needs_Review__c"], record["Review_Reason__c"]) == (False, "asked reception")


def test_a_mark_that_a_person_took_away_is_not_set_again(fields: World) -> None:
    world = fields
    world.write_policy(REVIEW)
    (lead,) = world.add_leads(1)
    app = world.app()
    world.cycle(app)
    world.org.update("Lead", lead, {"Needs_Review__c": False})
    world.clock.pass_by(seconds=5)
    assert world.cycle(app).fields_set == 0
    assert world.org.get("Lead", lead)["Needs_Review__c"] is False


def test_a_flagged_lead_that_somebody_takes_by_hand_is_unmarked_too(fields: World) -> None:
    world = fields
    world.write_policy(REVIEW)
    (lead,) = world.add_leads(1)
    app = world.app()
    world.cycle(app)
    world.org.update("Lead", lead, {"OwnerId": world.org.admin_id})
    world.clock.pass_by(seconds=5)
    world.cycle(app)
    assert world.org.get("Lead", lead)["Needs_Review__c"] is False
    assert world.owner(lead) == world.org.admin_id
    assert world.cycle(app).api_calls == 1


def test_a_flagged_lead_that_is_deleted_leaves_nothing_to_do(fields: World) -> None:
    world = fields
    world.write_policy(REVIEW)
    (lead,) = world.add_leads(1)
    app = world.app()
    world.cycle(app)
    world.org.delete("Lead", lead)
    world.clock.pass_by(minutes=6)
    for _ in range(3):
        report = world.cycle(app)
    assert report.exit_code == 0


def test_a_mark_the_org_refuses_is_one_warning_and_not_tried_in_every_cycle(world: World) -> None:
    world.org.add_field("Lead", "Needs_Review__c", "boolean")
    text = REVIEW.replace('Review_Reason__c: "{reason}"', 'Email: "no address"').replace("Email = null AND ", "")
    world.write_policy(text)
    world.add_leads(2)
    app = world.app()
    report = world.cycle(app)
    assert [(value.code, value.count) for value in report.refused_values] == [("INVALID_EMAIL_ADDRESS", 2)]
    assert (len(report.review), report.exit_code) == (2, 3)
    report = world.cycle(app)
    assert (report.refused_values, report.api_calls, report.exit_code) == ((), 1, 0)


def test_a_lead_edited_at_that_very_moment_is_marked_in_the_next_cycle(fields: World) -> None:
    world = fields
    world.write_policy(REVIEW)
    (lead,) = world.add_leads(1)

    def edit() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"Title": "Boss"})

    at_the_write(world, edit)
    app = world.app()
    assert world.cycle(app).fields_set == 0
    assert world.cycle(app).fields_set == 1
    assert world.org.get("Lead", lead)["Title"] == "Boss"


def test_a_dry_run_marks_nothing(fields: World) -> None:
    fields.write_policy(REVIEW)
    (lead,) = fields.add_leads(1)
    app = fields.app()
    report = preview(app.ports, app.policy)
    assert (len(report.review), report.fields_set) == (1, 0)
    assert fields.org.get("Lead", lead)["Needs_Review__c"] is False


# --- nobody takes it --------------------------------------------------------------------------------------------------


def test_a_lead_that_waited_long_says_why_and_again_only_when_the_reasons_change(fields: World) -> None:
    world = fields
    world.write_policy(NOT_ASSIGNED.replace("after: 1h", "after: 10m"))
    told = changes_of(world, "Routing_Problem__c")
    (lead,) = world.add_leads(1)
    app = world.app()
    app.check_policy()
    world.cycle(app)
    world.clock.pass_by(minutes=9)
    assert world.cycle(app).fields_set == 0
    world.clock.pass_by(minutes=1)
    report = world.cycle(app)
    assert (report.fields_set, report.api_calls) == (1, 2)
    assert world.org.get("Lead", lead)["Routing_Problem__c"] == "3 absent"
    since = report.waiting[0].since
    world.org.update("User", world.people["ann"], {"IsActive": False})
    world.clock.pass_by(minutes=30)
    world.cycle(app)
    assert world.cycle(app).fields_set == 0, "at most hourly"
    world.clock.pass_by(minutes=30)
    report = world.cycle(app)
    assert report.fields_set == 1
    assert told == ["3 absent", "1 inactive, 2 absent"]
    assert report.waiting[0].since == since, "our own writing does not start the clock again"
    world.clock.pass_by(minutes=40)
    assert world.cycle(app).fields_set == 0


def test_notes_travel_in_the_call_that_writes_the_owners(fields: World) -> None:
    world = fields
    world.write_policy(REVIEW)
    app = world.met(world.app())
    app.check_policy()
    world.cycle(app)
    world.add_leads(10)
    world.add_leads(10, Phone="123")
    report = world.cycle(app)
    assert (len(report.assigned), report.fields_set, report.api_calls) == (10, 10, 2)


def test_a_note_does_not_free_a_lead_from_its_back_off(fields: World) -> None:
    world = fields
    world.write_policy(NOT_ASSIGNED.replace("after: 1h", "after: 10m"))
    (lead,) = world.add_leads(1)
    world.org.faults.refuse(lead, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    log_in(world, "ann")
    app = world.app()
    assert len(world.cycle(app).failed) == 1
    world.org.faults.allow(lead)
    world.clock.pass_by(minutes=35)
    report = world.cycle(app)
    assert (report.fields_set, report.assigned) == (0, ())
    assert "the org refused" in report.waiting[0].why


# --- whatever happens around it ---------------------------------------------------------------------------------------


def states(world: World) -> set[State]:
    return {row.entry.state for row in Views(world.apps[-1].store).history()}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", ["plan", "sent", "write", "settle", "second write"])
def test_the_plug_pulled_around_either_write_loses_no_lead_and_writes_none_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, effect: str, when: str
) -> None:
    world.write_policy(POLICY + '    ramp: off\n    on_assigned: {set: {Email: "no address"}}\n')
    leads = world.add_leads(5)
    app = world.app()
    app.store.keep_fact(f"{HONOURED}:Lead", world.clock.now().isoformat())
    if effect == "second write":
        _pull_at_the_second_write(monkeypatch, app.org, when)
    else:
        _pull_the_plug(monkeypatch, app.org if effect == "write" else app.store, effect, when)
    with pytest.raises(Unplugged):
        world.cycle(app)
    monkeypatch.undo()
    world.clock.pass_by(seconds=15)
    again = world.app()
    world.cycle(again)
    world.cycle(again)
    assert all(world.owner(lead) in world.people.values() for lead in leads)
    for lead in leads:
        assert len(world.org.query(f"SELECT Id FROM LeadHistory WHERE LeadId = '{lead}' AND Field = 'Owner'")) == 2
    assert not OPEN & states(world)


def _pull_at_the_second_write(monkeypatch: pytest.MonkeyPatch, org: object, when: str) -> None:
    whole: Callable[..., object] = org.write  # type: ignore[attr-defined]
    written = 0

    def unplugged(*args: object, **named: object) -> object:
        nonlocal written
        written += 1
        if written == 1 or when == "after":
            answer = whole(*args, **named)
        if written == 1:
            return answer
        raise Unplugged

    monkeypatch.setattr(org, "write", unplugged)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", ["keep_notes", "write"])
@pytest.mark.parametrize("mended", [False, True])
def test_the_plug_pulled_around_a_mark_leaves_the_lead_as_its_state_demands(
    fields: World, monkeypatch: pytest.MonkeyPatch, effect: str, when: str, mended: bool
) -> None:
    world = fields
    world.write_policy(REVIEW)
    (lead,) = world.add_leads(1)
    app = world.app()
    _pull_the_plug(monkeypatch, app.org if effect == "write" else app.store, effect, when)
    with pytest.raises(Unplugged):
        world.cycle(app)
    monkeypatch.undo()
    world.clock.pass_by(seconds=15)
    if mended:
        world.org.update("Lead", lead, {"Phone": "123"})
        world.clock.pass_by(seconds=15)
    again = world.app()
    for _ in range(3):
        report = world.cycle(again)
    record = world.org.get("Lead", lead)
    assert (record["Needs_Review__c"], record["OwnerId"] == world.queue) == (not mended, not mended)
    assert report.api_calls == 1


@pytest.mark.parametrize("after", [False, True])
def test_a_mark_whose_answer_was_lost_is_there_in_the_end(fields: World, after: bool) -> None:
    world = fields
    world.write_policy(REVIEW)
    app = world.app()
    world.cycle(app)
    (lead,) = world.add_leads(1)
    after_the_poll(world, lambda: lose_the_write(world, after=after))
    assert world.cycle(app).fields_set == 0
    world.cycle(app)
    assert world.org.get("Lead", lead)["Needs_Review__c"] is True
    assert world.cycle(app).api_calls == 1
