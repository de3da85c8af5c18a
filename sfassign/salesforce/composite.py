"""The shape of `/composite`: several requests in one call that counts once. Used by `reading` and `writing`.

At most 25 subrequests, of which at most five queries (REST API Developer Guide, Composite). Subrequests inherit no
headers but Accept, Authorization and Content-Type, so each write carries its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote_plus

from simple_salesforce.api import Salesforce

from sfassign.salesforce.failures import Refusal, StaleSession, Undetermined, refusal_of
from sfassign.soql.fitting import MAX_URL_BYTES

MAX_SUBREQUESTS = 25
MAX_QUERIES = 5
TOO_LONG = "URI_TOO_LONG"


@dataclass(frozen=True, slots=True)
class Subrequest:
    """One request inside; `path` is URL-encoded, `reference` letters, digits and underscores."""

    method: str
    path: str
    reference: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: Mapping[str, object] | None = None

    def hangs_on(self, references: Collection[str]) -> bool:
        """Whether its path takes something out of the answer to one of them."""
        return any(f"@{{{name}." in self.path for name in references)

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

    @property
    def session_ended(self) -> bool:
        """The session was over before this part: it was not carried out, whatever became of the others."""
        return self.status == 401 and self.refusal.code == "INVALID_SESSION_ID"


def query_subrequest(query_path: str, soql: str, reference: str) -> Subrequest:
    """A query as a subrequest; `query_path` is the query resource. Raises OrgRefused where the URL gets too long."""
    made = if_it_fits(query_path, soql, reference)
    if isinstance(made, Refusal):
        raise made.error()
    return made


def if_it_fits(query_path: str, soql: str, reference: str) -> Subrequest | Refusal:
    """The same; where the URL gets too long the refusal that the org would answer with."""
    path = f"{query_path}?q={quote_plus(soql)}"
    if len(path) > MAX_URL_BYTES:
        text = (
            f"this query takes {len(path):,} bytes as a URL, the org takes {MAX_URL_BYTES:,}: name fewer fields or "
            f"shorten the conditions of its sources ({soql[:120]} …)"
        )
        return Refusal(TOO_LONG, text, 414)
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


@dataclass(slots=True)
class CompositeCall:
    """One call as an exchange of `connection`; `answers` by reference, as far as they are known.

    Made once more under a renewed session it sends only the parts that met the end of the old one, or hang on one that
    did, which carried out nothing, and the queries anew where a write is among them.
    """

    parts: Sequence[Subrequest]
    timeout: tuple[float, float] | None = None
    answers: dict[str, Subresponse] = field(default_factory=dict)

    def __call__(self, client: Salesforce) -> object:
        due = self._due()
        self.answers = {name: answer for name, answer in self.answers.items() if not answer.session_ended}
        self.answers |= subresponses(send(client, due, self.timeout))
        if any(answer.session_ended for answer in self.answers.values()):
            raise StaleSession("the session ended in the middle of a call")
        return self.answers

    @property
    def carried_out(self) -> bool:
        """Whether the org did anything at all."""
        return any(not answer.session_ended for answer in self.answers.values())

    def _due(self) -> list[Subrequest]:
        if not self.answers:
            return [*self.parts]
        over = {name for name, answer in self.answers.items() if answer.session_ended}
        ended = [part for part in self.parts if part.reference in over or part.hangs_on(over)]
        wrote = any(part.method != "GET" for part in ended)
        return [part for part in self.parts if part in ended or (wrote and part.method == "GET")]
