"""Why somebody who passed every gate did not come first: their rank key against the winner's, and the difference.

By the keys that a decision keeps, so that it tells the same of a decision made now and of one kept long ago. Used by
`counterfactual`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sfassign.core.decision import Verdict
from sfassign.core.figures import plain
from sfassign.core.model import FieldValue
from sfassign.core.policy import LoadMeasure, Method
from sfassign.core.preference import BY_HAND, CALLED

Key = Mapping[str, FieldValue]
Told = tuple[str, str]
"""(the figures of both, the smallest change)."""

_SLACK = 1e-9
"""Ratios are compared as floats here; the engine compares whole numbers."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two who passed: the one asked about, and the winner."""

    own: Verdict
    winner: Verdict

    def both(self, name: str) -> tuple[float, float]:
        return _number(self.own.key.get(name)), _number(self.winner.key.get(name))

    @property
    def wins_ties(self) -> bool:
        own, winner = self.both("last_turn_anywhere")
        return own < winner


def outranked(method: str, measure: str, own: Verdict, winner: Verdict) -> Told:
    """`measure` counts for `least_loaded` only. Of a method without rules here: where the keys differ."""
    pair = Pair(own, winner)
    if "preferred" in winner.key:
        return _preferred(pair)
    if method == Method.LEAST_LOADED.value:
        return _MEASURED[LoadMeasure(measure)](pair)
    return _METHODS.get(method, _differences)(pair)


def measure_of(sentence: str) -> str:
    """By which measure a kept `least_loaded` decision went, from its sentence."""
    for words, measure in (
        ("fewest active items", LoadMeasure.COUNT),
        ("lowest share", LoadMeasure.SHARE),
        ("most room under", LoadMeasure.SPARE),
    ):
        if words in sentence:
            return measure.value
    return LoadMeasure.POINTS.value


def _preferred(pair: Pair) -> Told:
    """No rank helps against preference."""
    kind, other = pair.winner.key.get("preferred"), pair.own.key.get("preferred")
    winner = pair.winner.username
    if kind == BY_HAND:
        return f"{winner} was asked for by hand", "nobody being asked for by hand: the group's method then decides"
    figures = f"the item prefers {CALLED.get(str(kind), str(kind))} {winner}, who passed every gate"
    if other is not None:
        figures += f", before {CALLED.get(str(other), str(other))} {pair.own.username}"
    return figures, f"{winner} not passing a gate, or {pair.own.username} being {CALLED.get(str(kind), str(kind))}"


def _round_robin(pair: Pair) -> Told:
    ahead = (pair.own.rank or 1) - 1
    figures = f"{_turn(pair.own)}, {_turn(pair.winner)}"
    more = f"{ahead} more assignment{'' if ahead == 1 else 's'}"
    return figures, f"it is their turn after {more} of this group to others, or a last turn before {_at(pair.winner)}"


def _turn(one: Verdict) -> str:
    last = f"no. {plain(_number(one.key.get('last_turn')))}"
    return f"{one.username} joined behind turn {last}" if one.key.get("joined") else f"{one.username} had turn {last}"


def _at(one: Verdict) -> str:
    return f"no. {plain(_number(one.key.get('last_turn')))}"


def _weighted(pair: Pair) -> Told:
    own, winner = pair.both("credit")
    figures = f"{pair.own.username} has credit {plain(own)}, {pair.winner.username} {plain(winner)}"
    if winner - own <= _SLACK:
        return figures, "an earlier place in the list: equal credit goes by list order"
    gains = plain(_number(pair.own.key.get("weight")))
    more = f"credit higher by {plain(winner - own)} (equal credit goes by list order)"
    return figures, f"{more}; they gain their weight of {gains} with every assignment"


