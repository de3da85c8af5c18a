"""The token endpoint with its three headless flows, and who a token belongs to.

Errors are 400 with an object `{error, error_description}`, unlike everywhere else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from .clients import Client
from .http import Reply, Request
from .passwords import Unproven, is_let_in, prove, user_called
from .wire import milliseconds, wire_datetime

if TYPE_CHECKING:
    from .org import LocalOrg

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")


class _Refused(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.reply = Reply(400, {"error": error, "error_description": description})


def token(org: LocalOrg, request: Request) -> Reply:
    if request.method != "POST":
        return Reply(400, {"error": "invalid_request", "error_description": "must use HTTP POST"})
    form = dict(parse_qsl(request.content().decode("utf-8", "replace"), keep_blank_values=True))
    flows = {"client_credentials": _client_credentials, "password": _password, JWT_BEARER: _jwt}
    flow = flows.get(form.get("grant_type", ""))
    if flow is None:
        return _Refused("unsupported_grant_type", "grant type not supported").reply
    try:
        user = flow(org, request, form)
    except _Refused as refusal:
        return refusal.reply
    if not is_let_in(org, user):
        return _Refused("inactive_user", "user is inactive").reply
    _note_login(org, user)
    return Reply(200, _granted(org, request, user, form.get("grant_type", "")), {"Cache-Control": "no-cache, no-store"})


def _granted(org: LocalOrg, request: Request, user: str, flow: str) -> dict[str, Any]:
    issued_at = str(milliseconds(org.clock()))
    link = f"{request.origin}/id/{org.org_id}/{user}"
    seal = hmac.new(org.org_id.encode(), (link + issued_at).encode(), hashlib.sha256).digest()
    made = {
        "access_token": org.issue_token(user),
        "signature": base64.b64encode(seal).decode(),
        "scope": "api",
        "instance_url": org.settings.instance_url or request.origin,
        "id": link,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }
    dropped = {JWT_BEARER: {"signature", "issued_at"}, "password": {"scope"}}.get(flow, set())
    return {name: value for name, value in made.items() if name not in dropped}


def _note_login(org: LocalOrg, user: str) -> None:
    """A login by API leaves a session and a line in the login history, as a person's does."""
    kind = "Remote Access 2.0"
    seconds = org.settings.session_seconds
    org.insert("LoginHistory", {"UserId": user, "LoginTime": org.clock(), "LoginType": kind, "Status": "Success"})
    org.insert(
        "AuthSession",
        {"UsersId": user, "LoginType": kind, "SessionType": "Oauth2", "NumSecondsValid": seconds},
        by=user,
    )
    org.storage.update(org.schema.object("User"), user, {"LastLoginDate": milliseconds(org.clock())})


def _client(org: LocalOrg, request: Request, form: dict[str, str]) -> Client:
    """The app by key and secret, from the Authorization header or the form."""
    key, secret = form.get("client_id", ""), form.get("client_secret", "")
    kind, _, coded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            key, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise _Refused("invalid_client", "invalid client credentials") from None
    client = org.clients.by_key.get(key)
    if client is None:
        raise _Refused("invalid_client_id", "client identifier invalid")
    if not hmac.compare_digest(client.secret.encode(), secret.encode()):
        raise _Refused("invalid_client", "invalid client credentials")
    return client


def _client_credentials(org: LocalOrg, request: Request, form: dict[str, str]) -> str:
    if request.headers.get("host", "").partition(":")[0] in _LOGIN_HOSTS:
        raise _Refused("invalid_grant", "request not supported on this domain")
    client = _client(org, request, form)
    if client.run_as is None:
        raise _Refused("invalid_grant", "no client credentials user enabled")
    return client.run_as


def _password(org: LocalOrg, request: Request, form: dict[str, str]) -> str:
    _client(org, request, form)
    try:
        return prove(org, form.get("username", ""), form.get("password", ""))
    except Unproven:
        raise _Refused("invalid_grant", "authentication failure") from None


def _jwt(org: LocalOrg, request: Request, form: dict[str, str]) -> str:
    claims = _claims(org, request, form.get("assertion", ""))
    client = org.clients.by_key[str(claims["iss"])]
    user = user_called(org, str(claims.get("sub") or claims.get("prn")))
    if user is None or (client.approved is not None and user not in client.approved):
        raise _Refused("invalid_grant", "user hasn't approved this consumer")
    return user


def _claims(org: LocalOrg, request: Request, assertion: str) -> dict[str, Any]:
    """The verified claims: signature by the app's certificate, audience, expiry by the org's own clock."""
    try:
        unchecked = jwt.decode(assertion, options={"verify_signature": False, "verify_exp": False, "verify_aud": False})
    except jwt.InvalidTokenError:
        raise _Refused("invalid_grant", "invalid assertion") from None
    home = org.settings.instance_url or request.origin
    client = org.clients.by_key.get(str(unchecked.get("iss")))
    if client is None:
        raise _Refused("invalid_client_id", "client identifier invalid")
    try:
        claims = jwt.decode(
            assertion,
            _public_key(client),
            algorithms=["RS256"],
            audience=[*(f"https://{host}" for host in _LOGIN_HOSTS), home],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        expires = int(claims["exp"])
    except jwt.InvalidAudienceError:
        raise _Refused("invalid_grant", "audience is invalid") from None
    except (jwt.InvalidTokenError, KeyError, ValueError, TypeError):
        raise _Refused("invalid_grant", "invalid assertion") from None
    if expires < org.clock().timestamp():
        raise _Refused("invalid_grant", "expired authorization code")
    if expires > org.clock().timestamp() + org.settings.longest_assertion_seconds:
        raise _Refused("invalid_grant", "invalid assertion")
    return dict(claims)


def _public_key(client: Client) -> bytes:
    if client.certificate is None:
        raise _Refused("invalid_grant", "invalid assertion")
    pem = client.certificate.encode()
    if b"BEGIN CERTIFICATE" not in pem:
        return pem
    key = load_pem_x509_certificate(pem).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def userinfo(org: LocalOrg, request: Request, user: str) -> Reply:
    row = org.get("User", user)
    return Reply(
        200,
        {
            "sub": f"{request.origin}/id/{org.org_id}/{user}",
            "user_id": user,
            "organization_id": org.org_id,
            "preferred_username": row["Username"],
            "nickname": row["CommunityNickname"],
            "name": row["Name"],
            "email": row["Email"],
            "zoneinfo": row["TimeZoneSidKey"],
            "active": row["IsActive"],
            "user_type": "STANDARD",
            "urls": _urls(request, user),
        },
    )


def identity(org: LocalOrg, request: Request, user: str) -> Reply:
    row = org.get("User", user)
    return Reply(
        200,
        {
            "id": f"{request.origin}/id/{org.org_id}/{user}",
            "user_id": user,
            "organization_id": org.org_id,
            "username": row["Username"],
            "display_name": row["Name"],
            "email": row["Email"],
            "active": row["IsActive"],
            "timezone": row["TimeZoneSidKey"],
            "last_modified_date": wire_datetime(milliseconds(org.clock())),
            "urls": _urls(request, user),
        },
    )


def _urls(request: Request, user: str) -> dict[str, str]:
    base = f"{request.origin}/services/data/v{{version}}/"
    return {
        "rest": base,
        "sobjects": f"{base}sobjects/",
        "query": f"{base}query/",
        "profile": f"{request.origin}/{user}",
    }
