"""What `check` finds out before a start: policy, database, login, org, fields, people, presence, what a day costs.

Each step is tried on its own, so that one trouble does not hide the next; a step that needs a failed one is left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from sfassign.bootstrap import PolicyFile, SystemClock, connect, open_policy
from sfassign.condition_checks import condition_findings
from sfassign.cost_checks import cost_finding
from sfassign.destinations import destinations_of, id_of, resolve, spoken
from sfassign.evidence import unseen_tables
from sfassign.field_checks import field_findings
from sfassign.finding import Check
from sfassign.finding import attempt as _try
from sfassign.guards import Guards
from sfassign.identity import OrgIdentity
from sfassign.login_checks import clock_findings, limit_findings, login_findings, visibility_findings
from sfassign.outlet_checks import outlet_findings, setting_findings
from sfassign.ports import Guard, Polled, PollRequest
from sfassign.presence_checks import people_findings
from sfassign.reading import Reading
from sfassign.record_checks import knowing_owners, read_records, record_findings
from sfassign.rights_checks import rights_findings
from sfassign.routing_checks import routing_findings
from sfassign.salesforce import SalesforceOrg
from sfassign.settings import Settings
from sfassign.shapes import Shapes
from sfassign.sharing_checks import sharing_findings
from sfassign.storage import SqlStore, open_store
from sfassign.write_checks import guard_findings

Tell = Callable[[str], None]


def run_checks(settings: Settings, tell: Tell) -> Iterator[Check]:
    """Everything a start needs, in the order in which a person would mend it; `tell` hears what is being looked at."""
    clock = SystemClock()
    file, said = _try("policy", lambda: open_policy(settings.policy))
    yield said or Check("policy", "ok", f"{settings.policy}: {_size(file)}")
    if file is not None:
        for lack in setting_findings(file.policy, settings):
            yield Check("notify", lack.level, lack.said, lack.mend, lack.exit_code)
    store, said = _try("database", lambda: open_store(settings.database_url.get_secret_value(), clock))
    yield said or Check("database", "ok", f"{store.name if store else ''} is ready")
    tell("logging in")
    org, said = _try("login", lambda: connect(settings, clock))
    ways_in = [said] if said is not None else [] if org is None else [*login_findings(org)]
    yield from ways_in
    if org is not None and store is not None and all(one.level != "error" for one in ways_in):
        yield from _org_checks(settings, org, store, file, tell)
    if store is not None:
        store.close()


def _org_checks(
    settings: Settings, org: SalesforceOrg, store: SqlStore, file: PolicyFile | None, tell: Tell
) -> Iterator[Check]:
    polled, said = _try("org", lambda: org.poll(PollRequest(organization=True)))
    which = said or _which_org(polled, settings, store)
    yield which
    if which.level == "error" or polled is None or polled.organization is None or file is None:
        return
    yield from clock_findings(org)
    yield from limit_findings(org, polled.organization.edition)
    shapes = Shapes(org, store, SystemClock(), OrgIdentity(org, store, settings.org_id, verified=True))
    shapes.refresh()
    tell("comparing the policy with the org's objects and fields")
    found = [*_all_of("fields", field_findings(file, shapes))]
    yield from found
    if any(one.level == "error" for one in found):
        return
    guards = Guards(store, SystemClock())
    yield from guard_findings(guards, sorted(file.policy.objects))
    reading = Reading(file.policy, shapes, polled.organization.timezone)
    yield from _proofs(org, reading, file, polled.at, tell)
    yield from _neglect_checks(file, shapes)
    for told in outlet_findings(org, file.policy, settings):
        yield Check("notify", told.level, told.said, told.mend, told.exit_code)
    by_reference = any(guards.of(name) is Guard.REFERENCE for name in reading.objects)
    yield cost_finding(settings, reading, org, by_reference, polled.at)


def _proofs(org: SalesforceOrg, reading: Reading, file: PolicyFile, at: dt.datetime, tell: Tell) -> Iterator[Check]:
    """What the org must have and allow for this policy, tried on the org itself. `at` is its clock."""
    tell("reading what the policy asks of the org")
    read, said = _try("records", lambda: read_records(org, reading, at))
    if read is None:
        yield from (said,) if said else ()
        return
    reading = knowing_owners(reading, read)
    yield from _all_of("rights", rights_findings(file.policy, reading.shapes))
    yield from _all_of("rights", sharing_findings(org, reading, at))
    yield from _all_of("records", visibility_findings(org, reading.objects))
    for found in record_findings(reading, read):
        yield Check(found.what, found.level, found.said, found.mend)
    yield from _all_of("conditions", condition_findings(org, reading, file, at, tell))
    tell("looking at queues, rules and routing")
    yield from _all_of("routing", routing_findings(org, file.policy, reading.shapes))
    yield from _destination_checks(org, file)
    tell("looking who is there")
    yield from _all_of("people", people_findings(org, reading, read.records.pools or (), at))


def _all_of(what: str, findings: Iterator[Check]) -> Iterator[Check]:
    """What a subject's checks find, and what keeps them from going on."""
    while True:
        found, said = _try(what, lambda: next(findings, None))
        if said is not None:
            yield said
        if found is None:
            return
        yield found


def _size(file: PolicyFile | None) -> str:
    groups = file.policy.enabled_groups if file else ()
    return f"good, {len(groups)} enabled group{'' if len(groups) == 1 else 's'}"


def _which_org(polled: Polled | None, settings: Settings, store: SqlStore) -> Check:
    """Nothing is compared, and nothing kept, for an org that neither the environment nor the database means."""
    facts = polled.organization if polled else None
    if facts is None:
        mend = "grant this user access to the Organization record: API Enabled, with any standard licence"
        return Check("org", "error", "the org does not show its Organization record to this user", mend, 1)
    if settings.org_id is not None and settings.org_id[:15] != facts.id[:15]:
        mend = "log in to the org that is meant, or set SFASSIGN_ORG_ID to this one"
        return Check("org", "error", f"this is {facts.name} ({facts.id}), not SFASSIGN_ORG_ID", mend, 2)
    _, said = _try("org", lambda: store.refuse_other_org(facts))
    kind = "a sandbox" if facts.is_sandbox else "production"
    return said or Check("org", "ok", f"{facts.name} ({facts.id}), {kind}, time zone {facts.timezone}")


def _destination_checks(org: SalesforceOrg, file: PolicyFile) -> Iterator[Check]:
    """Queues and users that items overflow to, or go to after neglect, asked for by name."""
    wanted = destinations_of(file.policy)
    if not wanted:
        return
    found, said = _try("overflow", lambda: resolve(org, wanted))
    if found is None:
        yield from (said,) if said else ()
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