def _points(pair: Pair) -> Told:
    (own, winner), (weight, other) = pair.both("load"), pair.both("weight")
    figures = f"{_has(pair.own, own, 'point', weight)}, {_has(pair.winner, winner, 'point', other)}"
    if not weight or not other:
        return figures, "a weight above 0"
    less = own - winner * weight / other
    if less <= _SLACK:
        return figures, _tie(pair)
    change = f"{_over(pair, less)} less load"
    return figures, f"{change}, or a weight {_more(pair)} {plain(own * other / winner)}" if winner else change


def _count(pair: Pair) -> Told:
    (own, winner), (weight, other) = pair.both("items"), pair.both("weight")
    figures = f"{_has(pair.own, own, 'active item', weight)}, {_has(pair.winner, winner, 'active item', other)}"
    if not weight or not other:
        return figures, "a weight above 0"
    target = winner * weight / other
    if own - target <= _SLACK:
        return figures, _tie(pair)
    most = math.floor(target + _SLACK) if pair.wins_ties else math.ceil(target - _SLACK) - 1
    if most < 0:
        return figures, "a longer time since the last turn, and no active item"
    less = round(own) - most
    return figures, f"{less} active item{'' if less == 1 else 's'} less"


def _share(pair: Pair) -> Told:
    (own, winner), (limit, other) = pair.both("load"), pair.both("threshold")
    figures = (
        f"{pair.own.username} has {plain(own)} of {_count_of(limit, 'point')},"
        f" {pair.winner.username} {plain(winner)} of {plain(other)}"
    )
    less = own - (winner * limit / other if other else 0)
    return figures, f"{_over(pair, less)} less load" if less > _SLACK else _tie(pair)


def _spare(pair: Pair) -> Told:
    (own, winner), (limit, other) = pair.both("load"), pair.both("threshold")
    figures = f"{pair.own.username} has room for {_count_of(limit - own, 'point')}, {pair.winner.username} for"
    figures += f" {plain(other - winner)}"
    less = (other - winner) - (limit - own)
    if less <= _SLACK:
        return figures, _tie(pair)
    return figures, f"{_over(pair, less)} less load, or a threshold as much higher"


def _differences(pair: Pair) -> Told:
    names = [name for name, value in pair.own.key.items() if value != pair.winner.key.get(name)]
    figures = ", ".join(
        f"{name} {_said(pair.own.key[name])} against {_said(pair.winner.key.get(name))}" for name in names
    )
    return figures or "the same key", f"to come before {pair.winner.username} by these"


def _count_of(amount: float, unit: str) -> str:
    return f"{plain(amount)} {unit}{'' if plain(amount) == '1' else 's'}"


def _has(one: Verdict, amount: float, unit: str, weight: float) -> str:
    weighted = "" if weight == 1 else f" at weight {plain(weight)}"
    return f"{one.username} has {_count_of(amount, unit)}{weighted}"


def _over(pair: Pair, less: float) -> str:
    points = _count_of(less, "point")
    return points if pair.wins_ties else f"more than {points}"


def _more(pair: Pair) -> str:
    return "of" if pair.wins_ties else "above"


def _tie(pair: Pair) -> str:
    own, winner = pair.both("last_turn_anywhere")
    if own == winner:
        return "an earlier place in the list, or any load less: they are equal"
    return f"a last turn before no. {plain(winner)} (it was no. {plain(own)}), or any load less: they are equal"


def _said(value: FieldValue) -> str:
    return plain(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _number(value: FieldValue) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


_METHODS: Mapping[str, Callable[[Pair], Told]] = MappingProxyType(
    {Method.ROUND_ROBIN.value: _round_robin, Method.WEIGHTED_ROUND_ROBIN.value: _weighted}
)
_MEASURED: Mapping[LoadMeasure, Callable[[Pair], Told]] = MappingProxyType(
    {
        LoadMeasure.POINTS: _points,
        LoadMeasure.COUNT: _count,
        LoadMeasure.SHARE: _share,
        LoadMeasure.SPARE: _spare,
    }
)
