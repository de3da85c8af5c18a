"""The open tasks and other child records of an item follow it to its new owner, and cost nobody the item."""

from __future__ import annotations

import pytest

from sfassign.answers import HONOURED
from sfassign.errors import WrongPolicy
from sfassign.guards import Guards
from tests.cycle.test_safety import Unplugged, _pull_the_plug
from tests.cycle.world import POLICY, World

WITH_TASKS = POLICY + "    on_assigned: {children: [Task]}\n"


def add_task(world: World, lead: str, owner: str, **fields: object) -> str:
    return world.org.insert("Task", {"Subject": "Call", "WhoId": lead, "OwnerId": owner, **fields})


@pytest.fixture
def tasks(world: World) -> World:
    """The queue may own tasks too."""
    world.org.insert("QueueSobject", {"QueueId": world.queue, "SobjectType": "Task"})
    world.write_policy(WITH_TASKS)
    return world


def test_open_tasks_of_the_old_owner_follow_their_lead(tasks: World) -> None:
    world = tasks
    lead, other = world.add_leads(2)
    admin = world.org.admin_id
    mine = [add_task(world, lead, world.queue) for _ in range(2)]
    done = add_task(world, lead, world.queue, Status="Completed")
    of_the_manager = add_task(world, lead, admin)
    elsewhere = add_task(world, world.add_lead(owner=admin), world.queue)
    world.clock.pass_by(seconds=5)
    app = world.app()
    app.check_policy()
    report = world.cycle(app)
    assert {line.id for line in report.assigned} == {lead, other}
    assert (report.children_moved, report.warnings, report.exit_code) == (2, (), 0)
    assert {world.owner(task, "Task") for task in mine} == {world.owner(lead)}
    assert {world.owner(task, "Task") for task in (done, elsewhere)} == {world.queue}
    assert world.owner(of_the_manager, "Task") == admin
    assert world.cycle(app).api_calls == 1


def test_events_to_come_follow_and_past_ones_stay(world: World) -> None:
    intake = world.org.add_user("intake@acme.example", "Intake")
    source = POLICY.replace("Owner.Name = 'Web Leads'", "Owner.Username = 'intake@acme.example'")
    world.write_policy(source + "    on_assigned: {children: [Event, Task]}\n")
    lead = world.add_lead(owner=intake)
    coming, past = (
        world.org.insert(
            "Event",
            {
                "Subject": "Visit",
                "WhoId": lead,
                "OwnerId": intake,
                "StartDateTime": f"2026-11-{day}T09:00:00Z",
                "EndDateTime": f"2026-11-{day}T10:00:00Z",
            },
        )
        for day in (24, 20)
    )
    world.clock.pass_by(seconds=5)
    report = world.cycle(world.app())
    assert (report.children_moved, report.warnings) == (1, ())
    assert world.owner(coming, "Event") == world.owner(lead) != intake
    assert world.owner(past, "Event") == intake


