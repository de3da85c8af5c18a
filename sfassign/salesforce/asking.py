"""Queries put to the org: five to a call, every page followed, tried again where that may help. Used by `reading`.

Reads are repeated on network failures, 5xx and transient codes, with jitter, sleeping on the given clock; after the
last try the failure is the caller's. A query the org refuses is a value (`Refusal`), since the others may stand.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from sfassign.core.refusals import Kind
from sfassign.errors import OrgRefused, OrgUnreachable
from sfassign.ports import Clock
from sfassign.salesforce import rows
from sfassign.salesforce.composite import MAX_QUERIES, TOO_LONG, CompositeCall, Subrequest, if_it_fits
from sfassign.salesforce.connection import Connection, Exchange
from sfassign.salesforce.failures import Refusal, Undetermined
from sfassign.salesforce.rows import Raw

ATTEMPTS = 4
MOST_PAGES = 2_000
"""Four million rows of the usual 2,000 a page: beyond, something is wrong with the answers."""
TOO_MANY_ROWS = "TOO_MANY_ROWS"
"""Ours: a query has more rows than its asker wants; only its first page was read."""
RESTARTS = 2
"""How often a query is begun again because the org has forgotten its cursor."""

T = TypeVar("T")
Outcome = tuple[Raw, ...] | Refusal

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Size:
    """How much a query brings: each page is a call, the first one shared with other queries."""

    rows: int = 0
    pages: int = 1


@dataclass(frozen=True, slots=True)
class _Page:
    records: tuple[Raw, ...]
    next_path: str | None
    total: int


class Asker:
    """Asks the org. Safe to use from several threads."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def records(
        self, queries: Sequence[str], most: Mapping[int, int] = MappingProxyType({})
    ) -> tuple[dt.datetime, tuple[Outcome, ...]]:
        """For every query all its records or the org's refusal, and the org's clock when the asking began. `most`: by
        a query's place how many rows are wanted at the most, else it is a refusal of ours, TOO_MANY_ROWS."""
        began = self._clock.now()
        outcomes: list[Outcome] = []
        for start in range(0, len(queries), MAX_QUERIES):
            few = queries[start : start + MAX_QUERIES]
            for place, (soql, first) in enumerate(zip(few, self._first_pages(few), strict=True), start):
                outcomes.append(_too_many(first, most.get(place)) or self._whole(soql, first))
        sent = any(not isinstance(one, Refusal) or one.code != TOO_LONG for one in outcomes)
        return self.org_time(began) if sent else began, tuple(outcomes)

    def sizes(self, queries: Sequence[str]) -> tuple[Size, ...]:
        """How much each query would bring, by its first page alone; nothing where the org refuses it."""
        groups = (queries[start : start + MAX_QUERIES] for start in range(0, len(queries), MAX_QUERIES))
        return tuple(_size(page) for few in groups for page in self._first_pages(few))

    def get(self, exchange: Exchange) -> object:
        """One read, tried again where that may help. Raises an OrgError."""
        return self._persistently(lambda: self._connection.call(exchange))

    def org_time(self, began: dt.datetime) -> dt.datetime:
        """The org's clock at this moment of ours. Raises OrgUnreachable where no answer told it."""
        at = self._connection.transport.server_clock.at(began)
        if at is None:
            raise OrgUnreachable("the org's answers carry no Date header, so its clock is unknown: check the proxy")
        return at

    def _persistently(self, read: Callable[[], T]) -> T:
        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.5, max=30),
            retry=retry_if_exception_type(OrgUnreachable),
            sleep=self._clock.sleep,
            before_sleep=_tell,
            reraise=True,
        )
        return retrying(read)

    # five queries in one call

    def _first_pages(self, queries: Sequence[str]) -> list[_Page | Refusal]:
        """The first page of each, in one call, and what failed for a moment again in the next."""
        path = self._connection.resource("query")
        asked = {f"q{index}": if_it_fits(path, soql, f"q{index}") for index, soql in enumerate(queries)}
        found: dict[str, _Page | Refusal] = {name: one for name, one in asked.items() if isinstance(one, Refusal)}
        subrequests = [one for one in asked.values() if isinstance(one, Subrequest)]

        def once() -> None:
            open_ones = [s for s in subrequests if _is_open(found.get(s.reference))]
            call = CompositeCall(open_ones)
            self._connection.call(call)
            for subrequest in open_ones:
                answer = call.answers.get(subrequest.reference)
                if answer is None:
                    raise Undetermined("the answer to /composite lacks a part")
                found[subrequest.reference] = _page(answer.body) if answer.ok else answer.refusal
            failing = [outcome for outcome in found.values() if _is_open(outcome)]
            if failing:
                raise OrgUnreachable("the org refused a query for the moment")

        try:
            if subrequests:
                self._persistently(once)
        except OrgUnreachable:
            if len(found) < len(queries):
                raise
        return [found[name] for name in asked]

    # page after page

    def _whole(self, soql: str, first: _Page | Refusal) -> Outcome:
        """All records of a query whose first page is known; begun again where the org has lost its cursor."""
        outcome = self._follow(first)
        for _ in range(RESTARTS):
            if not isinstance(outcome, Refusal) or outcome.code != "INVALID_QUERY_LOCATOR":
                break
            outcome = self._follow(self._first_pages([soql])[0])
        return outcome

    def _follow(self, page: _Page | Refusal) -> Outcome:
        """The records of this page and of all that follow."""
        records: list[Raw] = []
        for _ in range(MOST_PAGES):
            if isinstance(page, Refusal):
                return page
            records += page.records
            if page.next_path is None:
                return tuple(records)
            page = self._next_page(page.next_path)
        return Refusal("TOO_MANY_PAGES", f"a query goes on after {MOST_PAGES:,} pages", 200)

    def _next_page(self, path: str) -> _Page | Refusal:
        def read() -> _Page:
            return _page(self._connection.call(lambda client: client.query_more(path, identifier_is_url=True)))

        try:
            return self._persistently(read)
        except OrgRefused as refused:
            return Refusal(refused.code, str(refused).removeprefix(f"{refused.code}: "), refused.status)


