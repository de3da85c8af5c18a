"""One authenticated request to a resource of `/services/data/vXX.X/`, top-level or inside a composite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import ApiError, not_found
from ..http import Reply
from ..ids import to18
from ..schema import SObject
from ..writes import Write

if TYPE_CHECKING:
    from ..org import LocalOrg


@dataclass(frozen=True, slots=True)
class Call:
    """`segments` is the path behind the version; `body` the parsed JSON, None where there was none. `dispatch`
    answers a subrequest."""

    org: LocalOrg
    user: str
    version: str
    method: str
    segments: tuple[str, ...]
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    dispatch: Callable[[Call], Reply]
    subrequests: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def root(self) -> str:
        return f"/services/data/{self.version}"

    def allow(self, *methods: str) -> None:
        """405 for any other method."""
        if self.method not in methods:
            raise ApiError(
                "METHOD_NOT_ALLOWED", f"HTTP Method '{self.method}' not allowed. Allowed are {','.join(methods)}", 405
            )

    def thing(self, name: str) -> SObject:
        found = self.org.schema.find(name)
        if found is None or found.name == "Name":
            raise not_found()
        return found

    def json_object(self) -> dict[str, Any]:
        if not isinstance(self.body, dict):
            raise ApiError("JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object")
        return self.body

    def write(self) -> Write:
        """How this call writes: `Sforce-Auto-Assign` is TRUE unless it says otherwise."""
        heard = self.org.settings.collections_auto_assign or self.segments[:2] != ("composite", "sobjects")
        wish = self.headers.get("sforce-auto-assign", "TRUE").strip() if heard else "TRUE"
        rule = None
        if wish.upper() not in {"TRUE", "FALSE"}:
            try:
                rule = to18(wish)
            except ValueError:
                raise ApiError("INVALID_ID_FIELD", f"Sforce-Auto-Assign: invalid assignment rule Id {wish}") from None
        return Write(self.user, self.org.state.stamp(), api=True, assign=wish.upper() != "FALSE", rule=rule)


def refuse_composites(segments: tuple[str, ...]) -> None:
    """A part of a composite or batch is a record, a query or a collection, never a composite itself (REST API
    Developer Guide, Composite Subrequest). Raises ApiError."""
    if segments[:1] == ("composite",) and segments[1:2] != ("sobjects",):
        raise ApiError("INVALID_INPUT", f"/{'/'.join(segments)} cannot be part of another composite request")


def record_id(thing: SObject, text: str, *, reading: bool) -> str:
    """The 18 characters of an Id in a path. ApiError where it is no Id of this object."""
    try:
        full = to18(text)
    except ValueError:
        raise ApiError(
            "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {text}", 404
        ) from None
    if thing.prefix and not full.startswith(thing.prefix):
        if reading:
            raise not_found()
        raise ApiError("MALFORMED_ID", f"{thing.label} ID: id value of incorrect type: {text}", 400, ("Id",))
    return full
