"""Who may be a member, who is there, who is paused, and everybody's place in the rotation."""

from __future__ import annotations

import dataclasses

import pytest

from sfassign.core.model import Pause, Presence, Turn, Window
from sfassign.errors import WrongOrg
from sfassign.ports import OmniRow, OrgFacts, SessionRow
from sfassign.storage import SqlStore

from .world import ALICE, BOB, CARL, GROUP, T0, absorb, given, looked_at, minute, seen, user

ACME = OrgFacts("00D000000000001AAA", "Acme", "Europe/London", False)


def test_a_database_belongs_to_one_org(store: SqlStore) -> None:
    assert looked_at(store).org_timezone == "UTC"
    store.bind_org(ACME)
    store.bind_org(dataclasses.replace(ACME, name="Acme Ltd"))
    assert looked_at(store).org_timezone == "Europe/London"
    with pytest.raises(WrongOrg, match="Acme Ltd"):
        store.bind_org(dataclasses.replace(ACME, id="00D000000000002AAA"))


def test_facts_are_kept_and_replaced(store: SqlStore) -> None:
    assert store.fact("shapes") is None
    store.keep_fact("shapes", "one")
    store.keep_fact("shapes", "two")
    assert store.fact("shapes") == "two"


def test_the_snapshot_shows_users_as_the_org_last_did(store: SqlStore) -> None:
    store.keep_users([user(ALICE), user(BOB, "bob")], T0)
    store.keep_frozen(frozenset({BOB}))
    store.keep_sessions([SessionRow(ALICE, "UI", minute(-3), minute(120))], minute(1))
    store.keep_omni([OmniRow(BOB, "On a break", "Break", True)], minute(2))
    snapshot = looked_at(store)
    alice, bob = snapshot.members
    assert (alice.username, alice.values, alice.is_frozen) == ("alice@acme.example", {"department": "Sales"}, False)
    assert alice.presence == Presence((("UI", minute(-3), minute(120)),))
    assert bob.is_frozen
    assert bob.presence == Presence((), "On a break", "Break", True)
    assert snapshot.presence_at == {"logged_in": minute(1), "omni": minute(2)}


def test_who_is_no_longer_listed_is_forgotten_but_keeps_their_place(store: SqlStore) -> None:
    store.keep_users([user(ALICE), user(BOB, "bob")], T0)
    store.join({GROUP: [ALICE, BOB]}, {})
    store.keep_users([user(BOB, "robert")], minute(1))
    snapshot = looked_at(store)
    assert [member.username for member in snapshot.members] == ["robert@acme.example"]
    assert (GROUP, ALICE) in snapshot.rotation


def test_presence_never_read_is_missing(store: SqlStore) -> None:
    assert looked_at(store).presence_at == {}
    store.keep_sessions([], T0)
    assert looked_at(store).presence_at == {"logged_in": T0}


def test_pauses_hold_until_their_time(store: SqlStore) -> None:
    store.keep_users([user(ALICE)], T0)
    store.pause("user", ALICE, Pause("holiday", minute(10)))
    store.pause("group", GROUP, Pause("stock-taking"))
    store.pause("all", "", Pause("migration", minute(5)))
    early, late = looked_at(store, minute(1)), looked_at(store, minute(10))
    assert early.members[0].pause == Pause("holiday", minute(10))
    assert early.paused_all == Pause("migration", minute(5))
    assert late.members[0].pause is None
    assert late.paused_all is None
    assert early.paused_groups == late.paused_groups == {GROUP: Pause("stock-taking")}


@pytest.mark.parametrize(("kind", "target"), [("user", ALICE), ("group", GROUP), ("all", "")])
def test_resume_ends_a_pause_and_a_second_pause_replaces_the_first(store: SqlStore, kind: str, target: str) -> None:
    store.keep_users([user(ALICE)], T0)

    def pauses() -> list[Pause]:
        snapshot = looked_at(store)
        found = [snapshot.members[0].pause, snapshot.paused_groups.get(GROUP), snapshot.paused_all]
        return [pause for pause in found if pause is not None]

    store.pause(kind, target, Pause("first"))
    store.pause(kind, target, Pause("second"))
    assert pauses() == [Pause("second")]
    store.pause(kind, target, None)
    assert pauses() == []


