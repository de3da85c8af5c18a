"""Which decisions of an item can be taken back, by the journal alone. Pure; `undo` asks, and then looks at the record.

An item's owner changes are a chain: each one found the owner that the one before had left. Taking back goes from the
newest end, as far as the chain was asked for and nobody else changed the item in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sfassign.core.journal import BACK, UNDO, Entry


@dataclass(frozen=True, slots=True)
class Unwinding:
    """One owner change that takes back `entries`, newest first. `last` is the item's last change of all, which an
    earlier undo may have been; `given_before`: the owner it goes back to had been given it by us."""

    entries: tuple[Entry, ...]
    last: Entry
    given_before: bool

    @property
    def oldest(self) -> Entry:
        return self.entries[-1]

    @property
    def back_to(self) -> str:
        return self.oldest.seen_owner


@dataclass(frozen=True, slots=True)
class Unwound:
    """What of one item was asked for: what can be taken back, decisions that cannot with the reason, and decisions
    taken back earlier."""

    unwinding: Unwinding | None
    kept: tuple[tuple[Entry, str], ...] = ()
    over: tuple[Entry, ...] = ()


def standing(history: Sequence[Entry]) -> tuple[Entry, ...]:
    """Of an item's changes (oldest first) those that were not taken back, newest first."""
    found: list[Entry] = []
    taken_back_from: int | None = None
    for entry in reversed(history):
        if taken_back_from is not None and entry.id >= taken_back_from:
            continue
        if entry.method == UNDO:
            taken_back_from = entry.undoes
            continue
        found.append(entry)
    return tuple(found)


def unwind(history: Sequence[Entry], asked: frozenset[int]) -> Unwound:
    """`history` are all changes of one item that landed, oldest first; `asked` the decisions to take back."""
    stand = standing(history)
    over = tuple(entry for entry in history if entry.id in asked and entry not in stand)
    wanted = [entry for entry in stand if entry.id in asked]
    if not wanted:
        return Unwound(None, over=over)
    if stand[0].id not in asked:
        why = f"decision {stand[0].id} came after it; name that one too"
        return Unwound(None, tuple((entry, why) for entry in wanted), over)
    chain, why = [stand[0]], ""
    for entry in stand[1:]:
        why = _break(history, chain[-1], entry, asked)
        if why:
            break
        chain.append(entry)
    kept = tuple((entry, why) for entry in wanted if entry not in chain)
    if chain[-1].seen_owner == stand[0].owner:
        same = "it is with the owner it had before"
        return Unwound(None, (*((entry, same) for entry in chain), *kept), over)
    earlier = [entry for entry in history if entry.id < chain[-1].id and entry.method not in BACK]
    given_before = any(entry.owner == chain[-1].seen_owner for entry in earlier)
    return Unwound(Unwinding(tuple(chain), history[-1], given_before), kept, over)


def _break(history: Sequence[Entry], newer: Entry, older: Entry, asked: frozenset[int]) -> str:
    """Why taking back ends at `newer`; empty where it goes on to `older`."""
    if older.id not in asked:
        return f"decision {older.id} came in between; name that one too"
    if newer.seen_owner != older.owner:
        return f"between it and decision {newer.id} somebody else changed the owner"
    between = [entry for entry in history if older.id <= entry.id <= newer.id]
    if any(one.landed_at is None or then.seen_at > one.landed_at for one, then in pairwise(between)):
        return f"it was worked on before decision {newer.id}"
    return ""
