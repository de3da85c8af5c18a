"""What `check` finds out before a start: policy, database, login, org, fields, people, presence, what a day costs.

Each step is tried on its own, so that one trouble does not hide the next; a step that needs a failed one is left out.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence

from sfassign.bootstrap import PolicyFile, SystemClock, connect, open_policy, unknown_fields
from sfassign.budget import IDLE_SHARE, calls_per_day
from sfassign.core.records import Pool
from sfassign.destinations import destinations_of, id_of, resolve, spoken
from sfassign.evidence import unseen_tables
from sfassign.finding import Check
from sfassign.finding import attempt as _try
from sfassign.guards import Guards
from sfassign.login_checks import clock_findings, limit_findings, login_findings, visibility_findings
from sfassign.outlet_checks import outlet_findings, setting_findings
from sfassign.ports import Guard, Polled, PollRequest, Unreadable
from sfassign.reading import Reading
from sfassign.record_checks import read_records, record_findings, results_findings
from sfassign.rights import RIGHTS
from sfassign.salesforce import SalesforceOrg
from sfassign.settings import Settings
from sfassign.shapes import Shapes
from sfassign.slow import RESULTS_EVERY, SLOW_PARTS
from sfassign.storage import SqlStore, open_store
from sfassign.write_checks import guard_findings

SECONDS_PER_DAY = 86_400
QUERIES_PER_CALL = 5


def run_checks(settings: Settings) -> tuple[Check, ...]:
    """Everything a start needs, in the order in which a person would mend it."""
    return tuple(_checks(settings))


def _checks(settings: Settings) -> Iterator[Check]:
    clock = SystemClock()
    file, said = _try("policy", lambda: open_policy(settings.policy))
    yield said or Check("policy", "ok", f"{settings.policy}: {_size(file)}")
    if file is not None:
        for lack in setting_findings(file.policy, settings):
            yield Check("notify", lack.level, lack.said, lack.mend, lack.exit_code)
    store, said = _try("database", lambda: open_store(settings.database_url.get_secret_value(), clock))
    yield said or Check("database", "ok", f"{store.name if store else ''} is ready")
    org, said = _try("login", lambda: connect(settings, clock))
    ways_in = [said] if said is not None else [] if org is None else [*login_findings(org)]
    yield from ways_in
    if org is not None and store is not None and all(one.level != "error" for one in ways_in):
        yield from _org_checks(settings, org, store, file)
    if store is not None:
        store.close()


def _org_checks(settings: Settings, org: SalesforceOrg, store: SqlStore, file: PolicyFile | None) -> Iterator[Check]:
    polled, said = _try("org", lambda: org.poll(PollRequest(organization=True)))
    yield said or _which_org(polled, settings)
    if polled is None or polled.organization is None or file is None:
        return
    at = polled.at
    yield from clock_findings(org)
    yield from limit_findings(org, polled.organization.edition)
    shapes = Shapes(org, store, SystemClock())
    findings, said = _try("fields", lambda: unknown_fields(file, shapes))
    if said is not None:
        yield said
        return
    for finding in findings or ():
        yield Check("fields", finding.severity, str(finding), exit_code=2 if finding.severity == "error" else 0)
    if any(finding.severity == "error" for finding in findings or ()):
        return
    yield Check("fields", "ok", "every object and field of the policy exists and can be used")
    guards = Guards(store, SystemClock())
    yield from guard_findings(guards, sorted(file.policy.objects))
    reading = Reading(file.policy, shapes, polled.organization.timezone)
    read, said = _try("records", lambda: read_records(org, reading, at))
    if read is None:
        yield said or Check("records", "error", "could not be read", exit_code=1)
        return
    yield from visibility_findings(org, reading.objects)
    for found in record_findings(reading, read):
        yield Check(found.what, found.level, found.said, found.mend)
    yield from _people_checks(org, reading, read.records.pools or (), at)
    yield from _destination_checks(org, file)
    for told in outlet_findings(org, file.policy, settings):
        yield Check("notify", told.level, told.said, told.mend, told.exit_code)
    yield from _neglect_checks(file, shapes)
    yield _cost(settings, reading, org, guards)


def _size(file: PolicyFile | None) -> str:
    groups = file.policy.enabled_groups if file else ()
    return f"good, {len(groups)} enabled group{'' if len(groups) == 1 else 's'}"


def _which_org(polled: Polled | None, settings: Settings) -> Check:
    facts = polled.organization if polled else None
    if facts is None:
        return Check("org", "error", "the org does not show its Organization record to this user", exit_code=1)
    kind = "a sandbox" if facts.is_sandbox else "production"
    if settings.org_id is not None and settings.org_id[:15] != facts.id[:15]:
        return Check("org", "error", f"this is {facts.name} ({facts.id}), not SFASSIGN_ORG_ID", exit_code=2)
    return Check("org", "ok", f"{facts.name} ({facts.id}), {kind}, time zone {facts.timezone}")


def _people_checks(org: SalesforceOrg, reading: Reading, pools: Sequence[Pool], now: dt.datetime) -> Iterator[Check]:
    users, since = reading.users(now, pools), reading.since(now)
    request = PollRequest(users=users, frozen=True, sessions_since=since, omni=reading.omni)
    polled, said = _try("people", lambda: org.poll(request))
    if polled is None:
        yield said or Check("people", "error", "could not be read", exit_code=1)
        return
    if isinstance(polled.users, Unreadable):
        yield Check("people", "error", f"users cannot be read: {polled.users.message}", RIGHTS["users"], 1)
    else:
        found = len(polled.users or ())
        mend = None if found else "look at `members` in the policy: no user of this org matches"
        yield Check("people", "ok" if found else "warning", f"{found} users may be members", mend)
        results, said = _try("performance", lambda: results_findings(org, reading, polled.users, pools, now))
        yield from (said,) if said else (Check(one.what, one.level, one.said, one.mend) for one in results or ())
    yield from _presence_checks(polled)


def _destination_checks(org: SalesforceOrg, file: PolicyFile) -> Iterator[Check]:
    """Queues and users that items overflow to, or go to after neglect, asked for by name."""
    wanted = destinations_of(file.policy)
    if not wanted:
        return
    found, said = _try("overflow", lambda: resolve(org, wanted))
    if found is None:
        yield said or Check("overflow", "error", "queues and users could not be read", exit_code=1)
        return
    unknown = [spoken(to) for to in wanted if id_of(found, to) is None]
    for name in unknown:
        mend = "mend the name under `overflow` or `neglect` in the policy; until then its items stay where they are"
        yield Check("overflow", "error", f"the org has no {name}", mend, exit_code=2)
    if not unknown:
        yield Check("overflow", "ok", f"{', '.join(map(spoken, wanted))}: known to the org")


def _neglect_checks(file: PolicyFile, shapes: Shapes) -> Iterator[Check]:
    """Tables without which nobody knows whether an item was touched."""
    if all(group.neglect is None for group in file.policy.enabled_groups):
        return
    unseen, said = _try("neglect", lambda: unseen_tables(file.policy, shapes))
    if said is not None:
        yield said
    elif unseen:
        mend = "grant Access Activities and read access; until then nothing is taken from anybody for neglect"
        yield Check("neglect", "warning", f"{', '.join(unseen)} cannot be seen", mend)
    else:
        yield Check("neglect", "ok", "what shows that an item was touched can be read")


def _presence_checks(polled: Polled) -> Iterator[Check]:
    if isinstance(polled.sessions, Unreadable):
        yield Check("presence", "warning", f"sessions cannot be read: {polled.sessions.message}", RIGHTS["sessions"])
    elif polled.sessions is not None:
        people = len({session.user for session in polled.sessions})
        alone = None if people > 1 else "a missing right looks like nobody is logged in: grant Manage Users and compare"
        yield Check("presence", "warning" if alone else "ok", f"{people} people have a live session", alone)
    if isinstance(polled.omni, Unreadable):
        said = f"Omni-Channel presence cannot be read: {polled.omni.message}"
        yield Check("presence", "warning", said, RIGHTS["omni"])
    elif polled.omni is not None:
        yield Check("presence", "ok", f"{len(polled.omni)} people have an Omni-Channel status")
    if isinstance(polled.frozen, Unreadable):
        yield Check("people", "warning", f"frozen logins cannot be read: {polled.frozen.message}", RIGHTS["frozen"])


def _slow_calls(settings: Settings, reading: Reading, free: int) -> float:
    """Calls a day for what changes slowly: none where the slots that polls leave free are enough."""
    parts = sum(part.needed(reading) for part in SLOW_PARTS if part.rests is None)
    if free and parts / free * settings.poll <= settings.resweep:
        return 0
    return math.ceil(parts / QUERIES_PER_CALL) * SECONDS_PER_DAY / settings.resweep.total_seconds()


def _counting_calls(reading: Reading, free: int) -> int:
    """Calls a day for won and closed records: two counts for each basis and every 400 members, once an hour."""
    counts = 2 * len(reading.bases)
    return math.ceil(max(0, counts - free) / QUERIES_PER_CALL) * round(SECONDS_PER_DAY / RESULTS_EVERY.total_seconds())


def _cost(settings: Settings, reading: Reading, org: SalesforceOrg, guards: Guards) -> Check:
    """What an idle day costs: one call per five queries of a poll. Writes come on top, 24 to a call, or 4 where each
    needs a query of its own."""
    together = 4 if any(guards.of(name) is Guard.REFERENCE for name in reading.objects) else 24
    queries = len(reading.objects) + (reading.since(dt.datetime.now(dt.UTC)) is not None) + reading.omni
    per_poll = math.ceil(queries / QUERIES_PER_CALL)
    polls = SECONDS_PER_DAY / settings.poll.total_seconds()
    calls = round(per_poll * polls + _slow_calls(settings, reading, -queries % QUERIES_PER_CALL))
    calls += _counting_calls(reading, -queries % QUERIES_PER_CALL)
    allowed = org.usage[1] if org.usage else None
    share = f", {100 * calls / allowed:.1f} % of the {allowed:,} this org allows" if allowed else ""
    said = f"{calls:,} a day when idle ({per_poll} per poll){share}; {together} assignments cost one more"
    budget = calls_per_day(settings.api_budget, allowed) if allowed else calls
    if calls <= budget * IDLE_SHARE:
        return Check("API calls", "ok", said)
    mend = "raise SFASSIGN_API_BUDGET or SFASSIGN_POLL; as it is, cycles come later than every SFASSIGN_POLL"
    return Check("API calls", "warning", f"{said}; SFASSIGN_API_BUDGET {settings.api_budget} is {budget:,}", mend)
