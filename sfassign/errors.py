"""One class per thing the caller does differently. The docstring says what happened and what to do next.

`exit_code` is what a command ends with: 1 the work could not be done, 2 wrong usage, environment or policy. `mend` is
what `check` tells an administrator to do about it. Messages never hold a secret.
"""

from __future__ import annotations


class SfassignError(Exception):
    """Something a user can cause or cure; commands print it without a traceback."""

    exit_code = 1
    mend = "mend what the message names and run this check again"


class WrongSettings(SfassignError):
    """The environment is wrong. Mend the variable the message names; every problem is listed at once."""

    exit_code = 2
    mend = "mend the variable that the message names, in the environment or in the env file"


class WrongPolicy(SfassignError):
    """The policy file cannot run. Mend the lines the message names; a running daemon keeps the last good policy."""

    exit_code = 2
    mend = "mend the lines that the message names; a running daemon keeps the last good policy"


class WrongUsage(SfassignError):
    """The command cannot be carried out as given. The message says what was expected."""

    exit_code = 2
    mend = "give the command as the message says"


class WrongOrg(SfassignError):
    """The database belongs to another org. Point SFASSIGN_DATABASE_URL to that org's own database."""

    exit_code = 2
    mend = "point SFASSIGN_DATABASE_URL to this org's own database, or log in to the org that the database belongs to"


class DatabaseUnusable(SfassignError):
    """The database cannot be opened or written. Check the path or URL, the rights, and the disk."""

    mend = "look at SFASSIGN_DATABASE_URL: whether its folder is there, may be written by this user, and has room"


class LeaseHeld(SfassignError):
    """Another process writes to this org. Wait for it, or stop it; the message names it."""

    mend = "wait for the process that the message names, or stop it"


class OrgError(SfassignError):
    """The conversation with the org failed."""

    mend = "run this check again; where it stays, mend what the message names"


class OrgUnreachable(OrgError):
    """No usable answer: network, time-out, 5xx, not JSON. Reads are tried again; what a write did is read back."""

    mend = (
        "look whether this machine reaches the host over HTTPS (port, firewall, SFASSIGN_PROXY), whether it is the"
        " org's (SFASSIGN_INSTANCE_URL or SFASSIGN_DOMAIN), and at status.salesforce.com"
    )


class WriteUnproven(OrgUnreachable):
    """A write was answered with a refusal of the whole call that does not prove that nothing was written. Its records
    are read by the next cycle; mend what the message names."""


class LoginFailed(OrgError):
    """The org refuses the credentials. A configuration error: trying again at once only locks the user out."""

    mend = (
        "mend the login's variables, or the app and its user in Salesforce; the user's Login History under Setup says"
        " why the org refused"
    )


class SessionExpired(OrgError):
    """The session is no longer valid and nothing is configured to get a new one."""

    mend = (
        "set SFASSIGN_ACCESS_TOKEN to the token of a live session of the org at SFASSIGN_INSTANCE_URL, or use a login"
        " that renews itself: SFASSIGN_CONSUMER_KEY, SFASSIGN_PRIVATE_KEY_FILE and SFASSIGN_USERNAME"
    )


class ApiLimitReached(OrgError):
    """The org's daily API requests are used up (REQUEST_LIMIT_EXCEEDED): pause everything, try again later."""

    mend = "find who uses the org's API requests (Setup › Company Information), or wait: they come back within 24 hours"


class OrgRefused(OrgError):
    """The org understood the request and refused it. `code` is Salesforce's errorCode."""

    mend = "mend what the org's words name, a missing right of this login in most cases, and run this check again"

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.status = status