def test_a_task_that_cannot_follow_is_a_warning_and_the_lead_is_assigned(tasks: World) -> None:
    world = tasks
    (lead,) = world.add_leads(1)
    task, other = add_task(world, lead, world.queue), add_task(world, lead, world.queue)
    world.org.faults.refuse(task, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no")
    world.clock.pass_by(seconds=5)
    app = world.app()
    report = world.cycle(app)
    assert [line.id for line in report.assigned] == [lead]
    assert report.warnings == (f"Task {task} did not follow {lead}: FIELD_CUSTOM_VALIDATION_EXCEPTION: no",)
    assert (report.children_moved, report.exit_code, report.failed) == (1, 3, ())
    assert world.owner(other, "Task") == world.owner(lead)
    assert world.cycle(app).warnings == ()


def test_a_task_that_somebody_else_has_locked_follows_in_the_next_cycle(tasks: World) -> None:
    world = tasks
    (lead,) = world.add_leads(1)
    task = add_task(world, lead, world.queue)
    world.clock.pass_by(seconds=5)
    world.org.faults.refuse(task, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    app = world.app()
    report = world.cycle(app)
    assert (report.children_moved, report.warnings) == (0, ())
    world.org.faults.allow(task)
    assert world.cycle(app).children_moved == 1
    assert world.owner(task, "Task") == world.owner(lead)


def test_a_task_taken_by_a_colleague_meanwhile_stays_theirs_in_an_org_that_ignores_the_date(tasks: World) -> None:
    world = tasks
    world.org.settings.honours_preconditions = False
    (lead,) = world.add_leads(1)
    task = add_task(world, lead, world.queue)
    world.clock.pass_by(seconds=5)
    app = world.app()
    Guards(app.store, world.clock).keep("Task", honoured=False)
    admin = world.org.admin_id

    def take() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Task", task, {"OwnerId": admin}, by=admin)

    world.org.faults.between(take, method="GET", path="FROM.Task.WHERE.Id")
    assert world.cycle(app).children_moved == 0
    assert world.owner(task, "Task") == admin


def test_tasks_that_cannot_be_read_are_a_warning_and_not_asked_for_for_ever(tasks: World) -> None:
    world = tasks
    (lead,) = world.add_leads(1)
    app = world.app()
    app.check_policy()
    world.org.hide_object("Task")
    report = world.cycle(app)
    assert ([line.id for line in report.assigned], len(report.warnings)) == ([lead], 1)
    report = world.cycle(app)
    assert (report.warnings, report.api_calls) == ((), 1)


def test_a_task_changed_at_that_moment_follows_in_the_next_cycle(tasks: World) -> None:
    world = tasks
    (lead,) = world.add_leads(1)
    task = add_task(world, lead, world.queue)
    world.clock.pass_by(seconds=5)

    def edit() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Task", task, {"Subject": "Call today"})

    world.org.faults.between(edit, method="PATCH", path="sobjects/Task")
    app = world.app()
    assert world.cycle(app).children_moved == 0
    assert world.cycle(app).children_moved == 1
    assert world.org.get("Task", task)["Subject"] == "Call today"
    assert world.owner(task, "Task") == world.owner(lead)


def test_many_tasks_take_one_call_per_24(tasks: World) -> None:
    world = tasks
    (lead,) = world.add_leads(1)
    for _ in range(30):
        add_task(world, lead, world.queue)
    world.clock.pass_by(seconds=5)
    app = world.app()
    app.check_policy()
    world.cycle(app)
    assert len(world.org.query(f"SELECT Id FROM Task WHERE OwnerId = '{world.owner(lead)}'")) == 30


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", ["sent", "write", "settle", "poll", "children_done"])
def test_the_plug_pulled_anywhere_leaves_no_task_behind(
    tasks: World, monkeypatch: pytest.MonkeyPatch, effect: str, when: str
) -> None:
    world = tasks
    app = world.app()
    world.cycle(app)
    app.store.keep_fact(f"{HONOURED}:Lead", world.clock.now().isoformat())
    leads = world.add_leads(2)
    children = [add_task(world, lead, world.queue) for lead in leads]
    world.clock.pass_by(seconds=5)
    target = app.org if effect in ("write", "poll") else app.store
    if effect == "poll":
        whole = target.poll  # type: ignore[union-attr]
        _unplug_reading_of_tasks(monkeypatch, app.org, whole, when)
    else:
        _pull_the_plug(monkeypatch, target, effect, when)
    with pytest.raises(Unplugged):
        world.cycle(app)
    monkeypatch.undo()
    world.clock.pass_by(seconds=15)
    again = world.app()
    world.cycle(again)
    world.cycle(again)
    for lead, task in zip(leads, children, strict=True):
        assert world.owner(lead) in world.people.values()
        assert world.owner(task, "Task") == world.owner(lead)
    assert world.cycle(again).api_calls == 1


def _unplug_reading_of_tasks(monkeypatch: pytest.MonkeyPatch, org: object, whole: object, when: str) -> None:
    def unplugged(request: object) -> object:
        about_tasks = any(read.object == "Task" for read in request.objects)  # type: ignore[attr-defined]
        if not about_tasks or when == "after":
            answer = whole(request)  # type: ignore[operator]
        if not about_tasks:
            return answer
        raise Unplugged

    monkeypatch.setattr(org, "poll", unplugged)


WRONG = [
    ("Nonsense__c", "the org has no object 'Nonsense__c'"),
    ("CaseComment", "records of 'CaseComment' have no owner of their own"),
    ("Opportunity", "no field of 'Opportunity' leads to a Lead"),
]


@pytest.mark.parametrize(("child", "message"), WRONG, ids=[child for child, _ in WRONG])
def test_a_child_object_that_does_not_hang_on_the_item_is_found_before_anything_is_written(
    world: World, child: str, message: str
) -> None:
    world.write_policy(WITH_TASKS.replace("Task", child))
    with pytest.raises(WrongPolicy, match=message) as refused:
        world.app().check_policy()
    assert "policy.yaml:9:" in str(refused.value)
