"""Which items of a line can be served together: as many as can be, and the first in line when not all can.

Items are sets of columns that may take them, columns have room for so many. Taking items greedily in line order, where
those before may be moved but never dropped, is both (the sets that can be served form a matroid). `optimal` asks here.
"""

from __future__ import annotations

from collections.abc import Sequence

from sfassign.core.matching import bits, mask_of


def served_in_line(items: Sequence[Sequence[int]], rooms: Sequence[int], most: int) -> list[bool]:
    """For each item, given by the columns that may take it, whether it is served; `most` items in all."""
    placing = _Placing(rooms)
    found: list[bool] = []
    masks: dict[int, int] = {}
    count = 0
    for columns in items:
        mask = masks.get(id(columns))
        if mask is None:
            mask = masks[id(columns)] = mask_of(columns)
        taken = count < most and placing.take(mask)
        count += taken
        found.append(taken)
    return found


class _Placing:
    """Items placed in columns, by the mask of the columns that may take them."""

    def __init__(self, rooms: Sequence[int]) -> None:
        self._rooms = list(rooms)
        self._spare = mask_of(number for number, room in enumerate(rooms) if room > 0)
        self._placed: list[dict[int, int]] = [{} for _ in rooms]
        self._shut: set[int] = set()

    def take(self, mask: int) -> bool:
        """Place one more; items of a mask for which there was no way once have none ever after."""
        if mask in self._shut:
            return False
        free = mask & self._spare
        if free:
            self._put(mask, (free & -free).bit_length() - 1)
            return True
        if self._by_moving(mask):
            return True
        self._shut.add(mask)
        return False

    def _put(self, mask: int, column: int) -> None:
        self._placed[column][mask] = self._placed[column].get(mask, 0) + 1
        self._rooms[column] -= 1
        if not self._rooms[column]:
            self._spare &= ~(1 << column)

    def _by_moving(self, mask: int) -> bool:
        """Search, nearest first, for a column with room that is reached by moving placed items on."""
        came: dict[int, tuple[int | None, int]] = dict.fromkeys(bits(mask), (None, mask))
        reached, front = mask, list(came)
        while front:
            further: list[int] = []
            for column in front:
                for moved in self._placed[column]:
                    new = moved & ~reached
                    reached |= new
                    for target in bits(new):
                        came[target] = column, moved
                        further.append(target)
            end = next((column for column in further if self._spare >> column & 1), None)
            if end is not None:
                self._shift(came, end)
                return True
            front = further
        return False

    def _shift(self, came: dict[int, tuple[int | None, int]], column: int) -> None:
        """Move one item along each step of the way, the last step first."""
        before, mask = came[column]
        self._put(mask, column)
        while before is not None:
            left = self._placed[before]
            left[mask] -= 1
            if not left[mask]:
                del left[mask]
            at = before
            before, mask = came[at]
            self._placed[at][mask] = self._placed[at].get(mask, 0) + 1
