"""What the store remembers of whom waiting items prefer."""

from __future__ import annotations

from dataclasses import replace

from sfassign.core.journal import OVERFLOW
from sfassign.core.model import Preferred
from sfassign.storage import SqlStore

from .world import ALICE, BOB, QUEUE, T0, absorb, assign, given, items, landed, lead, minute, seen, under_way

KNOWN = {"account_owner": Preferred("O'Neil\x00 株式会社", ALICE), "same_email": Preferred("a@b.c", None)}


def test_what_was_looked_up_stays_with_the_item_while_it_waits_and_changes(store: SqlStore) -> None:
    absorb(store, T0, seen(1), seen(2))
    store.keep_preferred({lead(1): KNOWN})
    absorb(store, minute(1), seen(1, changed=minute(1), values={"company": "New"}))
    kept = items(store, minute(1))
    assert dict(kept[lead(1)].preferred) == KNOWN
    assert dict(kept[lead(2)].preferred) == {}
    store.keep_preferred({lead(1): {"account_owner": Preferred("New", BOB)}})
    assert dict(items(store, minute(2))[lead(1)].preferred) == {"account_owner": Preferred("New", BOB)}


def test_it_is_forgotten_when_the_item_leaves_the_line(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    store.keep_preferred({lead(1): KNOWN})
    absorb(store, minute(1), seen(1, waiting=False))
    store.keep_preferred({lead(1): KNOWN})
    absorb(store, minute(2), seen(1))
    assert dict(items(store, minute(2))[lead(1)].preferred) == {}


def test_it_is_forgotten_when_the_item_was_given_away(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    store.keep_preferred({lead(1): KNOWN})
    given(store, 1, ALICE, turn=1)
    absorb(store, minute(2), seen(1, changed=minute(2)))
    assert dict(items(store, minute(2))[lead(1)].preferred) == {}


def test_the_last_user_we_gave_an_item_to_is_known_also_when_it_went_to_a_queue_since(store: SqlStore) -> None:
    absorb(store, T0, seen(1), seen(2), seen(3))
    given(store, 1, BOB, turn=1)
    absorb(store, minute(1), seen(1, changed=minute(1)))
    given(store, 1, ALICE, turn=2, at=minute(1))
    absorb(store, minute(2), seen(1, changed=minute(2)))
    waiting = items(store, minute(2))
    sent_on = assign(waiting[lead(1)], QUEUE, 0)
    sent_on = replace(sent_on, method=OVERFLOW, to=replace(sent_on.to, username=""))
    landed(store, under_way(store, [sent_on], minute(2)), minute(2))
    under_way(store, [assign(waiting[lead(2)], ALICE, 3)], minute(2))
    assert store.last_users([lead(1), lead(2), lead(3)]) == {lead(1): ALICE}
    assert store.last_given("Lead", [lead(1)]) == {}
