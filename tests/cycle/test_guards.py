"""What an org shows of its guard of writes decides how the next ones are guarded, and no claim is overwritten twice."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable

import pytest

from sfassign.answers import HONOURED
from sfassign.bootstrap import App
from sfassign.core.journal import State
from sfassign.guards import Guards
from sfassign.ports import Guard
from sfassign.storage import Views
from tests.cycle.world import POLICY, World


def at_the_call(world: World, happens: Callable[[], None], times: int = 1) -> None:
    """Something happens between our reading and the call that writes."""
    world.org.faults.between(happens, method="POST", path="composite$", after=True, times=times)


def claim(world: World, lead: str) -> None:
    world.clock.pass_by(seconds=1)
    world.org.update("Lead", lead, {"OwnerId": world.org.admin_id}, by=world.org.admin_id)


def calls_of(world: World) -> list[list[str]]:
    """The records written, call by call."""
    calls = [[part.path for part in entry.subrequests if part.method == "PATCH"] for entry in world.org.log]
    return [[url.rsplit("/", 1)[1] for url in urls] for urls in calls if urls]


def careless(world: World, *, known: bool = False) -> App:
    """The product against an org that ignores the date of a write."""
    world.org.settings.honours_preconditions = False
    app = world.app()
    world.cycle(app)
    if known:
        Guards(app.store, world.clock).keep("Lead", honoured=False)
    return app


def guard_of(app: App, world: World, name: str = "Lead") -> Guard:
    return Guards(app.store, world.clock).of(name)


@pytest.mark.parametrize("honoured", [True, False])
@pytest.mark.parametrize("count", [1, 10, 24, 48])
def test_on_the_first_day_every_claim_stays_whatever_the_org_does_with_the_date(
    world: World, count: int, honoured: bool
) -> None:
    """A rival takes all of them between our reading and our first call."""
    world.write_policy(POLICY + "    ramp: off\n")
    world.org.settings.honours_preconditions = honoured
    app = world.app()
    world.cycle(app)
    leads = world.add_leads(count)

    def claim_all() -> None:
        world.clock.pass_by(seconds=1)
        for lead in leads:
            world.org.update("Lead", lead, {"OwnerId": world.org.admin_id}, by=world.org.admin_id)

    at_the_call(world, claim_all)
    report = world.cycle(app)
    assert {line.id for line in report.lost_race} == {*leads}
    assert {world.owner(lead) for lead in leads} == {world.org.admin_id}
    assert (report.assigned, report.warnings) == ((), ())


@pytest.mark.parametrize(("honoured", "guard"), [(True, Guard.PRECONDITION), (False, Guard.REFERENCE)])
def test_the_first_lead_given_out_shows_what_the_org_does_with_the_date(
    world: World, honoured: bool, guard: Guard
) -> None:
    world.org.settings.honours_preconditions = honoured
    app = world.app()
    world.cycle(app)
    assert guard_of(app, world) is Guard.UNPROVEN
    (lead,) = world.add_leads(1)
    assert [line.id for line in world.cycle(app).assigned] == [lead]
    assert guard_of(app, world) is guard
    assert guard_of(world.app(), world) is guard, "a restart remembers it"
    assert bool(app.store.fact(f"{HONOURED}:Lead")) is honoured


@pytest.mark.parametrize(("count", "calls"), [(1, 1), (3, 1), (24, 2), (25, 2), (48, 3)])
def test_finding_that_out_costs_a_call_at_most_and_only_once(world: World, count: int, calls: int) -> None:
    world.write_policy(POLICY + "    ramp: off\n")
    app = world.app()
    world.cycle(app)
    for expected in (calls, math.ceil(count / 24)):
        world.add_leads(count)
        before = world.org.calls
        assert len(world.cycle(app).assigned) == count
        assert world.org.calls - before == 1 + expected


def test_what_one_object_shows_is_not_believed_of_another(world: World) -> None:
    app = careless(world, known=True)
    assert guard_of(app, world, "Case") is Guard.UNPROVEN


def test_an_org_that_begins_to_honour_the_date_gets_full_calls_again(world: World) -> None:
    app = careless(world, known=True)
    world.org.settings.honours_preconditions = True
    (lead,) = world.add_leads(1)
    world.org.faults.between(lambda: claim(world, lead), method="PATCH", path="sobjects/Lead")
    assert [line.id for line in world.cycle(app).lost_race] == [lead]
    assert guard_of(app, world) is Guard.PRECONDITION


def test_an_edit_in_between_is_written_once_more_by_reference_as_well(world: World) -> None:
    app = careless(world, known=True)
    (lead,) = world.add_leads(1)

    def edit() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"Title": "Boss"})

    at_the_call(world, edit)
    report = world.cycle(app)
    assert [line.id for line in report.assigned] == [lead]
    assert world.org.get("Lead", lead)["Title"] == "Boss"
    assert guard_of(app, world) is Guard.REFERENCE, "a halted write is no proof that the date is honoured"


def test_ten_leads_take_three_calls_where_each_needs_a_query(world: World) -> None:
    app = careless(world, known=True)
    leads = world.add_leads(10)
    assert {line.id for line in world.cycle(app).assigned} == {*leads}
    assert [len(call) for call in calls_of(world)] == [4, 4, 2]


def test_a_write_by_reference_without_an_answer_is_decided_afresh_at_once(world: World) -> None:
    """It can no longer land on a newer change: its query would find nothing."""
    app = careless(world, known=True)
    world.clock.pass_by(seconds=5)
    (lead,) = world.add_leads(1)
    at_the_call(world, lambda: world.org.faults.fail(method="POST", path="composite", drop=True))
    assert world.cycle(app).assigned == ()
    assert world.owner(lead) == world.queue
    assert [line.id for line in world.cycle(app).assigned] == [lead]


def test_one_sent_before_that_was_known_waits_ten_minutes(world: World) -> None:
    app = careless(world)
    (lead,) = world.add_leads(1)
    at_the_call(world, lambda: world.org.faults.fail(method="POST", path="composite", drop=True))
    world.cycle(app)
    Guards(app.store, world.clock).keep("Lead", honoured=False)
    assert world.cycle(app).assigned == ()
    world.clock.pass_by(minutes=10)
    assert [line.id for line in world.cycle(app).assigned] == [lead]


# --- between a query and its write ------------------------------------------------------------------------------------


def claim_in_between(world: World, lead: str) -> None:
    """Somebody takes it after our query found it unchanged, and before the write that hangs on it."""
    world.org.faults.between(lambda: claim(world, lead), method="PATCH", path=f"sobjects/Lead/{lead}")


@pytest.mark.parametrize("known", [True, False])
def test_a_claim_between_a_query_and_its_write_is_overwritten_where_the_date_is_ignored_and_told(
    world: World, known: bool
) -> None:
    """No guard closes this gap; the owner history tells of it."""
    app = careless(world, known=known)
    taken, free = world.add_leads(2)
    claim_in_between(world, taken)
    report = world.cycle(app)
    assert {line.id for line in report.assigned} == {taken, free}
    assert world.owner(taken) != world.org.admin_id
    (warning,) = report.warnings
    assert f"Lead {taken} was taken by {world.org.admin_id} in the moment of our write" in warning
    assert report.exit_code == 3
    messages = {row.entry.item: row.message for row in Views(app.store).history()}
    assert messages == {taken: warning, free: None}
    assert world.cycle(app).warnings == ()


def test_such_a_claim_stays_where_the_date_is_honoured(world: World) -> None:
    app = world.met(world.app())
    world.cycle(app)
    (lead,) = world.add_leads(1)
    claim_in_between(world, lead)
    assert [line.id for line in world.cycle(app).lost_race] == [lead]
    assert world.owner(lead) == world.org.admin_id


def test_the_look_back_costs_one_call_in_a_cycle_that_wrote_and_only_where_the_date_is_ignored(world: World) -> None:
    app = careless(world, known=True)
    for count, calls in ((0, 1), (1, 3), (8, 4)):
        world.add_leads(count)
        before = world.org.calls
        world.cycle(app)
        assert world.org.calls - before == calls


def test_a_history_that_cannot_be_read_is_asked_once_a_day(world: World) -> None:
    world.org.settings.session_seconds = 2 * 86_400
    app = careless(world, known=True)
    world.org.hide_object("LeadHistory")
    for calls in (3, 2, 2):
        world.add_leads(1)
        before = world.org.calls
        assert len(world.cycle(app).assigned) == 1
        assert world.org.calls - before == calls
    world.clock.pass_by(days=1)
    world.cycle(app)
    world.add_leads(1)
    before = world.org.calls
    world.cycle(app)
    assert world.org.calls - before == 3


# --- families, locks, stops -------------------------------------------------------------------------------------------

CASES = """
version: 1
timezone: Europe/London
groups:
  - name: Cases
    object: Case
    source: "Owner.Name = 'Web Leads'"
    members: "UserRole.Name = 'SDR'"
    ramp: off
