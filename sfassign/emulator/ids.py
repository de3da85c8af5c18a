"""Record Ids: allocated in order, 18 characters, with Salesforce's checksum of capitals."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}([A-Z0-5]{3})?")
_CAPITALS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def to18(record_id: str) -> str:
    """The 18 characters of a 15 or 18 character Id; ValueError where it is no Id or its checksum is wrong."""
    if not _SHAPE.fullmatch(record_id):
        raise ValueError(record_id)
    head = record_id[:15]
    full = head + "".join(_check(head[start : start + 5]) for start in (0, 5, 10))
    if len(record_id) == 18 and record_id != full:
        raise ValueError(record_id)
    return full


def is_id(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(to18(text))
    except ValueError:
        return False


@lru_cache(maxsize=65536)
def _check(part: str) -> str:
    return _CHECK[sum(1 << bit for bit, char in enumerate(part) if char in _CAPITALS)]


def base62(number: int, width: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, 62)
        text = _DIGITS[rest] + text
    return text.rjust(width, "0")


class IdFactory:
    """Hands out Ids in ascending order per key prefix; `seed` tells two orgs apart."""

    def __init__(self, seed: int) -> None:
        self._pod = base62(seed % 62**2, 2)
        self._next: defaultdict[str, int] = defaultdict(int)

    def allocate(self, prefix: str) -> str:
        self._next[prefix] += 1
        return to18(f"{prefix}{self._pod}0{base62(self._next[prefix], 9)}")
