from __future__ import annotations

import math

import pytest

from sfassign.errors import ApiLimitReached
from sfassign.ports import Answer, OwnerChange, PollRequest
from tests.salesforce.acme import LEADS, READS, Acme, changes_of, read


@pytest.mark.parametrize("compared", ["LastModifiedDate", "SystemModstamp"])
def test_owners_are_written_and_nothing_else_decides_who_they_are(acme: Acme, compared: str) -> None:
    """Assignment rules and the default case owner stay out of it."""
    acme.local.settings.precondition_field = compared
    acme.local.set_assignment_rule("Lead", acme.bob)
    [lead] = acme.leads(1)
    case = acme.local.insert("Case", {"Subject": "Help", "OwnerId": acme.queue})
    org = acme.connect()
    polled = org.poll(PollRequest((READS["Lead"], READS["Case"])))
    acme.clock.pass_by(5)
    results = org.write(changes_of(polled.rows[0] + polled.rows[1], acme.alice), READS)
    assert [result.answer for result in results] == [Answer.ACCEPTED, Answer.ACCEPTED]
    assert [result.row.owner for result in results if result.row] == [acme.alice, acme.alice]
    assert [result.row.modified_by for result in results if result.row] == [acme.robot, acme.robot]
    assert acme.owner(lead) == acme.owner(case, "Case") == acme.alice
    assert org.calls == 2


def test_fields_travel_with_the_owner(acme: Acme) -> None:
    [lead] = acme.leads(1)
    org = acme.connect()
    [row] = read(org)
    [result] = org.write([OwnerChange(1, "Lead", lead, acme.alice, row.guard_at, {"Rating": "Hot"})], {"Lead": LEADS})
    assert result.row is not None
    assert result.row.values["rating"] == "Hot"


def test_fields_alone_leave_the_owner_and_keep_assignment_rules_out(acme: Acme) -> None:
    acme.local.set_assignment_rule("Lead", acme.bob)
    [lead] = acme.leads(1)
    org = acme.connect()
    [row] = read(org)
    note = OwnerChange(-1, "Lead", lead, None, row.guard_at, {"Rating": "Hot"})
    [result] = org.write([note], {"Lead": LEADS})
    assert (result.entry, result.answer) == (-1, Answer.ACCEPTED)
    assert result.row is not None
    assert (result.row.owner, result.row.values["rating"]) == (acme.queue, "Hot")


def test_fields_alone_are_not_written_over_a_newer_change(acme: Acme) -> None:
    [lead] = acme.leads(1)
    org = acme.connect()
    [row] = read(org)
    acme.clock.pass_by(5)
    acme.local.update("Lead", lead, {"Rating": "Cold"})
    [result] = org.write([OwnerChange(-1, "Lead", lead, None, row.guard_at, {"Rating": "Hot"})], {"Lead": LEADS})
    assert result.answer is Answer.CHANGED_SINCE
    assert acme.local.get("Lead", lead)["Rating"] == "Cold"


def test_queues_and_users_are_found_by_name_in_one_call(acme: Acme) -> None:
    nasty = 'O\'Brien \\ "x" %'
    quoted = acme.local.add_queue(nasty, ["Lead"])
    org = acme.connect()
    found = org.resolve(["web", nasty, "Nowhere"], ["Alice@acme.example", "nobody@acme.example"])
    assert dict(found.queues) == {"web": acme.queue, nasty: quoted}
    assert dict(found.users) == {"Alice@acme.example": acme.alice}
    assert org.calls == 1


@pytest.mark.parametrize("count", [1, 24, 25, 60])
def test_many_owners_take_one_call_per_24(acme: Acme, count: int) -> None:
    acme.leads(count)
    org = acme.connect()
    rows = read(org)
    before = org.calls
    results = [one for batch in org.batches(changes_of(rows, acme.alice)) for one in org.write(batch, READS)]
    assert {result.answer for result in results} == {Answer.ACCEPTED}
    assert all(result.row is not None and result.row.owner == acme.alice for result in results)
    assert org.calls - before == math.ceil(count / 24)


