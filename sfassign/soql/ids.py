"""Salesforce Ids: 15 case-sensitive characters, or 18 with a checksum of their case. We store and compare only 18."""

from __future__ import annotations

import re

_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", re.ASCII)


def to18(record_id: str) -> str:
    """The 18-character form. Raises ValueError for what is no Id, a wrong checksum included."""
    if not is_id(record_id):
        raise ValueError(f"{record_id!r} is not a Salesforce Id")
    return record_id[:15] + _checksum(record_id)


def is_id(text: str) -> bool:
    """Whether the text has the shape of an Id: 15 letters or digits, or 18 of which the last three are the checksum."""
    return _SHAPE.fullmatch(text) is not None and (len(text) == 15 or text[15:] == _checksum(text))


def _checksum(record_id: str) -> str:
    """One character per five: bit n says whether the nth of them is a capital."""
    return "".join(
        _CHECK[sum(1 << bit for bit, char in enumerate(record_id[at : at + 5]) if char.isupper())] for at in (0, 5, 10)
    )
