"""Required pairs: does the member have what the item asks for?

Values are compared as sets of folded texts (a multi-select picklist is several values), `at_most` and `at_least` by
number, or by text where both are text (ISO dates). An item's empty attribute says nothing, so the pair holds; a
member's empty one does not hold. For speed every item value is first reduced to a bucket: values that the same members
satisfy share one, so that the members are looked at once per bucket and not once per item.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_

from sfassign.core.durations import duration_text
from sfassign.core.figures import number, plain
from sfassign.core.model import FieldValue, Record
from sfassign.core.policy import MatchPair, MatchTest

SKILLS = "skills"
Attribute = FieldValue | tuple[str, ...]
Bucket = frozenset[str] | str | int | None
RELAXED = "relaxed"
"""Stands for the bucket of a pair that was dropped after waiting."""
_UNKNOWN = "unknown to everyone"


def tokens(value: Attribute) -> frozenset[str]:
    """The values an attribute holds, folded: one for a plain field, several for a multi-select or a list."""
    if value is None:
        return frozenset()
    if isinstance(value, tuple):
        return frozenset(text for one in value if (text := one.strip().casefold()))
    if isinstance(value, str):
        return frozenset(text for part in value.split(";") if (text := part.strip().casefold()))
    if isinstance(value, bool):
        return frozenset({"true" if value else "false"})
    return frozenset({plain(value)})


def holds(test: MatchTest, item: Attribute, member: Attribute) -> bool:
    """Whether the pair holds: the plain rule."""
    wanted = tokens(item)
    if not wanted:
        return True
    if test is MatchTest.EQUALS:
        return wanted <= tokens(member)
    if test is MatchTest.ANY:
        return bool(wanted & tokens(member))
    return _ordered(test, item, member)


def _ordered(test: MatchTest, item: Attribute, member: Attribute) -> bool:
    left, right = _numeric(item), _numeric(member)
    if left is not None and right is not None:
        return left <= right if test is MatchTest.AT_MOST else left >= right
    if left is not None or right is not None or not tokens(member):
        return False
    text, bound = str(item).casefold(), str(member).casefold()
    return text <= bound if test is MatchTest.AT_MOST else text >= bound


def _numeric(value: Attribute) -> float | None:
    return None if isinstance(value, tuple) else number(value)


def mismatch_detail(pair: MatchPair, item: Attribute, member: Attribute) -> str:
    """`Language__c 'German' against Languages__c 'English;French'`, with the test in words."""
    said = {
        MatchTest.EQUALS: "is not all in",
        MatchTest.ANY: "has nothing in",
        MatchTest.AT_MOST: "is above",
        MatchTest.AT_LEAST: "is below",
    }[pair.test]
    return f"{pair.item} {_quoted(item)} {said} {pair.member} {_quoted(member)}"


def _quoted(value: Attribute) -> str:
    if isinstance(value, tuple):
        value = ";".join(value)
    if value is None or value == "":
        return "(empty)"
    if isinstance(value, str):
        return f"'{value}'"
    return plain(value) if not isinstance(value, bool) else str(value).lower()


class PairTable:
    """One required pair over all members of a group: which of them an item's value allows, as a bit mask."""

    def __init__(self, pair: MatchPair, members: Sequence[Attribute]) -> None:
        self.pair = pair
        self.item_key = pair.item.lower()
        self.relax_after = pair.relax_after
        self.members = members
        self._having: dict[str, int] = {}
        for position, value in enumerate(members):
            for token in tokens(value):
                self._having[token] = self._having.get(token, 0) | 1 << position
        self._bounds = sorted({bound for value in members if (bound := _numeric(value)) is not None})
        self._masks: dict[Bucket, int] = {}
        self._buckets: dict[FieldValue, Bucket] = {}

    def bucket(self, value: FieldValue) -> Bucket:
        """What stands for all item values that the same members satisfy."""
        try:
            return self._buckets[value]
        except KeyError:
            found = self._buckets[value] = self._new_bucket(value)
            return found

    def _new_bucket(self, value: FieldValue) -> Bucket:
        if self.pair.test in (MatchTest.AT_MOST, MatchTest.AT_LEAST):
            found = self._ordered_bucket(value)
        else:
            found = self._text_bucket(value)
        if found not in self._masks:
            self._masks[found] = self._mask(value)
        return found

    def mask(self, bucket: Bucket) -> int:
        """Bit i is set where member i satisfies values of this bucket."""
        return self._masks[bucket]

    def _text_bucket(self, value: FieldValue) -> Bucket:
        wanted = tokens(value)
        if not wanted:
            return None
        known = frozenset(token for token in wanted if token in self._having)
        if self.pair.test is MatchTest.ANY:
            return known
        return known if len(known) == len(wanted) else _UNKNOWN

    def _ordered_bucket(self, value: FieldValue) -> Bucket:
        if not tokens(value):
            return None
        at = number(value)
        if at is None:
            return f"text {value}".casefold()
        return (
            bisect_left(self._bounds, at)
            if self.pair.test is MatchTest.AT_MOST
            else -1 - bisect_right(self._bounds, at)
        )

    def _mask(self, value: FieldValue) -> int:
        wanted = tokens(value)
        if not wanted:
            return (1 << len(self.members)) - 1
        masks = [self._having.get(token, 0) for token in wanted]
        if self.pair.test is MatchTest.EQUALS:
            return reduce(and_, masks)
        if self.pair.test is MatchTest.ANY:
            return reduce(or_, masks)
        return mask_of(i for i, member in enumerate(self.members) if holds(self.pair.test, value, member))


def mask_of(positions: Iterable[int]) -> int:
    """The bit mask with these bits set."""
    mask = 0
    for position in positions:
        mask |= 1 << position
    return mask


def bits(mask: int) -> Iterable[int]:
    """The positions of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def given_without(relaxed: Sequence[PairTable], values: Record, position: int) -> str:
    """`; no longer asked after 30m: Product__c 'Demo' is not all in skills (empty)`, of every pair that the item's wait
    has dropped and that does not hold."""
    told = (
        f"; no longer asked after {duration_text(table.pair.relax_after)}:"
        f" {mismatch_detail(table.pair, values.get(table.item_key), table.members[position])}"
        for table in relaxed
        if table.pair.relax_after is not None
        and not holds(table.pair.test, values.get(table.item_key), table.members[position])
    )
    return "".join(told)
