"""What the commands show: explain, the line, members, history and the live figures."""

from __future__ import annotations

import datetime as dt

from sfassign.core.decision import Diagnosis, Gate, Rejection, Review, Verdict
from sfassign.core.journal import Event
from sfassign.core.model import Pause
from sfassign.ports import Settlement, Sweep
from sfassign.storage import SqlStore, Views

from .world import (
    ALICE,
    BOB,
    GROUP,
    QUEUE,
    T0,
    absorb,
    assign,
    given,
    hold,
    items,
    landed,
    lead,
    looked_at,
    minute,
    seen,
    sql,
    under_way,
    user,
)

MEMBERS = [
    {"user": ALICE, "username": "alice@acme.example", "gate": None, "rank": 1, "key": {"turn": 3}},
    {"user": BOB, "username": "bob@acme.example", "gate": "absent", "detail": "last used 08:12 Europe/London"},
]
SCORE = {"total": 50.0, "parts": [{"rule": "Rating = 'Hot'", "add": 50.0}]}


def test_an_id_nobody_knows_is_unknown(store: SqlStore) -> None:
    shown = Views(store).explain(lead(1))
    assert (shown.state, shown.object, shown.entry, shown.members) == ("unknown", None, None, ())


def test_a_waiting_item_is_explained_with_every_member(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    store.note([hold(items(store)[lead(1)])], T0)
    shown = Views(store).explain(lead(1))
    assert shown.sentence == "1 of 2 can take it: 1 absent"
    assert shown.document() == {
        "object": "Lead",
        "id": lead(1),
        "state": "waiting",
        "group": GROUP,
        "score": SCORE,
        "decision": None,
        "members": MEMBERS,
    }


def test_an_assigned_item_is_explained_with_its_decision(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    number = given(store, 1, ALICE, 1)
    shown = Views(store).explain(lead(1))
    assert shown.sentence == f"{ALICE} waited longest"
    assert shown.document() == {
        "object": "Lead",
        "id": lead(1),
        "state": "assigned",
        "group": GROUP,
        "score": SCORE,
        "decision": {"id": number, "at": "2026-11-23T09:00:00Z", "owner": ALICE, "policy": "sha256:abc"},
        "members": MEMBERS,
    }


def test_an_id_of_fifteen_characters_will_do(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    assert Views(store).explain(lead(1)[:15]).state == "waiting"


def test_a_write_under_way_shows_as_assigned_and_a_refused_one_as_waiting(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    (number,) = under_way(store, [assign(items(store)[lead(1)], ALICE, 1)])
    assert Views(store).explain(lead(1)).state == "assigned"
    store.settle([Settlement(number, Event.REFUSED, minute(1), "INVALID_OWNER", "No access")])
    shown = Views(store).explain(lead(1))
    assert (shown.state, shown.code, shown.message) == ("waiting", "INVALID_OWNER", "No access")
    assert shown.entry is not None
    assert shown.entry.state.value == "refused"


def test_a_lost_race_tells_who_has_the_item_now(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    (number,) = under_way(store, [assign(items(store)[lead(1)], ALICE, 1)])
    store.settle([Settlement(number, Event.OTHER_OWNER, minute(1), owner_now=BOB)])
    absorb(store, minute(2), seen(1, owner=BOB, waiting=False))
    shown = Views(store).explain(lead(1))
    assert (shown.state, shown.owner_now) == ("unknown", BOB)


def test_a_flagged_item_is_shown_for_review_and_not_in_the_line(store: SqlStore) -> None:
    absorb(store, T0, seen(1), seen(2))
    store.note([Review(items(store)[lead(1)], GROUP, "no way to reach this lead"), hold(items(store)[lead(2)])], T0)
    views = Views(store)
    assert [(item.id, item.why) for item in views.review()] == [(lead(1), "no way to reach this lead")]
    assert [item.id for item in views.waiting()] == [lead(2)]
    assert views.explain(lead(1)).state == "review"


def test_the_line_is_shown_highest_score_first(store: SqlStore) -> None:
    absorb(store, T0, *(seen(number) for number in (1, 2, 3)))
    found = items(store)
    store.note([hold(found[lead(n)], total=total) for n, total in ((1, 5.0), (2, 20.0))], T0)
    line = Views(store).waiting()
    assert [item.id for item in line] == [lead(2), lead(1), lead(3)]
    assert (line[0].group, line[0].since, line[0].reasons, line[0].score) == (GROUP, T0, {"absent": 1}, 20.0)
    assert line[2].group is None
    assert len(Views(store).waiting(limit=2)) == 2


def test_a_shared_diagnosis_is_worked_out_once_and_kept_once(store: SqlStore, url: str) -> None:
    absorb(store, T0, *(seen(number) for number in range(50)))
    calls = []

    def tell() -> tuple[Verdict, ...]:
        calls.append(1)
        return (Verdict(ALICE, "alice@acme.example", Rejection(Gate.ABSENT, "never seen")),)

    shared = Diagnosis(1, {Gate.ABSENT: 1}, tell)
    store.note([hold(item, why=shared) for item in items(store).values()], T0)
    assert len(calls) == 1
    assert sql(url, "SELECT count(*) FROM explanation") == [(1,)]


def test_explanations_nobody_refers_to_are_forgotten_and_journaled_ones_kept(store: SqlStore, url: str) -> None:
    absorb(store, T0, seen(1), seen(2))
    other = Diagnosis(0, {}, tuple)
    store.note([hold(items(store)[lead(1)]), hold(items(store)[lead(2)], why=other)], T0)
    assert sql(url, "SELECT count(*) FROM explanation") == [(2,)]
    given(store, 1, ALICE, 1)
    absorb(store, minute(1), sweep=Sweep.SOURCES)
    store.note([], minute(1))
    assert sql(url, "SELECT count(*) FROM explanation") == [(1,)]
    assert len(Views(store).explain(lead(1)).members) == 2


def test_members_are_shown_with_load_turns_and_what_keeps_them_out(store: SqlStore) -> None:
    store.keep_users([user(BOB, "bob"), user(ALICE)], T0)
    store.join({GROUP: [ALICE, BOB]}, {})
    store.pause("user", BOB, Pause("holiday"))
    absorb(store, T0, seen(1, points=2), seen(2))
    given(store, 1, ALICE, 1)
    (number,) = under_way(store, [assign(items(store)[lead(2)], BOB, 2)])
    store.settle([Settlement(number, Event.REFUSED, T0, "INVALID_OWNER", refuse_owner=True)])
    alice, bob = Views(store).members(T0, T0 - dt.timedelta(hours=9))
    assert (alice.member.username, alice.groups, alice.given_today) == ("alice@acme.example", (GROUP,), {GROUP: 1})
    assert alice.load.points == {"Lead": 2.0}
    assert alice.turns[GROUP].turn == 1
    assert (bob.given_today, bob.refused_until) == ({}, {"Lead": minute(60)})
    assert bob.member.pause == Pause("holiday")


def test_history_is_newest_first_with_the_org_s_words(store: SqlStore) -> None:
    absorb(store, T0, seen(1), seen(2))
    given(store, 1, ALICE, 1)
    (number,) = under_way(store, [assign(items(store)[lead(2)], BOB, 2)], minute(5))
    store.settle([Settlement(number, Event.REFUSED, minute(6), "CODE", "words")])
    newest, oldest = Views(store).history()
    assert (newest.entry.item, newest.code, newest.message, newest.settled_at) == (lead(2), "CODE", "words", minute(6))
    assert oldest.entry.item == lead(1)
    assert [row.entry.item for row in Views(store).history(limit=1)] == [lead(2)]
    assert [row.entry.item for row in Views(store).history(since=minute(1))] == [lead(2)]


def test_the_load_of_one_object_is_told_by_owner(store: SqlStore) -> None:
    store.keep_users([user(ALICE)], T0)
    absorb(store, T0, *(seen(number) for number in range(1, 6)))
    for number, at in ((1, 1), (2, 2), (3, 9)):
        found = looked_at(store).items
        item = next(one for one in found if one.id == lead(number))
        landed(store, under_way(store, [assign(item, ALICE, number)], minute(at)), minute(at))
    store.note([Review(items(store)[lead(5)], GROUP, "why")], T0)
    assert Views(store).loads("Lead") == {ALICE: (3, 3.0), QUEUE: (2, 2.0)}
