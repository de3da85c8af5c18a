"""Counts and waiting times out of the journal for `sfassign report`, all summed up by the database.

Every entry decided since the given moment counts, dry runs aside:

* assigned: confirmed, the org has the owner we decided.
* lost race: superseded, somebody else changed the record (or deleted it) before our write.
* overridden: superseded after the org had accepted our write, an automation took the item away again.
* refused: the org said no to the write, by its error code.
* not landed: lapsed, the write had no effect (no answer, the record kept changing, the process ended before sending);
  by the code that was kept, `NO_ANSWER` where there is none.
* open: sent and not settled yet.

Times to assign are seconds from the start of the present spell of waiting to the confirmation. A percentile is the
nearest rank: the least time that at least that share of the times do not exceed (R. Hyndman, Y. Fan: Sample Quantiles
in Statistical Packages, The American Statistician 50, 1996; definition 1).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Column, Connection, and_, case, func, or_, select, type_coerce

from sfassign.core.journal import State
from sfassign.storage.tables import JOURNAL

OVERRIDDEN = "OVERRIDDEN"
NO_ANSWER = "NO_ANSWER"
PERCENTS = (50, 90, 99)
_MICROSECONDS = 1_000_000


@dataclass(slots=True)
class Outcomes:
    """How many decisions came to what; `refused` and `not_landed` by code."""

    assigned: int = 0
    lost_races: int = 0
    overridden: int = 0
    open: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    not_landed: dict[str, int] = field(default_factory=dict)

    def add(self, state: str, code: str | None, count: int) -> None:
        if state == State.CONFIRMED.value:
            self.assigned += count
        elif state == State.SUPERSEDED.value and code == OVERRIDDEN:
            self.overridden += count
        elif state == State.SUPERSEDED.value:
            self.lost_races += count
        elif state in (State.REFUSED.value, State.LAPSED.value):
            codes = self.refused if state == State.REFUSED.value else self.not_landed
            codes[code or NO_ANSWER] = codes.get(code or NO_ANSWER, 0) + count
        else:
            self.open += count


Waits = tuple[float, float, float]
"""Seconds to assign: the percentiles of PERCENTS."""


@dataclass(frozen=True, slots=True)
class JournalSums:
    """The journal since a moment: outcomes and waits by group and by (group, user), decisions by policy hash, and the
    Usernames of the users as they were last written down."""

    decisions: int
    policies: Mapping[str, int]
    groups: Mapping[str, Outcomes]
    members: Mapping[tuple[str, str], Outcomes]
    waits: Mapping[str, Waits]
    member_waits: Mapping[tuple[str, str], Waits]
    usernames: Mapping[str, str]


def journal_sums(connection: Connection, since: dt.datetime) -> JournalSums:
    """Everything in four passes over the entries decided since then; nothing is kept per entry."""
    journal = JOURNAL.c
    counted = (journal.dry_run.is_(False), journal.decided_at >= since)
    by_policy = select(journal.policy_hash, func.count()).where(*counted).group_by(journal.policy_hash)
    policies: dict[str, int] = dict(sorted(connection.execute(by_policy).all()))
    groups: defaultdict[str, Outcomes] = defaultdict(Outcomes)
    members: defaultdict[tuple[str, str], Outcomes] = defaultdict(Outcomes)
    usernames: dict[str, tuple[int, str]] = {}
    keys = (journal.group_name, journal.owner, journal.state, journal.code, journal.owner_username)
    for group, user, state, code, username, last, count in connection.execute(
        select(*keys, func.max(journal.id), func.count()).where(*counted).group_by(*keys)
    ):
        groups[group].add(state, code, count)
        members[group, user].add(state, code, count)
        usernames[user] = max(usernames.get(user, (0, user)), (last, username or user))
    return JournalSums(
        decisions=sum(policies.values()),
        policies=policies,
        groups=groups,
        members=members,
        waits={key[0]: waits for key, waits in _waits(connection, since, journal.group_name).items()},
        member_waits={
            (group, user): waits
            for (group, user), waits in _waits(connection, since, journal.group_name, journal.owner).items()
        },
        usernames={user: name for user, (_, name) in usernames.items()},
    )


def _waits(connection: Connection, since: dt.datetime, *keys: Column[str]) -> dict[tuple[str, ...], Waits]:
    """The database numbers each key's times in order; only the ranks asked for come over."""
    journal = JOURNAL.c
    took = type_coerce(journal.settled_at, BigInteger) - type_coerce(journal.waiting_since, BigInteger)
    confirmed = (
        select(
            *keys,
            took.label("took"),
            func.row_number().over(partition_by=keys, order_by=took).label("rank"),
            func.count().over(partition_by=keys).label("times"),
        )
        .where(journal.state == State.CONFIRMED.value, journal.dry_run.is_(False), journal.decided_at >= since)
        .subquery()
    )
    ranks = [(confirmed.c.times * percent + 99) // 100 for percent in PERCENTS]
    at_rank = [func.max(case((confirmed.c.rank == rank, confirmed.c.took))) for rank in ranks]
    named = [confirmed.c[key.name] for key in keys]
    wanted = select(*named, *at_rank).where(or_(*(confirmed.c.rank == rank for rank in ranks))).group_by(*named)
    return {
        tuple(row[: len(keys)]): (row[-3] / _MICROSECONDS, row[-2] / _MICROSECONDS, row[-1] / _MICROSECONDS)
        for row in connection.execute(wanted)
    }


def given_times(connection: Connection, user: str, since: dt.datetime) -> tuple[tuple[dt.datetime, str], ...]:
    """When, and in which group, the user was given something since then (confirmed, by the moment of the decision):
    what tells when a sliding limit frees them again."""
    journal = JOURNAL.c
    confirmed = and_(journal.state == State.CONFIRMED.value, journal.dry_run.is_(False), journal.owner == user)
    wanted = select(journal.decided_at, journal.group_name).where(confirmed, journal.decided_at >= since)
    return tuple((at, group) for at, group in connection.execute(wanted.order_by(journal.decided_at)))
