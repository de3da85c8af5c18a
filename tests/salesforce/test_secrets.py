"""No secret is seen, whatever goes wrong: every failure is provoked with marked secrets and searched for them."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from urllib.parse import quote, unquote_plus
from xml.sax.saxutils import escape

import pytest
import requests
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from structlog.testing import capture_logs
from urllib3.exceptions import ProtocolError

from sfassign.errors import SfassignError
from sfassign.ports import ObjectRead, OwnerChange, PollRequest
from sfassign.salesforce import (
    AccessToken,
    ClientCredentials,
    Credentials,
    JwtBearer,
    SalesforceOrg,
    UsernamePassword,
)
from tests.salesforce.answers import ALICE, HOST, LEAD, NOON, SteppingClock, composite, dated, lead, page, refused
from tests.salesforce.test_soap_login import fault, result

MARK = "MARKED"
TOKEN = f"00D000000000001!AQ.{MARK}.token"
RENEWED = f"00D000000000001!AQ.{MARK}.renewed"
SECRET = f"{MARK}-consumer-secret"
KEY = f"{MARK}-consumer-key"
PASSWORD = f'p&<{MARK}>"\\wörd'
SECURITY_TOKEN = f"{MARK}-security-token"
PROXY = f"http://user:{MARK}-proxy-word@proxy.example:3128"

_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = _RSA.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
MARKS = (MARK, PEM.splitlines()[3], "eyJhbGciOi")
"""What must not be seen: every marked text, a line of the key, the beginning of any assertion."""

CREDENTIALS: dict[str, Credentials] = {
    "access token": AccessToken(HOST, TOKEN),
    "client credentials": ClientCredentials(HOST, KEY, SECRET),
    "jwt bearer": JwtBearer(HOST, KEY, PEM, "robot@acme.example"),
    "password": UsernamePassword(HOST, "robot@acme.example", PASSWORD, SECURITY_TOKEN),
}

Reply = tuple[int, dict[str, str], str] | Exception

ANSWERS: dict[str, Callable[[str], Reply]] = {
    "expired session": lambda echo: (401, {}, json.dumps(refused("INVALID_SESSION_ID", echo))),
    "bad header": lambda echo: (401, {}, json.dumps(refused("INVALID_AUTH_HEADER", echo))),
    "limit": lambda echo: (403, {}, json.dumps(refused("REQUEST_LIMIT_EXCEEDED", echo))),
    "refusal": lambda echo: (400, {}, json.dumps(refused("MALFORMED_QUERY", echo))),
    "refusal with its code": lambda echo: (400, {}, json.dumps(refused(echo))),
    "server error": lambda echo: (500, {}, json.dumps(refused("UNKNOWN_EXCEPTION", echo))),
    "query refused": lambda echo: (200, {}, json.dumps(composite(q0=(400, refused("NO", echo)), q1=(400, "")))),
    "change refused": lambda echo: (200, {}, json.dumps(composite(e1=(400, refused("NO", echo))))),
    "html": lambda echo: (503, {}, f"<html>{echo}</html>"),
    "html with 200": lambda echo: (200, {}, f"<html>{echo}</html>"),
    "redirect": lambda echo: (302, {"Location": f"https://evil.example/{quote(echo)}"}, ""),
    "composite of something else": lambda echo: (200, {}, json.dumps({echo: echo})),
    "connection refused": lambda echo: requests.ConnectionError(f"refused {echo}"),
    "reset": lambda echo: requests.ConnectionError(
        ProtocolError("Connection aborted.", ConnectionResetError(104, echo))
    ),
    "read time-out": requests.ReadTimeout,
    "connect time-out": requests.ConnectTimeout,
    "proxy": lambda echo: requests.exceptions.ProxyError(f"{PROXY} {echo}"),
    "tls": requests.exceptions.SSLError,
    "invalid header": lambda echo: requests.exceptions.InvalidHeader(f"Invalid header value: {echo}"),
    "cut": requests.exceptions.ChunkedEncodingError,
}
"""What may come back; every one repeats what it was sent, headers and body, as debugging proxies do."""

LOGINS: dict[str, Callable[[str], Reply]] = {
    "granted": lambda _: (200, {}, json.dumps({"access_token": RENEWED, "instance_url": HOST})),
    "refused": lambda echo: (400, {}, json.dumps({"error": "invalid_grant", "error_description": echo})),
    "unavailable": lambda echo: (503, {}, echo),
    "not safe": lambda _: (200, {}, json.dumps({"access_token": RENEWED, "instance_url": f"http://{RENEWED}"})),
    "unreachable": requests.ConnectionError,
}

SOAP_LOGINS: dict[str, Callable[[str], Reply]] = {
    "granted": lambda _: (200, {}, result(RENEWED, f"{HOST}/services/Soap/u/64.0/00D000000000001")),
    "refused": lambda echo: (500, {}, fault("INVALID_LOGIN", echo)),
    "refused, quoting the envelope as it is": lambda echo: (500, {}, fault("INVALID_LOGIN", "@").replace("@", echo)),
    "refused with its code": lambda echo: (500, {}, fault("@").replace("@", escape(echo))),
    "expired": lambda _: (200, {}, result(RENEWED).replace("<passwordExpired>false", "<passwordExpired>true")),
    "unavailable": lambda echo: (503, {}, f"<html>{echo}</html>"),
    "quoted in JSON": lambda echo: (500, {}, json.dumps({"request": echo})),
    "redirected": lambda echo: (302, {"Location": f"https://evil.example/{quote(echo)}"}, ""),
    "not safe": lambda _: (200, {}, result(RENEWED, f"http://{RENEWED}")),
    "unreachable": requests.ConnectionError,
    "read time-out": requests.ReadTimeout,
    "cut": requests.exceptions.ChunkedEncodingError,
}

SITUATIONS = [
    ("access token", "granted"),
    *((kind, login) for kind in ("client credentials", "jwt bearer") for login in LOGINS),
    *(("password", login) for login in SOAP_LOGINS),
]

CALLS: dict[str, Callable[[SalesforceOrg], object]] = {
    "poll": lambda org: org.poll(PollRequest((ObjectRead("Lead", ()),), omni=True)),
    "write": lambda org: org.write([OwnerChange(1, "Lead", LEAD, ALICE, NOON)], {"Lead": ObjectRead("Lead", ())}),
    "describe": lambda org: org.describe("Lead"),
    "identify": lambda org: org.identify(),
}


def everything_about(error: BaseException) -> str:
    """The error as text in every way there is: with the local variables of our code, its causes, what hangs on it."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in told.stack if "/tests/" not in frame.filename]
    chain: list[BaseException] = [error]
    while (behind := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(behind)
    hanging = "".join(f"{link!s} {link!r} {link.__dict__!r}" for link in chain)
    return f"{frames} {[frame.locals for frame in frames]} {hanging}"


def echoing(reply: Callable[[str], Reply], clock: SteppingClock) -> Callable[[requests.PreparedRequest], Reply]:
    """The reply, repeating the request it answers."""

    def answer(request: requests.PreparedRequest) -> Reply:
        body = request.body.decode() if isinstance(request.body, bytes) else unquote_plus(str(request.body))
        said = reply(f"{request.headers} {body}")
        return said if isinstance(said, Exception) else (said[0], {**dated(clock), **said[1]}, said[2])

    return answer


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(("kind", "login"), SITUATIONS)
def test_no_failure_shows_a_secret(
    kind: str,
    login: str,
    call: Callable[[SalesforceOrg], object],
    http: responses.RequestsMock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials = CREDENTIALS[kind]
    possible = ANSWERS if login == "granted" else {"never asked": ANSWERS["html"]}
    clock = SteppingClock()
    org = SalesforceOrg(credentials, clock, proxy=PROXY)
    for name, reply in possible.items():
        clock.pass_by(3600)
        http.reset()
        for path, replies in (("oauth2/token", LOGINS), ("Soap/u/64.0", SOAP_LOGINS)):
            if login in replies:
                http.add_callback(responses.POST, f"{HOST}/services/{path}", callback=echoing(replies[login], clock))
        for method, path in (
            (responses.POST, "data/v62.0/composite"),
            (responses.GET, "data/v62.0/sobjects/Lead/describe"),
            (responses.GET, "oauth2/userinfo"),
        ):
            http.add_callback(method, f"{HOST}/services/{path}", callback=echoing(reply, clock))
        shown = f"{org!r} {org.__dict__!r} {credentials!r}"
        with capture_logs() as logs:
            try:
                shown += repr(call(org))
            except SfassignError as error:
                shown += everything_about(error)
        shown += repr(logs) + caplog.text
        seen = [mark for mark in MARKS if mark in shown]
        assert not seen, f"{name}: {shown[max(0, shown.index(seen[0]) - 300) :][:400]}"


def test_a_password_that_is_also_a_word_in_the_records_hides_no_record(
    clock: SteppingClock, http: responses.RequestsMock
) -> None:
    http.add(responses.POST, f"{HOST}/services/Soap/u/64.0", body=result(RENEWED))
    rows = composite(q0=(200, page(lead(Company="Winter25"))))
    http.add(responses.POST, f"{HOST}/services/data/v62.0/composite", json=rows, headers=dated(clock))
    org = SalesforceOrg(UsernamePassword(HOST, "robot@acme.example", "Winter25", ""), clock)
    [row] = org.poll(PollRequest((ObjectRead("Lead", ("Company",)),))).rows[0]
    assert row.values["company"] == "Winter25"
