"""Counts and waiting times out of the journal for `sfassign report`: a million entries cost seconds and few megabytes.

Every entry decided since the given moment counts, dry runs and undos aside:

* assigned: confirmed, the org has the owner we decided. What was sent to a place named beforehand (`UNCOUNTED`:
  overflow, return, finally, undo) is nobody's assignment, as it is nobody's turn and in nobody's cap; of such writes
  only what went wrong counts, and for the group alone.
* lost race: superseded, somebody else changed the record (or deleted it) before our write.
* overridden: superseded after the org had accepted our write, an automation took the item away again.
* refused: the org said no to the write, by its error code.
* not landed: lapsed, the write had no effect (no answer, the record kept changing, the process ended before sending);
  by the code that was kept, `NO_ANSWER` where there is none.
* open: sent and not settled yet.

`storage.hands` counts what changed hands.

Times to assign are seconds from the start of the present spell of waiting to the confirmation, of assignments out of
the line: an item that had an owner did not wait. A percentile is the nearest rank: the least time that at least that
share of the times do not exceed (R. Hyndman, Y. Fan: Sample Quantiles in Statistical Packages, The American
Statistician 50, 1996; definition 1).
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Connection, and_, func, select, type_coerce

from sfassign.core.journal import UNCOUNTED, UNDO, State
from sfassign.core.tries import OVERRIDDEN
from sfassign.storage.hands import Hands, changed_hands
from sfassign.storage.tables import JOURNAL

NO_ANSWER = "NO_ANSWER"
PERCENTS = (50, 90, 99)
_STATES = tuple(state.value for state in State)
"""All of them, named so that the journal's index over state and time serves."""

ROWS_PER_FETCH = 10_000
_MICROSECONDS = 1_000_000


@dataclass(slots=True)
class Outcomes:
    """How many decisions came to what; `refused` and `not_landed` by code, `overridden_by` by who did it."""

    assigned: int = 0
    lost_races: int = 0
    overridden: int = 0
    open: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    not_landed: dict[str, int] = field(default_factory=dict)
    overridden_by: dict[str, int] = field(default_factory=dict)

    def add(self, state: str, code: str | None, count: int, by: str | None = None) -> None:
        if state == State.CONFIRMED.value:
            self.assigned += count
        elif state == State.SUPERSEDED.value and code == OVERRIDDEN:
            self.overridden += count
            if by is not None:
                self.overridden_by[by] = self.overridden_by.get(by, 0) + count
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
    """The journal since a moment: outcomes and waits by group and by (group, user), decisions by policy hash, the
    Usernames of the users as they were last written down, and what changed hands (group, None: of the whole group)."""

    decisions: int
    policies: Mapping[str, int]
    groups: Mapping[str, Outcomes]
    members: Mapping[tuple[str, str], Outcomes]
    waits: Mapping[str, Waits]
    member_waits: Mapping[tuple[str, str], Waits]
    usernames: Mapping[str, str]
    hands: Mapping[tuple[str, str | None], Hands]


def journal_sums(connection: Connection, since: dt.datetime) -> JournalSums:
    """Everything in four passes over the entries decided since then; counts are summed up by the database."""
    journal = JOURNAL.c
    real = (journal.dry_run.is_(False), journal.method != UNDO)
    counted = (journal.state.in_(_STATES), *real, journal.decided_at >= since)
    by_policy = select(journal.policy_hash, func.count()).where(*counted).group_by(journal.policy_hash)
    policies: dict[str, int] = dict(sorted(connection.execute(by_policy).all()))
    groups: defaultdict[str, Outcomes] = defaultdict(Outcomes)
    members: defaultdict[tuple[str, str], Outcomes] = defaultdict(Outcomes)
    usernames: dict[str, tuple[int, str]] = {}
    kinds = (journal.state, journal.code, journal.owner_username, journal.method, journal.overridden_by)
    keys = (journal.group_name, journal.owner, *kinds)
    for group, user, state, code, username, method, by, last, count in connection.execute(
        select(*keys, func.max(journal.id), func.count()).where(*counted).group_by(*keys)
    ):
        if method not in UNCOUNTED:
            members[group, user].add(state, code, count, by)
        if method not in UNCOUNTED or state != State.CONFIRMED.value:
            groups[group].add(state, code, count, by)
        usernames[user] = max(usernames.get(user, (0, user)), (last, username or user))
    times = _times(connection, since)
    by_group: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
    for (group, _), found in times.items():
        by_group[group].extend(found)
    return JournalSums(
        decisions=sum(policies.values()),
        policies=policies,
        groups=groups,
        members=members,
        waits={group: _waits(found) for group, found in by_group.items()},
        member_waits={member: _waits(found) for member, found in times.items()},
        usernames={user: name for user, (_, name) in usernames.items()},
        hands=changed_hands(connection, since),
    )


def nearest_rank(in_order: Sequence[int], percent: int) -> int:
    """The least of these that at least `percent` of a hundred of them do not exceed; there must be some."""
    return in_order[(len(in_order) * percent + 99) // 100 - 1]


def _times(connection: Connection, since: dt.datetime) -> dict[tuple[str, str], array[int]]:
    """Microseconds to assign by (group, user), read in a stream: eight bytes are kept of each. What had an owner before
    did not wait for one."""
    journal = JOURNAL.c
    took = type_coerce(journal.settled_at, BigInteger) - type_coerce(journal.waiting_since, BigInteger)
    confirmed = (journal.state == State.CONFIRMED.value, journal.dry_run.is_(False), journal.decided_at >= since)
    waited = (journal.why.is_(None), journal.method.not_in(sorted(UNCOUNTED)))
    found: defaultdict[tuple[str, str], array[int]] = defaultdict(lambda: array("q"))
    streamed = connection.execution_options(yield_per=ROWS_PER_FETCH)
    for group, user, microseconds in streamed.execute(
        select(journal.group_name, journal.owner, took).where(*confirmed, *waited)
    ):
        found[group, user].append(microseconds)
    return found


def _waits(times: Iterable[int]) -> Waits:
    in_order = sorted(times)
    median, most, nearly_all = (nearest_rank(in_order, percent) / _MICROSECONDS for percent in PERCENTS)
    return median, most, nearly_all


def given_times(connection: Connection, user: str, since: dt.datetime) -> tuple[tuple[dt.datetime, str], ...]:
    """When, and in which group, the user was given something since then (confirmed, by the moment of the decision):
    what tells when a sliding limit frees them again."""
    journal = JOURNAL.c
    confirmed = and_(journal.state == State.CONFIRMED.value, journal.dry_run.is_(False), journal.owner == user)
    counted = journal.method.not_in(sorted(UNCOUNTED))
    wanted = select(journal.decided_at, journal.group_name).where(confirmed, counted, journal.decided_at >= since)
    return tuple((at, group) for at, group in connection.execute(wanted.order_by(journal.decided_at)))
