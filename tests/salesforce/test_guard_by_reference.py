"""Writes to an org that ignores the date of a write, or may: each hangs on a query that finds the record only as we
saw it, and the first one proves what the org does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfassign.emulator.state import Change
from sfassign.ports import Answer, Guard, OwnerChange, Row
from sfassign.salesforce import AccessToken, SalesforceOrg
from tests.salesforce.acme import LEADS, READS, Acme, read
from tests.salesforce.answers import HOST, LEAD, NOON, TOKEN, SteppingClock


@pytest.fixture
def careless(acme: Acme) -> Acme:
    """An org that ignores If-Unmodified-Since."""
    acme.local.settings.honours_preconditions = False
    return acme


def guarded(acme: Acme, rows: Sequence[Row], guard: Guard = Guard.REFERENCE) -> list[OwnerChange]:
    return [
        OwnerChange(n, row.object, row.id, acme.alice, row.guard_at, seen_owner=row.owner, guard=guard)
        for n, row in enumerate(rows)
    ]


def by_id(rows: Sequence[Row], *ids: str) -> list[Row]:
    found = {row.id: row for row in rows}
    return [found[one] for one in ids]


def test_untouched_records_are_written_and_a_claimed_one_stays_its_claimers(careless: Acme) -> None:
    taken, free = careless.leads(2)
    org = careless.connect()
    rows = by_id(read(org), taken, free)
    careless.clock.pass_by(5)
    careless.local.update("Lead", taken, {"OwnerId": careless.bob}, by=careless.bob)
    lost, won = org.write(guarded(careless, rows), READS)
    assert (lost.answer, lost.row and lost.row.owner) == (Answer.CHANGED_SINCE, careless.bob)
    assert (won.answer, won.row and won.row.owner) == (Answer.ACCEPTED, careless.alice)
    assert careless.owner(taken) == careless.bob


def test_an_edit_alone_halts_the_write_as_well(careless: Acme) -> None:
    [lead] = careless.leads(1)
    org = careless.connect()
    rows = read(org)
    careless.clock.pass_by(5)
    careless.local.update("Lead", lead, {"Rating": "Cold"}, by=careless.bob)
    [result] = org.write(guarded(careless, rows), READS)
    assert result.answer is Answer.CHANGED_SINCE
    assert result.honoured is None, "a halted write says nothing of the date"
    assert careless.owner(lead) == careless.queue


def test_a_claim_handed_back_to_the_queue_is_a_change_too(careless: Acme) -> None:
    [lead] = careless.leads(1)
    org = careless.connect()
    rows = read(org)
    for owner in (careless.bob, careless.queue):
        careless.clock.pass_by(5)
        careless.local.update("Lead", lead, {"OwnerId": owner})
    [result] = org.write(guarded(careless, rows), READS)
    assert result.answer is Answer.CHANGED_SINCE


def test_a_record_claimed_between_two_writes_of_one_call_stays_its_claimers(careless: Acme) -> None:
    first, second = careless.leads(2)
    org = careless.connect()
    rows = by_id(read(org), first, second)
    careless.clock.pass_by(5)
    careless.local.faults.between(
        lambda: careless.local.update("Lead", second, {"OwnerId": careless.bob}, by=careless.bob),
        method="PATCH",
        path=f"sobjects/Lead/{first}",
    )
    won, lost = org.write(guarded(careless, rows), READS)
    assert (won.answer, lost.answer) == (Answer.ACCEPTED, Answer.CHANGED_SINCE)
    assert careless.owner(second) == careless.bob


def test_a_deleted_record_is_missing_from_the_read_back(careless: Acme) -> None:
    [lead] = careless.leads(1)
    org = careless.connect()
    rows = read(org)
    careless.local.delete("Lead", lead)
    [result] = org.write(guarded(careless, rows), READS)
    assert (result.answer, result.row, result.read_back) == (Answer.CHANGED_SINCE, None, True)


def test_where_the_query_itself_fails_nothing_is_written_and_nothing_said_of_the_record(careless: Acme) -> None:
    [lead] = careless.leads(1)
    org = careless.connect()
    rows = read(org)
    careless.local.faults.fail(method="GET", path="query.*SystemModstamp", status=400, code="QUERY_TIMEOUT")
    [result] = org.write(guarded(careless, rows), READS)
    assert (result.answer, result.code) == (Answer.REFUSED, "PROCESSING_HALTED")
    assert result.message is not None
    assert "QUERY_TIMEOUT" in result.message
    assert careless.owner(lead) == careless.queue


def test_fields_alone_are_guarded_whoever_has_the_record(careless: Acme) -> None:
    same, edited = careless.leads(2)
    org = careless.connect()
    rows = by_id(read(org), same, edited)
    careless.clock.pass_by(5)
    careless.local.update("Lead", edited, {"Rating": "Cold"})
    notes = [
        OwnerChange(-1 - n, "Lead", row.id, None, row.guard_at, {"Rating": "Hot"}, guard=Guard.REFERENCE)
        for n, row in enumerate(rows)
    ]
    written, halted = org.write(notes, {"Lead": LEADS})
    assert (written.answer, halted.answer) == (Answer.ACCEPTED, Answer.CHANGED_SINCE)
    assert [careless.local.get("Lead", one)["Rating"] for one in (same, edited)] == ["Hot", "Cold"]


def test_an_org_that_honours_the_date_after_all_still_answers_412(acme: Acme) -> None:
    """The date goes along: a claim between the query and its write is caught by it."""
    [lead] = acme.leads(1)
    org = acme.connect()
    rows = read(org)
    acme.clock.pass_by(5)
    acme.local.faults.between(
        lambda: acme.local.update("Lead", lead, {"OwnerId": acme.bob}, by=acme.bob),
        method="PATCH",
        path="sobjects/Lead",
    )
    [result] = org.write(guarded(acme, rows), READS)
    assert (result.answer, result.honoured) == (Answer.CHANGED_SINCE, True)
    assert acme.owner(lead) == acme.bob


def test_writes_that_met_the_end_of_the_session_are_made_under_the_next_one_guards_included(careless: Acme) -> None:
    first, taken, third = ids = careless.leads(3)
    org = careless.bearer()
    rows = by_id(read(org), *ids)
    careless.clock.pass_by(5)
    careless.local.update("Lead", taken, {"OwnerId": careless.bob}, by=careless.bob)
    careless.local.settings.composite_checks_session = True
    careless.local.faults.between(
        careless.local.sessions.expire_all, method="PATCH", path=f"sobjects/Lead/{first}", after=True
    )
    results = org.write(guarded(careless, rows), READS)
    assert [result.answer for result in results] == [Answer.ACCEPTED, Answer.CHANGED_SINCE, Answer.ACCEPTED]
    assert [careless.owner(one) for one in (first, taken, third)] == [careless.alice, careless.bob, careless.alice]


# --- finding out ------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[True, False], ids=["the date is honoured", "the date is ignored"])
def unknown(acme: Acme, request: pytest.FixtureRequest) -> Acme:
    """An org of which nothing is known yet."""
    acme.local.settings.honours_preconditions = request.param
    return acme


def writes(acme: Acme) -> list[str]:
    """The leads that are written from now on."""
    written: list[str] = []

    def watch(change: Change) -> None:
        written.extend([change.id] if change.object == "Lead" else [])

    acme.local.state.after_write.append(watch)
    return written


@pytest.mark.parametrize("compared", ["LastModifiedDate", "SystemModstamp"])
def test_the_first_write_of_an_object_proves_what_the_org_does_and_lands_once(unknown: Acme, compared: str) -> None:
    unknown.local.settings.precondition_field = compared
    ids = unknown.leads(3)
    org = unknown.connect()
    rows = by_id(read(org), *ids)
    before, written = org.calls, writes(unknown)
    first, *others = org.write(guarded(unknown, rows, Guard.UNPROVEN), READS)
    assert first.honoured is unknown.local.settings.honours_preconditions
    assert [other.honoured for other in others] == [None, None]
    assert {one.answer for one in (first, *others)} == {Answer.ACCEPTED}
    assert written == ids
    assert org.calls == before + 1


def test_where_nothing_is_known_a_claim_made_before_the_call_stays(unknown: Acme) -> None:
    taken, free = unknown.leads(2)
    org = unknown.connect()
    rows = by_id(read(org), taken, free)
    unknown.clock.pass_by(5)
    unknown.local.update("Lead", taken, {"OwnerId": unknown.bob}, by=unknown.bob)
    lost, won = org.write(guarded(unknown, rows, Guard.UNPROVEN), READS)
    assert (lost.answer, lost.honoured) == (Answer.CHANGED_SINCE, None), "a halted trial proves nothing"
    assert won.answer is Answer.ACCEPTED
    assert unknown.owner(taken) == unknown.bob


def test_a_claim_made_right_after_the_trial_stays(unknown: Acme) -> None:
    [lead] = unknown.leads(1)
    org = unknown.connect()
    rows = read(org)
    unknown.clock.pass_by(5)
    unknown.local.faults.between(
        lambda: unknown.local.update("Lead", lead, {"OwnerId": unknown.bob}, by=unknown.bob),
        method="PATCH",
        path="sobjects/Lead",
        after=True,
    )
    [result] = org.write(guarded(unknown, rows, Guard.UNPROVEN), READS)
    assert result.honoured is unknown.local.settings.honours_preconditions
    assert unknown.owner(lead) == unknown.bob


def test_a_record_that_cannot_be_written_proves_nothing(unknown: Acme) -> None:
    [lead] = unknown.leads(1)
    unknown.local.faults.refuse(lead, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Region is missing")
    org = unknown.connect()
    unknown.local.settings.honours_preconditions = False
    [result] = org.write(guarded(unknown, read(org), Guard.UNPROVEN), READS)
    assert (result.answer, result.code) == (Answer.REFUSED, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert result.honoured is None


@pytest.mark.parametrize("part", ["query", "sobjects/Lead"])
def test_a_session_that_ends_around_the_trial_makes_it_neither_wrong_nor_twofold(unknown: Acme, part: str) -> None:
    [lead] = unknown.leads(1)
    org = unknown.bearer()
    rows = read(org)
    unknown.local.settings.composite_checks_session = True
    unknown.local.faults.between(unknown.local.sessions.expire_all, path=part, after=True)
    written = writes(unknown)
    [result] = org.write(guarded(unknown, rows, Guard.UNPROVEN), READS)
    assert (result.answer, result.honoured) == (Answer.ACCEPTED, unknown.local.settings.honours_preconditions)
    assert written == [lead]


def test_a_412_proves_that_it_is_honoured(acme: Acme) -> None:
    [lead] = acme.leads(1)
    org = acme.connect()
    rows = read(org)
    acme.clock.pass_by(5)
    acme.local.update("Lead", lead, {"Rating": "Cold"})
    [result] = org.write(guarded(acme, rows, Guard.PRECONDITION), READS)
    assert (result.answer, result.honoured) == (Answer.CHANGED_SINCE, True)


# --- how much fits a call ---------------------------------------------------------------------------------------------


def change(entry: int, name: str = "Lead", **about: object) -> OwnerChange:
    return replace(OwnerChange(entry, name, LEAD, LEAD, NOON), **about)  # type: ignore[arg-type] # fields by name


def fresh_org() -> SalesforceOrg:
    return SalesforceOrg(AccessToken(HOST, TOKEN), SteppingClock())


def sizes(changes: Sequence[OwnerChange]) -> list[int]:
    return [len(batch) for batch in fresh_org().batches(changes)]


def test_four_guarded_by_reference_fill_a_call() -> None:
    assert sizes([change(n, guard=Guard.REFERENCE) for n in range(10)]) == [4, 4, 2]


def test_three_of_which_nothing_is_known_and_the_trial_of_one_fill_a_call() -> None:
    assert sizes([change(n, guard=Guard.UNPROVEN) for n in range(7)]) == [3, 3, 1]


def test_two_unknown_objects_are_found_out_in_a_call_each() -> None:
    assert sizes([change(1, guard=Guard.UNPROVEN), change(2, "Case", guard=Guard.UNPROVEN)]) == [1, 1]


def test_objects_whose_date_is_honoured_fill_the_rest_of_it() -> None:
    mixed = [change(n, guard=Guard.REFERENCE) for n in range(3)] + [change(9 + n, "Case") for n in range(30)]
    assert sizes(mixed) == [20, 13]


def test_records_that_lock_the_same_parent_go_in_one_call() -> None:
    family = [change(100 + n, family="001") for n in range(10)]
    assert sizes([*(change(n, family=f"own{n}") for n in range(20)), *family]) == [20, 10]


def test_a_family_larger_than_a_call_fills_what_there_is() -> None:
    assert sizes([change(n, family="001") for n in range(60)]) == [24, 24, 12]


CHANGES = st.builds(
    lambda name, guard, family: (name, guard, family),
    st.sampled_from(["Lead", "Case", "Opportunity", "Task", "Contact", "X__c"]),
    st.sampled_from(list(Guard)),
    st.sampled_from([None, "001a", "001b", "001c"]),
)


@given(st.lists(CHANGES, max_size=80))
def test_calls_keep_every_change_in_order_and_fit_the_orgs_limits(about: list[tuple[str, Guard, str | None]]) -> None:
    changes = [change(n, name, guard=guard, family=family) for n, (name, guard, family) in enumerate(about)]
    batches = fresh_org().batches(changes)
    assert [one for batch in batches for one in batch] == changes
    for batch in batches:
        trials = len({one.object for one in batch if one.guard is Guard.UNPROVEN})
        guards = sum(one.guard is not Guard.PRECONDITION for one in batch)
        queries = len({one.object for one in batch}) + guards + trials
        assert batch
        assert queries <= 5
        assert queries + len(batch) + trials <= 25
