"""Which decisions of an item can be taken back, by its journal alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfassign.core.journal import UNDO, Entry, State
from sfassign.core.unwinding import Unwound, standing, unwind

SAME = "it is with the owner it had before"
T0 = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)


def at(number: int) -> dt.datetime:
    return T0 + dt.timedelta(minutes=number)


def change(number: int, before: str, after: str, undoes: int | None = None) -> Entry:
    """One owner change that landed; it saw the record as the change before had left it."""
    return Entry(
        id=number,
        object="Lead",
        item="00Q000000000001EAA",
        group="Web leads",
        seen_owner=before,
        seen_at=at(number - 1),
        owner=after,
        owner_username=after,
        method="round_robin" if undoes is None else UNDO,
        score=0.0,
        tier=None,
        points=1.0,
        turn=number,
        decided_at=at(number),
        waiting_since=T0,
        aging_since=T0,
        policy_hash="sha256:0",
        state=State.CONFIRMED,
        landed_at=at(number),
        undoes=undoes,
    )


def chain(*owners: str) -> list[Entry]:
    return [change(n, before, after) for n, (before, after) in enumerate(pairwise(owners), 1)]


def taken(unwound: Unwound) -> list[int]:
    return [] if unwound.unwinding is None else [entry.id for entry in unwound.unwinding.entries]


@pytest.mark.parametrize(
    ("owners", "asked", "back", "back_to", "kept"),
    [
        ("q ann", {1}, [1], "q", []),
        ("q ann bob", {2}, [2], "ann", []),
        ("q ann bob", {1, 2}, [2, 1], "q", []),
        ("q ann bob", {1}, [], None, [(1, "decision 2 came after it; name that one too")]),
        ("q ann bob cyd", {1, 3}, [3], "bob", [(1, "decision 2 came in between; name that one too")]),
        ("q ann q", {1, 2}, [], None, [(2, SAME), (1, SAME)]),
    ],
)
def test_taking_back_goes_from_the_newest_end_as_far_as_was_asked(
    owners: str, asked: set[int], back: list[int], back_to: str | None, kept: list[tuple[int, str]]
) -> None:
    unwound = unwind(chain(*owners.split()), frozenset(asked))
    assert taken(unwound) == back
    assert (unwound.unwinding.back_to if unwound.unwinding else None) == back_to
    assert [(entry.id, why) for entry, why in unwound.kept] == kept


def test_what_an_undo_took_back_does_not_stand_and_what_came_before_it_does() -> None:
    history = [*chain("q", "ann", "bob"), change(3, "bob", "ann", undoes=2), change(4, "ann", "cyd")]
    assert [entry.id for entry in standing(history)] == [4, 1]
    unwound = unwind(history, frozenset({1, 2, 4}))
    assert (taken(unwound), [entry.id for entry in unwound.over]) == ([4, 1], [2])


def test_an_undo_that_came_back_to_the_same_owner_is_known_by_how_far_it_went() -> None:
    history = [*chain("q", "ann", "q", "bob"), change(4, "bob", "q", undoes=1)]
    assert standing(history) == ()


def test_an_owner_changed_by_somebody_else_ends_it() -> None:
    first, second = chain("q", "ann", "bob")
    history = [first, replace(second, seen_owner="eve")]
    unwound = unwind(history, frozenset({1, 2}))
    assert taken(unwound) == [2]
    assert [why for _, why in unwound.kept] == ["between it and decision 2 somebody else changed the owner"]


@pytest.mark.parametrize("late", [True, False])
def test_work_on_the_record_in_between_ends_it(late: bool) -> None:
    first, second = chain("q", "ann", "bob")
    landed_at = None if late else first.landed_at
    second = second if late else replace(second, seen_at=at(1) + dt.timedelta(seconds=1))
    unwound = unwind([replace(first, landed_at=landed_at), second], frozenset({1, 2}))
    assert (taken(unwound), [entry.id for entry, _ in unwound.kept]) == ([2], [1])


def test_an_owner_who_had_got_it_from_us_is_told_apart_from_a_queue() -> None:
    history = chain("q", "ann", "bob")
    for asked, before in ((frozenset({2}), True), (frozenset({1, 2}), False)):
        unwinding = unwind(history, asked).unwinding
        assert unwinding is not None
        assert unwinding.given_before is before


steps = st.lists(st.tuples(st.booleans(), st.sampled_from("abc"), st.integers(1, 4)), min_size=1, max_size=12)


def lived(plan: Sequence[tuple[bool, str, int]]) -> list[Entry]:
    """A history of gifts and undos, each undo of the newest few decisions that stand."""
    history: list[Entry] = []
    for undone, owner, count in plan:
        number, now = len(history) + 1, history[-1].owner if history else "q"
        stand = standing(history)
        if undone and stand:
            oldest = stand[min(count, len(stand)) - 1]
            if oldest.seen_owner != now:
                history.append(change(number, now, oldest.seen_owner, undoes=oldest.id))
        elif not undone and owner != now:
            history.append(change(number, now, owner))
    return history


@given(steps, st.integers(1, 4))
def test_law_after_an_undo_the_owner_is_as_if_the_decisions_had_never_been(
    plan: Sequence[tuple[bool, str, int]], count: int
) -> None:
    history = lived(plan)
    asked = frozenset(entry.id for entry in standing(history)[:count])
    unwound = unwind(history, asked)
    if unwound.unwinding is None:
        return
    left = [entry for entry in standing(history) if entry.id not in asked]
    assert unwound.unwinding.back_to == (left[0].owner if left else "q")
    assert unwound.unwinding.last == history[-1]
    number = len(history) + 1
    after = [*history, change(number, history[-1].owner, unwound.unwinding.back_to, unwound.unwinding.oldest.id)]
    assert standing(after) == tuple(left)
    again = unwind(after, asked)
    assert again == Unwound(None, over=tuple(entry for entry in after if entry.id in asked))
