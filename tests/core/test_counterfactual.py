"""What would have to change for somebody to get an item: every gate that stops them, the smallest change against each,
and that making exactly that change is enough."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sfassign.core.counterfactual import Kept, WhyNot, why_not_now, why_not_then
from sfassign.core.decision import Assign, Gate, Hold, Rejection, Verdict
from sfassign.core.engine import decide
from sfassign.core.model import Load, Member, Pause, Presence, Snapshot, Turn
from sfassign.core.policy import (
    Availability,
    Caps,
    Hours,
    LoadMeasure,
    LoggedIn,
    MatchPair,
    MatchTest,
    Method,
    Person,
    Policy,
    Ramp,
    ReviewRule,
    Span,
    WorkObject,
)
from tests.core.random_worlds import world
from tests.core.world import (
    NOW,
    Past,
    flight,
    group,
    lead,
    listed,
    load,
    member,
    policy,
    snapshot,
    soql,
    turns,
    user_id,
)

MINUTE = dt.timedelta(minutes=1)
ALICE = user_id("alice")
PRESENT = {"logged_in": NOW, "omni": NOW}
WEEK = {day: (Span(dt.time(14), dt.time(17)),) for day in range(5)}
HOURS = {
    "late": Hours("late", days=WEEK),
    "feast": Hours("feast", days=WEEK, holidays=frozenset({NOW.date()})),
    "never": Hours("never"),
}


def asked(
    alice: Member | None = None,
    of_group: dict[str, Any] | None = None,
    of_policy: dict[str, Any] | None = None,
    of_snapshot: dict[str, Any] | None = None,
    past: tuple[Past, ...] = (),
    **values: Any,
) -> WhyNot:
    """Why Alice does not get the one lead that waits."""
    under = policy(group(**({"members": listed("alice")} | (of_group or {}))), **({"hours": HOURS} | (of_policy or {})))
    people = [alice if alice is not None else member("alice")]
    taken = snapshot([lead(1, values=values)], people, under, past, **(of_snapshot or {}))
    times = tuple((at, name) for at, name, _ in past)
    answer = why_not_now(taken, under, taken.items[0].id, "Alice@acme.example", times)
    assert answer is not None
    return answer


def changes(answer: WhyNot) -> list[tuple[str, str]]:
    return [(one.gate, one.change) for one in answer.obstacles]


def session(minutes_ago: float) -> Presence:
    return Presence(sessions=(("UI", NOW - minutes_ago * MINUTE, NOW + 60 * MINUTE),))


def given_at(*minutes_ago: float, name: str = "Web leads") -> tuple[Past, ...]:
    return tuple((NOW - minutes * MINUTE, name, ALICE) for minutes in sorted(minutes_ago, reverse=True))


SKILLED = (MatchPair("Language__c", "skills", required=True),)
LOGGED_IN = {"available": Availability(logged_in=LoggedIn(30 * MINUTE))}
FULL = {"of_snapshot": {"load": {ALICE: load(28, 15)}}}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"of_group": {"members": listed("alice", enabled=False)}}, ("disabled", "switched on in this group")),
        ({"alice": member("alice", is_frozen=True)}, ("inactive", "the login unfrozen")),
        ({"alice": member("alice", is_active=False)}, ("inactive", "the user active again")),
        (
            {"alice": member("alice", pause=Pause("lunch", NOW + 30 * MINUTE))},
            ("paused", "from 10:30 Europe/London, or 'sfassign resume alice@acme.example'"),
        ),
        (
            {"of_group": LOGGED_IN, "of_snapshot": {"presence_at": {"logged_in": NOW - 3 * MINUTE}}},
            ("presence_stale", "a reading of presence that is not older than 2m"),
        ),
        ({"of_group": LOGGED_IN, "of_snapshot": {"presence_at": PRESENT}}, ("absent", "a live session")),
        (
            {
                "alice": member("alice", presence=session(45)),
                "of_group": LOGGED_IN,
                "of_snapshot": {"presence_at": PRESENT},
            },
            ("absent", "a live session, used within the last 30m"),
        ),
        (
            {"of_group": {"available": Availability(omni=("Available",))}, "of_snapshot": {"presence_at": PRESENT}},
            ("absent", "the Omni status Available, not away"),
        ),
        (
            {"of_group": {"available": Availability(hours="late")}},
            ("off_hours", "from 14:00 Europe/London, when 'late' opens"),
        ),
        ({"of_group": {"available": Availability(hours="never")}}, ("off_hours", "working hours that open")),
        ({"of_group": {"match": SKILLED}, "Language__c".lower(): "German"}, ("mismatch", "the skill German")),
        (
            {
                "of_group": {"match": SKILLED},
                "of_policy": {"people": (Person("alice@acme.example", None, skills=("Dutch",)),)},
                "language__c": "German;Dutch;Welsh",
            },
            ("mismatch", "the skills German and Welsh"),
        ),
        (
            {
                "of_group": {"match": (MatchPair("Size__c", "Max__c", MatchTest.AT_MOST, required=True),)},
                "size__c": 5000,
            },
            ("mismatch", "Max__c of at least 5000"),
        ),
        (
            {
                "of_group": {"match": (MatchPair("Town__c", "Towns__c", MatchTest.ANY, True, 90 * MINUTE),)},
                "town__c": "Bath;York",
            },
            ("mismatch", "Bath or York in Towns__c, or from 10:30 Europe/London, when the pair is dropped"),
        ),
        ({"of_group": {"quota": 15}, **FULL}, ("quota_full", "1 fewer active Lead, or a quota of 16")),
        ({"of_group": {"quota": 13.5}, **FULL}, ("quota_full", "2 fewer active Leads, or a quota of 16")),
        ({"of_group": {"quota": 0}, **FULL}, ("quota_full", "a quota of 16")),
        (
            {"of_group": {"threshold": 28}, **FULL},
            ("threshold_full", "1 point less load, or a threshold of 29"),
        ),
        (
            {"of_group": {"threshold": 0.5}, **FULL},
            ("threshold_full", "a threshold of 29; no load is low enough"),
        ),
        (
            {"of_group": {"caps": Caps(day=2)}, "past": given_at(10, 20)},
            ("cap_reached", "from 2026-11-20 00:00 Europe/London, when its window ends, or a cap of 3"),
        ),
        (
            {"of_group": {"caps": Caps(hour=2, rolling=True)}, "past": given_at(10, 20, 50)},
            ("cap_reached", "from 10:40 Europe/London, when the oldest leave the window, or a cap of 4"),
        ),
        (
            {"of_group": {"ramp": Ramp(2, 10 * MINUTE)}, "past": given_at(1, 4.5, 30, name="Elsewhere")},
            ("ramping", "from 10:06 Europe/London, when the ramp window moves on"),
        ),
        (
            {"of_snapshot": {"refusals": {(ALICE, "Lead"): NOW + 60 * MINUTE}}},
            ("refused", "from 11:00 Europe/London, or 'sfassign resume alice@acme.example' once the org accepts them"),
        ),
    ],
)
def test_every_gate_says_the_smallest_change_that_opens_it(said: dict[str, Any], expected: tuple[str, str]) -> None:
    answer = asked(**said)
    assert changes(answer) == [expected]
    assert (answer.outcome, answer.basis, answer.username) == ("stopped", "now", "alice@acme.example")


def test_a_holiday_ends_when_the_hours_open_next() -> None:
    answer = asked(of_group={"available": Availability(hours="feast")})
    assert changes(answer)[0] == ("holiday", "from 2026-11-20 14:00 Europe/London, when 'feast' opens")


def test_all_gates_that_fail_are_told_and_not_only_the_first() -> None:
    answer = asked(
        member("alice", is_active=False, is_frozen=True, pause=Pause("sick")),
        {"quota": 15, "threshold": 28, "match": SKILLED, "caps": Caps(day=2, week=2)},
        of_snapshot=FULL["of_snapshot"],
        past=given_at(10, 20),
        language__c="German",
    )
    gates = [one.gate for one in answer.obstacles]
    assert gates == [
        *("inactive", "inactive", "paused", "mismatch", "quota_full"),
        *("threshold_full", "cap_reached", "cap_reached"),
    ]
    assert [one.detail for one in answer.obstacles][-1] == "2 of 2 this week (since 2026-11-16 00:00 Europe/London)"


def test_both_the_session_and_the_omni_status_are_told() -> None:
    both = Availability(logged_in=LoggedIn(), omni=("Available",))
    answer = asked(of_group={"available": both}, of_snapshot={"presence_at": PRESENT})
    assert changes(answer) == [("absent", "a live session"), ("absent", "the Omni status Available, not away")]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(1, 3_599), min_size=1, max_size=8), st.integers(1, 4), st.booleans())
def test_from_the_moment_said_a_sliding_limit_lets_them_have_it_and_not_a_minute_before(
    seconds_ago: list[int], limit: int, by_cap: bool
) -> None:
    past = given_at(*(seconds / 60 for seconds in seconds_ago))
    limits: dict[str, Any] = {"caps": Caps(hour=limit, rolling=True)} if by_cap else {"ramp": Ramp(limit, 60 * MINUTE)}
    answer = asked(of_group=limits, past=past)
    assume(answer.outcome == "stopped")
    (obstacle,) = answer.obstacles
    said = re.match(r"from (\d\d):(\d\d) Europe/London, when", obstacle.change)
    assert said is not None
    free = NOW.replace(hour=int(said[1]), minute=int(said[2]))
    under = policy(group(members=listed("alice"), **limits))
    for at, expected in ((free, "alice@acme.example"), (free - 1.02 * MINUTE, None)):
        assert winner(snapshot([lead(1)], [member("alice")], under, past, taken_at=at), under) == expected


def test_what_is_on_its_way_counts_for_the_ramp_too() -> None:
    flights = (flight("alice", decided_at=NOW - 2 * MINUTE), flight("alice", "00Q-more", decided_at=NOW - MINUTE))
    answer = asked(of_group={"ramp": Ramp(2, 10 * MINUTE)}, of_snapshot={"in_flight": flights})
    assert changes(answer) == [("ramping", "from 10:08 Europe/London, when the ramp window moves on")]


def test_somebody_who_is_no_member_is_told_so_and_a_stranger_is_not_known() -> None:
    under = policy(group(members=listed("alice")))
    taken = snapshot([lead(1)], [member("alice"), member("bob")], under)
    bob = why_not_now(taken, under, taken.items[0].id, user_id("bob"))
    assert bob is not None
    assert (bob.outcome, bob.group) == ("no_member", "Web leads")
    assert why_not_now(taken, under, taken.items[0].id, "nobody@acme.example") is None
    nowhere = why_not_now(taken, policy(group(source=soql("Company = 'x'"))), taken.items[0].id, ALICE)
    assert nowhere is not None
    assert nowhere.outcome == "not_taken"


def test_whoever_would_get_it_is_told_so() -> None:
    assert asked().outcome == "theirs"


@pytest.mark.parametrize(
    ("of_group", "of_snapshot", "item", "obstacle"),
    [
        ({}, {"paused_all": Pause("stocktaking")}, {}, ("held", "'sfassign resume --all'")),
        ({}, {"paused_groups": {"Web leads": Pause("x")}}, {}, ("held", "'sfassign resume --group 'Web leads''")),
        ({"hold": 90 * MINUTE}, {}, {}, ("held", "this no longer being so")),
        ({}, {}, {"blocked": "the org refused: X, tried again 11:00 UTC"}, ("held", "this no longer being so")),
    ],
)
def test_what_keeps_the_item_itself_comes_first_and_then_the_person_s_own_gates(
    of_group: dict[str, Any], of_snapshot: dict[str, Any], item: dict[str, Any], obstacle: tuple[str, str]
) -> None:
    under = policy(group(members=listed("alice"), quota=1, **of_group))
    busy = {"load": {ALICE: load(1)}} | of_snapshot
    taken = snapshot([lead(1, **item)], [member("alice")], under, **busy)
    answer = why_not_now(taken, under, taken.items[0].id, ALICE)
    assert answer is not None
    assert changes(answer) == [obstacle, ("quota_full", "1 fewer active Lead, or a quota of 2")]


def test_a_flagged_item_waits_for_its_review() -> None:
    work = WorkObject("Lead", soql("IsConverted = false"), review=(ReviewRule(soql("Email = null"), "no address"),))
    answer = asked(of_policy={"objects": (work,)})
    assert [(one.gate, one.detail) for one in answer.obstacles] == [("review", "no address")]


# who passed, and did not come first


def two(method: Method, measure: LoadMeasure = LoadMeasure.POINTS, **said: Any) -> tuple[Policy, Snapshot]:
    under = policy(group(members=listed("alice", "bob"), method=method, least_loaded=measure))
    return under, snapshot([lead(1)], [member("alice"), member("bob")], under, **said)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (
            LoadMeasure.POINTS,
            (
                "bob@acme.example has 5 points, alice@acme.example has 3 points",
                "2 points less load, or a weight of 1.666667",
            ),
        ),
        (
            LoadMeasure.COUNT,
            ("bob@acme.example has 4 active items, alice@acme.example has 1 active item", "3 active items less"),
        ),
    ],
)
def test_the_one_with_less_work_came_first(measure: LoadMeasure, expected: tuple[str, str]) -> None:
    burdens = {ALICE: load(3, 1), user_id("bob"): load(5, 4)}
    under, taken = two(Method.LEAST_LOADED, measure, load=burdens, rotation=turns("Web leads", "bob", "alice"))
    answer = why_not_now(taken, under, taken.items[0].id, "bob@acme.example")
    assert answer is not None
    assert (answer.figures, answer.change) == expected
    assert (answer.outcome, answer.winner, answer.rank) == ("outranked", "alice@acme.example", 2)


def test_the_one_who_waited_longer_came_first() -> None:
    under, taken = two(Method.ROUND_ROBIN, rotation=turns("Web leads", "alice", "bob"))
    answer = why_not_now(taken, under, taken.items[0].id, "bob@acme.example")
    assert answer is not None
    assert answer.figures == "bob@acme.example had turn no. 2, alice@acme.example had turn no. 1"
    assert answer.change.startswith("it is their turn after 1 more assignment of this group to others")


def test_the_one_with_more_credit_came_first() -> None:
    credit = {
        ("Web leads", ALICE): Turn(1, credit=2_000_000),
        ("Web leads", user_id("bob")): Turn(1, credit=-1_000_000),
    }
    under, taken = two(Method.WEIGHTED_ROUND_ROBIN, rotation=credit)
    answer = why_not_now(taken, under, taken.items[0].id, "bob@acme.example")
    assert answer is not None
    assert answer.figures == "bob@acme.example has credit 0, alice@acme.example 3"
    assert answer.change == (
        "credit higher by 3 (equal credit goes by list order); they gain their weight of 1 with every assignment"
    )


halves = st.integers(0, 40).map(lambda number: number / 2)
measures = st.sampled_from([LoadMeasure.POINTS, LoadMeasure.COUNT, LoadMeasure.SHARE, LoadMeasure.SPARE])
weights = st.sampled_from([1, 2, 4])


@settings(max_examples=150, deadline=None)
@given(measures, halves, halves, st.integers(0, 9), st.integers(0, 9), weights, weights, st.booleans())
def test_making_the_change_is_enough_and_a_little_less_is_not(
    measure: LoadMeasure, own: float, other: float, items: int, others: int, weight: int, heavier: int, longer: bool
) -> None:
    """Bob is to come before Alice: his load is lowered by what the answer says."""
    alice, bob = listed("alice", weight=heavier), listed("bob", weight=weight)
    members = type(alice)(listed=(*(alice.listed or ()), *(bob.listed or ())))
    order = ("bob", "alice") if longer else ("alice", "bob")
    under = policy(group(members=members, method=Method.LEAST_LOADED, least_loaded=measure, threshold=100 * weight))

    def looks(points: float, count: int) -> Snapshot:
        burdens = {user_id("bob"): load(points, count), ALICE: load(other, others)}
        rotation = turns("Web leads", *order)
        return snapshot([lead(1)], [member("alice"), member("bob")], under, load=burdens, rotation=rotation)

    taken = looks(own, items)
    answer = why_not_now(taken, under, taken.items[0].id, "bob@acme.example")
    assert answer is not None
    assume(answer.outcome == "outranked")
    said = re.match(r"(more than )?([0-9.]+) (point|active item)s? less", answer.change)
    assume(said is not None)
    assert said is not None
    more, less = (0.001 if said[1] else 0), float(said[2])
    if said[3] == "point":
        assume(own - less - more >= 0)
        enough, short = looks(own - less - more, items), looks(own - less + 0.001, items)
    else:
        enough, short = looks(own, items - int(less)), looks(own, items - int(less) + 1)
    assert winner(enough, under) == "bob@acme.example"
    assert winner(short, under) == "alice@acme.example"


def winner(taken: Snapshot, under: Policy) -> str | None:
    (decision,) = decide(taken, under).decisions
    return decision.to.username if isinstance(decision, Assign) else None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_on_any_floor_the_first_obstacle_is_the_gate_that_the_decision_told(seed: int) -> None:
    made = world(seed, most_items=5)
    for decision in decide(made.snapshot, made.policy).decisions:
        if not isinstance(decision, Assign | Hold) or decision.diagnosis is None or decision.item.again is not None:
            continue
        for verdict in decision.diagnosis.verdicts():
            if not verdict.user:
                continue
            answer = why_not_now(made.snapshot, made.policy, decision.item.id, verdict.user)
            assert answer is not None
            told = [(one.gate, one.detail) for one in answer.obstacles]
            expected = verdict.rejection
            first = [] if expected is None else [(expected.gate.value, expected.detail)]
            if isinstance(decision, Hold) and decision.waits_for and verdict.user not in decision.waits_for:
                assert told[-1] == ("held", decision.why)
                first = first or told
            assert told[:1] == first
            assert all(one.change for one in answer.obstacles)


# from what was kept


def kept(*verdicts: Verdict, owner: str = ALICE, sentence: str = "", method: str = "least_loaded") -> Kept:
    return Kept(NOW, "Web leads", owner, method, sentence, verdicts)


@pytest.mark.parametrize(
    ("gate", "detail", "change"),
    [
        ("disabled", "switched off in this group", "switched on in this group"),
        ("disabled", "weight 0 gets nothing by least_loaded", "a weight above 0"),
        ("inactive", "the login is frozen", "the login unfrozen"),
        ("paused", "lunch until 10:30 Europe/London", "from 10:30 Europe/London, or resumed before"),
        ("paused", "away until further notice", "resumed before"),
        ("absent", "no live session", "a live session"),
        (
            "absent",
            "last used 09:12 Europe/London, idle limit 30m",
            "a live session, used within the last 30m",
        ),
        ("absent", "Omni status 'Busy', accepted: Available", "the Omni status Available, not away"),
        ("holiday", "2026-12-25 is a holiday in 'office'", "another day than 2026-12-25"),
        (
            "off_hours",
            "outside 'office', open next 14:00 Europe/London",
            "from 14:00 Europe/London, when the working hours opened",
        ),
        ("mismatch", "Language__c 'German' is not all in skills 'Dutch'", "all of Language__c 'German' in skills"),
        ("mismatch", "Size__c 5000 is above Max__c 900", "Max__c of at least Size__c 5000"),
        ("quota_full", "15 of 15 active Lead", "1 fewer active Lead, or a quota of 16"),
        ("threshold_full", "load 28 + 3 > threshold 30", "1 point less load, or a threshold of 31"),
        ("cap_reached", "20 of 20 today (since 00:00 Europe/London)", "1 fewer in that window, or a cap of 21"),
        ("ramping", "5 of 5 over all groups in the last 5m", "1 fewer in those 5m"),
        (
            "refused",
            "Lead refused by the org, tried again 11:00 Europe/London",
            "from 11:00 Europe/London, or an org that accepts them",
        ),
        ("previous_owner", "its last owner", "another owner after them, or a lower exclude_last"),
        ("out_of_office", "until 17:00 Europe/London", "from 17:00 Europe/London, or no such event in their calendar"),
    ],
)
def test_of_an_item_given_away_the_kept_figures_say_what_would_have_let_them_through(
    gate: str, detail: str, change: str
) -> None:
    turned_down = Verdict(user_id("bob"), "bob@acme.example", Rejection(Gate(gate), detail))
    answer = why_not_then(kept(turned_down), "BOB@acme.example")
    assert answer is not None
    assert (answer.basis, answer.outcome) == ("then", "stopped")
    assert [(one.gate, one.detail, one.change) for one in answer.obstacles] == [(gate, detail, change)]


def test_of_an_item_given_away_the_kept_rank_keys_are_set_side_by_side() -> None:
    first = Verdict(ALICE, "alice", None, 1, {"load": 3.0, "items": 1, "weight": 1.0, "last_turn_anywhere": 9})
    second = Verdict(user_id("bob"), "bob", None, 2, {"load": 5.0, "items": 4, "weight": 1.0, "last_turn_anywhere": 2})
    by_points = why_not_then(kept(first, second, sentence="lowest load, 3 points"), "bob")
    by_count = why_not_then(kept(first, second, sentence="fewest active items, 1"), "bob")
    assert by_points is not None
    assert by_count is not None
    assert (by_points.figures, by_count.change) == ("bob has 5 points, alice has 3 points", "3 active items less")
    theirs = why_not_then(kept(first, second), "alice")
    assert theirs is not None
    assert theirs.outcome == "theirs"
    assert why_not_then(kept(first), "bob") is None


def test_a_method_this_module_does_not_know_shows_where_the_keys_differ() -> None:
    first = Verdict(ALICE, "alice", None, 1, {"match": 0.75, "load": 3.0})
    second = Verdict(user_id("bob"), "bob", None, 2, {"match": 0.5, "load": 3.0})
    answer = why_not_then(kept(first, second, method="another"), "bob")
    assert answer is not None
    assert (answer.figures, answer.change) == ("match 0.5 against 0.75", "to come before alice by these")


def test_the_answer_as_json_leaves_nothing_out() -> None:
    document = asked(of_group={"quota": 15}, of_snapshot={"load": {ALICE: Load({"Lead": 15}, {"Lead": 1})}}).as_json()
    assert document == {
        "username": "alice@acme.example",
        "group": "Web leads",
        "basis": "now",
        "outcome": "stopped",
        "at": "2026-11-19T10:00:00Z",
        "obstacles": [
            {
                "gate": "quota_full",
                "detail": "15 of 15 active Lead",
                "change": "1 fewer active Lead, or a quota of 16",
            }
        ],
        "rank": None,
        "winner": None,
        "figures": None,
        "change": None,
        "key": None,
    }
