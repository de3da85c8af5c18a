"""What becomes of the org's answers: one bad record, one locked account, one automation or one lost answer costs nobody
else anything, and nothing is believed that the record does not say."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from sfassign.core.journal import OPEN, State
from sfassign.errors import WriteUnproven
from sfassign.guards import Guards
from sfassign.storage import Views
from tests.cycle.world import POLICY, World

TWO_SOURCES = POLICY.replace("Owner.Name = 'Web Leads'", "Owner.Name = 'Web Leads' OR Owner.Name = 'Old'")
CASES = POLICY.replace("object: Lead", "object: Case") + "    ramp: off\n"


def patches(world: World, *records: str) -> int:
    """How often we wrote to these."""
    paths = [part.path for call in world.org.log for part in call.subrequests if part.method == "PATCH"]
    return sum(path.rsplit("/", 1)[1] in records for path in paths)


def states(world: World) -> list[State]:
    return [row.entry.state for row in Views(world.apps[-1].store).history()]


def lead_of_a_leaver(world: World) -> str:
    """One lead in a source that is a user who has left."""
    world.write_policy(TWO_SOURCES)
    old = world.add_person("old")
    lead = world.add_lead(owner=old)
    world.org.update("User", old, {"IsActive": False})
    world.clock.pass_by(seconds=5)
    return lead


# --- one bad record ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
        ("TRANSFER_REQUIRES_READ", "Le nouveau propriétaire doit pouvoir lire"),
    ],
)
def test_a_record_that_is_refused_for_one_owner_after_another_is_held_and_the_owners_have_the_rest(
    world: World, code: str, message: str
) -> None:
    (bad,) = world.add_leads(1)
    world.org.faults.refuse(bad, code, message)
    app = world.met(world.app())
    first, second = world.cycle(app), world.cycle(app)
    assert [line.retry for line in first.failed] == [True]
    (failed,) = second.failed
    assert (failed.id, failed.retry, second.exit_code) == (bad, False, 3)
    assert "refused for 2 owners in turn" in failed.message
    good = world.add_leads(3)
    assert {line.owner for line in world.cycle(app).assigned} == {*world.people.values()}
    assert {world.owner(lead) for lead in good} == {*world.people.values()}
    assert patches(world, bad) == 2
    world.clock.pass_by(minutes=60)
    assert [line.retry for line in world.cycle(app).failed] == [False]
    assert app.store.snapshot(world.clock.now(), ()).refusals == {}


def test_an_owner_whom_the_org_refuses_for_several_records_stays_refused(world: World) -> None:
    """Two owners without access make the first record look bad; the second one shows whose fault it was."""
    app = world.app()
    (first,) = world.add_leads(1)
    world.org.faults.refuse(first, "TRANSFER_REQUIRES_READ")
    world.cycle(app)
    world.cycle(app)
    assert app.store.snapshot(world.clock.now(), ()).refusals == {}, "both were given back for the first one"
    (second,) = world.add_leads(1)
    world.org.faults.refuse(second, "TRANSFER_REQUIRES_READ")
    world.cycle(app)
    (until,) = app.store.snapshot(world.clock.now(), ()).refusals.values()
    assert until - world.clock.now() > dt.timedelta(minutes=90), "it is that owner's second strike"


def test_a_lead_whose_owner_left_is_still_given_out(world: World) -> None:
    lead = lead_of_a_leaver(world)
    assert [line.id for line in world.cycle(world.app()).assigned] == [lead]


def test_a_lead_that_the_org_does_not_let_go_from_its_inactive_owner_is_held_alone(world: World) -> None:
    world.org.settings.transfers_from_inactive_owners = False
    lead = lead_of_a_leaver(world)
    good = world.add_leads(3)
    app = world.app()
    report = world.cycle(app)
    (failed,) = report.failed
    assert (failed.id, failed.code, failed.retry) == (lead, "INACTIVE_OWNER_OR_USER", False)
    assert {line.id for line in (*report.assigned, *world.cycle(app).assigned)} == {*good}
    assert app.store.snapshot(world.clock.now(), ()).refusals == {}
    assert "INACTIVE_OWNER_OR_USER" in world.cycle(app).waiting[0].why
    world.org.settings.inactive_owner_editors = None
    world.clock.pass_by(minutes=61)
    assert [line.id for line in world.cycle(app).assigned] == [lead]


# --- one locked account -----------------------------------------------------------------------------------------------


def cases(world: World, count: int, **fields: str) -> list[str]:
    made = [world.org.insert("Case", {"Subject": "?", "OwnerId": world.queue, **fields}) for _ in range(count)]
    world.clock.pass_by(seconds=5)
    return made


def lock(world: World, records: list[str]) -> None:
    """Each write waits ten seconds for the lock and then does without."""
    for record in records:
        world.org.faults.refuse(record, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    taken = "|".join(map(re.escape, records))
    world.org.faults.between(lambda: world.clock.sleep(10), method="PATCH", path=taken, times=-1)


def test_cases_under_a_locked_account_keep_nobody_waiting_behind_them(world: World) -> None:
    world.write_policy(CASES)
    app = world.app()
    world.cycle(app)
    locked = cases(world, 30, AccountId=world.org.insert("Account", {"Name": "Big"}))
    free = cases(world, 30)
    lock(world, locked)
    for _ in range(4):
        world.cycle(app)
    assert all(world.owner(case, "Case") != world.queue for case in free)
    tried = patches(world, *locked)
    later = cases(world, 3)
    report = world.cycle(app)
    assert {line.id for line in report.assigned} >= {*later}
    assert patches(world, *locked) - tried <= 5, "one portion of the family shows that it is still locked"


def test_a_locked_record_is_tried_later_and_later_and_at_once_when_it_is_free_again(world: World) -> None:
    (lead,) = world.add_leads(1)
    world.org.faults.refuse(lead, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    app = world.app()
    for _ in range(120):
        world.cycle(app)
    assert 4 <= patches(world, lead) <= 12
    assert "UNABLE_TO_LOCK_ROW" in world.cycle(app).waiting[0].why
    world.org.faults.allow(lead)
    world.clock.pass_by(minutes=10)
    assert [line.id for line in world.cycle(app).assigned] == [lead]


# --- one automation ---------------------------------------------------------------------------------------------------


def test_a_lead_that_an_automation_always_takes_back_is_not_rewritten_for_ever_and_somebody_is_told(
    world: World,
) -> None:
    robot = world.org.add_user("robot@acme.example", "Process Robot")
    (lead,) = world.add_leads(1)

    def take_back() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"OwnerId": world.queue}, by=robot)

    world.org.faults.between(take_back, method="PATCH", path="sobjects/Lead", after=True, times=-1)
    app = world.app()
    reports = [world.cycle(app) for _ in range(60)]
    assert patches(world, lead) <= 5
    warned = [report for report in reports if report.warnings]
    assert [report.exit_code for report in warned] == [3] * len(warned)
    assert lead in warned[0].warnings[0]
    assert "Process Robot" in warned[0].warnings[0]
    assert "automation changes its owner" in reports[-1].waiting[0].why
    world.org.update("Lead", lead, {"Title": "async"}, by=robot)
    world.clock.pass_by(seconds=5)
    assert world.cycle(app).lost_race == (), "what the automation does besides is no reason to try again"
    world.org.update("Lead", lead, {"Title": "Boss"})
    world.clock.pass_by(seconds=5)
    assert len(world.cycle(app).lost_race) == 1
    world.org.faults.clear()
    world.clock.pass_by(hours=1)
    assert [line.id for line in world.cycle(app).assigned] == [lead]


# --- answers that are lost, late or not to be believed ----------------------------------------------------------------


def test_a_refusal_in_front_of_a_call_that_was_carried_out_is_not_believed(world: World) -> None:
    app = world.app()
    world.cycle(app)
    leads = world.add_leads(3)

    def answer_oddly() -> None:
        world.org.faults.fail(method="POST", path="composite", after=True, status=409, code="SOMETHING_NEW")

    world.org.faults.between(answer_oddly, method="POST", path="composite", after=True)
    with pytest.raises(WriteUnproven):
        world.cycle(app)
    world.clock.pass_by(seconds=15)
    assert {line.id for line in world.cycle(app).assigned} == {*leads}
    assert set(states(world)) == {State.CONFIRMED}


def test_a_late_write_of_one_object_is_not_trusted_to_fail_because_another_objects_do(world: World) -> None:
    world.write_policy(CASES)
    app = world.app()
    world.cycle(app)
    Guards(app.store, world.clock).keep("Lead", honoured=True)
    cases(world, 1)
    lose_the_next_write(world)
    world.cycle(app)
    world.cycle(app)
    assert states(world) == [State.SENT]


def lose_the_next_write(world: World) -> None:
    """It never takes effect, as far as anybody sees for now."""
    world.org.faults.between(
        lambda: world.org.faults.fail(method="POST", path="composite", drop=True),
        method="POST",
        path="composite$",
        after=True,
    )


def carry_out_late(world: World, lead: str, owner: str) -> None:
    """The org does at last what the lost request asked: the record was not modified, so its precondition holds."""
    world.clock.pass_by(seconds=1)
    world.org.update("Lead", lead, {"OwnerId": owner})
    world.clock.pass_by(seconds=1)


def with_a_lapsed_write(world: World) -> tuple[str, str]:
    """A lead, and the owner of a write that had lapsed when the record was read; nobody else can take it."""
    world.write_policy(POLICY + "    caps: {day: 5}\n    notify: [chatter]\n")
    app = world.app()
    world.cycle(app)
    Guards(app.store, world.clock).keep("Lead", honoured=True)
    (lead,) = world.add_leads(1)
    lose_the_next_write(world)
    world.cycle(app)
    (sent,) = app.store.open_entries()
    for user in world.people.values():
        world.org.update("User", user, {"IsActive": False})
    world.cycle(app)
    assert states(world) == [State.LAPSED]
    for user in world.people.values():
        world.org.update("User", user, {"IsActive": True})
    return lead, sent.owner


def test_a_write_that_lands_after_it_had_lapsed_counts_like_any_other(world: World) -> None:
    lead, owner = with_a_lapsed_write(world)
    app = world.apps[-1]
    carry_out_late(world, lead, owner)
    report = world.cycle(app)
    assert [(line.id, line.owner) for line in report.assigned] == [(lead, owner)]
    assert states(world) == [State.CONFIRMED]
    assert Views(app.store).loads("Lead")[owner][0] == 1
    shown = Views(app.store).members(world.clock.now(), world.clock.now() - dt.timedelta(hours=2))
    assert {member.member.id: sum(member.given_today.values()) for member in shown}[owner] == 1
    assert app.store.notice_box(world.clock.now(), 10).waiting == 1, "and the owner is told"
    (following,) = world.add_leads(1)
    assert [line.id for line in world.cycle(app).assigned if line.owner == owner] == []
    assert world.owner(following) != owner, "the turn was taken"


def test_a_write_that_lands_late_is_found_although_no_cycle_ran_for_hours(world: World) -> None:
    world.org.settings.session_seconds = 86_400
    lead, owner = with_a_lapsed_write(world)
    carry_out_late(world, lead, owner)
    world.clock.pass_by(hours=5)
    world.cycle(world.apps[-1])
    assert states(world) == [State.CONFIRMED]


def test_an_owner_whom_somebody_else_gave_the_lead_to_is_no_late_write_of_ours(world: World) -> None:
    lead, owner = with_a_lapsed_write(world)
    manager = world.org.add_user("boss@acme.example", "Boss")
    world.clock.pass_by(seconds=1)
    world.org.update("Lead", lead, {"OwnerId": owner}, by=manager)
    world.clock.pass_by(seconds=1)
    world.cycle(world.apps[-1])
    assert states(world) == [State.LAPSED]


def test_a_late_write_that_wins_against_the_next_owner_is_ours_not_somebody_elses(world: World) -> None:
    lead, owner = with_a_lapsed_write(world)
    app = world.apps[-1]
    world.org.update("User", owner, {"IsActive": False})
    world.clock.pass_by(seconds=5)

    def late() -> None:
        world.org.update("User", owner, {"IsActive": True})
        carry_out_late(world, lead, owner)

    world.org.faults.between(late, method="PATCH", path="sobjects/Lead")
    report = world.cycle(app)
    assert [line.why for line in report.lost_race] == [
        "an earlier write of ours was carried out late, and its owner has it"
    ]
    assert sorted(states(world)) == sorted([State.SUPERSEDED, State.CONFIRMED])
    assert not OPEN & {*states(world)}
