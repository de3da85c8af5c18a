"""SOAP's `login()`: the envelope that asks, and what its answer means. Used by `login` for a user name and password.

It exists up to API 64.0 and ends with Salesforce's Summer '27 release. Whatever REST version is used later, the login
is asked of 64.0. Source: SOAP API Developer Guide, login() and ExceptionCode.

An answer is XML from the network: SOAP forbids a document type declaration, so one that has it is not read at all
(no entity is ever expanded), and one larger than any login's is cut off and then not well-formed.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from xml.sax.saxutils import escape

from sfassign.errors import WrongSettings
from sfassign.salesforce.addresses import Host, safe_host

NEWEST_LOGIN_VERSION = "64.0"
SOAP_PATH = f"/services/Soap/u/{NEWEST_LOGIN_VERSION}"
HEADERS = MappingProxyType({"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": "login"})

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_PARTNER = "urn:partner.soap.sforce.com"
_OAUTH = "log in with a certificate instead: SFASSIGN_CONSUMER_KEY, SFASSIGN_PRIVATE_KEY_FILE and SFASSIGN_USERNAME"

_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "INVALID_LOGIN": "check SFASSIGN_USERNAME, SFASSIGN_PASSWORD and SFASSIGN_SECURITY_TOKEN (a new password comes "
        "with a new token; a sandbox has user names of its own and SFASSIGN_DOMAIN=test), and whether the user is "
        "locked, frozen or inactive: the user's login history in Setup names the cause",
        "LOGIN_MUST_USE_SECURITY_TOKEN": "set SFASSIGN_SECURITY_TOKEN (the user resets it under My Personal "
        "Information), or have this machine's address added to the org's trusted IP ranges",
        "PASSWORD_LOCKOUT": "too many wrong passwords: an administrator unlocks the user in Setup, Users",
        "LOGIN_DURING_RESTRICTED_DOMAIN": "this machine's address is outside the login IP ranges of the user's profile",
        "LOGIN_DURING_RESTRICTED_TIME": "the profile's login hours are over",
        "LOGIN_CHALLENGE_ISSUED": "the org wants this machine verified: add its address to the trusted IP ranges",
        "LOGIN_CHALLENGE_PENDING": "the org wants this machine verified: add its address to the trusted IP ranges",
        "ORG_LOCKED": "the org is locked: ask Salesforce",
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD": "set a new password in the org, then SFASSIGN_PASSWORD and the new "
        "SFASSIGN_SECURITY_TOKEN; Password Never Expires is a permission",
        "API_DISABLED_FOR_ORG": "the org's edition or the user's profile lacks the API: grant API Enabled, or ask "
        "Salesforce for API access",
        "UNSUPPORTED_API_VERSION": f"Salesforce has retired login(): {_OAUTH}",
        "INVALID_OPERATION": "an administrator can still switch on “Enable SOAP API login()” in Setup, User Interface, "
        f"and grant Use Any API Auth; better {_OAUTH}",
    }
)
_ELSE = "see the user's login history in Setup"

_SPENT = frozenset(
    {
        "INVALID_LOGIN",
        "LOGIN_MUST_USE_SECURITY_TOKEN",
        "LOGIN_CHALLENGE_ISSUED",
        "LOGIN_CHALLENGE_PENDING",
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
    }
)
"""Refusals that count towards the user's lock, or send a mail each time, and that no waiting cures."""

_PASSING = frozenset({"API_CURRENTLY_DISABLED", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION"})


@dataclass(frozen=True, slots=True)
class Granted:
    host: Host
    session_id: str
    user_id: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """What the org refused, in its words."""

    code: str
    message: str

    @property
    def passing(self) -> bool:
        """A trouble of the org: the password was not looked at."""
        return self.code in _PASSING

    @property
    def spent(self) -> bool:
        """The same password must not be sent again."""
        return self.code in _SPENT

    @property
    def locked(self) -> bool:
        return self.code == "PASSWORD_LOCKOUT"

    def __str__(self) -> str:
        return f"{self.code}: {self.message} ({_ADVICE.get(self.code, _ELSE)})"


def envelope(username: str, password_and_token: str) -> bytes:
    """The request's body."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<env:Envelope xmlns:env="{_ENVELOPE}" xmlns:urn="{_PARTNER}"><env:Header><urn:CallOptions>'
        "<urn:client>sfassign</urn:client></urn:CallOptions></env:Header><env:Body><urn:login>"
        f"<urn:username>{escape(username)}</urn:username><urn:password>{escape(password_and_token)}</urn:password>"
        "</urn:login></env:Body></env:Envelope>"
    ).encode()


def understood(content: bytes) -> Granted | Fault | None:
    """What the answer says; None where it is no SOAP answer to a login."""
    root = _parsed(content)
    if root is None:
        return None
    code = _text(root, "exceptionCode")
    if code:
        return Fault(code, _text(root, "exceptionMessage").removeprefix(f"{code}: "))
    session_id, server = _text(root, "sessionId"), _text(root, "serverUrl")
    if not session_id or not server:
        return None
    if _text(root, "passwordExpired") == "true":
        return Fault("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "the password has expired")
    try:
        host = safe_host(_rest_url(server), "the serverUrl of the login's answer")
    except WrongSettings as problem:
        return Fault("UNSAFE_HOST", str(problem))
    user = re.fullmatch(r"005[A-Za-z0-9]{15}", _text(root, "userId"))
    return Granted(host, session_id, user[0] if user else None)


def _rest_url(server: str) -> str:
    """Old orgs answer SOAP at `na1-api.salesforce.com` and REST at `na1.salesforce.com`."""
    return server.replace("-api.salesforce.com", ".salesforce.com", 1)


def _parsed(content: bytes) -> ET.Element | None:
    try:
        text = content.decode("utf-8")
        return None if "<!DOCTYPE" in text else ET.fromstring(text)  # noqa: S314 — without a DTD there are no entities
    except (ValueError, ET.ParseError):
        return None


def _text(root: ET.Element, name: str) -> str:
    """The text of the first element called so, in whatever namespace; empty where there is none."""
    return next(((found.text or "").strip() for found in root.iterfind(f".//{{*}}{name}")), "")
