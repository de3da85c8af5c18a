"""What went wrong in one exchange, as the error its caller acts on. Used by login and connection for every failure.

simple-salesforce and requests put URLs, bodies and headers into their exceptions, and those hold what must not be
seen. So their exceptions end here: new ones are made with chosen words, and raised outside of the `except` block, so
that no traceback leads back to the old ones.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import requests
from simple_salesforce.exceptions import SalesforceError
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from sfassign.core.refusals import Kind, classify
from sfassign.errors import ApiLimitReached, LoginFailed, OrgError, OrgRefused, OrgUnreachable

_NEVER_RENEWED = (
    "This session is not valid for use with the REST API",
    "Connected app is not attached to Agent",
)
"""401 that a new session would meet again (jsforce does not refresh on them either)."""

_NO_VERDICT = frozenset({408, 420, 429})
"""Statuses of the way to the org, not of the org: nothing is known of what happened behind."""

_NOTHING_DONE = frozenset({400, 404, 405, 413, 414, 415, 431})
"""Statuses with which the org, in its own JSON, refuses a request before it carries out any of it (REST API Developer
Guide, Status Codes and Error Responses)."""
_TURNED_AWAY = frozenset({"REQUEST_LIMIT_EXCEEDED", "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"})
"""Codes of a 403 that stops a request at the API's door."""

_NOT_SENT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)


_NETWORK_WORDS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((requests.exceptions.ConnectTimeout,), "no connection in time"),
    ((requests.exceptions.ReadTimeout,), "connected, but no answer in time"),
    (
        (requests.exceptions.ProxyError, requests.exceptions.InvalidProxyURL),
        "the proxy does not let us through (SFASSIGN_PROXY)",
    ),
    (
        (ssl.SSLCertVerificationError,),
        "its certificate is not trusted (SFASSIGN_CA_BUNDLE names the certificates to trust)",
    ),
    (
        (ReadTimeoutError,),
        "its answer began, and was not whole in time (SFASSIGN_TIMEOUT, for a write SFASSIGN_WRITE_TIMEOUT)",
    ),
)
"""What is said of a failure, or of what is behind it."""


class Undetermined(OrgUnreachable):
    """The request may have reached the org, and no usable answer came back. Read what it did."""


class AnswerTooLong(requests.RequestException):
    """An answer of more bytes than any of the org's; the message says how many are too many."""


class StaleSession(OrgError):
    """The org no longer takes this session's token. A new session may cure it."""


@dataclass(frozen=True, slots=True)
class Astray:
    """Nobody answered at the session's host, or somebody who is not the org: it may live elsewhere now. `failure` is
    what to raise where that does not help."""

    failure: OrgError


@dataclass(frozen=True, slots=True)
class Refusal:
    """The org's words about one request or subrequest; `code` is `HTTP_<status>` where it gave none."""

    code: str
    message: str
    status: int

    @property
    def kind(self) -> Kind:
        return classify(self.code, self.message)

    @property
    def proves_nothing_done(self) -> bool:
        """Whether a request answered so, as a whole, was certainly not carried out."""
        return self.status in _NOTHING_DONE or (self.status == 403 and self.code in _TURNED_AWAY)

    def error(self) -> OrgError:
        """The error to raise where this refusal stops the caller: the org understood, and did nothing."""
        text = f"{self.code}: {self.message}"
        if self.code == "REQUEST_LIMIT_EXCEEDED" and self.kind is Kind.STOP:
            return ApiLimitReached(text)
        if self.kind is Kind.TRANSIENT:
            return OrgUnreachable(f"HTTP {self.status}, {text}")
        return OrgRefused(self.code, self.message, self.status)


def refusal_of(status: int, body: object) -> Refusal | None:
    """The first error of a Salesforce error array (or single error object), None where the body is something else."""
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, Mapping):
        return None
    code = first.get("errorCode") or first.get("statusCode")
    if not isinstance(code, str):
        return None
    return Refusal(code, str(first.get("message") or "no message").strip(), status)


