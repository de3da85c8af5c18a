"""What would let one member through the gates that stop them: every gate that fails, with the smallest change.

`counterfactual` asks it of the floor as a decision saw it. The gates themselves say whether and why they fail; here
stands what would have to be different. A gate without a row of its own answers with its own words.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sfassign.core.decision import Gate, Rejection
from sfassign.core.durations import duration_text
from sfassign.core.figures import plain, points_text
from sfassign.core.floor import CapUse, Seat
from sfassign.core.gates import GATES, Case, running
from sfassign.core.matching import SKILLS, PairTable, holds, mismatch_detail, tokens
from sfassign.core.membership import NOBODY_SUCH
from sfassign.core.model import FieldValue
from sfassign.core.policy import Availability, MatchTest

Times = Sequence[tuple[dt.datetime, str]]
"""When, and in which group, somebody was given something."""

_MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in somebody's way: the gate (or `held`, `review`), its figures, and the smallest change against it."""

    gate: str
    detail: str
    change: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One member before one item. `times` are the member's settled assignments, for limits that slide."""

    seat: Seat
    case: Case
    waiting_since: dt.datetime
    times: Times

    def clock(self, instant: dt.datetime) -> str:
        """To the full minute from which on it holds."""
        return self.case.around.clock(to_the_minute(instant))


def to_the_minute(instant: dt.datetime) -> dt.datetime:
    """The first full minute that is not before it."""
    whole = instant.replace(second=0, microsecond=0)
    return whole if whole == instant else whole + _MINUTE


Finder = Callable[[Asked, Rejection], Iterator[tuple[str, str]]]
"""(figures, change) of everything one gate stops at, the gate's own first rejection first."""


def obstacles(asked: Asked) -> tuple[Obstacle, ...]:
    """Everything that stops this member, in gate order; empty where they pass. All of it must change. Where presence
    is unknown, nobody is called absent on old news."""
    failing = {gate: found for gate, check in GATES.items() if (found := check(asked.seat, asked.case)) is not None}
    if Gate.PRESENCE_STALE in failing:
        failing.pop(Gate.ABSENT, None)
    return tuple(
        Obstacle(gate.value, detail, change)
        for gate, found in failing.items()
        for detail, change in _FINDERS.get(gate, _own_words)(asked, found)
    )


def owner_change() -> str:
    return "another owner after them, or a lower exclude_last"


def away_change(detail: str) -> str:
    return f"from {detail.removeprefix('until ')}, or no such event in their calendar"


def _previous_owner(_asked: Asked, found: Rejection) -> Iterator[tuple[str, str]]:
    yield found.detail, owner_change()


def _out_of_office(_asked: Asked, found: Rejection) -> Iterator[tuple[str, str]]:
    yield found.detail, away_change(found.detail)


def _own_words(_asked: Asked, found: Rejection) -> Iterator[tuple[str, str]]:
    yield found.detail, f"this must no longer hold: {found.detail}"


def _disabled(asked: Asked, _found: Rejection) -> Iterator[tuple[str, str]]:
    if not asked.seat.enabled:
        yield "switched off in this group", "switched on in this group"
    if asked.seat.weight <= 0 and asked.seat.roster.weighted:
        yield f"weight 0 gets nothing by {asked.seat.roster.group.method.value}", "a weight above 0"


def _inactive(asked: Asked, _found: Rejection) -> Iterator[tuple[str, str]]:
    member = asked.seat.worker.member
    if member.id == NOBODY_SUCH:
        yield "no such user", f"a user with the Username {member.username}"
        return
    if not member.is_active:
        yield "the user is inactive", "the user active again"
    if member.is_frozen:
        yield "the login is frozen", "the login unfrozen"


def _paused(asked: Asked, found: Rejection) -> Iterator[tuple[str, str]]:
    pause = running(asked.seat.worker.member.pause, asked.case.around)
    resumed = f"'sfassign resume {asked.seat.worker.member.username}'"
    until = None if pause is None or pause.until is None else asked.clock(pause.until)
    yield found.detail, resumed if until is None else f"from {until}, or {resumed}"


def _presence_stale(asked: Asked, found: Rejection) -> Iterator[tuple[str, str]]:
    age = duration_text(asked.case.around.snapshot.presence_max_age)
    yield found.detail, f"a reading of presence that is not older than {age}"


