"""The session ends at the worst moment: between pages, before a write, in the middle of a call. What was read is kept,
what was written is not written twice, what was not is written once under the new session."""

from __future__ import annotations

import pytest

from sfassign.emulator.state import Change
from sfassign.errors import LoginFailed, OrgUnreachable, SessionExpired
from sfassign.ports import Answer, ObjectRead, PollRequest
from tests.salesforce.acme import LEADS, READS, Acme, changes_of, read

ENDED = {"status": 401, "code": "INVALID_SESSION_ID", "message": "Session expired or invalid"}


def owner_writes(acme: Acme) -> list[str]:
    """The records whose owner a client changes from now on, in order."""
    seen: list[str] = []

    def note(change: Change) -> None:
        if change.by == acme.robot and change.object == "Lead":
            seen.append(change.id)

    acme.local.on_write(note)
    return seen


def end_session_before(acme: Acme, path: str, *, method: str | None = None) -> None:
    acme.local.settings.composite_checks_session = True
    acme.local.faults.between(acme.local.sessions.expire_all, path=path, method=method, after=True)


def test_reading_carries_on_at_the_page_where_the_session_ended(acme: Acme) -> None:
    acme.local.settings.page_size = 200
    ids = set(acme.leads(650))
    org = acme.bearer()
    acme.local.faults.between(acme.local.sessions.expire_all, path="-400")
    assert {row.id for row in read(org)} == ids
    pages = [entry.path.rsplit("-", 1)[1] for entry in acme.local.log if "/query/01g" in entry.path]
    assert pages == ["200", "400", "400", "600"]
    assert acme.asked("oauth2/token") == 2


def test_only_the_queries_that_met_the_end_are_asked_again(acme: Acme) -> None:
    acme.leads(3)
    org = acme.bearer()
    end_session_before(acme, "query", method="GET")
    polled = org.poll(PollRequest((LEADS, ObjectRead("Case", (), since=LEADS.since)), frozen=True))
    assert (len(polled.rows[0]), polled.frozen) == (3, frozenset())
    calls = [entry for entry in acme.local.log if "composite" in entry.path]
    assert [len(entry.subrequests) for entry in calls] == [3, 2]
    assert acme.asked("oauth2/token") == 2


def test_a_call_whose_session_ended_in_the_middle_writes_every_owner_exactly_once(acme: Acme) -> None:
    first, second, third = ids = acme.leads(3)
    org = acme.bearer()
    rows = sorted(read(org), key=lambda row: ids.index(row.id))
    written = owner_writes(acme)
    end_session_before(acme, f"sobjects/Lead/{first}")
    results = org.write(changes_of(tuple(rows), acme.alice), READS)
    assert [result.answer for result in results] == [Answer.ACCEPTED] * 3
    assert all(result.row is not None and result.row.owner == acme.alice for result in results)
    assert written == [first, second, third]
    assert acme.asked("oauth2/token") == 2


def test_guards_hold_in_the_second_half_of_such_a_call(acme: Acme) -> None:
    first, taken = ids = acme.leads(2)
    org = acme.bearer()
    rows = sorted(read(org), key=lambda row: ids.index(row.id))
    acme.clock.pass_by(5)
    acme.local.update("Lead", taken, {"OwnerId": acme.bob}, by=acme.bob)
    end_session_before(acme, f"sobjects/Lead/{first}")
    won, lost = org.write(changes_of(tuple(rows), acme.alice), READS)
    assert (won.answer, lost.answer) == (Answer.ACCEPTED, Answer.CHANGED_SINCE)
    assert acme.owner(taken) == acme.bob


def test_only_the_read_back_met_the_end_and_is_read_again(acme: Acme) -> None:
    [lead] = acme.leads(1)
    org = acme.bearer()
    rows = read(org)
    written = owner_writes(acme)
    end_session_before(acme, f"sobjects/Lead/{lead}")
    [result] = org.write(changes_of(rows, acme.alice), READS)
    assert (result.answer, result.read_back, written) == (Answer.ACCEPTED, True, [lead])


def test_where_no_new_session_can_be_had_what_was_written_is_still_told(acme: Acme) -> None:
    first, _ = ids = acme.leads(2)
    org = acme.bearer()
    rows = sorted(read(org), key=lambda row: ids.index(row.id))
    written = owner_writes(acme)
    end_session_before(acme, f"sobjects/Lead/{first}")
    acme.local.faults.between(acme.local.clients.by_key.clear, path="oauth2/token")
    done, undone = org.write(changes_of(tuple(rows), acme.alice), READS)
    assert (done.answer, undone.answer, undone.code) == (Answer.ACCEPTED, Answer.REFUSED, "INVALID_SESSION_ID")
    assert written == [first]
    with pytest.raises(LoginFailed, match="client identifier invalid"):
        read(org)


