"""The gates: yes/no tests that may exclude a member for an item, always with a reason and its figures.

`GATES` is the documented order; the first gate that fails is the member's reason. A new gate is one row here. The
rows of `STANDING` depend on neither the item nor the plan and are tried once per member and group. The engine keeps
the outcome of the other rows in bit masks (see `roster`), and comes here when somebody asks for the explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sfassign.core.away import MAX_AGE, away_until, own_zone
from sfassign.core.decision import Gate, Rejection
from sfassign.core.durations import duration_text
from sfassign.core.figures import clock_text, plain, points_text
from sfassign.core.floor import CapUse, Seat, Surroundings
from sfassign.core.matching import PairTable, holds, mismatch_detail
from sfassign.core.membership import NOBODY_SUCH
from sfassign.core.model import Pause, Record
from sfassign.core.policy import LoggedIn

UI_SESSIONS = frozenset(
    {"ui", "aura", "visualforce", "content", "substituteuser", "tempcontentexchange", "tempvisualforceexchange"}
)
"""Session types of somebody working in the browser, and the children such a session opens (AuthSession)."""


@dataclass(frozen=True, slots=True)
class Case:
    """One item before one seat: its values, its load points (millionths), the required pairs that were not relaxed,
    how many assignments the plan had made when it came to it, and the seats of those who had it before (a mask)."""

    around: Surroundings
    values: Record
    points: int
    asked: tuple[PairTable, ...]
    position: int
    had: int = 0


Check = Callable[[Seat, Case], Rejection | None]


def _disabled(seat: Seat, _case: Case) -> Rejection | None:
    if not seat.enabled:
        return Rejection(Gate.DISABLED, "switched off in this group", lasting=True)
    if seat.weight <= 0 and seat.roster.weighted:
        return Rejection(Gate.DISABLED, f"weight 0 gets nothing by {seat.roster.group.method.value}", lasting=True)
    return None


def _inactive(seat: Seat, _case: Case) -> Rejection | None:
    member = seat.worker.member
    if member.id == NOBODY_SUCH:
        return Rejection(Gate.INACTIVE, "no such user", lasting=True)
    if not member.is_active:
        return Rejection(Gate.INACTIVE, "the user is inactive", lasting=True)
    if member.is_frozen:
        return Rejection(Gate.INACTIVE, "the login is frozen", lasting=True)
    return None


def pause_text(pause: Pause, around: Surroundings) -> str:
    """`holiday until 17:00 Europe/London`."""
    return pause.reason if pause.until is None else f"{pause.reason} until {around.clock(pause.until)}"


def running(pause: Pause | None, around: Surroundings) -> Pause | None:
    """The pause if it has not run out."""
    return pause if pause is not None and (pause.until is None or pause.until > around.now) else None


def _paused(seat: Seat, case: Case) -> Rejection | None:
    pause = running(seat.worker.member.pause, case.around)
    if pause is None:
        return None
    return Rejection(Gate.PAUSED, pause_text(pause, case.around), lasting=pause.until is None)


def _presence_stale(seat: Seat, case: Case) -> Rejection | None:
    available = seat.roster.group.available
    snapshot = case.around.snapshot
    for source, asked, called, most in (
        ("logged_in", available.logged_in is not None, "presence was", snapshot.presence_max_age),
        ("omni", available.omni is not None, "presence was", snapshot.presence_max_age),
        ("out_of_office", available.out_of_office, "out-of-office events were", MAX_AGE),
    ):
        if not asked:
            continue
        read_at = snapshot.presence_at.get(source)
        if read_at is None:
            return Rejection(Gate.PRESENCE_STALE, f"{called} never read")
        if snapshot.taken_at - read_at > most:
            what, age = called.rsplit(" ", 1)[0], duration_text(most)
            return Rejection(Gate.PRESENCE_STALE, f"{what} last read {case.around.clock(read_at)}, older than {age}")
    return None


def _absent(seat: Seat, case: Case) -> Rejection | None:
    available = seat.roster.group.available
    detail = None
    if available.logged_in is not None:
        detail = _not_logged_in(seat, available.logged_in, case.around)
    if detail is None and available.omni is not None:
        detail = _not_in_status(seat, available.omni)
    return None if detail is None else Rejection(Gate.ABSENT, detail)


def _not_logged_in(seat: Seat, asked: LoggedIn, around: Surroundings) -> str | None:
    types = UI_SESSIONS | {name.lower() for name in asked.session_types}
    used = [
        last_used
        for kind, last_used, valid_until in seat.worker.member.presence.sessions
        if kind.lower() in types and valid_until > around.now
    ]
    if not used:
        return "no live session"
    if asked.idle is not None and around.now - max(used) > asked.idle:
        return f"last used {around.clock(max(used))}, idle limit {duration_text(asked.idle)}"
    return None


def _not_in_status(seat: Seat, accepted: tuple[str, ...]) -> str | None:
    presence = seat.worker.member.presence
    if presence.omni_status is None:
        return "no Omni status"
    if presence.omni_away:
        return f"Omni status '{presence.omni_status}' (away)"
    names = {name.lower() for name in accepted}
    if presence.omni_status.lower() in names or (presence.omni_developer_name or "").lower() in names:
        return None
    return f"Omni status '{presence.omni_status}', accepted: {', '.join(accepted)}"


def _hours_name(seat: Seat) -> str | None:
    """The working hours that count for this seat; `member`: those of the person, none where `people` gives none."""
    name = seat.roster.group.available.hours
    return seat.worker.terms.hours if name == "member" else name


def _holiday(seat: Seat, case: Case) -> Rejection | None:
    name = _hours_name(seat)
    if name is None or (day := case.around.openings[name].holiday) is None:
        return None
    return Rejection(Gate.HOLIDAY, f"{day} is a holiday in '{name}'")


def _off_hours(seat: Seat, case: Case) -> Rejection | None:
    name = _hours_name(seat)
    if name is None or case.around.openings[name].open:
        return None
    opening = case.around.openings[name]
    if opening.unknown is not None:
        return Rejection(Gate.OFF_HOURS, f"'{name}' is not known: {opening.unknown}", lasting=True)
    opens = opening.next
    said = "which never opens" if opens is None else f"open next {opens}"
    return Rejection(Gate.OFF_HOURS, f"outside '{name}', {said}", lasting=opens is None)


def _out_of_office(seat: Seat, case: Case) -> Rejection | None:
    if not seat.roster.group.available.out_of_office:
        return None
    member = seat.worker.member
    until = away_until(member, case.around.now)
    if until is None:
        return None
    return Rejection(Gate.OUT_OF_OFFICE, f"until {clock_text(until, case.around.now, own_zone(member))}")


def _mismatch(seat: Seat, case: Case) -> Rejection | None:
    failed = [
        table
        for table in case.asked
        if not holds(table.pair.test, case.values.get(table.item_key), table.members[seat.position])
    ]
    if not failed:
        return None
    first = failed[0]
    detail = mismatch_detail(first.pair, case.values.get(first.item_key), first.members[seat.position])
    return Rejection(Gate.MISMATCH, detail, lasting=any(table.pair.relax_after is None for table in failed))


def _previous_owner(seat: Seat, case: Case) -> Rejection | None:
    if not seat.bit & case.had:
        return None
    neglect = seat.roster.group.neglect
    last = 1 if neglect is None else neglect.exclude_last
    said = "its last owner" if last <= 1 else f"one of its last {last} owners"
    return Rejection(Gate.PREVIOUS_OWNER, said, lasting=True)


def _quota_full(seat: Seat, case: Case) -> Rejection | None:
    handed = seat.worker.before(case.position)
    for quota in seat.quotas:
        active = quota.used + sum(quota.object in (None, one.object) for one in handed)
        if active >= quota.limit:
            said = "items" if quota.object is None else quota.object
            return Rejection(Gate.QUOTA_FULL, f"{active} of {plain(quota.limit)} active {said}", quota.limit <= 0)
    return None


def _threshold_full(seat: Seat, case: Case) -> Rejection | None:
    threshold = seat.threshold
    if threshold is None:
        return None
    load = seat.worker.load_before + sum(one.points for one in seat.worker.before(case.position))
    if threshold > 0 and load + case.points <= threshold:
        return None
    detail = f"load {points_text(load)} + {points_text(case.points)} > threshold {points_text(threshold)}"
    return Rejection(Gate.THRESHOLD_FULL, detail, lasting=threshold <= 0 or case.points > threshold)


def _cap_reached(seat: Seat, case: Case) -> Rejection | None:
    handed = seat.worker.before(case.position)
    here = sum(one.group == seat.roster.group.name for one in handed)
    return (
        _used_up(seat.caps, here, "")
        or _used_up(seat.worker.caps, len(handed), " over all groups")
        or _used_up(seat.roster.caps, seat.roster.given_before(case.position), " for the whole group")
    )


def _used_up(caps: tuple[CapUse, ...], given: int, scope: str) -> Rejection | None:
    for cap in caps:
        if cap.used + given >= cap.line.limit:
            return Rejection(Gate.CAP_REACHED, f"{cap.used + given} of {cap.line.limit}{scope} {cap.line.said}")
    return None


def _ramping(seat: Seat, case: Case) -> Rejection | None:
    ramp = seat.roster.group.ramp
    if ramp is None:
        return None
    given = seat.ramp_used + len(seat.worker.before(case.position))
    if given < ramp.at_most:
        return None
    return Rejection(Gate.RAMPING, f"{given} of {ramp.at_most} over all groups in the last {duration_text(ramp.per)}")


def _refused(seat: Seat, case: Case) -> Rejection | None:
    if seat.refused_until is None:
        return None
    said = f"{seat.roster.group.object} refused by the org, tried again {case.around.clock(seat.refused_until)}"
    return Rejection(Gate.REFUSED, said)


GATES: Mapping[Gate, Check] = MappingProxyType(
    {
        Gate.DISABLED: _disabled,
        Gate.INACTIVE: _inactive,
        Gate.PAUSED: _paused,
        Gate.PRESENCE_STALE: _presence_stale,
        Gate.ABSENT: _absent,
        Gate.HOLIDAY: _holiday,
        Gate.OFF_HOURS: _off_hours,
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

STANDING = frozenset(
    {
        Gate.DISABLED,
        Gate.INACTIVE,
        Gate.PAUSED,
        Gate.PRESENCE_STALE,
        Gate.ABSENT,
        Gate.HOLIDAY,
        Gate.OFF_HOURS,
        Gate.OUT_OF_OFFICE,
    }
)


def standing_rejection(seat: Seat, around: Surroundings) -> Rejection | None:
    """The first of the standing gates that fails."""
    case = Case(around, {}, 0, (), 0)
    return next((found for gate in GATES if gate in STANDING and (found := GATES[gate](seat, case))), None)


def rejection(seat: Seat, case: Case) -> Rejection | None:
    """The first gate that fails for this item."""
    if seat.standing is not None:
        return seat.standing
    return next((found for gate in GATES if gate not in STANDING and (found := GATES[gate](seat, case))), None)
