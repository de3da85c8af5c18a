"""What the store remembers of fields it wrote, of overflows and of children still to follow."""

from __future__ import annotations

from dataclasses import replace

from sfassign.core.decision import Assign, NoteKind, Plan
from sfassign.core.journal import OVERFLOW, RETURN, Event
from sfassign.core.model import Noted, Turn, Why, Window, WorkItem
from sfassign.ports import NoteKept, NoteState, Settlement
from sfassign.storage import SqlStore

from .world import ALICE, GROUP, QUEUE, T0, absorb, assign, lead, minute, seen

INTAKE = "005" + "i" * 15


def plan_of(*assigns: Assign) -> Plan:
    return Plan(T0, "sha256:abc", assigns)


def kept(number: int, kind: NoteKind = NoteKind.REVIEW, state: NoteState = NoteState.WRITTEN) -> NoteKept:
    return NoteKept(
        lead(number), "Lead", GROUP, kind, "no\x00 e-mail", minute(1), state, {"Flag__c": True, "Why__c": "'"}
    )


def test_a_note_is_known_to_the_engine_once_the_org_has_answered(store: SqlStore) -> None:
    absorb(store, T0, seen(1), seen(2))
    store.keep_notes([kept(1), kept(2, NoteKind.NOT_ASSIGNED, NoteState.SENT)])
    first, second = store.snapshot(minute(2), ()).items
    assert first.flagged == Noted("no e-mail", minute(1))
    assert (first.unassigned, second.flagged, second.unassigned) == (None, None, None)
    store.keep_notes([kept(2, NoteKind.NOT_ASSIGNED, NoteState.REFUSED)])
    assert store.snapshot(minute(2), ()).items[1].unassigned == Noted("no e-mail", minute(1))


def test_what_a_review_wrote_is_remembered_when_the_item_left_the_line(store: SqlStore) -> None:
    absorb(store, T0, seen(1), seen(2))
    store.keep_notes([kept(1), kept(2, NoteKind.NOT_ASSIGNED)])
    absorb(store, minute(1), seen(1, waiting=False), seen(2, waiting=False))
    store.end_cycle(store.begin_cycle(minute(1)), minute(2), "{}")
    (note,) = store.review_notes()
    assert (note.item, dict(note.values), note.state) == (lead(1), {"Flag__c": True, "Why__c": "'"}, NoteState.WRITTEN)
    absorb(store, minute(3), seen(2))
    assert store.snapshot(minute(4), ()).items[0].unassigned is None
    store.drop_notes([(lead(1), NoteKind.REVIEW)])
    assert store.review_notes() == ()


def test_an_overflow_lasts_while_the_item_waits_and_follows_a_renamed_group(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    store.overflow({lead(1): (GROUP, "Everyone else")})
    store.join({GROUP: [ALICE]}, {})
    absorb(store, minute(1), seen(1, changed=minute(1)))
    assert store.snapshot(minute(1), ()).items[0].overflowed == (GROUP, "Everyone else")
    store.join({"Website": [ALICE]}, {"Website": GROUP})
    assert store.snapshot(minute(1), ()).items[0].overflowed == ("Website", "Everyone else")
    absorb(store, minute(2), seen(1, waiting=False))
    absorb(store, minute(3), seen(1))
    assert store.snapshot(minute(3), ()).items[0].overflowed is None


def test_children_are_due_once_the_owner_has_landed_and_only_then(store: SqlStore) -> None:
    absorb(store, T0, seen(1), seen(2), seen(3))
    items = store.snapshot(T0, ()).items
    assigns = [replace(assign(item, ALICE, turn), children=("Task",)) for turn, item in enumerate(items, start=1)]
    entries = store.plan(assigns, plan_of(*assigns), {item.id: T0 for item in items}, False)
    assert store.child_moves() == ()
    store.sent([entry.id for entry in entries], T0)
    landed, refused, _ = entries
    store.settle([Settlement(landed.id, Event.LANDED, T0), Settlement(refused.id, Event.REFUSED, T0)])
    (move,) = store.child_moves()
    assert (move.entry.id, move.entry.seen_owner, move.children) == (landed.id, QUEUE, ("Task",))
    store.children_done([landed.id])
    assert store.child_moves() == ()
    store.settle([Settlement(entries[2].id, Event.LANDED, T0)])
    assert [move.entry.id for move in store.child_moves()] == [entries[2].id]


def test_what_is_sent_on_is_in_nobodys_cap_or_turn(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    store.join({GROUP: [ALICE]}, {})
    (item,) = store.snapshot(T0, ()).items
    sending = replace(assign(item, ALICE, 0), method=OVERFLOW)
    (entry,) = store.plan([sending], plan_of(sending), {item.id: T0}, False)
    during = store.snapshot(T0, ())
    assert during.in_flight == ()
    assert during.items[0].blocked == "a write is under way"
    store.sent([entry.id], T0)
    store.settle([Settlement(entry.id, Event.LANDED, T0)])
    after = store.snapshot(minute(1), (Window(T0),))
    assert after.given == {Window(T0): {}}
    assert after.rotation == {(GROUP, ALICE): Turn(0, joined=True)}
    assert store.last_given("Lead", [item.id]) == {item.id: ALICE}


def given_to(store: SqlStore, item: WorkItem, method: str, owner: str, at: int) -> None:
    """The item is given to somebody by us, and the org says so."""
    giving = replace(assign(item, owner, 0), method=method, why=Why.RETURNED if method == RETURN else None)
    (entry,) = store.plan([giving], plan_of(giving), {item.id: T0}, False)
    store.sent([entry.id], minute(at))
    store.settle([Settlement(entry.id, Event.LANDED, minute(at))])


def test_what_was_given_back_to_an_intake_user_waits_again_and_remembers_who_had_it(store: SqlStore) -> None:
    absorb(store, T0, seen(1, owner=INTAKE))
    (item,) = store.snapshot(T0, ()).items
    given_to(store, item, "round_robin", ALICE, 0)
    given_to(store, replace(item, owner=ALICE), RETURN, INTAKE, 1)
    assert store.last_given("Lead", [item.id]) == {}
    absorb(store, minute(2), seen(1, owner=INTAKE))
    (again,) = store.snapshot(minute(2), ()).items
    assert again.previous == (ALICE,)
    assert store.previous_owners([item.id, "00Qnobody"]) == {item.id: (ALICE,)}
    assert store.snapshot(minute(2), (Window(T0),)).given == {Window(T0): {(GROUP, ALICE): 1}}
