"""Mass updates: very many records stamped within seconds. They are read twice, not in every look back.

Differences are read with an overlap, since a long transaction commits with an older stamp. After a mass update the
overlap holds all of its records, in every poll of some minutes. So the seconds it took are left out of the overlap, and
read once more when they are as old as the overlap is long: what was committed late with such a stamp is seen by then,
everything else as soon as ever. Used by `gather` and `taking_in`.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sfassign.soql import parse_condition
from sfassign.soql.tree import And, Condition

MANY_ROWS = 2_000
"""A page: up to that many rows a reading is one call whatever it brings again."""

BUSY_SECOND = 20
"""Rows stamped within a second that make it part of a mass update."""

_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Burst:
    """The stamps from `since` to before `until`, in whole seconds, as read at `read_at` of the org's clock."""

    since: dt.datetime
    until: dt.datetime
    read_at: dt.datetime


@dataclass
class Stamps:
    """How many rows of one reading of differences were stamped in which second."""

    seconds: Counter[dt.datetime] = field(default_factory=Counter)

    def note(self, stamps: Iterable[dt.datetime]) -> None:
        self.seconds.update(stamp.replace(microsecond=0) for stamp in stamps)


@dataclass
class MassUpdates:
    """What this process has seen of them, by object; another process reads the overlap as a whole."""

    overlap: dt.timedelta
    _bursts: dict[str, list[_Burst]] = field(default_factory=dict)

    def look_back(self, name: str, watermark: dt.datetime) -> tuple[dt.datetime, Condition | None]:
        """From which stamp on the differences are to be read, and what of them."""
        due, young = self._by_age(name, watermark)
        since = min([watermark - self.overlap, *(burst.since for burst in due)])
        return since, _outside([burst for burst in young if burst.until > since])

    def were_read(self, name: str, watermark: dt.datetime, stamps: Stamps, at: dt.datetime) -> None:
        """The differences that `look_back` told with this watermark are known now, as of `at` of the org's clock. The
        second before the reading is never left out: what was changed in it is read again before it is written."""
        due, young = self._by_age(name, watermark)
        read_twice = max((burst.until for burst in due), default=None)
        first = max(read_twice or watermark - self.overlap, watermark - self.overlap)
        new = {second: rows for second, rows in stamps.seconds.items() if second >= first.replace(microsecond=0)}
        busy = [second for second, rows in new.items() if rows >= BUSY_SECOND]
        if sum(new.values()) > MANY_ROWS and busy:
            since, until = min(busy), min(max(busy) + _SECOND, at.replace(microsecond=0) - _SECOND)
            young += [_Burst(since, until, at)] if since < until else []
        self._bursts[name] = young

    def _by_age(self, name: str, watermark: dt.datetime) -> tuple[list[_Burst], list[_Burst]]:
        bursts = self._bursts.get(name, [])
        due = [burst for burst in bursts if watermark - burst.read_at >= self.overlap]
        return due, [burst for burst in bursts if burst not in due]


def _outside(bursts: Sequence[_Burst]) -> Condition | None:
    outside = [
        parse_condition(f"SystemModstamp < {_instant(burst.since)} OR SystemModstamp >= {_instant(burst.until)}")
        for burst in bursts
    ]
    return outside[0] if len(outside) == 1 else And(tuple(outside)) if outside else None


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
