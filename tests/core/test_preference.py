"""Sticky preference: who gets an item before any rank, whom it waits for, and what is said of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfassign.core.counterfactual import why_not_now, why_not_then
from sfassign.core.decision import Assign, Decision, Hold
from sfassign.core.engine import decide
from sfassign.core.model import Member, Pause, Preferred, WorkItem
from sfassign.core.policy import Availability, Caps, Destination, LoggedIn, MatchPair, Method, Overflow, Policy
from sfassign.core.preference import about, kinds_of, to_look_up
from sfassign.solver import solve
from tests.core.random_worlds import World, nobody_named, world
from tests.core.test_counterfactual import kept
from tests.core.world import (
    NOW,
    group,
    lead,
    listed,
    load,
    member,
    policy,
    snapshot,
    turns,
    user_id,
    winners,
)

MINUTE = dt.timedelta(minutes=1)
HALF_AN_HOUR = 30 * MINUTE
PEOPLE = [member("alice"), member("bob"), member("carol")]
ALL = ("account_owner", "previous_owner", "same_email")
WORKING = Availability(logged_in=LoggedIn())


def wanting(number: int, *, minutes_old: float = 10, **kinds: str | None) -> WorkItem:
    """A lead whose look-ups brought these people."""
    return naming(number, kinds, minutes_old)


def naming(number: int, kinds: Mapping[str, str | None], minutes_old: float = 10) -> WorkItem:
    values = {"company": "Acme", "email": "a@b.c"}
    by = {"account_owner": "Acme", "previous_owner": "00G-web", "same_email": "a@b.c"}
    users = {kind: Preferred(by[kind], None) for kind in ALL}
    users |= {kind: Preferred(by[kind], None if name is None else user_id(name)) for kind, name in kinds.items()}
    return lead(number, minutes_old=minutes_old, values=values, preferred=users)


def sticky(*kinds: str, **said: Any) -> Policy:
    return policy(group(prefer=kinds or ALL, **said))


def decided(under: Policy, *items: WorkItem, people: list[Member] | None = None, **said: Any) -> list[Decision]:
    return list(decide(snapshot(items, people or PEOPLE, under, **said), under, solve).decisions)


def sentence(decision: Decision) -> str:
    assert isinstance(decision, Assign)
    return decision.sentence


@pytest.mark.parametrize("method", list(Method))
def test_whoever_is_preferred_gets_it_before_any_rank_whatever_the_method(method: Method) -> None:
    under = sticky(method=method)
    tired: dict[str, Any] = {
        "load": {user_id("carol"): load(50, 50)},
        "rotation": turns("Web leads", "alice", "bob", "carol"),
    }
    (given,) = decided(under, wanting(1, account_owner="carol"), **tired)
    assert sentence(given) == (
        "Web leads → carol@acme.example by preference: it prefers its account owner carol@acme.example"
        " (3 of 3 could take it)"
    )
    assert isinstance(given, Assign)
    first, *others = given.diagnosis.verdicts()
    assert (first.username, first.rank, first.key["preferred"]) == ("carol@acme.example", 1, "account_owner")
    assert len(first.key) > 1, "the key that ranks the others is shown as well"
    assert [("preferred" in one.key, one.rank) for one in others] == [(False, 2), (False, 3)]


@pytest.mark.parametrize(
    ("prefer", "kinds", "winner"),
    [
        (("account_owner", "same_email"), {"account_owner": "bob", "same_email": "carol"}, "bob"),
        (("same_email", "account_owner"), {"account_owner": "bob", "same_email": "carol"}, "carol"),
        (ALL, {"account_owner": None, "previous_owner": "carol"}, "carol"),
        (ALL, {"account_owner": "zoe", "previous_owner": "bob"}, "bob"),
        (ALL, {"account_owner": "zoe"}, "alice"),
        (("same_email",), {"account_owner": "bob"}, "alice"),
        (ALL, {}, "alice"),
    ],
    ids=[
        "the first kind",
        "in the order of the policy",
        "the next where a kind names nobody",
        "the next where the first is in another group",
        "rank where nobody is a member",
        "rank where only another kind names somebody",
        "rank where nobody is named",
    ],
)
def test_the_first_kind_whose_user_can_take_it_decides(
    prefer: tuple[str, ...], kinds: Mapping[str, str | None], winner: str
) -> None:
    plan = decide(snapshot([naming(1, kinds)], [*PEOPLE, member("zoe")]), sticky(*prefer))
    assert winners(plan) == [winner]


@pytest.mark.parametrize("wait", [0, 30], ids=["without waiting", "waiting for the first"])
def test_the_next_preferred_one_who_can_take_it_gets_it_without_a_wait(wait: int) -> None:
    under = sticky(prefer_wait=wait * MINUTE)
    people = [member("alice"), replace(member("bob"), pause=Pause("lunch", NOW + 5 * MINUTE)), member("carol")]
    (given,) = decided(under, wanting(1, account_owner="bob", previous_owner="carol"), people=people)
    assert "prefers its previous owner carol@acme.example" in sentence(given)


GATES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], str | None]] = [
    ("absent", {}, {"available": WORKING}, {}, "absent: no live session"),
    ("at lunch", {"pause": Pause("lunch", NOW + 5 * MINUTE)}, {}, {}, "paused: lunch until 10:05 Europe/London"),
    ("full", {}, {"quota": 1}, {"load": {user_id("alice"): load(1, 1)}}, "at quota: 1 of 1 active Lead"),
    ("paused for good", {"pause": Pause("left")}, {}, {}, None),
    ("inactive", {"is_active": False}, {}, {}, None),
    ("switched off", {}, {"members": listed("alice", enabled=False)}, {}, None),
    ("no match", {}, {"match": (MatchPair("Company", "Territory__c", required=True),)}, {}, None),
    (
        "no match yet",
        {},
        {"match": (MatchPair("Company", "Territory__c", required=True, relax_after=HALF_AN_HOUR),)},
        {},
        "no match: ",
    ),
]


@pytest.mark.parametrize(
    ("alice", "of_group", "of_snapshot", "said"), [row[1:] for row in GATES], ids=[r[0] for r in GATES]
)
def test_it_waits_for_whom_waiting_can_help_and_for_nobody_else(
    alice: dict[str, Any], of_group: dict[str, Any], of_snapshot: dict[str, Any], said: str | None
) -> None:
    under = sticky(**{"members": listed("alice"), "prefer_wait": HALF_AN_HOUR} | of_group)
    fields: dict[str, Any] = {"presence_at": {"logged_in": NOW}} | of_snapshot
    (held,) = decided(under, wanting(1, account_owner="alice"), people=[member("alice", **alice)], **fields)
    assert isinstance(held, Hold)
    if said is None:
        assert held.waits_for == ()
        assert held.why.startswith("0 of 1 can take it")
    else:
        assert held.why.startswith(f"waits until 10:20 Europe/London for its account owner alice@acme.example ({said}")
        assert (held.waits_for, held.waits_until) == ((user_id("alice"),), NOW + 20 * MINUTE)


@pytest.mark.parametrize(("minutes", "waits"), [(0, True), (29.99, True), (30, False), (31, False)])
def test_the_wait_is_over_when_the_present_spell_has_lasted_so_long(minutes: float, waits: bool) -> None:
    item = replace(wanting(1, minutes_old=600, account_owner="alice"), waiting_since=NOW - minutes * MINUTE)
    people = [member("alice", pause=Pause("lunch", NOW + MINUTE)), member("bob")]
    (found,) = decided(sticky(prefer_wait=HALF_AN_HOUR), item, people=people)
    assert isinstance(found, Hold) is waits
    if not waits:
        assert "bob@acme.example by round_robin" in sentence(found)


def test_nothing_waits_where_the_policy_gives_no_time() -> None:
    people = [member("alice", pause=Pause("lunch", NOW + MINUTE)), member("bob")]
    (found,) = decided(sticky(), wanting(1, account_owner="alice"), people=people)
    assert "bob@acme.example by round_robin" in sentence(found)


def test_nothing_waits_for_somebody_outside_the_group() -> None:
    under = sticky(members=listed("bob"), prefer_wait=HALF_AN_HOUR)
    (found,) = decided(under, wanting(1, account_owner="alice"))
    assert "bob@acme.example by round_robin" in sentence(found)


def test_two_whom_it_waits_for_are_both_named() -> None:
    people = [member(name, pause=Pause("lunch", NOW + MINUTE)) for name in ("alice", "bob")] + [member("carol")]
    under = sticky(prefer_wait=HALF_AN_HOUR)
    (held,) = decided(under, wanting(1, account_owner="bob", same_email="alice"), people=people)
    assert isinstance(held, Hold)
    assert held.waits_for == (user_id("bob"), user_id("alice"))
    assert (
        "for its account owner bob@acme.example (paused: lunch until 10:01 Europe/London) or the owner of" in held.why
    )
    assert held.diagnosis is not None
    assert held.diagnosis.summary() == "1 of 3 can take it: 2 paused"


def test_an_item_that_waits_for_somebody_does_not_overflow_before_the_wait_is_over() -> None:
    overflow = Overflow(5 * MINUTE, Destination(queue="Other"))
    people = [member(name, pause=Pause("lunch", NOW + MINUTE)) for name in ("alice", "bob")]
    for wait, waits_on in ((HALF_AN_HOUR, True), (10 * MINUTE, False)):
        under = sticky(members=listed("alice", "bob"), prefer_wait=wait, overflow=overflow)
        (held,) = decided(under, wanting(1, account_owner="alice"), people=people)
        assert isinstance(held, Hold)
        assert (held.overflow is None, held.waits_for != ()) == (waits_on, waits_on)


@pytest.mark.parametrize(
    ("item", "held"),
    [
        (lead(1, values={"company": "Acme"}), True),
        (lead(1), False),
        (lead(1, values={"company": " "}), False),
        (lead(1, values={"company": "Acme"}, preferred={"account_owner": Preferred("Acme", None)}), False),
        (lead(1, values={"company": "Other"}, preferred={"account_owner": Preferred("Acme", None)}), True),
    ],
    ids=["not looked up", "nothing to look for", "blank", "looked up in vain", "the company changed since"],
)
def test_an_item_waits_until_it_was_looked_up_and_again_when_what_it_goes_by_changed(
    item: WorkItem, held: bool
) -> None:
    (found,) = decided(sticky("account_owner"), item)
    assert isinstance(found, Hold) is held
    if isinstance(found, Hold):
        assert (found.why, found.diagnosis) == ("whom it prefers is still to be looked up (account_owner)", None)


@pytest.mark.parametrize(
    ("kind", "name", "values", "expected"),
    [
        ("account_owner", "Lead", {"company": " Acme ", "accountid": "001"}, "Acme"),
        ("account_owner", "Case", {"company": "Acme", "accountid": "001"}, "001"),
        ("account_owner", "Case", {"accountid": None}, None),
        ("same_email", "Lead", {"email": "a@b.c"}, "a@b.c"),
        ("same_email", "Case", {"suppliedemail": "s@b.c", "contactemail": "c@b.c"}, "s@b.c"),
        ("same_email", "Case", {"suppliedemail": "", "contactemail": "c@b.c"}, "c@b.c"),
        ("previous_owner", "Case", {}, "00G-web"),
    ],
)
def test_what_a_look_up_goes_by(kind: str, name: str, values: dict[str, Any], expected: str | None) -> None:
    item = lead(1, object=name, values=values)
    assert about(item, kind) == expected
    assert to_look_up(item, (kind,)) == (() if expected is None else (kind,))


# what it does to the others -----------------------------------------------------------------------------------------


def test_a_preferred_item_uses_up_turn_cap_and_load_like_any_other() -> None:
    under = sticky(caps=Caps(day=1))
    plan = decided(under, *(wanting(number, account_owner="alice") for number in (1, 2)))
    assert [one.to.username for one in plan if isinstance(one, Assign)] == ["alice@acme.example", "bob@acme.example"]
    under = sticky()
    items = [wanting(1, account_owner="alice"), wanting(2), wanting(3), wanting(4)]
    found = decided(under, *items, rotation=turns("Web leads", "alice", "bob", "carol"))
    assert winners_of(found) == ["alice", "bob", "carol", "alice"]


def winners_of(found: list[Decision]) -> list[str]:
    return [one.to.username.split("@")[0] for one in found if isinstance(one, Assign)]


def test_in_a_weighted_rotation_the_preferred_one_pays_so_that_shares_even_out() -> None:
    under = sticky(method=Method.WEIGHTED_ROUND_ROBIN)
    found = decided(under, wanting(1, account_owner="carol"), *(wanting(number) for number in range(2, 7)))
    assert winners_of(found) == ["carol", "alice", "bob", "alice", "bob", "carol"]
    (first, *_) = found
    assert isinstance(first, Assign)
    million = 1_000_000
    assert dict(first.credit_moves) == {
        user_id("alice"): million,
        user_id("bob"): million,
        user_id("carol"): -2 * million,
    }


def test_by_optimal_the_preferred_are_decided_first_and_the_plan_is_made_for_the_rest() -> None:
    pair = MatchPair("Country", "Territory__c")
    people = [member("alice", values={"territory__c": "UK"}), member("bob", values={"territory__c": "France"})]
    under = sticky("account_owner", method=Method.OPTIMAL, match=(pair,), members=listed("alice", "bob"), quota=1)
    first = wanting(1, minutes_old=20)
    second = wanting(2, minutes_old=10, account_owner="alice")
    items = [replace(one, values={**one.values, "country": "UK"}) for one in (first, second)]
    found = decided(under, *items, people=people)
    assert [one.item.id for one in found] == [items[0].id, items[1].id]
    assert winners_of(found) == ["bob", "alice"]
    assert "in the best plan for 1 items" in sentence(found[0])


# what is said to whoever asks ---------------------------------------------------------------------------------------


def test_who_did_not_get_it_is_told_of_the_preference_now_and_later() -> None:
    under = sticky()
    taken = snapshot([wanting(1, account_owner="bob", same_email="carol")], PEOPLE, under)
    now = why_not_now(taken, under, taken.items[0].id, "alice@acme.example")
    (given,) = decide(taken, under).decisions
    assert isinstance(given, Assign)
    verdicts = given.diagnosis.verdicts()
    later = why_not_then(replace(kept(*verdicts), owner=user_id("bob")), "alice@acme.example")
    for answer in (now, later):
        assert answer is not None
        assert (answer.outcome, answer.rank, answer.winner) == ("outranked", 3, "bob@acme.example")
        assert answer.figures == "the item prefers its account owner bob@acme.example, who passed every gate"
        assert answer.change == "bob@acme.example not passing a gate, or alice@acme.example being its account owner"
    second = why_not_now(taken, under, taken.items[0].id, "carol@acme.example")
    assert second is not None
    assert second.figures.endswith(", before the owner of its e-mail's latest record carol@acme.example")


def test_who_could_take_an_item_that_waits_for_another_is_told_when_it_waits_no_longer() -> None:
    under = sticky(prefer_wait=HALF_AN_HOUR)
    people = [member("alice", pause=Pause("lunch", NOW + 5 * MINUTE)), member("bob", pause=Pause("x")), member("carol")]
    taken = snapshot([wanting(1, account_owner="alice")], people, under)
    told = {
        name: [(one.gate, one.change) for one in answer.obstacles]
        for name in ("alice", "bob", "carol")
        if (answer := why_not_now(taken, under, taken.items[0].id, f"{name}@acme.example")) is not None
    }
    over = ("held", "from 10:20 Europe/London, when it waits no longer")
    assert told == {
        "alice": [("paused", "from 10:05 Europe/London, or 'sfassign resume alice@acme.example'")],
        "bob": [("paused", "'sfassign resume bob@acme.example'"), over],
        "carol": [over],
    }


def test_an_item_still_to_be_looked_up_says_so_before_anything_else() -> None:
    under = sticky("account_owner")
    taken = snapshot([lead(1, values={"company": "Acme"})], PEOPLE, under)
    answer = why_not_now(taken, under, taken.items[0].id, "bob@acme.example")
    assert answer is not None
    assert [(one.gate, one.detail) for one in answer.obstacles] == [
        ("held", "whom it prefers is still to be looked up (account_owner)")
    ]


# laws ---------------------------------------------------------------------------------------------------------------

worlds = st.integers(0, 10**9).map(lambda seed: unforced(world(seed, most_items=25)))
laws = settings(max_examples=150, deadline=None)


def unforced(made: World) -> World:
    """Nobody asked for anything by hand."""
    return replace(made, snapshot=nobody_named(made.snapshot))


def wanted(made: World, decision: Assign | Hold) -> list[str]:
    """Whom the item prefers, by the policy's order."""
    under = next(one for one in made.policy.groups if one.name == decision.group)
    known = [decision.item.preferred.get(kind) for kind in kinds_of(decision.item, under)]
    return [one.user for one in known if one is not None and one.user is not None]


@laws
@given(worlds)
def test_a_preferred_member_who_passes_always_gets_it_and_no_gate_is_overridden(made: World) -> None:
    for one in decide(made.snapshot, made.policy).decisions:
        if isinstance(one, Assign | Hold) and one.diagnosis is not None:
            passing = [verdict.user for verdict in one.diagnosis.verdicts() if verdict.rejection is None]
            first = next((user for user in wanted(made, one) if user in passing), None)
            if isinstance(one, Assign):
                assert one.to.id in passing
                assert first in (None, one.to.id)
            else:
                assert first is None


@laws
@given(worlds)
def test_nothing_is_kept_for_anybody_longer_than_the_policy_says(made: World) -> None:
    for one in decide(made.snapshot, made.policy).decisions:
        if isinstance(one, Hold) and one.waits_for:
            under = next(found for found in made.policy.groups if found.name == one.group)
            assert NOW - one.item.waiting_since < under.prefer_wait
            assert one.waits_until == one.item.waiting_since + under.prefer_wait
            assert one.diagnosis is not None
            gates = {verdict.user: verdict.rejection for verdict in one.diagnosis.verdicts()}
            for user in one.waits_for:
                stopped = gates[user]
                assert stopped is not None
                assert not stopped.lasting
