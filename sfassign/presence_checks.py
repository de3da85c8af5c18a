"""What `check` says of the people: who may be a member, what they won, and what the org really shows of who is there.

Salesforce shows a login without Manage Users its own session alone, and nobody's Omni-Channel status to one without
access, both without an error: for the first the org is asked whether the right is there. And it moves a session's time
stamp only every half of the session time-out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sfassign.core.durations import duration_text
from sfassign.core.gates import UI_SESSIONS
from sfassign.core.policy import Policy
from sfassign.core.records import Pool
from sfassign.finding import Check, attempt
from sfassign.member_checks import member_findings
from sfassign.ports import Polled, PollRequest, SessionRow, Unreadable
from sfassign.reading import SESSION_LIFE, Reading
from sfassign.record_checks import results_findings
from sfassign.rights import RIGHTS
from sfassign.salesforce import Ask, SalesforceOrg

MOST_STATUSES = 2_000


def people_findings(org: SalesforceOrg, reading: Reading, pools: Sequence[Pool], now: dt.datetime) -> Iterator[Check]:
    """`now` is the org's clock."""
    users = reading.users(now, pools)
    since = None if reading.since(now) is None else now - SESSION_LIFE
    request = PollRequest(users=users, frozen=True, sessions_since=since, omni=reading.omni)
    polled, said = attempt("people", lambda: org.poll(request))
    if polled is None:
        yield from (said,) if said else ()
        return
    if isinstance(polled.users, Unreadable):
        yield Check("people", "error", f"users cannot be read: {polled.users.message}", RIGHTS["users"], 1)
    else:
        yield from member_findings(org, reading, polled.users or (), pools, now)
        results, said = attempt("performance", lambda: results_findings(org, reading, polled.users, pools, now))
        yield from (said,) if said else (Check(one.what, one.level, one.said, one.mend) for one in results or ())
    if isinstance(polled.frozen, Unreadable):
        yield Check("people", "warning", f"frozen logins cannot be read: {polled.frozen.message}", RIGHTS["frozen"])
    yield from _sessions(org, reading.policy, polled, now)
    yield from _omni(org, reading.policy, polled)


def _sessions(org: SalesforceOrg, policy: Policy, polled: Polled, now: dt.datetime) -> Iterator[Check]:
    if isinstance(polled.sessions, Unreadable):
        yield Check("presence", "warning", f"sessions cannot be read: {polled.sessions.message}", RIGHTS["sessions"])
        return
    if polled.sessions is None:
        return
    live = [session for session in polled.sessions if session.valid_until > now]
    people = {session.user for session in live}
    us, refused = attempt("presence", org.identify)
    if refused is not None:
        yield refused
    others = people - {us}
    if not people:
        yield Check("presence", "warning", "the org shows no session at all, not even our own", RIGHTS["sessions"])
    elif not others or (us is None and len(people) == 1):
        yield _alone(org.permission("ManageUsers"))
    else:
        browsing = {one.user for one in live if one.session_type.lower() in UI_SESSIONS} - {us}
        said = f"{_people(len(others))} besides this login with a live session, {len(browsing)} of them in a browser"
        yield _with_others(said, org.permission("ManageUsers"))
    yield from _idle(policy, live)


def _alone(held: bool | Unreadable) -> Check:
    """Our own session alone is what a missing right looks like, and a quiet night."""
    if held is True:
        said = "Manage Users is granted, so everybody's sessions are shown; nobody but this login has a live one now"
        return Check("presence", "ok", said)
    if held is False:
        said = "this login lacks Manage Users: the org shows it its own session alone, and nobody counts as logged in"
        return Check("presence", "warning", said, RIGHTS["sessions"])
    said = "the org shows our own session alone, and whether this login has Manage Users could not be asked"
    mend = f"{RIGHTS['sessions']}; run this check again while people work"
    return Check("presence", "warning", f"{said}: {held.code}: {held.message}", mend)


def _with_others(said: str, held: bool | Unreadable) -> Check:
    """Somebody else's session is a proof for that one alone."""
    if held is False:
        said += "; this login lacks Manage Users, so there may be more of them"
        return Check("presence", "warning", said, RIGHTS["sessions"])
    return Check("presence", "ok", said)


def _idle(policy: Policy, live: Sequence[SessionRow]) -> Iterator[Check]:
    """A session in steady use may look idle for half of its time-out."""
    shown = [one for one in live if one.session_type.lower() in UI_SESSIONS]
    longest = max((one.valid_until - one.last_used for one in shown), default=None)
    if longest is None:
        return
    short: dict[dt.timedelta, list[str]] = {}
    for group in policy.enabled_groups:
        logged_in = group.available.logged_in
        if logged_in is not None and logged_in.idle is not None and logged_in.idle < longest / 2:
            short.setdefault(logged_in.idle, []).append(f"'{group.name}'")
    for idle, names in short.items():
        said = (
            f"`idle: {duration_text(idle)}` ({', '.join(names)}) is shorter than half of the session time-out of"
            f" {duration_text(longest)}: people at work may look idle, since a session is stamped only that often"
        )
        mend = (
            f"set `idle` to {duration_text(longest / 2)} or more, shorten the time-out under Setup › Session Settings,"
            " or go by Omni-Channel presence"
        )
        yield Check("presence", "warning", said, mend)


def _omni(org: SalesforceOrg, policy: Policy, polled: Polled) -> Iterator[Check]:
    if isinstance(polled.omni, Unreadable):
        said = f"Omni-Channel presence cannot be read: {polled.omni.message}"
        yield Check("presence", "warning", said, RIGHTS["omni"])
        return
    if polled.omni is None:
        return
    if polled.omni:
        yield Check("presence", "ok", f"{_people(len(polled.omni))} with an Omni-Channel status")
    else:
        said = "Omni-Channel shows nobody's status: nobody is online, or this login may not see them"
        yield Check("presence", "warning", said, f"{RIGHTS['omni']}; run this check again while people are online")
    yield from _statuses(org, policy)


def _statuses(org: SalesforceOrg, policy: Policy) -> Iterator[Check]:
    """Names of statuses that the org does not have make everybody absent for good."""
    (told,) = org.ask([Ask("ServicePresenceStatus", None, ("MasterLabel", "DeveloperName"), MOST_STATUSES)])
    if isinstance(told, Unreadable):
        (told,) = org.ask([Ask("ServicePresenceStatus", None, ("MasterLabel",), MOST_STATUSES)])
    if isinstance(told, Unreadable):
        yield Check("presence", "warning", f"presence statuses cannot be read: {told.message.strip()}", RIGHTS["omni"])
        return
    known = {str(row.get(key)).lower() for row in told for key in ("masterlabel", "developername") if row.get(key)}
    for group in policy.enabled_groups:
        for name in group.available.omni or ():
            if name.lower() not in known:
                said = f"group '{group.name}' accepts the status '{name}', which the org does not have"
                listed = ", ".join(sorted(str(row["masterlabel"]) for row in told)) or "none"
                yield Check("presence", "warning", said, f"one of the org's statuses: {listed}")


def _people(count: int) -> str:
    return f"{count} {'person' if count == 1 else 'people'}"
