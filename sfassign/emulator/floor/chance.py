"""Chance with a memory: every draw of the floor comes from a stream named after what is drawn.

Because each person, day, hour and item has a stream of its own, nothing depends on the order in which the
simulation happens to look at things, and a router that acts in between changes nobody else's luck.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping


def stream(*key: object) -> random.Random:
    """The stream of this name; the same key gives the same draws in every process."""
    digest = hashlib.blake2b("|".join(map(str, key)).encode(), digest_size=8).digest()
    return random.Random(int.from_bytes(digest))  # noqa: S311 - a simulation keeps no secrets


def around(chance: random.Random, median: float, spread: float) -> float:
    """A lognormal draw: half of them below `median`; `spread` is the standard deviation of its logarithm."""
    return median * math.exp(chance.gauss(0.0, spread))


def pick(chance: random.Random, weights: Mapping[str, float]) -> str:
    """One name, as often as its weight says."""
    return chance.choices(tuple(weights), tuple(weights.values()))[0]
