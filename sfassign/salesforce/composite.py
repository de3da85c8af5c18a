"""The shape of `/composite`: several requests in one call that counts once. Used by `reading` and `writing`.

At most 25 subrequests, of which at most five queries (REST API Developer Guide, Composite). Subrequests inherit no
headers but Accept, Authorization and Content-Type, so each write carries its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote_plus

from simple_salesforce.api import Salesforce

from sfassign.salesforce.failures import Refusal, Undetermined, refusal_of

MAX_SUBREQUESTS = 25
MAX_QUERIES = 5
MAX_URL_BYTES = 16_384
"""The org answers 414 above (Salesforce Developer Limits)."""


@dataclass(frozen=True, slots=True)
class Subrequest:
    """One request inside; `path` is URL-encoded, `reference` letters, digits and underscores."""

    method: str
    path: str
    reference: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: Mapping[str, object] | None = None

    def as_json(self) -> dict[str, object]:
        parts: dict[str, object] = {"method": self.method, "url": self.path, "referenceId": self.reference}
        if self.headers:
            parts["httpHeaders"] = dict(self.headers)
        if self.body is not None:
            parts["body"] = dict(self.body)
        return parts


@dataclass(frozen=True, slots=True)
class Subresponse:
    status: int
    body: object

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refusal(self) -> Refusal:
        """The org's words where it is not `ok`."""
        named = refusal_of(self.status, self.body)
        return named or Refusal(f"HTTP_{self.status}", "the org gave no reason", self.status)


def query_subrequest(query_path: str, soql: str, reference: str) -> Subrequest:
    """A query as a subrequest; `query_path` is the query resource. Raises OrgRefused where the URL gets too long."""
    path = f"{query_path}?q={quote_plus(soql)}"
    if len(path) > MAX_URL_BYTES:
        text = (
            f"this query takes {len(path):,} bytes as a URL, the org takes {MAX_URL_BYTES:,}: name fewer fields or "
            f"shorten the conditions of its sources ({soql[:120]} …)"
        )
        raise Refusal("URI_TOO_LONG", text, 414).error()
    return Subrequest("GET", path, reference)


def send(client: Salesforce, subrequests: Sequence[Subrequest], timeout: tuple[float, float] | None) -> object:
    """Post them, each on its own (`allOrNone` false) and in order (`collateSubrequests` false)."""
    body = {
        "allOrNone": False,
        "collateSubrequests": False,
        "compositeRequest": [subrequest.as_json() for subrequest in subrequests],
    }
    return client.restful("composite", method="POST", json=body, timeout=timeout)


def subresponses(answer: object) -> Mapping[str, Subresponse]:
    """The answers by reference. Raises Undetermined where it is no composite response."""
    listed = answer.get("compositeResponse") if isinstance(answer, Mapping) else None
    if not isinstance(listed, list):
        raise Undetermined("the answer to /composite is not a composite response")
    found: dict[str, Subresponse] = {}
    for part in listed:
        if not isinstance(part, Mapping) or not isinstance(part.get("httpStatusCode"), int):
            raise Undetermined("the answer to /composite has a part without a status")
        found[str(part.get("referenceId"))] = Subresponse(part["httpStatusCode"], part.get("body"))
    return found
