"""The open milestones of Cases are kept while the Case is followed, and only the earliest is a deadline."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfassign.ports import MILESTONES, MilestoneRow, ObjectNews, Row, Sighting, Sweep
from sfassign.storage import SqlStore

from .world import ALICE, BOB, QUEUE, T0, items, looked_at, minute, user

FIRST, SECOND = "500000000000001AAA", "500000000000002AAA"


def row(number: int, case: str, due: float, is_open: bool = True) -> MilestoneRow:
    return MilestoneRow(f"555{number:012d}AAA", case, minute(due), is_open)


def waits(store: SqlStore, *cases: str) -> None:
    seen = [Sighting(Row("Case", case, QUEUE, T0, T0, None, {"subject": "x"}), True, 1, True) for case in cases]
    store.absorb([ObjectNews("Case", Sweep.DIFFERENCES, tuple(seen))], T0)


def due(store: SqlStore) -> dict[str, object]:
    return {item: found.values.get("milestone") for item, found in items(store).items()}


def test_the_earliest_open_target_stands_among_the_values_of_the_waiting_case(store: SqlStore) -> None:
    waits(store, FIRST, SECOND)
    store.milestones.follow([FIRST, SECOND], [row(1, FIRST, 90), row(2, FIRST, 30), row(3, FIRST, 5, False)], T0)
    assert due(store) == {FIRST: minute(30).isoformat(), SECOND: None}
    assert store.milestones.targets([FIRST, SECOND]) == {FIRST: minute(30)}


def test_changes_move_it_complete_it_and_bring_the_next_one_forward(store: SqlStore) -> None:
    waits(store, FIRST)
    store.milestones.follow([FIRST], [row(1, FIRST, 90), row(2, FIRST, 30)], T0)
    for change, expected in (
        (row(2, FIRST, 40), 40),
        (row(3, FIRST, 20), 20),
        (row(3, FIRST, 20, is_open=False), 40),
        (row(2, FIRST, 40, is_open=False), 90),
    ):
        store.milestones.change([change], minute(1))
        assert due(store) == {FIRST: minute(expected).isoformat()}
    store.milestones.change([row(1, FIRST, 90, is_open=False)], minute(2))
    assert due(store) == {FIRST: None}


def test_changes_of_cases_nobody_follows_are_passed_over(store: SqlStore) -> None:
    store.milestones.change([row(1, FIRST, 90)], minute(1))
    assert store.milestones.followed() == frozenset()
    assert store.milestones.targets([FIRST]) == {}


def test_who_is_not_followed_yet_is_named_those_in_the_line_too(store: SqlStore) -> None:
    waits(store, FIRST)
    assert store.milestones.unfollowed([SECOND]) == (FIRST, SECOND)
    store.milestones.follow([SECOND], [], T0)
    assert store.milestones.unfollowed([SECOND]) == (FIRST,)


def test_readings_follow_on_from_each_other_and_begin_afresh_after_a_pause(store: SqlStore) -> None:
    assert store.milestones.since() is None
    store.milestones.follow([FIRST], [], minute(1))
    store.milestones.follow([SECOND], [], minute(5))
    assert store.milestones.since() == minute(1), "what is known of the first one is no newer"
    store.milestones.change([], minute(6))
    assert store.milestones.since() == store.watermark(MILESTONES) == minute(6)
    store.milestones.unfollow([FIRST, SECOND])
    assert store.milestones.since() is None
    store.milestones.follow([FIRST], [], minute(300))
    assert store.milestones.since() == minute(300)


def test_forgetting_all_forgets_all(store: SqlStore) -> None:
    store.milestones.follow([FIRST, SECOND], [row(1, FIRST, 5)], T0)
    store.milestones.unfollow()
    assert (store.milestones.followed(), looked_at(store).items) == (frozenset(), ())


CHANGES = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 60), st.booleans()), max_size=12)


@given(CHANGES, st.integers(0, 12))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_however_changes_are_cut_into_readings_the_deadline_is_that_of_the_last_state(
    store: SqlStore, changes: list[tuple[int, int, bool]], cut: int
) -> None:
    rows = [row(number, FIRST, at, is_open) for number, at, is_open in changes]
    store.milestones.follow([FIRST], [], T0)
    store.milestones.change(rows[:cut], minute(1))
    store.milestones.change(rows[cut:], minute(2))
    last = {one.id: one for one in rows}
    still_open = [one.target_at for one in last.values() if one.is_open]
    assert store.milestones.targets([FIRST]).get(FIRST) == min(still_open, default=None)


def test_users_are_told_as_they_were_kept(store: SqlStore) -> None:
    assert store.users() == ()
    store.keep_users([user(BOB, "bob"), user(ALICE)], T0)
    assert store.users() == (user(ALICE), user(BOB, "bob"))
