"""The outbox: a message is due exactly when its owner change is confirmed, and is kept until it was sent."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sfassign.core.decision import Assign, Plan
from sfassign.core.journal import Entry, Event
from sfassign.core.model import Member
from sfassign.core.notice import Notice, NoticeKind, Outlet
from sfassign.ports import Settlement
from sfassign.storage import SqlStore

from .world import ALICE, GROUP, QUEUE, T0, absorb, assign, lead, minute, seen, sql


def told(number: int, **said: object) -> Notice:
    fields: dict[str, object] = {
        "outlet": Outlet.SLACK,
        "kind": NoticeKind.REMINDER,
        "user": ALICE,
        "user_name": "Alice\x00",
        "object": "Lead",
        "item": lead(number),
        "label": "'Ann\ud800'",
        "group": GROUP,
        "score": None,
        "reason": "untouched for 25 minutes",
        "at": T0,
    }
    return Notice(**(fields | said))  # type: ignore[arg-type]


def planned(store: SqlStore, *outlets: str, dry_run: bool = False, to: Member | None = None) -> Entry:
    absorb(store, T0, seen(1))
    (item,) = store.snapshot(T0, ()).items
    decided: Assign = replace(assign(item, ALICE, 1), notify=outlets)
    decided = replace(decided, to=to or decided.to)
    (entry,) = store.plan([decided], Plan(T0, "sha256:abc", (decided,)), {item.id: T0}, dry_run)
    return entry


def numbers(store: SqlStore, at: dt.datetime) -> list[int]:
    return [one.number for one in store.notice_box(at, 100).due]


def test_a_message_is_due_in_the_moment_its_owner_change_is_confirmed(store: SqlStore) -> None:
    entry = planned(store, "slack", "task")
    store.sent([entry.id], T0)
    assert store.notice_box(minute(9), 100).waiting == 0
    store.settle([Settlement(entry.id, Event.LANDED, minute(1))])
    box = store.notice_box(minute(1), 100)
    assert [one.notice.outlet for one in box.due] == [Outlet.SLACK, Outlet.TASK]
    assert {(one.notice.at, one.notice.item, one.notice.user, one.attempts) for one in box.due} == {
        (minute(1), lead(1), ALICE, 0)
    }
    store.settle([Settlement(entry.id, Event.LANDED, minute(2))])
    assert store.notice_box(minute(2), 100) == box


ENDINGS = [Event.REFUSED, Event.OTHER_OWNER, Event.GONE]


@pytest.mark.parametrize("event", ENDINGS)
def test_an_owner_change_that_comes_to_nothing_tells_nobody(store: SqlStore, url: str, event: Event) -> None:
    entry = planned(store, "slack")
    store.sent([entry.id], T0)
    store.settle([Settlement(entry.id, event, T0, owner_now=QUEUE)])
    assert sql(url, "SELECT count(*) FROM notice") == [(0,)]


def test_one_that_had_no_effect_tells_nobody_unless_it_lands_late(store: SqlStore, url: str) -> None:
    for number, lands in enumerate((False, True)):
        entry = planned(store, "slack")
        store.sent([entry.id], T0)
        store.settle([Settlement(entry.id, Event.NOT_LANDED, T0, owner_now=QUEUE)])
        assert store.notice_box(minute(1), 100).waiting == 0
        if lands:
            store.settle([Settlement(entry.id, Event.LANDED, minute(5))])
        store.end_cycle(number, minute(120), "{}")
        assert sql(url, "SELECT count(*) FROM notice") == [(int(lands),)]
        assert store.notice_box(minute(120), 100).waiting == int(lands)


def test_one_that_was_never_sent_and_a_dry_run_tell_nobody(store: SqlStore, url: str) -> None:
    planned(store, "slack", dry_run=True)
    assert sql(url, "SELECT count(*) FROM notice") == [(0,)]
    entry = planned(store, "slack")
    store.settle([Settlement(entry.id, Event.NOT_SENT, T0)])
    assert sql(url, "SELECT count(*) FROM notice") == [(0,)]


def test_a_queue_is_not_told(store: SqlStore, url: str) -> None:
    planned(store, "slack", to=Member(QUEUE, "", "Second line", True, "UTC"))
    assert sql(url, "SELECT count(*) FROM notice") == [(0,)]


def test_any_part_may_post_news_and_it_is_kept_as_it_was(store: SqlStore) -> None:
    store.post([])
    store.post([told(1), told(2, outlet=Outlet.EMAIL, score=7.5, kind=NoticeKind.TAKEN_AWAY)])
    first, second = store.notice_box(T0, 100).due
    assert first.notice == told(1, user_name="Alice", label="'Ann?'")
    assert (second.notice.kind, second.notice.score) == (NoticeKind.TAKEN_AWAY, 7.5)


def test_what_is_put_off_is_due_again_at_its_time_and_tries_are_counted(store: SqlStore) -> None:
    store.post([told(n) for n in (1, 2, 3)])
    store.put_off([1, 2], minute(1), trying=True)
    store.put_off([2], minute(2), trying=False)
    assert (numbers(store, T0), numbers(store, minute(1)), numbers(store, minute(2))) == ([3], [1, 3], [1, 2, 3])
    assert [one.attempts for one in store.notice_box(minute(2), 100).due] == [1, 1, 0]
    store.close_notices([1, 3])
    box = store.notice_box(T0, 100)
    assert (box.due, box.waiting) == ((), 1)


def test_the_oldest_come_first_and_no_more_than_asked_for(store: SqlStore) -> None:
    store.post([told(n) for n in range(1, 6)])
    box = store.notice_box(T0, 2)
    assert ([one.number for one in box.due], box.waiting) == ([1, 2], 5)


def test_beyond_the_bound_the_oldest_are_dropped_and_none_that_await_their_confirmation(store: SqlStore) -> None:
    entry = planned(store, "slack")
    store.sent([entry.id], T0)
    store.post([told(n) for n in range(1, 6)])
    assert store.drop_oldest_notices(5) == 0
    assert store.drop_oldest_notices(2) == 3
    assert [one.notice.item for one in store.notice_box(T0, 100).due] == [lead(4), lead(5)]
    store.settle([Settlement(entry.id, Event.LANDED, T0)])
    assert store.notice_box(T0, 100).waiting == 3