"""


def test_cases_of_one_account_are_written_in_one_call(world: World) -> None:
    world.write_policy(CASES)
    account = world.org.insert("Account", {"Name": "Doe Ltd"})
    of_account: list[str] = []
    for number in range(40):
        about = {"AccountId": account} if number % 5 == 0 else {}
        case = world.org.insert("Case", {"Subject": f"{number}", "OwnerId": world.queue, **about})
        of_account += [case] if about else []
    world.clock.pass_by(seconds=5)
    report = world.cycle(world.met(world.app(), "Case"))
    assert len(report.assigned) == 40
    calls = calls_of(world)
    assert [len(call) for call in calls] == [24, 16]
    assert [{*of_account} & {*call} for call in calls] == [{*of_account}, set()]


def test_a_record_locked_by_somebody_else_is_tried_again_in_the_next_cycle(world: World) -> None:
    locked, free = world.add_leads(2)
    world.org.faults.refuse(locked, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    app = world.app()
    report = world.cycle(app)
    assert [line.id for line in report.assigned] == [free]
    assert [(line.id, line.code, line.retry) for line in report.failed] == [(locked, "UNABLE_TO_LOCK_ROW", True)]
    world.org.faults.allow(locked)
    assert [line.id for line in world.cycle(app).assigned] == [locked]


def test_an_org_that_takes_no_writes_is_not_asked_for_every_record(world: World) -> None:
    world.write_policy(POLICY + "    ramp: off\n")
    leads = world.add_leads(60)
    for lead in leads:
        world.org.faults.refuse(lead, "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "read only", 503)
    app = world.met(world.app())
    report = world.cycle(app)
    assert len(report.failed) == 24
    assert len(calls_of(world)) == 1


def test_a_record_we_cannot_see_any_more_is_nobodys_fault(world: World) -> None:
    """The org says of a missing record what it says of a missing owner; the owner is not put off for it."""
    app = world.app()
    world.cycle(app)
    gone, kept = world.add_leads(2)
    world.org.faults.refuse(gone, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", 404)
    at_the_call(world, lambda: world.org.delete("Lead", gone))
    report = world.cycle(app)
    assert [(line.id, line.owner_now) for line in report.lost_race] == [(gone, None)]
    assert [line.id for line in report.assigned] == [kept]
    assert report.failed == ()


# --- overridden -------------------------------------------------------------------------------------------------------


def test_who_overrode_us_is_named_in_the_cycle_the_journal_and_the_report(world: World) -> None:
    robot = world.org.add_user("robot@acme.example", "Routing Robot")
    (lead,) = world.add_leads(1)

    def take_away() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"OwnerId": world.queue}, by=robot)

    world.org.faults.between(take_away, method="PATCH", path="sobjects/Lead", after=True)
    app = world.met(world.app())
    report = world.cycle(app)
    told = f"overridden by Routing Robot ({robot}): right after our write its owner was Web Leads ({world.queue})"
    assert [line.why for line in report.lost_race] == [told]
    (entry, *_) = Views(app.store).history()
    assert (entry.entry.state, entry.message) == (State.SUPERSEDED, told)
    sums = Views(app.store).journal_sums(world.clock.now() - dt.timedelta(hours=1))
    assert dict(sums.groups["Web leads"].overridden_by) == {f"Routing Robot ({robot})": 1}
    assert json.loads(json.dumps(report.as_json()))["lost_race"][0]["why"] == told
