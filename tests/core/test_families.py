from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sfassign.core.families import family, together

ACCOUNT, PARENT, CASE = "001000000000001AAA", "500000000000001AAA", "500000000000002AAA"


def test_records_of_one_account_are_locked_together() -> None:
    assert family(CASE, {"accountid": ACCOUNT, "parentid": PARENT}) == ACCOUNT


def test_a_case_without_account_is_locked_with_its_parent_and_the_parent_with_itself() -> None:
    assert family(CASE, {"accountid": None, "parentid": PARENT}) == PARENT == family(PARENT, {})


def test_the_first_in_line_brings_its_family_along_and_nobody_else_moves() -> None:
    assert together(["a1", "b1", "a2", "c1", "b2"], lambda name: name[0]) == ["a1", "a2", "b1", "b2", "c1"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers())))
def test_nothing_is_lost_and_a_family_stays_in_order(things: list[tuple[int, int]]) -> None:
    brought = together(things, lambda thing: str(thing[0]))
    assert sorted(brought) == sorted(things)
    for name in {thing[0] for thing in things}:
        assert [one for one in brought if one[0] == name] == [one for one in things if one[0] == name]
    runs = [name for at, (name, _) in enumerate(brought) if at == 0 or brought[at - 1][0] != name]
    assert len(runs) == len(set(runs))
