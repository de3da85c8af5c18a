"""What `check` says about the way in: how we log in and for how long that will work, the clocks, the org's limits.

Asked by `checks`, in the order in which a person would mend it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sfassign.finding import Check, attempt
from sfassign.salesforce import SalesforceOrg

MOST_SKEW_SECONDS = 60
"""More makes logs and pauses misleading; from three minutes on assertions signed by this clock are refused."""
SCARCE_SHARE = 0.8
LONG_REQUESTS, LONG_REQUESTS_OF_TRIALS = 25, 5
"""Requests of more than 20 s an org runs at once (Salesforce Developer Limits, concurrent API requests)."""


def login_findings(org: SalesforceOrg) -> Iterator[Check]:
    """How we log in, and for how long that will work; an error where there is no session."""
    host, refused = attempt("login", org.log_in)
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
