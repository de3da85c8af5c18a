"""Record Ids: allocated in order, 18 characters, with Salesforce's checksum of capitals."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from sfassign.soql.ids import to18 as checked

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_CAPITAL = {char: int(char.isupper()) for char in _DIGITS}
_CACHED = 100_000


@lru_cache(maxsize=_CACHED)
def to18(record_id: str) -> str:
    """The 18 characters of a 15 or 18 character Id; ValueError where it is no Id or its checksum is wrong."""
    return checked(record_id)


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
        head = f"{prefix}{self._pod}0{base62(self._next[prefix], 9)}"
        return head + _head_check(head[:10]) + _check(head[10:])


def _check(five: str) -> str:
    """The library's checksum for one group, fast enough for millions of new Ids."""
    a, b, c, d, e = (_CAPITAL[char] for char in five)
    return _CHECK[a | b << 1 | c << 2 | d << 3 | e << 4]


@lru_cache(maxsize=1024)
def _head_check(ten: str) -> str:
    return _check(ten[:5]) + _check(ten[5:])
