"""Conditions that are too long for a query: cut into parts that fit, or weakened to what fits. Pure.

A query goes to the org in a URL, which may have 16,384 bytes (Salesforce Developer Limits). Whoever judges the records
that come by the condition itself may ask for more of them than it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote_plus

from sfassign.soql.tree import And, Condition, InList, Or, SetOperator, Value

MAX_URL_BYTES = 16_384
"""The org answers 414 above (Salesforce Developer Limits)."""

CONDITION_BYTES = MAX_URL_BYTES - 2_000
"""A condition that is longer may not fit besides the fields that are read with it."""
TOO_LONG_ADVICE = "shorten it: until then the org is asked for more records than it takes, which costs more calls"


def url_bytes(text: object) -> int:
    """What a query or condition takes in a URL."""
    return len(quote_plus(str(text)))


def weakened(condition: Condition, room: int) -> Condition | None:
    """A condition of at most `room` bytes that holds for every record the given one holds for, and as few others as
    simple means allow: of terms joined by AND the longest are left out. None: only every record would do."""
    if url_bytes(condition) <= room:
        return condition
    if isinstance(condition, And):
        return _narrowed(condition.terms, room)
    return _widened(condition.terms, room) if isinstance(condition, Or) else None


def in_parts(condition: Condition, room: int) -> tuple[Condition, ...] | None:
    """Conditions of at most `room` bytes each, of which at least one holds wherever the given one does. None: only
    every record would do."""
    pieces: list[Condition] = []
    for piece in _pieces(condition, room):
        if piece is None:
            return None
        both = _either((pieces[-1], piece)) if pieces else piece
        if pieces and url_bytes(both) <= room:
            pieces[-1] = both
        else:
            pieces.append(piece)
    return tuple(pieces)


def _pieces(condition: Condition, room: int) -> Iterable[Condition | None]:
    if url_bytes(condition) <= room:
        yield condition
    elif isinstance(condition, Or):
        for term in condition.terms:
            yield from _pieces(term, room)
    elif isinstance(condition, InList) and condition.operator is SetOperator.IN:
        yield from _shorter_lists(condition, room)
    else:
        yield weakened(condition, room)


def _shorter_lists(listed: InList, room: int) -> Iterable[Condition | None]:
    """Halves of the list, and halves of those, until each fits."""
    if url_bytes(listed) <= room:
        yield listed
        return
    if len(listed.values) == 1:
        yield None
        return
    middle = len(listed.values) // 2
    halves: Sequence[tuple[Value, ...]] = (listed.values[:middle], listed.values[middle:])
    for half in halves:
        yield from _shorter_lists(InList(listed.operand, listed.operator, half), room)


def _narrowed(terms: tuple[Condition, ...], room: int) -> Condition | None:
    """AND: the longest term is weakened or left out, until the rest fits."""
    kept = [*terms]
    while kept and url_bytes(_all(kept)) > room:
        place = _longest(kept)
        others = [*kept[:place], *kept[place + 1 :]]
        shorter = weakened(kept[place], url_bytes(kept[place]) - (url_bytes(_all(kept)) - room))
        kept = others if shorter is None else [*kept[:place], shorter, *kept[place + 1 :]]
    return _all(kept) if kept else None


def _widened(terms: tuple[Condition, ...], room: int) -> Condition | None:
    """OR: no term may be left out, so the longest ones are weakened until all fit."""
    kept = [*terms]
    while url_bytes(Or(tuple(kept))) > room:
        place = _longest(kept)
        size = url_bytes(kept[place])
        shorter = weakened(kept[place], max(size - (url_bytes(Or(tuple(kept))) - room), room // len(kept) - 16))
        if shorter is None or shorter == kept[place]:
            return None
        kept[place] = shorter
    return Or(tuple(kept))


def _longest(terms: Sequence[Condition]) -> int:
    return max(range(len(terms)), key=lambda place: url_bytes(terms[place]))


def _all(terms: Sequence[Condition]) -> Condition:
    return terms[0] if len(terms) == 1 else And(tuple(terms))


def _either(terms: Sequence[Condition]) -> Condition:
    flat = tuple(one for term in terms for one in (term.terms if isinstance(term, Or) else (term,)))
    return flat[0] if len(flat) == 1 else Or(flat)
