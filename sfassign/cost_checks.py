"""What `check` says a policy costs in API calls: a day on which nothing happens, and one with many assignments.

The figures follow README, "What it costs in API calls": an idle day is played through (`idle_day`); the rest is paid
only when there is something to do.
"""

from __future__ import annotations

import datetime as dt
import math

from sfassign.budget import IDLE_SHARE, calls_per_day
from sfassign.core.notice import Outlet
from sfassign.core.policy import Group
from sfassign.evidence import tables_of
from sfassign.finding import Check, attempt
from sfassign.idle_day import calls_of_a_poll, idle_day, measure
from sfassign.outlet_checks import outlets_of
from sfassign.reading import Reading
from sfassign.salesforce import SalesforceOrg
from sfassign.settings import Settings
from sfassign.turns import QUERIES_PER_CALL

SECONDS_PER_DAY = 86_400
BUSY_DAY_ASSIGNMENTS = 1_000
WRITES_PER_CALL, MESSAGES_PER_CALL, LOOKED_UP_PER_CALL, CHECKED_PER_PASS = 24, 50, 333, 200
"""Of looked-up items three calls take a thousand."""
GUARDED_BY_QUERY = 4
"""Writes to a call where each needs a query of its own."""
OWNER_STEPS_PER_CALL = 2_000
"""Where each write needs a query, the owner history is asked afterwards whether one overwrote a claim."""
_CALLS_OF_OUTLET = {Outlet.SALESFORCE: 1, Outlet.TASK: 1, Outlet.EMAIL: 2, Outlet.CHATTER: 1, Outlet.SLACK: 0}
"""For one sending. E-mail asks for the addresses first, with a mail server of its own too."""


def cost_finding(
    settings: Settings, reading: Reading, org: SalesforceOrg, by_reference: bool, now: dt.datetime
) -> Check:
    """The figures, and whether an idle day keeps inside SFASSIGN_API_BUDGET. `by_reference`: every write needs a query
    of its own; `now` is the org's clock."""
    extent, refused = attempt("API calls", lambda: measure(org, reading, now))
    if extent is None:
        said = "what there is to read could not be counted"
        return refused or Check("API calls", "error", said, "run this check again", exit_code=1)
    per_poll = calls_of_a_poll(reading, extent)
    calls = idle_day(settings, reading, extent)
    together, singly = busy_day(settings, reading, at_once=GUARDED_BY_QUERY if by_reference else WRITES_PER_CALL)
    allowed = org.usage[1] if org.usage else None
    share = f", {100 * calls / allowed:.1f} % of the {allowed:,} this org allows" if allowed else ""
    said = (
        f"{calls:,} a day when idle ({per_poll} per poll){share}; with {BUSY_DAY_ASSIGNMENTS:,} assignments"
        f" {calls + together:,} where they come together, {calls + singly:,} where each comes alone ({_parts(reading)})"
    )
    budget = calls_per_day(settings.api_budget, allowed) if allowed else None
    if budget is None or calls <= budget * IDLE_SHARE:
        return Check("API calls", "ok", said)
    mend = "raise SFASSIGN_API_BUDGET or SFASSIGN_POLL; as it is, cycles come later than every SFASSIGN_POLL"
    return Check("API calls", "warning", f"{said}; SFASSIGN_API_BUDGET {settings.api_budget} is {budget:,}", mend)


def busy_day(
    settings: Settings, reading: Reading, assignments: int = BUSY_DAY_ASSIGNMENTS, at_once: int = WRITES_PER_CALL
) -> tuple[int, int]:
    """What so many assignments add: in full batches (`at_once` writes to a call), and each in a cycle of its own."""
    turns = min(assignments, round(SECONDS_PER_DAY / settings.poll.total_seconds()))
    passes = min(assignments, round(SECONDS_PER_DAY / settings.neglect_poll.total_seconds()))
    by_batch = [
        (at_once, 1 + _moves_children(reading), turns),
        (OWNER_STEPS_PER_CALL, int(at_once == GUARDED_BY_QUERY), turns),
        (MESSAGES_PER_CALL, _message_calls(reading), turns),
        (LOOKED_UP_PER_CALL, _preference_calls(reading), turns),
        (CHECKED_PER_PASS, _neglect_calls(reading), passes),
    ]
    together = sum(math.ceil(assignments / size) * calls for size, calls, _ in by_batch)
    singly = sum(times * calls for _, calls, times in by_batch)
    posts = assignments if Outlet.CHATTER in outlets_of(reading.policy) else 0
    return together + posts, singly + posts


def _parts(reading: Reading) -> str:
    named = (
        ("writes", 1),
        ("children", _moves_children(reading)),
        ("messages", len(outlets_of(reading.policy))),
        ("preferences", _preference_calls(reading)),
        ("neglect", _neglect_calls(reading)),
    )
    return ", ".join(name for name, calls in named if calls)


def _groups(reading: Reading) -> tuple[Group, ...]:
    return reading.policy.enabled_groups


def _moves_children(reading: Reading) -> int:
    """One call to find them and one to write them."""
    return 2 * any(group.on_assigned is not None and group.on_assigned.children for group in _groups(reading))


def _message_calls(reading: Reading) -> int:
    """Chatter posts are counted one by one."""
    return sum(_CALLS_OF_OUTLET[one] for one in outlets_of(reading.policy) if one is not Outlet.CHATTER)


def _preference_calls(reading: Reading) -> int:
    """All kinds together are at most five queries for a cycle's new items."""
    return int(any(group.prefer for group in _groups(reading)))


def _neglect_calls(reading: Reading) -> int:
    """The signs of work of an object, five queries a call, and the records themselves."""
    objects = {group.object for group in _groups(reading) if group.neglect is not None}
    touched = ((name, reading.policy.objects[name].touched) for name in objects)
    return sum(1 + math.ceil(len(tables_of(name, kinds)) / QUERIES_PER_CALL) for name, kinds in touched)