def _absent(asked: Asked, found: Rejection) -> Iterator[tuple[str, str]]:
    """Session and Omni status are looked at one after the other; the gate tells only the first."""
    available = asked.seat.roster.group.available
    first = absent_change(found.detail, available)
    yield found.detail, first
    both = available.logged_in is not None and available.omni is not None
    presence = asked.seat.worker.member.presence
    if both and available.omni is not None and not found.detail.startswith(("Omni", "no Omni")):
        names = {name.lower() for name in available.omni}
        shown = {(presence.omni_status or "").lower(), (presence.omni_developer_name or "").lower()}
        if presence.omni_away or not names & shown:
            status = f"Omni status '{presence.omni_status}'" if presence.omni_status else "no Omni status"
            yield status, omni_change(available.omni)


def absent_change(detail: str, available: Availability | None = None) -> str:
    """What would make somebody present, from what the gate said."""
    if detail.startswith(("Omni", "no Omni")):
        accepted = available.omni if available is not None and available.omni is not None else ()
        if not accepted and ", accepted: " in detail:
            accepted = (detail.rsplit(", accepted: ", 1)[1],)
        return omni_change(accepted)
    if ", idle limit " in detail:
        return f"a live session, used within the last {detail.rsplit(', idle limit ', 1)[1]}"
    return "a live session"


def omni_change(accepted: Sequence[str]) -> str:
    return f"the Omni status {' or '.join(accepted)}, not away" if accepted else "an accepted Omni status, not away"


def _hours(asked: Asked, found: Rejection) -> Iterator[tuple[str, str]]:
    name = asked.seat.roster.group.available.hours
    name = asked.seat.worker.terms.hours if name == "member" else name
    opens = None if name is None else asked.case.around.openings[name].next
    yield found.detail, "working hours that open" if opens is None else f"from {opens}, when '{name}' opens"


def _mismatch(asked: Asked, _found: Rejection) -> Iterator[tuple[str, str]]:
    for table in asked.case.asked:
        value = asked.case.values.get(table.item_key)
        theirs = table.members[asked.seat.position]
        if holds(table.pair.test, value, theirs):
            continue
        change = _match_change(table, value, asked.seat.position)
        if table.relax_after is not None:
            change += f", or from {asked.clock(asked.waiting_since + table.relax_after)}, when the pair is dropped"
        yield mismatch_detail(table.pair, value, theirs), change


def _match_change(table: PairTable, value: FieldValue, position: int) -> str:
    test, name = table.pair.test, table.pair.member
    if test in (MatchTest.AT_MOST, MatchTest.AT_LEAST):
        bound = value if isinstance(value, str) else plain(value or 0)
        return f"{name} of at {'least' if test is MatchTest.AT_MOST else 'most'} {bound}"
    theirs = tokens(table.members[position])
    parts = value.split(";") if isinstance(value, str) else [", ".join(tokens(value))]
    lacking = [part.strip() for part in parts if part.strip() and part.strip().casefold() not in theirs]
    joined = (" or " if test is MatchTest.ANY else " and ").join(lacking)
    if name.lower() == SKILLS:
        return f"the skill{'s' if len(lacking) > 1 else ''} {joined}"
    return f"{joined} in {name}"


def _quota_full(asked: Asked, _found: Rejection) -> Iterator[tuple[str, str]]:
    handed = asked.seat.worker.before(asked.case.position)
    for quota in asked.seat.quotas:
        active = quota.used + sum(quota.object in (None, one.object) for one in handed)
        if active >= quota.limit:
            said = "items" if quota.object is None else quota.object
            yield f"{active} of {plain(quota.limit)} active {said}", quota_change(active, quota.limit, said)


def quota_change(active: int, limit: float, said: str) -> str:
    """`1 fewer active Lead, or a quota of 16`."""
    raised = f"a quota of {active + 1}"
    if limit <= 0:
        return raised
    fewer = active - math.ceil(limit) + 1
    return f"{fewer} fewer active {_counted(said, fewer)}, or {raised}"


def _counted(said: str, count: int) -> str:
    single = "item" if said == "items" else said
    return single if count == 1 or single.endswith("__c") else f"{single}s"


def _threshold_full(asked: Asked, found: Rejection) -> Iterator[tuple[str, str]]:
    handed = asked.seat.worker.before(asked.case.position)
    load = asked.seat.worker.load_before + sum(one.points for one in handed)
    yield found.detail, threshold_change(load, asked.case.points, asked.seat.threshold or 0)


