"""What `check` says about the way in: how we log in and for how long that will work, the clocks, the org's limits, and
whether records are hidden from us.

Asked by `checks`, in the order in which a person would mend it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sfassign.finding import Check, attempt
from sfassign.ports import Unreadable
from sfassign.rights import RECORD_COUNTS
from sfassign.salesforce import SalesforceOrg

MOST_SKEW_SECONDS = 60
"""More makes logs and pauses misleading; from three minutes on assertions signed by this clock are refused."""
SCARCE_SHARE = 0.8
LEAST_SEEN_SHARE = 0.5
"""The org's count of records is approximate: only a gap that no approximation explains is worth a word."""
_NO_COUNTS = "compare the number of records in a list view of all of them with what this login sees, once"
LONG_REQUESTS, LONG_REQUESTS_OF_TRIALS = 25, 5
"""Requests of more than 20 s an org runs at once (Salesforce Developer Limits, concurrent API requests)."""


def login_findings(org: SalesforceOrg) -> Iterator[Check]:
    """How we log in, and for how long that will work; an error where there is no session, or one the org does not
    take."""
    host, refused = attempt("login", org.log_in)
    if refused is None:
        _, refused = attempt("login", org.try_session)
    if refused is not None:
        yield from clock_findings(org, only_wrong=True)
        yield refused
        return
    yield Check("login", "ok", f"{org.flow}, session at {host}")
    if org.retires is not None:
        mend = (
            "move to OAuth 2.0 JWT bearer: an External Client App with a certificate, then SFASSIGN_CONSUMER_KEY,"
            " SFASSIGN_PRIVATE_KEY_FILE and SFASSIGN_USERNAME"
        )
        yield Check("login", "warning", org.retires, mend)


def clock_findings(org: SalesforceOrg, *, only_wrong: bool = False) -> Iterator[Check]:
    """This machine's clock against the org's."""
    ahead = org.clock_ahead
    if ahead is None:
        return
    seconds = ahead.total_seconds()
    if abs(seconds) <= MOST_SKEW_SECONDS:
        if not only_wrong:
            yield Check("clock", "ok", "this machine's clock agrees with the org's")
        return
    side = "behind" if seconds > 0 else "ahead of"
    mend = (
        "set this machine's clock (timedatectl set-ntp true): decisions go by the org's clock, pauses and logs by this"
        " one, and a login by certificate must first be told the time"
    )
    span = dt.timedelta(seconds=round(abs(seconds)))
    yield Check("clock", "warning", f"this machine's clock is {span} (h:mm:ss) {side} the org's", mend)


def limit_findings(org: SalesforceOrg, edition: str) -> Iterator[Check]:
    """What the org allows, and how much of it is used by all its clients together."""
    if org.usage is None:
        return
    used, allowed = org.usage
    trial = edition.startswith("Developer") or "Trial" in edition
    at_once = LONG_REQUESTS_OF_TRIALS if trial else LONG_REQUESTS
    said = (
        f"{edition or 'edition not told'}: {used:,} of {allowed:,} API requests of the last 24 hours are used, by all"
        f" clients together; at most {at_once} requests of more than 20 s at once (ours stay below 10 s)"
    )
    if used < SCARCE_SHARE * allowed:
        yield Check("limits", "ok", said)
        return
    mend = "find who uses them (Setup, Company Information and API Usage), or set a longer SFASSIGN_POLL"
    yield Check("limits", "warning", said, mend)


def visibility_findings(org: SalesforceOrg, objects: Sequence[str]) -> Iterator[Check]:
    """Records that this user may not see: for us they do not exist, and nobody would be told of them. Raises an
    OrgError where the org cannot be asked at all."""
    compared: list[str] = []
    uncounted: list[str] = []
    for name in objects:
        found, refused = attempt("records", lambda name=name: org.visible(name))  # type: ignore[misc] # the loop's name, now
        if found is None:
            reason = refused.said if refused else "no answer"
            mend = "count them in the Developer Console's query editor; a count that takes too long is no harm"
            yield Check("records", "warning", f"{name} records could not be counted: {reason}", mend)
        elif found.existing is not None and found.seen < LEAST_SEEN_SHARE * found.existing:
            said = f"this login sees {found.seen:,} of some {found.existing:,} {name} records; the others get nobody"
            yield Check("records", "warning", said, f"grant View All on {name}, or share its records with this user")
        else:
            (compared if found.existing is not None else uncounted).append(name)
    yield from _view_setup(org.permission("ViewSetup"), uncounted)
    if compared:
        yield Check("records", "ok", f"the records of {', '.join(compared)} can be seen")


def _view_setup(held: bool | Unreadable, uncounted: Sequence[str]) -> Iterator[Check]:
    """The org may tell the counts and refuse other things that the right is for, and the other way about."""
    said = f"the org does not tell this login how many records of {', '.join(uncounted)} there are"
    hidden = [f"{said}: hidden ones would not be noticed"] if uncounted else []
    if isinstance(held, Unreadable):
        whether = f"whether this login has View Setup and Configuration could not be asked: {held.code}: {held.message}"
        yield Check("rights", "warning", "; ".join([*hidden, whether]), RECORD_COUNTS)
    elif not held:
        lacking = "this login lacks View Setup and Configuration"
        yield Check("rights", "warning", "; ".join([lacking, *hidden]), RECORD_COUNTS)
    elif hidden:
        yield Check("rights", "warning", f"{hidden[0]} (View Setup and Configuration is granted)", _NO_COUNTS)
