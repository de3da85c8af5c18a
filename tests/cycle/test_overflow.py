"""An item that nobody takes goes on after its time: to another group, to a queue, to a user; in nobody's cap."""

from __future__ import annotations

import pytest

from sfassign.answers import HONOURED
from sfassign.core.journal import OPEN, State
from sfassign.cycle import preview
from sfassign.outcome import CycleReport
from sfassign.storage import Views
from tests.cycle.test_safety import Unplugged, _pull_the_plug
from tests.cycle.world import POLICY, World

NOBODY = POLICY.replace("UserRole.Name = 'SDR'", "UserRole.Name = 'Nobody'")
TO_GROUP = (
    NOBODY
    + """    overflow: {after: 20m, to: {group: Everyone else}}
  - name: Everyone else
    object: Lead
    source: "Owner.Name = 'Elsewhere'"
    members: "UserRole.Name = 'SDR'"
    caps: {day: 1}
    ramp: off
"""
)


def overflow_to(**to: str) -> str:
    (kind, name), *_ = to.items()
    return NOBODY + f"    overflow: {{after: 20m, to: {{{kind}: '{name}'}}}}\n"


def waited(world: World, policy: str, count: int = 1, minutes: float = 20) -> tuple[list[str], CycleReport]:
    """Leads that found nobody for so long, and the cycle after that."""
    world.write_policy(policy)
    leads = world.add_leads(count)
    app = world.app()
    app.check_policy()
    assert world.cycle(app).overflowed == ()
    world.clock.pass_by(minutes=minutes)
    return leads, world.cycle(app)


def test_into_a_group_it_belongs_there_from_then_on_with_its_limits(world: World) -> None:
    leads, report = waited(world, TO_GROUP, 4)
    assert {(line.id, line.group, line.to_group) for line in report.overflowed} == {
        (lead, "Web leads", "Everyone else") for lead in leads
    }
    assert report.api_calls == 1, "the org need not hear of it"
    report = world.cycle(world.apps[-1])
    assert ({line.group for line in report.assigned}, len(report.assigned)) == ({"Everyone else"}, 3)
    assert [(line.group, line.reasons) for line in report.waiting] == [("Everyone else", {"cap_reached": 3})]
    report = world.cycle(world.apps[-1])
    assert ([line.group for line in report.waiting], report.overflowed) == (["Everyone else"], ())


def test_not_before_its_time_and_not_while_somebody_can_take_it(world: World) -> None:
    _, report = waited(world, TO_GROUP, minutes=19)
    assert report.overflowed == ()
    world.write_policy(TO_GROUP.replace("UserRole.Name = 'Nobody'", "UserRole.Name = 'SDR'"))
    world.clock.pass_by(minutes=10)
    report = world.cycle(world.app())
    assert [(line.group, report.overflowed) for line in report.assigned] == [("Web leads", ())]


def test_a_lead_whose_source_became_another_one_forgets_its_overflow(world: World) -> None:
    other = world.org.add_queue("Elsewhere too", ["Lead"])
    policy = TO_GROUP.replace("caps: {day: 1}", "enabled: true\n    available: {logged_in: true}") + (
        "  - {name: Third, object: Lead, source: \"Owner.Name = 'Elsewhere too'\", members: \"UserRole.Name = 'X'\"}\n"
    )
    (lead,), _ = waited(world, policy)
    app = world.apps[-1]
    assert [line.group for line in world.cycle(app).waiting] == ["Everyone else"]
    world.org.update("Lead", lead, {"OwnerId": other})
    world.clock.pass_by(seconds=5)
    assert [line.group for line in world.cycle(app).waiting] == ["Third"]


def test_to_a_queue_by_name_it_goes_through_the_journal_and_is_nobodys_assignment(world: World) -> None:
    second = world.org.add_queue("Second line", ["Lead"])
    (lead,), report = waited(world, overflow_to(queue="Second line"))
    assert world.owner(lead) == second
    (line,) = report.overflowed
    assert (line.owner, line.owner_username, line.to_group) == (second, None, None)
    assert (report.assigned, report.failed, report.exit_code) == ((), (), 0)
    (row,) = Views(world.apps[-1].store).history()
    assert (row.entry.id, row.entry.state, row.entry.method) == (line.decision, State.CONFIRMED, "overflow")
    assert "queue 'Second line' by overflow: 0 of 0 can take it" in row.sentence
    assert world.cycle(world.apps[-1]).api_calls == 1


def test_to_a_user_it_counts_in_nobodys_cap_or_turn(world: World) -> None:
    policy = overflow_to(user="Ann@acme.example") + (
        "  - name: Hot\n    object: Lead\n    source: \"Rating = 'Hot'\"\n    members: \"UserRole.Name = 'SDR'\"\n"
        "    caps: {day: 1}\npeople: [{user: ann@acme.example, caps: {day: 1}}]\n"
    )
    (lead,), report = waited(world, policy)
    ann = world.people["ann"]
    assert (world.owner(lead), report.overflowed[0].owner_username) == (ann, "Ann@acme.example")
    app = world.apps[-1]
    world.org.update("Lead", world.add_lead(), {"Rating": "Hot", "OwnerId": world.org.admin_id})
    world.clock.pass_by(seconds=5)
    assert [line.owner for line in world.cycle(app).assigned] == [ann], "she is first in turn and below her cap"


