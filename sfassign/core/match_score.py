"""The match score: how well a member fits an item, as the weights of the pairs that hold out of all weights.

A required pair counts only where it carries a weight (then also after it was relaxed), an optional one counts 1 where
it carries none. A pair about which the item says nothing is left out; where no pair is left the match is 1. Weights
are whole millionths, and within one item all members have the same sum of weights, so that the held weights compare
exactly. `best_match` and `optimal` decide by it, every explanation shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sfassign.core.figures import millionths, plain
from sfassign.core.floor import Seat
from sfassign.core.matching import PairTable, holds, tokens
from sfassign.core.model import WEIGHT_SCALE, Record
from sfassign.core.policy import MatchPair


@dataclass(frozen=True, slots=True)
class Counting:
    """A pair that counts in the match score. `weight` in millionths."""

    table: PairTable
    weight: int


@dataclass(frozen=True, slots=True)
class Match:
    """`held` of `total` weight, in millionths; nothing of nothing is a whole match."""

    held: int
    total: int

    @property
    def share(self) -> float:
        return self.held / self.total if self.total else 1.0

    def __str__(self) -> str:
        return plain(self.share)


def counting_weight(pair: MatchPair) -> int:
    """In millionths; 0 for a pair that does not count."""
    if pair.weight is None:
        return 0 if pair.required else WEIGHT_SCALE
    return millionths(pair.weight)


def value_of(worth: int, held: int, total: int) -> int:
    """Worth times match in whole millionths, half of one rounded up."""
    return (2 * worth * held + total) // (2 * total) if total else worth


def match_of(seat: Seat, values: Record) -> Match:
    """How this seat matches an item with these values: the plain rule."""
    held = total = 0
    for one in seat.roster.counting:
        value = values.get(one.table.item_key)
        if tokens(value):
            total += one.weight
            if holds(one.table.pair.test, value, one.table.members[seat.position]):
                held += one.weight
    return Match(held, total)
