from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sfassign.errors import LoginFailed, SessionExpired
from sfassign.ports import Answer
from sfassign.salesforce import ClientCredentials
from tests.salesforce.acme import READS, Acme, changes_of, read


def test_both_ways_to_log_in_work_and_say_who_we_are(acme: Acme) -> None:
    acme.leads(1)
    for org in (acme.bearer(), acme.connect(ClientCredentials(acme.url, "the-app", "the-secret"))):
        assert len(read(org)) == 1
        assert org.identify() == acme.robot
    assert acme.connect().identify() == acme.robot


def test_a_session_that_ends_between_two_polls_is_renewed(acme: Acme) -> None:
    acme.leads(1)
    org = acme.bearer()
    read(org)
    acme.clock.pass_by(3 * 3600)
    assert len(read(org)) == 1
    assert acme.asked("oauth2/token") == 2


def test_a_session_that_ends_between_two_pages_is_renewed(acme: Acme) -> None:
    acme.local.settings.page_size = 200
    ids = set(acme.leads(450))
    org = acme.bearer()
    acme.local.faults.between(acme.local.sessions.expire_all, path="/query/01g")
    assert {row.id for row in read(org)} == ids
    assert acme.asked("oauth2/token") == 2


def test_a_session_that_ends_before_a_write_is_renewed_and_every_guard_kept(acme: Acme) -> None:
    taken, free = acme.leads(2)
    acme.local.set_assignment_rule("Lead", acme.bob)
    org = acme.bearer()
    rows = {row.id: row for row in read(org)}
    acme.clock.pass_by(5)
    acme.local.update("Lead", taken, {"OwnerId": acme.bob}, by=acme.bob)
    acme.local.sessions.expire_all()
    lost, won = org.write(changes_of((rows[taken], rows[free]), acme.alice), READS)
    assert (lost.answer, won.answer) == (Answer.CHANGED_SINCE, Answer.ACCEPTED)
    assert (acme.owner(taken), acme.owner(free)) == (acme.bob, acme.alice)
    assert acme.asked("oauth2/token") == 2


def test_sessions_that_always_end_at_once_make_no_login_loop(acme: Acme) -> None:
    acme.leads(1)
    org = acme.bearer()
    acme.local.faults.between(acme.local.sessions.expire_all, path="/services/data", times=-1)
    for _ in range(12):
        with pytest.raises(LoginFailed, match="refuses it at once"):
            read(org)
        acme.clock.pass_by(5)
    assert acme.asked("oauth2/token") == 2


def test_a_user_who_is_locked_out_is_not_hammered(acme: Acme) -> None:
    acme.local.update("User", acme.robot, {"IsActive": False})
    org = acme.bearer()
    for _ in range(12):
        with pytest.raises(LoginFailed, match="inactive"):
            read(org)
        acme.clock.pass_by(5)
    assert acme.asked("oauth2/token") == 1
    acme.local.update("User", acme.robot, {"IsActive": True})
    assert read(org) == ()


def test_a_given_session_ends_with_advice(acme: Acme) -> None:
    org = acme.connect()
    read(org)
    acme.local.sessions.expire_all()
    with pytest.raises(SessionExpired, match="SFASSIGN_ACCESS_TOKEN"):
        read(org)


def test_threads_that_find_the_session_ended_at_once_log_in_once(acme: Acme) -> None:
    acme.leads(2)
    org = acme.bearer()
    read(org)
    acme.local.sessions.expire_all()
    both_asked = threading.Barrier(2, timeout=30)

    def meet() -> None:
        both_asked.wait()

    acme.local.faults.between(meet, path="composite", times=2)
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda _: len(read(org)), range(2))) == [2, 2]
    assert acme.asked("oauth2/token") == 2
