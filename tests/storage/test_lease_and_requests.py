"""One process writes to the org at a time, and commands beside it ask it through the database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from sfassign.errors import LeaseHeld
from sfassign.storage import SqlStore, open_store

from .world import T0, ManualClock, sql


@pytest.fixture
def other(url: str, store: SqlStore, clock: ManualClock) -> Iterator[SqlStore]:
    """Another process's view of the same database."""
    opened = open_store(url, clock)
    yield opened
    opened.close()


def test_a_second_process_waits_then_is_told_who_holds_the_lease(
    store: SqlStore, other: SqlStore, clock: ManualClock
) -> None:
    with (
        store.lease("daemon on host one", 0),
        pytest.raises(LeaseHeld, match="daemon on host one"),
        other.lease("once", 30),
    ):
        pass
    assert (clock.now() - T0).total_seconds() == 30


def test_a_lease_is_free_again_when_its_holder_leaves(store: SqlStore, other: SqlStore) -> None:
    with store.lease("daemon", 0):
        pass
    with other.lease("once", 0):
        other.keep_fact("who", "once")


def test_a_waiting_process_gets_the_lease_as_soon_as_it_is_free(store: SqlStore, other: SqlStore) -> None:
    class ReleasingClock(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            held.__exit__(None, None, None)

    held = store.lease("daemon", 0)
    held.__enter__()
    patient = SqlStore(other._database, ReleasingClock())
    with patient.lease("once", 30):
        assert sql_holder(patient) == "once"


def sql_holder(store: SqlStore) -> str:
    with store.reading() as connection:
        return str(connection.exec_driver_sql("SELECT holder FROM lease").scalar_one())


def test_a_lease_runs_out_a_minute_after_its_holder_died(store: SqlStore, other: SqlStore, url: str) -> None:
    with store.lease("dead", 0):
        left = sql(url, "SELECT expires_at FROM lease")[0][0]
        sql(url, "UPDATE lease SET expires_at = expires_at - 60000000")
        with other.lease("next", 0):
            assert sql_holder(other) == "next"
            with pytest.raises(LeaseHeld, match=r"lost.*next"):
                store.keep_fact("who", "the dead")
            assert store.fact("who") is None
            other.keep_fact("who", "next")
    assert isinstance(left, int)
    assert store.fact("who") == "next"


def test_leaving_a_lost_lease_does_not_end_the_taker_s(store: SqlStore, other: SqlStore, url: str) -> None:
    with store.lease("dead", 0):
        sql(url, "UPDATE lease SET expires_at = 0")
        taken = other.lease("next", 0)
        taken.__enter__()
    assert sql_holder(other) == "next"
    taken.__exit__(None, None, None)
    assert sql(url, "SELECT * FROM lease") == []


def test_a_held_lease_is_renewed_by_itself(store: SqlStore, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sfassign.storage.lease.RENEW_SECONDS", 0.01)
    with store.lease("daemon", 0):
        before = sql(url, "SELECT expires_at FROM lease")
        wait_until(lambda: sql(url, "SELECT expires_at FROM lease") > before)


def test_who_does_not_hold_the_lease_may_still_leave_word(store: SqlStore, other: SqlStore) -> None:
    with store.lease("daemon", 0):
        number = other.put_request("pause", {"user": "alice@acme.example"})
        (request,) = store.take_requests()
        assert (request.id, request.kind, request.payload) == (number, "pause", {"user": "alice@acme.example"})
        store.answer_request(number, {"paused": True})
        assert other.await_answer(number, 0) == {"paused": True}


def test_a_request_is_taken_once_and_in_order(store: SqlStore) -> None:
    numbers = [store.put_request("resync", {"n": n}) for n in range(3)]
    assert [request.id for request in store.take_requests()] == numbers
    assert store.take_requests() == ()


def test_who_waits_in_vain_withdraws_the_request(store: SqlStore, clock: ManualClock) -> None:
    number = store.put_request("resync", {})
    assert store.await_answer(number, 5) is None
    assert (clock.now() - T0).total_seconds() == pytest.approx(5)
    assert store.take_requests() == ()


def test_a_stale_request_is_never_carried_out(store: SqlStore, clock: ManualClock) -> None:
    store.put_request("undo", {})
    clock.sleep(601)
    fresh = store.put_request("resync", {})
    assert [request.id for request in store.take_requests()] == [fresh]


def test_an_answer_comes_while_somebody_waits(store: SqlStore, other: SqlStore) -> None:
    class AnsweringClock(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            for request in store.take_requests():
                store.answer_request(request.id, {"drifted": 0})

    asking = SqlStore(other._database, AnsweringClock())
    assert asking.await_answer(asking.put_request("resync", {}), 30) == {"drifted": 0}


def wait_until(holds: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(500):
        if holds():
            return
        tick.wait(0.01)
    pytest.fail("it did not happen within five seconds")