def test_parts_that_meet_the_end_under_every_session_make_no_loop(acme: Acme) -> None:
    _, second = ids = acme.leads(2)
    org = acme.bearer()
    rows = sorted(read(org), key=lambda row: ids.index(row.id))
    acme.local.faults.fail(path=f"sobjects/Lead/{second}", times=-1, **ENDED)  # type: ignore[arg-type] # status, code and message
    done, undone = org.write(changes_of(tuple(rows), acme.alice), READS)
    assert (done.answer, undone.answer) == (Answer.ACCEPTED, Answer.REFUSED)
    assert acme.asked("oauth2/token") == 2
    acme.local.faults.clear()
    with pytest.raises(LoginFailed, match="refuses it at once"):
        read(org)
    acme.clock.pass_by(61)
    assert len(read(org)) == 2


def test_a_given_session_that_ends_in_the_middle_keeps_what_was_written(acme: Acme) -> None:
    first, _ = ids = acme.leads(2)
    org = acme.connect()
    rows = sorted(read(org), key=lambda row: ids.index(row.id))
    end_session_before(acme, f"sobjects/Lead/{first}")
    done, undone = org.write(changes_of(tuple(rows), acme.alice), READS)
    assert (done.answer, undone.answer) == (Answer.ACCEPTED, Answer.REFUSED)
    with pytest.raises(SessionExpired):
        read(org)


def test_a_write_refused_for_its_session_was_not_carried_out_and_is_written_once(acme: Acme) -> None:
    leads = acme.leads(3)
    org = acme.bearer()
    rows = read(org)
    written = owner_writes(acme)
    acme.local.sessions.expire_all()
    results = org.write(changes_of(rows, acme.alice), READS)
    assert [result.answer for result in results] == [Answer.ACCEPTED] * 3
    assert sorted(written) == sorted(leads)


def test_a_write_that_landed_although_its_answer_spoke_of_the_session_is_not_believed_twice(acme: Acme) -> None:
    """The org authenticates first, so this never happens there; should a proxy do it, the guard keeps the second
    write from changing anything that somebody else has changed."""
    [lead] = acme.leads(1)
    org = acme.bearer()
    rows = read(org)

    def taken() -> None:
        acme.clock.pass_by(2)
        acme.local.update("Lead", lead, {"OwnerId": acme.bob}, by=acme.bob)

    acme.local.faults.between(taken, path=f"sobjects/Lead/{lead}", after=True)
    acme.local.faults.fail(path="composite", method="POST", after=True, **ENDED)  # type: ignore[arg-type] # status, code and message
    [result] = org.write(changes_of(rows, acme.alice), READS)
    assert result.answer is Answer.CHANGED_SINCE
    assert acme.owner(lead) == acme.bob


def test_an_outage_of_the_login_in_the_middle_of_reading_is_waited_out(acme: Acme) -> None:
    acme.leads(1)
    org = acme.bearer()
    read(org)
    acme.local.sessions.expire_all()
    acme.local.faults.fail(path="oauth2/token", times=2)
    assert len(read(org)) == 1
    acme.local.sessions.expire_all()
    acme.local.faults.fail(path="oauth2/token", times=-1)
    with pytest.raises(OrgUnreachable, match="HTTP 503"):
        read(org)


@pytest.mark.parametrize("by_password", [False, True])
@pytest.mark.parametrize("after", [False, True])
def test_a_login_without_an_answer_before_a_write_means_that_nothing_was_written(
    acme: Acme, by_password: bool, after: bool
) -> None:
    [lead] = acme.leads(1)
    org = acme.password() if by_password else acme.bearer()
    rows = read(org)
    acme.local.sessions.expire_all()
    acme.local.faults.fail(path="oauth2/token|Soap", drop=True, after=after, times=-1)
    with pytest.raises(OrgUnreachable, match="login"):
        org.write(changes_of(rows, acme.alice), READS)
    acme.local.faults.clear()
    assert acme.owner(lead) == acme.queue
    acme.clock.pass_by(61)
    [result] = org.write(changes_of(rows, acme.alice), READS)
    assert result.answer is Answer.ACCEPTED
