"""The exact solver of `optimal`: SciPy's linear sum assignment, from the extra `optimal`.

`bootstrap` hands `solve` to the cycle where a policy needs it; `policy` refuses such a policy where it is missing.

SciPy works in doubles. Values are whole numbers and its algorithm (shortest augmenting paths) only adds, subtracts and
compares them, so the result is exact as long as no sum along a path leaves the 53 bits of a double's whole numbers.
What might is not solved. Nothing here depends on time or chance: the same question has the same answer.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[np.int64]

EXACT = 2**53
FEW = 2
"""Places a column gets at first, besides its part of the rows."""
MOST_CELLS = 16_000_000
"""Rows times places of one question: 128 MB of doubles, and seconds of work (which grow faster than the cells)."""


def installed() -> bool:
    return importlib.util.find_spec("scipy") is not None


def solve(values: Sequence[Sequence[int | None]], capacities: Sequence[int]) -> Sequence[int] | None:
    """The column of every row with the greatest sum of values; None where it is too large to be exact.

    `values[row][column]` is None where the row cannot go there, else 0 or more. A column takes at most so many rows as
    its capacity says. Some way to place every row must exist.
    """
    import numpy as np  # noqa: PLC0415 - a second and 60 MB that only policies with `optimal` pay

    most = max((value for row in values for value in row if value is not None), default=0)
    if most * 2 * (len(values) + 1) >= EXACT:
        return None
    table = np.array([[-1 if value is None else value for value in row] for row in values], dtype=np.int64)
    rooms = np.array([min(room, len(values)) for room in capacities], dtype=np.int64)
    placed = np.full(len(values), -1, dtype=np.int64)
    left = _place_the_sure(table, rooms, placed)
    if left.size and not _place_the_rest(table, rooms, placed, left):
        return None
    return [int(column) for column in placed]


def _place_the_sure(table: Array, rooms: Array, placed: Array) -> Array:
    """Rows whose best column has room for everyone who could go there go there; returns the others.

    That takes nothing from anybody, so it is part of some best plan. Without limits it is all there is to do.
    """
    import numpy as np  # noqa: PLC0415

    left = np.arange(len(table))
    while left.size:
        open_rows = table[left]
        ample = rooms >= (open_rows >= 0).sum(axis=0)
        choices = np.where(ample, open_rows, -1)
        sure = (choices.max(axis=1) == open_rows.max(axis=1)) & (choices.max(axis=1) >= 0)
        if not sure.any():
            break
        placed[left[sure]] = choices[sure].argmax(axis=1)
        rooms -= np.bincount(placed[left[sure]], minlength=len(rooms))
        left = left[~sure]
    return left


def _place_the_rest(table: Array, rooms: Array, placed: Array, left: Array) -> bool:
    """An assignment problem: one place for each row that a column can take. False where it is too large.

    Columns get few places at first. One that was not given all of its room and is not full would not be fuller with
    more (its places have the price nothing), so the best plan is found when no such column is full.
    """
    import numpy as np  # noqa: PLC0415

    open_rows = table[left]
    whole = np.minimum(rooms, (open_rows >= 0).sum(axis=0))
    given = np.minimum(whole, FEW + left.size // len(rooms))
    while left.size * int(given.sum()) <= MOST_CELLS:
        columns = _assigned(open_rows, given)
        if columns is None:
            tight = given < whole
        else:
            tight = (given < whole) & (np.bincount(columns, minlength=len(rooms)) == given)
        if columns is not None and not tight.any():
            placed[left] = columns
            return True
        if not tight.any():
            raise ValueError("there is no way to place every row")
        given = np.where(tight, np.minimum(whole, 2 * given), given)
    return False


def _assigned(open_rows: Array, given: Array) -> Array | None:
    """The best column of every row with so many places each; None where these are not enough."""
    import numpy as np  # noqa: PLC0415
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    places = np.repeat(np.arange(len(given)), given)
    if places.size < len(open_rows):
        return None
    costs = np.where(open_rows >= 0, -open_rows.astype(np.float64), np.inf)[:, places]
    try:
        rows, chosen = linear_sum_assignment(costs)
    except ValueError:  # "cost matrix is infeasible": with more places it is not
        return None
    columns: Array = np.empty(len(open_rows), dtype=np.int64)
    columns[rows] = places[chosen]
    return columns