def required(outcome: Outcome) -> tuple[Raw, ...]:
    """The records, or the refusal as an error."""
    if isinstance(outcome, Refusal):
        raise outcome.error()
    return outcome


def _size(first: _Page | Refusal) -> Size:
    if isinstance(first, Refusal):
        return Size()
    return Size(first.total, max(1, math.ceil(first.total / max(1, len(first.records)))))


def _too_many(first: _Page | Refusal, most: int | None) -> Refusal | None:
    if most is None or isinstance(first, Refusal) or first.total <= most:
        return None
    return Refusal(TOO_MANY_ROWS, f"{first.total:,} rows", 200)


def _page(body: object) -> _Page:
    """One page of a query's result. Its next page is taken as a path: the host is ours to say, it holds the token."""
    records = rows.records(body)
    if not isinstance(body, Mapping) or records is None:
        raise Undetermined("the answer to a query has no records, or some that are none")
    following = body.get("nextRecordsUrl")
    if following is None:
        if body.get("done") is not True:
            raise Undetermined("a page of a query is not the last and names no next one")
        return _Page(records, None, _total(body))
    path = urlsplit(str(following)).path
    if not path.startswith("/services/data/"):
        raise Undetermined("the next page of a query is nowhere in the org's API")
    return _Page(records, path, _total(body))


def _total(body: Mapping[str, object]) -> int:
    """Rows of the whole result; at least those of this page."""
    said = body.get("totalSize")
    return said if isinstance(said, int) else 0


def _is_open(outcome: _Page | Refusal | None) -> bool:
    """Not answered yet, or refused for a reason that passes by itself."""
    return outcome is None or (isinstance(outcome, Refusal) and outcome.kind in (Kind.TRANSIENT, Kind.ITEM_SOON))


def _tell(state: RetryCallState) -> None:
    """A debug line for each repetition; the last failure is told by whoever catches it."""
    failure = state.outcome.exception() if state.outcome else None
    log.debug("asking again", action="org.read_again", attempt=state.attempt_number, reason=str(failure))
