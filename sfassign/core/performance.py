"""Performance: a member's success rate beside the group's, as a factor of their weight. `seating` asks.

The rate is that of a beta-binomial model: the group's mean is the prior, worth `strength` imagined records, so that
little data says little. With s successes of n closed records, mean m and strength M:

    rate = (s + M·m) ÷ (n + M),   factor = rate ÷ m, held within 0.5 … 2, in hundredths

The mean is the pooled Σs ÷ Σn. The strength is estimated from how far the members' rates lie apart, by the method of
moments with weights n: J. Kleinman, Proportions with Extraneous Variance: Single and Independent Samples, Journal of
the American Statistical Association 68 (1973), 46-54. Everything is exact; what is shown is what was calculated with.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sfassign.core.durations import duration_text
from sfassign.core.figures import plain
from sfassign.core.model import FieldValue
from sfassign.core.policy import Group, Policy, WorkObject
from sfassign.core.records import ResultsRecord

HUNDRED = 100
LEAST, MOST = HUNDRED // 2, 2 * HUNDRED
"""The factor's bounds, so that everyone keeps getting chances. Hundredths also keep the distinct weights of a group
few, which is what the rankers' cost grows with."""

WEAKEST, STRONGEST = 2, 1_000
"""Bounds of the prior's strength in records. Two imagined records are the uniform prior (Laplace's rule of
succession); where the rates differ no more than chance explains, the estimate is infinite and a thousand stands."""

WILSON_Z = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""

Pair = tuple[int, int]
"""Successes, and closed records among which they are."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What the group as a whole did: the pooled rate, and how many records of one's own weigh as much."""

    mean: Fraction
    strength: int


@dataclass(frozen=True, slots=True)
class Performance:
    """One member's. `factor` in hundredths; `pair` None: not read yet; `prior` None: nothing closed in the group."""

    factor: int
    pair: Pair | None
    prior: Prior | None

    def weigh(self, own: int) -> int:
        """The own weight times the factor, in whole millionths, half of one rounded up."""
        return (2 * own * self.factor + HUNDRED) // (2 * HUNDRED)

    @property
    def words(self) -> str:
        """`performance 1.37: 18 of 40 won, group 33.3 %, prior 12`."""
        told = f"performance {plain(self.factor / HUNDRED)}: "
        if self.pair is None:
            return told + "won and closed records are not read yet"
        won = f"{self.pair[0]} of {self.pair[1]} won"
        if self.prior is None:
            return f"{told}{won}, nothing closed in the group"
        return f"{told}{won}, group {percent(self.prior.mean)}, prior {self.prior.strength}"

    def shown(self) -> dict[str, FieldValue]:
        """The same as figures, for rank keys and JSON."""
        figures: dict[str, FieldValue] = {"performance": self.factor / HUNDRED}
        if self.pair is not None:
            figures |= {"won": self.pair[0], "closed": self.pair[1]}
        if self.prior is not None:
            figures |= {"group_rate": round(float(self.prior.mean), 6), "prior": self.prior.strength}
        return figures


UNKNOWN = Performance(HUNDRED, None, None)


def basis_of(work: WorkObject, group: Group) -> str | None:
    """What the group's results are counted over: groups with the same text share them. None: performance does not
    count here."""
    period = group.weight.performance
    if period is None or work.success is None or work.closed is None:
        return None
    return f"{work.name} {duration_text(period)}: ({work.success}) of ({work.closed})"


def performances(
    group: Group, policy: Policy, results: Iterable[ResultsRecord], users: Sequence[str]
) -> Mapping[str, Performance]:
    """Every member of the group by user, empty where performance does not count in it."""
    basis = basis_of(policy.objects[group.object], group)
    if basis is None:
        return {}
    known = {user: (won, closed) for one in results if one.basis == basis for user, won, closed in one.members}
    pairs = {user: known[user] for user in users if user in known}
    prior = prior_of(list(pairs.values()))
    return {
        user: Performance(factor_of(pairs[user], prior), pairs[user], prior) if user in pairs else UNKNOWN
        for user in users
    }


def prior_of(pairs: Sequence[Pair]) -> Prior | None:
    """The group's mean and how strongly it holds; None where nothing was closed."""
    trials = sum(closed for _, closed in pairs)
    if not trials:
        return None
    mean = Fraction(sum(won for won, _ in pairs), trials)
    return Prior(mean, _strength([pair for pair in pairs if pair[1]], mean, trials))


def _strength(pairs: Sequence[Pair], mean: Fraction, trials: int) -> int:
    """Kleinman's correlation within a member is c = (S - v·(k - 1)) ÷ (v·(N - Σn²÷N - (k - 1))), with S the weighted
    squares Σ n·(p - m)², v = m·(1 - m) and k members; the strength is 1 ÷ c - 1, in whole records."""
    spread = mean * (1 - mean)
    chance = len(pairs) - 1
    room = trials - Fraction(sum(closed * closed for _, closed in pairs), trials) - chance
    if not spread or room <= 0:
        return STRONGEST
    squares = sum(closed * (Fraction(won, closed) - mean) ** 2 for won, closed in pairs)
    correlation = (squares - spread * chance) / (spread * room)
    if correlation <= 0:
        return STRONGEST
    return min(STRONGEST, max(WEAKEST, math.floor(1 / correlation - Fraction(1, 2))))


def factor_of(pair: Pair, prior: Prior | None) -> int:
    """In hundredths; 1 where there is nothing to compare with."""
    if prior is None or not prior.mean:
        return HUNDRED
    won, closed = pair
    rate = (won + prior.strength * prior.mean) / (closed + prior.strength)
    return min(MOST, max(LEAST, math.floor(HUNDRED * rate / prior.mean + Fraction(1, 2))))


def percent(share: Fraction | float) -> str:
    """`33.3 %`."""
    return f"{plain(round(100 * float(share), 1))} %"


def wilson_interval(won: int, closed: int) -> tuple[float, float] | None:
    """Between which bounds the rate lies with 95 % confidence; None without any closed record.

    E. Wilson: Probable Inference, the Law of Succession, and Statistical Inference. Journal of the American
    Statistical Association 22 (1927), 209-212.
    """
    if not closed:
        return None
    rate, square = won / closed, WILSON_Z * WILSON_Z
    middle = (rate + square / (2 * closed)) / (1 + square / closed)
    half = WILSON_Z / (1 + square / closed) * math.sqrt(rate * (1 - rate) / closed + square / (4 * closed * closed))
    return max(0.0, middle - half), min(1.0, middle + half)
