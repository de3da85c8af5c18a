"""One class per thing the caller does differently. The docstring says what happened and what to do next.

`exit_code` is what a command ends with: 1 the work could not be done, 2 wrong usage, environment or policy.
Messages never hold a secret.
"""

from __future__ import annotations


class SfassignError(Exception):
    """Something a user can cause or cure; commands print it without a traceback."""

    exit_code = 1


class WrongSettings(SfassignError):
    """The environment is wrong. Mend the variable the message names; every problem is listed at once."""

    exit_code = 2


class WrongPolicy(SfassignError):
    """The policy file cannot run. Mend the lines the message names; a running daemon keeps the last good policy."""

    exit_code = 2


class WrongUsage(SfassignError):
    """The command cannot be carried out as given. The message says what was expected."""

    exit_code = 2


class WrongOrg(SfassignError):
    """The database belongs to another org. Point SFASSIGN_DATABASE_URL to that org's own database."""

    exit_code = 2


class DatabaseUnusable(SfassignError):
    """The database cannot be opened or written. Check the path or URL, the rights, and the disk."""


class LeaseHeld(SfassignError):
    """Another process writes to this org. Wait for it, or stop it; the message names it."""


class OrgError(SfassignError):
    """The conversation with the org failed."""


class OrgUnreachable(OrgError):
    """No usable answer: network, time-out, 5xx, not JSON. Reads are tried again; what a write did is read back."""


class WriteUnproven(OrgUnreachable):
    """A write was answered with a refusal of the whole call that does not prove that nothing was written. Its records
    are read by the next cycle; mend what the message names."""


class LoginFailed(OrgError):
    """The org refuses the credentials. A configuration error: trying again at once only locks the user out."""


class SessionExpired(OrgError):
    """The session is no longer valid and nothing is configured to get a new one."""


class ApiLimitReached(OrgError):
    """The org's daily API requests are used up (REQUEST_LIMIT_EXCEEDED): pause everything, try again later."""


class OrgRefused(OrgError):
    """The org understood the request and refused it. `code` is Salesforce's errorCode."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.status = status
