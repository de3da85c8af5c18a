"""How to get a session: the credentials a deployment may have, and what the token endpoint is sent for each.

Bootstrap makes one from the settings and hands it to `SalesforceOrg`; `login` uses it.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import ClassVar
from xml.sax.saxutils import escape

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sfassign.errors import WrongSettings
from sfassign.salesforce.addresses import safe_host

ASSERTION_SECONDS = 180
"""How long a signed assertion may be used; Salesforce takes at most three minutes."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A session that already exists, at the org's own URL. It cannot be renewed."""

    flow: ClassVar[str] = "a session that already exists (SFASSIGN_ACCESS_TOKEN)"

    instance_url: str
    token: str = field(repr=False)

    def check(self) -> None:
        """Raises WrongSettings for what cannot work."""
        safe_host(self.instance_url, "SFASSIGN_INSTANCE_URL")
        if not self.token.isascii() or not self.token.isprintable() or not self.token or " " in self.token:
            raise WrongSettings("SFASSIGN_ACCESS_TOKEN: empty, or holds spaces, line breaks or foreign characters")

    def secrets(self) -> dict[str, str]:
        return {"token": self.token}


@dataclass(frozen=True, slots=True)
class JwtBearer:
    """OAuth 2.0 JWT bearer: a certificate registered with the app instead of a password. `login_url` is the login
    host or the org's My Domain, `private_key_pem` the PEM text of an RSA key without a pass phrase."""

    flow: ClassVar[str] = "OAuth 2.0 JWT bearer"

    login_url: str
    consumer_key: str = field(repr=False)
    private_key_pem: str = field(repr=False)
    username: str

    def check(self) -> None:
        """Raises WrongSettings for what cannot work."""
        safe_host(self.login_url, "SFASSIGN_LOGIN_URL")
        if not _is_rsa_key(self.private_key_pem):
            raise WrongSettings("SFASSIGN_PRIVATE_KEY_FILE: no RSA private key in PEM form without a pass phrase")

    def form(self, now: dt.datetime) -> dict[str, str]:
        """The form for the token endpoint: an assertion signed now."""
        claims = {
            "iss": self.consumer_key,
            "sub": self.username,
            "aud": safe_host(self.login_url, "SFASSIGN_LOGIN_URL").url,
            "exp": int(now.timestamp()) + ASSERTION_SECONDS,
        }
        assertion = jwt.encode(claims, self.private_key_pem, algorithm="RS256")
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}

    def secrets(self) -> dict[str, str]:
        return {"consumer_key": self.consumer_key, "private_key": self.private_key_pem}


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth 2.0 client credentials: the app's run-as user. `login_url` must be the org's My Domain."""

    flow: ClassVar[str] = "OAuth 2.0 client credentials"

    login_url: str
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)

    def check(self) -> None:
        """Raises WrongSettings for what cannot work."""
        host = safe_host(self.login_url, "SFASSIGN_LOGIN_URL")
        if host.netloc in ("login.salesforce.com", "test.salesforce.com"):
            raise WrongSettings("SFASSIGN_DOMAIN: client credentials work at the org's My Domain only, such as acme.my")

    def form(self, now: dt.datetime) -> dict[str, str]:  # noqa: ARG002 — the same form as the other grants' methods
        """The form for the token endpoint."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.consumer_key,
            "client_secret": self.consumer_secret,
        }

    def secrets(self) -> dict[str, str]:
        return {"consumer_key": self.consumer_key, "consumer_secret": self.consumer_secret}


@dataclass(frozen=True, slots=True)
class UsernamePassword:
    """A user name and password, sent by SOAP's login(). `security_token` may be empty where the machine's address is
    in the org's trusted ranges."""

    flow: ClassVar[str] = "user name and password (SOAP login())"
    retires: ClassVar[str] = (
        "SOAP login() ends with Salesforce's Summer '27 release; it exists in API versions up to 64.0 only and is off"
        " in new orgs"
    )

    login_url: str
    username: str
    password: str = field(repr=False)
    security_token: str = field(repr=False)

    @property
    def sent(self) -> str:
        """What login() takes as the password."""
        return self.password + self.security_token

    def check(self) -> None:
        """Raises WrongSettings for what cannot work."""
        safe_host(self.login_url, "SFASSIGN_LOGIN_URL")
        texts = {"USERNAME": self.username, "PASSWORD": self.password, "SECURITY_TOKEN": self.security_token}
        for name, text in texts.items():
            if not text.isprintable():
                raise WrongSettings(f"SFASSIGN_{name}: holds line breaks or other characters that cannot be typed")

    def secrets(self) -> dict[str, str]:
        """As they are, and as XML and JSON write them: an answer may repeat the request."""
        texts = {"sent": self.sent, "password": self.password, "security_token": self.security_token}
        written = {f"{name} in XML": escape(text) for name, text in texts.items()}
        return texts | written | {f"{name} in JSON": json.dumps(text)[1:-1] for name, text in texts.items()}


Grant = JwtBearer | ClientCredentials
Credentials = AccessToken | Grant | UsernamePassword


def _is_rsa_key(pem: str) -> bool:
    try:
        return isinstance(load_pem_private_key(pem.encode(), password=None), RSAPrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
