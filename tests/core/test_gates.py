"""Each gate in the words of a manager: who is turned down, with which figures, and whether waiting would help."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sfassign.core.decision import Assign
from sfassign.core.engine import decide
from sfassign.core.membership import membership
from sfassign.core.model import Again, Load, Member, Pause, Presence, Why
from sfassign.core.policy import (
    Availability,
    Caps,
    FieldLimit,
    Hours,
    ListedMember,
    LoadRules,
    LoggedIn,
    MatchPair,
    Members,
    Method,
    Neglect,
    Person,
    Ramp,
    Rule,
    Span,
    WorkObject,
)
from sfassign.core.records import AwayRecord
from tests.core.world import (
    LONDON,
    NOW,
    flight,
    group,
    lead,
    listed,
    load,
    member,
    policy,
    rejected,
    snapshot,
    soql,
    user_id,
)

MINUTE = dt.timedelta(minutes=1)
ALICE = user_id("alice")
ONLY_ALICE = listed("alice")
PRESENT = {"logged_in": NOW, "omni": NOW}
LOGGED_IN = Availability(logged_in=LoggedIn(30 * MINUTE))
OMNI = Availability(omni=("Available", "Available_Cases"))
OFFICE = Hours("office", days={day: (Span(dt.time(9), dt.time(17)),) for day in range(5)})
EVENING = Hours("evening", days={day: (Span(dt.time(18), dt.time(22)),) for day in range(5)})
FEAST = Hours("feast", days=OFFICE.days, holidays=frozenset({NOW.date()}))
HOURS = {"office": OFFICE, "evening": EVENING, "feast": FEAST, "never": Hours("never")}


def verdict(
    alice: Member | None = None,
    of_group: dict[str, Any] | None = None,
    of_policy: dict[str, Any] | None = None,
    of_snapshot: dict[str, Any] | None = None,
    **values: Any,
) -> tuple[str, str, bool] | None:
    """What becomes of Alice for one lead; None: she gets it."""
    under = policy(group(**({"members": ONLY_ALICE} | (of_group or {}))), **({"hours": HOURS} | (of_policy or {})))
    members = [alice if alice is not None else member("alice")]
    plan = decide(snapshot([lead(1, values=values)], members, under, **(of_snapshot or {})), under)
    return rejected(plan.decisions[0]).get("alice")


def session(minutes_ago: float, valid: float = 60, kind: str = "UI") -> Presence:
    return Presence(sessions=((kind, NOW - minutes_ago * MINUTE, NOW + valid * MINUTE),))


def omni(status: str | None, developer_name: str | None = None, away: bool = False) -> Presence:
    return Presence(omni_status=status, omni_developer_name=developer_name, omni_away=away)


def test_somebody_without_any_limit_gets_the_item() -> None:
    assert verdict() is None


def test_a_member_switched_off_in_the_list_gets_nothing() -> None:
    off = {"members": listed("alice", enabled=False)}
    assert verdict(of_group=off) == ("disabled", "switched off in this group", True)


@pytest.mark.parametrize("method", [Method.WEIGHTED_ROUND_ROBIN, Method.LEAST_LOADED])
def test_weight_zero_gets_nothing_where_weights_count(method: Method) -> None:
    zero = {"members": listed("alice", weight=0), "method": method}
    assert verdict(of_group=zero) == ("disabled", f"weight 0 gets nothing by {method.value}", True)


def test_weight_zero_means_nothing_in_plain_rotation() -> None:
    assert verdict(of_group={"members": listed("alice", weight=0)}) is None


@pytest.mark.parametrize(
    ("said", "detail"),
    [({"is_active": False}, "the user is inactive"), ({"is_frozen": True}, "the login is frozen")],
)
def test_an_inactive_or_frozen_user_gets_nothing(said: dict[str, bool], detail: str) -> None:
    assert verdict(member("alice", **said)) == ("inactive", detail, True)


OUT = Availability(out_of_office=True)
TODAY = dt.datetime(2026, 11, 19, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def away(start: dt.datetime, end: dt.datetime, all_day: bool = False) -> AwayRecord:
    return AwayRecord(ALICE, start, end, all_day)


@pytest.mark.parametrize(
    ("zone", "event", "detail"),
    [
        ("Europe/Berlin", away(NOW - MINUTE, NOW + 8 * 60 * MINUTE), "until 19:00 Europe/Berlin"),
        ("Europe/Berlin", away(NOW, NOW + 6 * DAY), "until 2026-11-25 11:00 Europe/Berlin"),
        ("Europe/Berlin", away(NOW - 60 * MINUTE, NOW), None),
        ("Europe/Berlin", away(NOW + MINUTE, NOW + 60 * MINUTE), None),
        ("Europe/Berlin", away(TODAY, TODAY, all_day=True), "until 2026-11-20 00:00 Europe/Berlin"),
        ("Europe/Berlin", away(TODAY - 2 * DAY, TODAY + DAY, all_day=True), "until 2026-11-21 00:00 Europe/Berlin"),
        ("Pacific/Kiritimati", away(TODAY, TODAY, all_day=True), None),
        ("Pacific/Niue", away(TODAY, TODAY, all_day=True), None),
        ("Pacific/Niue", away(TODAY - DAY, TODAY - DAY, all_day=True), "until 2026-11-19 00:00 Pacific/Niue"),
        ("Nowhere/Unknown", away(TODAY, TODAY, all_day=True), "until 2026-11-20 00:00 UTC"),
    ],
)
def test_an_event_makes_its_owner_absent_by_their_own_clock(zone: str, event: AwayRecord, detail: str | None) -> None:
    alice = member("alice", timezone=zone, away=(event,))
    read = {"presence_at": {"out_of_office": NOW}}
    found = verdict(alice, {"available": OUT}, of_snapshot=read)
    assert found == (None if detail is None else ("out_of_office", detail, False))
    assert verdict(alice, of_snapshot=read) is None, "where the group does not ask, nobody is away"


@pytest.mark.parametrize(
    ("read", "detail"),
    [
        ({}, "out-of-office events were never read"),
        ({"out_of_office": NOW - 16 * MINUTE}, "out-of-office events last read 09:44 Europe/London, older than 15m"),
        ({"out_of_office": NOW - 15 * MINUTE}, None),
    ],
)
def test_nobody_counts_as_at_work_by_an_old_calendar(read: dict[str, dt.datetime], detail: str | None) -> None:
    found = verdict(None, {"available": OUT}, of_snapshot={"presence_at": read})
    assert found == (None if detail is None else ("presence_stale", detail, False))


def test_skills_of_the_org_add_to_those_of_people() -> None:
    pair = MatchPair("Product__c", "skills", required=True)
    people = (Person("alice@acme.example", None, skills=("Demo",)),)
    said: dict[str, Any] = {"of_group": {"match": (pair,)}, "of_policy": {"people": people}, "product__c": "Demo;Plant"}
    assert verdict(member("alice", skills=("Plant", "Plant_hire")), **said) is None
    assert (verdict(member("alice"), **said) or ("",))[0] == "mismatch"


def test_a_listed_user_who_does_not_exist_is_named() -> None:
    under = policy(group(members=listed("alice", "nobody")))
    plan = decide(snapshot([lead(1)], [member("alice")], under), under)
    assert rejected(plan.decisions[0]) == {"nobody": ("inactive", "no such user", True)}


@pytest.mark.parametrize(
    ("pause", "expected"),
    [
        (Pause("sick"), ("paused", "sick", True)),
        (Pause("lunch", NOW + 30 * MINUTE), ("paused", "lunch until 10:30 Europe/London", False)),
        (Pause("lunch", NOW), None),
    ],
)
def test_a_paused_member_gets_nothing_until_the_pause_runs_out(pause: Pause, expected: object) -> None:
    assert verdict(member("alice", pause=pause)) == expected


@pytest.mark.parametrize(
    ("read_at", "expected"),
    [
        ({}, ("presence_stale", "presence was never read", False)),
        ({"omni": NOW}, ("presence_stale", "presence was never read", False)),
        (
            {"logged_in": NOW - 3 * MINUTE},
            ("presence_stale", "presence last read 09:57 Europe/London, older than 2m", False),
        ),
        ({"logged_in": NOW - 2 * MINUTE}, None),
    ],
)
def test_nothing_is_assigned_on_old_news(read_at: dict[str, dt.datetime], expected: object) -> None:
    alice = member("alice", presence=session(1))
    assert verdict(alice, {"available": LOGGED_IN}, of_snapshot={"presence_at": read_at}) == expected


def test_old_news_do_not_matter_to_a_group_that_asks_for_no_presence() -> None:
    assert verdict(of_snapshot={"presence_at": {}}) is None


@pytest.mark.parametrize(
    ("presence", "available", "expected"),
    [
        (Presence(), LOGGED_IN, ("absent", "no live session", False)),
        (session(1, valid=0), LOGGED_IN, ("absent", "no live session", False)),
        (session(1, kind="API"), LOGGED_IN, ("absent", "no live session", False)),
        (session(1, kind="API"), Availability(logged_in=LoggedIn(None, ("API",))), None),
        (session(48), LOGGED_IN, ("absent", "last used 09:12 Europe/London, idle limit 30m", False)),
        (session(48), Availability(logged_in=LoggedIn()), None),
        (session(30), LOGGED_IN, None),
        (omni(None), OMNI, ("absent", "no Omni status", False)),
        (omni("Lunch", away=True), OMNI, ("absent", "Omni status 'Lunch' (away)", False)),
        (omni("Available", away=True), OMNI, ("absent", "Omni status 'Available' (away)", False)),
        (omni("Busy"), OMNI, ("absent", "Omni status 'Busy', accepted: Available, Available_Cases", False)),
        (omni("available"), OMNI, None),
        (omni("Available - Cases", "available_cases"), OMNI, None),
    ],
)
def test_only_who_is_there_gets_something(presence: Presence, available: Availability, expected: object) -> None:
    alice = member("alice", presence=presence)
    assert verdict(alice, {"available": available}, of_snapshot={"presence_at": PRESENT}) == expected


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ("office", None),
        ("evening", ("off_hours", "outside 'evening', open next 18:00 Europe/London", False)),
        ("feast", ("holiday", "2026-11-19 is a holiday in 'feast'", False)),
        ("never", ("off_hours", "outside 'never', which never opens", True)),
        ("member", ("off_hours", "outside 'evening', open next 18:00 Europe/London", False)),
    ],
)
def test_outside_working_hours_nobody_gets_anything(hours: str, expected: object) -> None:
    people = {"people": (Person("alice@acme.example", None, hours="evening"),)}
    assert verdict(None, {"available": Availability(hours=hours)}, people | {"hours": HOURS}) == expected


@pytest.mark.parametrize(
    ("asked", "has", "test", "holds"),
    [
        ("German", "german;French", "equals", True),
        ("German;French", "French;German", "equals", True),
        ("German;Welsh", "German", "equals", False),
        ("German;Welsh", "German", "any", True),
        ("Welsh", "German", "any", False),
        (None, None, "equals", True),
        ("", "German", "equals", True),
        ("German", None, "equals", False),
        (5, 5.0, "equals", True),
        (500, 500, "at_most", True),
        (501, 500, "at_most", False),
        (None, 500, "at_most", True),
        (500, None, "at_most", False),
        (500, 500, "at_least", True),
        (499, 500, "at_least", False),
        ("2026-01-31", "2026-02-01", "at_most", True),
        ("2026-02-02", "2026-02-01", "at_most", False),
    ],
)
def test_a_required_pair_holds_or_does_not(asked: object, has: object, test: str, holds: bool) -> None:
    pair = MatchPair("Wants__c", "Has__c", type(MatchPair("", "").test)(test), required=True)
    found = verdict(member("alice", values={"has__c": has}), {"match": (pair,)}, wants__c=asked)
    assert (found is None) is holds
    assert found is None or found[0] == "mismatch"


def test_a_mismatch_names_both_sides() -> None:
    pair = MatchPair("Language__c", "skills", required=True)
    people = {"people": (Person("alice@acme.example", None, skills=("German", "Enterprise")),)}
    found = verdict(None, {"match": (pair,)}, people, language__c="French")
    assert found == ("mismatch", "Language__c 'French' is not all in skills 'German;Enterprise'", True)


@pytest.mark.parametrize(("minutes_old", "gets_it"), [(29, False), (30, True)])
def test_a_required_pair_is_dropped_after_waiting_and_until_then_waiting_helps(minutes_old: int, gets_it: bool) -> None:
    pair = MatchPair("Product__c", "skills", required=True, relax_after=30 * MINUTE)
    under = policy(group(members=ONLY_ALICE, match=(pair,)))
    waiting = lead(1, minutes_old=minutes_old, values={"product__c": "Demo"})
    (decision,) = decide(snapshot([waiting], [member("alice")], under), under).decisions
    found = rejected(decision)
    assert (found == {}) is gets_it
    dropped = "; no longer asked after 30m: Product__c 'Demo' is not all in skills (empty) (1 of 1 could take it)"
    assert (isinstance(decision, Assign) and decision.sentence.endswith(dropped)) is gets_it
    assert gets_it or found["alice"] == ("mismatch", "Product__c 'Demo' is not all in skills (empty)", False)


def test_a_pair_that_is_not_required_turns_nobody_down() -> None:
    assert verdict(of_group={"match": (MatchPair("Country", "Territory__c"),)}, country="Wales") is None


@pytest.mark.parametrize(
    ("quota", "person", "active", "detail"),
    [
        (15, None, 15, "15 of 15 active Lead"),
        (15, None, 14, None),
        (None, {"quota": 16}, 15, "16 of 16 active items"),
        (15, {"quota": 40}, 16, "16 of 15 active Lead"),
        (15, {"object_quotas": {"Lead": 3}}, 3, "3 of 3 active Lead"),
        (FieldLimit("Quota__c"), None, 4, "4 of 4 active Lead"),
        (FieldLimit("Empty__c"), None, 400, None),
    ],
)
def test_a_member_at_their_quota_gets_nothing(quota: Any, person: Any, active: int, detail: str | None) -> None:
    people = {"people": (Person("alice@acme.example", None, **person),)} if person else {}
    alice = member("alice", values={"quota__c": 4, "empty__c": None})
    work = {"load": {ALICE: Load({"Lead": active, "Case": 1, "Unheard_Of__c": 50}, {})}}
    found = verdict(alice, {"quota": quota}, people, work)
    assert found == (None if detail is None else ("quota_full", detail, False))


@pytest.mark.parametrize(
    ("exclude_last", "previous", "turned_down"),
    [
        (1, ("alice",), {"alice"}),
        (1, ("alice", "bob"), {"alice"}),
        (2, ("alice", "bob"), {"alice", "bob"}),
        (0, ("alice",), set()),
        (3, ("alice", "bob", "carol"), set()),
    ],
)
def test_who_had_an_item_last_does_not_get_it_back_unless_nobody_else_is_left(
    exclude_last: int, previous: tuple[str, ...], turned_down: set[str]
) -> None:
    asked = policy(group(neglect=Neglect(MINUTE, exclude_last=exclude_last)))
    item = lead(1, previous=tuple(user_id(name) for name in previous))
    (decision,) = decide(snapshot([item], [member(n) for n in ("alice", "bob", "carol")], asked), asked).decisions
    told = {name: gate for name, (gate, _, _) in rejected(decision).items()}
    assert told == dict.fromkeys(turned_down, "previous_owner")


def test_a_group_without_neglect_gives_an_item_back_to_who_had_it() -> None:
    asked = policy(group(members=listed("alice", "bob")))
    item = lead(1, previous=(ALICE,))
    (decision,) = decide(snapshot([item], [member("alice"), member("bob")], asked), asked).decisions
    assert rejected(decision) == {}


@pytest.mark.parametrize(
    ("bob", "alice_gets_it"),
    [
        ({"is_active": False}, True),
        ({"is_frozen": True}, True),
        ({"values": {"languages__c": "French"}}, True),
        ({"pause": Pause("lunch")}, False),
        ({}, False),
    ],
)
def test_the_last_owner_gets_it_back_only_when_nobody_else_could_ever_take_it(
    bob: dict[str, Any], alice_gets_it: bool
) -> None:
    german = {"values": {"languages__c": "German"}}
    asked = policy(
        group(
            members=listed("alice", "bob"),
            neglect=Neglect(MINUTE),
            match=(MatchPair("Language__c", "Languages__c", required=True),),
        )
    )
    item = lead(1, previous=(ALICE,), values={"language__c": "German"})
    members = [member("alice", **german), member("bob", **(german | bob))]
    (decision,) = decide(snapshot([item], members, asked), asked).decisions
    assert ("alice" not in rejected(decision)) is alice_gets_it


def test_an_item_that_changes_hands_never_stays_with_its_owner_even_when_nobody_else_is_left() -> None:
    asked = policy(group(members=ONLY_ALICE, neglect=Neglect(MINUTE)))
    item = lead(1, owner=ALICE, last_given=ALICE, previous=(ALICE,), again=Again(Why.NEGLECTED, "Web leads"))
    (decision,) = decide(snapshot([item], [member("alice")], asked), asked).decisions
    assert rejected(decision) == {"alice": ("previous_owner", "its last owner", True)}


def test_what_somebody_asked_for_by_hand_is_given_before_the_line_to_whom_they_named() -> None:
    asked = policy(group(members=listed("alice", "bob", "carol"), caps=Caps(day=1)))
    by_hand = lead(9, owner=ALICE, last_given=ALICE, again=Again(Why.BY_HAND, "Web leads", user_id("carol")))
    people = [member(name) for name in ("alice", "bob", "carol")]
    waiting = [lead(number, minutes_old=90) for number in (1, 2, 3)]
    plan = decide(snapshot([*waiting, by_hand], people, asked), asked)
    got = {one.item.id: one.to.name.lower() for one in plan.decisions if isinstance(one, Assign)}
    assert got[by_hand.id] == "carol"
    assert sorted(got.values()) == ["alice", "bob", "carol"]


def test_a_quota_of_zero_in_a_field_is_nothing_for_good() -> None:
    found = verdict(member("alice", values={"quota__c": 0}), {"quota": FieldLimit("Quota__c")})
    assert found == ("quota_full", "0 of 0 active Lead", True)


BIG = WorkObject(
    "Lead", soql("IsConverted = false"), LoadRules(1, (Rule(soql("Rating = 'Hot'"), 2, "Rating = 'Hot'"),))
)


@pytest.mark.parametrize(
    ("threshold", "has", "expected"),
    [
        (30, 27, None),
        (30, 28, ("threshold_full", "load 28 + 3 > threshold 30", False)),
        (30.5, 27.6, ("threshold_full", "load 27.6 + 3 > threshold 30.5", False)),
        (0.6, 0, ("threshold_full", "load 0 + 3 > threshold 0.6", True)),
        (FieldLimit("Workload__c"), 28, ("threshold_full", "load 28 + 3 > threshold 29", False)),
    ],
)
def test_the_items_points_must_fit_under_the_threshold(threshold: Any, has: float, expected: object) -> None:
    alice = member("alice", values={"workload__c": 29})
    found = verdict(alice, {"threshold": threshold}, {"objects": (BIG,)}, {"load": {ALICE: load(has)}}, rating="Hot")
    assert found == expected


def test_a_threshold_of_zero_in_a_field_is_nothing_for_good_even_for_work_without_points() -> None:
    weightless = WorkObject("Lead", soql("IsConverted = false"), LoadRules(0))
    alice = member("alice", values={"workload__c": 0})
    found = verdict(alice, {"threshold": FieldLimit("Workload__c")}, {"objects": (weightless,)})
    assert found == ("threshold_full", "load 0 + 0 > threshold 0", True)


def test_the_tighter_of_the_groups_and_the_persons_threshold_decides() -> None:
    people = {"people": (Person("alice@acme.example", None, threshold=5),)}
    found = verdict(None, {"threshold": 30}, people, {"load": {ALICE: load(5)}})
    assert found == ("threshold_full", "load 5 + 1 > threshold 5", False)


def test_load_counts_every_object_of_the_policy() -> None:
    work = {"load": {ALICE: Load({"Lead": 1, "Case": 1}, {"Lead": 2.0, "Case": 3.0})}}
    assert verdict(None, {"threshold": 5}, None, work) == ("threshold_full", "load 5 + 1 > threshold 5", False)


@pytest.mark.parametrize(
    ("caps", "past_minutes", "detail"),
    [
        (Caps(hour=1), [0], "1 of 1 this hour (since 10:00 Europe/London)"),
        (Caps(hour=1), [1], None),
        (Caps(day=2), [1, 599], "2 of 2 today (since 00:00 Europe/London)"),
        (Caps(day=2), [1, 601], None),
        (Caps(week=1), [60 * 24 * 3], "1 of 1 this week (since 2026-11-16 00:00 Europe/London)"),
        (Caps(week=1), [60 * 24 * 4], None),
        (Caps(month=1), [60 * 24 * 18], "1 of 1 this month (since 2026-11-01 00:00 Europe/London)"),
        (Caps(hour=1, rolling=True), [59], "1 of 1 in the last 1h"),
        (Caps(hour=1, rolling=True), [60], None),
        (Caps(day=1, rolling=True), [60 * 23], "1 of 1 in the last 1d"),
    ],
)
def test_a_cap_counts_the_assignments_of_its_window(caps: Caps, past_minutes: list[int], detail: str | None) -> None:
    under = policy(group(members=ONLY_ALICE, caps=caps))
    past = [(NOW - ago * MINUTE, "Web leads", ALICE) for ago in past_minutes]
    found = rejected(decide(snapshot([lead(1)], [member("alice")], under, past), under).decisions[0])
    assert found == ({} if detail is None else {"alice": ("cap_reached", detail, False)})


@pytest.mark.parametrize(
    ("person", "of_group", "past", "detail"),
    [
        (Caps(day=2), {}, [("Web leads", "alice"), ("Other", "alice")],
         "2 of 2 over all groups today (since 00:00 Europe/London)"),
        (Caps(), {"caps": Caps(day=2)}, [("Web leads", "alice"), ("Other", "alice")], None),
        (Caps(), {"group_caps": Caps(day=2)}, [("Web leads", "bob"), ("Web leads", "carol")],
         "2 of 2 for the whole group today (since 00:00 Europe/London)"),
        (Caps(), {"group_caps": Caps(day=2)}, [("Web leads", "bob"), ("Other", "carol")], None),
    ],
)  # fmt: skip
def test_caps_of_members_people_and_groups_count_each_their_own(
    person: Caps, of_group: dict[str, Any], past: list[tuple[str, str]], detail: str | None
) -> None:
    under = policy(
        group(**({"members": ONLY_ALICE} | of_group)), people=(Person("alice@acme.example", None, caps=person),)
    )
    settled = [(NOW - MINUTE, name, user_id(user)) for name, user in past]
    found = rejected(decide(snapshot([lead(1)], [member("alice")], under, settled), under).decisions[0])
    assert found == ({} if detail is None else {"alice": ("cap_reached", detail, False)})


def test_the_lists_cap_holds_where_it_gives_one_and_the_groups_elsewhere() -> None:
    members = Members(listed=(ListedMember("alice@acme.example", caps=Caps(day=1)), ListedMember("bob@acme.example")))
    under = policy(group(members=members, caps=Caps(hour=3, day=2)))
    plan = decide(snapshot([lead(n) for n in range(4)], [member("alice"), member("bob")], under), under)
    assert rejected(plan.decisions[-1]) == {
        "alice": ("cap_reached", "1 of 1 today (since 00:00 Europe/London)", False),
        "bob": ("cap_reached", "2 of 2 today (since 00:00 Europe/London)", False),
    }


def test_the_flood_guard_counts_what_one_person_got_in_all_groups() -> None:
    under = policy(group(members=ONLY_ALICE, ramp=Ramp(3, 10 * MINUTE)))
    past = [(NOW - ago * MINUTE, "Other", ALICE) for ago in (1, 2, 9, 10, 11)]
    found = rejected(decide(snapshot([lead(1)], [member("alice")], under, past), under).decisions[0])
    assert found == {"alice": ("ramping", "3 of 3 over all groups in the last 10m", False)}


def test_a_refused_owner_is_tried_again_after_the_back_off() -> None:
    until = {(ALICE, "Lead"): NOW + 60 * MINUTE, (ALICE, "Case"): NOW + 60 * MINUTE}
    expected = ("refused", "Lead refused by the org, tried again 11:00 Europe/London", False)
    assert verdict(of_snapshot={"refusals": until}) == expected
    assert verdict(of_snapshot={"refusals": {(ALICE, "Lead"): NOW}}) is None
    assert verdict(of_snapshot={"refusals": {(ALICE, "Case"): NOW + MINUTE}}) is None


@pytest.mark.parametrize(
    ("of_group", "gate"),
    [
        ({"quota": 1}, "quota_full"),
        ({"threshold": 1}, "threshold_full"),
        ({"caps": Caps(day=1)}, "cap_reached"),
        ({"ramp": Ramp(1, 5 * MINUTE)}, "ramping"),
        ({"group_caps": Caps(day=1)}, "cap_reached"),
    ],
)
def test_what_is_in_flight_counts_against_every_limit(of_group: dict[str, Any], gate: str) -> None:
    found = verdict(None, of_group, of_snapshot={"in_flight": (flight("alice"),)})
    assert found is not None
    assert found[0] == gate


@pytest.mark.parametrize(
    "of_group",
    [{"quota": 2}, {"threshold": 2}, {"caps": Caps(day=2)}, {"ramp": Ramp(2, 5 * MINUTE)}, {"group_caps": Caps(day=2)}],
)
def test_what_this_plan_gives_counts_at_once_against_every_limit(of_group: dict[str, Any]) -> None:
    under = policy(group(**({"members": ONLY_ALICE} | of_group)))
    plan = decide(snapshot([lead(n) for n in range(5)], [member("alice")], under), under)
    assert [bool(rejected(decision)) for decision in plan.decisions] == [False, False, True, True, True]


def test_the_first_gate_that_fails_is_the_reason() -> None:
    alice = member("alice", is_active=False, pause=Pause("sick"))
    assert verdict(alice, {"quota": 1}, of_snapshot={"load": {ALICE: load(5)}}) == (
        "inactive",
        "the user is inactive",
        True,
    )


def test_members_by_condition_stand_in_the_order_of_their_usernames_and_queues_take_resolved_users() -> None:
    everyone = [member("Carol"), member("alice"), member("bob", is_active=False)]
    under = policy(
        group("by condition", Members(condition=soql("IsActive = true"))),
        group("by queue", Members(queue="Web"), source=soql("Owner.Name = 'B'")),
        group("by list", listed("BOB", "alice", "bob"), source=soql("Owner.Name = 'C'")),
    )
    found = membership(under, everyone, NOW, LONDON, {"by queue": frozenset({user_id("bob")})})
    assert {name: [one.name for one in members] for name, members in found.items()} == {
        "by condition": ["Alice", "Carol"],
        "by queue": ["Bob"],
        "by list": ["Bob", "Alice"],
    }