def test_someone_new_joins_at_the_back(store: SqlStore) -> None:
    absorb(store, T0, seen(1), seen(2))
    store.join({GROUP: [ALICE]}, {})
    given(store, 1, ALICE, 8)
    store.join({GROUP: [ALICE, BOB]}, {})
    assert looked_at(store).rotation == {(GROUP, ALICE): Turn(8), (GROUP, BOB): Turn(8, joined=True)}
    given(store, 2, BOB, 9)
    assert looked_at(store).rotation[GROUP, BOB] == Turn(9)


def test_leaving_and_coming_back_moves_nobody(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    store.join({GROUP: [ALICE, BOB]}, {})
    given(store, 1, ALICE, 3)
    before = looked_at(store).rotation
    store.join({GROUP: [BOB]}, {})
    store.join({GROUP: [CARL, BOB, ALICE]}, {})
    assert looked_at(store).rotation == {**before, (GROUP, CARL): Turn(3, joined=True)}


def test_a_renamed_group_keeps_rotation_caps_and_pause(store: SqlStore) -> None:
    absorb(store, T0, seen(1))
    store.join({GROUP: [ALICE]}, {})
    store.pause("group", GROUP, Pause("later"))
    given(store, 1, ALICE, 4)
    for _ in range(2):
        store.join({"Leads": [ALICE]}, {"Leads": GROUP})
    snapshot = store.snapshot(T0, [Window(T0)])
    assert snapshot.rotation == {("Leads", ALICE): Turn(4)}
    assert snapshot.given[Window(T0)] == {("Leads", ALICE): 1}
    assert snapshot.paused_groups == {"Leads": Pause("later")}


def test_a_chain_of_renames_moves_every_group_one_step(store: SqlStore) -> None:
    store.join({"A": [ALICE], "B": [BOB]}, {})
    for _ in range(2):
        store.join({"B": [ALICE], "C": [BOB]}, {"B": "A", "C": "B"})
        assert set(looked_at(store).rotation) == {("B", ALICE), ("C", BOB)}


def test_a_rename_takes_nothing_from_a_group_that_still_exists(store: SqlStore) -> None:
    store.join({"A": [ALICE]}, {})
    store.join({"A": [ALICE], "B": [BOB]}, {"B": "A"})
    assert set(looked_at(store).rotation) == {("A", ALICE), ("B", BOB)}


def test_cycles_are_numbered_and_the_last_completed_one_is_known(store: SqlStore) -> None:
    assert store.last_completed() is None
    first = store.begin_cycle(T0)
    store.end_cycle(first, minute(1), '{"cycle": 1}')
    assert store.begin_cycle(minute(2)) == first + 1
    assert store.last_completed() == minute(1)


def test_several_facts_are_kept_at_once(store: SqlStore) -> None:
    store.keep_facts({})
    store.keep_facts({"one": "1", "two": "2"})
    assert (store.fact("one"), store.fact("two")) == ("1", "2")


def test_load_sums_are_told_by_object_and_owner(store: SqlStore) -> None:
    absorb(store, T0, seen(1, owner=ALICE, points=2.5), seen(2, owner=ALICE), seen(3, owner=BOB, points=0.1))
    assert store.load_sums() == {("Lead", ALICE): (2, 3.5), ("Lead", BOB): (1, 0.1)}


@pytest.mark.parametrize("named", ["ALICE@acme.example", ALICE, ALICE[:15]])
def test_a_user_is_found_by_username_or_id(store: SqlStore, named: str) -> None:
    store.keep_users([user(ALICE), user(BOB, "bob")], T0)
    assert store.find_user(named) == user(ALICE)
    assert store.find_user("nobody@acme.example") is None