def was_sent(error: requests.RequestException) -> bool:
    """Whether the request may have left this machine. False only where the connection never came about."""
    if isinstance(error, _NOT_SENT):
        return False
    return not any(
        isinstance(cause, NewConnectionError | ConnectTimeoutError | ssl.SSLCertVerificationError)
        for cause in _causes(error)
    )


def may_have_moved(error: Exception) -> bool:
    """Whether one of simple-salesforce's or requests' own tells of a redirect, an answer that is not the API's JSON, or
    a connection that never came about."""
    if isinstance(error, SalesforceError):
        return 300 <= error.status < 400 or refusal_of(error.status, error.content) is None
    if isinstance(error, requests.RequestException) and not isinstance(error, requests.exceptions.JSONDecodeError):
        return not was_sent(error)
    return True


def translate(error: Exception, host: str) -> OrgError:
    """The error to raise instead of one of simple-salesforce's or requests' own, met when talking to `host`."""
    if isinstance(error, SalesforceError):
        return _answered(error.status, error.content)
    if isinstance(error, requests.exceptions.JSONDecodeError) or not isinstance(error, requests.RequestException):
        return Undetermined("the answer is not JSON: something between here and the org answered, or cut it short")
    text = f"no answer from {host}: {_network_text(error)}"
    return Undetermined(text) if was_sent(error) else OrgUnreachable(text)


def _answered(status: int, content: object) -> OrgError:
    """The meaning of an answer that is not 2xx."""
    refusal = refusal_of(status, content)
    if 300 <= status < 400:
        advice = (
            "the org answers with a redirect, which is not followed: check SFASSIGN_INSTANCE_URL or SFASSIGN_DOMAIN"
        )
        return OrgRefused(f"HTTP_{status}", advice, status)
    if refusal is None:
        return Undetermined(f"the org answered HTTP {status} without saying why (maintenance, or a proxy's page)")
    if status == 401:
        return _unauthorised(refusal)
    unproven = refusal.kind is Kind.TRANSIENT and not refusal.proves_nothing_done
    if status >= 500 or status in _NO_VERDICT or unproven:
        return Undetermined(f"HTTP {status}, {refusal.code}: {refusal.message}")
    return refusal.error()


def nothing_done(failure: OrgError) -> bool:
    """Whether this failure of a whole call proves that the org carried out nothing of it: it never left, it was not
    let in, or it was refused in a documented way. A redirect or an unknown refusal may stand in front of a call that
    was carried out."""
    if isinstance(failure, OrgRefused):
        return Refusal(failure.code, "", failure.status).proves_nothing_done
    return not isinstance(failure, Undetermined)


def _unauthorised(refusal: Refusal) -> OrgError:
    text = f"{refusal.code}: {refusal.message}"
    if refusal.code == "INVALID_SESSION_ID" and not any(words in refusal.message for words in _NEVER_RENEWED):
        return StaleSession(text)
    return LoginFailed(f"{text} (check that the user and the app may use the REST API)")


def _causes(error: BaseException) -> list[BaseException]:
    """The exceptions wrapped in one another's `reason`, arguments and causes, outermost first."""
    found: list[BaseException] = []
    ahead: list[object] = [error]
    while ahead:
        here = ahead.pop(0)
        if isinstance(here, BaseException) and here not in found:
            found.append(here)
            ahead += [getattr(here, "reason", None), *here.args, here.__cause__]
    return found


def _network_text(error: requests.RequestException) -> str:
    """A few words about a network failure. Only the texts of sockets and urllib3 are shown: requests' may quote
    the headers it was given."""
    for kinds, words in _NETWORK_WORDS:
        if isinstance(error, kinds):
            return words
    if isinstance(error, AnswerTooLong):
        return str(error)
    causes = [cause for cause in _causes(error) if not isinstance(cause, requests.RequestException)]
    for kinds, words in _NETWORK_WORDS:
        if any(isinstance(cause, kinds) for cause in causes):
            return words
    sockets = [c for c in causes if isinstance(c, OSError) and not isinstance(c, HTTPError) and c.strerror]
    if sockets:
        return str(sockets[-1].strerror)
    texts = [str(cause) for cause in causes if isinstance(cause, HTTPError)]
    return re.sub(r"^\S*Connection\S*\(.*?\): ", "", texts[-1]) if texts else type(error).__name__