def threshold_change(load: int, points: int, threshold: int) -> str:
    """`1 point less load, or a threshold of 31`; all in millionths."""
    raised = f"a threshold of {points_text(max(load + points, 1))}"
    if threshold <= 0 or points > threshold:
        return f"{raised}; no load is low enough"
    less = points_text(load + points - threshold)
    return f"{less} point{'' if less == '1' else 's'} less load, or {raised}"


def _cap_reached(asked: Asked, _found: Rejection) -> Iterator[tuple[str, str]]:
    seat, case = asked.seat, asked.case
    name = seat.roster.group.name
    handed = [(case.around.now, one.group) for one in seat.worker.before(case.position)]
    flying = [(one.decided_at, one.group) for one in case.around.snapshot.in_flight if one.to == seat.worker.member.id]
    everywhere = [at for at, _ in (*asked.times, *flying, *handed)]
    here = [at for at, group in (*asked.times, *flying, *handed) if group == name]
    yield from _caps(asked, seat.caps, sum(group == name for _, group in handed), "", here)
    yield from _caps(asked, seat.worker.caps, len(handed), " over all groups", everywhere)
    yield from _caps(asked, seat.roster.caps, seat.roster.given_before(case.position), " for the whole group", None)


def _caps(
    asked: Asked, caps: tuple[CapUse, ...], given: int, scope: str, times: Sequence[dt.datetime] | None
) -> Iterator[tuple[str, str]]:
    for cap in caps:
        used, line = cap.used + given, cap.line
        if used < line.limit:
            continue
        detail = f"{used} of {line.limit}{scope} {line.said}"
        raised = f"or a cap of {used + 1}"
        if line.ends is not None:
            yield detail, f"from {asked.clock(line.ends)}, when its window ends, {raised}"
            continue
        free = None if line.length is None else _free_at(asked, times, line.limit, line.length)
        yield detail, f"{_from(asked, free)}when the oldest leave the window, {raised}"


def _ramping(asked: Asked, found: Rejection) -> Iterator[tuple[str, str]]:
    ramp, worker = asked.seat.roster.group.ramp, asked.seat.worker
    flights = asked.case.around.snapshot.in_flight
    times = [at for at, _ in asked.times] + [one.decided_at for one in flights if one.to == worker.member.id]
    times += [asked.case.around.now] * len(worker.before(asked.case.position))
    free = None if ramp is None else _free_at(asked, times, ramp.at_most, ramp.per)
    yield found.detail, f"{_from(asked, free)}when the ramp window moves on"


def _free_at(asked: Asked, times: Sequence[dt.datetime] | None, limit: int, length: dt.timedelta) -> dt.datetime | None:
    """When a sliding window of that length first holds fewer than `limit` of these; None where it cannot be told."""
    inside = sorted(at for at in times or () if at > asked.case.around.now - length)
    return inside[len(inside) - limit] + length if 0 < limit <= len(inside) else None


def _from(asked: Asked, instant: dt.datetime | None) -> str:
    return "" if instant is None else f"from {asked.clock(instant)}, "


def _refused(asked: Asked, found: Rejection) -> Iterator[tuple[str, str]]:
    until = asked.seat.refused_until
    resumed = f"'sfassign resume {asked.seat.worker.member.username}' once the org accepts them"
    yield found.detail, resumed if until is None else f"from {asked.clock(until)}, or {resumed}"


_FINDERS: Mapping[Gate, Finder] = MappingProxyType(
    {
        Gate.DISABLED: _disabled,
        Gate.INACTIVE: _inactive,
        Gate.PAUSED: _paused,
        Gate.PRESENCE_STALE: _presence_stale,
        Gate.ABSENT: _absent,
        Gate.HOLIDAY: _hours,
        Gate.OFF_HOURS: _hours,
        Gate.OUT_OF_OFFICE: _out_of_office,
        Gate.MISMATCH: _mismatch,
        Gate.PREVIOUS_OWNER: _previous_owner,
        Gate.QUOTA_FULL: _quota_full,
        Gate.THRESHOLD_FULL: _threshold_full,
        Gate.CAP_REACHED: _cap_reached,
        Gate.RAMPING: _ramping,
        Gate.REFUSED: _refused,
    }
)
