"""SOAP's `login()`, the one SOAP call of this org: a user name and a password in, a session out.

From the SOAP API Developer Guide: it exists in API versions 31.0 to 64.0, is off in new orgs until an administrator
switches it on, and answers whatever it refuses with HTTP 500 and a fault. Elements of a result have no prefix, those
of a fault have `sf`: clients read them by name.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from .http import Reply, Request
from .passwords import Unproven, is_let_in, prove
from .wire import milliseconds

if TYPE_CHECKING:
    from .org import LocalOrg

OLDEST_LOGIN, NEWEST_LOGIN = 31, 64
_PATH = re.compile(r"/services/Soap/([uc])/(\d+)\.(\d)(?:/\w*)?/?")
_NAMESPACES = {"u": "urn:partner.soap.sforce.com", "c": "urn:enterprise.soap.sforce.com"}
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_XML = {"Content-Type": "text/xml;charset=UTF-8"}
_INVALID = "Invalid username, password, security token; or user locked out."
_WORDS = {
    "INVALID_LOGIN": _INVALID,
    "PASSWORD_LOCKOUT": "password lockout",
    "LOGIN_MUST_USE_SECURITY_TOKEN": f"{_INVALID} Are you at a new location? When accessing Salesforce--either via a "
    "desktop client or the API--from outside of your company's trusted networks, you must add a security token to "
    "your password to log in.",
    "INVALID_OPERATION": "SOAP API login() is disabled by default in this org. Contact the org administrator to "
    "enable SOAP API login().",
    "API_DISABLED_FOR_ORG": "API is not enabled for this Organization or Partner",
}


class _Fault(Exception):
    def __init__(self, code: str, message: str | None = None, kind: str = "LoginFault") -> None:
        super().__init__(code)
        self.reply = _fault(code, message or _WORDS[code], kind)


def soap(org: LocalOrg, request: Request) -> Reply:
    """Answer one SOAP request."""
    try:
        return _answer(org, request)
    except _Fault as fault:
        return fault.reply


def _answer(org: LocalOrg, request: Request) -> Reply:
    match = _PATH.fullmatch(request.path)
    if not match:
        raise _Fault("UNSUPPORTED_API_VERSION", f"Invalid Api version specified on URL: {request.path}", "ApiFault")
    if not OLDEST_LOGIN <= int(match[2]) <= NEWEST_LOGIN:
        message = f"login() is not available in API version {match[2]}.{match[3]}"
        raise _Fault("UNSUPPORTED_API_VERSION", message, "UnexpectedErrorFault")
    username, password = _asked(request, _NAMESPACES[match[1]])
    if not org.settings.soap_login:
        raise _Fault("INVALID_OPERATION")
    if not org.settings.api_enabled:
        raise _Fault("API_DISABLED_FOR_ORG")
    try:
        user = prove(org, username, password)
    except Unproven as unproven:
        raise _Fault(unproven.code) from None
    if not is_let_in(org, user):
        raise _Fault("INVALID_LOGIN")
    _note_login(org, user)
    return Reply(200, page=_granted(org, request, user, match), headers=dict(_XML))


def _asked(request: Request, namespace: str) -> tuple[str, str]:
    """Username and password of the `login` element. A document type declaration is not allowed in SOAP."""
    try:
        text = request.content().decode()
        found = None if "<!DOCTYPE" in text else ET.fromstring(text)  # noqa: S314 — no DTD, so no entities to expand
    except (ValueError, ET.ParseError) as error:
        raise _Fault("UNKNOWN_EXCEPTION", str(error), "UnexpectedErrorFault") from None
    login = None if found is None else found.find(f"{{{_ENVELOPE}}}Body/{{{namespace}}}login")
    if request.method != "POST" or login is None:
        raise _Fault("UNKNOWN_EXCEPTION", "No operation available for request", "UnexpectedErrorFault")
    return tuple(login.findtext(f"{{{namespace}}}{name}") or "" for name in ("username", "password"))  # type: ignore[return-value] # two names, two texts


def _note_login(org: LocalOrg, user: str) -> None:
    row = {"UserId": user, "LoginTime": org.clock(), "LoginType": "Other Apex API", "Status": "Success"}
    org.insert("LoginHistory", row)
    org.storage.update(org.schema.object("User"), user, {"LastLoginDate": milliseconds(org.clock())})


def _granted(org: LocalOrg, request: Request, user: str, match: re.Match[str]) -> str:
    """The elements of LoginResult and of its userInfo in the documented (alphabetical) order."""
    home = org.settings.instance_url or request.origin
    tail = f"{match[2]}.{match[3]}/{org.org_id[:15]}"
    row = org.get("User", user)
    facts = org.query("SELECT Name, IsSandbox FROM Organization")[0]
    result = {
        "metadataServerUrl": f"{home}/services/Soap/m/{tail}",
        "passwordExpired": _word(org.clients.passwords[user].expired),
        "sandbox": _word(facts["IsSandbox"]),
        "serverUrl": f"{home}/services/Soap/{match[1]}/{tail}",
        "sessionId": org.issue_token(user),
        "userId": user,
    }
    person = {
        "accessibilityMode": "false",
        "chatterExternal": "false",
        "currencySymbol": "$",
        "orgAttachmentFileSizeLimit": "26214400",
        "orgDefaultCurrencyIsoCode": "USD",
        "orgDefaultCurrencyLocale": "en_US",
        "orgDisallowHtmlAttachments": "false",
        "orgHasPersonAccounts": "false",
        "organizationId": org.org_id,
        "organizationMultiCurrency": "false",
        "organizationName": facts["Name"],
        "profileId": row["ProfileId"] or "",
        "roleId": row["UserRoleId"] or "",
        "sessionSecondsValid": str(org.settings.session_seconds),
        "userEmail": row["Email"] or "",
        "userFullName": row["Name"],
        "userId": user,
        "userLanguage": row["LanguageLocaleKey"] or "en_US",
        "userLocale": row["LocaleSidKey"] or "en_US",
        "userName": row["Username"],
        "userTimeZone": row["TimeZoneSidKey"] or "GMT",
        "userType": "Standard",
        "userUiSkin": "Theme3",
    }
    inner = f"{_elements(result)}<userInfo>{_elements(person)}</userInfo>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" '
        f'xmlns="{_NAMESPACES[match[1]]}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        f"<loginResponse><result>{inner}</result></loginResponse></soapenv:Body></soapenv:Envelope>"
    )


def _elements(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())


def _word(value: bool) -> str:
    return "true" if value else "false"


def _fault(code: str, message: str, kind: str) -> Reply:
    words = escape(message)
    page = (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" '
        'xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body><soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {words}</faultstring>"
        f'<detail><sf:{kind} xsi:type="sf:{kind}"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{words}</sf:exceptionMessage></sf:{kind}></detail></soapenv:Fault></soapenv:Body>"
        "</soapenv:Envelope>"
    )
    return Reply(500, page=page, headers=dict(_XML))
