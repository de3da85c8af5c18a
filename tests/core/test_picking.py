"""Who made whom the owner, by the history; what becomes of a pick."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfassign.core.picking import (
    RETURNS_IN_A_DAY,
    OwnerStep,
    Pick,
    PickState,
    first_state,
    is_over,
    is_suspect,
    made_by,
)
from tests.core.world import NOW, user_id

ANN, BOB, ADMIN = (user_id(name) for name in ("ann", "bob", "admin"))
LEAD, QUEUE = "00Q000000000001EAA", "00G000000000001EAA"


def picked(**said: object) -> Pick:
    pick = Pick(
        number=1,
        object="Lead",
        item=LEAD,
        group="Web leads",
        member=ANN,
        owner_before=QUEUE,
        waited_at=NOW.replace(microsecond=900_000),
        guard_at=NOW,
        waiting_since=NOW,
        aging_since=NOW,
        seen_at=NOW,
        how=None,
        state=PickState.SEEN,
    )
    return replace(pick, **said)  # type: ignore[arg-type] # the fields of a Pick


def step(seconds: float, by: str, before: str, after: str, item: str = LEAD) -> OwnerStep:
    return OwnerStep(item, NOW.replace(microsecond=0) + dt.timedelta(seconds=seconds), by, before, after)


HISTORIES = [
    ("nothing is known", [], None),
    ("ann took it", [step(5, ANN, QUEUE, ANN)], ANN),
    ("ann took it within the second in which it was last seen waiting", [step(0, ANN, QUEUE, ANN)], ANN),
    ("an admin gave it to ann", [step(5, ADMIN, QUEUE, ANN)], ADMIN),
    ("bob took it and handed it to ann", [step(5, BOB, QUEUE, BOB), step(9, BOB, BOB, ANN)], BOB),
    (
        "ann gave it away and took it again",
        [step(5, ANN, QUEUE, ANN), step(6, ANN, ANN, BOB), step(7, ANN, BOB, ANN)],
        ANN,
    ),
    ("ann took it, an admin gave it to her again", [step(5, ANN, QUEUE, ANN), step(9, ADMIN, BOB, ANN)], ADMIN),
    ("ann had taken it once, long ago", [step(-60, ANN, QUEUE, ANN)], None),
    ("ann took another lead", [step(5, ANN, QUEUE, ANN, "00Q000000000002EAA")], None),
]


@pytest.mark.parametrize(("steps", "who"), [row[1:] for row in HISTORIES], ids=[row[0] for row in HISTORIES])
def test_the_history_says_who_made_the_present_owner_the_owner(steps: list[OwnerStep], who: str | None) -> None:
    assert made_by(picked(), steps) == who
    assert made_by(picked(), steps[::-1]) == who


changes = st.builds(
    step,
    st.integers(-20, 20),
    st.sampled_from([ANN, BOB, ADMIN]),
    st.just(QUEUE),
    st.sampled_from([ANN, BOB]),
    st.sampled_from([LEAD, "00Q000000000002EAA"]),
)


@given(st.lists(changes, max_size=12), st.randoms())
def test_the_order_of_the_rows_says_nothing_and_only_the_last_change_counts(
    steps: list[OwnerStep], chance: random.Random
) -> None:
    shuffled = list(steps)
    chance.shuffle(shuffled)
    who = made_by(picked(), steps)
    assert made_by(picked(), shuffled) == who
    to_ann = [one for one in steps if (one.item, one.owner) == (LEAD, ANN) and one.at >= NOW]
    assert (who is None) is (not to_ann)
    assert who is None or who in {one.by for one in to_ann if one.at == max(other.at for other in to_ann)}


@pytest.mark.parametrize(
    ("mode", "said", "state"),
    [
        ("report", {}, PickState.REPORTED),
        ("return", {}, PickState.RETURNING),
        ("return", {"returnable": False}, PickState.REPORTED),
        ("return", {"returns": RETURNS_IN_A_DAY - 1}, PickState.RETURNING),
        ("return", {"returns": RETURNS_IN_A_DAY}, PickState.REPORTED),
    ],
)
def test_a_pick_is_reported_or_returned(mode: str, said: dict[str, object], state: PickState) -> None:
    assert first_state(picked(**said), mode) is state


def test_only_members_of_a_group_that_looks_are_suspects() -> None:
    found = [
        (mode, is_suspect(picked(), mode, team)) for mode in ("off", "report", "return") for team in ({ANN}, {BOB})
    ]
    assert [suspect for _, suspect in found] == [False, False, True, False, True, False]


@pytest.mark.parametrize(
    ("mode", "said", "hours", "over"),
    [
        ("return", {}, 0, False),
        ("return", {}, 23.9, False),
        ("return", {}, 24, True),
        ("report", {}, 0, True),
        ("off", {}, 0, True),
        ("return", {"returnable": False}, 0, True),
    ],
)
def test_a_return_that_cannot_be_made_any_more_is_given_up(
    mode: str, said: dict[str, object], hours: float, over: bool
) -> None:
    assert is_over(picked(**said), mode, NOW + dt.timedelta(hours=hours)) is over