def test_a_lead_sent_to_a_user_stays_there_although_its_source_still_takes_it(world: World) -> None:
    source = POLICY.replace("Owner.Name = 'Web Leads'", "IsConverted = false").replace("'SDR'", "'Nobody'")
    (lead,), _ = waited(world, source + "    overflow: {after: 20m, to: {user: ann@acme.example}}\n")
    for _ in range(3):
        world.clock.pass_by(minutes=25)
        report = world.cycle(world.apps[-1])
        assert (report.waiting, report.overflowed) == ((), ())
    assert world.owner(lead) == world.people["ann"]


def test_another_group_takes_over_what_comes_into_the_queue(world: World) -> None:
    world.org.add_queue("Second line", ["Lead"])
    policy = overflow_to(queue="Second_line") + (
        "  - {name: Second, object: Lead, source: \"Owner.Name = 'Second line'\", members: \"UserRole.Name = 'SDR'\"}\n"
    )
    (lead,), report = waited(world, policy.replace("Second_line", "Second line"))
    assert len(report.overflowed) == 1
    assert [(line.id, line.group) for line in world.cycle(world.apps[-1]).assigned] == [(lead, "Second")]


def test_the_names_are_asked_for_at_once_and_not_again_within_the_hour(world: World) -> None:
    world.org.add_queue("Second line", ["Lead"])
    _, report = waited(world, overflow_to(queue="Second line"), 3)
    assert (len(report.overflowed), report.api_calls) == (3, 3)
    app = world.apps[-1]
    world.add_leads(2)
    world.cycle(app)
    world.clock.pass_by(minutes=20)
    report = world.cycle(app)
    assert (len(report.overflowed), report.api_calls) == (2, 2)


@pytest.mark.parametrize("to", [{"queue": "Nowhere"}, {"user": "nobody@acme.example"}, {"queue": "O'Brien \\' x"}])
def test_a_destination_the_org_does_not_have_is_a_warning_and_the_lead_waits_on(
    world: World, to: dict[str, str]
) -> None:
    (kind, name) = next(iter(to.items()))
    quoted = name.replace("'", "''")
    world.write_policy(NOBODY + f"    overflow: {{after: 20m, to: {{{kind}: '{quoted}'}}}}\n")
    (lead,) = world.add_leads(1)
    app = world.app()
    world.cycle(app)
    world.clock.pass_by(minutes=20)
    report = world.cycle(app)
    assert report.warnings == (f"Web leads overflows to {kind} '{name}', which the org does not have",)
    assert (len(report.waiting), report.exit_code, world.owner(lead)) == (1, 3, world.queue)


def test_a_destination_the_org_refuses_backs_off(world: World) -> None:
    world.org.update("User", world.people["bob"], {"IsActive": False})
    _, report = waited(world, overflow_to(user="bob@acme.example"))
    assert [line.code for line in report.failed] == ["INACTIVE_OWNER_OR_USER"]
    for _ in range(3):
        assert world.cycle(world.apps[-1]).failed == ()


def test_a_dry_run_tells_where_it_would_go(world: World) -> None:
    world.org.add_queue("Second line", ["Lead"])
    world.write_policy(overflow_to(queue="Second line"))
    (lead,) = world.add_leads(1)
    app = world.app()
    world.cycle(app)
    world.clock.pass_by(minutes=20)
    report = preview(app.ports, app.policy)
    assert [(line.id, line.decision) for line in report.overflowed] == [(lead, None)]
    assert world.owner(lead) == world.queue


def test_somebody_takes_it_at_that_moment_and_keeps_it(world: World) -> None:
    world.org.add_queue("Second line", ["Lead"])
    world.write_policy(overflow_to(queue="Second line"))
    (lead,) = world.add_leads(1)
    app = world.app()
    world.cycle(app)
    world.clock.pass_by(minutes=20)

    def take() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"OwnerId": world.org.admin_id})

    world.org.faults.between(take, method="PATCH", path="sobjects/Lead")
    report = world.cycle(app)
    assert ([line.id for line in report.lost_race], report.overflowed) == ([lead], ())
    assert world.owner(lead) == world.org.admin_id


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", ["plan", "sent", "write", "settle"])
def test_the_plug_pulled_around_an_overflow_sends_it_on_once(
    world: World, monkeypatch: pytest.MonkeyPatch, effect: str, when: str
) -> None:
    second = world.org.add_queue("Second line", ["Lead"])
    world.write_policy(overflow_to(queue="Second line"))
    (lead,) = world.add_leads(1)
    app = world.app()
    world.cycle(app)
    app.store.keep_fact(f"{HONOURED}:Lead", world.clock.now().isoformat())
    world.clock.pass_by(minutes=20)
    _pull_the_plug(monkeypatch, app.org if effect == "write" else app.store, effect, when)
    with pytest.raises(Unplugged):
        world.cycle(app)
    monkeypatch.undo()
    world.clock.pass_by(seconds=15)
    again = world.app()
    world.cycle(again)
    world.cycle(again)
    assert world.owner(lead) == second
    assert len(world.org.query(f"SELECT Id FROM LeadHistory WHERE LeadId = '{lead}' AND Field = 'Owner'")) == 2
    assert not OPEN & {row.entry.state for row in Views(again.store).history()}
