"""What `check` says about the outlets that the policy notifies by: whether each could send a message now.

Nothing is sent, and the mail server is not called: what it takes to reach it is known only when there is mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sfassign.bootstrap import missing_outlets, refuse_missing_outlets
from sfassign.core.notice import Outlet
from sfassign.core.policy import Policy
from sfassign.errors import SfassignError, WrongSettings
from sfassign.salesforce import SalesforceOrg
from sfassign.salesforce.notifying import NOTIFICATION_TYPE, no_type
from sfassign.settings import Settings


@dataclass(frozen=True, slots=True)
class OutletFinding:
    level: str
    said: str
    mend: str | None = None
    exit_code: int = 0


def outlets_of(policy: Policy) -> tuple[Outlet, ...]:
    """The outlets that enabled groups notify by, in the order of the documentation."""
    wanted = {name for group in policy.enabled_groups for name in group.notify}
    return tuple(outlet for outlet in Outlet if outlet.value in wanted)


def setting_findings(policy: Policy, settings: Settings) -> Iterator[OutletFinding]:
    """What the environment lacks for them; known without asking the org."""
    try:
        refuse_missing_outlets(policy, settings)
    except WrongSettings as wrong:
        missing = bool(missing_outlets(policy, settings))
        mend = "set the variable, or take slack out of `notify`" if missing else "mend the variable"
        yield OutletFinding("error", str(wrong), mend, wrong.exit_code)


def outlet_findings(org: SalesforceOrg, policy: Policy, settings: Settings) -> Iterator[OutletFinding]:
    """What the org lacks for them, and one line of praise where all is there."""
    wanted = outlets_of(policy)
    by_org = [one for one in wanted if one in _ASKED and not (one is Outlet.EMAIL and settings.smtp_url is not None)]
    found = [finding for outlet in by_org for finding in _asked(outlet, org)]
    yield from found
    if wanted and not found:
        yield OutletFinding("ok", f"people can be told by {', '.join(outlet.value for outlet in wanted)}")


def _asked(outlet: Outlet, org: SalesforceOrg) -> Iterator[OutletFinding]:
    ask, lacking, mend = _ASKED[outlet]
    try:
        there = ask(org)
    except SfassignError as error:
        yield OutletFinding("warning", f"{outlet.value} cannot be checked: {error}", mend)
        return
    if not there:
        yield OutletFinding("error", lacking, mend, 2)


_ASKED: Mapping[Outlet, tuple[Callable[[SalesforceOrg], bool], str, str]] = MappingProxyType(
    {
        Outlet.SALESFORCE: (
            lambda org: org.has_notification_type(),
            no_type(NOTIFICATION_TYPE),
            "create the type with desktop and mobile, and grant Send Custom Notifications",
        ),
        Outlet.EMAIL: (
            lambda org: org.sends_mail(),
            "the org has no action that sends e-mail",
            "set SFASSIGN_SMTP_URL, or let the org send e-mail (Setup › Deliverability)",
        ),
        Outlet.CHATTER: (
            lambda org: org.has_chatter(),
            "Chatter is not switched on in this org",
            "switch it on under Setup › Chatter Settings, or take chatter out of `notify`",
        ),
    }
)
