"""Law: GROUP BY ROLLUP and CUBE give what adding up the records by hand gives, level by level."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfassign.emulator import LocalOrg

from .conftest import Clock

Kinds = tuple[str | None, str | None, str | None]
Row = tuple[str | None, str | None, str | None, int, int, int]
FIELDS = ("Rating", "LeadSource", "Industry")
leads = st.lists(
    st.tuples(
        st.sampled_from(["Hot", "Cold", None]), st.sampled_from(["Web", None]), st.sampled_from(["Energy", "Media"])
    ),
    min_size=1,
    max_size=12,
)


def by_hand(rows: list[Kinds], levels: list[tuple[bool, ...]]) -> Counter[Row]:
    """How many records each row of the answer counts: values, then 1 for each field summed over."""
    found: Counter[Row] = Counter()
    for level in levels:
        for row in rows:
            values = [value if kept else None for value, kept in zip(row, level, strict=True)]
            found[(*values, *(int(not kept) for kept in level))] += 1  # type: ignore[index] # three values, three marks
    return found


@pytest.mark.parametrize(
    ("kind", "levels"),
    [
        ("ROLLUP", [(True, True, True), (True, True, False), (True, False, False), (False, False, False)]),
        ("CUBE", list(product((True, False), repeat=3))),
    ],
)
@settings(max_examples=40, deadline=None)
@given(leads)
def test_every_subtotal_counts_the_records_below_it(
    kind: str, levels: list[tuple[bool, ...]], rows: list[Kinds]
) -> None:
    org = LocalOrg(Clock())
    org.bulk_insert("Lead", [{"LastName": "x"} | dict(zip(FIELDS, row, strict=True)) for row in rows])
    marks = ", ".join(f"GROUPING({name}) m{place}" for place, name in enumerate(FIELDS))
    answer = org.query(
        f"SELECT {', '.join(FIELDS)}, {marks}, COUNT(Id) n FROM Lead GROUP BY {kind}({', '.join(FIELDS)})"
    )
    org.close()
    found = Counter({tuple(row[key] for key in (*FIELDS, "m0", "m1", "m2")): row["n"] for row in answer})
    assert found == by_hand(rows, levels)
    assert len(answer) == len(found)