def test_a_record_somebody_took_since_we_read_it_stays_theirs(acme: Acme) -> None:
    first, second = acme.leads(2)
    org = acme.connect()
    rows = read(org)
    acme.clock.pass_by(5)
    acme.local.update("Lead", first, {"OwnerId": acme.bob}, by=acme.bob)
    by_id = {row.id: row for row in rows}
    lost, won = org.write(changes_of((by_id[first], by_id[second]), acme.alice), READS)
    assert (lost.answer, lost.row and lost.row.owner) == (Answer.CHANGED_SINCE, acme.bob)
    assert (won.answer, won.row and won.row.owner) == (Answer.ACCEPTED, acme.alice)
    assert acme.owner(first) == acme.bob


def test_a_record_taken_between_two_updates_of_one_call_stays_theirs(acme: Acme) -> None:
    first, second = acme.leads(2)
    org = acme.connect()
    rows = {row.id: row for row in read(org)}
    acme.clock.pass_by(5)
    acme.local.faults.between(
        lambda: acme.local.update("Lead", second, {"OwnerId": acme.bob}, by=acme.bob),
        method="PATCH",
        path=f"sobjects/Lead/{first}",
    )
    won, lost = org.write(changes_of((rows[first], rows[second]), acme.alice), READS)
    assert (won.answer, lost.answer) == (Answer.ACCEPTED, Answer.CHANGED_SINCE)
    assert acme.owner(second) == acme.bob


def test_an_automation_that_re_owns_right_after_us_is_seen_in_the_read_back(acme: Acme) -> None:
    [lead] = acme.leads(1)
    org = acme.connect()
    rows = read(org)
    acme.local.faults.between(
        lambda: acme.local.update("Lead", lead, {"OwnerId": acme.bob}, by=acme.local.admin_id),
        method="PATCH",
        path=f"sobjects/Lead/{lead}",
        after=True,
    )
    [result] = org.write(changes_of(rows, acme.alice), READS)
    assert result.answer is Answer.ACCEPTED
    assert result.row is not None
    assert (result.row.owner, result.row.modified_by) == (acme.bob, acme.local.admin_id)


def test_one_poisoned_record_holds_up_no_other(acme: Acme) -> None:
    poisoned, deleted, fine = acme.leads(3)
    org = acme.connect()
    rows = {row.id: row for row in read(org)}
    acme.local.faults.refuse(poisoned, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Enter a phone number")
    acme.local.delete("Lead", deleted)
    no, gone, yes = org.write(changes_of((rows[poisoned], rows[deleted], rows[fine]), acme.alice), READS)
    assert (no.answer, no.code, no.message) == (
        Answer.REFUSED,
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "Enter a phone number",
    )
    assert no.row is not None
    assert no.row.owner == acme.queue
    assert (gone.answer, gone.code, gone.row, gone.read_back) == (Answer.REFUSED, "ENTITY_IS_DELETED", None, True)
    assert (yes.answer, yes.row and yes.row.owner) == (Answer.ACCEPTED, acme.alice)


def test_an_owner_who_left_is_refused_by_name(acme: Acme) -> None:
    acme.leads(1)
    org = acme.connect()
    rows = read(org)
    acme.local.update("User", acme.alice, {"IsActive": False})
    [result] = org.write(changes_of(rows, acme.alice), READS)
    assert (result.answer, result.code) == (Answer.REFUSED, "INACTIVE_OWNER_OR_USER")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("how", ["dropped", "html"])
def test_what_a_lost_answer_did_is_learnt_by_reading(acme: Acme, after: bool, how: str) -> None:
    [lead] = acme.leads(1)
    org = acme.connect()
    rows = read(org)
    page = "<html>Bad Gateway</html>" if how == "html" else None
    acme.local.faults.fail(path="composite", after=after, drop=how == "dropped", html=page, status=502)
    before = acme.asked("composite")
    [result] = org.write(changes_of(rows, acme.alice), READS)
    assert (result.answer, result.row, result.read_back) == (Answer.UNKNOWN, None, False)
    assert acme.asked("composite") - before == 1
    _, [now] = org.fetch(LEADS, [lead])
    assert now.owner == (acme.alice if after else acme.queue)


def test_an_exhausted_limit_stops_reads_and_writes_alike(acme: Acme) -> None:
    [lead] = acme.leads(1)
    org = acme.connect()
    rows = read(org)
    acme.local.settings.daily_limit = 1
    with pytest.raises(ApiLimitReached, match="TotalRequests"):
        read(org)
    with pytest.raises(ApiLimitReached):
        org.write(changes_of(rows, acme.alice), READS)
    assert acme.owner(lead) == acme.queue
    assert org.usage == (1, 1)
